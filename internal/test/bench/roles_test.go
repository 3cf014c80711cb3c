package bench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/server"
	"github.com/stretchr/testify/require"
)

// roleVar makes this test's program one of the roles: its value is the name of the role and, after a space, what it is given.
const roleVar = "DIXA_MCP_BENCH_ROLE"

// roles are programs that dixa-mcp is compared with, or sends its requests to.
var roles = map[string]func(given string) error{
	"upstream":   serveUpstream,
	"relay":      relay,
	"bare":       func(dixa string) error { return listen(server.NewStreamableHTTPServer(bare(dixa))) },
	"bare-stdio": func(dixa string) error { return server.ServeStdio(bare(dixa)) },
}

func TestMain(m *testing.M) {
	role, given, _ := strings.Cut(os.Getenv(roleVar), " ")
	if role == "" {
		os.Exit(m.Run())
	}
	if err := roles[role](given); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serveUpstream gives one of the answers without a delay.
func serveUpstream(name string) error {
	return listen(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answers[name])
	}))
}

// relay makes one request for each line, and writes the body back: what no server over stdio can do without.
func relay(url string) error {
	in := bufio.NewReader(os.Stdin)
	for {
		if _, err := in.ReadSlice('\n'); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		res, err := http.Get(url + "/v1/conversations/1234")
		if err != nil {
			return err
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		res.Body.Close()
		if _, err := os.Stdout.Write(append(body, '\n')); err != nil {
			return err
		}
	}
}

// listen serves at a free port, and says where.
func listen(h http.Handler) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", l.Addr())
	return http.Serve(l, h)
}

// play runs a role in a process of its own until the test ends.
func play(tb testing.TB, role, given string) *process {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVar+"="+role+" "+given)
	cmd.Stderr = os.Stderr
	p := attach(tb, cmd)
	tb.Cleanup(func() {
		require.NoError(tb, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed
	})
	return p
}

// address reads where a role listens.
func (p *process) address(tb testing.TB) string {
	line, err := p.out.ReadString('\n')
	require.NoError(tb, err)
	return strings.TrimSpace(line)
}
