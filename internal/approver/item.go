package approver

import (
	"context"
	"encoding/json"
	"time"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/tools"
)

// Item is a request in a list, as JSON. It leaves out the text of the call, which is a customer's correspondence.
type Item struct {
	Number       string         `json:"number"`
	State        approval.State `json:"state"`
	Agent        string         `json:"agent"`
	Person       string         `json:"person,omitzero"` // for whom the agent asked
	Tool         string         `json:"tool"`
	Level        string         `json:"level"`
	Conversation int64          `json:"conversation,omitzero"`
	Created      time.Time      `json:"created"`
	Expires      time.Time      `json:"expires"`
	Approver     string         `json:"approver,omitzero"`
	KeyID        string         `json:"keyId,omitzero"`
	Decided      time.Time      `json:"decided,omitzero"`
	Reason       string         `json:"reason,omitzero"`
	Outcome      string         `json:"outcome,omitzero"`
	Draft        string         `json:"draft,omitzero"`  // number of the draft that would be sent
	Edited       bool           `json:"edited,omitzero"` // an approver changed the text
	Sent         time.Time      `json:"sent,omitzero"`   // when an approver had it carried out
	SentBy       string         `json:"sentBy,omitzero"`
	Escalates    time.Time      `json:"escalates,omitzero"` // when more approvers are asked
}

// Items is a list of requests, as JSON.
type Items struct {
	Approvals  []Item `json:"approvals"`
	Unreadable bool   `json:"unreadable,omitzero"` // some more cannot be read
}

// Decided is what came of a decision, as JSON.
type Decided struct {
	Item
	Answer  string `json:"answer,omitzero"`  // of a call that was carried out, as the agent would have got it
	NotSent string `json:"notSent,omitzero"` // why it was approved and not carried out
}

// Decided returns the result as JSON has it.
func (r Result) Decided() Decided { return Decided{ItemOf(r.Request), r.Answer, r.NotSent} }

// Details is a request with everything that would be sent, as JSON. In Text, To, Cc, Bcc and Steps, every invisible, bidirectional
// and control character is shown as <U+…>.
type Details struct {
	Item
	Effect    string          `json:"effect,omitzero"`
	Arguments json.RawMessage `json:"arguments,omitzero"`
	Shown     json.RawMessage `json:"shown,omitzero"`    // the arguments as people read them
	Text      string          `json:"text,omitzero"`     // the whole text that would be sent
	EditText  string          `json:"editText,omitzero"` // the same, as it is, for an editor; "" where it cannot be edited
	NewText   string          `json:"newText,omitzero"`  // what an approver put in its place
	Format    string          `json:"format,omitzero"`
	Hidden    bool            `json:"hidden,omitzero"` // the text has characters that are not seen
	To        string          `json:"to,omitzero"`     // who gets it, as far as that is known
	Cc        []string        `json:"cc,omitempty"`
	Bcc       []string        `json:"bcc,omitempty"`
	Files     []string        `json:"files,omitempty"` // addresses of the attachments
	Steps     []approval.Step `json:"steps,omitempty"` // with before and after
	Rules     string          `json:"rules"`           // digest of the capability file when the agent asked
	RulesNow  string          `json:"rulesNow"`        // and now
	MayDecide bool            `json:"mayDecide"`       // the approver may decide about it
	WhyNot    string          `json:"whyNot,omitzero"` // why not, a sentence
	MaySend   bool            `json:"maySend"`         // the approver can have it carried out at once
	DecidesAs string          `json:"you"`             // name of the approver
	// Review is what Dixa says now about the conversation and the customer; nil where the text was deleted.
	Review *approval.Review `json:"review,omitempty"`
}

// ItemOf returns what a list shows of a request.
func ItemOf(r approval.Request) Item {
	return Item{
		r.Number, r.State, r.Agent, r.Person, r.Tool, r.Level, r.Conversation, r.Created, r.Expires, r.Approver, r.KeyID, r.Decided, r.Reason, r.Outcome,
		r.Draft, r.Edited, r.Sent, r.SentBy, r.Escalates,
	}
}

// ItemsOf returns the list of these requests.
func ItemsOf(list []approval.Request) []Item {
	items := make([]Item, len(list))
	for i, r := range list {
		items[i] = ItemOf(r)
	}
	return items
}

// Details returns all of a request that is stored, and whether the approver may decide about it. Dixa is not read.
func (s *Session) Details(r approval.Request) Details {
	d := Details{
		Item: ItemOf(r), Effect: r.Effect, Arguments: r.Arguments, Shown: r.Shown, Text: safetext.Lines(r.Text), Hidden: safetext.Lines(r.Text) != r.Text,
		NewText: safetext.Lines(r.NewText), MaySend: s.MaySend(r) == nil,
		Steps: shownSteps(r.Steps), Rules: r.Rules, RulesNow: s.Rules.Digest(), DecidesAs: s.Who.Name,
	}
	if tool, ok := tools.ByName(r.Tool); ok && r.Text == "" { // an earlier release parked it
		text := tool.TextIn(r.Arguments)
		d.Text = safetext.Lines(text)
		d.Hidden = d.Text != text
	}
	if r.State == approval.Pending && s.MayEdit(r, r.Text) == nil {
		d.EditText = r.Text
	}
	var given struct {
		Format      string
		Cc, Bcc     []string
		Attachments []struct{ URL string }
	}
	if json.Unmarshal(r.Arguments, &given) == nil { // without a text there is none
		d.Format, d.Cc, d.Bcc = given.Format, shownAll(given.Cc), shownAll(given.Bcc)
		for _, f := range given.Attachments {
			d.Files = append(d.Files, safetext.Show(f.URL))
		}
	}
	if err := s.MayDecide(r); err != nil {
		d.WhyNot = err.Error()
	} else {
		d.MayDecide = true
	}
	return d
}

// Look returns all of a request with what Dixa says now about the conversation and the customer, read as the agent that asked.
func (s *Session) Look(ctx context.Context, r approval.Request) Details {
	d := s.Details(r)
	switch {
	case r.Arguments == nil: // it was decided or has expired
	case s.Reviewer == nil:
		d.Review = &approval.Review{Conversation: r.Conversation, Note: NoDixa}
	default:
		seen := s.Reviewer.Review(ctx, r, s.Who.Name, s.KeyID)
		d.Review, d.To = &seen, seen.To
	}
	return d
}

// NoDixa says why a review has nothing of Dixa's where there is no token.
const NoDixa = "Dixa was not read, because this process has no token of Dixa: what follows was stored when the agent asked."

func shownSteps(steps []approval.Step) []approval.Step {
	shown := make([]approval.Step, len(steps))
	for i, s := range steps {
		shown[i] = approval.Step{What: safetext.Show(s.What), Before: safetext.Show(s.Before), After: safetext.Show(s.After), Same: s.Same}
	}
	return shown
}

func shownAll(texts []string) []string {
	shown := make([]string, len(texts))
	for i, t := range texts {
		shown[i] = safetext.Show(t)
	}
	return shown
}
