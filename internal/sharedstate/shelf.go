package sharedstate

import (
	"context"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/signin"
)

// texts is a [shelf.Shelf] of the processes of one machine: a table, with the names of its columns.
type texts struct {
	store                   *Store
	now                     func() time.Time
	table, key, owner, text string
	most                    int // texts of an owner
}

// SignIns returns the sign-ins and bound keys that all processes share. now tells the time.
func (s *Store) SignIns(now func() time.Time) shelf.Shelf {
	return texts{s, now, "signin", "key", "owner", "text", signin.MostOfOwner}
}

// sql returns a statement with the names of the table and of its columns.
func (t texts) sql(statement string) string {
	return strings.NewReplacer("TABLE", t.table, "KEY", t.key, "OWNER", t.owner, "TEXT", t.text).Replace(statement)
}

// Insert implements [shelf.Shelf].
func (t texts) Insert(_ context.Context, owner, key, text string, expires time.Time) (added bool, err error) {
	err = t.store.update(func(int64) error {
		file := t.store.file
		if err := file.Exec(t.sql(`DELETE FROM TABLE WHERE expires <= ?`), t.now().UnixMicro()); err != nil {
			return err
		}
		is, err := t.read(key)
		if added = is == ""; err != nil || !added {
			return err
		}
		if err := file.Exec(t.sql(`INSERT INTO TABLE (KEY, OWNER, expires, TEXT) VALUES (?, ?, ?, ?)`), key, owner, expires.UnixMicro(), text); err != nil {
			return err
		}
		return file.Exec(t.sql(`DELETE FROM TABLE WHERE OWNER = ?1 AND id <= (SELECT id FROM TABLE WHERE OWNER = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`),
			owner, int64(t.most))
	})
	return added && err == nil, err
}

// Get implements [shelf.Shelf].
func (t texts) Get(_ context.Context, key string) (text string, err error) {
	err = t.store.update(func(int64) error {
		text, err = t.read(key)
		return err
	})
	return text, err
}

// Swap implements [shelf.Shelf].
func (t texts) Swap(_ context.Context, key, old, new string, expires time.Time) (swapped bool, err error) {
	err = t.store.update(func(int64) error {
		is, err := t.read(key)
		switch swapped = err == nil && is != "" && is == old; {
		case !swapped:
			return err
		case new == "":
			return t.store.file.Exec(t.sql(`DELETE FROM TABLE WHERE KEY = ?`), key)
		case expires.IsZero():
			return t.store.file.Exec(t.sql(`UPDATE TABLE SET TEXT = ? WHERE KEY = ?`), new, key)
		}
		return t.store.file.Exec(t.sql(`UPDATE TABLE SET TEXT = ?, expires = ? WHERE KEY = ?`), new, expires.UnixMicro(), key)
	})
	return swapped && err == nil, err
}

// List implements [shelf.Shelf].
func (t texts) List(_ context.Context, prefix string) (all map[string]string, err error) {
	all = map[string]string{}
	err = t.store.update(func(int64) error {
		return t.store.file.Rows(t.sql(`SELECT KEY, TEXT FROM TABLE WHERE substr(KEY, 1, length(?1)) = ?1`), func(st *sqlite3.Stmt) {
			all[st.ColumnText(0)] = st.ColumnText(1)
		}, prefix)
	})
	return all, err
}

func (t texts) read(key string) (text string, err error) {
	_, err = t.store.file.Row(t.sql(`SELECT TEXT FROM TABLE WHERE KEY = ?`), func(st *sqlite3.Stmt) { text = st.ColumnText(0) }, key)
	return text, err
}
