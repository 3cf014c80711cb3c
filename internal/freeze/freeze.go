// Package freeze keeps the marks that stop agents by hand. A mark is looked at before each operation of an agent, so it
// holds at once, for every process that shares the store.
package freeze

import (
	"context"
	"regexp"
	"sync"
	"time"
)

// Everyone is the name of the mark that stops all agents; no agent can be called so, also where a file system does not
// tell upper from lower case.
const Everyone = "_all"

// Mark says who stopped an agent, when, and what the agent is told.
type Mark struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitzero"`
}

// Store keeps marks by the name of their agent. It is safe for concurrent use, also by several processes.
type Store interface {
	// Set marks an agent, in place of an earlier mark.
	Set(ctx context.Context, name string, m Mark) error
	// Remove takes a mark away, and tells whether there was one.
	Remove(ctx context.Context, name string) (bool, error)
	// List gives all marks. One that cannot be read is there without its maker, and stops all the same.
	List(ctx context.Context) (map[string]Mark, error)
	// Frozen tells whether an agent is stopped, by a mark of its own or by that of all. It is asked before every
	// operation and does not wait: what is not known for certain stops.
	Frozen(agent string) (reason string, frozen bool)
}

// CanBeMarked tells whether a mark can have the name: that of an agent, or [Everyone].
func CanBeMarked(name string) bool { return name == Everyone || agentName().MatchString(name) }

var agentName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`) })

// Label names the one, or all, for a sentence.
func Label(name string) string {
	if name == Everyone {
		return "all agents"
	}
	return "agent " + name
}
