package gate

import (
	"cmp"
	"context"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/tools"
)

// Observer hears of calls and of what they send to Dixa, for metrics, traces and logs. Nothing that it hears is an
// argument or a text. It is called in the goroutine of the call, so it must not wait.
type Observer interface {
	// Call hears that a call begins. What is done for the call is done under the context that it returns, and ended
	// hears how the call ended.
	Call(ctx context.Context, c CallInfo) (_ context.Context, ended func(CallEnd))
	// Operation is called when an operation is sent to Dixa for a call, or is queued.
	Operation(ctx context.Context, c CallInfo, op *dixaclient.Spec) (_ context.Context, ended func(OperationEnd))
}

// CallInfo is what is known about a call when it begins.
type CallInfo struct {
	ID    string // the same as in its record
	Agent string // "" where the capability file has no such agent
	Key   string // id of the credential, "" where there is none
	// Person is for whom the agent acts, as in the record, "" for none. It is for logs, not for metrics or traces.
	Person string
	Tool   string // "" where there is no such tool: what a client makes up is not counted by its name
	Level  string // of the tool
}

// CallEnd is how a call ended.
type CallEnd struct {
	Decision string // audit.Allowed or audit.Refused
	Outcome  string // as in the record
	Took     time.Duration
}

// OperationEnd is how an operation ended.
type OperationEnd struct {
	Outcome   string        // done, not_done or unknown, as in the record
	Error     string        // in a word or two, as in the record
	Status    int           // HTTP, of the last answer, 0 when none came
	Attempts  int           // requests sent
	Throttled int           // how often Dixa answered 429
	Waited    time.Duration // for Dixa's limit
	Upstream  time.Duration // for Dixa's answers
	Took      time.Duration
}

// Observers tells several observers; those that are nil are left out.
func Observers(several ...Observer) Observer {
	var all observers
	for _, o := range several {
		if o != nil {
			all = append(all, o)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

// observers are told in their order, and of an end in the opposite one.
type observers []Observer

func (all observers) Call(ctx context.Context, c CallInfo) (context.Context, func(CallEnd)) {
	ends := make([]func(CallEnd), len(all))
	for i, o := range all {
		ctx, ends[i] = o.Call(ctx, c)
	}
	return ctx, inReverse(ends)
}

func (all observers) Operation(ctx context.Context, c CallInfo, op *dixaclient.Spec) (context.Context, func(OperationEnd)) {
	ends := make([]func(OperationEnd), len(all))
	for i, o := range all {
		ctx, ends[i] = o.Operation(ctx, c, op)
	}
	return ctx, inReverse(ends)
}

// Reload tells those that hear of reloads.
func (all observers) Reload(outcome ReloadOutcome) {
	for _, o := range all {
		if o, ok := o.(ReloadObserver); ok {
			o.Reload(outcome)
		}
	}
}

// Draft tells those that hear of drafts.
func (all observers) Draft(agent string, outcome tools.DraftOutcome) {
	for _, o := range all {
		if o, ok := o.(DraftObserver); ok {
			o.Draft(agent, outcome)
		}
	}
}

func inReverse[T any](ends []func(T)) func(T) {
	return func(end T) {
		for i := len(ends) - 1; i >= 0; i-- {
			ends[i](end)
		}
	}
}

// observed tells the observer that the call begins; ended must be called when its answer is known.
func (c *call) observed(ctx context.Context) (_ context.Context, ended func()) {
	if c.gate.observer == nil {
		return ctx, func() {}
	}
	start := time.Now()
	c.seen = c.info()
	ctx, tell := c.gate.observer.Call(ctx, c.seen)
	return ctx, func() {
		tell(CallEnd{
			Decision: cmp.Or(c.record.Decision, audit.Refused),
			Outcome:  cmp.Or(c.record.Outcome, audit.OutcomeNotDone), // it could not be recorded
			Took:     time.Since(start),
		})
	}
}

// info returns what the observer is told about the call.
func (c *call) info() CallInfo {
	info := CallInfo{ID: c.record.Call, Key: c.request.Key, Person: c.record.Person}
	if _, err := c.rules.Agent(c.agentName); err == nil {
		info.Agent = c.agentName
	}
	if c.tool != nil {
		info.Tool, info.Level = c.tool.Name, c.tool.Level.String()
	}
	return info
}

// observed does the same for an operation.
func (d *departure) observed(ctx context.Context) (_ context.Context, ended func(took time.Duration, err error)) {
	c, op := d.call, d.op
	if c.gate.observer == nil {
		return ctx, func(time.Duration, error) {}
	}
	ctx, tell := c.gate.observer.Operation(ctx, c.seen, op.Op)
	return ctx, func(took time.Duration, err error) {
		end := OperationEnd{Outcome: audit.OutcomeDone, Status: op.Status, Attempts: op.Attempts, Throttled: op.Throttled, Waited: op.Waited, Upstream: op.Upstream, Took: took}
		if err != nil {
			end.Outcome, end.Error = effect(err), whyFailed(err)
		}
		tell(end)
	}
}
