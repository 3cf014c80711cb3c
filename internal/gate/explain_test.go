package gate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/directory"
	"dixa-mcp/internal/offline"
)

// TestExplainOutsideABound explains a read that is judged on its own answer, and what does not exist at all.
func TestExplainOutsideABound(t *testing.T) {
	b := setUp(t, settings{file: "version: 1\nagents:\n  a: {access: {conversations: read}, only: {queue: [00000000-0000-4000-8000-000000000001]}}\n"})
	for _, id := range []string{"1234", "999999"} {
		e := b.Explain(t.Context(), Request{Agent: "a", Tool: "get_conversation", Arguments: []byte(`{"conversationId":` + id + `}`)})
		require.False(t, e.Granted)
		require.False(t, e.Invalid)
		require.Contains(t, e.Why, "does not exist, or lies outside agents.a.only")
	}
}

// variedTaskCalls are calls of task tools with names in their arguments, in which other look-ups are made than in taskCalls.
var variedTaskCalls = [][2]string{
	{"read_conversation", `{"conversationId":1234}`},
	{"read_conversation", `{"conversationId":2951,"messages":"1-2"}`},
	{"find_customer", `{"phone":"+4512345678"}`},
	{"find_conversations", `{"customer":"emma.clarke@example.com","limit":2}`},
	{"find_conversations", `{"customer":"requester:2951","limit":2}`},
	{"find_conversations", `{"queue":"Billing","tag":"refund","assignee":"Signe Toft","from":"2026-02-27","limit":2}`},
	{"find_conversations", `{"attributes":[{"name":"Order number","value":"x"}],"limit":2}`},
	{"overview", `{"team":"Technical Support"}`},
	{"report", `{"metric":"closed_conversations","by":"queue","period":"last week"}`},
	{"report", `{"metric":"closed_conversations","by":"day","period":"today"}`},
	{"find_article", `{"words":"refund","language":"en"}`},
}

// What a task tool carries out for an agent is among what explain lists of it, and granted there.
func TestExplainListsEveryOperationOfATask(t *testing.T) {
	calls := slices.Clone(variedTaskCalls)
	for _, tool := range askingTools() {
		calls = append(calls, [2]string{tool.Name, taskCalls[tool.Name]})
	}
	few := "  few: {allow: [" + strings.Join(everyNeed(), ", ") + "], deny: [list_tags]}\n"
	b := taskBench(t, "  a: {access: {\"*\": read}}\n"+few)
	b = setUp(t, settings{file: "version: 1\nagents:\n" + readsAll + few, dixa: offline.Options{Anchor: b.now(), Now: b.now}})
	for _, agentName := range []string{"a", "few"} {
		for _, c := range calls {
			b.book.all()
			b.directory = directory.New(b.now) // so that each call looks its names up
			b.zone.put(nil, time.Time{})
			a := b.call(agentName, c[0], c[1])
			require.False(t, agentName == "a" && a.Failed, "%s %s: %s", c[0], c[1], a.Text)
			record := only(t, b.book.all())
			e := b.Explain(t.Context(), Request{Agent: agentName, Tool: c[0], Arguments: []byte(c[1])})
			for _, o := range record.Operations {
				is := func(p Part) bool { return p.Operation == o.Operation && p.Granted }
				require.True(t, o.Operation == "read_attachment" || slices.ContainsFunc(e.Parts, is), "%s %s carries out %s, which explain does not list", c[0], c[1], o.Operation)
			}
		}
	}
}

func everyNeed() (all []string) {
	for _, t := range taskTools() {
		all = append(all, names(t.Operations)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Explain tells of each operation of a task tool what decides about it, whether the call itself is granted, refused, or of
// arguments that do not fit.
func TestExplainOfTasks(t *testing.T) {
	const file = `version: 1
names: {queue: {billing: 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11}}
agents:
  a:
    surface: tasks
    access: {"*": read}
    only: {queue: [billing]}
    deny: [list_notes]
    arguments:
      get_end_user.userId: []
      search_conversations.queueId: [billing, 5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02]
      list_tags.includeDeactivated: [true]
  bare: {allow: [get_conversation]}
`
	b := setUp(t, settings{file: file})
	for _, tool := range taskTools() {
		for _, agent := range b.Rules().Agents() {
			e := b.Explain(t.Context(), Request{Agent: agent.Name, Tool: tool.Name, Arguments: []byte(`{}`)})
			var required, optional, lookups []string
			for _, p := range e.Parts {
				switch p.Need {
				case Required:
					required = append(required, p.Operation)
				case Optional:
					optional = append(optional, p.Operation)
				default:
					lookups = append(lookups, p.Operation)
				}
				d := agent.Operation(p.Operation)
				require.Equal(t, d.Allowed, p.Granted)
				require.Equal(t, d.Why, p.Why)
				require.Equal(t, fmt.Sprintf("%s (test.yaml:%d)", d.Rule, d.Line), p.Rule)
			}
			require.Equal(t, names(tool.Operations), required)
			require.Equal(t, names(tool.Uses), optional)
			for _, o := range lookups {
				require.NotContains(t, slices.Concat(required, optional), o, "it is listed once")
			}
		}
	}
	part := func(agent, tool, operation string) Part {
		for _, p := range b.Explain(t.Context(), Request{Agent: agent, Tool: tool}).Parts {
			if p.Operation == operation {
				return p
			}
		}
		t.Fatalf("%s has no %s", tool, operation)
		return Part{}
	}
	const bound = "queue billing: agents.a.only (test.yaml:7)"
	require.Equal(t, Part{Operation: "list_messages", Need: Required, Granted: true, Why: "list_messages is granted by agents.a.access.* (test.yaml:6)",
		Rule: "agents.a.access.* (test.yaml:6)", Restrictions: []string{"only conversations with " + bound}}, part("a", "read_conversation", "list_messages"))
	require.Equal(t, Part{Operation: "list_notes", Need: Optional, Why: "list_notes is denied by agents.a.deny (test.yaml:8)", Rule: "agents.a.deny (test.yaml:8)"}, part("a", "read_conversation", "list_notes"))
	require.Equal(t, []string{"only conversations with " + bound, "queueId must be billing or 5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02: agents.a.arguments.search_conversations.queueId (test.yaml:11)"},
		part("a", "find_conversations", "search_conversations").Restrictions)
	require.False(t, part("a", "read_conversation", "get_end_user").Granted, "its required argument cannot be given")
	require.Equal(t, []string{"includeDeactivated must be true: agents.a.arguments.list_tags.includeDeactivated (test.yaml:12)"}, part("a", "read_conversation", "list_tags").Restrictions)
	require.Equal(t, []string{"only customers of conversations with " + bound}, part("a", "find_customer", "list_end_users").Restrictions)
	require.Equal(t, Required, part("bare", "read_conversation", "list_messages").Need)
	require.Contains(t, part("bare", "read_conversation", "list_messages").Why, "access gives nothing in messages")

	for _, tool := range []string{"list_notes", "find_tools", "nothing"} {
		require.Empty(t, b.Explain(t.Context(), Request{Agent: "a", Tool: tool}).Parts)
	}
	require.Empty(t, b.requests(0))
}

// Customers and messages are in no list: they are looked up with operations of their own.
func TestLookUpsOfCustomersAndMessages(t *testing.T) {
	b := setUp(t, settings{})
	reads := func(tool string) []string {
		return names(explaining{b.begin(Request{Agent: "admin", Tool: tool})}.nameReads())
	}
	require.Subset(t, reads("search_conversations"), []string{"list_end_users", "get_conversation", "list_queues"})
	require.Contains(t, reads("anonymize_message"), "list_messages")
	require.NotContains(t, reads("list_tags"), "list_messages")
}
