package gate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
)

// PaceBurst is how many requests of an agent's own pace may go at once: a look-up and what it is for.
const PaceBurst = 2

// Line is one line of a budget.
type Line struct {
	What   string        // "requests", "writes", "sends" or "erases"
	Most   int           // 0: no limit, but counted, since a limit may come
	Period time.Duration // an hour or a day, of UTC
}

func (l Line) String() string {
	period := "hour"
	if l.Period > time.Hour {
		period = "day"
	}
	return fmt.Sprintf("%d %s per UTC %s", l.Most, l.What, period)
}

// Count is what was used of a line in the present hour or day.
type Count struct {
	Line
	Used int
	Left int // what may still be used here; only where Most is not 0
	Ends time.Time
}

// Budgets counts what agents use. Changed limits keep what was counted.
type Budgets interface {
	// Take counts one operation under all the lines, or, where one of them is used up, under none. It also takes the
	// agent's next turn in its own pace, requests a second with a burst of [PaceBurst]; 0 is no pace.
	Take(ctx context.Context, agent string, lines []Line, pace float64) (Taken, error)

	// Counts reads without counting.
	Counts(ctx context.Context, agent string, lines []Line) ([]Count, error)
}

// Taken is an operation that was counted, or was not.
type Taken struct {
	Counts   []Count
	Over     *Count        // the line that is used up: nothing was counted; nil where it was
	Wait     time.Duration // until the turn in the agent's own pace
	GiveBack func()        // returns that turn, as far as that is possible; nil where there is none
}

// Over returns the first line that is used up, nil for none.
func Over(counts []Count) *Count {
	for i := range counts {
		if counts[i].Most > 0 && counts[i].Left <= 0 {
			return &counts[i]
		}
	}
	return nil
}

// linesOf returns the lines that an operation of a level counts under.
func linesOf(b capability.Budget, level dixaclient.Level) []Line {
	const day = 24 * time.Hour
	lines := []Line{{"requests", b.RequestsPerDay, day}}
	if level > dixaclient.Read {
		lines = append(lines, Line{"writes", b.WritesPerHour, time.Hour}, Line{"writes", b.WritesPerDay, day})
	}
	switch level {
	case dixaclient.Send:
		lines = append(lines, Line{"sends", b.SendsPerHour, time.Hour}, Line{"sends", b.SendsPerDay, day})
	case dixaclient.Erase:
		lines = append(lines, Line{"erases", b.ErasesPerHour, time.Hour}, Line{"erases", b.ErasesPerDay, day})
	}
	return lines
}

// BudgetLeft returns what an agent has used and has left of every line that its budget limits.
func (g *Gate) BudgetLeft(ctx context.Context, a *capability.Agent) ([]Count, error) {
	lines := linesOf(a.Budget(), dixaclient.Send)
	lines = append(lines, linesOf(a.Budget(), dixaclient.Erase)[3:]...)
	var limited []Line
	for _, l := range lines {
		if l.Most > 0 {
			limited = append(limited, l)
		}
	}
	if len(limited) == 0 {
		return nil, nil
	}
	return g.budgets.Counts(ctx, a.Name, limited)
}

// checkBudget says what is used up for an operation of a level, under the rules that the call began with.
func (c *call) checkBudget(ctx context.Context, level dixaclient.Level) error {
	counts, err := c.gate.budgets.Counts(ctx, c.agentName, linesOf(c.agent.Budget(), level))
	if err != nil {
		return err
	}
	if over := Over(counts); over != nil {
		return overBudget(c.agentName, over)
	}
	return nil
}

// count takes the operation from lines of the agent's budget.
func (d *departure) count(ctx context.Context, lines []Line, pace float64) (Taken, error) {
	c := d.call
	taken, err := c.gate.budgets.Take(ctx, c.agentName, lines, pace)
	switch {
	case err != nil:
		return taken, err
	case taken.Over != nil:
		return taken, overBudget(c.agentName, taken.Over)
	}
	d.counts = append(d.counts, taken.Counts...)
	d.warn(taken.Counts)
	return taken, nil
}

// recount takes the operation from the budget of the hour or day in which it leaves, where it was counted in one that
// ended while it waited.
func (d *departure) recount(ctx context.Context) error {
	var begun []Line
	now := time.Now()
	d.counts = slices.DeleteFunc(d.counts, func(n Count) bool {
		over := !now.Before(n.Ends)
		if over {
			begun = append(begun, n.Line)
		}
		return over
	})
	if len(begun) == 0 {
		return nil
	}
	_, err := d.count(ctx, begun, 0)
	return err
}

// spend takes the operation from the agent's budget, and waits for the agent's own rate limit.
func (d *departure) spend(ctx context.Context) error {
	if isUnpriced(ctx) {
		return nil
	}
	budget := d.call.agent.Budget()
	taken, err := d.count(ctx, linesOf(budget, d.op.Op.Level), budget.RequestsPerSecond)
	if err != nil || taken.GiveBack == nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < taken.Wait {
		taken.GiveBack()
		return &dixaclient.BusyError{Operation: d.op.Op.Name, Wait: taken.Wait, Left: time.Until(deadline)}
	}
	t := time.NewTimer(taken.Wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		taken.GiveBack()
		return context.Cause(ctx)
	}
}

// warn notes what is left of a line that is nearly used up.
func (d *departure) warn(counts []Count) {
	for _, n := range counts {
		if n.Most > 0 && n.Left <= n.Most/10 {
			c := d.call
			c.mu.Lock()
			c.warning = fmt.Sprintf("%d left of %s, until %s", n.Left, n.Line, n.Ends.Format("15:04 UTC"))
			c.mu.Unlock()
		}
	}
}
