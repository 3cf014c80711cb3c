package capability

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/schemalint"
	"dixa-mcp/internal/test/seeds"
	"dixa-mcp/tools"
)

func TestDecision(t *testing.T) {
	r := mustParse(t, `version: 1
agents:
  triage:
    access:
      conversations: read
      messages: write
    allow: [transfer_conversation, create_webhook, close_conversation]
    deny:
      - add_note
      - close_conversation
  star:
    access: {"*": send, tags: read}
`)
	for _, c := range []struct {
		agent, tool string
		want        Decision
	}{
		{"triage", "list_messages", Decision{Allowed: true, Rule: "agents.triage.access.messages", Line: 6, Why: "list_messages is granted by agents.triage.access.messages (f.yaml:6)"}},
		{"triage", "transfer_conversation", Decision{Allowed: true, Rule: "agents.triage.allow", Line: 7, Why: "transfer_conversation is granted by agents.triage.allow (f.yaml:7)"}},
		{"triage", "create_webhook", Decision{Allowed: true, Rule: "agents.triage.allow", Line: 7, Why: "create_webhook is granted by agents.triage.allow (f.yaml:7)"}},
		{"triage", "add_note", Decision{Allowed: false, Rule: "agents.triage.deny", Line: 9, Why: "add_note is denied by agents.triage.deny (f.yaml:9)"}},
		{"triage", "close_conversation", Decision{Allowed: false, Rule: "agents.triage.deny", Line: 10, Why: "close_conversation is denied by agents.triage.deny (f.yaml:10)"}},
		{"triage", "anonymize_conversation", Decision{Allowed: false, Rule: "agents.triage", Line: 3, Why: "anonymize_conversation is not granted to agent triage: access gives conversations only read, and anonymize_conversation is erase"}},
		{"triage", "list_tags", Decision{Allowed: false, Rule: "agents.triage", Line: 3, Why: "list_tags is not granted to agent triage: access gives nothing in tags, and allow does not name it"}},
		{"triage", "search_conversations_by_text", Decision{Allowed: false, Rule: "agents.triage", Line: 3, Why: "search_conversations_by_text is not granted to agent triage and needs to be named under allow: no level covers it"}},
		{"triage", "conversation_overview", Decision{Allowed: false, Rule: "agents.triage", Line: 3, Why: "conversation_overview needs list_tags, and list_tags is not granted to agent triage: access gives nothing in tags, and allow does not name it"}},
		{"triage", "no_such_thing", Decision{Allowed: false, Rule: "agents.triage", Line: 3, Why: `"no_such_thing" is not granted to agent triage: there is no such operation`}},
		{"star", "send_message", Decision{Allowed: true, Rule: "agents.star.access.*", Line: 12, Why: "send_message is granted by agents.star.access.* (f.yaml:12)"}},
		{"star", "record_message", Decision{Allowed: false, Rule: "agents.star", Line: 11, Why: "record_message is not granted to agent star and needs to be named under allow: no level covers it"}},
		{"star", "tag_conversation", Decision{Allowed: false, Rule: "agents.star", Line: 11, Why: "tag_conversation is not granted to agent star: access gives tags only read, and tag_conversation is write"}},
		{"star", "anonymize_conversation", Decision{Allowed: false, Rule: "agents.star", Line: 11, Why: "anonymize_conversation is not granted to agent star: access gives * only send, and anonymize_conversation is erase"}},
		{"star", "conversation_overview", Decision{Allowed: true, Rule: "agents.star", Line: 11, Why: "conversation_overview is granted: every operation it needs is (get_conversation, list_messages, list_tags)"}},
	} {
		a, err := r.Agent(c.agent)
		require.NoError(t, err)
		require.Equal(t, c.want, a.Operation(c.tool), "%s %s", c.agent, c.tool)
		require.Equal(t, c.want, a.Tool(&tools.Tool{Name: c.tool}))
	}
}

// model is an agent of a random file, before it is written down.
type model struct {
	access      map[string]dixaclient.Level
	allow, deny []string
}

// grants is the precedence rules, evaluated in the plainest way.
func (m model) grants(op *tools.Tool) bool {
	if slices.Contains(m.deny, op.Name) {
		return false
	}
	if slices.Contains(m.allow, op.Name) {
		return true
	}
	level := m.access["*"]
	if own, ok := m.access[op.Group]; ok {
		level = own
	}
	return !op.Named && op.Level <= level
}

func randomModel(r *rand.Rand, c *catalog) model {
	m := model{access: map[string]dixaclient.Level{}}
	for _, group := range append(slices.Clone(c.groups), "*") {
		if r.IntN(3) == 0 && (group == "*" || c.onlyNamed(group) == nil) {
			m.access[group] = dixaclient.Level(1 + r.IntN(4))
		}
	}
	for _, list := range []*[]string{&m.allow, &m.deny} {
		for range r.IntN(5) {
			*list = append(*list, c.names[r.IntN(len(c.names))])
		}
	}
	return m
}

// write writes the agent, each thing on a line of its own.
func (m model) write(b *strings.Builder, name string) {
	fmt.Fprintf(b, "  %s:\n    about: x\n", name)
	if len(m.access) > 0 {
		b.WriteString("    access:\n")
	}
	for _, group := range slices.Sorted(maps.Keys(m.access)) {
		fmt.Fprintf(b, "      %q: %s\n", group, m.access[group])
	}
	for _, list := range []struct {
		key string
		ops []string
	}{{"allow", m.allow}, {"deny", m.deny}} {
		fmt.Fprintf(b, "    %s: [\n", list.key)
		for _, op := range list.ops {
			fmt.Fprintf(b, "      %s,\n", op)
		}
		b.WriteString("    ]\n")
	}
}

func TestDecisionsFollowThePrecedenceRules(t *testing.T) {
	c := testCatalog()
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		models := []model{randomModel(r, c), randomModel(r, c), randomModel(r, c)}
		var b strings.Builder
		b.WriteString("version: 1\nagents:\n")
		for i, m := range models {
			m.write(&b, fmt.Sprintf("agent%d", i))
		}
		rules, err := parse("f", []byte(b.String()), c)
		require.NoError(t, err, b.String())
		rules.Notes()
		lines := strings.Split(b.String(), "\n")
		for i, m := range models {
			obeys(t, c, rules.Agents()[i], m, lines)
		}
	})
}

func obeys(t *testing.T, c *catalog, a *Agent, m model, lines []string) {
	t.Helper()
	file := strings.Join(lines, "\n")
	var shown []*tools.Tool
	for _, tool := range c.tools {
		want := true
		for _, op := range tool.Operations {
			want = want && m.grants(c.operations[op.Name])
		}
		if want {
			shown = append(shown, tool)
		}
		d := a.Tool(tool)
		require.Equal(t, want, d.Allowed, "%s: %s\n%s", a.Name, d.Why, file)
		where := lines[d.Line-1]
		switch d.Rule {
		case "agents." + a.Name + ".allow", "agents." + a.Name + ".deny":
			op := strings.Trim(where, " ,")
			require.True(t, slices.ContainsFunc(tool.Operations, func(s *dixaclient.Spec) bool { return s.Name == op }), file)
			require.Equal(t, strings.HasSuffix(d.Rule, ".deny"), slices.Contains(m.deny, op))
		case "agents." + a.Name:
			require.Equal(t, "  "+a.Name+":", where)
		default:
			key := strings.TrimPrefix(d.Rule, "agents."+a.Name+".access.")
			require.True(t, strings.HasPrefix(where, fmt.Sprintf("      %q: ", key)), "%s is not on %q", d.Rule, where)
		}
	}
	require.Equal(t, shown, a.Tools(), file)
}

// bounded has every kind of bound.
const bounded = `version: 1
names: {queue: {billing: 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11}, dixa_agent: {bot: c2a1d9e8-7b6a-4d5c-8e9f-001122334455}}
agents:
  a:
    acts_as: bot
    access: {"*": write}
    only: {queue: [billing], channel: [sms], assignee: [me]}
    arguments: {add_note.conversationId: [1, 2], list_tags.agentId: [bot]}
    budget: {writes_per_day: 1, requests_per_second: 0.5}
  b:
    allow: [add_note, list_tags]
    arguments: {add_note.agentId: [bot, 5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02], list_tags.agentId: ["*"]}
`

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		valid, head, bounded, head + "    <<: &x [*x, !y z]\n", "# a\n- - b # c\n  # d\n-\n", "---\n---\n", "? {a: b}\n: c\n", "%YAML 1.1\n---\nversion: 1\n", "agents: {a: {deny: [[x]]}}",
	} {
		f.Add([]byte(text))
	}
	mustParse(f, bounded)
	c := testCatalog()
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parse("f", data, c)
		if err != nil {
			require.IsType(t, (*FileError)(nil), err)
			require.NotEmpty(t, err.(*FileError).Problems)
			require.NotEmpty(t, err.Error())
			return
		}
		require.NotEmpty(t, r.Agents())
		r.Notes()
		require.Empty(t, Diff(r, r))
		_, _ = r.Stdio("")
		for _, a := range r.Agents() {
			require.True(t, isName(a.Name, "_-"))
			for _, tool := range c.tools {
				d := a.Tool(tool)
				require.NotEmpty(t, d.Why)
				require.Positive(t, d.Line)
				require.Equal(t, d.Allowed, slices.Contains(a.Tools(), tool))
				require.Equal(t, d.Allowed, a.Shape(tool) != nil)
				if d.Allowed {
					require.NoError(t, schemalint.Check(a.Shape(tool).Schema().JSON()))
				}
			}
		}
	})
}

func BenchmarkDecision(b *testing.B) {
	a := mustParse(b, valid).Agents()[1]
	tool := testCatalog().tools[3]
	for b.Loop() {
		if !a.Tool(tool).Allowed {
			b.Fatal("not granted")
		}
	}
}

// manyAgents is a file of 100 agents with 1,000 rules.
func manyAgents() []byte {
	var text strings.Builder
	text.WriteString("version: 1\nnames: {queue: {billing: 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11, returns: 5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02}}\nagents:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "  agent%d:\n    acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455\n    access: {conversations: write, messages: send}\n", i)
		text.WriteString("    allow: [record_message, tag_conversation]\n    deny: [close_conversation, add_note]\n    only: {queue: [billing, returns]}\n")
		text.WriteString("    arguments: {transfer_conversation.queueId: [billing, returns], send_message.cc: []}\n    budget: {writes_per_hour: 50}\n")
	}
	return []byte(text.String())
}

func BenchmarkParse(b *testing.B) {
	data := manyAgents()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("f", data); err != nil {
			b.Fatal(err)
		}
	}
}

// An agent is decided at its first use: a server over stdio serves one of those in the file.
func TestAgentsAreDecidedWhenTheyAreUsed(t *testing.T) {
	data := manyAgents()
	parse := func(use func(*Rules)) float64 {
		return testing.AllocsPerRun(3, func() {
			r, err := Parse("f", data)
			require.NoError(t, err)
			use(r)
		})
	}
	none := parse(func(*Rules) {})
	one := parse(func(r *Rules) { require.NotNil(t, r.named("agent7")) })
	all := parse(func(r *Rules) { require.Len(t, r.Agents(), 100) })
	require.Greater(t, one, none)
	require.Less(t, one-none, (all-none)/50)
}
