package endtoend

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/program"
)

// binary is the path of the program, built once.
var binary string

func TestMain(m *testing.M) {
	if runs := os.Getenv(answersEnv); runs != "" {
		if err := answerEvent(runs); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "dixa-mcp-endtoend-")
	if err == nil {
		binary, err = program.Build(dir)
	}
	code := 1
	if err == nil {
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// command is the program with an environment of nothing but what is given, so that no setting of this machine counts.
func command(ctx context.Context, home string, env []string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, binary, args...)
	c.Env = append([]string{"HOME=" + home, "USERPROFILE=" + home, "PATH=" + os.Getenv("PATH"), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}, env...)
	return c
}

// run runs the program to its end.
func run(t *testing.T, home string, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	c := command(t.Context(), home, env, args...)
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

// server is dixa-mcp serve with a client at its pipes.
type server struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer // to be read after end or kill
	lines  chan string  // of stdout; closed at its end

	mu sync.Mutex
	in io.WriteCloser
}

const initialize = `{"jsonrpc":"2.0","id":"initialize","method":"initialize","params":` +
	`{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"endtoend","version":"1"}}}`

func serve(t *testing.T, home string, env []string, args ...string) *server {
	t.Helper()
	s := &server{cmd: command(context.Background(), home, env, append([]string{"serve"}, args...)...), lines: make(chan string, 1000)}
	s.cmd.Stderr = &s.stderr
	in, err := s.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := s.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.cmd.Start())
	s.in = in
	go func() { // ends with the process
		defer close(s.lines)
		r := bufio.NewReader(out)
		for {
			line, err := r.ReadString('\n')
			if line != "" {
				s.lines <- line
			}
			if err != nil {
				return
			}
		}
	}()
	s.send(initialize)
	return s
}

// send writes a line. A process that was killed takes none, which is nothing to complain of.
func (s *server) send(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.in, line+"\n")
}

func toolCall(id int, tool string, arguments any) string {
	params, err := json.Marshal(map[string]any{"name": tool, "arguments": arguments})
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":%s}`, id, params)
}

// end closes the input, which is how a client ends a server, and gives what was left on stdout.
func (s *server) end(t *testing.T) string {
	t.Helper()
	require.NoError(t, s.in.Close())
	rest := s.rest()
	require.NoError(t, s.cmd.Wait(), "%s", s.stderr.String())
	return rest
}

// kill ends the process as a power cut does, at any point of what it is doing, and waits until it is gone.
func (s *server) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, s.cmd.Process.Kill())
	s.rest()
	_ = s.cmd.Wait() // "signal: killed"
}

func (s *server) rest() string {
	var b strings.Builder
	for line := range s.lines {
		b.WriteString(line)
	}
	return b.String()
}
