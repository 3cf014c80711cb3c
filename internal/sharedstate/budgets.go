package sharedstate

import (
	"context"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/gate"
)

// budgets counts what agents use, for all processes. Allowances without a limit are not counted: a limit that is set
// later begins to count then.
type budgets struct{ store *Store }

// Budgets returns the budgets that all processes share. They outlive the processes. While the file cannot be used, what
// has a limit is refused.
func (s *Store) Budgets() gate.Budgets { return budgets{s} }

// Take implements [gate.Budgets].
func (b budgets) Take(_ context.Context, agent string, allowances []gate.Allowance, perSecond float64) (taken gate.Taken, err error) {
	if !limited(allowances) && perSecond <= 0 {
		return gate.Taken{Counts: uncounted(allowances)}, nil
	}
	name, mine := "agent:"+agent, int64(0)
	err = b.store.update(func(now int64) error {
		taken = gate.Taken{}
		if taken.Counts, err = b.store.counts(agent, allowances, now); err != nil {
			return err
		}
		if taken.Over = gate.Over(taken.Counts); taken.Over != nil {
			return nil
		}
		for i := range taken.Counts {
			if err := b.store.count(agent, &taken.Counts[i]); err != nil {
				return err
			}
		}
		if perSecond <= 0 {
			return nil
		}
		t, err := b.store.read(name, now, gate.RateBurst)
		if err != nil {
			return err
		}
		t.fill(now, perSecond, gate.RateBurst)
		taken.Wait = t.take(perSecond)
		mine = t.taken
		return b.store.write(name, t)
	})
	if err != nil {
		return gate.Taken{}, err
	}
	if taken.Over == nil && perSecond > 0 {
		taken.GiveBack = sync.OnceFunc(func() { b.giveBack(name, mine) })
	}
	return taken, nil
}

// giveBack returns a token of an agent's own rate, unless others were taken after it.
func (b budgets) giveBack(name string, mine int64) {
	_ = b.store.update(func(now int64) error { // what cannot be given back is lost, which is safe
		t, err := b.store.read(name, now, gate.RateBurst)
		if err != nil || t.taken != mine {
			return err
		}
		t.level, t.taken = t.level+1, t.taken-1
		return b.store.write(name, t)
	})
}

// Counts implements [gate.Budgets].
func (b budgets) Counts(_ context.Context, agent string, allowances []gate.Allowance) (counts []gate.Count, err error) {
	if !limited(allowances) {
		return uncounted(allowances), nil
	}
	err = b.store.update(func(now int64) error {
		counts, err = b.store.counts(agent, allowances, now)
		return err
	})
	return counts, err
}

func limited(allowances []gate.Allowance) bool {
	for _, l := range allowances {
		if l.Most > 0 {
			return true
		}
	}
	return false
}

// uncounted returns counts of allowances that have no limit.
func uncounted(allowances []gate.Allowance) []gate.Count {
	counts := make([]gate.Count, len(allowances))
	for i, l := range allowances {
		counts[i] = gate.Count{Allowance: l, Ends: ends(l, time.Now())}
	}
	return counts
}

// ends returns when the present hour or day of an allowance ends.
func ends(l gate.Allowance, now time.Time) time.Time {
	return now.UTC().Truncate(l.Period).Add(l.Period)
}

// counts reads what was used of allowances in the present hour or day. s.mu is held.
func (s *Store) counts(agent string, allowances []gate.Allowance, now int64) ([]gate.Count, error) {
	counts := make([]gate.Count, len(allowances))
	for i, l := range allowances {
		c := gate.Count{Allowance: l, Ends: ends(l, time.UnixMicro(now))}
		_, err := s.file.Row(`SELECT used FROM used WHERE agent = ? AND what = ? AND period = ? AND ends = ?`, func(st *sqlite3.Stmt) {
			c.Used = int(st.ColumnInt64(0))
		}, agent, l.What, int64(l.Period), c.Ends.UnixMicro())
		if err != nil {
			return nil, err
		}
		c.Left = max(0, l.Most-c.Used)
		counts[i] = c
	}
	return counts, nil
}

// count adds to a count, here and in the file. s.mu is held.
func (s *Store) count(agent string, c *gate.Count) error {
	c.Used += c.Amount()
	c.Left = max(0, c.Most-c.Used)
	return s.file.Exec(`INSERT INTO used (agent, what, period, ends, used) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET ends = excluded.ends, used = excluded.used`,
		agent, c.What, int64(c.Period), c.Ends.UnixMicro(), int64(c.Used))
}

// Use implements [gate.Once]: each confirmation is used once, by whichever process is first.
func (s *Store) Use(_ context.Context, nonce string, _, expires time.Time) error {
	return s.update(func(now int64) error {
		if err := s.file.Exec(`DELETE FROM nonce WHERE expires <= ?`, now); err != nil {
			return err
		}
		known, err := s.file.Row(`SELECT 1 FROM nonce WHERE nonce = ?`, nil, nonce)
		if err != nil {
			return err
		}
		if known {
			return gate.ErrUsed
		}
		return s.file.Exec(`INSERT INTO nonce (nonce, expires) VALUES (?, ?)`, nonce, expires.UnixMicro())
	})
}
