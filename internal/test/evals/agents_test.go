package evals

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/test/race"
)

// What the built-in file and those in testdata/capabilities grant is enough for the work of their agents: nothing is refused.
func TestAgentsDoTheirWork(t *testing.T) {
	race.Skip(t)
	builtIn, err := capability.Load("../../../capabilities.yaml")
	require.NoError(t, err)
	work := map[string]int{}
	for _, e := range evals {
		for who := range strings.FieldsSeq(e.by) {
			work[who]++
			rules, agent := builtIn, who
			if strings.HasSuffix(who, ".yaml") {
				rules, err = capability.Load("../../../testdata/capabilities/" + who)
				require.NoError(t, err)
				agent = rules.Agents()[0].Name
			}
			refused := ""
			for _, calls := range [][]string{e.task, e.plain} {
				if calls != nil {
					if refused = refusedOf(t, rules, agent, calls); refused == "" {
						break
					}
				}
			}
			require.Empty(t, refused, "%s: %s", who, e.asks)
		}
	}
	work["archive.yaml"] = len(archiveEvals) // TestArchiveEvals
	files, err := filepath.Glob("../../../testdata/capabilities/*.yaml")
	require.NoError(t, err)
	for _, file := range files {
		require.GreaterOrEqual(t, work[filepath.Base(file)], 4, "%s has too little work in the evals", file)
	}
	for _, a := range builtIn.Agents() {
		require.True(t, work[a.Name] >= 4 || a.Name == "admin", "%s has work in %d evals only", a.Name, work[a.Name])
	}
}

// refusedOf makes the calls as an agent and returns what was refused, or "".
func refusedOf(t *testing.T, rules *capability.Rules, agent string, calls []string) string {
	t.Helper()
	a, err := rules.Agent(agent)
	require.NoError(t, err)
	g := deskOf(t, rules, false, nil)
	for _, call := range calls {
		tool, arguments, _ := strings.Cut(call, " ")
		if a.Surface() == capability.SurfaceDiscover {
			tool, arguments = "call_tool", `{"tool":"`+tool+`","arguments":`+arguments+`}`
		}
		var person *capability.Person
		if a.NeedsPerson() {
			person = &capability.Person{Issuer: "https://login.example.com", Subject: "anna", Email: "billing-bot@example.com"}
		}
		answer := g.Call(t.Context(), gate.Request{Agent: agent, Person: person, Tool: tool, Arguments: json.RawMessage(arguments)})
		if answer.Failed || answer.Ask != nil {
			return call + ": " + answer.Text
		}
	}
	return ""
}
