// Package demo plays a short session of an agent over a real MCP connection and tells what happens, so that a
// newcomer sees the program work before setting anything up. It is a client like any other.
package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"dixa-mcp/internal/audit"
)

// Agent is who the session is played as: it may sort, not close and not answer.
const Agent = "triage"

// session is a connection to a server, and where the story is told.
type session struct {
	ctx   context.Context
	mcp   *client.Client
	out   io.Writer
	width int // columns of a line
}

// Stdio plays the session with the program at path, which it starts as an MCP client would, under these capabilities
// and whatever the environment says otherwise. It leaves nothing behind.
func Stdio(ctx context.Context, path, version string, capabilities []byte, out io.Writer, width int) error {
	state, err := os.MkdirTemp("", "dixa-mcp-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(state)
	file := filepath.Join(state, "capabilities.yaml")
	if err := os.WriteFile(file, capabilities, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(out, "An MCP client starts: dixa-mcp serve --offline --agent %s\n\n", Agent)

	var stderr bytes.Buffer
	c, err := client.NewStdioMCPClientWithOptions(path, nil, []string{"serve", "--offline", "--agent", Agent, "--state", state, "--capabilities", file},
		transport.WithCommandFunc(plain(&stderr)))
	if err != nil {
		return err
	}
	s := &session{ctx, c, out, columns(width)}
	err = errors.Join(s.play(version), c.Close())
	if err != nil {
		return fmt.Errorf("%w\n%s", err, stderr.String())
	}
	return s.records(filepath.Join(state, "audit"))
}

// plain makes the command without what the environment says about dixa-mcp. Its standard error is whole when the client
// is closed.
func plain(stderr io.Writer) transport.CommandFunc {
	return func(ctx context.Context, path string, _, args []string) (*exec.Cmd, error) {
		c := exec.CommandContext(ctx, path, args...)
		c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "DIXA_") })
		c.Stderr = stderr
		return c, nil
	}
}

// hello begins the connection.
func (s *session) hello(version string) error {
	hello := mcp.InitializeRequest{}
	hello.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	hello.Params.ClientInfo = mcp.Implementation{Name: "dixa-mcp demo", Version: version}
	_, err := s.mcp.Initialize(s.ctx, hello)
	return err
}

// play plays the session.
func (s *session) play(version string) error {
	if err := s.hello(version); err != nil {
		return err
	}
	if err := s.tools(); err != nil {
		return err
	}
	found, err := s.call(Agent, "finds open conversations about a refund", "find_conversations", `{"words":"refund","state":"open","channel":"email","limit":3}`)
	if err != nil {
		return err
	}
	id, err := first(found)
	if err != nil {
		return err
	}
	for _, step := range []struct{ does, tool, arguments string }{
		{"reads the first", "read_conversation", `{"conversationId":%d}`},
		{"tags it and leaves a note for colleagues", "update_conversation", `{"conversationId":%d,"tag":["urgent"],"note":"Second request for this refund; the tracking number is in the customer's mail."}`},
		{"tries to close it, which it was not granted", "close_conversation", `{"conversationId":%d}`},
	} {
		if _, err := s.call(Agent, step.does, step.tool, fmt.Sprintf(step.arguments, id)); err != nil {
			return err
		}
	}
	return nil
}

// tools shows what the agent sees.
func (s *session) tools() error {
	list, err := s.mcp.ListTools(s.ctx, mcp.ListToolsRequest{})
	if err != nil {
		return err
	}
	var reads, writes []string
	for _, t := range list.Tools {
		if t.Annotations.ReadOnlyHint != nil && *t.Annotations.ReadOnlyHint {
			reads = append(reads, t.Name)
		} else {
			writes = append(writes, t.Name)
		}
	}
	s.headline("%s sees %d tools", Agent, len(list.Tools))
	s.paragraph("read:  " + strings.Join(reads, ", "))
	s.paragraph("write: " + strings.Join(writes, ", "))
	return nil
}

// call makes a call and shows the answer. A refusal is an answer too.
func (s *session) call(agent, does, tool, arguments string) (string, error) {
	s.headline("%s %s", agent, does)
	s.paragraph("→ " + tool + " " + arguments)
	request := mcp.CallToolRequest{}
	request.Params.Name = tool
	request.Params.Arguments = json.RawMessage(arguments)
	start := time.Now()
	result, err := s.mcp.CallTool(s.ctx, request)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, c := range result.Content {
		if t, ok := c.(mcp.TextContent); ok {
			text.WriteString(t.Text)
		}
	}
	mark := "←"
	if result.IsError {
		mark = "✗"
	}
	for line := range strings.Lines(shorten(text.String(), 900)) {
		s.paragraph(mark + " " + line)
		mark = " "
	}
	s.paragraph(fmt.Sprintf("  (%d ms)", time.Since(start).Milliseconds()))
	return text.String(), nil
}

// records shows what was recorded.
func (s *session) records(path string) error {
	s.headline("What was recorded")
	return audit.Read(path, func(r audit.Record) error {
		if r.Call != "" && r.Event != audit.EventIntent {
			s.paragraph(audit.Line(r, time.Local))
		}
		return nil
	})
}

// first takes the id of the first hit.
func first(found string) (int64, error) {
	var id int64
	if _, err := fmt.Sscan(found, &id); err != nil {
		return 0, fmt.Errorf("the search found nothing: %s", found)
	}
	return id, nil
}

func (s *session) headline(format string, args ...any) {
	fmt.Fprintf(s.out, "\n● "+format+"\n", args...)
}

const (
	wide   = 110 // columns where the output is no terminal
	narrow = 40
)

// columns returns the maximum length of a line on a terminal of this width, 0 for no limit.
func columns(width int) int {
	if width <= 0 {
		return wide
	}
	return min(max(width-1, narrow), wide)
}

// paragraph breaks long lines at spaces, so that the story can be read in a terminal.
func (s *session) paragraph(text string) {
	line := " "
	for word := range strings.FieldsSeq(text) {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > s.width {
			fmt.Fprintln(s.out, line)
			line = "   "
		}
		line += " " + word
	}
	fmt.Fprintln(s.out, line)
}

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + fmt.Sprintf("… (%d more characters)", len(s)-n)
}
