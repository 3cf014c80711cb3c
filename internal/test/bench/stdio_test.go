package bench

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkStdio measures a call of the built program over stdio, from the client's line to the line of the answer, beside
// direct requests to the same server, which answers without a delay. The two alternate, so that both meet the same noise.
// ratio is the quotient of the medians; cpu-µs is what the program's process spends on a call, of all its threads.
func BenchmarkStdio(b *testing.B) {
	for _, name := range []string{"get_conversation", "list_messages/text", "list_messages/html"} {
		b.Run(name, func(b *testing.B) {
			ask, url := upstream(b, name)
			p := start(b, upstreamEnv(url), "--agent", "admin", "--rate", "1000000")
			for range 200 { // connections, caches, the heap
				direct(b, url)
				p.mcp(b, ask)
			}
			var bare, whole []time.Duration
			before := cpuTime(b, p.cmd.Process.Pid)
			for b.Loop() {
				bare = append(bare, clock(func() { direct(b, url) }))
				whole = append(whole, clock(func() { p.mcp(b, ask) }))
			}
			spent := cpuTime(b, p.cmd.Process.Pid) - before
			b.ReportMetric(micros(median(bare)), "direct-µs")
			b.ReportMetric(micros(median(whole)), "call-µs")
			b.ReportMetric(float64(median(whole))/float64(median(bare)), "ratio")
			b.ReportMetric(micros(spent)/float64(b.N), "cpu-µs")
			b.ReportMetric(residentMiB(b, p.cmd.Process.Pid), "resident-MiB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkStdioLoad keeps 16 calls in flight on one connection.
func BenchmarkStdioLoad(b *testing.B) {
	const inFlight = 16
	ask, url := upstream(b, "get_conversation")
	p := start(b, upstreamEnv(url), "--agent", "admin", "--rate", "1000000")
	send := func(id int) {
		_, err := fmt.Fprintf(p.in, `{"jsonrpc":"2.0","id":"c%d","method":"tools/call","params":%s}`+"\n", id, ask)
		require.NoError(b, err)
	}
	receive := func() {
		line, err := p.out.ReadSlice('\n')
		require.NoError(b, err)
		require.NotContains(b, string(line[:min(len(line), 200)]), `"isError":true`)
	}
	for i := range inFlight {
		send(i)
	}
	for i := range 500 { // connections, caches, the heap
		receive()
		send(inFlight + i)
	}
	before := cpuTime(b, p.cmd.Process.Pid)
	took := clock(func() {
		for i := 0; b.Loop(); i++ {
			receive()
			send(inFlight + 500 + i)
		}
	})
	spent := cpuTime(b, p.cmd.Process.Pid) - before
	for range inFlight {
		receive()
	}
	b.ReportMetric(float64(b.N)/took.Seconds(), "calls/s")
	b.ReportMetric(micros(spent)/float64(b.N), "cpu-µs")
	b.ReportMetric(0, "ns/op")
}

// upstream starts a server that gives one of the answers without a delay.
func upstream(b *testing.B, name string) (ask, url string) {
	tool, _, _ := strings.Cut(name, "/")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answers[name])
	}))
	b.Cleanup(s.Close)
	return fmt.Sprintf(`{"name":%q,"arguments":{"conversationId":1234}}`, tool), s.URL
}

func upstreamEnv(url string) []string {
	return []string{"DIXA_API_TOKEN=a-token-of-the-benchmark", "DIXA_MCP_BASE_URL=" + url}
}

// clockTick is the unit of CPU times in /proc: USER_HZ, which is 100 on every architecture that Go runs on.
const clockTick = 10 * time.Millisecond

// cpuTime returns what a process has spent in user mode and in the kernel.
func cpuTime(tb testing.TB, pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		tb.Skip("CPU times are read from /proc, which this system does not have")
	}
	_, fields, _ := strings.Cut(string(stat), ") ") // the name of the program, which may have spaces
	var user, system int64
	var skip string
	_, err = fmt.Sscan(fields, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &user, &system)
	require.NoError(tb, err)
	return time.Duration(user+system) * clockTick
}
