package sqlitestore

import (
	"context"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// ClaimTask implements [events.Store].
func (s *Store) ClaimTask(_ context.Context, task string, while time.Duration) (mine bool, last time.Time, err error) {
	s.write.Lock()
	defer s.write.Unlock()
	f := &s.write.file
	err = s.named(f.Update(func() error {
		now, begun, done := s.Now().UnixMilli(), int64(0), int64(0)
		_, err := f.Row(`SELECT begun, done FROM task WHERE name = ?`, func(st *sqlite3.Stmt) { begun, done = st.ColumnInt64(0), st.ColumnInt64(1) }, task)
		if err != nil {
			return err
		}
		if done > 0 {
			last = moment(done)
		}
		since := now - begun
		if mine = since < 0 || since >= while.Milliseconds(); !mine {
			return nil
		}
		return f.Exec(`INSERT INTO task (name, begun, done) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET begun = excluded.begun`, task, now, done)
	}))
	return mine && err == nil, last, err
}

// Done implements [events.Store].
func (s *Store) Done(_ context.Context, task string, at time.Time) error {
	s.write.Lock()
	defer s.write.Unlock()
	f := &s.write.file
	return s.named(f.Update(func() error {
		return f.Exec(`INSERT INTO task (name, begun, done) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET done = max(done, excluded.done)`, task, int64(0), at.UnixMilli())
	}))
}
