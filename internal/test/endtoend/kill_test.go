package endtoend

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/seeds"
)

const workerFile = `version: 1
stdio: [worker]
agents:
  worker:
    access: {tags: read}
    allow: [add_note, tag_conversation, untag_conversation, close_conversation, reopen_conversation]
`

// toolOf says which tool does what the offline Dixa reports as an effect.
var toolOf = map[string]string{
	"POST /v1/conversations/{conversationId}/notes":          "add_note",
	"PUT /v1/conversations/{conversationId}/tags/{tagId}":    "tag_conversation",
	"DELETE /v1/conversations/{conversationId}/tags/{tagId}": "untag_conversation",
	"PUT /v1/conversations/{conversationId}/close":           "close_conversation",
	"PUT /v1/conversations/{conversationId}/reopen":          "reopen_conversation",
}

// write is one kind of write to one conversation.
type write struct{ tool, conversation string }

var inPath = regexp.MustCompile(`^/v1/conversations/(\d+)/`)

func writeOf(pattern, path string) write {
	if m := inPath.FindStringSubmatch(path); m != nil {
		return write{toolOf[pattern], m[1]}
	}
	return write{}
}

func intendedBy(r audit.Record) write {
	var a struct{ ConversationID json.Number }
	_ = json.Unmarshal(r.Arguments.JSON(), &a)
	tool := r.Tool
	if _, operation, ok := strings.Cut(r.Step, " "); ok { // of a plan
		tool = operation
	}
	return write{tool, a.ConversationID.String()}
}

// watched is an offline Dixa that looks, with each write that reaches it, whether the intent of it is in a file by
// then, and can hold a write back.
type watched struct {
	*offline.Dixa
	records string

	mu      sync.Mutex
	early   []string // writes without an intent
	arrived chan<- struct{}
	release <-chan struct{}
	onWrite func() (drop bool)
	writing sync.RWMutex // held while a write is handled
}

// ServeHTTP passes requests on.
func (w *watched) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.writing.RLock()
		defer w.writing.RUnlock()
		w.check(r)
		if w.arrived != nil {
			w.arrived <- struct{}{}
			<-w.release
		}
		if w.onWrite != nil && w.onWrite() {
			return
		}
	}
	w.Dixa.ServeHTTP(rw, r)
}

func (w *watched) check(r *http.Request) {
	for pattern := range toolOf {
		method, tail, _ := strings.Cut(pattern, " /v1/conversations/{conversationId}/")
		kind, _, _ := strings.Cut(tail, "/")
		if m := inPath.FindStringSubmatch(r.URL.Path); r.Method == method && m != nil && strings.Contains(r.URL.Path, "/"+kind) {
			if !recorded(w.records, write{toolOf[pattern], m[1]}) {
				w.mu.Lock()
				w.early = append(w.early, r.Method+" "+r.URL.Path)
				w.mu.Unlock()
			}
			return
		}
	}
	w.mu.Lock()
	w.early = append(w.early, "unknown: "+r.Method+" "+r.URL.Path)
	w.mu.Unlock()
}

// recorded tells whether an intent is in the records; the newest file is the likeliest.
func recorded(dir string, what write) bool {
	files, _ := filepath.Glob(filepath.Join(dir, "audit-*.jsonl"))
	for _, file := range slices.Backward(files) {
		found := false
		_ = audit.Read(file, func(r audit.Record) error {
			found = found || r.Event == audit.EventIntent && intendedBy(r) == what
			return nil
		})
		if found {
			return true
		}
	}
	return false
}

// bed is a folder for the program, and a Dixa that it works on.
type bed struct {
	home, state string
	env         []string
	dixa        *watched
	tag         string
}

func setUp(t *testing.T) *bed {
	b := &bed{home: t.TempDir()}
	b.state = filepath.Join(b.home, "state")
	b.dixa = &watched{Dixa: offline.New(offline.Options{Latency: 5 * time.Millisecond}), records: filepath.Join(b.state, "audit")}
	s := httptest.NewServer(b.dixa)
	t.Cleanup(s.Close)
	file := filepath.Join(b.home, "worker.yaml")
	require.NoError(t, os.WriteFile(file, []byte(workerFile), 0o600))
	b.env = []string{"DIXA_API_TOKEN=offline", "DIXA_MCP_BASE_URL=" + s.URL, "DIXA_MCP_STATE=" + b.state, "DIXA_MCP_CAPABILITIES=" + file}
	b.tag = firstTag(t, s.URL)
	return b
}

func firstTag(t *testing.T, url string) string {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/v1/tags", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "offline")
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	var tags struct{ Data []struct{ ID string } }
	require.NoError(t, json.NewDecoder(res.Body).Decode(&tags))
	require.NotEmpty(t, tags.Data)
	return tags.Data[0].ID
}

// nth is the nth call of all: five kinds of writes to each conversation, so that no two calls are alike.
func (b *bed) nth(n int) string {
	conversation := 1001 + n/5
	switch n % 5 {
	case 0:
		return toolCall(n, "add_note", map[string]any{"conversationId": conversation, "message": "Looked at it."})
	case 1:
		return toolCall(n, "tag_conversation", map[string]any{"conversationId": conversation, "tagId": b.tag})
	case 2:
		return toolCall(n, "untag_conversation", map[string]any{"conversationId": conversation, "tagId": b.tag})
	case 3:
		return toolCall(n, "close_conversation", map[string]any{"conversationId": conversation})
	}
	return toolCall(n, "reopen_conversation", map[string]any{"conversationId": conversation})
}

// load sends a handful of calls from three goroutines at once, numbered from n on.
func (b *bed) load(s *server, n, calls int) {
	var all sync.WaitGroup
	for worker := range 3 {
		all.Go(func() {
			for i := worker; i < calls; i += 3 {
				s.send(b.nth(n + i))
			}
		})
	}
	all.Wait()
}

var complaint = regexp.MustCompile(` (WARN|ERROR) |panic|dixa-mcp: `)

// Whenever the program is killed, Dixa has done nothing that was not recorded before, the records hold, and the next
// process goes on from them.
func TestKilledAtRandom(t *testing.T) {
	kills := seeds.Count(t)
	if testing.Short() {
		kills = 10
	}
	b := setUp(t)
	began, sent := time.Now(), 0
	for n := range kills {
		s, r := serve(t, b.home, b.env), seeds.New(n)
		if n%10 == 0 { // while it starts, or hardly has
			b.load(s, sent, 3)
			sent += 3
			<-time.After(time.Duration(r.Int64N(int64(40 * time.Millisecond))))
		} else {
			require.Contains(t, <-s.lines, `"serverInfo"`)
			calls := 3 + r.IntN(8)
			b.load(s, sent, calls)
			sent += calls
			<-time.After(time.Duration(r.Int64N(int64(150 * time.Millisecond))))
		}
		s.kill(t)
		require.NotRegexp(t, complaint, s.stderr.String(), "after kill %d, whose times come from seeds.New(%d)", n, n)
	}
	took := time.Since(began)

	s := serve(t, b.home, b.env) // and one that nobody kills
	s.send(b.nth(sent))
	require.NotContains(t, s.end(t), `"isError":true`)
	require.NotRegexp(t, complaint, s.stderr.String())

	report, err := audit.Verify(b.dixa.records)
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	require.Empty(t, report.Missing)
	b.dixa.mu.Lock()
	require.Empty(t, b.dixa.early, "these came to Dixa before their intent was in a file")
	b.dixa.mu.Unlock()

	intents := map[write]int{}
	require.NoError(t, readWhole(b.dixa.records, func(r audit.Record) {
		if r.Event == audit.EventIntent {
			intents[intendedBy(r)]++
		}
	}))
	done := map[write]int{}
	for _, e := range b.dixa.Effects() {
		done[writeOf(e.Operation, e.Path)]++
	}
	for what, times := range done {
		require.LessOrEqual(t, times, intents[what], "%v was done at Dixa and was not announced", what)
	}
	require.NotEmpty(t, done)
	b.verified(t, report)

	lost := 0
	for _, i := range report.Unfinished {
		lost += done[intendedBy(i.Record)]
	}
	t.Logf("%d kills in %v: %d calls, %d intents, %d effects at Dixa; %d intents without an outcome, of which %d were done; %d torn lines",
		kills, took.Round(time.Millisecond), sent+1, len(intents), len(b.dixa.Effects()), len(report.Unfinished), lost, len(report.Torn))
}

// readWhole reads the records and passes over torn lines, which Verify judges.
func readWhole(dir string, each func(audit.Record)) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		_ = audit.Read(filepath.Join(dir, e.Name()), func(r audit.Record) error { each(r); return nil })
	}
	return err
}

// verified looks at what the operator is told: the records hold, and each write without an outcome is named with the
// command that looks it up.
func (b *bed) verified(t *testing.T, report audit.Report) {
	t.Helper()
	out, stderr, code := run(t, b.home, b.env[2:3], "audit", "verify")
	require.Zero(t, code, stderr)
	require.Contains(t, out, "No record was altered, removed or reordered.")
	require.Equal(t, len(report.Torn), strings.Count(out, "torn: "))
	require.Equal(t, len(report.Unfinished), strings.Count(out, "unknown: "))
	looks := map[string]string{"add_note": "list_notes", "tag_conversation": "list_conversation_tags", "untag_conversation": "list_conversation_tags",
		"close_conversation": "get_conversation", "reopen_conversation": "get_conversation"}
	for _, i := range report.Unfinished {
		w := intendedBy(i.Record)
		require.Contains(t, out, fmt.Sprintf(`unknown: %s: %s; check with: dixa-mcp call %s '{"conversationId":%s}'`, i.Place, i.Record.Text, looks[w.tool], w.conversation))
	}
}

// A write that Dixa carries out while the program dies is listed as unknown, with the command that tells.
func TestKilledWhileDixaWorks(t *testing.T) {
	b := setUp(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	b.dixa.arrived, b.dixa.release = arrived, release
	s := serve(t, b.home, b.env)
	s.send(toolCall(1, "close_conversation", map[string]any{"conversationId": 1234}))
	<-arrived
	s.kill(t)
	close(release)
	require.Eventually(t, func() bool { return len(b.dixa.Effects()) == 1 }, time.Minute, time.Millisecond)

	require.Empty(t, b.dixa.early)
	out, _, code := run(t, b.home, b.env[2:3], "audit", "verify")
	require.Zero(t, code)
	require.Regexp(t, `unknown: audit-.*jsonl:2 \(record 2\): worker is about to close conversation 1234: allowed by agents\.worker\.allow; check with: dixa-mcp call get_conversation '\{"conversationId":1234\}'`, out)
	require.Equal(t, 1, strings.Count(out, "unknown: "))

	next := serve(t, b.home, b.env)
	require.Contains(t, <-next.lines, `"serverInfo"`)

	require.Empty(t, next.end(t))
	require.NotRegexp(t, complaint, next.stderr.String())
}
