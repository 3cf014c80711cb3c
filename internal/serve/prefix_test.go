package serve

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/offline"
)

// proxied is a site behind a proxy that serves it under a path of its own, with or without passing the path on.
func proxied(t *testing.T, prefix string, strips bool) *site {
	t.Helper()
	var front *httptest.Server
	s := host(t, offline.Options{}, func(c *HTTPConfig) {
		c.Prefix = prefix
		c.Identity = identity.New(identity.Options{
			Rules:    c.Gate.Rules,
			Resource: func(*http.Request) string { return front.URL + prefix + "/mcp" },
		})
		t.Cleanup(c.Identity.Close)
	})
	s.gate.Reload(t.Context(), parseRules(t, `
version: 1
oidc: {issuer: "https://login.example.com", audience: dixa-mcp, agent_claim: azp}
agents:
  support:
    access: {"*": read}
    oidc_claim: support
`))
	behind, err := url.Parse(s.url)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind)
		r.Out.Host = r.In.Host
		if strips {
			r.Out.URL.Path = strings.Replace(r.Out.URL.Path, prefix, "", 1)
		}
	}}
	front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, prefix+"/") && !strings.HasPrefix(r.URL.Path, identity.MetadataPath+prefix) {
			http.Error(w, "somebody else's", http.StatusTeapot)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	s.url = front.URL
	return s
}

// Behind a proxy that serves it under a path the server answers there, whether or not the proxy strips the path, and so
// does everything that it tells clients of itself.
func TestPathPrefix(t *testing.T) {
	for name, strips := range map[string]bool{"a proxy that strips the path": true, "a proxy that passes the path on": false} {
		for _, prefix := range []string{"/dixa", "/tools/dixa-mcp.eu"} {
			t.Run(name+" "+prefix, func(t *testing.T) {
				s := proxied(t, prefix, strips)
				h, list := today("1", "tools/list", "", "")
				for _, slash := range []string{"", "/"} {
					require.Equal(t, 200, s.ask("POST", prefix+"/mcp"+slash, list, h...).StatusCode)
				}
				require.Equal(t, 418, s.ask("POST", "/mcp", list, h...).StatusCode, "this proxy has other things there")

				res := s.ask("POST", prefix+"/mcp", list, "Authorization: ")
				require.Equal(t, 401, res.StatusCode)
				challenge := res.Header.Get("WWW-Authenticate")
				_, address, ok := strings.Cut(challenge, `resource_metadata="`)
				require.True(t, ok, challenge)
				address, _, _ = strings.Cut(address, `"`)
				require.Equal(t, s.url+identity.MetadataPath+prefix+"/mcp", address, "RFC 9728, section 3.1")
				for _, path := range []string{strings.TrimPrefix(address, s.url), prefix + identity.MetadataPath, prefix + identity.MetadataPath + "/mcp", identity.MetadataPath + prefix} {
					var told struct{ Resource string }
					body := text(t, s.ask("GET", path, ""))
					require.NoError(t, json.Unmarshal([]byte(body), &told), "%s: %s", path, body)
					require.Equal(t, s.url+prefix+"/mcp", told.Resource)
				}

				stream := eventsOf(t, s.ask("GET", prefix+"/sse", ""))
				messages, ok := stream.data()
				require.True(t, ok)
				require.True(t, strings.HasPrefix(messages, prefix+"/sse/message?"), messages)
				require.Equal(t, 202, s.ask("POST", messages, rpc("7", "ping", "")).StatusCode)
				require.Equal(t, "7", string(stream.next().ID))
			})
		}
	}
}

// A slash behind an address is no other address.
func TestTrailingSlash(t *testing.T) {
	s := host(t, offline.Options{})
	h, list := today("1", "tools/list", "", "")
	require.Equal(t, 200, s.ask("POST", "/mcp/", list, h...).StatusCode)
	require.Equal(t, 401, s.ask("POST", "/mcp/", list, append(h, "Authorization: ")...).StatusCode)
	require.Equal(t, 200, s.ask("POST", "/mcp/support", list, h...).StatusCode, "the agent's own address")
	require.Equal(t, 403, s.ask("POST", "/mcp/other", list, h...).StatusCode)
	require.Equal(t, 404, s.ask("POST", "/mcp/support/other", list, h...).StatusCode)
	session := s.begin("{}")
	require.Equal(t, 200, s.ask("GET", "/mcp/", "", session).StatusCode)
	require.Equal(t, 204, s.ask("DELETE", "/mcp/", "", session).StatusCode)
}
