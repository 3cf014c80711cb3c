package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/program"
)

// binary returns the path of the built program.
var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("BENCH_PROGRAM"); path != "" {
		return path, nil // to compare two versions with one benchmark
	}
	dir, err := os.MkdirTemp("", "dixa-mcp-bench-")
	if err != nil {
		return "", err
	}
	return program.Build(dir)
})

// process is a server that was started as a client starts it.
type process struct {
	cmd *exec.Cmd
	connection
}

func start(b *testing.B, env []string, args ...string) *process {
	path, err := binary()
	require.NoError(b, err)
	cmd := exec.Command(path, append([]string{"serve", "--state", b.TempDir()}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	p := attach(b, cmd)
	b.Cleanup(func() { p.end(b) })
	p.initialize(b)
	return p
}

// end ends a process, which may have ended.
func (p *process) end(b *testing.B) {
	if p.cmd.ProcessState != nil {
		return
	}
	p.in.(io.Closer).Close()
	_, _ = io.Copy(io.Discard, p.out)
	require.NoError(b, p.cmd.Wait())
}

// attach starts a command with a client at its pipes.
func attach(tb testing.TB, cmd *exec.Cmd) *process {
	in, err := cmd.StdinPipe()
	require.NoError(tb, err)
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	return &process{cmd: cmd, connection: connection{in: in, out: bufio.NewReaderSize(out, 1<<20)}}
}

func (c *connection) initialize(b *testing.B) {
	c.request(b, "initialize", `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}`)
}

// offlineProcess runs the offline Dixa in a process of its own and gives the environment that leads to it.
func offlineProcess(tb testing.TB, args ...string) []string {
	return []string{"DIXA_API_TOKEN=offline", "DIXA_MCP_BASE_URL=" + offlineAddress(tb, args...)}
}

// offlineAddress runs the offline Dixa in a process of its own and gives its address.
func offlineAddress(tb testing.TB, args ...string) string {
	path, err := binary()
	require.NoError(tb, err)
	cmd := exec.Command(path, append([]string{"offline", "--listen", "127.0.0.1:0"}, args...)...)
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	tb.Cleanup(func() {
		require.NoError(tb, cmd.Process.Signal(os.Interrupt))
		require.NoError(tb, cmd.Wait())
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(tb, err)
	return strings.Fields(line)[3]
}

// BenchmarkColdStart measures from starting the process to the first list of tools.
func BenchmarkColdStart(b *testing.B) {
	_, err := binary()
	require.NoError(b, err)
	for _, agent := range []string{"reader", "admin"} {
		b.Run(agent, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				var p *process
				took = append(took, clock(func() {
					p = start(b, nil, "--offline", "--agent", agent)
					p.request(b, "tools/list", `{}`)
				}))
				p.end(b)
			}
			b.ReportMetric(micros(median(took))/1000, "p50-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkMemory measures the resident memory of a server after 1,000 calls.
func BenchmarkMemory(b *testing.B) {
	env := offlineProcess(b, "--rate", "0")
	for b.Loop() {
		p := start(b, env, "--agent", "admin")
		for i := range 1000 { // at Dixa's pace, so it takes 100 s
			p.mcp(b, fmt.Sprintf(`{"name":"list_messages","arguments":{"conversationId":%d}}`, 1001+i))
		}
		b.ReportMetric(residentMiB(b, p.cmd.Process.Pid), "resident-MiB")
		b.ReportMetric(0, "ns/op")
	}
}

func residentMiB(b testing.TB, pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("resident memory is read from /proc, which this system does not have")
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	b.Fatal("no VmRSS")
	return 0
}

// BenchmarkPace makes 200 calls as fast as an agent can against an offline Dixa that keeps Dixa's limit. The ideal is
// 196 tenths of a second, with a burst of four.
func BenchmarkPace(b *testing.B) {
	env := offlineProcess(b)
	for b.Loop() {
		p := start(b, env, "--agent", "admin")
		took := clock(func() {
			for i := range 200 {
				fmt.Fprintf(p.in, `{"jsonrpc":"2.0","id":"c%d","method":"tools/call","params":{"name":"get_conversation","arguments":{"conversationId":%d}}}`+"\n", i, 1001+i)
			}
			for range 200 {
				line, err := p.out.ReadString('\n')
				require.NoError(b, err)
				require.NotContains(b, line, `"isError":true`)
			}
		})
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(0, "ns/op")
	}
}
