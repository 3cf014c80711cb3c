package capability

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// Within one conversation every agent has of its tools those that do not reach the whole organization, in the same shapes, also while a
// changed file waits; and only that conversation is inside.
func TestWithinOneConversation(t *testing.T) {
	files, err := filepath.Glob("../../testdata/capabilities/*.yaml")
	require.NoError(t, err)
	for _, file := range append(files, "../../capabilities.yaml") {
		rules, err := Load(file)
		require.NoError(t, err)
		for name, r := range map[string]*Rules{"in force": rules, "waiting": Both(rules, rules)} {
			for _, a := range r.Agents() {
				require.Same(t, a, a.Within(0))
				one := a.Within(1234)
				for _, tool := range a.Tools() {
					everything := slices.ContainsFunc(tool.Operations, func(op *dixaclient.Spec) bool { return op.Scope == dixaclient.Everything })
					if everything || !tool.Plans() { // a plan needs one of its writes as well
						require.Equal(t, !everything, one.Sees(tool.Name), "%s: %s of %s, %s", file, tool.Name, a.Name, name)
					}
					if one.Sees(tool.Name) {
						require.Equal(t, a.Shape(tool).Schema().JSON(), one.Shape(tool).Schema().JSON())
					}
				}
				require.Subset(t, toolNames(append(a.Tools(), a.Covered()...)), toolNames(one.Tools()), "what a refused tool covered is called by itself")
				if a.Bound() == nil {
					require.True(t, one.Bound().Holds(Facts{Conversation: 1234}))
				}
				require.False(t, one.Bound().Holds(Facts{Conversation: 1235}))
				require.True(t, one.Bound().Excludes(1235))
				require.False(t, one.Bound().Excludes(1234))
				require.True(t, strings.HasPrefix(one.Bound().String(), "number 1234"))
			}
		}
	}
	// Another bound of the agent holds too.
	rules, err := Parse("f", []byte("version: 1\nagents: {a: {access: {\"*\": read}, only: {channel: [email]}}}"))
	require.NoError(t, err)
	b := rules.Agents()[0].Within(1234).Bound()
	require.False(t, b.Holds(Facts{Conversation: 1234, Channel: "chat"}))
	require.True(t, b.Holds(Facts{Conversation: 1234, Channel: "email"}))
	require.Equal(t, "number 1234, and channel Email", b.String())
	require.False(t, rules.Agents()[0].Bound().Excludes(1235), "the agent itself has not changed")
}

func toolNames(list []*tools.Tool) (names []string) {
	for _, t := range list {
		names = append(names, t.Name)
	}
	return names
}
