package main

import (
	"bytes"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/admin"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/freeze"
)

const adminKey = "dixa-mcp-admin-0123456789abcdef0123456789abcdef"

// remote is the admin port of a server that has the office's calls, and agents.
func (o *office) remote() (url string, freezes freeze.Dir) {
	o.Helper()
	o.write("admin", adminKey+"\n")
	rules, err := capability.Load(filepath.Join(o.dir, "capabilities.yaml"))
	require.NoError(o, err)
	key, err := admin.ReadKey("admin", filepath.Join(o.dir, "admin"))
	require.NoError(o, err)
	log, err := audit.Open(audit.Options{Dir: filepath.Join(o.dir, "audit")})
	require.NoError(o, err)
	freezes = freeze.Dir(filepath.Join(o.dir, "frozen"))
	s := httptest.NewServer(admin.New(admin.Config{Rules: func() *capability.Rules { return rules }, Approvals: o.store, Freezes: freezes, Audit: log, Key: key, Now: time.Now}))
	o.Cleanup(func() {
		s.Close()
		require.NoError(o, log.Close())
	})
	return s.URL, freezes
}

// An approver decides at the admin port of a hosted server, with no other access to that machine.
func TestApproveAtAServer(t *testing.T) {
	o := newOffice(t)
	url, _ := o.remote()
	yes, no := o.park(1234), o.park(1235)
	p := newPlace(t)
	with := func(who string, args ...string) outcome {
		return p.run(append(append([]string{"approvals"}, args...), "--url", url, "--key-file", filepath.Join(o.dir, who))...)
	}
	out := with("anna", "list")
	require.Zero(t, out.code, out.stderr)
	require.Contains(t, out.stdout, yes.Number+"  pending")
	require.Contains(t, with("anna", "show", yes.Number).stdout, "    | your secret refund\n")
	out = with("anna", "approve", yes.Number, "--reason", "fine")
	require.Contains(t, out.stdout, "    | your secret refund\n", "the text that is approved is seen")
	require.Contains(t, out.stdout, "\nApproved by anna.holm. Nothing was sent yet. The next identical call of support is carried out, once, until ")
	require.Equal(t, approval.Approved, o.state(yes.Number))
	require.Contains(t, with("anna", "deny", no.Number).stdout, "\nDenied by anna.holm. The text was deleted.\n")
	require.Equal(t, approval.Denied, o.state(no.Number))
	require.Contains(t, with("anna", "approve", yes.Number).stdout, "Nothing was changed.")
	require.Contains(t, with("anna", "list").stdout, "No calls wait for approval.")

	for _, c := range []struct {
		who  string
		args []string
		code int
		says string
	}{
		{"anna", []string{"deny", yes.Number}, exitRefused, "was approved by anna.holm"},
		{"anna", []string{"show", "A-0000"}, exitNotFound, "no call has the number"},
		{"nobody", []string{"list"}, exitRefused, "the admin port does not accept the key"},
		{"admin", []string{"list"}, exitRefused, "the admin port does not accept the key"},
	} {
		out := with(c.who, c.args...)
		require.Equal(t, c.code, out.code, out.stderr)
		require.Contains(t, out.stderr, c.says)
		require.Empty(t, out.stdout)
		require.NotContains(t, out.stderr, adminKey)
	}
	more := o.park(1236)
	require.Equal(t, exitRefused, with("joe", "approve", more.Number).code, "whose may has no send")
	require.Equal(t, approval.Pending, o.state(more.Number))
}

// An operator stops agents at the admin port of a hosted server.
func TestFreezeAtAServer(t *testing.T) {
	o := newOffice(t)
	url, freezes := o.remote()
	p := newPlace(t)
	with := func(args ...string) outcome {
		return p.run(append(args, "--url", url, "--key-file", filepath.Join(o.dir, "admin"))...)
	}
	out := with("freeze", "--agent", "support", "--reason", "nonsense")
	require.Equal(t, "froze agent support on every server that uses the state of the server at "+url+"\n", out.stdout)
	reason, frozen := freezes.Frozen("support")
	require.True(t, frozen)
	require.Equal(t, "nonsense", reason)
	require.Zero(t, with("thaw", "--agent", "support").code)
	out = with("thaw", "--agent", "support")
	require.Equal(t, exitNotFound, out.code, out.stderr)
	require.Contains(t, out.stderr, "there is no freeze of agent support")
	require.Equal(t, exitNotFound, with("freeze", "--agent", "nobody").code)
	require.Zero(t, with("freeze").code)
	_, frozen = freezes.Frozen("anybody")
	require.True(t, frozen)
	require.Equal(t, exitUsage, with("thaw", "--agent", "").code, "an empty name is not all agents")
	_, frozen = freezes.Frozen("anybody")
	require.True(t, frozen)

	anna := p.run("thaw", "--url", url, "--key-file", filepath.Join(o.dir, "anna"))
	require.Equal(t, exitRefused, anna.code, anna.stderr)
	require.NoDirExists(t, filepath.Join(p.home, "state"), "the record is the server's")
}

// The key goes to the given address, not along a redirect. A server that does not answer like the admin port is an error.
func TestAdminPortThatIsNone(t *testing.T) {
	elsewhere := newHost(t, 200, `{"approvals":[]}`)
	for _, h := range []*host{newHost(t, 302, elsewhere.URL), newHost(t, 200, "<html>"), newHost(t, 500, "<html>"), newHost(t, 200, "[]")} {
		p := newPlace(t)
		p.write("key", "dixa-mcp-approver-x")
		o := p.run("approvals", "list", "--url", h.URL, "--key-file", "~/key")
		require.Equal(t, exitFailed, o.code, o.stderr)
		require.Contains(t, o.stderr, "the server at --url is not the admin port of dixa-mcp")
	}
	require.Empty(t, elsewhere.got())
	var out bytes.Buffer
	approvalPrinter{&output{to: &out}, time.UTC}.list([]approver.Item{{Number: "A-1\x1b[2J", Agent: "a\nb"}}, false)
	require.Equal(t, 2, strings.Count(out.String(), "\n"), "a server cannot write to the terminal as it likes")
	require.NotContains(t, out.String(), "\x1b")
}

// An address of all interfaces is printed as one that can be used.
func TestReachable(t *testing.T) {
	for address, want := range map[string]string{
		"http://[::]:8080": "http://127.0.0.1:8080", "http://0.0.0.0:1": "http://127.0.0.1:1", "https://[::]:1": "https://127.0.0.1:1",
		"http://127.0.0.1:1": "http://127.0.0.1:1", "http://[::1]:1": "http://[::1]:1", "http://10.0.0.1:1": "http://10.0.0.1:1",
	} {
		require.Equal(t, want, reachable(address))
	}
	for _, listen := range []string{":0", "0.0.0.0:0", "[::]:0"} {
		env, dixa := newPlace(t).offlineDixa("--listen", listen)
		require.Contains(t, env[0], "=http://127.0.0.1:", listen)
		require.NoError(t, dixa.Process.Kill())
		_ = dixa.Wait()
	}
}
