package gate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// Explanation is what would become of a call.
type Explanation struct {
	Granted   bool
	Invalid   bool                // the arguments do not fit the tool
	Why       string              // which line of the file, or what is wrong with the arguments
	Confirm   string              // whose approval it would wait for, and by which line; "" for none
	Filled    []capability.Filled // what the file fills in
	Arguments json.RawMessage     // as they would be understood
	Lookups   []string            // what was asked of Dixa to decide, with what it answered
	Plan      []string            // what would change; only of a tool of several writes
	Requests  []string            // what would be sent; of a tool of several reads, the first
	Parts     []Part              // of a tool of several operations: each that it can carry out
}

// errRehearsed ends an operation that is only rehearsed.
var errRehearsed = errors.New("rehearsed, not sent")

// Explain goes the way of a call without sending it. Only the reads that a bound needs are sent, and those from which a plan is
// made; nothing is recorded.
func (g *Gate) Explain(ctx context.Context, r Request) Explanation {
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	c := g.begin(r)
	ctx = withCall(ctx, c)
	args, err := c.admit(ctx)
	e := Explanation{Granted: err == nil, Why: c.decision.Why, Arguments: c.arguments.JSON}
	if c.decision.Allowed {
		e.Filled = c.agent.Shape(c.tool).Filled()
	}
	confirm := func(how capability.Confirm, rule string) {
		e.Confirm = ""
		if how != capability.ConfirmNobody {
			e.Confirm = fmt.Sprintf("%s: %s", how, rule)
			if who := c.agent.Asking(c.approval.waitsBy).String(); how == capability.ConfirmApprover && who != "" {
				e.Confirm += "; asked: " + who
			}
			if how == capability.ConfirmApprover && c.agent.SendsOnApproval() && !c.tool.Bulk {
				e.Confirm += "; the approver may have it carried out at once, by on_approval"
			}
		}
	}
	if c.agent != nil && c.tool != nil {
		e.Parts = explaining{c}.parts()
	}
	if c.decision.Allowed && !c.tool.Plans() {
		confirm(c.approval.needs(nil))
	}
	if err != nil {
		refused := c.discovery.withSignature(refusalOf(c.request.Tool, err))
		e.Why, e.Invalid = refused.text, refused.invalid
		return e
	}
	if c.tool.Task() || c.tool.Compares() {
		args.Env = c.env(ctx)
		args.Env.Progress = nil
		args.Env.Sleep = func(context.Context, time.Duration) error { return errRehearsed }
		args.Env.Decided = args.Env.Sleep
		args.Env.Judging = func(ctx context.Context) (context.Context, error) { return ctx, nil }
		if args.Env.Archive != nil {
			args.Env.Archive = tools.Unread{Err: errRehearsed}
		}
		if args.Env.Events != nil {
			args.Env.Events = tools.Unread{Err: errRehearsed}
		}
	}
	plans := c.tool.Plans() || c.tool.Bulk
	if r.Blind && plans {
		e.Plan = []string{"is read from the conversation, and shown to approvers"}
		if c.tool.Plans() {
			confirm(c.approval.needsFor(slices.Concat(c.tool.Operations, c.tool.Uses)))
			if e.Confirm != "" {
				e.Confirm += "; if a step of the plan needs it"
			}
		}
	} else if c.tool.Bulk {
		err = (&bulk{c, args.Env}).explain(ctx, args, &e)
	} else if plans || c.tool.Compares() && !r.Blind {
		var steps []tools.Step
		if steps, err = c.tool.Plan(ctx, g.client, args); err == nil {
			confirm(c.approval.needs(steps))
			e.Requests, err = c.plan.rehearse(ctx, changing(steps))
		}
		for i := range steps {
			e.Plan = append(e.Plan, steps[i].String())
		}
	} else {
		var sent rehearsal
		_, err = c.tool.Run(ctx, g.plans.With(sent.around), args)
		if errors.Is(err, errRehearsed) {
			err = explaining{c}.checkBound(ctx, args.In)
		}
		e.Requests = sent.requests
	}
	if err != nil {
		e.Granted, e.Why, e.Invalid = false, err.Error(), errors.As(err, new(*dixaclient.InputError))
	}
	if refused, ok := errors.AsType[*refusal](err); ok {
		e.Why = cmp.Or(refused.inFull, refused.text)
	}
	for _, o := range c.operations {
		if o.Attempts > 0 {
			e.Lookups = append(e.Lookups, fmt.Sprintf("%s: Dixa %d", o.Operation, o.Status))
		}
	}
	return e
}

// explaining says what would become of a call.
type explaining struct{ call *call }

// checkBound decides a read that is normally judged on its own answer.
func (x explaining) checkBound(ctx context.Context, in any) error {
	c := x.call
	b := c.agent.Bound()
	id, ok := dixaclient.ConversationOf(in)
	if b == nil || !ok {
		return nil
	}
	bounds := &bounds{c, b, &dixaclient.Call{Op: c.tool.Operations[0]}}
	return bounds.require(bounds.hasConversation(ctx, id, time.Time{}))
}

// rehearsal notes requests instead of sending them.
type rehearsal struct {
	mu       sync.Mutex
	requests []string
}

// around notes the request and ends the operation with errRehearsed.
func (s *rehearsal) around(_ context.Context, op *dixaclient.Call, _ func(context.Context) error) error {
	r, err := op.Request()
	if err != nil {
		return err
	}
	line := r.Method + " " + r.Path
	if len(r.Query) > 0 {
		line += "?" + r.Query.Encode()
	}
	if len(r.Body) > 0 {
		line += " " + string(r.Body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, line)
	return errRehearsed
}
