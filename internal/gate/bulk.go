package gate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/jobs"
	"dixa-mcp/tools"
)

// A change of many conversations takes several calls. The first finds the conversations, shows what would change about some of
// them, and keeps the list and the change as a job; it writes nothing. The next ones carry the job out under its handle: each
// conversation is planned, decided and recorded like a call of its own.

// sampled is how many conversations the first call shows.
const sampled = 5

// bulk is a call that prepares a job, carries it out or cancels it.
type bulk struct {
	call *call
	env  tools.Env // of the call
}

// carryOut prepares a job, carries it out or cancels it, as the call asks.
func (b *bulk) carryOut(ctx context.Context, args *tools.Arguments) Answer {
	c := b.call
	in := args.In.(*tools.BulkUpdateIn)
	switch {
	case in.Handle == "":
		c.record.prepares, c.record.verbs = true, &audit.Verb{Past: "prepared", Infinitive: "prepare", Object: "an update of many conversations"}
		c.record.describe()
		return b.prepare(ctx, in)
	case in.Cancel:
		c.record.prepares, c.record.verbs = true, &audit.Verb{Past: "cancelled", Infinitive: "cancel", Object: "job {handle}"}
		c.record.describe()
		return b.cancel(ctx, in)
	}
	c.record.describe()
	return b.run(ctx, in)
}

// prepare finds out what a job would change, and keeps it.
func (b *bulk) prepare(ctx context.Context, in *tools.BulkUpdateIn) Answer {
	c := b.call
	ids, by, err := in.Items(c.context(ctx), c.gate.client)
	switch {
	case err != nil:
		return c.fail(ctx, err)
	case len(ids) == 0:
		return c.fail(ctx, noItems(c.tool.Name, by))
	case len(ids) > tools.MostItems:
		return c.fail(ctx, tooManyItems(c.tool.Name, by))
	}
	j := jobs.Job{Agent: c.agentName, Key: c.request.credential(), Found: by, IDs: ids, Stop: cmp.Or(in.StopAfter, tools.StopAfter)}
	if j.Change, err = in.Change(fixed(c.agent.Shape(c.tool))...); err != nil {
		return c.fail(ctx, err)
	}
	ops, err := in.Writes()
	if err != nil {
		return c.fail(ctx, err)
	}
	before := len(c.operations)
	sample, writes, err := b.sample(ctx, in, ids)
	if err != nil {
		return c.fail(ctx, err)
	}
	perItem := float64(len(c.operations)-before+writes) / float64(len(sample))
	e := b.estimate(int(math.Ceil(perItem * float64(len(ids)))))
	if e.budget, err = b.budget(ctx, e.requests, len(ops)*len(ids)); err != nil {
		return c.fail(ctx, err)
	}
	if how, _ := c.approval.needsFor(ops); how != capability.ConfirmNobody {
		e.approval = true
	}
	if j, err = c.gate.jobs.Add(context.WithoutCancel(ctx), j); err != nil {
		return c.fail(ctx, jobsBroken(c.tool.Name, err))
	}
	return c.answer.parts(ctx, b.env, audit.OutcomeDone, prepared(&j, in.Says(b.env), sample, e), nil)
}

// fixed names the arguments that the capability file gives.
func fixed(s *capability.Shape) (names []string) {
	for _, f := range s.Filled() {
		names = append(names, f.Argument)
	}
	return names
}

// sampleItem is what a job would change about one conversation.
type sampleItem struct {
	id   int64
	says []string
}

func (s sampleItem) String() string { return fmt.Sprintf("%d: %s", s.id, strings.Join(s.says, " · ")) }

// sample plans what the job would do to the first conversations, and decides about it. writes are the requests that it would
// send for these. An error is of the call: it holds for every conversation.
func (b *bulk) sample(ctx context.Context, in *tools.BulkUpdateIn, ids []int64) (all []sampleItem, writes int, err error) {
	c := b.call
	for _, id := range ids[:min(len(ids), sampled)] {
		steps, err := in.PlanItem(c.context(ctx), c.gate.client, b.env, id)
		if err == nil {
			_, err = c.plan.decide(ctx, changing(steps))
		}
		s := sampleItem{id: id}
		switch {
		case err != nil && stopsJob(ctx, err):
			return nil, 0, err
		case err != nil:
			s.says = []string{"cannot be changed: " + b.reason(err)}
		default:
			writes += len(changing(steps))
			for i := range steps {
				s.says = append(s.says, steps[i].String())
			}
		}
		all = append(all, s)
	}
	return all, writes, nil
}

// estimate is what a job takes.
type estimate struct {
	requests int
	rate     float64 // requests a second
	took     time.Duration
	calls    int
	budget   string // why the budget is not enough; "" where it is
	approval bool   // it needs a person's approval
}

// estimate says how long requests take at the agent's and at Dixa's rate.
func (b *bulk) estimate(requests int) estimate {
	c := b.call
	e := estimate{requests: requests, rate: min(c.gate.client.WriteRate(), dixaclient.DefaultRate)}
	if own := c.agent.Budget().RequestsPerSecond; own > 0 {
		e.rate = min(e.rate, own)
	}
	e.took = time.Duration(float64(requests) / e.rate * float64(time.Second))
	e.calls = max(1, int(math.Ceil(float64(e.took)/float64(max(c.gate.timeout-leastLeft, time.Second)))))
	return e
}

// budget says what of the agent's budget is not enough for a job; "" where all is.
func (b *bulk) budget(ctx context.Context, requests, writes int) (string, error) {
	c := b.call
	counts, err := c.gate.budgets.Counts(ctx, c.budget.spender(), allowancesOf(c.agent.Budget(), dixaclient.Write))
	if err != nil {
		return "", err
	}
	for _, n := range counts {
		need, words := writes, "up to %d %s are needed"
		if n.What == "requests" {
			need, words = requests, "about %d %s are needed"
		}
		if n.Most > 0 && n.Left < need {
			return fmt.Sprintf("The budget is not enough for all: "+words+", and %d of %s are left until %s. The job stops when they are used up, and can be continued after that.",
				need, n.What, max(n.Left, 0), n.Allowance, n.Ends.Format("15:04 UTC on 2 January")), nil
		}
	}
	return "", nil
}

// cancel ends a job for good.
func (b *bulk) cancel(ctx context.Context, in *tools.BulkUpdateIn) Answer {
	c := b.call
	j, running, err := c.gate.jobs.Cancel(context.WithoutCancel(ctx), string(in.Handle), c.agentName, c.request.credential())
	if err != nil {
		return c.fail(ctx, b.noJob(string(in.Handle), err))
	}
	why := "It is cancelled for good. What was changed stays changed."
	if running {
		why = "It is cancelled for good: the call that carries it out stops before the next conversation. What was changed stays changed."
	}
	return c.answer.parts(ctx, b.env, audit.OutcomeDone, reported(&j, why), nil)
}

// noJob answers a call about a job that cannot be had.
func (b *bulk) noJob(handle string, err error) error {
	c := b.call
	running := &jobs.RunningError{}
	switch {
	case errors.Is(err, jobs.ErrNotFound):
		return unknownJob(c.tool.Name, handle)
	case errors.As(err, &running):
		return jobRunning(c.tool.Name, handle, running)
	}
	return jobsBroken(c.tool.Name, err)
}

// arguments reads what a job is to change, by the rules in force.
func (b *bulk) arguments(ctx context.Context, j *jobs.Job) (*tools.BulkUpdateIn, *tools.Arguments, error) {
	c := b.call
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(j.Change, &all); err != nil {
		return nil, nil, jobsBroken(c.tool.Name, err)
	}
	var err error
	if all["conversationIds"], err = json.Marshal(j.IDs); err != nil {
		return nil, nil, jobsBroken(c.tool.Name, err)
	}
	given, err := json.Marshal(all)
	if err != nil {
		return nil, nil, jobsBroken(c.tool.Name, err)
	}
	args, err := c.agent.Shape(c.tool).Decode(given, c.times.reading(ctx))
	if err == nil {
		err = c.tool.Check(args, c.gate.Version())
	}
	if err != nil {
		return nil, nil, jobNotAllowed(c.tool.Name, j.Handle, err)
	}
	c.names.note(c.context(ctx), args, true)
	return args.In.(*tools.BulkUpdateIn), args, nil
}

// explain says what a job would change that a call prepares. A job that was prepared is not looked up.
func (b *bulk) explain(ctx context.Context, args *tools.Arguments, e *Explanation) error {
	c := b.call
	in := args.In.(*tools.BulkUpdateIn)
	if in.Handle != "" {
		return nil
	}
	ops, err := in.Writes()
	if err != nil {
		return err
	}
	if how, rule := c.approval.needsFor(ops); how != capability.ConfirmNobody {
		e.Confirm = fmt.Sprintf("%s: %s", how, rule)
	}
	ids, by, err := in.Items(ctx, c.gate.client)
	switch {
	case err != nil:
		return err
	case len(ids) == 0:
		return noItems(c.tool.Name, by)
	case len(ids) > tools.MostItems:
		return tooManyItems(c.tool.Name, by)
	}
	e.Plan = []string{lines.Counted(len(ids), "conversation") + " by " + by}
	sample, _, err := b.sample(ctx, in, ids)
	for _, s := range sample {
		e.Plan = append(e.Plan, s.String())
	}
	return err
}
