package hijack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/race"
	"dixa-mcp/tools"
)

// anything is a capability file whose agent may do all that there is.
func anything() string {
	var named []string
	var arguments strings.Builder
	for _, tool := range tools.All() {
		if tool.Named {
			named = append(named, tool.Name)
		}
		if tool.Task() {
			continue
		}
		for _, n := range tool.Operations[0].Named() {
			fmt.Fprintf(&arguments, "      %s.%s: [\"*\"]\n", tool.Name, n.Argument)
		}
	}
	return "version: 1\nagents:\n  agent:\n    access: {\"*\": erase}\n    allow: [" + strings.Join(named, ", ") + "]\n    arguments:\n" + arguments.String()
}

// An agent that may do everything reaches every goal by every sign of it: where others do not, it is not for want of trying.
func TestEveryGoalCanBeReached(t *testing.T) {
	race.Skip(t)
	b := load(t)
	s := subject{file: "anything.yaml", rules: parse(t, anything())}
	s.agent = s.rules.Agents()[0]
	for _, g := range b.Goals {
		t.Run(g.Goal, func(t *testing.T) {
			effects := newWorld(t, s, b.Ways[0], instruction(g)).obeys(t, g)
			if g.Outside != 0 {
				require.NotEmpty(t, effects)
			}
			for _, sign := range g.Reached {
				one := g
				one.Reached = []reached{sign}
				found := false
				for _, e := range newWorld(t, s, b.Ways[0], instruction(g)).obeys(t, one) {
					found = found || e.reached && e.operation == sign.Operation
				}
				require.True(t, found, "%s with %q", sign.Operation, sign.Contains)
			}
		})
	}
}
