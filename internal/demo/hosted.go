package demo

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

// hosted are the agents of the second story, which share one server.
var hosted = []string{"reader", Agent}

// Hosted plays two agents over HTTP, each with a key of its own, with the program at path as the server. It leaves
// nothing behind.
func Hosted(ctx context.Context, path, version string, capabilities []byte, out io.Writer, width int) error {
	state, err := os.MkdirTemp("", "dixa-mcp-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(state)
	keys := map[string]string{}
	for _, agent := range hosted {
		random := make([]byte, 32)
		_, _ = rand.Read(random) // never fails
		keys[agent] = "dixa-mcp-agent-" + base64.RawURLEncoding.EncodeToString(random)
		capabilities = withKey(capabilities, agent, keys[agent])
	}
	file := filepath.Join(state, "capabilities.yaml")
	if err := os.WriteFile(file, capabilities, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nThe same, hosted: dixa-mcp serve --http 127.0.0.1:0 --offline\n")
	s, err := startServer(ctx, path, "serve", "--http", "127.0.0.1:0", "--offline", "--log-format", "json", "--state", state, "--capabilities", file)
	if err != nil {
		return err
	}
	err = visit(ctx, s.url, version, keys, out, columns(width))
	if err = errors.Join(err, s.stop()); err != nil {
		return fmt.Errorf("%w\n%s", err, s.said())
	}
	story := &session{out: out, width: columns(width)}
	return story.records(filepath.Join(state, "audit"))
}

// withKey adds a key to an agent of the file.
func withKey(file []byte, agent, key string) []byte {
	name := []byte("\n  " + agent + ":\n")
	return bytes.Replace(file, name, fmt.Appendf(name, "    keys: [{id: %s-1, sha256: %x}]\n", agent, sha256.Sum256([]byte(key))), 1)
}

// visit connects as each agent, and once without a key.
func visit(ctx context.Context, url, version string, keys map[string]string, out io.Writer, width int) error {
	for _, agent := range hosted {
		c, err := client.NewStreamableHttpClient(url, transport.WithHTTPHeaders(map[string]string{"Authorization": "Bearer " + keys[agent]}))
		if err != nil {
			return err
		}
		s := &session{ctx, c, out, width}
		if err := errors.Join(s.visit(agent, version), c.Close()); err != nil {
			return err
		}
	}
	s := &session{ctx: ctx, out: out, width: width}
	s.headline("a client without a key asks for the list")
	res, err := http.Post(url, "application/json", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	s.paragraph("✗ " + res.Status)
	return nil
}

// visit connects as an agent, lists its tools, and tries what one of the agents is not granted.
func (s *session) visit(agent, version string) error {
	if err := s.hello(version); err != nil {
		return err
	}
	list, err := s.mcp.ListTools(s.ctx, mcp.ListToolsRequest{})
	if err != nil {
		return err
	}
	s.headline("%s, by its key, sees %d tools", agent, len(list.Tools))
	_, err = s.call(agent, "tries to tag a conversation", "update_conversation", `{"conversationId":1234,"tag":["urgent"]}`)
	return err
}

// served is a server in a process of its own.
type served struct {
	cmd  *exec.Cmd
	url  string
	log  bytes.Buffer // its standard error
	rest chan struct{}
}

// startServer starts the program and waits until it says where it serves.
func startServer(ctx context.Context, path string, args ...string) (*served, error) {
	s := &served{rest: make(chan struct{})}
	s.cmd, _ = plain(nil)(ctx, path, nil, args)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(io.TeeReader(stderr, &s.log))
	for s.url == "" && lines.Scan() {
		var said struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &said) == nil && said.Msg == "serving over HTTP" {
			s.url = said.URL
		}
	}
	go func() {
		defer close(s.rest)
		for lines.Scan() { // what it says later is for [served.said]
		}
	}()
	if s.url == "" {
		<-s.rest
		return nil, fmt.Errorf("the server did not start: %w\n%s", errors.Join(s.cmd.Wait(), io.ErrUnexpectedEOF), s.log.String())
	}
	return s, nil
}

// stop tells the server to end, and waits for it.
func (s *served) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	<-s.rest
	return s.cmd.Wait()
}

func (s *served) said() string {
	<-s.rest
	return s.log.String()
}
