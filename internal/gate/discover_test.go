package gate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/test/race"
	"dixa-mcp/internal/test/seeds"
	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

// through writes a call of a tool as one of call_tool.
func through(tool, arguments string) string {
	name, _ := json.Marshal(tool)
	if arguments == "" {
		return fmt.Sprintf(`{"tool":%s}`, name)
	}
	return fmt.Sprintf(`{"tool":%s,"arguments":%s}`, name, arguments)
}

// A call with call_tool is decided, carried out and recorded exactly as the call of the tool itself is for an agent with the
// same grants, whatever the file says and whatever is asked.
func TestCallToolIsTheCallItself(t *testing.T) {
	race.Skip(t)
	done, refused, asked := 0, 0, 0
	all := seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		synctest.Test(t, func(t *testing.T) {
			plain, finder := setUp(t, settings{}), setUp(t, settings{})
			known := harvest(plain)
			harvest(finder)
			file, grants := randomFile(r)
			more := []string{"", "\n    confirm: {write: client}", "\n    budget: {writes_per_hour: 1}", "\n    only: {direction: [inbound]}"}[r.IntN(4)]
			with := func(surface string) string {
				return strings.ReplaceAll(file, "    about: random\n", "    about: random\n    surface: "+surface+more+"\n")
			}
			plain.Gate.rules.Store(rules(t, with("operations")))
			finder.Gate.rules.Store(rules(t, with("discover")))
			for range 16 {
				g := grants[r.IntN(len(grants))]
				tool, arguments := randomTool(r), garbage(r)
				if agent, _ := plain.Rules().Agent(g.name); r.IntN(2) == 0 && len(agent.Tools()) > 0 {
					tool = agent.Tools()[r.IntN(len(agent.Tools()))].Name
				}
				if t, ok := tools.ByName(tool); ok && r.IntN(6) > 0 {
					arguments = known.arguments(r, t)
				}
				if first := strings.TrimSpace(arguments); tool == "" || first != "" && (first[0] != '{' || !json.Valid([]byte(first))) {
					continue // call_tool itself refuses it
				}
				about := fmt.Sprintf("%+v %s calls %.60s %.300s", g, more, tool, arguments)
				p, f := twins{plain, g.name, tool, arguments}, twins{finder, g.name, "call_tool", through(tool, arguments)}
				a, b := inStep(func() made { return p.call(t, "", false) }, func() made { return f.call(t, "", false) })
				a.same(t, b, about)
				if a.Ask != nil {
					asked++
					yes := r.IntN(3) > 0
					mine, theirs := a.Ask.State, b.Ask.State
					a, b = inStep(func() made { return p.call(t, mine, yes) }, func() made { return f.call(t, theirs, yes) })
					a.same(t, b, about)
				}
				if a.Failed {
					refused++
				} else {
					done++
				}
			}
		})
	})
	if all {
		require.Greater(t, done, seeds.Least, "too few calls are carried out to prove anything")
		require.Greater(t, refused, seeds.Least)
		require.Positive(t, asked)
	}
}

// twins is one of two ways to make the same call.
type twins struct {
	*bench
	agent, tool, arguments string
}

// made is what came of a call.
type made struct {
	Answer
	records []entry
	sent    []string
	effects int
}

// inStep makes the calls of both twins at the same time: what was remembered is as old for the one as for the other.
func inStep(first, second func() made) (a, b made) {
	var both sync.WaitGroup
	both.Go(func() { a = first() })
	both.Go(func() { b = second() })
	both.Wait()
	return a, b
}

func (w twins) call(t *testing.T, state string, yes bool) made {
	t.Helper()
	w.book.all()
	before := len(w.dixa.Requests())
	a := w.Call(t.Context(), Request{Agent: w.agent, Tool: w.tool, Arguments: json.RawMessage(w.arguments), CanAsk: true, State: state, Accepted: yes})
	return made{a, w.book.all(), w.requests(before), len(w.dixa.Effects())}
}

// same holds what came of the two calls to one another.
func (a made) same(t *testing.T, b made, about string) {
	t.Helper()
	text := b.Text
	if b.Invalid {
		var signature string
		text, signature, _ = strings.Cut(b.Text, "\nIt takes: ")
		require.NotEmpty(t, signature, about)
	}
	require.Equal(t, pageKey.ReplaceAllString(a.Text, "key"), pageKey.ReplaceAllString(text, "key"), about)
	require.Equal(t, []bool{a.Failed, a.Invalid, a.Ask != nil}, []bool{b.Failed, b.Invalid, b.Ask != nil}, about)
	if a.Ask != nil {
		require.Equal(t, a.Ask.Text, b.Ask.Text, about)
	}
	require.Equal(t, a.sent, b.sent, about)
	require.Equal(t, a.effects, b.effects, about)
	require.Equal(t, comparable(a.records, 0), comparable(b.records, tokensOf(b.Text)-tokensOf(a.Text)), about)
}

// pageKey matches keys of pages, each of which is sealed with a number of its own.
var pageKey = regexp.MustCompile(`[A-Za-z0-9_-]{40,}`)

func tokensOf(text string) int { return view.EstimateTokens(text) }

// earlierCall matches the id of the call in whose place the same one was refused.
var earlierCall = regexp.MustCompile(`as call [a-z2-7]{12}`)

// comparable drops from records what no two calls share.
func comparable(entries []entry, longer int) []audit.Record {
	var all []audit.Record
	for _, e := range entries {
		r := e.Record
		r.Call, r.FileDigest, r.Time = "", "", time.Time{}
		r.Reason, r.Text = earlierCall.ReplaceAllString(r.Reason, "as another call"), earlierCall.ReplaceAllString(r.Text, "as another call")
		r.Tokens = max(0, r.Tokens-longer)
		r.Operations = append([]audit.Operation{}, r.Operations...)
		for i := range r.Operations {
			r.Operations[i].Request, r.Operations[i].Millis = "", 0
		}
		all = append(all, r)
	}
	return all
}

const finds = "version: 1\nagents:\n  a:\n    surface: discover\n    access: {conversations: write, tags: read}\n    deny: [close_conversation]\n"

// Two tools are listed; nothing else can be called by its name, and the refusal says how.
func TestDiscoverListsTwoTools(t *testing.T) {
	b := setUp(t, settings{file: finds})
	listed, err := b.List("a", 0)
	require.NoError(t, err)
	require.Len(t, listed, 2)
	require.Equal(t, []string{"find_tools", "call_tool"}, []string{listed[0].Name, listed[1].Name})

	a := b.call("a", "list_tags", "")
	require.True(t, a.Failed)
	require.Equal(t, "list_tags is not listed for agent a: call it with call_tool (agents.a.surface, test.yaml:4). Nothing was sent to Dixa.", a.Text)
	require.Equal(t, audit.Refused, only(t, b.book.all()).Decision)
	require.Empty(t, b.requests(0))
	require.False(t, b.call("a", "call_tool", through("list_tags", "")).Failed)
	record := only(t, b.book.all())
	require.Equal(t, "list_tags", record.Tool)
	require.Equal(t, audit.Allowed, record.Decision)
	e := b.Explain(t.Context(), Request{Agent: "a", Tool: "call_tool", Arguments: json.RawMessage(through("close_conversation", `{"conversationId":1}`))})
	require.False(t, e.Granted)
	require.Contains(t, e.Why, "close_conversation is denied by agents.a.deny")
}

// For other agents the two tools do not exist.
func TestOthersDoNotDiscover(t *testing.T) {
	b := setUp(t, settings{})
	for _, tool := range []string{"find_tools", "call_tool"} {
		require.Contains(t, b.call("admin", tool, through("list_tags", "")).Text, `there is no tool "`+tool+`"`)
		require.Empty(t, only(t, b.book.all()).Tool)
	}
	require.Empty(t, b.requests(0))
}

// call_tool is refused in its own words only where it names no tool to decide about.
func TestCallToolRefuses(t *testing.T) {
	b := setUp(t, settings{file: finds})
	for arguments, want := range map[string]string{
		"":                                   "call_tool: tool: got nothing, want a string",
		`{"arguments":{}}`:                   "call_tool: tool: got nothing, want a string",
		`{"tool":"list_tags","argumens":{}}`: "argumens: got an unknown argument, want one of tool, arguments",
		`{"tool":"list_tags","arguments":3}`: "arguments: got 3, want an object",
		`{"tool":"list_tags","tool":"close_conversation"}`:        "tool",
		`{"tool":"list_tags","arguments":{},"arguments":{"a":1}}`: "arguments",
		`[]`: "call_tool: arguments: got an array",
		through("call_tool", through("list_tags", "")):         "call_tool: tool call_tool is called by itself, not with call_tool.",
		through("find_tools", `{"what":"x"}`):                  "call_tool: tool find_tools is called by itself, not with call_tool.",
		through("no_such_tool", ""):                            `there is no tool "no_such_tool"`,
		through("close_conversation", `{"conversationId":1}`):  "close_conversation is denied by agents.a.deny",
		through("list_notes", `{"conversationId":1}`):          "list_notes is not granted to agent a",
		through("get_conversation", `{"conversationId":"no"}`): "It takes: get_conversation(conversationId: integer, offset?: integer)",
	} {
		a := b.call("a", "call_tool", arguments)
		require.True(t, a.Failed, arguments)
		require.Contains(t, a.Text, want, arguments)
		record := only(t, b.book.all())
		require.Equal(t, audit.EventRefused, record.Event, arguments)
		require.NotContains(t, []string{"find_tools"}, record.Tool)
	}
	require.Empty(t, b.requests(0))
}

// The tool gets all arguments that call_tool was given, in whatever form these are taken.
func TestCallToolDropsNoArguments(t *testing.T) {
	b := setUp(t, settings{file: finds})
	for _, arguments := range []string{
		`{"tool":"get_conversation","arguments":{"conversationId":1234}}`,
		`{"arguments":{"conversationId":1234},"tool":"get_conversation"}`,
		`{"tool":"get_conversation","arguments":"{\"conversationId\":1234}"}`,
		`{"tool":"get_conversation","arguments":" {\"conversationId\":1234}\n"}`,
		`{"tool":"get_conversation","argument\u0073":{"conversationId":1234}}`,
		`{"\u0074ool":"get_conversation","\u0061rguments":"\u007b\"conversationId\":1234}"}`,
	} {
		a := b.call("a", "call_tool", arguments)
		require.False(t, a.Failed, "%s: %s", arguments, a.Text)
		require.Contains(t, only(t, b.book.all()).Arguments.String(), "1234", arguments)
	}
	for _, arguments := range []string{
		`{"tool":"list_tags","arguments":"{\"nothing\":true}"}`, // every argument of list_tags can be left out
		`{"tool":"list_tags","argument\u0073":{"nothing":true}}`,
		`{"tool":"list_tags","arguments":"{\"nothing\":true,\"nothing\":true}"}`,
		`{"tool":"list_tags","arguments":"{"}`,
		`{"tool":"list_tags","arguments":"\"{\\\"nothing\\\":true}\""}`,
	} {
		before := len(b.dixa.Requests())
		a := b.call("a", "call_tool", arguments)
		require.True(t, a.Failed, "%s: %s", arguments, a.Text)
		require.Len(t, b.dixa.Requests(), before)
	}
}

// find_tools finds what the agent is granted and nothing else, asks Dixa nothing, and its record does not say what was looked for.
func TestFindToolsFindsWhatIsGranted(t *testing.T) {
	b := setUp(t, settings{file: finds})
	for _, what := range []string{"close a ticket for Emma", "notes", "erase a customer", "find conversations about refunds", "labels"} {
		arguments, _ := json.Marshal(map[string]string{"what": what})
		a := b.call("a", "find_tools", string(arguments))
		require.False(t, a.Failed, a.Text)
		var answer struct {
			Tools []struct{ Tool, Does, Arguments string }
		}
		require.NoError(t, json.Unmarshal([]byte(a.Text), &answer), a.Text)
		agent, err := b.Rules().Agent("a")
		require.NoError(t, err)
		require.LessOrEqual(t, len(answer.Tools), 5)
		for _, found := range answer.Tools {
			tool, ok := tools.ByName(found.Tool)
			require.True(t, ok, found.Tool)
			require.True(t, agent.Tool(tool).Allowed, found.Tool)
			require.NotEmpty(t, found.Does)
			require.NotContains(t, found.Does+found.Arguments, "close_conversation")
		}
		record := only(t, b.book.all())
		require.Equal(t, "find_tools", record.Tool)
		require.NotContains(t, record.Arguments.String(), "Emma")
	}
	require.Contains(t, b.call("a", "find_tools", `{"what":"xyzzy"}`).Text, "You may call tools for: conversations, tags.")
	require.Contains(t, b.call("a", "find_tools", `{}`).Text, "what: got nothing")
	require.Empty(t, b.requests(0))
}

// Every tool that is granted can be found by its own name, for an agent that has all.
func TestEveryGrantedToolIsFound(t *testing.T) {
	b := setUp(t, settings{file: strings.Replace(everything, "  admin:\n", "  admin:\n    surface: discover\n", 1)})
	agent, err := b.Rules().Agent("admin")
	require.NoError(t, err)
	for _, tool := range agent.Tools() {
		var found []string
		for _, f := range findTools(agent, tool.Title(), 5) {
			found = append(found, f.Name)
		}
		require.Contains(t, found, tool.Name)
	}
}

// A frozen agent finds nothing and calls nothing.
func TestDiscoverOfAFrozenAgent(t *testing.T) {
	b := setUp(t, settings{file: finds, gate: Config{Frozen: func(string) (string, bool) { return "stop", true }}})
	for _, call := range [][2]string{{"find_tools", `{"what":"tags"}`}, {"call_tool", through("list_tags", "")}, {"call_tool", "{}"}} {
		require.Contains(t, b.call("a", call[0], call[1]).Text, "agent a is frozen by the operator: stop")
	}
	require.Empty(t, b.requests(0))
}

// The model is told how to find tools, also where a prompt names one.
func TestDiscoverIsExplained(t *testing.T) {
	b := setUp(t, settings{file: finds})
	require.Contains(t, b.Instructions(t.Context(), Request{Agent: "a"}, "", time.Now()), "find_tools finds what the operator granted; call_tool calls it")
	b = setUp(t, settings{file: strings.Replace(everything, "  admin:\n", "  admin:\n    surface: discover\n", 1)})
	text, err := b.Prompt("admin", 0, "triage", map[string]string{"conversation": "1234"})
	require.NoError(t, err)
	require.Contains(t, text, "with call_tool; find_tools gives their arguments.\n")
	require.Contains(t, text, "with read_conversation.")
}
