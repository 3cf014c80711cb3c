package identity

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	issuerTimeout = 5 * time.Second // for one answer of the issuer; a request waits for two
	maxDocument   = 1 << 20         // bytes; key sets are a few KiB
	maxRedirects  = 3
)

// newClient returns a client for requests to an issuer. It follows redirects to the same host only, and limits what it
// reads.
func newClient(over http.RoundTripper) *http.Client {
	if over == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.ResponseHeaderTimeout = issuerTimeout
		over = t
	}
	return &http.Client{Timeout: issuerTimeout, Transport: bounded{over}, CheckRedirect: sameHost}
}

// sameHost follows redirects only to where the request went, so that another host, or an attacker on the way, cannot
// become the one who says which keys count.
func sameHost(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > maxRedirects || r.URL.Scheme != first.Scheme || r.URL.Host != first.Host {
		return fmt.Errorf("it redirects to %s://%s, which is not followed", r.URL.Scheme, r.URL.Host)
	}
	return nil
}

// bounded reads answers whole and up to a size, and makes errors of those that are none. What the answer says then
// stays out of errors and logs.
type bounded struct{ over http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.over.RoundTrip(r)
	if err != nil || 300 <= answer.StatusCode && answer.StatusCode < 400 {
		return answer, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answered %d", answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxDocument {
		return nil, errors.New("its answer is over 1 MiB")
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// CloseIdleConnections lets [http.Client.CloseIdleConnections] through.
func (b bounded) CloseIdleConnections() {
	if c, ok := b.over.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// checkKeysAddress refuses addresses of keys that others on the way could answer for. Without encryption they are taken
// only from the issuer itself, which is then on this machine (see [capability.CheckIssuer]).
func checkKeysAddress(address, issuer string) error {
	u, err := url.Parse(address)
	i, issuerErr := url.Parse(issuer)
	if err != nil || issuerErr != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != i.Scheme || u.Host != i.Host) {
		return errors.New("its jwks_uri is not an https:// address")
	}
	return nil
}
