package replicas

import (
	"context"
	_ "embed"
	"sync"
	"time"

	"dixa-mcp/internal/gate"
)

var (
	//go:embed budgets.lua
	budgetsSource string
	//go:embed merge.lua
	mergeSource string

	budgetsScript = newScript(budgetsSource)
)

// budgets counts what agents use, for all replicas together. Each replica keeps the server's last counts; while
// disconnected it may use what was left then, divided by the number of replicas.
type budgets struct {
	link *link

	mu     sync.Mutex
	agents map[string]*account
}

var _ gate.Budgets = (*budgets)(nil)

// Budgets returns the budgets that all replicas share.
func (g *Group) Budgets() gate.Budgets { return g.budgets }

// Take implements [gate.Budgets].
func (b *budgets) Take(ctx context.Context, agent string, allowances []gate.Allowance, perSecond float64) (gate.Taken, error) {
	for {
		if ctx.Err() != nil {
			return gate.Taken{}, context.Cause(ctx)
		}
		if taken, err := b.script(ctx, "take", agent, allowances, perSecond); err == nil {
			return taken, nil
		}
		if taken, ok := b.alone(agent, allowances, perSecond, true); ok {
			return taken, nil
		}
	}
}

// Counts implements [gate.Budgets].
func (b *budgets) Counts(ctx context.Context, agent string, allowances []gate.Allowance) ([]gate.Count, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if taken, err := b.script(ctx, "counts", agent, allowances, 0); err == nil {
			return taken.Counts, nil
		}
		if taken, ok := b.alone(agent, allowances, 0, false); ok {
			return taken.Counts, nil
		}
	}
}

// script takes from, or reads, the budgets on the server.
func (b *budgets) script(ctx context.Context, what, agent string, allowances []gate.Allowance, perSecond float64) (gate.Taken, error) {
	l := b.link
	keys := []string{l.key("replicas"), l.key("used"), l.key("budget:" + agent), l.key("pace:" + agent)}
	args := []any{what, l.id, agent, perSecond, gate.RateBurst, 0}
	for _, a := range allowances {
		args = append(args, a.What, int64(a.Period/time.Second), a.Most, a.Amount())
	}
	answer, err := l.run(ctx, budgetsScript, keys, args...)
	if err != nil {
		return gate.Taken{}, err
	}
	now := time.UnixMicro(number(answer[0]))
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.of(agent)
	a.merge(answer[4].([]any))
	taken := gate.Taken{Counts: a.counts(allowances, now, nil), Wait: time.Duration(number(answer[2])) * time.Microsecond}
	if number(answer[1]) == 1 {
		taken.Over = gate.Over(taken.Counts)
	} else if what == "take" && perSecond > 0 {
		back := append([]any{"giveBack"}, args[1:5]...)
		back = append(back, number(answer[3]))
		taken.GiveBack = sync.OnceFunc(func() { _, _ = l.run(ctx, budgetsScript, keys, back...) }) // alone, there is nothing to give back to
	}
	return taken, nil
}

// alone counts in this process. It is not ok if this replica shares again.
func (b *budgets) alone(agent string, allowances []gate.Allowance, perSecond float64, take bool) (taken gate.Taken, ok bool) {
	ok = b.link.whileAlone(func(o outage) { taken = b.fromShare(o, agent, allowances, perSecond, take) })
	return taken, ok
}

// fromShare takes from, or reads, what this replica may use of a budget in an outage.
func (b *budgets) fromShare(o outage, agent string, allowances []gate.Allowance, perSecond float64, take bool) gate.Taken {
	now, id := b.link.now(), b.link.id
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.of(agent)
	if a.term != o.term || a.share == nil {
		a.term, a.share, a.limit = o.term, &share{id, o.replicas, map[cell]found{}}, nil
	}
	taken := gate.Taken{Counts: a.counts(allowances, now, a.share)}
	if taken.Over = gate.Over(taken.Counts); taken.Over != nil || !take {
		return taken
	}
	for _, l := range allowances {
		a.of(cellOf(l, now))[id] += l.Amount()
	}
	taken.Counts = a.counts(allowances, now, a.share)
	if perSecond > 0 {
		slot := a.limiter(perSecond, o.replicas).Reserve()
		taken.Wait, taken.GiveBack = slot.Delay(), slot.Cancel
	}
	return taken
}

func (b *budgets) of(agent string) *account {
	a := b.agents[agent]
	if a == nil {
		a = &account{used: map[cell]map[string]int{}}
		b.agents[agent] = a
	}
	return a
}

// pull reads what other replicas counted for these agents.
func (b *budgets) pull(ctx context.Context, agents []string) error {
	if len(agents) == 0 {
		return nil
	}
	reads := make([]command, len(agents))
	for i, agent := range agents {
		reads[i] = command{"HGETALL", []any{b.link.key("budget:" + agent)}}
	}
	answers, err := b.link.client.transaction(ctx, reads...)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, agent := range agents {
		counts, _ := texts(answers[i]).([]any)
		b.of(agent).merge(counts)
	}
	return nil
}

// push sends the server every count of this replica that is still valid. Nothing is counted alone meanwhile.
func (b *budgets) push(ctx context.Context) error {
	l, now := b.link, b.link.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	var merges []command
	for agent, a := range b.agents {
		if counts := a.fields(now); len(counts) > 0 {
			merges = append(merges, command{"EVAL", append([]any{mergeSource, 2, l.key("used"), l.key("budget:" + agent), agent}, counts...)})
		}
	}
	if len(merges) == 0 {
		return nil
	}
	_, err := l.client.transaction(ctx, merges...)
	return err
}
