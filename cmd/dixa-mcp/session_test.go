package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
)

// connection is a client's connection to the program, which holds every line to the protocol.
type connection struct {
	t      *testing.T
	c      *exec.Cmd
	in     io.WriteCloser
	out    io.ReadCloser
	lines  *bufio.Reader
	stderr *bytes.Buffer
	seen   map[string]string // lines by id that were read while another was waited for
}

func open(t *testing.T, c *exec.Cmd) *connection {
	t.Helper()
	s := &connection{t: t, c: c, stderr: &bytes.Buffer{}, seen: map[string]string{}}
	var err error
	s.in, err = c.StdinPipe()
	require.NoError(t, err)
	s.out, err = c.StdoutPipe()
	require.NoError(t, err)
	c.Stderr = s.stderr
	require.NoError(t, c.Start())
	s.lines = bufio.NewReader(s.out)
	return s
}

// next reads one line, which must be a JSON-RPC message.
func (s *connection) next() (id, line string) {
	s.t.Helper()
	line, err := s.lines.ReadString('\n')
	require.NoError(s.t, err, "%q", line)
	var m struct {
		JSONRPC string
		ID      json.RawMessage
	}
	require.NoError(s.t, json.Unmarshal([]byte(line), &m), line)
	require.Equal(s.t, "2.0", m.JSONRPC, line)
	return string(m.ID), line
}

// wait returns the line that answers an id.
func (s *connection) wait(id string) string {
	s.t.Helper()
	for s.seen[id] == "" {
		got, line := s.next()
		s.seen[got] = line
	}
	return s.seen[id]
}

func (s *connection) send(line string) {
	s.t.Helper()
	_, err := io.WriteString(s.in, line+"\n")
	require.NoError(s.t, err)
}

// ask sends a request and returns the line that answers it.
func (s *connection) ask(id int, method, params string) string {
	s.t.Helper()
	s.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, id, method, params))
	return s.wait(fmt.Sprint(id))
}

func (s *connection) initialize() string {
	s.t.Helper()
	line := s.ask(-1, "initialize", `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}`)
	s.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	return line
}

func (s *connection) tools() []any {
	s.t.Helper()
	var r struct{ Result struct{ Tools []any } }
	require.NoError(s.t, json.Unmarshal([]byte(s.ask(-2, "tools/list", "{}")), &r))
	return r.Result.Tools
}

// call sends a call and does not wait for it.
func (s *connection) call(id int, tool, arguments string) {
	s.t.Helper()
	s.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, id, tool, arguments))
}

// end closes the input, waits until the program has ended, and reads the rest of its output.
func (s *connection) end(code int) {
	s.t.Helper()
	require.NoError(s.t, s.in.Close())
	for {
		if _, err := s.lines.Peek(1); err != nil {
			break
		}
		id, line := s.next()
		s.seen[id] = line
	}
	s.exit(code)
}

func (s *connection) exit(code int) {
	s.t.Helper()
	_ = s.c.Wait()
	require.Equal(s.t, code, s.c.ProcessState.ExitCode(), "%s\n%s", s.c.ProcessState, s.stderr)
}

// records returns the records in a place.
func (p *place) records() []audit.Record {
	p.t.Helper()
	var all []audit.Record
	dir := filepath.Join(p.home, "state", "dixa-mcp", "audit")
	require.NoError(p.t, audit.Read(dir, func(r audit.Record) error { all = append(all, r); return nil }))
	report, err := audit.Verify(dir)
	require.NoError(p.t, err)
	require.True(p.t, report.OK())
	require.Empty(p.t, report.Unfinished)
	return all
}

// outcomes lists how calls ended, and at the end the event of the last record.
func outcomes(records []audit.Record) (all []string) {
	for _, r := range records {
		if r.Outcome != "" {
			all = append(all, r.Tool+" "+r.Outcome)
		}
	}
	return append(all, string(records[len(records)-1].Event))
}

const id1234 = `{"conversationId":1234}`

// During a whole session, standard output has only the protocol, and neither the token nor untrusted text is on standard error
// or in the records.
func TestSession(t *testing.T) {
	p := newPlace(t)
	env, _ := p.offlineDixa("--rate", "0")
	s := open(t, p.command(env, "serve", "--agent", "support"))
	s.initialize()
	require.NotEmpty(t, s.tools())
	for i, c := range [][2]string{
		{"get_conversation", id1234}, {"list_messages", id1234}, {"add_note", `{"conversationId":1234,"message":"PLANTED words"}`},
		{"search_conversations", `{"query":"PLANTED words"}`}, {"delete_agent", `{"agentId":"PLANTED"}`}, {"frobnicate", `{"x":"PLANTED"}`},
		{"get_conversation", `{"conversationId":"PLANTED"}`},
	} {
		s.call(i, c[0], c[1])
		s.wait(fmt.Sprint(i))
	}
	for _, line := range []string{"PLANTED", "[]", `{"jsonrpc":"2.0","id":99,"method":"PLANTED"}`, strings.Repeat("PLANTED", 1<<20)} {
		s.send(line)
	}
	s.ask(100, "ping", "{}")
	s.end(0)
	require.NotContains(t, s.stderr.String(), "PLANTED")
	require.Contains(t, s.stderr.String(), "serving over stdio")
	dir := filepath.Join(p.home, "state")
	require.NoError(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		require.NotContains(t, string(b), "PLANTED", path)
		return err
	}))
	require.Equal(t, "stop", outcomes(p.records())[7])
}

// Calls that run when the client closes its end are answered, and the program ends normally.
func TestEndOfInput(t *testing.T) {
	p := newPlace(t)
	env, _ := p.offlineDixa("--latency", "300ms")
	s := open(t, p.command(env, "serve", "--agent", "support"))
	s.call(1, "get_conversation", id1234)
	s.call(2, "close_conversation", id1234)
	s.end(0)
	require.Contains(t, s.seen["1"], `"content"`)
	require.Contains(t, s.seen["2"], "Open → Closed")
	require.ElementsMatch(t, []string{"get_conversation done", "close_conversation done", "stop"}, outcomes(p.records()))
}

// A signal ends the program at once, with calls in flight; they are recorded.
func TestSignals(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			p := newPlace(t)
			env, dixa := p.offlineDixa("--latency", "1h")
			defer func() { _ = dixa.Process.Kill() }()
			s := open(t, p.command(env, "serve", "--agent", "support"))
			s.call(1, "get_conversation", id1234)
			s.call(2, "add_note", `{"conversationId":1234,"message":"x"}`)
			p.until(func() bool { return bytes.Contains(p.written(), []byte(`"intent"`)) })
			require.NoError(t, s.c.Process.Signal(signal))
			s.exit(0) // long before the calls would end
			all := outcomes(p.records())
			require.Contains(t, all, "get_conversation cancelled")
			require.Equal(t, "stop", all[len(all)-1])
			require.Contains(t, fmt.Sprint(all), "add_note ")
		})
	}
}

// A client that disconnects cancels nothing: its calls are completed and recorded, although no one reads the answers.
func TestClientVanishes(t *testing.T) {
	p := newPlace(t)
	env, _ := p.offlineDixa("--latency", "300ms")
	s := open(t, p.command(env, "serve", "--agent", "support"))
	for i := range 3 {
		s.call(i, "add_note", fmt.Sprintf(`{"conversationId":1234,"message":"%d"}`, i))
	}
	p.until(func() bool { return bytes.Count(p.written(), []byte(`"intent"`)) == 3 })
	require.NoError(t, s.out.Close())
	require.NoError(t, s.in.Close())
	s.exit(0)
	require.Equal(t, []string{"add_note done", "add_note done", "add_note done", "stop"}, outcomes(p.records()))
}

// written returns the content of the files of records.
func (p *place) written() []byte {
	var all []byte
	files, _ := filepath.Glob(filepath.Join(p.home, "state", "dixa-mcp", "audit", "*.jsonl"))
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(p.t, err)
		all = append(all, b...)
	}
	return all
}

// until waits for something that another process does.
func (p *place) until(done func() bool) {
	p.t.Helper()
	require.Eventually(p.t, done, limit, 5*time.Millisecond)
}
