package tools

import (
	"context"
	"fmt"
	"strings"
	"time"

	"dixa-mcp/internal/view"
)

// Decision is what became of a call that had to be approved by a person.
type Decision struct {
	Number       string
	Tool         string // that the agent called
	Conversation int64  // that the call is about, 0 for none
	State        DecisionState
	Approver     string // who decided, "" for none yet
	Reason       string // in the approver's words
	Outcome      string // of a call that was carried out
	SentBy       string // the approver who had it carried out, "" where the agent made it
	Sent         time.Time
	Edited       bool // the approver changed the text
	Expires      time.Time
}

// DecisionState is how far it is.
type DecisionState string

// The states of a decision.
const (
	DecisionPending  DecisionState = "pending"
	DecisionApproved DecisionState = "approved"
	DecisionDenied   DecisionState = "denied"
	DecisionUsed     DecisionState = "used" // the approved call was made
	DecisionExpired  DecisionState = "expired"
	// DecisionOvertaken is that of a call whose conversation got a newer message before it was carried out.
	DecisionOvertaken DecisionState = "overtaken"
)

// awaitDecision waits until an approver has decided about a call of this agent.
func (w *waiter) awaitDecision(ctx context.Context) (Output, error) {
	number := strings.ToUpper(strings.TrimSpace(w.in.Approval))
	var made Decision
	done, err := w.wait(ctx, watch{every: storeEvery, pause: w.reads.Decided, what: "not decided yet", look: func(ctx context.Context) (decided bool, err error) {
		made, err = w.reads.Decision(ctx, number)
		return made.State != DecisionPending, err
	}})
	if err != nil {
		return Output{}, err
	}
	facts := []view.Fact{{Key: "approval", Label: "Approval", Value: made.Number}, {Key: "state", Value: string(made.State)}}
	if made.Approver != "" && made.State != DecisionExpired && made.State != DecisionOvertaken {
		facts = append(facts, view.Fact{Key: "by", Label: "by", Value: made.Approver})
	}
	call := made.Tool
	if made.Conversation != 0 {
		call += fmt.Sprintf(" in conversation %d", made.Conversation)
	}
	next := ""
	switch made.State {
	case DecisionPending:
		facts = append(facts, view.Fact{Key: "waited", Value: "no decision " + done.nothing() + ": " + call, Own: true}, view.Fact{Key: "expires", Label: "expires", Time: made.Expires})
		next = "To wait on: " + called("wait_for", WaitForIn{Approval: made.Number, Seconds: w.in.shorter()})
	case DecisionApproved:
		facts = append(facts, view.Fact{Key: "expires", Label: "valid until", Time: made.Expires})
		next = "Nothing was sent yet. Make the same call again, with the same arguments: " + call + "."
	case DecisionDenied:
		next = "The same call stays denied: " + call + ". Tell the user, and ask only for what the reason allows."
	case DecisionUsed:
		facts = append(facts, view.Fact{Key: "outcome", Label: "outcome", Value: strings.ReplaceAll(made.Outcome, "_", " ")})
		next = "The approved call was made already: " + call + ". Do not make it again unless it is to be done twice."
		if made.SentBy != "" {
			facts = append(facts, view.Fact{Key: "sentBy", Label: "sent by", Value: made.SentBy}, view.Fact{Key: "sent", Label: "at", Time: made.Sent})
			next = "The approver sent it in your place: " + call + ". Do not make the call again unless it is to be done twice."
		}
	case DecisionOvertaken:
		next = "The conversation has a newer message. Read it, and make a call again only if it is still right: " + call + "."
	case DecisionExpired:
		next = "Nobody decided in time, or the approval was not used. Make the same call again to ask again: " + call + "."
	}
	if made.Edited {
		facts = append(facts, view.Fact{Key: "edited", Value: "the approver changed the text", Own: true})
	}
	facts = append(facts, view.Fact{Key: "reason", Label: "reason", Value: made.Reason})
	return Output{Parts: []view.Part{{Name: "approval", Items: []view.Item{{Facts: facts}}}, view.Sentence("next", next)}}, nil
}
