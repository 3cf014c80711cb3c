package laws

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tiktoken-go/tokenizer"

	dixamcp "dixa-mcp"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// TestTokenCeilings bounds what the list of tools costs each agent in every session, in o200k tokens over name, description
// and input schema, and holds README.md to the figures.
func TestTokenCeilings(t *testing.T) {
	ceilings := map[string]int{"reader": 1000, "support": 1420}
	rules, err := capability.Parse("capabilities.yaml", dixamcp.DefaultCapabilities)
	require.NoError(t, err)
	figures := map[string]string{} // as README.md has them
	for _, agent := range rules.Agents() {
		n := 0
		for _, tool := range agent.Tools() {
			n += tokens(t, tool.Name, agent.Shape(tool).Description(), string(agent.Shape(tool).Schema().JSON()))
		}
		t.Logf("%-8s %3d tools %6d tokens", agent.Name, len(agent.Tools()), n)
		figures[agent.Name] = fmt.Sprintf("%d tools, %s tokens for `%s`", len(agent.Tools()), grouped(n), agent.Name)
		if ceiling, ok := ceilings[agent.Name]; ok {
			require.LessOrEqual(t, n, ceiling, "agent %s: shorten descriptions, or raise its ceiling in internal/test/laws/tokens_test.go", agent.Name)
			delete(ceilings, agent.Name)
		}
	}
	require.Empty(t, ceilings, "an agent with a ceiling is missing")
	readme, err := os.ReadFile(filepath.Join(repository(t), "README.md"))
	require.NoError(t, err)
	for _, name := range []string{"reader", "support"} {
		require.True(t, strings.Contains(string(readme), figures[name]), "write %q in README.md, in the row about the model's context", figures[name])
	}

	n := 0
	for _, tool := range tools.All() {
		n += tokens(t, tool.Name, tool.Description, string(tool.Schema().JSON()))
	}
	t.Logf("all      %3d tools %6d tokens", len(tools.All()), n)
	require.LessOrEqual(t, n, 13_500, "all tools together: shorten descriptions, or raise the ceiling in internal/test/laws/tokens_test.go")
}

// TestTokensOfDiscover bounds the list of an agent that finds its tools; it is the same whatever the agent is granted.
func TestTokensOfDiscover(t *testing.T) {
	rules, err := capability.Parse("f.yaml", []byte("version: 1\nagents: {a: {surface: discover, access: {\"*\": erase}}}"))
	require.NoError(t, err)
	n := 0
	for _, tool := range rules.Agents()[0].Listed() {
		n += tokens(t, tool.Name, tool.Description, string(tool.Schema().JSON()))
	}
	t.Logf("discover   2 tools %6d tokens", n)
	require.LessOrEqual(t, n, 400, "shorten the descriptions in tools/discover.go")
}

// grouped writes a number as prose does: 654, 1,231.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
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
