package dixaclient

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

var someIDs = ExportConversationsIn{CSIDs: []int32{1}}

// streamClient reaches the exports of a handler behind a network in memory.
func streamClient(t *testing.T, do behaviour) *Client {
	client, err := New(Config{Token: StaticToken(testToken), ExportsURL: "http://127.0.0.1", MaxAnswer: 1000,
		Transport: &http.Transport{DialContext: serveMemory(t, do.handler()).dial}})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// send writes pieces, and after each waits until it is under way.
func send(pieces ...string) behaviour {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		for _, p := range pieces {
			_, _ = io.WriteString(w, p)
			w.(http.Flusher).Flush()
		}
	}
}

// sendThen breaks, waits or goes on after what it sent.
func sendThen(text string, do behaviour) behaviour {
	return func(n int, w http.ResponseWriter, r *http.Request) {
		send(text)(n, w, r)
		do(n, w, r)
	}
}

// drip sends a list, a byte at a time.
func drip(text string, every time.Duration) behaviour {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		for i := range len(text) {
			time.Sleep(every)
			_, _ = io.WriteString(w, text[i:i+1])
			w.(http.Flusher).Flush()
		}
	}
}

func zipped(text string, cutAt int) behaviour {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, text)
		_ = z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(b.Bytes()[:b.Len()-cutAt])
	}
}

func TestStream(t *testing.T) {
	row := func(size int) string { return `{"a":"` + strings.Repeat("x", size-8) + `"}` }
	for _, test := range []struct {
		name string
		do   behaviour
		rows string // joined by blanks
		sent int
		err  string // "" for success
	}{
		{"rows", send(`[{"id":1},`, `{"id`, `":2}]`), `{"id":1} {"id":2}`, 1, ""},
		{"none", send(`[]`), "", 1, ""},
		{"white space", send(" [ {\"id\" : 1} ,\n null]\r\n\t "), `{"id" : 1} null`, 1, ""},
		{"odd rows", send(`[1,"a",null,[[]],{"x":1.50,"x":2}]`), `1 "a" null [[]] {"x":1.50,"x":2}`, 1, ""},
		{"a row of the limit", send(`[` + row(1000) + `]`), row(1000), 1, ""},
		{"compressed", zipped(`[1,2]`, 0), "1 2", 1, ""},
		{"429 once", then(status(429, tooMany), send(`[1]`)), "1", 2, ""},
		{"500 once", then(status(500, `{}`), send(`[1]`)), "1", 2, ""},
		{"broken before the first row", then(hangUp, send(`[1]`)), "1", 2, ""},
		{"cut in the first row", then(sendThen(`[{"id":`, hangUp), send(`[1]`)), "1", 2, ""},
		{"HTML once", then(status(200, html), send(`[1]`)), "1", 2, ""},
		{"slow", drip(`[1,2]`, 119*time.Second), "1 2", 1, ""},

		{"cut in a row", sendThen(`[{"id":1},{"id":2,"te`, hangUp), `{"id":1}`, 1,
			"export_conversations: Dixa answered 200, but its list broke off after 1 rows: unexpected EOF. Try again later."},
		{"cut behind a row", sendThen(`[{},{}`, hangUp), "{} {}", 1, "after 2 rows: unexpected EOF"},
		{"cut behind a comma", sendThen(`[{},{},`, hangUp), "{} {}", 1, "after 2 rows: unexpected EOF"},
		{"ended too early", send(`[{},{}`), "{} {}", 1, "after 2 rows: unexpected EOF"},
		{"broken behind the list", sendThen(`[{},{}]`, hangUp), "{} {}", 1, "after 2 rows: unexpected EOF"},
		{"compressed, without its checksum", zipped(`[{}]`, 8), "{}", 1, "after 1 rows: unexpected EOF"},
		{"garbage between rows", send(`[{},Hi Anna!]`), "{}", 1, "after 1 rows: it is not the documented JSON list"},
		{"wrong bracket", send(`[{}}`), "{}", 1, "not the documented"},
		{"no comma", send(`[{} {}]`), "{}", 1, "not the documented"},
		{"comma at the end", send(`[{},]`), "{}", 1, "not the documented"},
		{"a second list", send(`[{}][{}]`), "{}", 1, "not the documented"},
		{"a second bracket", send(`[{}]]`), "{}", 1, "not the documented"},
		{"HTML", status(200, html), "", 3,
			"Dixa answered 200, but its list broke off after 0 rows: it is not the documented JSON list (after 3 attempts)."},
		{"an object", send(`{"data":[]}`), "", 3, "not the documented"},
		{"empty", status(200, ""), "", 3, "unexpected EOF"},
		{"too deep", send(`[` + strings.Repeat("[", 999)), "", 3, "unexpected EOF"},
		{"a row over the limit", send(`[{},` + row(1001) + `]`), "{}", 1,
			"after 1 rows: the answer is too large (one row has more than 1000 bytes). Ask for less"},
		{"white space over the limit", send(`[`, strings.Repeat(" ", 2000)), "", 1, "too large"},
		{"silence in a row", sendThen(`[{},{`, hang), "{}", 1, "after 1 rows: it took longer than 2m0s for the next byte. Try again later."},
		{"silence at once", hang, "", 1, "no answer from Dixa: it took longer than 2m0s for the next byte."},
		{"400", status(400, `{"message":"no"}`), "", 1, "Dixa answered 400: no."},
		{"401", status(401, `{"message":"Unauthorized"}`), "", 1, "401: Unauthorized"},
		{"429 always", status(429, tooMany), "", 3, "Dixa answered 429: Too Many Requests (after 3 attempts)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent atomic.Int64
				c := streamClient(t, func(n int, w http.ResponseWriter, r *http.Request) {
					sent.Store(int64(n))
					test.do(n, w, r)
				})
				rows, err := collect(t, t.Context(), c)
				require.Equal(t, test.rows, strings.Join(rows, " "))
				require.EqualValues(t, test.sent, sent.Load())
				if test.err == "" {
					require.NoError(t, err)
					return
				}
				require.ErrorContains(t, err, test.err)
				require.ErrorAs(t, err, new(*Error))
				require.NotContains(t, err.Error(), "Anna")
			})
		})
	}
}

// collect takes a whole stream.
func collect(t *testing.T, ctx context.Context, c *Client) (rows []string, last error) {
	for row, err := range ExportConversations.Stream(ctx, c, someIDs) {
		require.NoError(t, last, "nothing comes after an error")
		if last = err; err == nil {
			rows = append(rows, string(row))
		}
	}
	return rows, last
}

func TestStreamsCanBeLeft(t *testing.T) {
	endless := func(_ int, w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `[{}`)
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, `,{}`)
		}
	}
	t.Run("by leaving the loop", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := streamClient(t, endless)
			n := 0
			for _, err := range ExportConversations.Stream(t.Context(), c, someIDs) {
				require.NoError(t, err)
				if n++; n == 5 {
					break
				}
			}
			require.Equal(t, 5, n)
		})
	})
	t.Run("by its context", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := streamClient(t, endless)
			var last error
			for _, last = range ExportConversations.Stream(ctx, c, someIDs) {
				cancel()
			}
			require.ErrorIs(t, last, context.Canceled)
		})
	})
	t.Run("a slow reader is no silence", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := streamClient(t, send(`[{},`, `{}]`))
			for _, err := range ExportConversations.Stream(t.Context(), c, someIDs) {
				require.NoError(t, err)
				time.Sleep(time.Hour)
			}
		})
	})
}

// What wraps operations wraps streams, too, and sees every row.
func TestAroundsStandAroundStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refusal := errors.New("not granted")
		c := streamClient(t, send(`[1,2,3]`))
		refusing := c.With(func(context.Context, *Call, func(context.Context) error) error { return refusal })
		_, err := collect(t, t.Context(), refusing)
		require.Equal(t, refusal, err)

		odd := c.With(func(ctx context.Context, call *Call, next func(context.Context) error) error {
			require.Equal(t, someIDs, *call.In.(*ExportConversationsIn))
			row := call.Row
			call.Row = func(raw json.RawMessage) error {
				if string(raw) == "2" {
					return nil
				}
				return row(raw)
			}
			return next(ctx)
		})
		rows, err := collect(t, t.Context(), odd)
		require.NoError(t, err)
		require.Equal(t, []string{"1", "3"}, rows)
	})
}

func TestStreamsKeepTheExportsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := streamClient(t, send(`[]`))
		start := time.Now()
		for range 11 {
			_, err := collect(t, t.Context(), c)
			require.NoError(t, err)
		}
		require.Equal(t, time.Minute, time.Since(start).Round(time.Second), "ten a minute")
	})
}

func FuzzRows(f *testing.F) {
	for _, seed := range []string{`[]`, `[1,{"a":[2,"x\n"]},null]`, ` [ "\ud800" ] `, `[1}`, `[1,]`, `[,1]`, `[1]]`, `[1]x`, `[`, `{}`, "[\"\xff\"]",
		`[1 2]`, `[-]`, `[1e]`, `[[[[[]]]]]`, `""`, `null`, ``} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, body []byte, size int) {
		var got []json.RawMessage
		keep := func(row json.RawMessage) error {
			got = append(got, bytes.Clone(row))
			return nil
		}
		err := eachRow(iotest.OneByteReader(bytes.NewReader(body)), 1<<20, keep)
		again := got
		got = nil
		errWhole := eachRow(bytes.NewReader(body), 1<<20, keep)
		require.Equal(t, again, got, "pieces do not matter")
		require.Equal(t, err == nil, errWhole == nil)

		var want []json.RawMessage
		if json.Unmarshal(body, &want) != nil || want == nil {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.Len(t, got, len(want))
		for i := range got {
			require.Equal(t, string(want[i]), string(got[i]))
		}
	})
}

// A stream is never held whole: 64 MB here, or the number of megabytes that STREAM_MB says.
func TestStreamsNeedLittleMemory(t *testing.T) {
	size, err := strconv.ParseInt(cmp.Or(os.Getenv("STREAM_MB"), "64"), 10, 32)
	require.NoError(t, err)
	row := `,{"id":1,"csid":2,"text":"` + strings.Repeat("Kære support, ", 150) + `"}`
	c := testClient(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "["+row[1:])
		for sent := int64(0); sent < size*1e6; sent += int64(len(row)) {
			_, _ = io.WriteString(w, row)
		}
		_, _ = io.WriteString(w, "]")
	})
	var most, rows, total uint64
	var m runtime.MemStats
	runtime.GC() // what other tests left does not count
	start := time.Now()
	for row, err := range ExportMessages.Stream(t.Context(), c, ExportMessagesIn{at(t, "2026-01-01"), at(t, "2026-02-01")}) {
		require.NoError(t, err)
		rows++
		total += uint64(len(row))
		if rows%1000 == 0 {
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
		}
	}
	require.GreaterOrEqual(t, total, uint64(size)*990_000)
	require.Less(t, most, uint64(32<<20), "bytes of heap")
	t.Logf("%d rows, %d MB in %s; heap at most %d KiB, %s", rows, total/1e6, time.Since(start).Round(time.Millisecond), most>>10, resident())
}

// resident is the most memory that this process had, where the operating system tells.
func resident() string {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if most, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return fmt.Sprintf("resident at most %s", strings.TrimSpace(most))
		}
	}
	return "resident not known"
}
