package sharedstate

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/journal"
)

// writes is the journal of writes that the processes share.
type writes struct {
	store *Store
	codec journal.Codec
	now   func() time.Time
}

var _ journal.Store = writes{}

// Journal returns the journal of writes that all processes share. What it keeps of customers is encrypted with a key that is
// derived from the secret. now tells the time.
func (s *Store) Journal(secret []byte, now func() time.Time) journal.Store {
	return writes{s, journal.NewCodec(secret), now}
}

// Begin implements [journal.Store].
func (w writes) Begin(_ context.Context, e journal.Entry, again bool) (same *journal.Entry, err error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	err = w.update(func(now time.Time) error {
		if same, err = w.same(e.Digest, now); err != nil || e.Yields(same, again) {
			return err
		}
		same = nil
		run, err := w.store.beginRun()
		if err != nil {
			return err
		}
		e.Start(now)
		text, err := w.codec.Encode(e)
		if err != nil {
			return err
		}
		if err := w.store.file.Exec(`INSERT INTO journal (call, agent, digest, changed, overtaken, run, entry) VALUES (?, ?, ?, ?, 0, ?, ?)`,
			e.Call, e.Agent, e.Digest, e.Changed.UnixMicro(), run, string(text)); err != nil {
			return err
		}
		for i, thing := range slices.Concat(e.Changes, e.Names) {
			changes := int64(0)
			if i < len(e.Changes) {
				changes = 1
			}
			if err := w.store.file.Exec(`INSERT OR IGNORE INTO journal_thing (thing, call, changes) VALUES (?, ?, ?)`, thing, e.Call, changes); err != nil {
				return err
			}
		}
		if err := w.store.file.Exec(`DELETE FROM journal WHERE agent = ?1 AND id <= (SELECT id FROM journal WHERE agent = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
			e.Agent, int64(journal.MostOfAgent)); err != nil {
			return err
		}
		return w.overtake(&e)
	})
	return same, err
}

// Find implements [journal.Store].
func (w writes) Find(_ context.Context, digest string) (same *journal.Entry, err error) {
	err = w.update(func(now time.Time) error {
		same, err = w.same(digest, now)
		return err
	})
	return same, err
}

// Save implements [journal.Store].
func (w writes) Save(_ context.Context, e journal.Entry) error {
	return w.update(func(now time.Time) error {
		list, err := w.list(now, `SELECT entry, run, overtaken FROM journal WHERE call = ?`, e.Call)
		if err != nil || len(list) == 0 {
			return err
		}
		known := list[0]
		if !known.Progress(e, now) {
			return w.store.file.Exec(`DELETE FROM journal WHERE call = ?`, e.Call)
		}
		text, err := w.codec.Encode(known)
		if err != nil {
			return err
		}
		if err := w.store.file.Exec(`UPDATE journal SET changed = ?, entry = ? WHERE call = ?`, known.Changed.UnixMicro(), string(text), e.Call); err != nil {
			return err
		}
		return w.overtake(&known)
	})
}

// Recent implements [journal.Store].
func (w writes) Recent(_ context.Context, agent, key string) (list []journal.Entry, err error) {
	err = w.update(func(now time.Time) error {
		all, err := w.current(now, `SELECT entry, run, overtaken FROM journal WHERE agent = ? ORDER BY id DESC`, agent)
		for _, e := range all {
			if e.Key == key {
				list = append(list, e)
			}
		}
		return err
	})
	return list, err
}

// About implements [journal.Store].
func (w writes) About(_ context.Context, things ...string) (list []journal.Entry, err error) {
	names, err := json.Marshal(things)
	if err != nil {
		return nil, err
	}
	err = w.update(func(now time.Time) error {
		list, err = w.current(now, `SELECT entry, run, overtaken FROM journal WHERE call IN (SELECT call FROM journal_thing WHERE thing IN (SELECT value FROM json_each(?))) ORDER BY id DESC`, string(names))
		return err
	})
	return list, err
}

// Forget implements [journal.Store].
func (w writes) Forget(_ context.Context, except string, things ...string) error {
	return w.update(func(time.Time) error {
		for _, thing := range things {
			if err := w.store.file.Exec(`DELETE FROM journal WHERE call != ? AND call IN (SELECT call FROM journal_thing WHERE thing = ?)`, except, thing); err != nil {
				return err
			}
		}
		return nil
	})
}

// update runs f in a transaction, with the time, after what is old was deleted.
func (w writes) update(f func(now time.Time) error) error {
	return w.store.update(func(int64) error {
		now := w.now()
		if err := w.store.file.Exec(`DELETE FROM journal WHERE changed <= ?`, now.Add(-journal.Kept).UnixMicro()); err != nil {
			return err
		}
		return f(now)
	})
}

// overtake marks the calls that this one overtakes.
func (w writes) overtake(e *journal.Entry) error {
	if !e.Wrote() {
		return nil
	}
	for _, thing := range e.Changes {
		if err := w.store.file.Exec(`UPDATE journal SET overtaken = 1 WHERE overtaken = 0 AND call != ? AND call IN (SELECT call FROM journal_thing WHERE thing = ? AND changes = 1)`, e.Call, thing); err != nil {
			return err
		}
	}
	return nil
}

// same returns the call that stands for another one with this digest.
func (w writes) same(digest string, now time.Time) (*journal.Entry, error) {
	list, err := w.current(now, `SELECT entry, run, overtaken FROM journal WHERE digest = ? ORDER BY id DESC`, digest)
	return journal.Same(list, now), err
}

// current reads entries, and looks whether the processes of calls that run are alive.
func (w writes) current(now time.Time, query string, args ...any) ([]journal.Entry, error) {
	list, err := w.list(now, query, args...)
	if err != nil || !slices.ContainsFunc(list, func(e journal.Entry) bool { return e.Outcome == "" && !e.Interrupted }) {
		return list, err
	}
	if err := w.store.endDeadRuns(); err != nil {
		return nil, err
	}
	return w.list(now, query, args...)
}

// list reads entries.
func (w writes) list(now time.Time, query string, args ...any) (list []journal.Entry, err error) {
	var problems []error
	err = w.store.file.Rows(query, func(st *sqlite3.Stmt) {
		e, err := w.codec.Decode([]byte(st.ColumnText(0)))
		if err != nil {
			problems = append(problems, err)
			return
		}
		e.Overtaken = st.ColumnBool(2)
		if e.Age(now, st.ColumnText(1) != "") {
			list = append(list, e)
		}
	}, args...)
	return list, errors.Join(append(problems, err)...)
}
