package gate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/test/race"
	"dixa-mcp/internal/test/seeds"
	"dixa-mcp/tools"
)

// Whatever the file says and whatever is asked: nothing without a grant reaches Dixa, and every call has exactly its
// records, that of the intent before anything is sent.
func TestNothingWithoutAGrant(t *testing.T) {
	race.Skip(t)
	granted, sent := 0, 0
	all := seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		synctest.Test(t, func(t *testing.T) {
			b := setUp(t, settings{})
			known := harvest(b)
			for range 3 {
				file, grants := randomFile(r)
				b.Gate.rules.Store(rules(t, file))
				for range 5 {
					g := grants[r.IntN(len(grants))]
					j := judge{bench: b, grant: g, tool: randomTool(r), arguments: garbage(r)}
					if t, ok := tools.ByName(j.tool); ok && r.IntN(4) > 0 {
						j.arguments = known.arguments(r, t)
					}
					j.judge(t)
					granted, sent = granted+j.granted, sent+j.sent
				}
			}
		})
	})
	if !all {
		return
	}
	require.Greater(t, granted, 2*seeds.Least, "randomFile grants too little to prove anything")
	require.Greater(t, sent, seeds.Least, "randomTool and ids.arguments reach Dixa too seldom to prove anything")
}

// judge makes one call and holds it to the rules.
type judge struct {
	*bench
	grant     grant
	tool      string
	arguments string

	granted, sent int
}

func (j *judge) judge(t *testing.T) {
	t.Helper()
	j.book.all()
	j.wire.bodies()
	before, effects := len(j.dixa.Requests()), len(j.dixa.Effects())
	answer := j.call(j.grant.name, j.tool, j.arguments)
	about := fmt.Sprintf("%+v calls %.60s %.300s: %.300s", j.grant, j.tool, j.arguments, answer.Text)
	require.NotEmpty(t, answer.Text, about)

	tool, exists := tools.ByName(j.tool)
	may := exists && j.grant.granted(tool)
	records, sent := j.book.all(), j.requests(before)
	j.sent = 0
	own := func(op string) bool {
		if exists && tool.Plans() {
			return slices.ContainsFunc(tool.Writes(), func(w *dixaclient.Spec) bool {
				its, _ := tools.ByName(w.Name)
				return op == routeOf(t, w.Name) && j.grant.granted(its)
			})
		}
		return exists && !tool.Task() && op == routeOf(t, tool.Name)
	}
	for _, op := range sent {
		if own(op) { // the others find out about values
			j.sent++
		}
	}
	if may {
		j.granted = 1
		for _, op := range sent {
			require.True(t, own(op) || j.looks(t, op), "%s was sent: %s", op, about)
		}
		for _, body := range j.wire.bodies() {
			if body != "" { // as that of a look-up is
				j.body(t, tool.Name, body, about)
			}
		}
	} else {
		require.Empty(t, sent, about)
		require.Len(t, j.dixa.Effects(), effects, about)
		require.True(t, answer.Failed, about)
		require.Equal(t, audit.Refused, only(t, records).Decision, about)
	}
	j.records(t, records, tool, before, about)
}

// looks tells whether a request is a read that the agent is granted, which finds out about values.
func (j *judge) looks(t *testing.T, route string) bool {
	return slices.ContainsFunc(slices.DeleteFunc(tools.All(), (*tools.Tool).Task), func(tool *tools.Tool) bool {
		return tool.Level == dixaclient.Read && routeOf(t, tool.Name) == route && j.grant.granted(tool)
	})
}

// body looks at what went to Dixa: nothing that must be named, and the customer's words only where they were granted.
func (j *judge) body(t *testing.T, tool, body, about string) {
	t.Helper()
	if tool == "send_message" || tool == "record_message" { // one route: to the customer, and as the customer
		require.Equal(t, tool == "record_message", strings.Contains(body, `"_type":"Inbound"`), about)
	}
	for _, argument := range reaching[tool] {
		body = strings.ReplaceAll(body, `"`+argument+`":false`, "") // forces nothing; sent because Dixa takes silence for true
		if !j.grant.mayGive(tool, argument) && argument != "agentId" {
			require.NotContains(t, body, `"`+argument+`":`, about)
		}
	}
	if strings.Contains(body, `"agentId":`) && len(reaching[tool]) > 0 && j.grant.acts {
		require.Contains(t, body, actingAgent, about)
	}
}

// records holds the records of one call to the rules.
func (j *judge) records(t *testing.T, records []entry, tool *tools.Tool, before int, about string) {
	t.Helper()
	require.Len(t, byCall(records), 1, "one call id: "+about)
	switch final := records[len(records)-1]; {
	case final.Event == audit.EventRefused:
		require.Len(t, records, 1, about)
		require.Zero(t, j.sent, about)
		require.Equal(t, audit.OutcomeRefused, final.Outcome)
	case tool.Level == dixaclient.Read:
		require.Equal(t, []audit.Event{audit.EventRead}, eventsOf(records), about)
	case tool.Plans() || tool.Compares() && len(records) == 1 && strings.Contains(about, "no change"):
		all := eventsOf(records)
		require.Equal(t, audit.EventOutcome, all[len(all)-1], about)
		for i, r := range records[:len(records)-1] {
			require.Equal(t, audit.EventIntent, r.Event, about)
			writes := slices.DeleteFunc(slices.Clone(j.requests(before)[:r.requests-before]), func(route string) bool { return strings.HasPrefix(route, "GET ") })
			require.LessOrEqual(t, len(writes), i, "the intent is recorded before its step is sent: "+about)
		}
	default:
		require.Equal(t, []audit.Event{audit.EventIntent, audit.EventOutcome}, eventsOf(records), about)
		for _, op := range j.requests(before)[:records[0].requests-before] {
			require.NotEqual(t, routeOf(t, tool.Name), op, "the intent is recorded before what it is about is sent: "+about)
		}
	}
	for _, e := range records {
		line, err := json.Marshal(e.Record)
		require.NoError(t, err)
		require.NotContains(t, string(line), marker, about)
		require.NotContains(t, strings.ToLower(string(line)), "customer text", about)
		require.Equal(t, j.grant.name, e.Agent)
		require.Regexp(t, `^[a-z2-7]{12}$`, e.Call)
		require.NotEmpty(t, e.Text, about)
		require.Equal(t, j.Rules().Digest(), e.FileDigest)
	}
}
