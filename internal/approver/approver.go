// Package approver lets the people under approvers in the capability file decide about calls that wait for approval. It
// checks their keys and what they may decide about, and records each decision before it takes effect.
package approver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// Session is that of an approver who authenticated with a key.
type Session struct {
	Rules *capability.Rules
	Who   *capability.Approver
	KeyID string
	Store approval.Store
	// Reviewer reads in Dixa what an approver needs to decide; nil where there is no token.
	Reviewer Reviewer
	// Sender has approved calls carried out; nil where there is no token.
	Sender Sender
	Now    func() time.Time // nil is time.Now
}

// Verdict is what an approver decides about a request.
type Verdict struct {
	Approve bool
	Reason  string
	Text    string // in place of the message text of the call; "" leaves it as it is
	Send    bool   // have the approved call carried out at once, where the capability file says on_approval: send
}

// Result is what came of a decision.
type Result struct {
	Request approval.Request
	Sent    bool   // the call was carried out for the approver
	Answer  string // of the call, as the agent would have got it
	NotSent string // why it was approved and not carried out, "" otherwise
}

// Reviewer reads, as the agent that asked, what an approver needs to decide, and records who read.
type Reviewer interface {
	Review(ctx context.Context, r approval.Request, approver, keyID string) approval.Review
}

// Sender carries out an approved call as the agent that asked. answer is what the agent would have got; the error says why
// nothing was sent, or what is not known.
type Sender interface {
	Send(ctx context.Context, r approval.Request, approver string) (now approval.Request, answer string, err error)
}

// Authenticate returns the session of the approver whose key it is under these rules. It is not ok for any other key.
func Authenticate(rules *capability.Rules, key []byte, store approval.Store) (_ *Session, ok bool) {
	who, keyID, ok := rules.Approver(key)
	return &Session{Rules: rules, Who: who, KeyID: keyID, Store: store}, ok
}

// NotFoundError reports a number that no request for approval has.
type NotFoundError struct{ number, near string }

// Error names the number, and one that is similar.
func (e *NotFoundError) Error() string {
	hint := ""
	if e.near != "" {
		hint = "; did you mean " + e.near + "?"
	}
	return fmt.Sprintf("no call has the number %.20q%s", e.number, hint)
}

// NotAllowedError reports an approver who may not decide about a request.
type NotAllowedError struct{ who, number, level string }

// Error names the approver, the level of the request, and the key of the capability file that would allow it.
func (e *NotAllowedError) Error() string {
	return fmt.Sprintf("%s may not decide about %s: its level is %s, which is not under may of approvers.%s", e.who, e.number, e.level, e.who)
}

// Get finds a request by its number, in upper or lower case and with or without its "A-", or by the number of its draft.
func (s *Session) Get(ctx context.Context, number string) (approval.Request, error) {
	number = strings.ToUpper(strings.TrimSpace(number))
	draft := strings.HasPrefix(number, "D-")
	if !draft {
		number = "A-" + strings.TrimPrefix(number, "A-")
		if r, err := s.Store.Get(ctx, number); !errors.Is(err, approval.ErrNotFound) {
			return r, err
		}
	}
	all, err := s.Store.List(ctx)
	if draft && err != nil {
		return approval.Request{}, err
	}
	var numbers []string
	for _, r := range slices.Backward(all) { // the newest has the number of a draft
		if draft && r.Draft == number {
			return r, nil
		}
		numbers = append(numbers, r.Number)
	}
	return approval.Request{}, &NotFoundError{number, schemas.Nearest(number, numbers)}
}

// List returns requests or drafts, the oldest first: those that are pending, or all of the last week. The error names those that
// could not be read; the others are returned all the same.
func (s *Session) List(ctx context.Context, all, drafts bool) ([]approval.Request, error) {
	states := []approval.State{approval.Pending}
	if all {
		states = nil
	}
	list, err := s.Store.List(ctx, states...)
	return slices.DeleteFunc(list, func(r approval.Request) bool { return (r.Draft != "") != drafts }), err
}

// OwnError reports an approver who is the person for whom an agent asked.
type OwnError struct{ who, number string }

// Error names the approver and the request.
func (e *OwnError) Error() string {
	return fmt.Sprintf("%s may not decide about %s: an agent asked for it on the same person's behalf; another approver must decide", e.who, e.number)
}

// MayDecide returns an [OwnError], a [NotAllowedError] or a [NotAskedError] unless the approver may decide about the request.
func (s *Session) MayDecide(r approval.Request) error {
	if capability.SameEmail(s.Who.Email, r.Person) {
		return &OwnError{s.Who.Name, r.Number}
	}
	if level, ok := dixaclient.ParseLevel(r.Level); !ok || !s.Who.Decides(level) {
		return &NotAllowedError{s.Who.Name, r.Number, r.Level}
	}
	return s.asked(r)
}

// asked returns a [NotAskedError] unless the capability file asks the approver by now.
func (s *Session) asked(r approval.Request) error {
	agent, err := s.Rules.Agent(r.Agent)
	if err != nil { // which refuses the call itself, and can be denied
		return nil
	}
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	after, ok := agent.Asking(r.Confirm).Asks(s.Who.Name)
	switch from := r.Created.Add(after); {
	case !ok:
		return &NotAskedError{s.Who.Name, r.Number, time.Time{}}
	case now().Before(from):
		return &NotAskedError{s.Who.Name, r.Number, from}
	}
	return nil
}

// NotAskedError reports an approver whom the capability file does not ask about a request, or not yet.
type NotAskedError struct {
	who, number string
	from        time.Time // zero: never
}

// Error names the approver, and says from when they may decide.
func (e *NotAskedError) Error() string {
	if e.from.IsZero() {
		return fmt.Sprintf("%s may not decide about %s: it waits for the approvers whom confirm in the capability file names", e.who, e.number)
	}
	return fmt.Sprintf("%s may decide about %s from %s, if nobody has by then: see confirm in the capability file", e.who, e.number, e.from.UTC().Format("15:04 UTC on 2 January"))
}

// MayEdit returns why the text of a request cannot be replaced by another, nil where it can. The call with the other text is
// decided again when it is carried out.
func (s *Session) MayEdit(r approval.Request, text string) error {
	tool, ok := tools.ByName(r.Tool)
	switch {
	case !ok || r.Text == "" || r.Arguments == nil:
		return &EditError{r.Number, "it has no message text that can be edited"}
	case strings.TrimSpace(text) == "":
		return &EditError{r.Number, "the new text is empty"}
	case !utf8.ValidString(text):
		return &EditError{r.Number, "the new text is not UTF-8"}
	}
	agent, err := s.Rules.Agent(r.Agent)
	if err != nil {
		return &EditError{r.Number, err.Error()}
	}
	shape := agent.Shape(tool)
	if shape == nil {
		return &EditError{r.Number, r.Tool + " is not granted to " + r.Agent + " any more"}
	}
	given, err := shape.Given(r.Arguments)
	if err == nil {
		given, err = tool.WithText(given, text)
	}
	if err == nil {
		_, err = shape.Decode(given, nil)
	}
	if err != nil {
		return &EditError{r.Number, err.Error()}
	}
	return nil
}

// EditError reports a text that cannot take the place of that of a request.
type EditError struct{ number, why string }

// Error says why.
func (e *EditError) Error() string {
	return "the text of " + e.number + " was not changed, and nothing was decided: " + e.why
}

// MaySend returns why an approver cannot have a request carried out, nil where that is possible.
func (s *Session) MaySend(r approval.Request) error {
	agent, err := s.Rules.Agent(r.Agent)
	tool, ok := tools.ByName(r.Tool)
	switch {
	case err != nil:
		return &SendError{r.Number, err.Error()}
	case !agent.SendsOnApproval():
		return &SendError{r.Number, "agents." + r.Agent + " in the capability file does not say on_approval: send. Approve it, and the agent's next identical call is carried out"}
	case ok && tool.Bulk:
		return &SendError{r.Number, r.Tool + " changes many conversations in several calls of the agent. Approve it, and the agent carries it out"}
	case s.Sender == nil:
		return &SendError{r.Number, "this process has no token of Dixa. Use the admin port of a server (--url), or approve without sending, and the agent's next identical call is carried out"}
	}
	return nil
}

// SendError reports a request that an approver cannot have carried out.
type SendError struct{ number, why string }

// Error says why, and what to do.
func (e *SendError) Error() string {
	return e.number + " cannot be sent from here, and nothing was decided: " + e.why
}

// Decide records the decision and then makes it, so that no call is carried out on an approval without a record. A
// request that is no longer pending is answered without a record: log may be nil then. An approved request is carried out at
// once where the verdict says so, also if it was approved before.
func (s *Session) Decide(ctx context.Context, log audit.Recorder, r approval.Request, v Verdict) (Result, error) {
	result := Result{Request: r}
	if err := s.MayDecide(r); err != nil {
		return result, err
	}
	if v.Send {
		if err := s.MaySend(r); err != nil {
			return result, err
		}
	}
	said := approval.Verdict{Approve: v.Approve, Approver: s.Who.Name, KeyID: s.KeyID, Reason: v.Reason, Text: v.Text}
	if v.Text == r.Text {
		said.Text = ""
	}
	var err error
	if r.State != approval.Pending {
		result.Request, err = s.Store.Decide(ctx, r.Number, said)
	} else {
		result.Request, err = s.decide(ctx, log, r, said)
	}
	if err != nil || !v.Approve || !v.Send {
		return result, err
	}
	if result.Request.State == approval.Done {
		return result, &approval.DecidedError{Request: result.Request}
	}
	now, answer, err := s.Sender.Send(ctx, result.Request, s.Who.Name)
	result.Request, result.Answer, result.Sent = now, answer, err == nil
	if err != nil {
		result.NotSent = err.Error()
	}
	return result, nil
}

// decide records and makes a decision about a pending request.
func (s *Session) decide(ctx context.Context, log audit.Recorder, r approval.Request, v approval.Verdict) (approval.Request, error) {
	if v.Text != "" {
		if err := s.MayEdit(r, v.Text); err != nil {
			return r, err
		}
	}
	record, said := s.record(r, v.Approve)
	if v.Text != "" {
		record.Edited = audit.NewEdited(r.Text, v.Text)
		said = "edited the text of and " + said
	}
	record.Text = s.Who.Name + " " + said
	if err := log.Write(ctx, record); err != nil {
		return r, fmt.Errorf("nothing was decided, because it could not be recorded: %w", err)
	}
	decided, err := s.Store.Decide(ctx, r.Number, v)
	if err != nil {
		record.Event, record.Outcome = audit.EventRefused, audit.OutcomeFailed
		record.Text = fmt.Sprintf("that %s %s did not take effect", s.Who.Name, said)
		return r, errors.Join(err, log.Write(ctx, record))
	}
	return decided, nil
}

// record returns the record of a decision without its sentence, and what the sentence says after the approver's name.
func (s *Session) record(r approval.Request, approve bool) (_ audit.Record, said string) {
	record := audit.Record{
		Event: audit.EventApproved, Agent: r.Agent, Person: r.Person, Tool: r.Tool, Access: "write", Level: r.Level,
		Approval: r.Number, Approver: s.Who.Name, ApproverKey: s.KeyID, FileDigest: s.Rules.Digest(),
	}
	said = "approved"
	if !approve {
		record.Event, said = audit.EventDenied, "denied"
	}
	asked := r.Agent
	if r.Person != "" {
		asked += " for " + r.Person
	}
	said += fmt.Sprintf(" %s, for which %s had asked: %s", r.Number, asked, r.Tool)
	if r.Conversation != 0 {
		id := strconv.FormatInt(r.Conversation, 10)
		record.Arguments = audit.Unreduced([]byte(`{"conversationId":` + id + `}`))
		said += " in conversation " + id
	}
	return record, said
}
