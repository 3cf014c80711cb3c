package interop

import (
	"context"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

const suite = "js/node_modules/@modelcontextprotocol/conformance/dist/index.js"

// revisions are those of the protocol with which the suite has scenarios of its own.
var revisions = []string{"2025-11-25", "2026-07-28"}

// withKey sits in front of a server and sends a key with each request, which the suite cannot. All else stays as the
// suite sends it: it also tries foreign hosts and origins.
func withKey(t *testing.T, server string) string {
	t.Helper()
	to, err := url.Parse(server)
	require.NoError(t, err)
	return fronted(t, func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Header.Set("Authorization", "Bearer "+key)
	}) + "/mcp"
}

// conforms runs the suite against a server.
func conforms(t *testing.T, address string, arguments ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	out, errs, code := finish(t, exec.CommandContext(ctx, node(t), append([]string{suite, "server", "--url", address}, arguments...)...))
	require.Zero(t, code, "%s\n%s", out, errs)
	t.Log(out)
}

// The server with the suite's fixtures passes all that a revision requires, and all that the suite has beyond that but
// extensions.
func TestConformance(t *testing.T) {
	node(t)
	t.Parallel()
	p := newPlace(t)
	address := withKey(t, p.serve(must(t, conforming)))
	for _, revision := range revisions {
		t.Run(revision+" required", func(t *testing.T) { conforms(t, address, "--requirements", revision) })
		t.Run(revision+" all", func(t *testing.T) { conforms(t, address, "--suite", "all", "--spec-version", revision) })
	}
}

// The program as it is delivered fails just what needs the suite's fixtures: the rest of the suite holds its lists,
// hints, headers and the form of each message to the protocol.
func TestConformanceOfProduction(t *testing.T) {
	node(t)
	t.Parallel()
	p := newPlace(t)
	address := withKey(t, p.serve(must(t, program)))
	for _, revision := range revisions {
		t.Run(revision, func(t *testing.T) {
			conforms(t, address, "--suite", "all", "--spec-version", revision, "--expected-failures", "testdata/production.yml")
		})
	}
}
