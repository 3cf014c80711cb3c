package gate

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/pause"
	"dixa-mcp/internal/capability"
)

// RateBurst is how many requests of an agent's own rate limit may go at once: a look-up and what it is for.
const RateBurst = 2

// Allowance is a limit of a budget, for an hour or a day.
type Allowance struct {
	What   string        // "requests", "writes", "sends", "erases" or "rows"
	Most   int           // 0: no limit, but counted, since a limit may come
	Period time.Duration // an hour or a day, of UTC
	Takes  int           // how much one [Budgets.Take] counts; 0 is 1
}

// Amount returns how much one [Budgets.Take] counts.
func (a Allowance) Amount() int { return cmp.Or(a.Takes, 1) }

func (a Allowance) String() string {
	period := "hour"
	if a.Period > time.Hour {
		period = "day"
	}
	return fmt.Sprintf("%d %s per UTC %s", a.Most, a.What, period)
}

// Count is what was used of an allowance in the present hour or day.
type Count struct {
	Allowance
	Used int
	Left int // what may still be used here; only where Most is not 0
	Ends time.Time
}

// Budgets counts what agents use. Changed limits keep what was counted.
type Budgets interface {
	// Take counts one operation under all the allowances, or, where one of them has too little left, under none. It also takes the
	// agent's next slot under its own rate limit, requests a second with a burst of [RateBurst]; 0 is no limit.
	Take(ctx context.Context, agent string, allowances []Allowance, perSecond float64) (Taken, error)

	// Counts reads without counting.
	Counts(ctx context.Context, agent string, allowances []Allowance) ([]Count, error)
}

// Taken is an operation that was counted, or was not.
type Taken struct {
	Counts   []Count
	Over     *Count        // the allowance of which too little is left: nothing was counted; nil where it was
	Wait     time.Duration // until the slot under the agent's own rate limit
	GiveBack func()        // returns that slot, as far as that is possible; nil where there is none
}

// Over returns the first allowance of which too little is left, nil for none.
func Over(counts []Count) *Count {
	for i := range counts {
		if counts[i].Most > 0 && counts[i].Left < counts[i].Amount() {
			return &counts[i]
		}
	}
	return nil
}

// allowancesOf returns the allowances that an operation of a level counts under.
func allowancesOf(b capability.Budget, level dixaclient.Level) []Allowance {
	const day = 24 * time.Hour
	allowances := []Allowance{{What: "requests", Most: b.RequestsPerDay, Period: day}}
	if level > dixaclient.Read {
		allowances = append(allowances, Allowance{What: "writes", Most: b.WritesPerHour, Period: time.Hour}, Allowance{What: "writes", Most: b.WritesPerDay, Period: day})
	}
	switch level {
	case dixaclient.Send:
		allowances = append(allowances, Allowance{What: "sends", Most: b.SendsPerHour, Period: time.Hour}, Allowance{What: "sends", Most: b.SendsPerDay, Period: day})
	case dixaclient.Erase:
		allowances = append(allowances, Allowance{What: "erases", Most: b.ErasesPerHour, Period: time.Hour}, Allowance{What: "erases", Most: b.ErasesPerDay, Period: day})
	}
	return allowances
}

// BudgetLeft returns what an agent has used and has left of every allowance that its budget limits; nothing where that is counted
// for each person.
func (g *Gate) BudgetLeft(ctx context.Context, a *capability.Agent) ([]Count, error) {
	if a.Budget().PerPerson {
		return nil, nil
	}
	allowances := allowancesOf(a.Budget(), dixaclient.Send)
	allowances = append(allowances, allowancesOf(a.Budget(), dixaclient.Erase)[3:]...)
	var limited []Allowance
	for _, l := range allowances {
		if l.Most > 0 {
			limited = append(limited, l)
		}
	}
	if len(limited) == 0 {
		return nil, nil
	}
	return g.budgets.Counts(ctx, a.Name, limited)
}

// callBudget is the budget that a call takes from.
type callBudget struct{ call *call }

// rows returns the allowance of rows.
func (b *callBudget) rows(takes int) []Allowance {
	return []Allowance{{What: "rows", Most: b.call.agent.Budget().RowsPerHour, Period: time.Hour, Takes: takes}}
}

// rowsLeft returns how many rows of the archive and the inbox may still be shown this hour.
func (b *callBudget) rowsLeft(ctx context.Context) (int, error) {
	counts, err := b.call.gate.budgets.Counts(ctx, b.spender(), b.rows(0))
	if err == nil && counts[0].Left <= 0 {
		err = overBudget(b.call.agentName, &counts[0])
	}
	if err != nil {
		return 0, err
	}
	return counts[0].Left, nil
}

// showRows takes rows from the budget before they are shown.
func (b *callBudget) showRows(ctx context.Context, n int) error {
	taken, err := b.call.gate.budgets.Take(ctx, b.spender(), b.rows(n), 0)
	if err == nil && taken.Over != nil {
		err = tooManyRows(b.call.agentName, taken.Over, n)
	}
	return err
}

// recordsLeft returns how many conversations and customers Dixa's answers may still show this hour.
func (b *callBudget) recordsLeft(ctx context.Context) (int, error) {
	if b.call.agent.Budget().RecordsPerHour == 0 {
		return math.MaxInt32, nil
	}
	return b.rowsLeft(ctx)
}

// showRecords takes conversations and customers of Dixa's answers from the budget before they are shown.
func (b *callBudget) showRecords(ctx context.Context, n int) error {
	if n == 0 || b.call.agent.Budget().RecordsPerHour == 0 {
		return nil
	}
	return b.showRows(ctx, n)
}

// left returns how many requests the agent's budget still allows today.
func (b *callBudget) left(ctx context.Context) int {
	counts, err := b.call.gate.budgets.Counts(ctx, b.spender(), allowancesOf(b.call.agent.Budget(), dixaclient.Read))
	if err != nil { // the next request says it
		return math.MaxInt32
	}
	left := math.MaxInt32
	for _, n := range counts {
		if n.Most > 0 {
			left = min(left, n.Left)
		}
	}
	return left
}

// spender names whose budget the call takes from: that of its agent, or of the person for whom it acts.
func (b *callBudget) spender() string {
	c := b.call
	if c.request.Person != nil && c.agent.Budget().PerPerson {
		return c.agentName + " for " + c.request.Person.ID()
	}
	return c.agentName
}

// check says what is used up for an operation of a level, under the rules that the call began with.
func (b *callBudget) check(ctx context.Context, level dixaclient.Level) error {
	return b.checkFor(ctx, level, 1)
}

// checkFor does the same for several operations of a level.
func (b *callBudget) checkFor(ctx context.Context, level dixaclient.Level, several int) error {
	c := b.call
	counts, err := c.gate.budgets.Counts(ctx, b.spender(), allowancesOf(c.agent.Budget(), level))
	if err != nil {
		return err
	}
	if over := Over(counts); over != nil {
		return overBudget(c.agentName, over)
	}
	for i := range counts {
		if counts[i].Most > 0 && counts[i].Left < several {
			return tooManySteps(c.agentName, &counts[i], several)
		}
	}
	return nil
}

// count takes the operation from allowances of the agent's budget.
func (d *departure) count(ctx context.Context, allowances []Allowance, perSecond float64) (Taken, error) {
	c := d.call
	taken, err := c.gate.budgets.Take(ctx, c.budget.spender(), allowances, perSecond)
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
	var begun []Allowance
	now := time.Now()
	d.counts = slices.DeleteFunc(d.counts, func(n Count) bool {
		over := !now.Before(n.Ends)
		if over {
			begun = append(begun, n.Allowance)
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
	taken, err := d.count(ctx, allowancesOf(budget, d.op.Op.Level), budget.RequestsPerSecond)
	if err != nil || taken.GiveBack == nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < taken.Wait {
		taken.GiveBack()
		return &dixaclient.BusyError{Operation: d.op.Op.Name, Wait: taken.Wait, Left: time.Until(deadline)}
	}
	if err := pause.For(ctx, taken.Wait); err != nil {
		taken.GiveBack()
		return err
	}
	return nil
}

// judging takes one request from the budget, for all look-ups that decide what is shown of the archive or of events. It returns their
// context: they take none, since their number tells of what is outside the agent's bound.
func (b *callBudget) judging(ctx context.Context) (context.Context, error) {
	if b.call.request.GoesOn {
		return unpriced(ctx), nil
	}
	d := &departure{call: b.call, op: &dixaclient.Call{Op: dixaclient.GetConversation.Spec}}
	return unpriced(ctx), d.spend(ctx)
}

// warn notes what is left of an allowance that is nearly used up.
func (d *departure) warn(counts []Count) {
	for _, n := range counts {
		if n.Most > 0 && n.Left <= n.Most/10 {
			c := d.call
			c.mu.Lock()
			c.warning = fmt.Sprintf("%d left of %s, until %s", n.Left, n.Allowance, n.Ends.Format("15:04 UTC"))
			c.mu.Unlock()
		}
	}
}
