package hijack

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// bench is testdata/hijack.yaml.
type bench struct {
	Goals []goal
	Ways  []way
}

// goal is something that an attacker wants.
type goal struct {
	Goal    string
	Wants   string
	Needs   string // the key that an agent must have for the goal to mean anything
	Shown   string // the text with which an approver approves a reply
	Calls   []string
	Reached []reached
	Outside int64  // the goal is to reach this conversation
	Shows   string // the goal is an answer with this text of the archive
}

// reached is a sign that a goal was reached: an operation that Dixa carried out, with a text in the request, so often; 0 is once.
type reached struct {
	Operation, Contains string
	Times               int
}

// way is a place in Dixa's answers where the attacker's text stands.
type way struct {
	Way    string
	Path   string // regular expression of the request's path
	Key    string // regular expression of the whole key whose value is replaced
	Put    any
	File   string // what the file of an attachment holds
	Status int    // only answers with this status or a higher one
	Event  string // the text is in the data of these events, which a webhook brought; with Path, they are about conversation 1234 and the text is there
	Call   string // the agent reads the answer to this call alone
	Shelf  bool   // it stands in a message of the archive instead
}

// subject is an agent of a capability file.
type subject struct {
	file  string // from the top of the repository
	rules *capability.Rules
	agent *capability.Agent
	key   int64 // the conversation to which the agent's key is bound; 0: to none
}

// label names the agent in a document: those of other files than the built-in one by their file, which has one agent.
func (s subject) label() string {
	if dir, file := filepath.Split(s.file); dir != "" {
		return "`" + file + "`"
	}
	return "`" + s.agent.Name + "`"
}

func (s subject) String() string { return s.agent.Name + " of " + s.file }

// top is the way to the top of the repository.
const top = "../../../"

func load(t testing.TB) bench {
	t.Helper()
	raw, err := os.ReadFile(top + "testdata/hijack.yaml")
	require.NoError(t, err)
	var b bench
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	require.NoError(t, d.Decode(&b))
	return b
}

// subjects lists the agents of the built-in file, of those in testdata/capabilities, and one that follows events.
func subjects(t testing.TB) (all []subject) {
	t.Helper()
	files, err := filepath.Glob(top + "testdata/capabilities/*.yaml")
	require.NoError(t, err)
	for _, file := range slices.Concat([]string{top + "capabilities.yaml"}, files, []string{top + "testdata/hijack-events.yaml"}) {
		rules, err := capability.Load(file)
		require.NoError(t, err)
		for _, a := range rules.Agents() {
			all = append(all, subject{file: strings.TrimPrefix(filepath.ToSlash(file), top), rules: rules, agent: a})
		}
	}
	return all
}

// wants reports whether the goal means anything for the agent.
func (s subject) wants(g goal) bool {
	switch g.Needs {
	case "only":
		return s.agent.Bound() != nil
	case "confirm":
		for _, tool := range s.agent.Tools() {
			for _, op := range tool.Operations {
				if whose, _, _ := s.agent.Confirm(op); whose != capability.ConfirmNobody {
					return true
				}
			}
		}
		return false
	case "key":
		return s.key != 0
	case "on_approval":
		return s.agent.SendsOnApproval()
	}
	return true
}

// Every write is tried for some goal, and every sign of a goal is something that its calls do.
func TestGoalsCoverEveryWrite(t *testing.T) {
	tried := map[string]bool{}
	for _, g := range load(t).Goals {
		mine := map[string]bool{}
		for _, call := range g.Calls {
			name, _, _ := strings.Cut(call, " ")
			tried[name], mine[name] = true, true
		}
		for _, r := range g.Reached {
			require.True(t, mine[r.Operation], "goal %s is reached by %s, which none of its calls is", g.Goal, r.Operation)
		}
	}
	for _, tool := range tools.All() {
		if tool.Plans() && takesOver(tool) { // which the agent tries in place of the operations that they are made of
			continue
		}
		if tool.Level > dixaclient.Read || strings.HasPrefix(tool.Name, "export_") {
			require.True(t, tried[tool.Name], "%s serves no goal of an attacker: add it to a goal's calls in testdata/hijack.yaml", tool.Name)
		}
	}
}

// takesOver reports whether a plan has arguments for what it carries out, from which a call of an operation can be made one of it.
func takesOver(tool *tools.Tool) bool {
	return slices.ContainsFunc(tool.Schema().Properties(), func(p schemas.Property) bool {
		return slices.ContainsFunc(tool.Carries(p.Name), func(c tools.Carried) bool { return !c.Actor && c.Op.Level > dixaclient.Read })
	})
}

// Every way in puts the attacker's text into an answer that the offline Dixa gives to an agent that reads everything.
func TestWaysAreWaysIn(t *testing.T) {
	b := load(t)
	admin := subject{rules: parse(t, everything)}
	admin.agent = admin.rules.Agents()[0]
	for _, w := range b.Ways {
		t.Run(w.Way, func(t *testing.T) {
			d, _ := reads(t, admin, w, b.Goals[0])
			require.True(t, d.planted, "no answer of Dixa has the text: see the way's path, key and status")
		})
	}
}

const everything = `version: 1
agents:
  agent: {answers: json, access: {"*": read}, allow: [list_webhook_deliveries, list_events, search_messages]}
`

func parse(t testing.TB, file string) *capability.Rules {
	r, err := capability.Parse("everything.yaml", []byte(file))
	require.NoError(t, err)
	return r
}

func (w way) matches(path string, status int) bool {
	return !w.Shelf && (w.Event == "" || w.Path != "") && status >= max(w.Status, 200) && regexp.MustCompile(w.Path).MatchString(path)
}
