package gate

import (
	"context"
	"time"

	"dixa-mcp/dixaclient"
)

// decidedFor is how old a decision may be when its request leaves. An older one has waited: for the agent's own rate, for
// Dixa's limit, between attempts, for the disk, for Redis, or for a person.
const decidedFor = 250 * time.Millisecond

// ruling decides whether an operation is inside the agent's bound, on facts that are not older than oldest.
type ruling func(ctx context.Context, oldest time.Time) error

// departure is an operation on its way to Dixa. What was decided about it is decided again right before each of its
// requests leaves, so that nothing is sent that stopped being allowed while it waited.
type departure struct {
	call    *call
	op      *dixaclient.Call
	ruling  ruling    // nil where there is nothing to judge before the answer
	decided time.Time // when the bound was judged last
	counts  []Count   // the hours and days in which it was counted
}

// decide returns why the request must not leave, nil where it may.
func (d *departure) decide(ctx context.Context) error {
	// A decision takes look-ups, which wait themselves. So it is made again where it took as long as facts are kept.
	for age := d.age(); d.ruling != nil && time.Since(d.decided) > age; age = factsFor {
		d.decided = time.Now()
		oldest := time.Time{} // what a read may see is judged on facts that may be remembered
		if d.op.Op.Level > dixaclient.Read {
			oldest = d.decided
		}
		if err := d.ruling(unpriced(ctx), oldest); err != nil {
			return err
		}
	}
	if err := d.stillConfirmed(ctx); err != nil {
		return err
	}
	if err := d.recount(ctx); err != nil {
		return err
	}
	return d.call.checkFrozen()
}

// age returns how old a decision may be: there is always a pause before a request that repeats another.
func (d *departure) age() time.Duration {
	if d.op.Attempts > 0 {
		return -1
	}
	return decidedFor
}

// stillConfirmed refuses a write for which a person decided about another state of the conversation. Once the call has
// written itself, the newest message may be its own.
func (d *departure) stillConfirmed(ctx context.Context) error {
	c := d.call
	c.mu.Lock()
	wrote := c.wrote
	c.mu.Unlock()
	if c.confirmed == nil || d.op.Op.Level == dixaclient.Read || wrote || time.Since(c.confirmed.read) <= d.age() {
		return nil
	}
	newest, err := c.newestMessage(unpriced(ctx), c.confirmed.conversation)
	if err != nil {
		return err
	}
	if newest != c.confirmed.message {
		return approvalOvertaken(c.tool.Name)
	}
	c.confirmed.read = time.Now()
	return nil
}

// confirmation is the state of a conversation that a person decided on.
type confirmation struct {
	conversation int64
	message      string    // id of the newest message, "" where there is none
	read         time.Time // when that was looked up last
}

type unpricedKey struct{}

// unpriced marks look-ups that cost the agent nothing and do not wait for its own rate: those that a decision is repeated
// with, and those that an answer is judged by. How many of these are needed depends on what is outside the bound, and the
// agent must not see that in what is left of its budget.
func unpriced(ctx context.Context) context.Context {
	return context.WithValue(ctx, unpricedKey{}, true)
}

func isUnpriced(ctx context.Context) bool { return ctx.Value(unpricedKey{}) != nil }
