package webhook

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"dixa-mcp/internal/base/address"
)

// Address returns the address to which Dixa is to send, for that of a server: with the path of the receiver. It refuses one that
// Dixa could not reach, or to which events would go unencrypted, unless the Dixa is on this machine. lookup is that of a
// [net.Resolver]; a name that it does not find is accepted, since Dixa may know it.
func Address(ctx context.Context, text string, here bool, lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("must be the address of the server, such as https://mcp.example.com, not %.200q", text)
	}
	u.Path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), Path) + Path
	switch {
	case here:
		return u.String(), nil
	case u.Scheme != "https":
		return "", fmt.Errorf("must begin with https://, so that events are encrypted on their way, not %.200q", text)
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	private := fmt.Errorf("%.200q is not at an address of the public internet, so that Dixa cannot reach it: name the address of a proxy or a tunnel", text)
	if ip, err := netip.ParseAddr(host); err == nil {
		if !address.IsPublic(ip) {
			return "", private
		}
		return u.String(), nil
	}
	if address.IsLoopback(host) || !strings.Contains(host, ".") || slices.ContainsFunc([]string{".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test", ".example", ".invalid"}, func(end string) bool { return strings.HasSuffix(host, end) }) {
		return "", private
	}
	ips, err := lookup(ctx, "ip", host)
	if err == nil && len(ips) > 0 && !slices.ContainsFunc(ips, func(ip netip.Addr) bool { return address.IsPublic(ip.Unmap()) }) {
		return "", private
	}
	return u.String(), nil
}

// Lookup is that of this machine.
var Lookup = net.DefaultResolver.LookupNetIP
