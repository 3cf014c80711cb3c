package signin

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// special are the networks that are not part of the public internet (the registries of special-purpose addresses of IANA).
// Those that carry an IPv4 address in an IPv6 address are among them: a document has no need to be there.
var special = func() []netip.Prefix {
	var all []netip.Prefix
	for _, p := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
	} {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}()

// global is the part of IPv6 that is given to the public internet.
var global = netip.MustParsePrefix("2000::/3")

// isPublic reports whether an address is one of the public internet.
func isPublic(ip netip.Addr) bool {
	if ip.Is4In6() || ip.Zone() != "" || ip.Is6() && !global.Contains(ip) {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return ip.IsValid()
}

var errNotPublic = errors.New("it is not at an address of the public internet")

// publicOnly refuses to connect to an address that is not public. It is asked with the address to which the connection is
// about to be made, after names were resolved: a name that resolves to another address the next time gains nothing.
func publicOnly(_, to string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(to)
	if err != nil || !isPublic(at.Addr()) || at.Port() != 443 {
		return errNotPublic
	}
	return nil
}

const (
	documentTimeout = 5 * time.Second
	maxDocument     = 64 << 10 // bytes
	maxRedirects    = 2
)

// publicClient returns a client for documents of the public internet: https at the port 443 only, directly and not through a
// proxy, whose own resolution could not be checked. A nil resolver is the machine's.
func publicClient(names *net.Resolver) *http.Client {
	dialer := &net.Dialer{Timeout: documentTimeout, Control: publicOnly, Resolver: names}
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
