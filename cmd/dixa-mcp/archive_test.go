package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive/sqlitestore"
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
	p.good("backup", "~/copy", "--state", "~/s")
	require.Equal(t, found, p.good("archive", "search", "the", "--state", "~/copy", "--limit", "3"))
	p.good("archive", "purge", "--keep", "1d", "--state", "~/s")
	p.good("archive", "purge", "--all", "--state", "~/s")
	require.NoFileExists(t, filepath.Join(p.home, "s", sqlitestore.FileName))
}

// A sync that is killed in the middle of a window goes on at once, and has every row once.
func TestArchiveSyncKilled(t *testing.T) {
	t.Parallel()
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
	env := []string{"DIXA_API_TOKEN=token"}
	c := p.command(env, args()...)
	require.NoError(t, c.Start())
	store := sqlitestore.Open(filepath.Join(p.home, "s"))
	messages := func() int64 {
		if _, err := os.Stat(filepath.Join(p.home, "s", sqlitestore.FileName)); err != nil {
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
	require.Contains(t, p.good("archive", "verify", "--state", "~/s"), "is sound")
	require.NoError(t, store.Close())
}
