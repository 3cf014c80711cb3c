package gate

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"

	"dixa-mcp/tools"
)

// DraftObserver is an [Observer] that also hears what becomes of the drafts of an agent; "" for one that the capability file
// does not have any more.
type DraftObserver interface {
	Draft(agent string, outcome tools.DraftOutcome)
}

// observeDraft tells the observer what became of a draft.
func (c *call) observeDraft(use *tools.DraftUse) {
	o, ok := c.gate.observer.(DraftObserver)
	if !ok || use == nil {
		return
	}
	agent := use.Agent
	if _, err := c.rules.Agent(agent); err != nil {
		agent = ""
	}
	o.Draft(agent, use.Outcome)
}

// observeDenied tells the observer that the drafts that the steps send were denied. id names the denial, which the same call
// meets again each time.
func (c *call) observeDenied(steps []tools.Step, id string) {
	for i := range steps {
		if use := steps[i].Draft; use != nil && use.Outcome == tools.DraftSent && c.gate.denials.first(id) {
			c.observeDraft(&tools.DraftUse{Outcome: tools.DraftDenied, Agent: use.Agent})
		}
	}
}

// denials are those that were counted.
type denials struct {
	mu      sync.Mutex
	counted map[string]bool
}

// mostDenials is how many denials are remembered.
const mostDenials = 1000

// first reports whether a denial comes for the first time.
func (d *denials) first(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.counted[id] {
		return false
	}
	if d.counted == nil || len(d.counted) >= mostDenials {
		d.counted = map[string]bool{}
	}
	d.counted[id] = true
	return true
}

// withText adds to arguments the whole text that the steps send or leave, where the arguments only name it.
func (c *confirmation) withText(arguments json.RawMessage) json.RawMessage {
	var given map[string]json.RawMessage
	if json.Unmarshal(arguments, &given) != nil || given["text"] != nil {
		return arguments
	}
	for i := range c.steps {
		text, err := json.Marshal(c.steps[i].Text)
		if c.steps[i].Text == "" || err != nil {
			continue
		}
		return slices.Concat(bytes.TrimSuffix(arguments, []byte("}")), []byte(`,"text":`), text, []byte("}"))
	}
	return arguments
}
