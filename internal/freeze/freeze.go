// Package freeze stores freezes, by which operators stop agents. The store is read before each operation of an agent, so
// that a freeze takes effect at once, in every process that shares the store.
package freeze

import (
	"context"
	"regexp"
	"sync"
	"time"
)

// Everyone is the name of the freeze that stops all agents. No agent can have this name, not even on a file system that
// ignores case.
const Everyone = "_all"

// Freeze says who stopped an agent, when, and what the agent is told.
type Freeze struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitzero"`
}

// Store keeps freezes by the name of their agent. It is safe for concurrent use, also by several processes.
type Store interface {
	// Set freezes an agent. It replaces an earlier freeze.
	Set(ctx context.Context, name string, m Freeze) error
	// Remove ends a freeze, and reports whether there was one.
	Remove(ctx context.Context, name string) (bool, error)
	// List returns all freezes. One that cannot be read has no By, and is in force all the same.
	List(ctx context.Context) (map[string]Freeze, error)
	// Frozen reports whether an agent is stopped, by a freeze of its own or by that of all agents. It is called before
	// every operation and does not block: in doubt an agent is stopped.
	Frozen(agent string) (reason string, frozen bool)
}

// ValidName reports whether a freeze can have the name: that of an agent, or [Everyone].
func ValidName(name string) bool { return name == Everyone || agentName().MatchString(name) }

var agentName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`) })

// Label names the one, or all, for a sentence.
func Label(name string) string {
	if name == Everyone {
		return "all agents"
	}
	return "agent " + name
}
