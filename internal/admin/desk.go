// Package admin is what an operator and approvers reach beside the agents: who decides about calls that wait, freezes,
// metrics, and whether the server is well. Nothing here is for agents, and no agent's key opens any of it.
package admin

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

// Recorder keeps the records of what was decided. An error means that nothing was recorded.
type Recorder interface {
	Write(context.Context, audit.Record) error
}

// Desk is where an approver sits: whoever has the key of one.
type Desk struct {
	Rules *capability.Rules
	Who   *capability.Approver
	KeyID string
	Store approval.Store
}

// Sit gives the desk to whoever has an approver's key, under rules that are in force; ok is false for any other key.
func Sit(rules *capability.Rules, key []byte, store approval.Store) (_ *Desk, ok bool) {
	who, keyID, ok := rules.Approver(key)
	return &Desk{rules, who, keyID, store}, ok
}

// NotFoundError is a number that no call has.
type NotFoundError struct{ number, near string }

// Error says which number is like it.
func (e *NotFoundError) Error() string {
	hint := ""
	if e.near != "" {
		hint = "; did you mean " + e.near + "?"
	}
	return fmt.Sprintf("no call has the number %.20q%s", e.number, hint)
}

// MayNotError is an approver who may not decide about a call.
type MayNotError struct{ who, number, level string }

// Error says why.
func (e *MayNotError) Error() string {
	return fmt.Sprintf("%s may not decide about %s: its level is %s, which is not under may of approvers.%s", e.who, e.number, e.level, e.who)
}

// Get finds a request by its number, in upper or lower case and with or without its "A-".
func (d *Desk) Get(ctx context.Context, number string) (approval.Request, error) {
	number = "A-" + strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(number)), "A-")
	r, err := d.Store.Get(ctx, number)
	if !errors.Is(err, approval.ErrNotFound) {
		return r, err
	}
	all, _ := d.Store.List(ctx) // for the message only
	numbers := make([]string, len(all))
	for i, r := range all {
		numbers[i] = r.Number
	}
	return r, &NotFoundError{number, schemas.Nearest(number, numbers)}
}

// May tells whether the approver may decide about a request.
func (d *Desk) May(r approval.Request) error {
	if level, ok := dixaclient.ParseLevel(r.Level); !ok || !d.Who.Decides(level) {
		return &MayNotError{d.Who.Name, r.Number, r.Level}
	}
	return nil
}

// Decide records the decision, and makes it: in this order, so that no call is carried out on a yes that no record has.
// A request that does not wait any more gives its answer, and nothing to record: log may be nil.
func (d *Desk) Decide(ctx context.Context, log Recorder, r approval.Request, approve bool, reason string) (approval.Request, error) {
	if err := d.May(r); err != nil {
		return r, err
	}
	if r.State != approval.Pending {
		return d.Store.Decide(ctx, r.Number, approve, d.Who.Name, d.KeyID, reason)
	}
	record, said := d.record(r, approve)
	record.Text = d.Who.Name + " " + said
	if err := log.Write(ctx, record); err != nil {
		return r, fmt.Errorf("nothing was decided, because it could not be recorded: %w", err)
	}
	decided, err := d.Store.Decide(ctx, r.Number, approve, d.Who.Name, d.KeyID, reason)
	if err != nil {
		record.Event, record.Outcome = audit.EventRefused, audit.OutcomeFailed
		record.Text = fmt.Sprintf("that %s %s did not take effect", d.Who.Name, said)
		return r, errors.Join(err, log.Write(ctx, record))
	}
	return decided, nil
}

// record is what is kept of a decision, without its sentence, and what that says after the approver's name.
func (d *Desk) record(r approval.Request, approve bool) (_ audit.Record, said string) {
	record := audit.Record{
		Event: audit.EventApproved, Agent: r.Agent, Tool: r.Tool, Access: "write", Level: r.Level,
		Approval: r.Number, Approver: d.Who.Name, ApproverKey: d.KeyID, FileDigest: d.Rules.Digest(),
	}
	said = "approved"
	if !approve {
		record.Event, said = audit.EventDenied, "denied"
	}
	said += fmt.Sprintf(" %s, for which %s had asked: %s", r.Number, r.Agent, r.Tool)
	if r.Conversation != 0 {
		id := strconv.FormatInt(r.Conversation, 10)
		record.Arguments = []byte(`{"conversationId":` + id + `}`)
		said += " in conversation " + id
	}
	return record, said
}
