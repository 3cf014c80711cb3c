package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/pgtest"
	"dixa-mcp/internal/archive/sqlitestore"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/offline"
)

// An archive is made by a sync, searched, verified and removed; nothing else makes one.
func TestArchive(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.good("call", "get_organization", "--offline", "--state", "~/s")
	require.NoFileExists(t, filepath.Join(p.home, "s", sqlitestore.FileName))
	require.Contains(t, p.good("archive", "sync", "--offline", "--state", "~/s", "--since", "2d"), "The archive has everything from ")
	require.Contains(t, p.good("archive", "status", "--state", "~/s"), "Conversations:")
	found := p.good("archive", "search", "the", "--state", "~/s", "--limit", "3")
	require.Equal(t, 3, strings.Count(found, ` · "`), "untrusted text is in quotation marks: %s", found)
	require.Contains(t, p.good("archive", "verify", "--state", "~/s"), "is sound")
	require.Contains(t, p.good("audit", "show", "--state", "~/s"), "copied conversations and messages to the archive")
	p.reports(t)
	p.good("backup", "~/copy", "--state", "~/s")
	require.Equal(t, found, p.good("archive", "search", "the", "--state", "~/copy", "--limit", "3"))
	p.good("archive", "purge", "--keep", "1d", "--state", "~/s")
	p.good("archive", "purge", "--all", "--state", "~/s")
	require.NoFileExists(t, filepath.Join(p.home, "s", sqlitestore.FileName))
}

// A sync that is killed in the middle of a window goes on at once, and has every row once.
func TestArchiveSyncKilled(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) { syncKilled(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { syncKilled(t, pgtest.Get(t).Database(t)) })
}

// syncKilled kills a sync of the archive at an address, "" for the file in the state directory.
func syncKilled(t *testing.T, address string) {
	const rows = 1200
	p := newPlace(t)
	var whole atomic.Bool
	release := make(chan struct{})
	dixa := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/organization":
			_, _ = io.WriteString(w, organizationAnswer)
		case "/v1/message_export":
			now, _ := strconv.ParseInt(r.URL.Query().Get("created_before"), 10, 64)
			_, _ = io.WriteString(w, "[")
			for i := range rows {
				if i > 0 {
					_, _ = io.WriteString(w, ",")
				}
				fmt.Fprintf(w, `{"id":"0c1a2b3c-4d5e-4f60-8a7b-%012d","csid":1,"created_at":%d,"text":"allen"}`, i, now-3600_000)
				if i == rows-100 && !whole.Load() {
					w.(http.Flusher).Flush()
					select {
					case <-release:
					case <-r.Context().Done():
					}
					return
				}
			}
			_, _ = io.WriteString(w, "]")
		case "/v1/conversation_export":
			_, _ = io.WriteString(w, "[]")
		default:
			_, _ = io.WriteString(w, `{"data":[]}`)
		}
	}))
	t.Cleanup(dixa.Close)
	t.Cleanup(func() { close(release) })
	args := func() []string {
		return []string{"archive", "sync", "--base-url", dixa.URL, "--state", "~/s", "--since", "1d"}
	}
	env := []string{"DIXA_API_TOKEN=token", "DIXA_MCP_ARCHIVE=" + address}
	c := p.command(env, args()...)
	require.NoError(t, c.Start())
	store, err := archiveFlag{address}.openArchive(filepath.Join(p.home, "s"))
	require.NoError(t, err)
	messages := func() int64 {
		if exists, err := store.Exists(t.Context()); err != nil || !exists {
			return 0
		}
		st, err := store.Status(t.Context())
		if err != nil {
			return 0
		}
		return st.Messages
	}
	require.Eventually(t, func() bool { return messages() >= 500 }, limit, 5*time.Millisecond)
	require.NoError(t, c.Process.Kill())
	require.Error(t, c.Wait())
	require.Less(t, messages(), int64(rows))
	whole.Store(true)
	o := finish(t, p.command(env, args()...))
	require.Zero(t, o.code, o.stderr)
	require.EqualValues(t, rows, messages())
	o = finish(t, p.command(env, "archive", "verify", "--state", "~/s"))
	require.Zero(t, o.code, o.stderr)
	require.Contains(t, o.stdout, "is sound")
	require.NoError(t, store.Close())
}

// Commands of several machines use one archive, and the address in a file is in no message.
func TestSharedArchive(t *testing.T) {
	t.Parallel()
	server := pgtest.Get(t)
	address := server.Database(t)
	p := newPlace(t)
	file := p.write("archive.url", address+"\n")
	run := func(args ...string) outcome {
		t.Helper()
		o := finish(t, p.command(nil, append(args, "--archive", "~/archive.url")...))
		require.NotContains(t, o.stdout+o.stderr, pgtest.Password)
		return o
	}
	good := func(args ...string) string {
		t.Helper()
		o := run(args...)
		require.Zero(t, o.code, o.stderr)
		return o.stdout
	}
	require.Contains(t, run("archive", "status").stderr, "there is no archive at postgres://"+server.Addr)
	require.Contains(t, good("archive", "sync", "--offline", "--state", "~/s", "--since", "2d"), "The archive has everything from ")
	require.NoFileExists(t, filepath.Join(p.home, "s", sqlitestore.FileName))
	require.Contains(t, good("archive", "status", "--state", "~/other"), "Archive:        postgres://"+server.Addr)
	found := good("archive", "search", "the", "--limit", "3")
	require.Equal(t, 3, strings.Count(found, ` · "`), found)
	require.Contains(t, good("archive", "verify"), "is sound")
	require.Contains(t, good("doctor", "--offline", "--state", "~/s"), "postgres://"+server.Addr)
	require.Contains(t, good("archive", "status", "--json"), `"erased": 0`)
	conversation, err := strconv.ParseInt(strings.Fields(found)[0], 10, 64)
	require.NoError(t, err)
	flags := dixaFlags{reachFlags: reachFlags{Offline: true, State: filepath.Join(p.home, "s")}, archiveFlag: archiveFlag{file}}
	erasing, err := flags.erasing(func(err error) { require.NoError(t, err) })
	require.NoError(t, err)
	in := &dixaclient.AnonymizeConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: conversation}}
	require.NoError(t, erasing(t.Context(), &dixaclient.Call{In: in}, func(context.Context) error { return nil }))
	require.NotContains(t, good("archive", "status", "--json"), `"erased": 0`, "what a server anonymizes in Dixa is erased here")
	good("archive", "purge", "--keep", "1d")
	require.Contains(t, good("archive", "purge", "--all"), "Removed postgres://"+server.Addr)
	require.Contains(t, run("archive", "verify").stderr, "there is no archive")
	require.NoError(t, os.Chmod(file, 0o644))
	require.Contains(t, run("archive", "status").stderr, "has the mode 0644, which gives other users access")
	require.NoError(t, os.Chmod(file, 0o440), "as Kubernetes mounts a secret")
	require.Contains(t, run("archive", "status").stderr, "there is no archive at")
	p.write("empty.url", "")
	for _, bad := range []string{"~/empty.url", "~/missing.url", "redis://x:" + pgtest.Password + "@y/z"} {
		o := finish(t, p.command(nil, "archive", "status", "--archive", bad))
		require.NotZero(t, o.code)
		require.Contains(t, o.stderr, "--archive")
		require.Contains(t, o.stderr, "postgres://")
	}
}

// wrong runs a command that must fail, and returns what it prints on standard error.
func (p *place) wrong(args ...string) string {
	p.t.Helper()
	o := p.run(args...)
	require.NotZero(p.t, o.code, "%s: %s", args, o.stdout)
	return o.stderr
}

// reports makes reports from the archive in ~/s, in each form.
func (p *place) reports(t *testing.T) {
	t.Helper()
	about := []string{"report", "last 7 days", "--state", "~/s", "--timezone", "Europe/Copenhagen"}
	with := func(more ...string) []string { return append(slices.Clone(about), more...) }
	table := p.good(with("--by", "queue")...)
	require.Contains(t, table, "first answer")
	require.Contains(t, table, "Billing")
	require.Contains(t, table, "Time zone Europe/Copenhagen")
	rows, err := csv.NewReader(strings.NewReader(p.good(with("--by", "day", "--format", "csv")...))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+1+7, "a head, all, and the days")
	var said struct {
		Rows []map[string]string
		By   string
	}
	require.NoError(t, json.Unmarshal([]byte(p.good(with("--by", "tag", "--json")...)), &said))
	require.Equal(t, "tag", said.By)
	require.Equal(t, rows[1][1], said.Rows[0]["conversations"])
	require.NoError(t, xml.Unmarshal([]byte(p.good(with("--by", "channel", "--format", "svg")...)), new(struct{})))
	p.good(with("--out", "~/week.html")...)
	page, err := os.ReadFile(filepath.Join(p.home, "week.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "By queue")
	for file, flags := range map[string][]string{"tags.JSON": nil, "tags.txt": {"--json"}} {
		o := p.run(with(append(flags, "--by", "tag", "--out", "~/"+file)...)...)
		require.Zero(t, o.code, o.stderr)
		require.Contains(t, o.stderr, file+" (JSON).")
		require.NoError(t, json.Unmarshal([]byte(read(t, filepath.Join(p.home, file))), &said))
	}
	for want, flags := range map[string][]string{
		"must be one of queue": {"--by", "queues"}, "svg requires --by": {"--out", "~/week.svg"}, "exclude each other": {"--format", "html", "--by", "day"}, "--timezone": {"--timezone", "Mars"},
	} {
		require.Contains(t, p.wrong(with(flags...)...), want)
	}
	require.Contains(t, p.wrong("report", "next week", "--state", "~/s"), "the period must be today")
	require.Contains(t, p.wrong("report", "--state", "~/none"), "there is no archive")
}

// An agent finds in the archive what its grants cover, where --archive names one; a server keeps it fresh, and records that.
func TestAgentsSearchTheArchive(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.write("caps.yaml", "version: 1\nstdio: [analyst]\narchive: {keep: 2d}\nagents:\n  analyst: {access: {\"*\": read}, allow: [search_messages, query_archive]}\n")
	common := []string{"--offline", "--state", "~/s", "--capabilities", "~/caps.yaml"}
	call := func(tool, arguments string, more ...string) []string {
		return slices.Concat([]string{"call", tool, arguments, "--agent", "analyst"}, common, more)
	}
	require.Contains(t, p.wrong(call("search_messages", `{"words":"the"}`, "--archive", "sqlite")...), "there is no archive at")
	require.NoFileExists(t, filepath.Join(p.home, "s", sqlitestore.FileName))
	p.good("archive", "sync", "--offline", "--state", "~/s", "--since", "2d")
	require.Contains(t, p.wrong(call("search_messages", `{"words":"the"}`)...), "--archive")
	require.Contains(t, p.good(call("search_messages", `{"words":"the","limit":2}`, "--archive", "sqlite")...), "Archive, everything until")
	require.Contains(t, p.good(call("query_archive", `{"sql":"SELECT count(*) AS n FROM messages"}`, "--archive", "sqlite")...), "n ")
	require.Contains(t, p.wrong(call("query_archive", `{"sql":"SELECT 1; DROP TABLE message"}`, "--archive", "sqlite")...), "sql: must be one SELECT")

	p.good("archive", "purge", "--all", "--state", "~/s")
	c := p.command(nil, slices.Concat([]string{"serve", "--archive", "sqlite"}, common)...)
	in, err := c.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	store := sqlitestore.Open(filepath.Join(p.home, "s"))
	require.Eventually(t, func() bool {
		if exists, err := store.Exists(t.Context()); err != nil || !exists {
			return false
		}
		st, err := store.Status(t.Context())
		return err == nil && st.Conversations > 0
	}, limit, 50*time.Millisecond, "the server fills the archive")
	require.NoError(t, store.Close())
	require.NoError(t, in.Close())
	require.NoError(t, c.Wait())
	require.Contains(t, p.good("audit", "show", "--state", "~/s"), "conversations and messages to the archive")
}

// Four servers over stdio use one archive: one at a time fills it, and all search it.
func TestServersShareTheArchive(t *testing.T) {
	t.Parallel()
	dixa := offline.New(offline.Options{})
	var exporting, most atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "_export") {
			most.Store(max(most.Load(), exporting.Add(1)))
			defer exporting.Add(-1)
		}
		dixa.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	p := newPlace(t)
	file := p.write("capabilities.yaml", "version: 1\nstdio: [analyst]\narchive: {keep: 2d}\nagents:\n  analyst: {access: {\"*\": read}, allow: [search_messages]}\n")
	env := []string{"DIXA_API_TOKEN=" + token, "DIXA_MCP_BASE_URL=" + s.URL, "DIXA_MCP_CAPABILITIES=" + file, "DIXA_MCP_ARCHIVE=sqlite"}
	var all []*connection
	for range 4 {
		c := open(t, p.command(env, "serve"))
		c.initialize()
		all = append(all, c)
	}
	id := 0
	for _, c := range all {
		require.Eventually(t, func() bool {
			id++
			answer := c.ask(id, "tools/call", `{"name":"search_messages","arguments":{"words":"the"}}`)
			return strings.Contains(answer, "Archive, everything until") && strings.Contains(answer, "| ")
		}, limit, 200*time.Millisecond)
	}
	for _, c := range all {
		c.end(0)
	}
	require.EqualValues(t, 1, most.Load(), "one process at a time fills the archive")
	p.good("archive", "verify")
}

// A sync of the server is recorded, whatever became of it.
func TestSyncsAreRecorded(t *testing.T) {
	for want, failed := range map[string]error{audit.OutcomeDone: nil, audit.OutcomeFailed: io.ErrUnexpectedEOF, audit.OutcomeCancelled: fmt.Errorf("interrupted: %w", context.Canceled)} {
		dir := t.TempDir()
		log, err := audit.Open(audit.Options{Dir: dir})
		require.NoError(t, err)
		rules, err := capability.Parse("capabilities.yaml", []byte("version: 1\nagents: {reader: {access: {tags: read}}}\n"))
		require.NoError(t, err)
		(&system{rules: rules, log: log}).synced(archive.Result{Messages: 7}, failed)
		require.NoError(t, log.Close())
		files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		var outcome string
		require.NoError(t, audit.Read(files[0], func(r audit.Record) error {
			if r.Tool == "archive_sync" {
				outcome = r.Outcome
				require.Contains(t, r.Arguments.String(), `"messages":7`)
			}
			return nil
		}))
		require.Equal(t, want, outcome)
	}
}
