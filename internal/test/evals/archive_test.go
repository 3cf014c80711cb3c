package evals

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/sqlitestore"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
)

// archiveEvals are what is asked that needs the archive: Dixa cannot answer it, or not without a request for each conversation.
var archiveEvals = []eval{
	{
		asks:  "Which customers were unhappy last week, and what did they write?",
		task:  []string{`find_conversations {"rating":"bad","from":"2026-02-23","to":"2026-03-01","limit":5}`},
		facts: []string{`rated CSAT [12]`, `(?m)^\| `, `Archive, everything until`},
	},
	{
		asks:  "Who in Billing has waited longest for an answer?",
		task:  []string{`find_conversations {"queue":"Billing","sort":"waiting","limit":3}`},
		facts: []string{`^1081 .* waiting since Wed 7 Jan`},
	},
	{
		asks:  "What is the oldest conversation that is open in Returns?",
		task:  []string{`find_conversations {"queue":"Returns","state":"open","sort":"oldest","limit":1}`},
		facts: []string{`^1149 .* created Mon 5 Jan`},
	},
	{
		asks:  "Whom did we promise to reverse a payment?",
		task:  []string{`search_messages {"words":"\"reverse the second\"","limit":3}`},
		facts: []string{`^\d+ .*\n\| .*reverse the second`},
	},
	{
		asks:  "Which tags are the most frequent?",
		task:  []string{`query_archive {"sql":"SELECT name, count(*) AS n FROM tags GROUP BY name ORDER BY n DESC","limit":3}`},
		facts: []string{`name .* n \d{3}`},
	},
	{
		asks:  "How many conversations has each channel?",
		task:  []string{`query_archive {"sql":"SELECT channel, count(*) FROM conversations GROUP BY channel"}`},
		facts: []string{`^channel email · \d+$`},
	},
	{
		asks:  "How fast did each queue answer last week?",
		task:  []string{`report {"metric":"archive","period":"2026-02-23 to 2026-03-01","by":"queue"}`},
		facts: []string{`All .*conversations \d+ \(before \d+\) .*first answer [\d.]+ (min|h)`, `Billing .*first answer`},
	},
	{
		asks:  "How long are the queues, and who has waited longest?",
		task:  []string{`overview {}`},
		facts: []string{`^Billing · 9 · oldest \d+ · waiting since`, `^Returns · 8 · `, `none in .*Phone`, `Counted in the archive`}, // as Dixa counts them
	},
	{
		asks:  "Which orders does Clarke write about?",
		task:  []string{`find_conversations {"customerName":"clarke","limit":5}`},
		facts: []string{`(?i)clarke`},
	},
}

// filled makes an archive of all that the offline Dixa exports. It does not wait for the Exports API as a sync does.
func filled(t testing.TB) *sqlitestore.Store {
	t.Helper()
	dixa, store := offline.New(offline.Options{Anchor: anchor, Now: func() time.Time { return now }}), sqlitestore.Open(t.TempDir())
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	rows := archive.Rows{At: now}
	const window = 30 * 24 * time.Hour
	for from := anchor.AddDate(0, 0, -90); from.Before(now); from = from.Add(window) {
		span := fmt.Sprintf("_after=%d&%%s_before=%d", from.UnixMilli(), min(from.Add(window).UnixMilli()-1, now.UnixMilli()))
		for _, raw := range exported(t, dixa, "/v1/conversation_export?updated"+fmt.Sprintf(span, "updated")) {
			c, err := archive.ReadConversation(raw)
			require.NoError(t, err)
			rows.Conversations = append(rows.Conversations, c)
		}
		for _, raw := range exported(t, dixa, "/v1/message_export?created"+fmt.Sprintf(span, "created")) {
			m, err := archive.ReadMessage(raw)
			require.NoError(t, err)
			rows.Messages = append(rows.Messages, m)
		}
	}
	require.NoError(t, store.Put(t.Context(), rows))
	for _, what := range []archive.What{archive.Conversations, archive.Messages} {
		require.NoError(t, store.Cover(t.Context(), what, archive.Span{From: anchor.AddDate(0, 0, -90), To: now}))
	}
	return store
}

// exported returns the rows of an export.
func exported(t testing.TB, dixa http.Handler, path string) (rows []json.RawMessage) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, offline.URL+path, nil)
	r.Header.Set("Authorization", "Bearer token")
	w := httptest.NewRecorder()
	dixa.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &rows))
	return rows
}

// What is in the archive is found in one call, by an agent of the example file.
func TestArchiveEvals(t *testing.T) {
	rules, err := capability.Load("../../../testdata/capabilities/archive.yaml")
	require.NoError(t, err)
	store := filled(t)
	for _, e := range archiveEvals {
		t.Run(e.asks, func(t *testing.T) {
			g := deskOf(t, rules, false, store)
			said, tokens := playAs(t, g, "researcher", e.task)
			require.Less(t, tokens, 1600)
			for _, fact := range e.facts {
				require.Regexp(t, regexp.MustCompile(`(?m)`+fact), said, "%s", strings.Join(e.task, "\n"))
			}
		})
	}
}

// A mistake in a query is answered with what there is to query.
func TestMistakesInQueries(t *testing.T) {
	rules, err := capability.Load("../../../testdata/capabilities/archive.yaml")
	require.NoError(t, err)
	g := deskOf(t, rules, false, filled(t))
	for sql, want := range map[string]string{
		"SELECT foo FROM conversations":     "no such column: foo; there are columns anonymized, assigned_at, assignee, ",
		"SELECT chanel FROM conversations":  "no such column: chanel; did you mean channel?",
		"SELECT 1 FROM foo":                 "no such table: foo; there are tables conversations, messages, tags",
		"DELETE FROM conversations":         "only SELECT over conversations, messages and tags is possible",
		"UPDATE conversations SET queue=''": "only SELECT over conversations, messages and tags is possible",
	} {
		arguments, err := json.Marshal(map[string]string{"sql": sql})
		require.NoError(t, err)
		a := g.Call(t.Context(), gate.Request{Agent: "researcher", Tool: "query_archive", Arguments: arguments})
		require.True(t, a.Failed, a.Text)
		require.Contains(t, a.Text, want)
	}
}
