package gate

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
)

// budgetBurst is how many requests of an agent's own pace may go at once: a look-up and what it is for.
const budgetBurst = 2

// budget counts what an agent has used. It lives as long as the process; hours and days are those of UTC.
type budget struct {
	mu   sync.Mutex
	pace *rate.Limiter // nil: only Dixa's limit
	used map[string]*window
}

// window is how often something was done in the present hour or day.
type window struct {
	used int
	ends time.Time
}

// limit is one line of a budget.
type limit struct {
	what   string // "requests", "writes", …
	most   int    // 0: no limit
	period time.Duration
}

func (l limit) key() string { return fmt.Sprint(l.what, l.period) }

func (l limit) String() string {
	period := "hour"
	if l.period > time.Hour {
		period = "day"
	}
	return fmt.Sprintf("%d %s a UTC %s", l.most, l.what, period)
}

// limitsOf are the lines that an operation of a level counts under.
func limitsOf(b capability.Budget, level dixaclient.Level) []limit {
	const day = 24 * time.Hour
	lines := []limit{{"requests", b.RequestsPerDay, day}}
	if level > dixaclient.Read {
		lines = append(lines, limit{"writes", b.WritesPerHour, time.Hour}, limit{"writes", b.WritesPerDay, day})
	}
	switch level {
	case dixaclient.Send:
		lines = append(lines, limit{"sends", b.SendsPerHour, time.Hour}, limit{"sends", b.SendsPerDay, day})
	case dixaclient.Erase:
		lines = append(lines, limit{"erases", b.ErasesPerHour, time.Hour}, limit{"erases", b.ErasesPerDay, day})
	}
	return lines
}

// overBudget is an operation that was not sent because the agent has used what it had.
type overBudget struct {
	agent string
	limit limit
	back  time.Time
}

func (e *overBudget) Error() string {
	return fmt.Sprintf("agent %s has used its budget of %s; it comes back at %s. Nothing was sent.", e.agent, e.limit, e.back.Format("15:04 UTC on 2 January"))
}

// budgetOf is what an agent has used. Changed rules keep what was counted.
func (g *Gate) budgetOf(a *capability.Agent) *budget {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.budgets[a.Name]
	if b == nil {
		b = &budget{used: map[string]*window{}}
		g.budgets[a.Name] = b
	}
	return b
}

// check says what is used up for an operation of a level, under the rules that the call began with.
func (b *budget) check(a *capability.Agent, level dixaclient.Level) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.over(a, level, time.Now().UTC())
}

func (b *budget) over(a *capability.Agent, level dixaclient.Level, now time.Time) error {
	for _, l := range limitsOf(a.Budget(), level) {
		if w := b.window(l, now); l.most > 0 && w.used >= l.most {
			return &overBudget{a.Name, l, w.ends}
		}
	}
	return nil
}

// take counts an operation, or says what is used up. Near the end it says what is left. The pace is nil when there is
// none but Dixa's.
func (b *budget) take(a *capability.Agent, level dixaclient.Level) (warning string, pace *rate.Limiter, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now().UTC()
	if err := b.over(a, level, now); err != nil {
		return "", nil, err
	}
	for _, l := range limitsOf(a.Budget(), level) {
		w := b.window(l, now)
		w.used++
		if left := l.most - w.used; l.most > 0 && left <= l.most/10 {
			warning = fmt.Sprintf("%d left of %s, until %s", left, l, w.ends.Format("15:04 UTC"))
		}
	}
	return warning, b.paced(a.Budget().RequestsPerSecond), nil
}

// paced is the agent's own pace; another one begins with its burst.
func (b *budget) paced(perSecond float64) *rate.Limiter {
	if perSecond == 0 {
		return nil
	}
	if b.pace == nil || b.pace.Limit() != rate.Limit(perSecond) {
		b.pace = rate.NewLimiter(rate.Limit(perSecond), budgetBurst)
	}
	return b.pace
}

// window is the present hour or day of a line; a new one begins by itself.
func (b *budget) window(l limit, now time.Time) *window {
	w := b.used[l.key()]
	if w == nil || !now.Before(w.ends) {
		w = &window{ends: now.Truncate(l.period).Add(l.period)}
		b.used[l.key()] = w
	}
	return w
}

// spend waits for the agent's own pace and takes the operation from its budget.
func (c *call) spend(ctx context.Context, op *dixaclient.Spec) error {
	warning, pace, err := c.gate.budgetOf(c.agent).take(c.agent, op.Level)
	if err != nil {
		return err
	}
	if warning != "" {
		c.mu.Lock()
		c.warning = warning
		c.mu.Unlock()
	}
	if pace == nil {
		return nil
	}
	r := pace.Reserve()
	delay := r.Delay()
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < delay {
		r.Cancel()
		return &dixaclient.BusyError{Operation: op.Name, Wait: delay, Left: time.Until(deadline)}
	}
	t := time.NewTimer(delay)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		r.Cancel()
		return context.Cause(ctx)
	}
}
