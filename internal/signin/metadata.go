package signin

import (
	"net/http"

	"dixa-mcp/internal/base/web"
)

// Scope is the only scope: what a person allows is an agent, and the agent is part of the resource.
const Scope = "mcp"

// Metadata tells clients how to use the server (RFC 8414).
func (s *Server) Metadata() http.Handler {
	return crossOrigin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD, OPTIONS")
			web.Refuse(w, http.StatusMethodNotAllowed, "only GET is answered here")
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=60")
		web.WriteJSON(w, http.StatusOK, map[string]any{
			"issuer":                                         s.Config.Issuer,
			"authorization_endpoint":                         s.Config.Issuer + authorizePath,
			"token_endpoint":                                 s.Config.Issuer + tokenPath,
			"revocation_endpoint":                            s.Config.Issuer + revokePath,
			"registration_endpoint":                          s.Config.Issuer + registerPath,
			"response_types_supported":                       []string{"code"},
			"response_modes_supported":                       []string{"query"},
			"grant_types_supported":                          []string{"authorization_code", "refresh_token"},
			"code_challenge_methods_supported":               []string{"S256"},
			"token_endpoint_auth_methods_supported":          []string{"none", "client_secret_basic", "client_secret_post"},
			"revocation_endpoint_auth_methods_supported":     []string{"none", "client_secret_basic", "client_secret_post"},
			"scopes_supported":                               []string{Scope},
			"authorization_response_iss_parameter_supported": true,
			"client_id_metadata_document_supported":          true,
		})
	}))
}
