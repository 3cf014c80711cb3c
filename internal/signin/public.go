package signin

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"dixa-mcp/internal/base/address"
)

const (
	documentTimeout = 5 * time.Second
	maxDocument     = 64 << 10 // bytes
	maxRedirects    = 2
)

// publicClient returns a client for documents of the public internet: https at the port 443 only, directly and not through a
// proxy, whose own resolution could not be checked. A nil resolver is the machine's.
func publicClient(names *net.Resolver) *http.Client {
	dialer := &net.Dialer{Timeout: documentTimeout, Control: address.PublicOnly, Resolver: names}
	return documentClient(&http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    documentTimeout,
		ResponseHeaderTimeout:  documentTimeout,
		MaxResponseHeaderBytes: 16 << 10,
		MaxIdleConns:           4,
		IdleConnTimeout:        10 * time.Second,
	})
}

// documentClient follows few redirects, and only to the same host: the host of a client's id is what people are shown, and an
// open redirect there must not let others speak for it.
func documentClient(over http.RoundTripper) *http.Client {
	return &http.Client{Timeout: documentTimeout, Transport: over, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects || r.URL.Scheme != "https" || r.URL.Host != via[0].URL.Host || r.URL.User != nil {
			return fmt.Errorf("it redirects to %.200s, which is not followed", r.URL.Redacted())
		}
		return nil
	}}
}
