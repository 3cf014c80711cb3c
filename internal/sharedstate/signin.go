package sharedstate

import (
	"context"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/signin"
)

// signIns keeps what people signed in with, for the processes of one machine.
type signIns struct {
	store *Store
	now   func() time.Time
}

var _ signin.Shelf = signIns{}

// SignIns returns the sign-ins that all processes share. now tells the time.
func (s *Store) SignIns(now func() time.Time) signin.Shelf { return signIns{s, now} }

// Insert implements [signin.Shelf].
func (s signIns) Insert(_ context.Context, owner, key, text string, expires time.Time) (added bool, err error) {
	err = s.store.update(func(int64) error {
		if err := s.store.file.Exec(`DELETE FROM signin WHERE expires <= ?`, s.now().UnixMicro()); err != nil {
			return err
		}
		taken, err := s.store.file.Row(`SELECT 1 FROM signin WHERE key = ?`, nil, key)
		if added = !taken; err != nil || taken {
			return err
		}
		if err := s.store.file.Exec(`INSERT INTO signin (key, owner, expires, text) VALUES (?, ?, ?, ?)`, key, owner, expires.UnixMicro(), text); err != nil {
			return err
		}
		return s.store.file.Exec(`DELETE FROM signin WHERE owner = ?1 AND id <= (SELECT id FROM signin WHERE owner = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
			owner, int64(signin.MostOfOwner))
	})
	return added && err == nil, err
}

// Get implements [signin.Shelf].
func (s signIns) Get(_ context.Context, key string) (text string, err error) {
	err = s.store.update(func(int64) error {
		text, err = s.text(key)
		return err
	})
	return text, err
}

// Swap implements [signin.Shelf].
func (s signIns) Swap(_ context.Context, key, old, new string, expires time.Time) (swapped bool, err error) {
	err = s.store.update(func(int64) error {
		is, err := s.text(key)
		if swapped = err == nil && is != "" && is == old; !swapped {
			return err
		}
		if new == "" {
			return s.store.file.Exec(`DELETE FROM signin WHERE key = ?`, key)
		}
		return s.store.file.Exec(`UPDATE signin SET text = ?, expires = ? WHERE key = ?`, new, expires.UnixMicro(), key)
	})
	return swapped && err == nil, err
}

// List implements [signin.Shelf].
func (s signIns) List(_ context.Context, kind string) (all map[string]string, err error) {
	all = map[string]string{}
	err = s.store.update(func(int64) error {
		return s.store.file.Rows(`SELECT key, text FROM signin WHERE key >= ? AND key < ?`, func(st *sqlite3.Stmt) {
			all[st.ColumnText(0)] = st.ColumnText(1)
		}, kind+":", kind+";") // the character after the colon
	})
	return all, err
}

func (s signIns) text(key string) (text string, err error) {
	_, err = s.store.file.Row(`SELECT text FROM signin WHERE key = ?`, func(st *sqlite3.Stmt) { text = st.ColumnText(0) }, key)
	return text, err
}
