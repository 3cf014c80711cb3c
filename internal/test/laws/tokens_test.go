package laws

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tiktoken-go/tokenizer"

	dixamcp "dixa-mcp"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// The list of tools is in an agent's context in every session: what each agent may cost, in o200k tokens over
// name, description and input schema.
func TestTokenCeilings(t *testing.T) {
	ceilings := map[string]int{"reader": 2200, "support": 2600}
	rules, err := capability.Parse("capabilities.yaml", dixamcp.DefaultCapabilities)
	require.NoError(t, err)
	for _, agent := range rules.Agents() {
		n := 0
		for _, tool := range agent.Tools() {
			n += tokens(t, tool.Name, agent.Shape(tool).Description(), string(agent.Shape(tool).Schema().JSON()))
		}
		t.Logf("%-8s %3d tools %6d tokens", agent.Name, len(agent.Tools()), n)
		if ceiling, ok := ceilings[agent.Name]; ok {
			require.LessOrEqual(t, n, ceiling, agent.Name)
			delete(ceilings, agent.Name)
		}
	}
	require.Empty(t, ceilings, "an agent with a ceiling is missing")

	n := 0
	for _, tool := range tools.All() {
		n += tokens(t, tool.Name, tool.Description, string(tool.Schema().JSON()))
	}
	t.Logf("all      %3d tools %6d tokens", len(tools.All()), n)
	require.LessOrEqual(t, n, 11_000, "all tools together")
}

func tokens(t *testing.T, texts ...string) int {
	codec, err := tokenizer.Get(tokenizer.O200kBase)
	require.NoError(t, err)
	n := 0
	for _, text := range texts {
		c, err := codec.Count(text)
		require.NoError(t, err)
		n += c
	}
	return n
}
