package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/jobs"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// Agents that see few tools, other tools than operations, or few conversations.
const limitedAgents = `version: 1
agents:
  operations: {access: {"*": write}}
  tasks: {surface: tasks, access: {"*": write}}
  discover: {surface: discover, access: {"*": read}}
  bounded: {only: {queue: [0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11]}, access: {"*": write}}
  boundtasks: {surface: tasks, only: {queue: [0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11]}, access: {"*": write}}
  few: {access: {conversations: write}}
  lone: {allow: [search_conversations, query_metric, set_conversation_attributes, get_queue_position]}
`

// nextStep is what a refusal says to do.
var nextStep = regexp.MustCompile(`[Tt]ell the user|[Cc]all |[Cc]heck |did you mean|[Tt]ry again|[Cc]orrect|want |give |write |this agent has|Likely causes:|Looked up:|operator|read it again|must |leave |not an? |see |name |Wait for|only one of|begin |[Tt]ry |do not try|Dixa has |there are `)

// requireReadable requires what holds for every text that an agent gets when a call fails or finds nothing.
func requireReadable(t *testing.T, a *capability.Agent, called, text string) {
	t.Helper()
	require.LessOrEqual(t, strings.Count(text, "\n"), 4, "more than five lines: %s", text)
	require.Regexp(t, nextStep, text)
	for _, word := range regexp.MustCompile(`[a-z]+(_[a-z]+)+`).FindAllString(text, -1) {
		if _, is := tools.ByName(word); is && word != called {
			require.True(t, a.Sees(word), "names %s, which %s cannot call: %s", word, a.Name, text)
		}
	}
}

// Every refusal has at most five lines and says what to do next. A new one belongs into the table.
func TestRefusalsSayWhatToDo(t *testing.T) {
	r := rules(t, limitedAgents)
	agent := func(name string) *capability.Agent { a, err := r.Agent(name); require.NoError(t, err); return a }
	a, bounded := agent("few"), agent("bounded")
	_, unknown := r.Agent("nobody")
	var many []string
	bad := &schemas.Error{}
	for i := range mostWrong {
		many = append(many, fmt.Sprintf("queueId[%d]: there is no such queue", i))
		bad.Problems = append(bad.Problems, schemas.Problem{Field: many[i], Got: "nothing", Want: "an id"})
	}
	parked := &approval.Request{Number: "A-1", Approver: "anna", Reason: "not this customer", Expires: time.Now()}
	op := dixaclient.GetConversation.Spec
	fault := errors.New("broken")
	all := map[string]*refusal{
		"noLongerAuthorized":     noLongerAuthorized(),
		"unknownAgent":           unknownAgent(unknown),
		"unknownTool":            unknownTool(a, "zzz\n\n\n\n\n"+strings.Repeat("z", 1000)),
		"agentFrozen":            agentFrozen("few", ""),
		"notGranted":             notGranted(a.Operation("list_webhooks")),
		"notListed":              notListed(agent("tasks").Tool(must(tools.ByName("get_conversation")))),
		"outOfReach":             outOfReach("bounded", bounded.Bound(), op.Name),
		"outsideBound":           outsideBound(&call{agent: bounded, tool: must(tools.ByName("get_conversation"))}, op),
		"overBudget":             overBudget("few", &Count{}),
		"tooManySteps":           tooManySteps("few", &Count{}, 3),
		"tooManyRows":            tooManyRows("few", &Count{Left: 2}, 3),
		"overtaken":              overtaken("update_conversation", "queue"),
		"noItems":                noItems("bulk_update", "words"),
		"tooManyItems":           tooManyItems("bulk_update", "words"),
		"unknownJob":             unknownJob("bulk_update", "B-7K2Q"),
		"jobRunning":             jobRunning("bulk_update", "B-7K2Q", &jobs.RunningError{}),
		"jobNotAllowed":          jobNotAllowed("bulk_update", "B-7K2Q", bad),
		"jobsBroken":             jobsBroken("bulk_update", errors.New("disk on fire")),
		"invalidArguments":       invalidArguments("search_conversations", bad),
		"unknownFilters":         unknownFilters("search_conversations", many),
		"approvalsNotStored":     approvalsNotStored("add_note"),
		"approvalsBroken":        approvalsBroken("add_note", fault),
		"approvalUnknown":        approvalUnknown("wait_for"),
		"approvalsUnreadable":    approvalsUnreadable("wait_for", fault),
		"rulesChanged":           rulesChanged("wait_for"),
		"tooManyWaiting":         tooManyWaiting("add_note"),
		"approvalDenied":         approvalDenied("add_note", parked),
		"approverReplaced":       approverReplaced("add_note", parked),
		"approvalUsed":           approvalUsed("add_note"),
		"changedSinceAsked":      changedSinceAsked("add_note", &approval.Request{Number: "A-7K2Q"}, "m-2"),
		"noLongerWaits":          noLongerWaits("add_note"),
		"notSentOnApproval":      notSentOnApproval("few"),
		"sentOrNot":              sentOrNot("add_note", &approval.Request{SentBy: "anna"}, ". To ask for it once more, give again: true."),
		"editRefused":            editRefused("add_note", "anna", errors.New("it is too long")),
		"approvalOvertaken":      approvalOvertaken("add_note"),
		"confirmationUnverified": confirmationUnverified("add_note", fault),
		"confirmationInvalid":    confirmationInvalid("add_note", fault),
		"declined":               declined("add_note"),
		"noApprover":             noApprover("add_note"),
		"cannotAsk":              cannotAsk("add_note"),
	}
	for _, name := range refusalsIn(t, "refusal.go", "refusal_confirm.go") {
		require.Contains(t, all, name, "add it to the table")
	}
	for name, r := range all {
		t.Run(name, func(t *testing.T) {
			require.LessOrEqual(t, strings.Count(r.text, "\n"), 4, r.text)
			require.Regexp(t, nextStep, r.text)
		})
	}
	require.Contains(t, all["unknownFilters"].text, "and at least 6 more")
	require.Contains(t, all["invalidArguments"].text, "and at least 5 more")
}

func must[T any](v T, ok bool) T {
	if !ok {
		panic("there is none")
	}
	return v
}

// refusalsIn lists the functions that return a refusal and take no other error to look for one in.
func refusalsIn(t *testing.T, files ...string) (names []string) {
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || fn.Type.Results == nil || fn.Name.Name == "refusalOf" {
				continue
			}
			if star, ok := fn.Type.Results.List[0].Type.(*ast.StarExpr); ok && star.X.(*ast.Ident).Name == "refusal" {
				names = append(names, fn.Name.Name)
			}
		}
	}
	require.NotEmpty(t, names)
	return names
}

// Whatever is wrong with a call of any tool, its answer is short, says what to do, and names no tool
// that the agent cannot call.
func TestFailuresNameOnlyToolsOfTheAgent(t *testing.T) {
	b := setUp(t, settings{file: limitedAgents})
	b.json = false
	failed := 0
	for _, a := range b.Rules().Agents() {
		for _, tool := range a.Tools() {
			for _, value := range []string{"Nobody Nowhere", "00000000-0000-4000-8000-000000000000", "+4500000000"} {
				for _, some := range []bool{false, true} {
					answer := b.call(a.Name, tool.Name, wrongArguments(a, tool, value, some))
					if answer.Failed {
						failed++
						requireReadable(t, a, tool.Name, answer.Text)
					}
				}
			}
		}
	}
	require.Greater(t, failed, 1000)
}

// emptyDixa has nothing in any list.
type emptyDixa struct{}

func (emptyDixa) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := `{"data":[]}`
	switch {
	case strings.HasSuffix(r.URL.Path, "/business-hours/schedules"):
		answer = `{"data":{"schedules":[]}}`
	case strings.HasSuffix(r.URL.Path, "/agents/presence"):
		answer = `[]`
	}
	body := io.NopCloser(strings.NewReader(answer))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: body, Request: r}, nil
}

// A list in which there is nothing says why that may be and what to try; an agent with a bound hears of it.
func TestEmptyListsSayWhatToTry(t *testing.T) {
	b := setUp(t, settings{file: limitedAgents})
	b.json = false
	b.wire.RoundTripper = emptyDixa{}
	none := map[string]int{}
	for _, a := range b.Rules().Agents() {
		for _, tool := range a.Tools() {
			if tool.Task() || tool.Level > dixaclient.Read || !tool.View.SkipArg && !tool.View.PageLimit {
				continue
			}
			answer := b.call(a.Name, tool.Name, wrongArguments(a, tool, "00000000-0000-4000-8000-000000000000", false))
			if answer.Failed {
				continue
			}
			require.Regexp(t, "^None\\. [A-Z]", answer.Text, tool.Name)
			none[a.Name]++
			requireReadable(t, a, tool.Name, answer.Text)
			searches := slices.Contains([]dixaclient.Scope{dixaclient.SomeConversations, dixaclient.SomeEndUsers}, tool.Operations[0].Scope)
			require.Equal(t, searches && a.Bound() != nil, strings.Contains(answer.Text, "Only what is within queue "), answer.Text)
		}
	}
	require.Greater(t, none["operations"], 20, none)
	for _, call := range [][2]string{{"find_conversations", `{"words":"zzqqxx","state":"open"}`}, {"find_customer", `{"email":"nobody@example.com"}`}, {"search_conversations", `{"query":"zzqqxx"}`}} {
		for _, name := range []string{"operations", "tasks", "bounded", "boundtasks"} {
			a, err := b.Rules().Agent(name)
			require.NoError(t, err)
			if !a.Sees(call[0]) {
				continue
			}
			answer := b.call(name, call[0], call[1])
			require.False(t, answer.Failed, answer.Text)
			requireReadable(t, a, call[0], answer.Text)
			require.Equal(t, a.Bound() != nil, strings.Contains(answer.Text, "Only what is within queue "), answer.Text)
		}
	}
}

// Overview, report and find_article say why they have nothing, and what to try, in Dixa's emptiness and in that of a question.
func TestEmptyTasksSayWhatToTry(t *testing.T) {
	empty := setUp(t, settings{file: limitedAgents})
	empty.json, empty.wire.RoundTripper = false, emptyDixa{}
	full := taskBench(t, strings.SplitN(limitedAgents, "agents:\n", 2)[1])
	full.json = false
	for _, c := range []struct {
		b               *bench
		tool, arguments string
		says            []string
	}{
		{empty, "overview", `{}`, []string{"There is no queue, so that none has waiting conversations.", "Dixa does not list anybody's presence: check in Dixa", "Dixa has no schedule of business hours"}},
		{empty, "find_article", `{"words":"refund"}`, []string{"No collection of the knowledge base has an article"}},
		{empty, "report", `{"metric":"csat"}`, []string{"there is none at all in Dixa", "tell the user"}},
		{full, "find_article", `{"words":"zzqqxx"}`, []string{"No article has any of these words; ", "Try other words"}},
		{full, "find_article", `{"words":"refund","language":"xx"}`, []string{"Leave language out"}},
		{full, "report", `{"metric":"csat","period":"2020-01-01 to 2020-01-31","by":"queue","comments":true}`, []string{"Nothing was counted for csat in this period.", "try a longer one", "By queue: nothing in either period. Try a longer period", "Comments: none with the 0 ratings"}},
		{full, "report", `{"metric":"csat","period":"2031-01-01 to 2031-01-31"}`, []string{"The period has not begun: give one that has"}},
	} {
		for _, a := range c.b.Rules().Agents() {
			if !a.Sees(c.tool) || a.Discovers() {
				continue
			}
			text := c.b.call(a.Name, c.tool, c.arguments).Text
			for _, says := range c.says {
				require.Contains(t, text, says, "%s %s as %s", c.tool, c.arguments, a.Name)
			}
			require.Regexp(t, nextStep, text)
			if strings.Contains(text, "There is no queue") {
				require.Equal(t, a.Bound() != nil, strings.Contains(text, "Only what is within queue "), text)
			}
			for _, word := range regexp.MustCompile(`\b(find|search|list|read)_[a-z_]+`).FindAllString(text, -1) {
				require.True(t, word == c.tool || a.Sees(word), "%s names %s", text, word)
			}
		}
	}
	waits := full.call("tasks", "overview", `{}`).Text
	require.NotContains(t, waits, "Nothing waits", "something does")
}

// wrongArguments gives every argument that a tool needs, or every one that it has, a value that names nothing.
func wrongArguments(a *capability.Agent, tool *tools.Tool, value string, all bool) string {
	given := map[string]any{}
	for _, p := range a.Shape(tool).Schema().Properties() {
		if !all && !p.Required || len(p.Enum) > 0 {
			continue
		}
		switch p.Type {
		case "string":
			given[p.Name] = value
		case "integer":
			given[p.Name] = 999_999_999
		case "array of string":
			given[p.Name] = []string{value, value + "1", value + "2", value + "3", value + "4", value + "5", value + "6"}
		}
	}
	text, _ := json.Marshal(given)
	return string(text)
}
