package server

import (
	"fmt"
	"net/http"
	"strings"

	"dixa-mcp/internal/offline/attachment"
)

// Files returns a transport for the addresses that begin with [attachment.URL], over the one of [Server.Client].
func Files(next http.RoundTripper) http.RoundTripper { return files{next} }

type files struct{ next http.RoundTripper }

// RoundTrip sends a request to the server.
func (f files) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != attachment.Host {
		return nil, fmt.Errorf("offline Dixa: %s is not %s, and there is no network here", r.URL.Host, attachment.Host)
	}
	r = r.Clone(r.Context())
	r.Host, r.URL.Scheme, r.URL.Host = attachment.Host, "http", strings.TrimPrefix(URL, "http://")
	return f.next.RoundTrip(r)
}

// serveFile answers with a file of a message. Its address is all that is needed, as with Dixa's: who knows it may read it.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	entry := s.arrived(r, "")
	kind, body, err := attachment.Make(r.URL.Path)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		s.answered(entry, http.StatusInternalServerError)
		return
	case body == nil:
		http.NotFound(w, r)
		s.answered(entry, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", kind)
	s.answered(entry, http.StatusOK)
	_, _ = w.Write(body) // the client may be gone
}
