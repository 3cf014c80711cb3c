package console_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/console"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/records"
)

var hashKey = []byte("0123456789abcdef0123456789abcdef")

// withRecords keeps the records of a bed in files, which the console finds.
func withRecords(t *testing.T, change ...func(*console.Config)) (*bed, *audit.Log) {
	dir := filepath.Join(t.TempDir(), "audit")
	index := records.Open(dir)
	b := newBed(t, func(c *console.Config) {
		c.Records, c.HashKey, c.Rate = index, hashKey, 10
		c.Verify = func() (audit.Report, error) { return audit.Verify(dir) }
		for _, f := range change {
			f(c)
		}
	})
	log, err := audit.Open(audit.Options{Dir: dir, Now: b.now})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, log.Close())
		require.NoError(t, index.Close())
	})
	b.kept = log
	return b, log
}

// calls makes some calls of agents.
func (b *bed) calls() {
	for _, call := range []struct{ agent, tool, arguments string }{
		{"triage", "get_conversation", `{"conversationId":1234}`},
		{"reader", "get_conversation", `{"conversationId":1235}`},
		{"reader", "close_conversation", `{"conversationId":1235}`},
		{"triage", "tag_conversation", `{"conversationId":1234,"tagId":"urgent"}`},
	} {
		b.gate.Call(b.Context(), gate.Request{Agent: call.agent, Tool: call.tool, Arguments: json.RawMessage(call.arguments)})
	}
}

// Whoever may sign in sees what agents did, as sentences, and finds it by agent, conversation and decision.
func TestRecords(t *testing.T) {
	b, _ := withRecords(t)
	before := b.signIn(evaKey).get("/records").text()
	require.Contains(t, before, "eva.lind signed in to the console")
	require.NotContains(t, before, "get_conversation")
	b.calls()
	for _, key := range []string{annaKey, adminKey, evaKey} {
		v := b.signIn(key)
		all := v.get("/records").text()
		require.Contains(t, all, "triage tagged conversation 1234")
		require.Contains(t, all, "reader was refused close_conversation")
		require.NotContains(t, all, "is about to", "the outcome says more")
		for query, want := range map[string][2]string{ // what is found, and what is not
			"agent=triage":             {"triage tagged", "reader"},
			"tool=close_conversation":  {"reader was refused", "triage"},
			"conversation=1235":        {"reader", "triage"},
			"only=refused":             {"reader was refused", "triage"},
			"only=changes&since=today": {"reader was refused", "read conversation"},
			"agent=nobody":             {"No record matches.", "triage"},
			"until=2020-01-01":         {"No record matches.", "triage"},
		} {
			_, found, _ := strings.Cut(v.get("/records?"+query).text(), "Search")
			require.Contains(t, found, want[0], query)
			require.NotContains(t, found, want[1], query)
		}
	}
	require.Equal(t, http.StatusUnauthorized, b.visitor().get("/records").StatusCode)
	for query, want := range map[string]string{
		"conversation=x": "Conversation must be the number of a conversation", "since=soon": "From: ", "until=x": "Until: ", "only=x": "Show must be",
	} {
		got := b.signIn(evaKey).get("/records?" + query)
		require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
		require.Contains(t, got.text(), want)
	}
}

// One call is opened: its arguments as recorded, the line that decided, its requests, and all its records.
func TestRecord(t *testing.T) {
	b, log := withRecords(t)
	b.calls()
	v := b.signIn(evaKey)
	link := func(page, says string) string {
		body := v.get(page).body
		before, _, ok := strings.Cut(body, says)
		require.True(t, ok, says)
		path := before[strings.LastIndex(before, `href="`)+len(`href="`):]
		return path[:strings.IndexByte(path, '"')]
	}
	page := v.get(link("/records", "triage tagged")).text()
	for _, want := range []string{`"conversationId": 1234`, "agents.triage.", "(capabilities.yaml:", "tag_conversation 204", "ms in all, with queue and retries", "All records of this call", "is about to", "number "} {
		require.Contains(t, page, want)
	}
	number := b.asks("reply", text)
	require.Contains(t, v.get(link("/records", "replies wants to")).body, `href="/requests/`+number+`"`)
	for _, id := range []string{"x", "1-2-3", "%2e%2e%2f"} {
		require.Equal(t, http.StatusNotFound, v.get("/records/"+id).StatusCode)
	}

	// A line that was altered is marked, in the list and when it is opened.
	require.NoError(t, log.Write(t.Context(), audit.Record{Event: audit.EventRead, Agent: "triage", Text: "triage read the moon"}))
	opened := link("/records", "the moon")
	files, err := filepath.Glob(filepath.Join(log.Dir(), "*.jsonl"))
	require.NoError(t, err)
	lines, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(files[0], []byte(strings.Replace(string(lines), "the moon", "the sun!", 1)), 0o600))
	require.Contains(t, v.get("/records").text(), "the sun! altered")
	require.Contains(t, v.get(opened).text(), "This record is not as it was written")
	verified := v.submits("/records", "/verify")
	require.Equal(t, http.StatusOK, verified.StatusCode)
	require.Contains(t, verified.text(), "as they were written? no")
	require.Equal(t, http.StatusForbidden, v.post("/verify", nil).StatusCode)
}

func TestVerified(t *testing.T) {
	b, _ := withRecords(t)
	b.calls()
	require.Contains(t, b.signIn(evaKey).submits("/records", "/verify").text(), "None was altered, removed or reordered.")
}

// A list goes on page by page, and exports hold what the filter picks, as it is in the files.
func TestExports(t *testing.T) {
	b, log := withRecords(t)
	for i := range 1200 {
		agent := "triage"
		if i%3 == 0 {
			agent = "=HYPERLINK(1)"
		}
		require.NoError(t, log.Write(t.Context(), audit.Record{Event: audit.EventRead, Agent: agent, Tool: "get_tag", Text: fmt.Sprintf("-call %d", i)}))
	}
	v := b.signIn(evaKey)
	seen, path := 0, "/records?agent=triage"
	for path != "" {
		body := v.get(path).body
		seen += strings.Count(body, "-call ")
		_, rest, more := strings.Cut(body, `class="button" href="/records?`)
		if path = ""; more {
			path = "/records?" + strings.ReplaceAll(rest[:strings.IndexByte(rest, '"')], "&amp;", "&")
		}
	}
	require.Equal(t, 800, seen)

	got := v.get("/records.jsonl?agent=triage")
	require.Contains(t, got.Header.Get("Content-Disposition"), "attachment")
	lines := strings.Split(strings.TrimSpace(got.body), "\n")
	require.Len(t, lines, 800)
	for _, line := range lines {
		_, altered := audit.Unseal([]byte(line))
		require.Empty(t, altered)
	}
	rows, err := csv.NewReader(strings.NewReader(v.get("/records.csv").body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1202, "titles, calls and the sign-in")
	require.Equal(t, "time", rows[0][0])
	for _, row := range rows {
		for _, cell := range row {
			require.NotRegexp(t, `^[=+@-]`, cell, "a spreadsheet would take it for a formula")
		}
	}
	require.Equal(t, http.StatusUnauthorized, b.visitor().get("/records.csv").StatusCode)
	require.Equal(t, http.StatusUnprocessableEntity, v.get("/records.csv?since=x").StatusCode)
	empty, err := csv.NewReader(strings.NewReader(v.get("/records.csv?agent=nobody").body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, empty, 1)
}

// Markup in what agents and customers name does nothing on these pages.
func TestRecordsAreText(t *testing.T) {
	b, log := withRecords(t)
	const evil = `<script>alert(1)</script>"><img src=x onerror=alert(1)>`
	record := audit.Record{
		Event: audit.EventOutcome, Call: "evil", Agent: evil, Person: evil, Key: evil, Tool: evil, Rule: evil, Reason: evil, Confirm: evil, Step: evil, Job: evil, Text: evil + "\u202e", Access: "write", Outcome: audit.OutcomeDone,
		Arguments: audit.Unreduced([]byte(`{"conversationId":"<script>","note":"<script>alert(1)</script>"}`)), Names: map[string]string{evil: evil}, Approval: evil, Approver: evil,
		Operations: []audit.Operation{{Operation: evil, Error: evil, Outcome: evil}},
	}
	require.NoError(t, log.Write(context.Background(), record))
	require.NoError(t, log.Write(context.Background(), record))
	v := b.signIn(evaKey)
	list := v.get("/records")
	_, rest, _ := strings.Cut(list.body, `href="/records/`)
	for _, page := range []answer{list, v.get("/records/" + rest[:strings.IndexByte(rest, '"')]), v.get("/records?agent=" + "%3Cscript%3E"), v.submits("/records", "/verify")} {
		require.Equal(t, http.StatusOK, page.StatusCode)
		require.NotContains(t, page.body, "<script>")
		require.NotContains(t, page.body, "<img src=x")
		require.NotContains(t, page.body, "\u202e")
	}
}
