package archivetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/base/when"
	"dixa-mcp/internal/report"
)

// syncOf is the environment variable that makes a process sync a store from an address, and do nothing else: the store, a space, the address of
// Dixa, a space, and the time of the first message in milliseconds.
const syncOf = "ARCHIVE_SYNC_OF"

// Bench syncs MESSAGES messages of 80 words, 20,000 if it is not set, five in each conversation, searches them and makes reports. A process
// of its own syncs, so that its memory is that of a sync alone. The rows are the same for all stores.
//
// empty makes an empty store, and returns its address and what to do after the sync, which may be nil. open opens the store at an address.
func Bench(b *testing.B, empty func() (address string, settle func()), open func(address string) archive.Store) {
	if of := os.Getenv(syncOf); of != "" {
		syncAlone(b, open, of)
		return
	}
	messages, err := strconv.Atoi(cmp.Or(os.Getenv("MESSAGES"), "20000"))
	require.NoError(b, err)
	for b.Loop() {
		address, settle := empty()
		h := history{messages, time.Now().Truncate(time.Second)}
		benchSync(b, address, h)
		if settle != nil {
			settle()
		}
		s := open(address)
		st, err := s.Status(b.Context())
		require.NoError(b, err)
		require.EqualValues(b, messages, st.Messages)
		require.EqualValues(b, messages/perConversation, st.Conversations)
		b.ReportMetric(float64(st.Bytes)/1e6, "MB")
		benchSearch(b, s)
		benchReport(b, s, h.end)
		require.NoError(b, s.Close())
	}
}

func benchSync(b *testing.B, address string, h history) {
	dixa := httptest.NewServer(h)
	defer dixa.Close()
	begun := time.Now()
	c := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^"+b.Name()+"$", "-test.benchtime=1x", "-test.timeout=12h")
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", syncOf, address, dixa.URL, h.at(0)))
	out, err := c.CombinedOutput()
	require.NoError(b, err, "%s", out)
	b.ReportMetric(float64(h.messages+h.messages/perConversation)/time.Since(begun).Seconds(), "rows/s")
	if peak := after(out, "VmHWM:"); peak > 0 {
		b.ReportMetric(float64(peak)/1024, "sync-MiB")
	}
}

// syncAlone syncs a store and prints the largest memory of this process.
func syncAlone(b *testing.B, open func(string) archive.Store, of string) {
	var address, url string
	var since int64
	_, err := fmt.Sscan(of, &address, &url, &since)
	require.NoError(b, err)
	c, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: url, ExportsURL: url,
		Buckets: func(s dixaclient.BucketSpec) dixaclient.Bucket { return dixaclient.NewLocalBucket(1000, 1000) }})
	require.NoError(b, err)
	s := open(address)
	_, err = archive.Sync(b.Context(), c, eager{s}, archive.Options{Since: time.UnixMilli(since - 1000), API: url, Who: "a benchmark"})
	require.NoError(b, err)
	require.NoError(b, s.Close())
	c.Close()
	status, _ := os.ReadFile("/proc/self/status") // Linux has it
	_, _ = os.Stdout.Write(status)
}

// eager is a store that does not wait for Dixa's limits.
type eager struct{ archive.Store }

func (eager) Reserve(context.Context, time.Time, int, time.Duration) (time.Duration, error) {
	return 0, nil
}

// after returns the number after a word, 0 if there is none.
func after(text []byte, word string) (n int64) {
	_, rest, _ := bytes.Cut(text, []byte(word))
	_, _ = fmt.Sscan(string(rest), &n)
	return n
}

func benchSearch(b *testing.B, s archive.Store) {
	r := rand.New(rand.NewPCG(1, 2))
	var took []time.Duration
	for range 200 {
		q := archive.Query{Limit: 20, Words: []archive.Word{{Text: fmt.Sprint("word", r.IntN(5000))}, {Text: fmt.Sprint("word", r.IntN(50))}}}
		begun := time.Now()
		_, err := s.Search(b.Context(), q)
		require.NoError(b, err)
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	b.ReportMetric(milliseconds(took[len(took)/2]), "search-p50-ms")
	b.ReportMetric(milliseconds(took[len(took)*99/100]), "search-p99-ms")
}

// benchReport makes the report of the last 30 days by queue, compared with the 30 days before.
func benchReport(b *testing.B, s archive.Store, end time.Time) {
	const month = 30 * 24 * time.Hour
	o := report.Options{Period: when.Period{Start: end.Add(-month), End: end}, Before: when.Period{Start: end.Add(-2 * month), End: end.Add(-month)}, By: report.ByQueue, Zone: time.UTC}
	var took []time.Duration
	for range 9 {
		begun := time.Now()
		made, err := report.Make(b.Context(), s, o)
		require.NoError(b, err)
		took = append(took, time.Since(begun))
		require.NotZero(b, made.Total.Now.Answered)
		require.NotZero(b, made.Total.Now.Rated)
	}
	slices.Sort(took)
	b.ReportMetric(milliseconds(took[len(took)/2]), "report-ms")
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
