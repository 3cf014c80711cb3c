package bench

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkStdio measures a call of the built program over stdio, from the client's line to the line of the answer, beside
// direct requests to the same server, which answers without a delay from a process of its own, as Dixa does. They alternate,
// so that all meet the same noise, with a relay, which checks nothing and knows no protocol, and with a bare server of the
// same library. ratio is the quotient of the medians of calls and of direct requests, relay-ratio and bare-ratio are those of
// the other two; cpu-µs is what the program's process spends on a call, of all its threads.
func BenchmarkStdio(b *testing.B) {
	for _, name := range []string{"get_conversation", "list_messages/text", "list_messages/html"} {
		b.Run(name, func(b *testing.B) {
			ask, url := upstream(b, name)
			ours := start(b, upstreamEnv(url), "--agent", "admin", "--rate", "1000000")
			bare, relay := play(b, "bare-stdio", url), play(b, "relay", url)
			bare.initialize(b)
			ways := []func(){
				func() { direct(b, url) },
				func() { ours.mcp(b, ask) },
				func() { relay.mcp(b, ask) },
				func() { bare.mcp(b, ask) },
			}
			for range 200 { // connections, caches, the heap
				for _, way := range ways {
					way()
				}
			}
			took := make([][]time.Duration, len(ways))
			before := cpuTime(b, ours.cmd.Process.Pid)
			for b.Loop() {
				for i, way := range ways {
					took[i] = append(took[i], clock(way))
				}
			}
			spent := cpuTime(b, ours.cmd.Process.Pid) - before
			request := median(took[0])
			b.ReportMetric(micros(request), "direct-µs")
			b.ReportMetric(micros(median(took[1])), "call-µs")
			for i, unit := range []string{"ratio", "relay-ratio", "bare-ratio"} {
				b.ReportMetric(float64(median(took[i+1]))/float64(request), unit)
			}
			b.ReportMetric(micros(spent)/float64(b.N), "cpu-µs")
			b.ReportMetric(residentMiB(b, ours.cmd.Process.Pid), "resident-MiB")
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
	return fmt.Sprintf(`{"name":%q,"arguments":{"conversationId":1234}}`, tool), play(b, "upstream", name).address(b)
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
