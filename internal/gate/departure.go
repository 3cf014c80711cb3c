package gate

import (
	"context"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
)

// decidedFor is how old a decision may be when its request leaves. An older one has waited: for the agent's own rate, for
// Dixa's limit, between attempts, for the disk, for Redis, or for a person.
const decidedFor = 250 * time.Millisecond

// decisionAge returns how old a decision may be: there is always a pause before a request that repeats another.
func decisionAge(op *dixaclient.Call) time.Duration {
	if op.Attempts > 0 {
		return -1
	}
	return decidedFor
}

// departure is an operation on its way to Dixa. What was decided about it is decided again right before each of its
// requests leaves, so that nothing is sent that stopped being allowed while it waited.
type departure struct {
	call   *call
	op     *dixaclient.Call
	counts []Count // the hours and days in which it was counted
}

// depart wraps every operation that goes to Dixa, also the reads that bounds need: it takes it from the agent's budget and
// notes it for the record.
func depart(ctx context.Context, op *dixaclient.Call, next func(context.Context) error) error {
	d := &departure{call: callFrom(ctx), op: op}
	judge := op.Before
	op.Before = func() error {
		if judge != nil {
			if err := judge(); err != nil {
				return err
			}
		}
		return d.decide(ctx)
	}
	defer func() { op.Before = judge }()
	defer d.reportProgress(ctx)()
	if err := d.spend(ctx); err != nil {
		return err
	}
	ctx, ended := d.observed(ctx)
	start := time.Now()
	err := next(ctx)
	took := time.Since(start)
	d.note(took, err)
	d.call.journal.sent(ctx, d.op, err)
	ended(took, err)
	return err
}

// decide returns why the request must not leave, nil where it may.
func (d *departure) decide(ctx context.Context) error {
	if err := d.stillConfirmed(ctx); err != nil {
		return err
	}
	if err := d.stillHolds(ctx); err != nil {
		return err
	}
	if err := d.recount(ctx); err != nil {
		return err
	}
	if err := d.call.checkFrozen(); err != nil {
		return err
	}
	d.call.journal.sending(ctx, d.op)
	return nil
}

// stillConfirmed refuses a write for which a person decided about another state of the conversation. Once the call has
// written itself, the newest message may be its own.
func (d *departure) stillConfirmed(ctx context.Context) error {
	c := d.call
	if c.approval.confirmed == nil || d.op.Op.Level == dixaclient.Read || c.hasWritten() || time.Since(c.approval.confirmed.read) <= decisionAge(d.op) {
		return nil
	}
	newest, err := c.approval.confirmed.newestMessage(unpriced(ctx))
	if err != nil {
		return err
	}
	if newest != c.approval.confirmed.message {
		return approvalOvertaken(c.tool.Name)
	}
	c.approval.confirmed.read = time.Now()
	return nil
}

// note remembers the operation for the record.
func (d *departure) note(took time.Duration, err error) {
	op, c := d.op, d.call
	o := audit.Operation{Operation: op.Op.Name, Status: op.Status, Request: op.RequestID, Millis: took.Milliseconds(), Attempts: op.Attempts, Outcome: audit.OutcomeDone, Read: op.Op.Level == dixaclient.Read}
	if err != nil {
		o.Outcome, o.Error = effect(err), whyFailed(err)
	}
	if in, ok := op.In.(*dixaclient.AttachmentIn); ok {
		o.Message, o.Attachment = string(in.MessageID), in.Number
		if f, ok := op.Out.(*dixaclient.File); ok && err == nil {
			o.Host, o.Bytes = f.Host, len(f.Bytes)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.operations = append(c.operations, o)
	c.wrote = c.wrote || op.Op.Level > dixaclient.Read && op.Attempts > 0
}

type unpricedKey struct{}

// unpriced marks look-ups that cost the agent nothing and do not wait for its own rate: those that a decision is repeated
// with, and those that an answer is judged by. How many of these are needed depends on what is outside the bound, and the
// agent must not see that in what is left of its budget.
func unpriced(ctx context.Context) context.Context {
	return context.WithValue(ctx, unpricedKey{}, true)
}

func isUnpriced(ctx context.Context) bool { return ctx.Value(unpricedKey{}) != nil }

type untoldKey struct{}

// untold wraps the look-ups of bounds, of which the agent's client is told nothing while the call goes on.
func untold(ctx context.Context, _ *dixaclient.Call, next func(context.Context) error) error {
	return next(context.WithValue(ctx, untoldKey{}, true))
}

func isUntold(ctx context.Context) bool { return ctx.Value(untoldKey{}) != nil || isUnpriced(ctx) }
