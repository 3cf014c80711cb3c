package interop

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/replicas/redistest"
)

// Behind a balancer that gives each request to the next server, clients of today have all that they have with one. Of
// older ones the person cannot be asked there, since the answer would come to another server. So does a cancellation, but
// that is passed on.
func TestClientsOfSeveralServers(t *testing.T) {
	js := node(t)
	shared := "redis://" + redistest.Start(t).Addr
	t.Parallel()
	p := newPlace(t)
	server := func() string { return p.serve(must(t, program), "--redis", shared, "--grace", "1s") }
	front := inTurn(t, server(), server())
	all := p.sessions("http", front, false,
		client{"sdk 1", []string{js, "js/sdk1.mjs"}, map[string]string{"legacy": "2025-11-25"}},
		client{"sdk 2", []string{js, "js/sdk2.mjs"}, map[string]string{"legacy": "2025-11-25", "auto": "2026-07-28", "modern": "2026-07-28"}},
		client{"go", []string{must(t, goClient)}, map[string]string{"legacy": "2025-11-25", "modern": "2026-07-28"}},
	)
	p.run(all, func(o *one, t *testing.T, p *place) {
		if o.version == "2026-07-28" {
			o.holds(t, p)
			return
		}
		s := o.session
		require.Equal(t, o.version, s.Version)
		require.Contains(t, s.Tools, "add_note")
		require.Contains(t, s.Read.Text, "Conversation 1234 ")
		require.NotEmpty(t, s.Progress)
		require.NotEqual(t, "answered", s.Cancelled)
		require.Eventually(t, func() bool { return len(p.outcomes(o.plan.Slow)) > 0 }, limit, pause, "the cancelled call goes on")
		require.Equal(t, []string{"cancelled"}, p.outcomes(o.plan.Slow))
		require.Empty(t, s.Asked)
		for _, refused := range []said{s.Accepted, s.Declined} {
			require.True(t, refused.Failed)
			require.Contains(t, refused.Text, "A client of this protocol version cannot be asked here, where several servers share the work")
		}
		require.NotContains(t, s.Notes.Text, o.plan.Notes[0].Text)
	})
}

// inTurn is a balancer that gives each request to the next server.
func inTurn(t *testing.T, servers ...string) string {
	t.Helper()
	var last atomic.Uint64
	to := make([]*url.URL, len(servers))
	for i, server := range servers {
		var err error
		to[i], err = url.Parse(server)
		require.NoError(t, err)
	}
	return fronted(t, func(r *httputil.ProxyRequest) { r.SetURL(to[last.Add(1)%uint64(len(to))]) })
}

// fronted sits in front of servers and changes nothing but what it is told to.
func fronted(t *testing.T, change func(*httputil.ProxyRequest)) string {
	t.Helper()
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		change(r)
		r.Out.Host = r.In.Host
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Otherwise net/http closes a request's body when its answer begins, and the proxy's connection to the server ends
		// where it has not quite seen the end of that body.
		_ = http.NewResponseController(w).EnableFullDuplex()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL
}
