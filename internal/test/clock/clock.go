// Package clock has a clock that a test sets.
package clock

import (
	"sync/atomic"
	"time"
)

// Start is the time at which a [Clock] stands at first.
var Start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Clock is a clock that a test sets. It is safe for concurrent use.
type Clock struct{ since atomic.Int64 }

// Now tells the time.
func (c *Clock) Now() time.Time { return Start.Add(time.Duration(c.since.Load())) }

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) { c.since.Add(int64(d)) }
