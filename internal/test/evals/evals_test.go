package evals

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

// eval is one thing that somebody asks for: the shortest sensible calls with task tools, the calls of plain operations that
// find the same, and what the answers must say.
type eval struct {
	asks  string
	by    string   // whose work it is: agents of the built-in file besides admin, and files in testdata/capabilities
	task  []string // a tool and its arguments; none where no task tool is about it
	plain []string
	facts []string // regular expressions; the answers of the task tools match all, and so do those of the plain operations
	only  []string // those that only the task tools' answers match
	after []string // calls that show what was written, and match these: pairs of a call and an expression
}

// The evals happen on a Monday morning, at the end of the data that the offline organization is made with.
var (
	anchor = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	now    = anchor.Add(10 * time.Hour)
)

const file = `version: 1
timezone: Europe/Copenhagen
agents:
  agent: {access: {"*": erase}, allow: [erase_customer, bulk_update], arguments: {send_message.agentId: ["*"], create_conversation.agentId: ["*"], create_conversation.direction: ["*"], claim_conversation.force: ["*"]}}
`

type nowhere struct{}

func (nowhere) Write(context.Context, audit.Record) error { return nil }

// direct answers requests without a network.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// desk is an agent at work: a gate in front of a fresh offline Dixa.
func desk(t testing.TB, inJSON bool) *gate.Gate {
	t.Helper()
	rules, err := capability.Parse("capabilities.yaml", []byte(file))
	require.NoError(t, err)
	return deskOf(t, rules, inJSON, nil)
}

// unpaced are budgets without an agent's requests_per_second: waiting would only take time.
type unpaced struct{ gate.Budgets }

func (u unpaced) Take(ctx context.Context, agent string, allowances []gate.Allowance, _ float64) (gate.Taken, error) {
	return u.Budgets.Take(ctx, agent, allowances, 0)
}

// deskOf is the desk of the agents of a capability file, with an archive if one is given.
func deskOf(t testing.TB, rules *capability.Rules, inJSON bool, archive tools.Archive) *gate.Gate {
	t.Helper()
	dixa := offline.New(offline.Options{Anchor: anchor, Now: func() time.Time { return now }})
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, ExportsURL: offline.URL, Transport: direct{dixa}, Rate: 1e6, Burst: 1e6})
	require.NoError(t, err)
	return gate.New(gate.Config{Rules: rules, Client: client, Audit: nowhere{}, JSON: inJSON, Archive: archive, Budgets: unpaced{gate.NewBudgets()}, Now: func() time.Time { return now }})
}

// handle matches the handle of a job, which later calls of an eval write as $handle.
var handle = regexp.MustCompile(`B-[0-9A-Z]{4,8}`)

// play makes the calls, each written as a tool and its arguments, and returns what they answered.
func play(t testing.TB, g *gate.Gate, calls []string) (said string, tokens int) {
	t.Helper()
	return playAs(t, g, "agent", calls)
}

// playAs makes the calls as an agent.
func playAs(t testing.TB, g *gate.Gate, agent string, calls []string) (said string, tokens int) {
	t.Helper()
	var all strings.Builder
	for _, call := range calls {
		call = strings.ReplaceAll(call, "$handle", handle.FindString(all.String()))
		tool, arguments, _ := strings.Cut(call, " ")
		a := g.Call(t.Context(), gate.Request{Agent: agent, Tool: tool, Arguments: json.RawMessage(arguments)})
		require.False(t, a.Failed, "%s: %s", call, a.Text)
		tokens += view.EstimateTokens(a.Text)
		all.WriteString(a.Text + "\n")
	}
	return all.String(), tokens
}

// cost is what an eval took.
type cost struct{ calls, tokens int }

func TestEvals(t *testing.T) {
	require.GreaterOrEqual(t, len(evals), 40, "questions")
	costs := map[string][3]cost{}
	for _, e := range evals {
		t.Run(e.asks, func(t *testing.T) {
			var c [3]cost // with task tools, with plain operations, and with those in JSON
			for i, calls := range [][]string{e.task, e.plain, e.plain} {
				if calls == nil {
					continue
				}
				g := desk(t, i == 2)
				said, tokens := play(t, g, calls)
				c[i] = cost{len(calls), tokens}
				if i == 2 {
					continue
				}
				facts := e.facts
				if i == 0 {
					facts = append(facts[:len(facts):len(facts)], e.only...)
				}
				for _, fact := range facts {
					require.Regexp(t, regexp.MustCompile(fact), said, "%s", strings.Join(calls, "\n"))
				}
				for n := 0; n+1 < len(e.after); n += 2 {
					after, _ := play(t, g, e.after[n:n+1])
					require.Regexp(t, e.after[n+1], after)
				}
			}
			costs[e.asks] = c
		})
	}
	report(t, costs)
}

// mostTokens bounds what the answers of all task tools take together.
const mostTokens = 8100

// report prints calls and tokens side by side; go test -v shows them.
func report(t *testing.T, costs map[string][3]cost) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "calls\ttokens\tplain calls\ttokens\tas JSON\tshare of JSON\t ")
	line := func(c [3]cost, asks string) {
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%d\t%d %%\t %s\n", c[0].calls, c[0].tokens, c[1].calls, c[1].tokens, c[2].tokens, 100*c[0].tokens/max(c[2].tokens, 1), asks)
	}
	var sum [3]cost
	for _, e := range evals {
		c := costs[e.asks]
		if e.task == nil {
			continue
		}
		line(c, e.asks)
		require.LessOrEqual(t, c[0].tokens, c[2].tokens, "%s: the task tool's answer is longer than those of the operations in JSON", e.asks)
		for i := range sum {
			sum[i].calls += c[i].calls
			sum[i].tokens += c[i].tokens
		}
	}
	line(sum, "all")
	require.LessOrEqual(t, sum[0].tokens, mostTokens, "shorten answers, or raise mostTokens in internal/test/evals/evals_test.go")
	require.NoError(t, w.Flush())
	t.Log("\n" + b.String())
}
