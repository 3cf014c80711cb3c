package gate

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/directory"
	"dixa-mcp/internal/test/race"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// everyTaskCall lists calls of all task tools.
func everyTaskCall() [][2]string {
	calls := slices.Clone(variedTaskCalls)
	for tool, arguments := range taskCalls {
		calls = append(calls, [2]string{tool, arguments})
	}
	slices.SortFunc(calls, func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) })
	return calls
}

// argumentLike matches what can only be an argument's name, such as queueId.
var argumentLike = regexp.MustCompile(`\b[a-z]+(?:[A-Z][a-z]*)+\b`)

// requireOnlyOwnArguments requires that a text about a call names no argument that its tool does not have.
func requireOnlyOwnArguments(t *testing.T, tool *tools.Tool, text string) {
	t.Helper()
	var own []string
	for _, p := range tool.Schema().Properties() {
		own = append(own, p.Name)
	}
	for _, word := range argumentLike.FindAllString(text, -1) {
		require.Contains(t, own, word, text)
	}
}

// Every rule for an argument of every operation of every task tool: what it refuses is left out of the answer, or the
// refusal names the tool, its argument or that none has to do with it, the rule, and what to do next.
func TestRulesForArgumentsInsideEveryTask(t *testing.T) {
	race.Skip(t)
	refused, left := map[string]int{}, 0
	for _, tool := range taskTools() {
		for _, op := range slices.Concat(tool.Operations, tool.Uses) {
			single, _ := tools.ByName(op.Name)
			for _, p := range single.Schema().Properties() {
				if strings.Contains(p.Type, "object") && p.Required {
					continue // nothing may be listed for it, and without it the operation is not granted
				}
				file := "  a:\n    surface: tasks\n    access: {\"*\": read}\n    arguments: {" + op.Name + "." + p.Name + ": [" + otherValue(p) + "]}\n"
				b := taskBench(t, file)
				agent, err := b.Rules().Agent("a")
				require.NoError(t, err)
				if !agent.Sees(tool.Name) {
					continue
				}
				for _, c := range everyTaskCall() {
					if c[0] != tool.Name {
						continue
					}
					b.book.all()
					a := b.call("a", c[0], c[1])
					what := fmt.Sprintf("%s %s with a rule for %s.%s: %s", c[0], c[1], op.Name, p.Name, a.Text)
					record := only(t, b.book.all())
					if !a.Failed {
						left += strings.Count(a.Text, "not granted for it")
						continue
					}
					requireReadable(t, agent, tool.Name, a.Text)
					requireOnlyOwnArguments(t, tool, a.Text)
					if strings.Contains(a.Text, "this agent may not look ") { // a name that is looked up
						continue
					}
					require.Equal(t, audit.Refused, record.Decision, what)
					require.Equal(t, "agents.a.arguments."+op.Name+"."+p.Name+" (test.yaml:7)", record.Rule, what)
					require.True(t, strings.HasPrefix(a.Text, tool.Name+": "), what)
					require.Contains(t, a.Text, "agents.a.arguments (test.yaml:7)", what)
					require.Contains(t, a.Text, "tell the user: the operator can change agents.a.arguments (line 7).", what)
					if names := tool.Giving(p.Name); len(names) > 0 {
						require.Contains(t, a.Text, tool.Name+": "+strings.Join(names, " or ")+" ", what)
						require.Regexp(t, "Call it again with", a.Text)
					} else {
						require.Contains(t, a.Text, "no argument of the tool changes that", what)
					}
					require.Equal(t, len(record.Operations) == 0, strings.Contains(a.Text, "Nothing was sent"), what)
					refused[tool.Name]++
				}
			}
		}
	}
	require.Greater(t, left, 20)
	for _, tool := range askingTools() {
		require.Positive(t, refused[tool.Name], "%s: %v", tool.Name, refused)
	}
}

// otherValue returns a value that an argument can have in the capability file, and has in none of the calls; "" for objects, which
// cannot be listed.
func otherValue(p schemas.Property) string {
	if len(p.Enum) > 0 {
		return strconv.Quote(p.Enum[len(p.Enum)-1])
	}
	byName := map[string]string{"phone": `"+4500000000"`, "email": "nobody@example.com", "pageLimit": "1", "timezone": "Asia/Tokyo",
		"createdAfter": `"2020-01-01"`, "createdBefore": `"2020-01-01"`, "start": `"2020-01-01"`, "end": `"2020-01-01"`, "timestamp": `"2020-01-01"`}
	byType := map[string]string{"integer": "987654321", "number": "987654321", "boolean": "true", "string": nothingHere}
	return cmp.Or(byName[p.Name], byType[strings.TrimPrefix(p.Type, "array of ")])
}

// failingDixa answers one request of a call in another way.
type failingDixa struct {
	http.RoundTripper
	at     int64
	status int // 0: no answer
	body   string
	count  atomic.Int64
}

func (f *failingDixa) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.count.Add(1) != f.at {
		return f.RoundTripper.RoundTrip(r)
	}
	if f.status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: f.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(f.body)), Request: r}, nil
}

// Whatever Dixa answers to whichever request of a task tool, a failure names the tool, only tools of the agent, and only
// arguments of the tool.
func TestFailuresInsideEveryTask(t *testing.T) {
	failed := map[string]int{}
	for _, file := range []string{"  a: {surface: tasks, access: {\"*\": read}}\n", "  a: {surface: tasks, access: {\"*\": read}, only: {queue: [0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11]}}\n"} {
		synctest.Test(t, func(t *testing.T) {
			b := taskBench(t, file)
			agent, err := b.Rules().Agent("a")
			require.NoError(t, err)
			dixa := b.wire.RoundTripper
			for _, c := range everyTaskCall() {
				for at, reached := int64(1), true; reached && at <= 6 && agent.Sees(c[0]); at++ {
					reached = false
					for _, f := range []*failingDixa{{status: 400}, {status: 404}, {status: 403}, {status: 200, body: `{"data":"x"}`}, {}} {
						b.directory, b.articles.kept = directory.New(b.now), nil
						f.RoundTripper, f.at = dixa, at
						b.wire.RoundTripper = f
						a := b.call("a", c[0], c[1])
						reached = reached || f.count.Load() >= at
						if !a.Failed {
							continue
						}
						failed[c[0]]++
						require.Regexp(t, "^"+c[0]+"[: ]", a.Text)
						if f.status != http.StatusForbidden { // which only the operator can change
							requireReadable(t, agent, c[0], a.Text)
						}
						requireOnlyOwnArguments(t, must(tools.ByName(c[0])), a.Text)
					}
				}
			}
		})
	}
	for _, tool := range askingTools() {
		require.Positive(t, failed[tool.Name], tool.Name)
	}
}

// An argument of a task tool says which arguments of its operations it gives.
func TestWhatArgumentsOfTasksGive(t *testing.T) {
	for _, tool := range taskTools() {
		for name, f := range dixaclient.Arguments(tool.In()) {
			for given := range strings.FieldsSeq(f.Tag.Get("gives")) {
				has := func(op *dixaclient.Spec) bool {
					single, _ := tools.ByName(op.Name)
					return slices.ContainsFunc(single.Schema().Properties(), func(p schemas.Property) bool { return p.Name == given })
				}
				require.True(t, slices.ContainsFunc(slices.Concat(tool.Operations, tool.Uses), has), "%s.%s gives %s, which none of its operations has", tool.Name, name, given)
			}
		}
	}
}

// What was not given is no likely cause of what Dixa refused, whichever tool asked.
func TestCausesAreAmongWhatWasGiven(t *testing.T) {
	b := taskBench(t, readsAll)
	for _, c := range []struct{ tool, arguments, is, lacks string }{
		{"find_conversations", `{"pageKey":"x"}`, "- pageKey: not a key", "- queue"},
		{"find_conversations", `{"pageKey":"x","queue":"Billing"}`, "- queue: of no queue", "- assignee"},
		{"list_end_users", `{"pageKey":"x"}`, "- pageKey: not a key", "- email"},
		{"search_conversations", `{"pageKey":"x","query":"a"}`, "- pageKey: not a key", "- agentId"},
	} {
		a := b.call("a", c.tool, c.arguments)
		require.True(t, a.Failed)
		require.Contains(t, a.Text, c.is)
		require.NotContains(t, a.Text, c.lacks)
		require.LessOrEqual(t, strings.Count(a.Text, "\n"), 4)
	}
}
