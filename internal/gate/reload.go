package gate

import (
	"context"
	"fmt"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
)

// Reload puts other rules in force, all at once. Calls that are running finish under the rules they began with.
func (g *Gate) Reload(ctx context.Context, rules *capability.Rules) {
	before := g.rules.Swap(rules)
	g.event(ctx, audit.EventReload, rules.Digest(), fmt.Sprintf("the capability file %s is in force, in place of %s", rules.Digest(), before.Digest()))
	g.reloaded(ReloadInForce, before, rules)
}

// Hold puts in force what a changed file takes away, while what it gives waits until the file is complete for certain:
// narrowed are the rules that only allow what both files allow.
func (g *Gate) Hold(ctx context.Context, narrowed, waiting *capability.Rules) {
	before := g.rules.Swap(narrowed)
	g.event(ctx, audit.EventReload, narrowed.Digest(), fmt.Sprintf("the changed capability file %s waits to be put in force; until then %s is in force, which allows only what %s allows, too", waiting.Digest(), narrowed.Digest(), before.Digest()))
	g.reloaded(ReloadHeld, before, narrowed)
}

func (g *Gate) reloaded(outcome ReloadOutcome, before, now *capability.Rules) {
	g.observeReload(outcome)
	changed := Reloaded{Prompts: promptsDiffer(before, now)}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, told := range g.listeners {
		told(changed)
	}
}

// Reloaded says what a reload changed beside the lists of tools.
type Reloaded struct {
	Prompts bool // of at least one agent
}

// Waits tells observers that a changed capability file waits to be put in force, and takes nothing away meanwhile.
func (g *Gate) Waits() { g.observeReload(ReloadHeld) }

// Unchanged tells observers that the capability file, after a change, is again the one in force.
func (g *Gate) Unchanged() { g.observeReload(ReloadUnchanged) }

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

func (g *Gate) observeReload(outcome ReloadOutcome) {
	if o, ok := g.observer.(ReloadObserver); ok {
		o.Reload(outcome)
	}
}

// OnReload registers a function that is called after each reload, until the returned function is called.
func (g *Gate) OnReload(told func(Reloaded)) (stop func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.listening++
	id := g.listening
	g.listeners[id] = told
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.listeners, id)
	}
}

// NotReloaded says that a changed file could not be put in force, and that the old rules stay.
func (g *Gate) NotReloaded(ctx context.Context, err error) {
	g.log.Error("the capability file was changed and cannot be used; the rules from before stay in force", "error", err)
	g.observeReload(ReloadRefused)
	g.event(ctx, audit.EventReload, g.Rules().Digest(), fmt.Sprintf("a changed capability file could not be used; %s stays in force", g.Rules().Digest()))
}

// event records what happened to the gate itself.
func (g *Gate) event(ctx context.Context, e audit.Event, digest, text string) {
	if err := g.audit.Write(ctx, audit.Record{Event: e, FileDigest: digest, Text: text}); err != nil {
		g.log.Error("what happened could not be recorded", "event", e, "text", text, "error", err)
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
