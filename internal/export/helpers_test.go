package export

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/double"
)

var january = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// fake is an Exports API with a conversation every hour from january on. It is used inside synctest bubbles, whose
// clock makes waiting for the limit cost nothing.
type fake struct {
	hours     int                                                      // how many conversations there are
	exclusive bool                                                     // neither end belongs to a window
	fault     func(n int, w http.ResponseWriter, r *http.Request) bool // true: it has answered the nth request

	mu   sync.Mutex
	asks []url.Values
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asks = append(f.asks, r.URL.Query())
	n := len(f.asks)
	f.mu.Unlock()
	if f.fault == nil || !f.fault(n, w, r) {
		_, _ = io.WriteString(w, "["+strings.Join(f.rows(r.URL.Query()), ",")+"]")
	}
}

// rows are those of a window by any kind of time.
func (f *fake) rows(q url.Values) (rows []string) {
	var after, before int64
	for name := range q {
		ms, _ := strconv.ParseInt(q.Get(name), 10, 64)
		if strings.HasSuffix(name, "_after") {
			after = ms
		} else {
			before = ms
		}
	}
	for i := range f.hours {
		at := january.Add(time.Duration(i) * time.Hour).UnixMilli()
		if at > after && at < before || !f.exclusive && (at == after || at == before) {
			rows = append(rows, fmt.Sprintf(`{"id":%d,"updated_at":%d,"subject":"=%d"}`, i, at, i))
		}
	}
	return rows
}

// broken answers with the first of a window's bytes, and then hangs up.
func (f *fake) broken(w http.ResponseWriter, r *http.Request, share float64) bool {
	whole := "[" + strings.Join(f.rows(r.URL.Query()), ",") + "]"
	_, _ = io.WriteString(w, whole[:int(float64(len(whole))*share)])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func client(t *testing.T, h http.Handler) *dixaclient.Client {
	network := double.Network(t, h)
	c, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), ExportsURL: "http://127.0.0.1", Transport: network})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// updated is a job over so many days of conversations.
func updated(t *testing.T, days int) Job {
	t.Helper()
	j, err := NewJob(Conversations, "here", january.AddDate(1, 0, 0), nil, span("updated", january, january.AddDate(0, 0, days)))
	require.NoError(t, err)
	return j
}

func span(by string, after, before time.Time) Span {
	return Span{by, after, before}
}

// ran is what an export came to.
func run(t *testing.T, ctx context.Context, c *dixaclient.Client, j Job, out string) (Progress, error) {
	t.Helper()
	return Run(ctx, c, j, Options{Out: out, Now: january.AddDate(1, 0, 0), Report: func(Progress) {}})
}

// requireComplete tells that a file has the conversations from 0 on, each once and in order, and nothing is left beside it.
func requireComplete(t *testing.T, out string, conversations int) {
	t.Helper()
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	var want strings.Builder
	for i := range conversations {
		fmt.Fprintf(&want, "{\"id\":%d,\"updated_at\":%d,\"subject\":\"=%d\"}\n", i, january.Add(time.Duration(i)*time.Hour).UnixMilli(), i)
	}
	require.Equal(t, want.String(), string(text))
	info, err := os.Stat(out)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	require.NoFileExists(t, out+".part")
	require.NoFileExists(t, out+".part.json")
}
