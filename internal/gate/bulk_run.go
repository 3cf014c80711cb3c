package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/jobs"
	"dixa-mcp/tools"
)

const (
	// leastLeft is how much of a call's time must be left for another conversation.
	leastLeft = 3 * time.Second
	// afterCall is how much longer than its time limit a call may hold a job.
	afterCall = 5 * time.Second
)

var (
	errRulesChanged = errors.New("the capability file was changed. Call again to go on by the new one")
	errOutOfTime    = errors.New("the time of this call is over")
)

// run carries a job out, as far as the time of the call allows.
func (b *bulk) run(ctx context.Context, in *tools.BulkUpdateIn) Answer {
	c := b.call
	handle := string(in.Handle)
	j, err := c.gate.jobs.Get(ctx, handle, c.agentName, c.request.credential())
	if err != nil {
		return c.fail(ctx, b.noJob(handle, err))
	}
	stop := cmp.Or(in.StopAfter, j.Stop)
	if why := ended(&j, stop); why != "" {
		c.record.prepares, c.record.verbs = true, &audit.Verb{Past: "asked for", Infinitive: "ask for", Object: "the result of job {handle}"}
		return c.answer.parts(ctx, b.env, audit.OutcomeDone, reported(&j, why), nil)
	}
	run, err := c.gate.jobs.Begin(ctx, handle, c.agentName, c.request.credential(), c.gate.timeout+afterCall)
	if err != nil {
		return c.fail(ctx, b.noJob(handle, err))
	}
	defer func() {
		if err := run.End(context.WithoutCancel(ctx)); err != nil && !errors.Is(err, jobs.ErrTaken) {
			c.log().Error("how far a job got could not be kept", "job", handle, "call", c.record.Call, "agent", c.agentName, "error", err)
		}
	}()
	run.Stop = stop
	change, args, err := b.arguments(ctx, &run.Job)
	if err != nil {
		return c.fail(ctx, err)
	}
	asking, err := b.confirm(ctx, change, args, run)
	switch {
	case err != nil:
		return c.fail(ctx, err)
	case asking != nil:
		return *asking
	}
	if err := c.record.intend(ctx); err != nil {
		return c.unrecorded(ctx, err)
	}
	from := run.Job
	err = b.changeAll(ctx, change, run)
	return b.answer(ctx, &from, run, err)
}

// ended says why nothing is left to do of a job; "" where something is.
func ended(j *jobs.Job, stop int) string {
	switch {
	case j.Cancelled:
		return "It was cancelled."
	case j.Done():
		return "It is done."
	case j.Errors() >= stop:
		return fmt.Sprintf("It ended after %s. If the rest is to be changed all the same, give the handle and a larger stopAfter.", lines.Counted(j.Errors(), "error"))
	}
	return ""
}

// changeAll changes conversations, until none is left or something stops it.
func (b *bulk) changeAll(ctx context.Context, change *tools.BulkUpdateIn, run *jobs.Run) error {
	slowest := time.Duration(0)
	for n := 0; ended(&run.Job, run.Stop) == ""; n++ {
		if err := b.mayContinue(ctx, n, slowest); err != nil {
			return err
		}
		if err := run.Save(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		begun, number := time.Now(), fmt.Sprintf("%d of %d", run.Next+1, len(run.IDs))
		if tell := b.call.request.Progress; tell != nil {
			tell(fmt.Sprintf("%s: conversation %d", number, run.IDs[run.Next]))
		}
		if err := b.changeItem(ctx, change, run, number); err != nil {
			return err
		}
		slowest = max(slowest, time.Since(begun))
	}
	return nil
}

// mayContinue returns why a job does not continue with another conversation after n of this call; nil where it may.
func (b *bulk) mayContinue(ctx context.Context, n int, slowest time.Duration) error {
	c := b.call
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := c.checkFrozen(); err != nil {
		return err
	}
	if c.gate.Rules().Digest() != c.rules.Digest() {
		return errRulesChanged
	}
	if deadline, ok := ctx.Deadline(); ok && n > 0 && time.Until(deadline) < max(leastLeft, 2*slowest) {
		return errOutOfTime
	}
	return nil
}

// changeItem changes the next conversation of a job, and notes what came of it. An error stops the job before it: it is planned
// again when the job goes on. A cancelled call does not end in the middle of a conversation.
func (b *bulk) changeItem(ctx context.Context, change *tools.BulkUpdateIn, run *jobs.Run, number string) error {
	c := b.call
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(context.WithoutCancel(ctx), deadline, timeLimit(c.gate.timeout))
		defer cancel()
	}
	leftOpen := run.Once // by a call that did not come to an end
	i, err := b.item(change, run, number)
	if err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			i.broken(ctx, p) // so that no intent is left without an outcome
			panic(p)
		}
	}()
	steps, err := change.PlanItem(i.context(ctx), c.gate.client, b.env, run.IDs[run.Next])
	skipped := 0
	if err != nil {
		i.record.describe()
		i.fail(ctx, err)
	} else {
		if leftOpen {
			steps, skipped = withoutOnce(steps)
		}
		if changes := changing(steps); len(changes) > 0 {
			i.journal.rememberOnce(ctx, changes)
		}
		i.plan.carryOut(ctx, &tools.Arguments{Env: b.env}, steps)
	}
	if i.warning != "" {
		c.warning = i.warning
	}
	switch why := i.failure; {
	case why == nil && skipped > 0:
		run.Fail("the note may have been added before the server stopped, and was not added again. Look, and add it if it is missing", true)
	case why == nil && len(changing(steps)) > 0:
		run.Changed++
		run.Advance()
	case why == nil:
		run.Same++
		run.Advance()
	case i.record.Outcome == audit.OutcomeUnknown:
		run.Fail(b.reason(why), true)
	case stopsJob(ctx, why):
		run.Once = leftOpen
		return why
	default:
		run.Fail(b.reason(why), skipped > 0)
	}
	return nil
}

// item returns the call for one conversation of a job.
func (b *bulk) item(change *tools.BulkUpdateIn, run *jobs.Run, number string) (*call, error) {
	c := b.call
	i := &call{
		gate: c.gate, rules: c.rules, request: c.request, agentName: c.agentName, agent: c.agent, tool: c.tool, decision: c.decision,
		valid: true, seen: c.seen, writes: c.gate.facts.written(),
	}
	i.connect()
	i.names.byPath = c.names.byPath
	i.record.verbs = &audit.Verb{Past: "updated", Infinitive: "update", Object: "conversation {conversationId}"}
	if tell := c.request.Progress; tell != nil {
		i.request.Progress = func(said string) { tell(number + ": " + said) }
	}
	i.record.Record = audit.Record{
		Call: audit.NewCallID(), Agent: c.agentName, Key: c.request.Key, Person: c.record.Person, Bound: c.record.Bound, Tool: c.tool.Name, FileDigest: c.rules.Digest(), Job: run.Handle,
		Confirm: c.record.Confirm, Approval: c.record.Approval, Approver: c.record.Approver, ApproverKey: c.record.ApproverKey,
	}
	i.plan.once = func(ctx context.Context) error {
		run.Once = true
		err := run.Save(context.WithoutCancel(ctx))
		if errors.Is(err, jobs.ErrCancelled) { // which stops the job before the next conversation
			return nil
		}
		return err
	}
	var err error
	i.arguments, err = change.For(run.IDs[run.Next])
	return i, err
}

// withoutOnce drops the steps that cannot be repeated, and says how many these are.
func withoutOnce(steps []tools.Step) (rest []tools.Step, dropped int) {
	for _, s := range steps {
		if s.Once {
			dropped++
		} else {
			rest = append(rest, s)
		}
	}
	return rest, dropped
}

// stopsJob reports whether an error is not about one conversation.
func stopsJob(ctx context.Context, err error) bool {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.general
	}
	if ctx.Err() != nil || errors.As(err, new(*dixaclient.BusyError)) {
		return true
	}
	return !errors.As(err, new(*dixaclient.Error)) && !errors.As(err, new(*dixaclient.InputError))
}

// reason says in short why a conversation was not changed.
func (b *bulk) reason(err error) string {
	if dixaclient.IsNotFound(err) {
		return "it does not exist"
	}
	b.call.inToolsOf(err)
	if e, ok := errors.AsType[*dixaclient.InputError](err); ok {
		return strings.TrimSpace(e.Field + " " + e.Problem)
	}
	return strings.TrimSuffix(strings.TrimPrefix(err.Error(), b.call.tool.Name+": "), nothingSent)
}
