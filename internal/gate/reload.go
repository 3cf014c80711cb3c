package gate

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
)

// inForce holds the rules in force, and tells of changes of the capability file.
type inForce struct {
	rules    atomic.Pointer[capability.Rules]
	recorder audit.Recorder
	hears    Observer // may be nil
	logger   *slog.Logger

	mu        sync.Mutex
	listeners map[int]func(Reloaded) // told after a reload
	listening int
}

// Rules returns the rules in force.
func (f *inForce) Rules() *capability.Rules { return f.rules.Load() }

// Reload puts other rules in force, all at once. Calls that are running finish under the rules they began with.
func (f *inForce) Reload(ctx context.Context, rules *capability.Rules) {
	before := f.rules.Swap(rules)
	f.event(ctx, audit.EventReload, rules.Digest(), fmt.Sprintf("the capability file %s is in force, in place of %s", rules.Digest(), before.Digest()))
	f.reloaded(ReloadInForce, before, rules)
}

// Hold puts in force what a changed file takes away, while what it gives waits until the file is complete for certain:
// narrowed are the rules that only allow what both files allow.
func (f *inForce) Hold(ctx context.Context, narrowed, waiting *capability.Rules) {
	before := f.rules.Swap(narrowed)
	f.event(ctx, audit.EventReload, narrowed.Digest(), fmt.Sprintf("the changed capability file %s waits to be put in force; until then %s is in force, which allows only what %s allows, too", waiting.Digest(), narrowed.Digest(), before.Digest()))
	f.reloaded(ReloadHeld, before, narrowed)
}

func (f *inForce) reloaded(outcome ReloadOutcome, before, now *capability.Rules) {
	f.observeReload(outcome)
	changed := Reloaded{Prompts: promptsDiffer(before, now)}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, told := range f.listeners {
		told(changed)
	}
}

// Reloaded says what a reload changed beside the lists of tools.
type Reloaded struct {
	Prompts bool // of at least one agent
}

// Waits tells observers that a changed capability file waits to be put in force, and takes nothing away meanwhile.
func (f *inForce) Waits() { f.observeReload(ReloadHeld) }

// Unchanged tells observers that the capability file, after a change, is again the one in force.
func (f *inForce) Unchanged() { f.observeReload(ReloadUnchanged) }

// ReloadOutcome says what became of a changed capability file.
type ReloadOutcome string

// The values of [ReloadOutcome].
const (
	ReloadInForce   ReloadOutcome = "in_force"  // it is in force as a whole
	ReloadHeld      ReloadOutcome = "held"      // what it gives waits until it was unchanged for some seconds
	ReloadUnchanged ReloadOutcome = "unchanged" // it is what was in force before
	ReloadRefused   ReloadOutcome = "refused"   // it cannot be used
)

// ReloadOutcomes lists the values of [ReloadOutcome].
func ReloadOutcomes() []ReloadOutcome {
	return []ReloadOutcome{ReloadInForce, ReloadHeld, ReloadUnchanged, ReloadRefused}
}

// ReloadObserver is an [Observer] that also hears what becomes of changed capability files.
type ReloadObserver interface{ Reload(ReloadOutcome) }

func (f *inForce) observeReload(outcome ReloadOutcome) {
	if o, ok := f.hears.(ReloadObserver); ok {
		o.Reload(outcome)
	}
}

// OnReload registers a function that is called after each reload, until the returned function is called.
func (f *inForce) OnReload(told func(Reloaded)) (stop func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listening++
	id := f.listening
	f.listeners[id] = told
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.listeners, id)
	}
}

// NotReloaded says that a changed file could not be put in force, and that the old rules stay.
func (f *inForce) NotReloaded(ctx context.Context, err error) {
	f.logger.Error("the capability file was changed and cannot be used; the rules from before stay in force", "error", err)
	f.observeReload(ReloadRefused)
	f.event(ctx, audit.EventReload, f.Rules().Digest(), fmt.Sprintf("a changed capability file could not be used; %s stays in force", f.Rules().Digest()))
}

// event records what happened to the rules.
func (f *inForce) event(ctx context.Context, e audit.Event, digest, text string) {
	if err := f.recorder.Write(ctx, audit.Record{Event: e, FileDigest: digest, Text: text}); err != nil {
		f.logger.Error("what happened could not be recorded", "event", e, "text", text, "error", err)
	}
}

// checkFrozen returns an error if the agent is frozen.
func (c *call) checkFrozen() error {
	if c.gate.frozen == nil {
		return nil
	}
	if reason, stopped := c.gate.frozen(c.agentName); stopped {
		return agentFrozen(c.agentName, reason)
	}
	return nil
}
