package records

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
)

// BenchmarkMillions indexes RECORDS records, 100,000 if it is not set, as a help desk writes them, and searches them:
//
//	RECORDS=10000000 go test ./internal/records -bench Millions -benchtime 1x -timeout 180m
func BenchmarkMillions(b *testing.B) {
	records, err := strconv.Atoi(cmp.Or(os.Getenv("RECORDS"), "100000"))
	require.NoError(b, err)
	dir := filepath.Join(b.TempDir(), "audit")
	now := noon
	l, err := audit.Open(audit.Options{Dir: dir, Now: func() time.Time { return now }})
	require.NoError(b, err)
	r := rand.New(rand.NewPCG(1, 2))
	for range records {
		now = now.Add(time.Duration(r.IntN(200)) * time.Millisecond)
		one := audit.Record{
			Event: audit.EventRead, Call: audit.NewCallID(), Agent: fmt.Sprint("agent", r.IntN(8)), Key: fmt.Sprint("key", r.IntN(8)), Tool: fmt.Sprint("tool", r.IntN(40)), Access: "read", Level: "read",
			Arguments: audit.Unreduced(fmt.Appendf(nil, `{"conversationId":%d}`, r.IntN(records/5+1))), Decision: audit.Allowed, Rule: "agents.triage.access (capabilities.yaml:31)", FileDigest: "9f86d081884c7d65",
			Operations: []audit.Operation{{Operation: "get_conversation", Status: 200, Millis: 212, Attempts: 1, Outcome: audit.OutcomeDone}}, Tokens: 300, Outcome: audit.OutcomeDone,
			Text: "triage (key triage-1) read conversation 1234: allowed by agents.triage.access (Dixa 200, 212 ms)",
		}
		require.NoError(b, l.Write(b.Context(), one))
	}
	require.NoError(b, l.Close())
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(b, err)
	written := sizes(b, files)
	for b.Loop() {
		x := Open(dir)
		begun := time.Now()
		require.NoError(b, x.Update(b.Context()))
		b.ReportMetric(float64(records)/time.Since(begun).Seconds(), "records/s")
		for name, q := range map[string]Query{"all": {}, "conversation": {Conversation: "17"}, "rare": {Agent: "agent3", Tool: "tool7", Changes: true}, "agent": {Agent: "agent3", Told: true}} {
			begun := time.Now()
			_, _, err := x.Find(b.Context(), q, "", 50)
			require.NoError(b, err)
			b.ReportMetric(float64(time.Since(begun).Microseconds())/1000, name+"-ms")
		}
		begun = time.Now()
		_, err := x.Series(b.Context(), noon, now, 24*time.Hour)
		require.NoError(b, err)
		b.ReportMetric(float64(time.Since(begun).Microseconds())/1000, "series-ms")
		require.NoError(b, x.Close())
		index := filepath.Join(dir, FileName)
		b.ReportMetric(100*float64(sizes(b, []string{index}))/float64(written), "%size")
		require.NoError(b, os.Remove(index))
	}
}

func sizes(b *testing.B, files []string) (sum int64) {
	for _, f := range files {
		info, err := os.Stat(f)
		require.NoError(b, err)
		sum += info.Size()
	}
	return sum
}
