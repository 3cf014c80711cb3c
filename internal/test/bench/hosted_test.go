package bench

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What the agents of a crowd may do.
const (
	reader = `access: {conversations: read, messages: read, tags: read}`
	worker = `access: {conversations: read, messages: read, tags: read}, allow: [add_note, tag_conversation, untag_conversation]`
)

// agents have a capability file, and their keys.
type agents struct {
	file   string
	keys   []string
	tokens string // of Dixa
}

// crowd makes agents that may all do the same.
func crowd(n int, may string) agents {
	var file strings.Builder
	file.WriteString("version: 1\nagents:\n")
	a := agents{tokens: "offline"}
	expires := time.Now().AddDate(0, 0, 30).Format(time.DateOnly)
	for i := range n {
		random := make([]byte, 32)
		_, _ = rand.Read(random) // never fails
		key := "dixa-mcp-agent-" + base64.RawURLEncoding.EncodeToString(random)
		sum := sha256.Sum256([]byte(key))
		fmt.Fprintf(&file, "  agent-%d: {%s, keys: [{id: key-%d, sha256: %s, expires: %s}]}\n", i, may, i, hex.EncodeToString(sum[:]), expires)
		a.keys = append(a.keys, key)
	}
	a.file = file.String()
	return a
}

// hosted is a server of the built program over HTTP, in a process of its own.
type hosted struct {
	tb       testing.TB
	args     []string
	env      []string
	addr     string
	admin    string // address of its admin port
	adminKey string
	log      string // path of what it says
	cmd      *exec.Cmd
	agents
}

// host starts a server and waits until it is ready.
func host(tb testing.TB, dixa string, a agents, args ...string) *hosted {
	dir := tb.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(tb, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	h := &hosted{tb: tb, agents: a, addr: freeAddress(tb), admin: freeAddress(tb), adminKey: "dixa-mcp-admin-" + rand.Text() + rand.Text(), log: filepath.Join(dir, "log")}
	h.args = append([]string{"serve", "--http", h.addr, "--admin", h.admin, "--admin-key-file", write("admin.key", h.adminKey),
		"--capabilities", write("capabilities.yaml", a.file), "--state", filepath.Join(dir, "state")}, args...)
	h.env = []string{"DIXA_API_TOKENS=" + a.tokens, "DIXA_MCP_BASE_URL=" + dixa}
	h.start()
	tb.Cleanup(h.stop)
	return h
}

// start starts the process, again where it ran before.
func (h *hosted) start() {
	path, err := binary()
	require.NoError(h.tb, err)
	log, err := os.OpenFile(h.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(h.tb, err)
	defer log.Close()
	h.cmd = exec.Command(path, h.args...)
	h.cmd.Env = append(os.Environ(), h.env...)
	h.cmd.Stderr = log
	require.NoError(h.tb, h.cmd.Start())
	for begun := time.Now(); !h.ready(); time.Sleep(20 * time.Millisecond) {
		require.Less(h.tb, time.Since(begun), 30*time.Second, "the server does not become ready:\n%s", h.said())
	}
}

// ready asks as a balancer does.
func (h *hosted) ready() bool {
	res, err := http.Get("http://" + h.addr + "/readyz")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode == http.StatusOK
}

// stop tells the process to stop, and waits until it has.
func (h *hosted) stop() {
	if h.cmd == nil {
		return
	}
	require.NoError(h.tb, h.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(h.tb, h.cmd.Wait(), "%s", h.said())
	h.cmd = nil
}

// said is the end of what the process wrote to its log.
func (h *hosted) said() string {
	b, _ := os.ReadFile(h.log)
	return string(b[max(0, len(b)-4000):])
}

func (h *hosted) endpoint() string { return "http://" + h.addr + "/mcp" }

// clients gives so many clients, of the agents in turn.
func (h *hosted) clients(n int) []*client {
	all := make([]*client, n)
	for i := range all {
		all[i] = newClient(h.endpoint(), h.keys[i%len(h.keys)])
		h.tb.Cleanup(all[i].close)
	}
	return all
}

// metric reads one of the server's metrics, the sum over its labels.
func (h *hosted) metric(name string) (sum float64) {
	req, err := http.NewRequest(http.MethodGet, "http://"+h.admin+"/metrics", nil)
	require.NoError(h.tb, err)
	req.Header.Set("Authorization", "Bearer "+h.adminKey)
	res, err := http.DefaultClient.Do(req)
	require.NoError(h.tb, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(h.tb, err)
	require.Equal(h.tb, http.StatusOK, res.StatusCode, "%s", body)
	found := false
	for line := range strings.Lines(string(body)) {
		var value float64
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest[0] != ' ' && rest[0] != '{' {
			continue
		}
		if _, err := fmt.Sscan(rest[strings.LastIndexByte(strings.TrimSpace(rest), ' ')+1:], &value); err == nil {
			sum, found = sum+value, true
		}
	}
	require.True(h.tb, found, "there is no metric %s", name)
	return sum
}

func freeAddress(tb testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	defer l.Close()
	return l.Addr().String()
}
