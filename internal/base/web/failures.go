package web

import (
	"net"
	"sync"
	"time"
)

const (
	failuresMost  = 10 // invalid keys from one address in failuresFor
	failuresFor   = time.Minute
	failuresKnown = 4096 // addresses; further ones are counted together
)

// Failures counts invalid keys of the present minute by the address that they came from. It is safe for concurrent use.
type Failures struct {
	now func() time.Time

	mu    sync.Mutex
	count map[string]int
	ends  time.Time
}

// NewFailures makes one that has counted nothing.
func NewFailures(now func() time.Time) *Failures { return &Failures{now: now} }

// Add counts an invalid key from a client's address, with or without a port. It returns the address that it was counted for,
// whether there were too many, and whether this is the first of them.
func (f *Failures) Add(client string) (from string, many, first bool) {
	if host, _, err := net.SplitHostPort(client); err == nil {
		client = host
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); !now.Before(f.ends) {
		f.count, f.ends = map[string]int{}, now.Add(failuresFor)
	}
	counted := client
	if _, known := f.count[counted]; !known && len(f.count) >= failuresKnown {
		counted = ""
	}
	f.count[counted]++
	return client, f.count[counted] > failuresMost, f.count[counted] == failuresMost+1
}
