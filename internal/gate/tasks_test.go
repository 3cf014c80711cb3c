package gate

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

// taskCalls are calls of every tool that is made of several operations, in which each operation that it can use is of use.
var taskCalls = map[string]string{
	"read_conversation":  `{"conversationId":2951}`,
	"find_customer":      `{"email":"emma.clarke@example.com"}`,
	"find_conversations": `{"channel":"Chat","words":"a","limit":4}`,
	"overview":           `{}`,
	"report":             `{"metric":"csat","by":"channel","comments":true}`,
	"find_article":       `{"words":"damaged item"}`,
	"search_messages":    `{"words":"voucher"}`,
	"query_archive":      `{"sql":"SELECT 1"}`,
	"list_events":        `{}`,
	"wait_for":           `{"conversationId":1234,"seconds":1}`,
}

func taskTools() []*tools.Tool {
	return slices.DeleteFunc(tools.All(), func(t *tools.Tool) bool { return !t.Task() || t.Plans() })
}

// askingTools are those of them that ask Dixa whoever calls. The others read what this program keeps, and ask about an agent's bound alone.
func askingTools() []*tools.Tool {
	return slices.DeleteFunc(taskTools(), func(t *tools.Tool) bool {
		return slices.Contains([]string{"search_messages", "query_archive", "list_events"}, t.Name)
	})
}

// taskBench is a bench on a Monday morning, at the end of the data that the offline Dixa is made with.
func taskBench(t *testing.T, file string) *bench {
	t.Helper()
	anchor := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	clock := anchor.Add(10 * time.Hour)
	now := func() time.Time { return clock }
	sleep := func(_ context.Context, d time.Duration) error { clock = clock.Add(d); return nil }
	return setUp(t, settings{file: "version: 1\ntimezone: Europe/Copenhagen\nagents:\n" + file, dixa: offline.Options{Anchor: anchor, Now: now}, gate: Config{Now: now, Sleep: sleep, Archive: copied{}, Events: happened{}}})
}

// happened is an inbox with one event.
type happened struct{ tools.Events }

func (happened) End(context.Context) (events.Cursor, error) { return "c", nil }
func (happened) Wait(ctx context.Context, after events.Cursor, _ func(context.Context, events.Event) (bool, error)) (events.Found, error) {
	return events.Found{Next: after}, context.DeadlineExceeded
}

func (happened) List(context.Context, events.Cursor, int) (events.Page, error) {
	return events.Page{Next: "c", Events: []events.Event{{Type: "ConversationCreated", Conversation: 1234, Time: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Cursor: "c"}}}, nil
}

// copied is an archive with one message.
type copied struct{}

func (copied) Search(context.Context, archive.Query) ([]archive.Hit, error) {
	return []archive.Hit{{Conversation: 1234, At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Passage: "a voucher"}}, nil
}
func (copied) Find(context.Context, archive.ConversationQuery) ([]archive.Found, error) {
	return nil, nil
}
func (copied) Loads(context.Context) (archive.Loads, error) {
	return nil, nil
}
func (copied) Facts(_ context.Context, span archive.Span, each func(archive.Fact)) error {
	each(archive.Fact{ID: 1234, CreatedAt: span.From.Add(time.Hour).UnixMilli(), AnsweredAt: span.From.Add(3 * time.Hour).UnixMilli(), ClosedAt: span.From.Add(9 * time.Hour).UnixMilli(), Queue: "Billing", Customer: "1"})
	return nil
}
func (copied) Customers(context.Context, string, int) ([]archive.Customer, error) { return nil, nil }
func (copied) Covered(context.Context, archive.What) ([]archive.Span, error) {
	return []archive.Span{{To: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}, nil
}
func (copied) Query(context.Context, string, int) (archive.Table, error) {
	return archive.Table{Columns: []string{"1"}, Rows: [][]any{{int64(1)}}}, nil
}

const readsAll = "  a: {access: {\"*\": read}}\n"

// asText makes a call of a tool of several operations, and gives its answer as text.
func (b *bench) asText(agent, tool, arguments string) view.Result {
	b.t.Helper()
	c := b.begin(Request{Agent: agent, Tool: tool, Arguments: json.RawMessage(arguments)})
	ctx := c.context(b.t.Context())
	args, err := c.admit(ctx)
	require.NoError(b.t, err)
	args.Env = c.env(ctx)
	out, err := c.tool.Run(ctx, b.client, args)
	require.NoError(b.t, err)
	names := func(thing, id string) string { return args.Env.Name(dixaclient.Thing(thing), id) }
	r, err := view.RenderParts(ctx, out.Parts, view.Options{Form: view.AsText, Zone: args.Env.Zone, Names: names})
	require.NoError(b.t, err)
	return r
}

// An agent that has only what a tool needs gets an answer, in which each thing that is left out is named once, with the
// operation that it needs. Nothing else is sent. Without one operation that the tool needs there is no tool.
func TestTasksLeaveOutWhatIsNotGranted(t *testing.T) {
	for _, tool := range taskTools() {
		t.Run(tool.Name, func(t *testing.T) {
			arguments, ok := taskCalls[tool.Name]
			require.True(t, ok, "add a call to taskCalls in internal/gate/tasks_test.go")
			needs := names(tool.Operations)
			allow := func(operations []string) string {
				if tool.Named {
					operations = append(slices.Clone(operations), tool.Name)
				}
				return "  a: {allow: [" + strings.Join(operations, ", ") + "]"
			}
			b := taskBench(t, allow(needs)+"}\n")
			a := b.call("a", tool.Name, arguments)
			require.False(t, a.Failed, a.Text)
			var routes []string
			for _, name := range needs {
				routes = append(routes, routeOf(t, name))
			}
			require.Subset(t, routes, b.requests(0))
			for _, name := range names(tool.Uses) {
				require.LessOrEqual(t, strings.Count(a.Text, "needs "+name), 1, a.Text)
			}
			for i, missing := range needs {
				rest := slices.Delete(slices.Clone(needs), i, i+1)
				b := taskBench(t, allow(rest)+"}\n")
				a := b.call("a", tool.Name, arguments)
				require.True(t, a.Failed)
				require.Contains(t, a.Text, tool.Name+" needs "+missing+", and "+missing+" is not granted to agent a")
				require.Empty(t, b.requests(0))
				require.Equal(t, audit.Refused, only(t, b.book.all()).Decision)
			}
			b = taskBench(t, strings.Replace(allow(needs), ", "+tool.Name, "", 1)+", deny: ["+tool.Name+"]}\n")
			require.Contains(t, b.call("a", tool.Name, arguments).Text, tool.Name+" is denied by agents.a.deny")
			require.Empty(t, b.requests(0))
		})
	}
	require.Len(t, taskCalls, len(taskTools()))
}

func names(ops []*dixaclient.Spec) []string {
	var list []string
	for _, op := range ops {
		list = append(list, op.Name)
	}
	return list
}

// What a tool says is left out comes back with its grant, and only then.
func TestTasksLeaveNothingOutThatIsGranted(t *testing.T) {
	for tool, left := range map[string][]string{
		"read_conversation": {"customer (not granted)", "earlier conversations (not granted)", "tags (not granted)", "notes (not granted)",
			"rating (not granted)", "links (not granted)", "queue position (not granted)"},
		"overview": {"names (not granted)", "business hours (not granted)"},
		"report":   {"by channel (not granted)", "comments (not granted)"},
	} {
		t.Run(tool, func(t *testing.T) {
			made, _ := tools.ByName(tool)
			b := taskBench(t, "  bare: {allow: ["+strings.Join(names(made.Operations), ", ")+"]}\n"+readsAll)
			bare, full := b.asText("bare", tool, taskCalls[tool]).Text, b.asText("a", tool, taskCalls[tool]).Text
			for _, what := range left {
				require.Equal(t, 1, strings.Count(bare, what), bare)
				require.NotContains(t, full, what)
			}
			require.Equal(t, 1, strings.Count(bare, "Left out: "), bare)
		})
	}
}

// Every operation of every tool of several operations is in the record of its call, and counts against the agent's budget
// like a call of its own.
func TestEveryOperationOfATaskIsRecordedAndCounted(t *testing.T) {
	for _, tool := range askingTools() {
		t.Run(tool.Name, func(t *testing.T) {
			b := taskBench(t, "  a: {access: {\"*\": read}, budget: {requests_per_day: 1000}}\n")
			a := b.call("a", tool.Name, taskCalls[tool.Name])
			require.False(t, a.Failed, a.Text)
			record := only(t, b.book.all())
			require.Equal(t, audit.EventRead, record.Event)
			require.Equal(t, audit.OutcomeDone, record.Outcome)
			var routes []string
			for _, o := range record.Operations {
				routes = append(routes, routeOf(t, o.Operation))
			}
			require.Equal(t, b.requests(0), routes)
			require.Greater(t, len(routes), 1)
			agent, err := b.Rules().Agent("a")
			require.NoError(t, err)
			counts, err := b.BudgetLeft(t.Context(), agent)
			require.NoError(t, err)
			require.Equal(t, len(routes), counts[0].Used)
		})
	}
}

// A rule for an argument of an operation holds for it in every tool: what it refuses is left out, or ends the call where the
// tool needs it.
func TestRulesForArgumentsHoldInTasks(t *testing.T) {
	b := taskBench(t, "  a: {access: {\"*\": read}, arguments: {list_notes.conversationId: [1234], get_conversation.conversationId: [1234, 2951]}}\n")
	require.Contains(t, b.call("a", "read_conversation", `{"conversationId":1234}`).Text, "Finance says the second capture")
	require.Contains(t, b.call("a", "read_conversation", `{"conversationId":2951}`).Text, "notes (not granted")
	before := len(b.dixa.Requests())
	a := b.call("a", "read_conversation", `{"conversationId":2950}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "read_conversation: conversationId must be 1234 or 2951")
	require.Len(t, b.dixa.Requests(), before)
}

// A frozen agent gets nothing, also in the middle of a call.
func TestTasksOfAFrozenAgent(t *testing.T) {
	b := taskBench(t, readsAll)
	asked := 0
	b.frozen = func(string) (string, bool) { asked++; return "stop", asked > 4 }
	a := b.call("a", "read_conversation", `{"conversationId":1234}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "frozen by the operator: stop")
	require.NotContains(t, a.Text, "Emma")
}

func TestFactsInTaskAnswers(t *testing.T) {
	b := taskBench(t, readsAll)
	for _, c := range []struct {
		tool, arguments string
		requests        int // at most
		tokens          int // at most
		facts           []string
		lacks           []string
	}{
		{"read_conversation", `{"conversationId":1234}`, 11, 1400, []string{
			"Conversation 1234 · Email · Open · queue Billing · assigned to Luis Ortega · created Wed 7 Jan 2026 20:42\n",
			"Customer \"Emma Clarke\" · emma.clarke@example.com · external id CUST-20000 · since Fri 16 Sep 2022 15:24", "24 conversations, 2 open\n",
			"Subject \"Double charge on order HB-204518, please refund\" · tag refund · tag double-charge · \"Order number: HB-204518\" · \"Contact reason: Payment > Double charge\"",
			"Note Mon 12 Jan 2026 12:43 · by Luis Ortega\n| Finance says the second capture", "Also 2887 · Email · Open", "#2 Thu 8 Jan 12:32 Luis Ortega",
			"\n| I am afraid that the £84.90 never arrived", "Times: Europe/Copenhagen",
		}, []string{"Possible next", "Left out"}},
		{"read_conversation", `{"conversationId":2951}`, 10, 500, []string{"position in queue 1"}, nil},
		{"read_conversation", `{"conversationId":1234,"messages":"2-3"}`, 2, 450, []string{"Conversation 1234 · messages #2 to #3 of 5", "\n#2 ", "\n#3 ", "[quotes #1]"}, []string{"\n#1 ", "\n#4 "}},
		{"read_conversation", `{"conversationId":1234,"messages":"4-"}`, 2, 450, []string{"messages #4 to #5 of 5"}, []string{"\n#3 "}},
		{"read_conversation", `{"conversationId":1234,"message":2}`, 2, 400, []string{"message #2 of 5", "\n#2 ", "Luis Ortega", "> There are two payments of £84.90"}, []string{"[quotes"}},
		{"find_customer", `{"email":"emma.clarke@example.com"}`, 3, 600, []string{"24 conversations, 2 open\n  2887 · Email · Open", "\n  1234 · Email · Open", "\n  2885 · Email · Closed"}, nil},
		{"find_customer", `{"externalId":"CUST-20000"}`, 3, 600, []string{`More: find_conversations {"customer":"requester:2887"}`}, nil},
		{"find_customer", `{"phone":"+4500000000"}`, 1, 60, []string{"No customer has this phone.", "find_conversations"}, nil},
		{"find_conversations", `{"words":"refund","queue":"bill","state":"open"}`, 10, 550, []string{"1234 · Email · assigned to Luis Ortega", "emma.clarke@example.com\n| two payments of £84.90", "found, unsorted."}, []string{"Closed", "Open", "queue Billing", "<em"}},
		{"find_conversations", `{"customer":"emma.clarke@example.com","state":"open"}`, 5, 150, []string{"2887 · ", "1234 · ", "2 found, unsorted."}, []string{"2885", "emma.clarke"}},
		{"find_conversations", `{"customer":"emma.clarke@example.com","limit":1}`, 4, 140, []string{`More: find_conversations {"customer":"requester:2887","limit":1,"pageKey":"`}, nil},
		{"find_conversations", `{"attributes":[{"name":"Order number","value":"HB-204518"}]}`, 4, 150, []string{"1234 · ", "1 found."}, nil},
		{"find_conversations", `{"unassigned":true,"channel":"CONTACT_FORM","limit":2}`, 4, 200, []string{" · Open · queue", `Unsorted, without a total. More: find_conversations {"unassigned":true,"channel":"Contact Form","limit":2,"pageKey":"`}, []string{"assigned to"}},
		{"find_conversations", `{"queue":"bill","assignee":"signe","tag":"refund","limit":1}`, 8, 200, []string{`More: find_conversations {"queue":"Billing","tag":"refund","assignee":"Signe Toft","limit":1,"pageKey":"`}, nil},
		{"find_conversations", `{"words":"zzzz","queue":"Billing"}`, 2, 80, []string{"No conversation was found that meets all of: words, queue."}, nil},
		{"overview", `{}`, 16, 320, []string{"Billing · 9 · oldest 2951\n", "none in Phone\n", "15 working, 5 away, 20 offline · working: Karen Holm · ", "Hours Customer Care · open · closes 20:00\n"}, []string{"Left out"}},
		{"overview", `{"only":"hours"}`, 3, 50, []string{"Hours Customer Care · open · closes 20:00\nHours Phone line · open · closes 13:30\nTimes: Europe/Copenhagen"}, []string{"Billing", "working"}},
		{"overview", `{"only":"team"}`, 2, 100, []string{"15 working, 5 away, 20 offline · working: Karen Holm"}, []string{"Billing ·", "Hours", "Times"}},
		{"overview", `{"only":"queues"}`, 12, 150, []string{"Billing · 9 · oldest 2951\n"}, []string{"15 working", "Hours"}},
		{"overview", `{"team":"billing"}`, 17, 320, []string{"5 working, 0 away, 2 offline · working: Priya Nair"}, nil},
		{"report", `{"metric":"closed"}`, 4, 110, []string{"closed_conversations · ", "All · Count 200 (before 228)\n", "closed_conversations · from Mon 23 Feb 2026 · to Sun 1 Mar · before: from Mon 16 Feb · to Sun 22 Feb\n"}, []string{"Closed conversation data"}},
		{"report", `{"metric":"csat","by":"queue","comments":true}`, 27, 800, []string{"All · Percentage 69.4 (before 78.7) · Count 72 (before 94)\n", "Billing · Percentage 63.2 (before 88)", "score 1 · conversation 2698 · Priya Nair", "\n| Never again."}, nil},
		{"report", `{"metric":"first_response_time","by":"day","period":"2026-02-27 to 2026-02-28"}`, 6, 200, []string{"By day:\nFri 27 Feb · Average 44004.4 · Count 36\nSat 28 Feb · "}, []string{"\nSun"}},
		{"find_article", `{"words":"damaged items"}`, 15, 350, []string{"Article \"My item arrived damaged\" · en · in \"Help centre > Orders and delivery > Returns\"\n| ", "\n| We send a replacement"}, []string{" id "}},
		{"find_article", `{"words":"zzzz"}`, 15, 60, []string{"No article has any of these words"}, nil},
	} {
		t.Run(c.tool+c.arguments, func(t *testing.T) {
			before := len(b.dixa.Requests())
			r := b.asText("a", c.tool, c.arguments)
			for _, fact := range c.facts {
				require.Contains(t, r.Text, fact)
			}
			for _, other := range c.lacks {
				require.NotContains(t, r.Text, other)
			}
			require.LessOrEqual(t, len(b.dixa.Requests())-before, c.requests)
			require.LessOrEqual(t, r.Tokens, c.tokens, r.Text)
			a := b.call("a", c.tool, c.arguments)
			require.False(t, a.Failed)
			require.True(t, json.Valid([]byte(a.Text)), a.Text)
		})
	}
}

// What an agent may do about a conversation follows from its state and the agent's grants.
func TestPossibleNext(t *testing.T) {
	b := taskBench(t, "  a: {access: {conversations: write, messages: read}, allow: [add_note]}\n")
	require.Contains(t, b.asText("a", "read_conversation", `{"conversationId":1234}`).Text, "Possible next: add_note, claim_conversation, transfer_conversation, set_followup, close_conversation\n")
	require.Contains(t, b.asText("a", "read_conversation", `{"conversationId":2885}`).Text, "Possible next: reopen_conversation, add_note\n")
}

// Where task tools stand in the place of operations, what is possible is said with the task tools.
func TestPossibleNextNamesListedTools(t *testing.T) {
	b := taskBench(t, "  a: {access: {conversations: write, messages: send, tags: read, queues: read}, arguments: {send_message.agentId: ['*']}, surface: tasks}\n")
	said := func(id string) string {
		_, next, _ := strings.Cut(b.asText("a", "read_conversation", `{"conversationId":`+id+`}`).Text, "Possible next: ")
		next, _, _ = strings.Cut(next, "\n")
		return next
	}
	require.Equal(t, "reply, update_conversation (note, assignee, queue, followUp, close)", said("1234"))
	require.Equal(t, "update_conversation (reopen, note)", said("2885"))
	agent, err := b.Rules().Agent("a")
	require.NoError(t, err)
	for _, name := range []string{"reply", "update_conversation"} {
		require.True(t, agent.Sees(name), name)
	}
}

func TestTasksRefuseWhatDoesNotFit(t *testing.T) {
	b := taskBench(t, readsAll)
	for _, c := range []struct{ tool, arguments, want string }{
		{"read_conversation", `{}`, "conversationId"},
		{"read_conversation", `{"conversationId":999999999}`, "read_conversation: Dixa answered 404"},
		{"read_conversation", `{"conversationId":1234,"messages":"5-2"}`, "messages must be a number or a range"},
		{"read_conversation", `{"conversationId":1234,"messages":"x"}`, "messages must be a number or a range"},
		{"read_conversation", `{"conversationId":1234,"messages":"1-2","message":3}`, "message cannot be given together with messages"},
		{"read_conversation", `{"conversationId":1234,"offset":3}`, "offset needs message"},
		{"read_conversation", `{"conversationId":1234,"message":6}`, "there is no message #6: the conversation has 5"},
		{"find_conversations", `{"from":"2026-03-02","to":"2026-03-01"}`, "find_conversations: to must be later than from. Nothing was sent."},
		{"find_customer", `{}`, "email must be given, or phone, externalId or displayName in its place"},
		{"find_customer", `{"email":"a@example.com","externalId":"x"}`, "only one of them"},
		{"find_conversations", `{"customer":"Emma Clarke"}`, "Dixa cannot find end users by name"},
		{"find_conversations", `{"channel":"pigeon"}`, `channel: got "pigeon", want one of Email, Chat`},
		{"find_conversations", `{"queue":"Bilings"}`, `there is no such queue; did you mean "Billing"`},
		{"find_conversations", `{"tag":"re"}`, `it names 3: give one of "refund", "refund-pending", "return"`},
		{"find_conversations", `{"assignee":"Nobody At All"}`, "there is no such Dixa agent"},
		{"find_conversations", `{"attributes":[{"name":"Shoe size","value":"44"}]}`, "attributes[0].name: got \"Shoe size\", want the name or id of a custom attribute"},
		{"overview", `{"team":"nobodies"}`, "there is no such team"},
		{"report", `{"metric":"happiness"}`, "there is no such metric; Dixa has closed_conversations, conversation_assignments_per_agent, csat, first_response_time"},
		{"report", `{"metric":"closed_conversations","by":"agent"}`, "closed_conversations is not told by agent in Dixa; it can be by queue, tag, channel, day"},
		{"report", `{"metric":"csat","period":"next week"}`, "report: period: must be today, yesterday, this week"},
		{"report", `{"metric":"csat","period":"2026-02-01 to 2026-01-01"}`, "must not end before it begins"},
		{"report", `{"metric":"csat","period":"2025-01-01 to 2025-12-31","by":"day"}`, "day is for at most 31 days"},
		{"report", `{"metric":"closed_conversations","comments":true}`, "no ratings are behind closed_conversations; they are behind csat"},
		{"find_article", `{"words":"?!"}`, "give at least one word"},
		{"wait_for", `{}`, "conversationId must be given, or in its place queue to wait for a new conversation in it, or approval to wait for its decision"},
		{"wait_for", `{"conversationId":1234,"approval":"A-7K2Q"}`, "approval must be given alone"},
		{"wait_for", `{"approval":"A-7K2Q","for":"answer"}`, "approval must be given alone"},
		{"wait_for", `{"conversationId":1234,"for":"assignment","after":3}`, "after is for an answer"},
		{"wait_for", `{"conversationId":1234,"for":"answer","assignee":"Signe Toft"}`, "assignee is for an assignment"},
		{"wait_for", `{"conversationId":1234,"queue":"Billing"}`, "queue must be given alone"},
		{"wait_for", `{"conversationId":1234,"since":"x"}`, "since is for queue"},
		{"wait_for", `{"conversationId":1234,"seconds":60}`, "seconds"},
		{"wait_for", `{"conversationId":999999999,"for":"assignment"}`, "Dixa answered 404"},
	} {
		t.Run(c.tool+c.arguments, func(t *testing.T) {
			a := b.call("a", c.tool, c.arguments)
			require.True(t, a.Failed, a.Text)
			require.Contains(t, a.Text, c.want)
			require.LessOrEqual(t, strings.Count(a.Text, "\n"), 4)
		})
	}
}

// A call with many requests says how many it makes, and keeps to the agent's budget.
func TestTasksKeepToTheBudget(t *testing.T) {
	b := taskBench(t, "  a: {access: {\"*\": read}, budget: {requests_per_day: 9}}\n")
	var told []string
	a := b.Call(t.Context(), Request{Agent: "a", Tool: "find_conversations", Arguments: json.RawMessage(`{"words":"refund"}`), Progress: func(s string) { told = append(told, s) }})
	require.False(t, a.Failed, a.Text)
	require.Contains(t, told, "reading 5 conversations, a request each")
	require.Contains(t, told, "read 5 of 5 conversations")
	require.Contains(t, a.Text, "more conversations (the agent's budget allows no more requests)")
	require.LessOrEqual(t, len(b.dixa.Requests()), 9)
	require.Contains(t, b.call("a", "overview", `{}`).Text, "agent a has used up its budget")
	require.Len(t, b.dixa.Requests(), 9)
}

// The articles that one agent read are searched again without a request, by that agent only, and only while the file that
// granted them is in force. Where the budget does not allow all texts, the next call reads on.
func TestArticlesAreKeptForOneAgent(t *testing.T) {
	b := taskBench(t, readsAll+"  b: {access: {knowledge: read}, budget: {requests_per_day: 9}}\n")
	find := func(agent string) (string, int) {
		before := len(b.dixa.Requests())
		a := b.call(agent, "find_article", `{"words":"damaged item"}`)
		require.False(t, a.Failed, a.Text)
		return a.Text, len(b.dixa.Requests()) - before
	}
	first, sent := find("a")
	require.Greater(t, sent, 5)
	again, sent := find("a")
	require.Zero(t, sent)
	require.Equal(t, first, again)
	other, sent := find("b")
	require.Greater(t, sent, 5)
	require.Contains(t, other, "each takes a request: call again for more")
	require.Contains(t, other, "My item arrived damaged", "titles that have the words are read first")
	b.Gate.rules.Store(rules(t, "version: 1\nagents:\n"+readsAll))
	_, sent = find("a")
	require.Greater(t, sent, 5, "the file has changed")
}

// An open call of several requests survives what Dixa refuses of it.
func TestTasksSurviveFailures(t *testing.T) {
	b := taskBench(t, readsAll)
	b.dixa.Inject(offline.Fault{Match: "GET /v1/conversations/{conversationId}/notes", Kind: offline.Forbidden, Times: -1})
	text := b.asText("a", "read_conversation", `{"conversationId":1234}`).Text
	require.Contains(t, text, "Left out: notes (could not be read)")
	require.Contains(t, text, "#5 ")
}

// A conversation without an address, such as a chat, is shown with its customer, for a few requests and with the grant alone.
func TestCustomersOfFoundConversations(t *testing.T) {
	const file = `  a: {access: {conversations: read, end_users: read}}
  b: {access: {conversations: read}}
`
	for agent, most := range map[string]int{"a": 5, "b": 0} {
		b := taskBench(t, file)
		r := b.asText(agent, "find_conversations", `{"channel":"Chat","limit":20}`)
		named := regexp.MustCompile(`(?m)^\d+ · .* · ("?[\pL][^·]*"?) · [^ ]+@[^ ]+$`).FindAllString(r.Text, -1)
		read := 0
		for _, q := range b.dixa.Requests() {
			if q.Operation == "GET /v1/endusers/{userId}" {
				read++
			}
		}
		require.Equal(t, most, read, r.Text)
		require.GreaterOrEqual(t, len(named), most, r.Text)
		if most == 0 {
			require.NotContains(t, r.Text, "@", r.Text)
			require.NotContains(t, r.Text, "Left out")
		}
	}
}
