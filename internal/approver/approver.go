// Package approver lets the people under approvers in the capability file decide about calls that wait for approval. It
// checks their keys and what they may decide about, and records each decision before it takes effect.
package approver

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/schemas"
)

// Recorder keeps records of decisions. An error means that nothing was recorded.
type Recorder interface {
	Write(context.Context, audit.Record) error
}

// Session is that of an approver who authenticated with a key.
type Session struct {
	Rules *capability.Rules
	Who   *capability.Approver
	KeyID string
	Store approval.Store
	// Reviewer reads in Dixa what an approver needs to decide; nil where there is no token.
	Reviewer Reviewer
}

// Reviewer reads, as the agent that asked, what an approver needs to decide, and records who read.
type Reviewer interface {
	Review(ctx context.Context, r approval.Request, approver, keyID string) approval.Review
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

// Get finds a request by its number, in upper or lower case and with or without its "A-".
func (s *Session) Get(ctx context.Context, number string) (approval.Request, error) {
	number = "A-" + strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(number)), "A-")
	r, err := s.Store.Get(ctx, number)
	if !errors.Is(err, approval.ErrNotFound) {
		return r, err
	}
	all, _ := s.Store.List(ctx) // for the message only
	numbers := make([]string, len(all))
	for i, r := range all {
		numbers[i] = r.Number
	}
	return r, &NotFoundError{number, schemas.Nearest(number, numbers)}
}

// OwnError reports an approver who is the person for whom an agent asked.
type OwnError struct{ who, number string }

// Error names the approver and the request.
func (e *OwnError) Error() string {
	return fmt.Sprintf("%s may not decide about %s: an agent asked for it on the same person's behalf; another approver must decide", e.who, e.number)
}

// MayDecide returns an [OwnError] or a [NotAllowedError] unless the approver may decide about the request.
func (s *Session) MayDecide(r approval.Request) error {
	if capability.SameEmail(s.Who.Email, r.Person) {
		return &OwnError{s.Who.Name, r.Number}
	}
	if level, ok := dixaclient.ParseLevel(r.Level); !ok || !s.Who.Decides(level) {
		return &NotAllowedError{s.Who.Name, r.Number, r.Level}
	}
	return nil
}

// Decide records the decision and then makes it, so that no call is carried out on an approval without a record. A
// request that is no longer pending is answered without a record: log may be nil then.
func (s *Session) Decide(ctx context.Context, log Recorder, r approval.Request, approve bool, reason string) (approval.Request, error) {
	if err := s.MayDecide(r); err != nil {
		return r, err
	}
	if r.State != approval.Pending {
		return s.Store.Decide(ctx, r.Number, approve, s.Who.Name, s.KeyID, reason)
	}
	record, said := s.record(r, approve)
	record.Text = s.Who.Name + " " + said
	if err := log.Write(ctx, record); err != nil {
		return r, fmt.Errorf("nothing was decided, because it could not be recorded: %w", err)
	}
	decided, err := s.Store.Decide(ctx, r.Number, approve, s.Who.Name, s.KeyID, reason)
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
		record.Arguments = []byte(`{"conversationId":` + id + `}`)
		said += " in conversation " + id
	}
	return record, said
}
