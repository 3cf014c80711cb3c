package evals

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
)

// What the built-in file grants is enough for the work of its agents: nothing of it is refused.
func TestBuiltInAgentsDoTheirWork(t *testing.T) {
	rules, err := capability.Load("../../../capabilities.yaml")
	require.NoError(t, err)
	work := map[string]int{}
	for _, e := range evals {
		for agent := range strings.FieldsSeq(e.by) {
			work[agent]++
			calls := e.task
			if calls == nil {
				calls = e.plain
			}
			g := deskOf(t, rules, false)
			for _, call := range calls {
				tool, arguments, _ := strings.Cut(call, " ")
				a := g.Call(t.Context(), gate.Request{Agent: agent, Tool: tool, Arguments: json.RawMessage(arguments)})
				require.False(t, a.Failed, "%s: %s: %s", agent, call, a.Text)
				require.Nil(t, a.Ask, "%s: %s", agent, call)
			}
		}
	}
	for _, a := range rules.Agents() {
		require.True(t, work[a.Name] >= 5 || a.Name == "admin", "%s has work in %d evals only", a.Name, work[a.Name])
	}
}
