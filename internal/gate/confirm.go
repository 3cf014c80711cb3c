package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// A call that needs a person is rehearsed first: grants, bounds and budget are decided, and the requests that it would send
// are known. The approval covers exactly those. Then the call runs again from the top.

// Question is what a person at the client is asked.
type Question struct {
	Text  string
	State string // comes back with the answer
}

// confirm stops a call that needs approval and does not have it. It returns nil if the call may continue.
func (c *call) confirm(ctx context.Context, args *tools.Arguments) *Answer {
	how, rule := c.needs()
	if how == "" {
		return nil
	}
	c.record.Confirm = rule
	plan, err := c.rehearse(ctx, args)
	if err != nil {
		return c.failed(ctx, err)
	}
	conversation, _ := dixaclient.ConversationOf(args.In)
	if how == capability.ConfirmApprover || c.request.Parks && c.approvable() {
		return c.askApprover(ctx, conversation, plan)
	}
	return c.askClient(ctx, conversation, plan)
}

// approvable reports whether an approver may decide about the call in place of the person at its client.
func (c *call) approvable() bool { return c.gate.approvals != nil && c.rules.Decided(c.tool.Level) }

// needs returns whose approval the tool needs; where its operations differ, the stricter one.
func (c *call) needs() (how capability.Confirm, rule string) {
	for _, op := range c.tool.Operations {
		h, r, line := c.agent.Confirm(op)
		if h != "" && how != capability.ConfirmApprover {
			how, rule = h, fmt.Sprintf("%s (%s:%d)", r, c.rules.Name(), line)
		}
	}
	return how, rule
}

// rehearse goes the call's way without sending what it is for, and gives the requests that it would send. Nobody is
// asked about a call for which the budget is used up: the approval would be used up on it.
func (c *call) rehearse(ctx context.Context, args *tools.Arguments) ([]string, error) {
	for _, op := range c.tool.Operations {
		if err := c.within(ctx, op.Level); err != nil {
			return nil, err
		}
	}
	var sent rehearsal
	c.rehearsing = true
	_, err := c.tool.Run(c.context(ctx), c.gate.client.With(sent.around), args)
	c.rehearsing = false
	if err != nil && !errors.Is(err, errRehearsed) {
		return nil, err
	}
	return sent.requests, nil
}

// digest returns the hash that binds an approval to the agent, the tool, the arguments and the requests.
func (c *call) digest(plan []string) string {
	h := sha256.New()
	for _, part := range append([]string{c.agentName, c.tool.Name, string(c.arguments)}, plan...) {
		fmt.Fprintf(h, "%d:%s\n", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// effect says in plain English what the call would do.
func (c *call) effect() string {
	v := verb(c.tool)
	filled := c.tool.Done(c.arguments)
	_, object, _ := strings.Cut(filled, " ")
	return v.Infinitive + " " + object
}

// askApprover lets the call go on when an approver has said yes to it, and parks it otherwise.
func (c *call) askApprover(ctx context.Context, conversation int64, plan []string) *Answer {
	store := c.gate.approvals
	if store == nil {
		return c.stopped(ctx, approvalsNotStored(c.tool.Name))
	}
	if err := c.look(ctx, conversation); err != nil {
		return c.failed(ctx, err)
	}
	digest := c.digest(append(plan, c.confirmed.message)) // an approval does not outlive the next message: it was for another state of things
	found, err := store.Find(ctx, c.agentName, digest)
	if err != nil {
		return c.stopped(ctx, approvalsBroken(c.tool.Name, err))
	}
	switch {
	case found == nil:
		return c.park(ctx, approval.Request{
			Agent: c.agentName, Tool: c.tool.Name, Level: c.tool.Level.String(), Effect: c.effect(), Conversation: c.confirmed.conversation,
			Arguments: c.arguments, Digest: digest, Rules: c.rules.Digest(), LastMessage: c.confirmed.message,
		})
	case found.State == approval.Denied:
		c.record.Approval = found.Number
		return c.stopped(ctx, approvalDenied(c.tool.Name, found))
	case found.State == approval.Pending:
		return c.waiting(ctx, found)
	}
	if !c.rules.StillDecides(found.Approver, found.KeyID, c.tool.Level) {
		return c.stopped(ctx, approverReplaced(c.tool.Name, found.Approver))
	}
	taken, err := store.Take(ctx, c.agentName, digest)
	switch {
	case errors.Is(err, approval.ErrTaken), errors.Is(err, approval.ErrNotApproved):
		return c.stopped(ctx, approvalUsed(c.tool.Name))
	case err != nil:
		return c.stopped(ctx, approvalsBroken(c.tool.Name, err))
	}
	c.approval, c.record.Approval = taken.Number, taken.Number
	c.record.Approver, c.record.ApproverKey = taken.Approver, taken.KeyID
	return nil
}

func (c *call) park(ctx context.Context, r approval.Request) *Answer {
	parked, err := c.gate.approvals.Park(ctx, r)
	switch {
	case errors.Is(err, approval.ErrTooMany):
		return c.stopped(ctx, tooManyWaiting(c.tool.Name))
	case err != nil:
		return c.stopped(ctx, approvalsBroken(c.tool.Name, err))
	}
	return c.waiting(ctx, &parked)
}

// waiting returns the answer to a call that is parked.
func (c *call) waiting(ctx context.Context, r *approval.Request) *Answer {
	text, _ := json.Marshal(struct { // strings always marshal
		Waiting string `json:"waiting"`
		Next    string `json:"next"`
	}{r.Number, fmt.Sprintf("Nothing was sent. A person has to approve it until %s; then make the same call again, with the same arguments.", r.Expires.UTC().Format("15:04 UTC on 2 January"))})
	c.describe()
	c.record.Approval, c.record.Reason = r.Number, "waiting for approval "+r.Number
	a := c.finish(ctx, audit.OutcomeWaiting, Answer{Text: string(text)})
	return &a
}

// failed returns the answer to a call that could not even be rehearsed.
func (c *call) failed(ctx context.Context, err error) *Answer {
	c.describe()
	a := c.fail(ctx, err)
	return &a
}

// stopped returns the answer to a call that is not approved.
func (c *call) stopped(ctx context.Context, r *refusal) *Answer {
	a := c.refuse(ctx, r)
	return &a
}

// look notes the state of the conversation that a person decides on.
func (c *call) look(ctx context.Context, conversation int64) error {
	newest, err := c.newestMessage(ctx, conversation)
	c.confirmed = &confirmation{conversation, newest, time.Now()}
	return err
}

// newestMessage identifies the last message of a conversation, so that an approval does not outlive what it was given for.
func (c *call) newestMessage(ctx context.Context, conversation int64) (string, error) {
	if conversation == 0 {
		return "", nil
	}
	a, err := dixaclient.ListMessages.Do(c.context(ctx), c.gate.lookups, dixaclient.ListMessagesIn{ConversationRef: dixaclient.ConversationRef{ConversationID: conversation}})
	if dixaclient.IsNotFound(err) || err == nil && len(a.Value) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return string(a.Value[len(a.Value)-1].ID), nil
}

// askClient lets the call go on when the person at the client said yes to exactly it, and asks otherwise.
func (c *call) askClient(ctx context.Context, conversation int64, plan []string) *Answer {
	digest := c.digest(plan)
	switch r := c.request; {
	case r.State != "":
		about, refused := c.gate.questions.redeem(ctx, c.tool.Name, r.State, digest, time.Now())
		if refused != nil {
			return c.stopped(ctx, refused)
		}
		if !r.Yes {
			return c.stopped(ctx, declined(c.tool.Name))
		}
		if err := c.look(ctx, conversation); err != nil {
			return c.failed(ctx, err)
		}
		if about != c.digest([]string{c.confirmed.message}) {
			return c.stopped(ctx, approvalOvertaken(c.tool.Name))
		}
		c.record.Approver = "the person at the client"
		return nil
	case r.Parks:
		return c.stopped(ctx, noApprover(c.tool.Name))
	case !r.CanAsk:
		return c.stopped(ctx, cannotAsk(c.tool.Name))
	}
	if err := c.look(ctx, conversation); err != nil {
		return c.failed(ctx, err)
	}
	c.describe()
	c.record.Reason = "waiting for the person at the client"
	state := c.gate.questions.seal(digest, c.digest([]string{c.confirmed.message}), time.Now())
	a := c.finish(ctx, audit.OutcomeWaiting, Answer{Ask: &Question{Text: c.question(), State: state}})
	return &a
}

// question shows a person what the call would do, with every argument and the whole text.
func (c *call) question() string {
	var b strings.Builder
	fmt.Fprintf(&b, "The agent %s wants to %s.\n", c.agentName, c.effect())
	var arguments map[string]json.RawMessage
	_ = json.Unmarshal(c.arguments, &arguments) // it was made from the arguments just before
	names := make([]string, 0, len(arguments))
	for name := range arguments {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		value := string(arguments[name])
		var text string
		if json.Unmarshal(arguments[name], &text) == nil {
			value = text
		}
		fmt.Fprintf(&b, "\n%s: %s", name, visible(value))
	}
	return b.String()
}

// visible shows what a text hides, and marks its further lines as its own, so that it cannot pass for words of ours.
func visible(s string) string {
	return strings.ReplaceAll(safetext.Lines(s), "\n", "\n  | ")
}

// used tells the store what became of the call that an approval was for; the parked text goes with that.
func (c *call) used(ctx context.Context, outcome string) {
	if c.approval == "" {
		return
	}
	if err := c.gate.approvals.Finish(context.WithoutCancel(ctx), c.approval, outcome); err != nil {
		c.gate.log.Error("the outcome of an approved call could not be kept with its approval", "approval", c.approval, "error", err)
	}
}
