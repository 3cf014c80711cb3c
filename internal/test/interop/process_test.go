package interop

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/offline"
)

// builds is where the programs under test are built, each once.
var builds string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "dixa-mcp-interop-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	builds = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// module is the folder of dixa-mcp's own module.
const module = "../../.."

var (
	program    = sync.OnceValues(func() (string, error) { return build("dixa-mcp", module, "./cmd/dixa-mcp") })
	conforming = sync.OnceValues(func() (string, error) {
		return build("dixa-mcp-conformance", module, "-tags", "conformance", "./cmd/dixa-mcp")
	})
	goClient = sync.OnceValues(func() (string, error) { return build("goclient", "gosdk", ".") })
)

// build builds a program, and looks at the folders of all sources: go test repeats an old result while nothing has changed
// that a test has looked at.
func build(name, dir string, arguments ...string) (string, error) {
	if err := filepath.WalkDir(module, look); err != nil {
		return "", err
	}
	path := filepath.Join(builds, name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	arguments = append([]string{"build", "-o", path}, arguments...)
	cgo := "CGO_ENABLED=0" // as in a release; the race detector needs it
	if raced && dir == module {
		arguments, cgo = slices.Insert(arguments, 1, "-race"), "CGO_ENABLED=1"
	}
	c := exec.Command("go", arguments...)
	c.Env = append(os.Environ(), cgo)
	c.Dir = dir
	if said, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w: %s", name, err, said)
	}
	return path, nil
}

func look(path string, d fs.DirEntry, err error) error {
	switch {
	case err != nil || !d.IsDir():
		return err
	case path != module && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".")):
		return fs.SkipDir
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return folder.Close()
}

func must(t *testing.T, built func() (string, error)) string {
	t.Helper()
	path, err := built()
	require.NoError(t, err)
	return path
}

// limit is how long a client or a suite may take before a test calls it hung.
const limit = 90 * time.Second

// pause is that between two looks at what another process does.
const pause = 20 * time.Millisecond

// key lets the agent helper in, keyToAll the agent everything.
var (
	key      = "dixa-mcp-agent-" + strings.Repeat("A", 43)
	keyToAll = "dixa-mcp-agent-" + strings.Repeat("B", 42) + "A"
)

// rules lets two agents in everywhere: one with few tools, one with all. A person at their client is asked
// before they write.
const rules = `version: 1
stdio: [helper, everything]
agents:
  helper:
    about: Talks to clients of other people's making.
    access: {conversations: read, messages: write}
    confirm: {write: client}
    keys:
      - {id: helper-1, sha256: %x}
  everything:
    about: Sees how many tools a client takes.
    acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455
    access: {"*": erase}
    allow: [search_conversations_by_text, import_conversation, record_message, get_rating, anonymize_entity, list_webhooks, get_webhook, get_webhook_status,
      list_webhook_deliveries, create_webhook, update_webhook, delete_webhook, export_conversations, export_messages]
    arguments: {create_webhook.url: ["*"], update_webhook.url: ["*"]}
    confirm: {write: client}
    keys:
      - {id: everything-1, sha256: %x}
`

// slowFrom is the first conversation whose answer from Dixa never comes: each client has one of its own.
const slowFrom = 9_000_000

// place is a folder, a Dixa and the settings of the programs that a test starts.
type place struct {
	t    *testing.T
	home string
	dixa string // address

	planned atomic.Int64 // sessions
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, home: t.TempDir()}
	dixa := httptest.NewServer(slowly(offline.New(offline.Options{})))
	t.Cleanup(dixa.Close)
	p.dixa = dixa.URL
	file := fmt.Sprintf(rules, sha256.Sum256([]byte(key)), sha256.Sum256([]byte(keyToAll)))
	require.NoError(t, os.WriteFile(filepath.Join(p.home, "capabilities.yaml"), []byte(file), 0o600))
	return p
}

var slowPath = regexp.MustCompile(`^/v1/conversations/9\d{6}`)

// slowly sits in front of Dixa and keeps the answers about some conversations back until nobody waits for them.
func slowly(dixa http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slowPath.MatchString(r.URL.Path) {
			<-r.Context().Done()
			return
		}
		dixa.ServeHTTP(w, r)
	})
}

// env is all that the programs find in their environment, so that no setting of this machine counts.
func (p *place) env() map[string]string {
	return map[string]string{
		"HOME": p.home, "PATH": os.Getenv("PATH"), "XDG_STATE_HOME": filepath.Join(p.home, "state"),
		"DIXA_MCP_CAPABILITIES": filepath.Join(p.home, "capabilities.yaml"), "DIXA_MCP_BASE_URL": p.dixa, "DIXA_API_TOKEN": "interop", "DIXA_MCP_RATE": "1000",
		"GORACE": "halt_on_error=1", // a client notices, and fails
	}
}

func (p *place) command(ctx context.Context, name string, arguments ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, arguments...)
	for k, v := range p.env() {
		c.Env = append(c.Env, k+"="+v)
	}
	return c
}

var servingAt = regexp.MustCompile(`serving over HTTP.* url=(http://127\.0\.0\.1:\d+)`)

// serve starts a server over HTTP and gives its address, once it listens.
func (p *place) serve(program string, arguments ...string) string {
	p.t.Helper()
	at, _ := p.start(program, arguments...)
	return at
}

// start is serve for a server that a test stops before it ends.
func (p *place) start(program string, arguments ...string) (at string, stop func()) {
	p.t.Helper()
	c := p.command(context.Background(), program, append([]string{"serve", "--http", "127.0.0.1:0"}, arguments...)...)
	logged, err := c.StderrPipe()
	require.NoError(p.t, err)
	require.NoError(p.t, c.Start())
	address, logs := make(chan string, 1), &strings.Builder{}
	var reading sync.WaitGroup
	reading.Go(func() {
		lines := bufio.NewScanner(logged)
		for lines.Scan() {
			logs.WriteString(lines.Text() + "\n")
			if at := servingAt.FindStringSubmatch(lines.Text()); at != nil {
				address <- at[1]
			}
		}
		close(address)
	})
	stop = sync.OnceFunc(func() {
		if c.Process.Signal(os.Interrupt) != nil {
			_ = c.Process.Kill()
		}
		reading.Wait()
		assert.NoError(p.t, c.Wait(), "the server")
	})
	p.t.Cleanup(func() {
		stop()
		if p.t.Failed() {
			p.t.Logf("the server had logged:\n%s", logs)
		}
	})
	at = <-address
	require.NotEmpty(p.t, at, "the server does not listen")
	return at, stop
}

// outcomes are those of the calls about a conversation, as they were recorded.
func (p *place) outcomes(conversation int64) []string {
	p.t.Helper()
	var found []string
	err := audit.Read(filepath.Join(p.home, "state", "dixa-mcp", "audit"), func(r audit.Record) error {
		if strings.Contains(r.Arguments.String(), fmt.Sprint(conversation)) && r.Outcome != "" {
			found = append(found, r.Outcome)
		}
		return nil
	})
	require.NoError(p.t, err)
	return found
}

// node is the path of a Node that can run the scripts in js/, where they are installed.
func node(t *testing.T) string {
	t.Helper()
	path := os.Getenv("DIXA_MCP_NODE")
	if path == "" {
		path, _ = filepath.Abs("js/node_modules/node/bin/node")
	}
	_, err := os.Stat(path)
	_, installed := os.Stat("js/node_modules/@modelcontextprotocol")
	if err == nil && installed == nil {
		return path
	}
	if os.Getenv("CI") != "" {
		require.FailNow(t, "the clients in Node are not installed: run npm ci in internal/test/interop/js")
	}
	t.Skip("needs clients in Node: run npm ci in internal/test/interop/js")
	return ""
}

// finish runs a program to its end and gives what it wrote.
func finish(t *testing.T, c *exec.Cmd) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs strings.Builder
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}
