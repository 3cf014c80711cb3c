package sqlitestore

import (
	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/events"
)

// age removes events that are too old, unless that was done a moment ago.
func (s *Store) age() error {
	if !s.ageing() {
		return nil
	}
	s.write.Lock()
	defer s.write.Unlock()
	return s.named(s.write.file.Update(s.bound))
}

// ageing reports whether it is time to look for events that are too old.
func (s *Store) ageing() bool {
	since := s.Now().UnixMilli() - s.aged.Load()
	return since < 0 || since >= ageEvery.Milliseconds()
}

// bound removes what is beyond the bounds, in a transaction.
func (s *Store) bound() error {
	now := s.Now()
	if s.ageing() {
		if err := s.remove(`received < ?1`, now.Add(-s.Keep).UnixMilli()); err != nil {
			return err
		}
		if err := s.write.file.Exec(`DELETE FROM known WHERE received < ?`, now.Add(-events.Known).UnixMilli()); err != nil {
			return err
		}
		s.aged.Store(now.UnixMilli())
	}
	for {
		var count, bytes int64
		_, err := s.write.file.Row(`SELECT events, bytes FROM inbox`, func(st *sqlite3.Stmt) { count, bytes = st.ColumnInt64(0), st.ColumnInt64(1) })
		if err != nil || count == 0 || count <= s.Events && bytes <= s.Bytes {
			return err
		}
		// A hundredth more than necessary, so that not every further event removes one.
		if err := s.remove(`seq <= (SELECT seq FROM event ORDER BY seq LIMIT 1 OFFSET ?1)`, min(max(count-s.Events, 0)+count/100, count-1)); err != nil {
			return err
		}
	}
}

// remove removes the events of a condition, and remembers the ids of those that are newer than a replay can be.
func (s *Store) remove(which string, arg int64) error {
	f := &s.write.file
	var count, bytes, last int64
	_, err := f.Row(`SELECT count(*), coalesce(sum(size), 0), coalesce(max(seq), 0) FROM event WHERE `+which, func(st *sqlite3.Stmt) {
		count, bytes, last = st.ColumnInt64(0), st.ColumnInt64(1), st.ColumnInt64(2)
	}, arg)
	if err != nil || count == 0 {
		return err
	}
	err = f.Exec(`INSERT OR IGNORE INTO known (id, received) SELECT id, received FROM event WHERE received >= ?2 AND `+which, arg, s.Now().Add(-events.Known).UnixMilli())
	if err == nil {
		err = f.Exec(`DELETE FROM event WHERE `+which, arg)
	}
	if err == nil {
		err = f.Exec(`UPDATE inbox SET events = events - ?, bytes = bytes - ?, removed = max(removed, ?)`, count, bytes, last)
	}
	return err
}
