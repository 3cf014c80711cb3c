package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approval/approvaltest"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/replicas"
	"dixa-mcp/internal/replicas/redistest"
)

// server is one that shares a Redis.
func server(t *testing.T, url string) *replicas.Group {
	t.Helper()
	g, err := redisFlag{Redis: url}.connect(t.Context(), "server")
	require.NoError(t, err)
	t.Cleanup(g.Close)
	return g
}

func TestRedisAddress(t *testing.T) {
	g, err := redisFlag{}.connect(t.Context(), "x")
	require.NoError(t, err)
	require.Nil(t, g)
	file := filepath.Join(t.TempDir(), "redis")
	t.Setenv("DIXA_MCP_REDIS_FILE", file)
	_, err = redisFlag{}.address()
	require.ErrorContains(t, err, "DIXA_MCP_REDIS_FILE: ")
	require.NoError(t, os.WriteFile(file, []byte("\n"), 0o600))
	_, err = redisFlag{}.address()
	require.ErrorContains(t, err, "is empty")
	require.NoError(t, os.WriteFile(file, []byte("redis://:geheim@127.0.0.1:1\n"), 0o600))
	address, err := redisFlag{}.address()
	require.NoError(t, err)
	require.Equal(t, "redis://:geheim@127.0.0.1:1", address)
	_, err = redisFlag{}.connect(t.Context(), "x")
	require.ErrorContains(t, err, "the Redis at 127.0.0.1:1 cannot be used")
	require.NotContains(t, err.Error(), "geheim")
	_, err = redisFlag{Redis: "redis://x"}.address()
	require.ErrorContains(t, err, "set only one")
}

// A freeze through Redis stops the servers that share it, not those of the state directory.
func TestFreezeOverRedis(t *testing.T) {
	s := redistest.Start(t)
	g := server(t, s.URL())
	c := newCold(t)
	where := c.where()
	where.Redis = s.URL()
	require.NoError(t, (&freezeCmd{Agent: agentFlag("triage"), Reason: "nonsense", freezeDir: where}).Run(t.Context(), &output{to: io.Discard}))
	c.stopped(false, false)
	require.Eventually(t, func() bool { reason, is := g.Freezes().Frozen("triage"); return is && reason == "nonsense" }, limit, 5*time.Millisecond)
	marks, err := g.Freezes().List(t.Context())
	require.NoError(t, err)
	require.Equal(t, whoami(), marks["triage"].By)
	require.ErrorContains(t, (&thawCmd{freezeDir: where}).Run(t.Context(), &output{to: io.Discard}), "there is no freeze of all agents in the Redis at "+s.Addr)
	require.NoError(t, (&thawCmd{Agent: agentFlag("triage"), freezeDir: where}).Run(t.Context(), &output{to: io.Discard}))
	require.Eventually(t, func() bool { _, is := g.Freezes().Frozen("triage"); return !is }, limit, 5*time.Millisecond)
	require.Equal(t, 1, g.State().Replicas)
	events, _ := c.told()
	require.Equal(t, []audit.Event{audit.EventFreeze, audit.EventThaw}, events)
	s.Kill()
	require.ErrorContains(t, (&freezeCmd{freezeDir: where}).Run(t.Context(), &output{to: io.Discard}), "cannot be used")
}

// An approver decides about calls that were parked in the Redis that servers share.
func TestApproveOverRedis(t *testing.T) {
	s := redistest.Start(t)
	g := server(t, s.URL())
	o := newOffice(t)
	flags := o.flags("anna")
	flags.Redis = s.URL()
	request := approvaltest.Request(t, 1234)
	yes, err := g.Approvals().Park(t.Context(), request)
	require.NoError(t, err)
	no, err := g.Approvals().Park(t.Context(), approvaltest.Request(t, 1235))
	require.NoError(t, err)

	var out bytes.Buffer
	list := approvalsListCmd{approverFlags: flags}
	require.NoError(t, list.Run(t.Context(), &output{to: &out}))
	require.Contains(t, out.String(), yes.Number)
	require.Contains(t, out.String(), no.Number)
	printer := flags.printer(&output{to: &out})
	require.NoError(t, flags.decide(t.Context(), printer, yes.Number, approver.Verdict{Approve: true, Reason: "fine"}, nil))
	require.NoError(t, flags.decide(t.Context(), printer, no.Number, approver.Verdict{}, nil))
	taken, err := g.Approvals().Take(t.Context(), request.Agent, request.Digest)
	require.NoError(t, err)
	require.Equal(t, "anna.holm", taken.Approver)
	denied, err := g.Approvals().Get(t.Context(), no.Number)
	require.NoError(t, err)
	require.Equal(t, approval.Denied, denied.State)
	require.Empty(t, denied.Arguments)
	require.Len(t, o.records(), 2)
}

// doctor checks what a hosted server depends on before it is started: which agents can authenticate, and its Redis.
func TestDoctorOfAHostedServer(t *testing.T) {
	s := redistest.Start(t)
	p := newPlace(t)
	const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd"
	file := p.write("capabilities.yaml", "version: 1\nstdio: [local]\nagents:\n  local: {allow: [get_organization]}\n"+
		"  keyed: {allow: [get_organization], keys: [{id: k-1, sha256: "+digest+"01}]}\n"+
		"  late: {allow: [get_organization], keys: [{id: k-2, sha256: "+digest+"02, expires: 2026-01-01}]}\n")
	require.Contains(t, p.good("check", file), "\nOver stdio: local\nOver HTTP:  keyed\n")

	o := p.run("doctor", "--offline", "--capabilities", file, "--redis", s.URL())
	require.Zero(t, o.code, o.stdout)
	require.Contains(t, o.stdout, "✓ over HTTP        keyed can authenticate with a key or a token\n")
	require.Contains(t, o.stdout, "✓ Redis            it answers, and servers can share it\n")
	o = p.run("doctor", "--offline", "--redis", "redis://:geheim@127.0.0.1:1")
	require.Equal(t, 1, o.code)
	require.Contains(t, o.stdout, "✓ over HTTP        no agent can authenticate with a key or a token\n")
	require.Contains(t, o.stdout, "✗ Redis            --redis: the Redis at 127.0.0.1:1 cannot be used")
	require.NotContains(t, o.stdout+o.stderr, "geheim")
}
