// Package address answers questions about the hosts in addresses. A host is a name or an IP address, without a port.
package address

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// IsLoopback reports whether only this machine can be reached at a host: localhost, or a loopback address.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// IsConfidential reports whether what is sent to an address cannot be read on its way: with https, or with http on this machine.
func IsConfidential(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && IsLoopback(u.Hostname())
}

// CannotRebind reports whether a web page cannot have the host lead here: localhost and IP addresses. A name of its own
// it can (DNS rebinding).
func CannotRebind(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || strings.EqualFold(host, "localhost")
}

// Host returns the host of "host", "host:port" or "[host]:port", in lower case and without brackets.
func Host(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		hostport = host
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]"))
}
