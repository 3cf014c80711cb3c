package identity

import (
	"encoding/json"
	"net/http"
	"net/url"
)

// MetadataPath is where clients look for [Authenticator.Metadata]: there, and there with the path of the server behind
// it (RFC 9728).
const MetadataPath = "/.well-known/oauth-protected-resource"

// metadataAddress returns where the metadata of a resource is served: before its path.
func metadataAddress(resource string) string {
	u, err := url.Parse(resource)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: MetadataPath + u.Path}).String()
}

// resource returns the address that a request is for: that of the server, and with it the agent that it chooses.
func (a *Authenticator) resource(r *http.Request) string {
	if agent := asked(r); agent != "" {
		return a.o.Resource(r) + "/" + url.PathEscape(agent)
	}
	return a.o.Resource(r)
}

// authorizationServers returns whose tokens are accepted: those of people who sign in first, since clients take the first.
func (a *Authenticator) authorizationServers() []string {
	var all []string
	if a.o.People != nil {
		all = append(all, a.o.People.Issuer())
	}
	if settings, ok := a.o.Rules().OIDC(); ok {
		all = append(all, settings.Issuer)
	}
	return all
}

// Metadata tells clients whose tokens are accepted (RFC 9728). Without sign-in and without oidc in the capability file there is
// nothing to tell, and the answer is 404. The answer is the same for agents that exist and others. What it says is public, so scripts of any web page may read it.
func (a *Authenticator) Metadata() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		servers := a.authorizationServers()
		if len(servers) == 0 {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		switch r.Method {
		case http.MethodGet, http.MethodHead:
		case http.MethodOptions: // asked by a browser, since clients send the version of the protocol in a header
			h.Set("Access-Control-Allow-Methods", "GET, HEAD")
			h.Set("Access-Control-Allow-Headers", "*")
			w.WriteHeader(http.StatusNoContent)
			return
		default:
			h.Set("Allow", "GET, HEAD, OPTIONS")
			http.Error(w, "only GET is answered here", http.StatusMethodNotAllowed)
			return
		}
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "public, max-age=60")  // a changed capability file is soon seen
		_ = json.NewEncoder(w).Encode(map[string]any{ // the client may be gone
			"resource":                 a.resource(r),
			"resource_name":            "dixa-mcp",
			"authorization_servers":    servers,
			"bearer_methods_supported": []string{"header"},
		})
	})
}
