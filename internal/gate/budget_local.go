package gate

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// counter is the Budgets of one process.
type counter struct {
	mu     sync.Mutex
	agents map[string]*spending
}

// spending is what one agent has used.
type spending struct {
	limit *rate.Limiter // nil until there is one
	used  map[string]*window
}

// window is how often something was done in the present hour or day.
type window struct {
	used int
	ends time.Time
}

// NewBudgets makes the Budgets of one process, which forgets when that ends.
func NewBudgets() Budgets { return &counter{agents: map[string]*spending{}} }

// Take implements [Budgets].
func (c *counter) Take(_ context.Context, agent string, allowances []Allowance, perSecond float64) (Taken, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, s := time.Now(), c.of(agent)
	if counts := s.counts(allowances, now); Over(counts) != nil {
		return Taken{Counts: counts, Over: Over(counts)}, nil
	}
	for _, l := range allowances {
		s.window(l, now).used += l.Amount()
	}
	taken := Taken{Counts: s.counts(allowances, now)}
	if perSecond > 0 {
		slot := s.limiter(perSecond, now).ReserveN(now, 1)
		taken.Wait, taken.GiveBack = slot.DelayFrom(now), slot.Cancel
	}
	return taken, nil
}

// Counts implements [Budgets].
func (c *counter) Counts(_ context.Context, agent string, allowances []Allowance) ([]Count, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of(agent).counts(allowances, time.Now()), nil
}

func (c *counter) of(agent string) *spending {
	s := c.agents[agent]
	if s == nil {
		s = &spending{used: map[string]*window{}}
		c.agents[agent] = s
	}
	return s
}

func (s *spending) counts(allowances []Allowance, now time.Time) []Count {
	counts := make([]Count, len(allowances))
	for i, l := range allowances {
		w := s.window(l, now)
		counts[i] = Count{Allowance: l, Used: w.used, Left: max(0, l.Most-w.used), Ends: w.ends}
	}
	return counts
}

// window returns the present hour or day of an allowance, and begins a new one when the last has passed.
func (s *spending) window(l Allowance, now time.Time) *window {
	key := fmt.Sprint(l.What, l.Period)
	w := s.used[key]
	if w == nil || !now.Before(w.ends) {
		w = &window{ends: now.UTC().Truncate(l.Period).Add(l.Period)}
		s.used[key] = w
	}
	return w
}

// limiter returns the agent's own rate limit; a changed one keeps the tokens that were given out.
func (s *spending) limiter(perSecond float64, now time.Time) *rate.Limiter {
	if s.limit == nil {
		s.limit = rate.NewLimiter(rate.Limit(perSecond), RateBurst)
	}
	if s.limit.Limit() != rate.Limit(perSecond) {
		s.limit.SetLimitAt(now, rate.Limit(perSecond))
	}
	return s.limit
}
