package webhook

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"dixa-mcp/internal/base/address"
)

// The limit of refusals of one address. What is accepted is not counted: behind a proxy, whoever is refused may have the same address
// as Dixa.
const (
	refusedEvery  = 2 * time.Second
	refusedAtOnce = 30
	// mostAddresses is how many addresses are remembered. When there are more, all are forgotten.
	mostAddresses = 4096
)

// refusals limits what is answered to those who are refused.
type refusals struct {
	mu sync.Mutex
	of map[string]*rate.Limiter
}

// allow reports whether the address of a connection may be refused once more without being told to slow down.
func (r *refusals) allow(remote string, now time.Time) bool {
	key := network(remote)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil || len(r.of) >= mostAddresses && r.of[key] == nil {
		r.of = map[string]*rate.Limiter{}
	}
	if r.of[key] == nil {
		r.of[key] = rate.NewLimiter(rate.Every(refusedEvery), refusedAtOnce)
	}
	return r.of[key].AllowN(now, 1)
}

// network returns the address of a connection. Of an IPv6 address it is the network that one customer of a provider has.
func network(remote string) string {
	host := address.Host(remote)
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.Is6() || ip.Is4In6() {
		return host
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return host
	}
	return prefix.String()
}
