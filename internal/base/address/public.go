package address

import (
	"errors"
	"net/netip"
	"syscall"
)

// special are the networks that are not part of the public internet (the registries of special-purpose addresses of IANA).
// Those that carry an IPv4 address in an IPv6 address are among them: nothing that this program asks for has a need to be there.
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

// IsPublic reports whether an address is one of the public internet.
func IsPublic(ip netip.Addr) bool {
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

// ErrNotPublic refuses an address that is not one of the public internet, or another port than 443.
var ErrNotPublic = errors.New("it is not at an address of the public internet")

// PublicOnly, as the Control of a [net.Dialer], refuses to connect to an address that is not public. It is asked with the address to which the connection is
// about to be made, after names were resolved: a name that resolves to another address the next time gains nothing.
func PublicOnly(_, to string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(to)
	if err != nil || !IsPublic(at.Addr()) || at.Port() != 443 {
		return ErrNotPublic
	}
	return nil
}
