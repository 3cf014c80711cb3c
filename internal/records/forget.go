package records

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/audit"
)

// forget removes from the index what is in files that were removed.
func (x *Index) forget(ctx context.Context) error {
	gone, err := x.gone()
	if err != nil || len(gone) == 0 {
		return err
	}
	// Few words at a time, so that others do not wait long.
	for word, more := int64(-1), true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if word, more, err = x.forgetMentions(gone, word); err != nil {
			return x.broken(err)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	err = x.file.Update(func() error {
		for _, p := range gone {
			if err := x.file.Exec(`DELETE FROM record WHERE at BETWEEN ? AND ? AND run = ? AND part = ?`, p.first, p.last, p.run, p.part); err != nil {
				return err
			}
			if err := x.file.Exec(`DELETE FROM part WHERE run = ? AND part = ?`, p.run, p.part); err != nil {
				return err
			}
		}
		if err := x.file.Exec(`DELETE FROM run WHERE id NOT IN (SELECT run FROM part) AND id NOT IN (SELECT run FROM record)`); err != nil {
			return err
		}
		if err := x.file.Exec(`DELETE FROM minute WHERE at < (SELECT min(at) FROM record) - 60000 OR NOT EXISTS (SELECT 1 FROM record)`); err != nil {
			return err
		}
		return x.file.Exec(`DELETE FROM name WHERE id NOT IN (SELECT event FROM record UNION SELECT agent FROM record UNION SELECT person FROM record
			UNION SELECT tool FROM record UNION SELECT level FROM record UNION SELECT agent FROM minute)`)
	})
	if err != nil {
		return x.broken(err)
	}
	return nil
}

// removed is a file that is gone.
type removed struct {
	run, part   int64
	first, last int64 // times of its records, in milliseconds
}

// gone returns the files that are in the index and no longer in the directory.
func (x *Index) gone() (gone []removed, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	err = x.file.View(context.Background(), func() error {
		return x.file.Rows(`SELECT part.run, part.part, first, last, name FROM part JOIN run ON run.id = part.run`, func(st *sqlite3.Stmt) {
			p := removed{st.ColumnInt64(0), st.ColumnInt64(1), st.ColumnInt64(2), st.ColumnInt64(3)}
			path := audit.Entry{Run: st.ColumnText(4), Part: int(p.part)}.Path(x.dir)
			if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
				gone = append(gone, p)
			}
		})
	})
	return gone, err
}

// atOnce is how many mentions one transaction looks at.
const atOnce = 20_000

// forgetMentions removes the mentions in files that are gone, of some words after one. It returns the last of them.
func (x *Index) forgetMentions(gone []removed, after int64) (last int64, more bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	err = x.file.Update(func() error {
		last, more = after, false
		found, err := x.file.Row(`SELECT max(word) FROM (SELECT word FROM mention WHERE word > ? ORDER BY word LIMIT ?)`, func(st *sqlite3.Stmt) {
			more = st.ColumnType(0) != sqlite3.NULL
			last = st.ColumnInt64(0)
		}, after, int64(atOnce))
		if err != nil || !found || !more {
			return err
		}
		for _, p := range gone {
			if err := x.file.Exec(`DELETE FROM mention WHERE word > ?1 AND word <= ?2 AND at BETWEEN ?3 AND ?4 AND (at, run, seq) IN
				(SELECT at, run, seq FROM record WHERE at BETWEEN ?3 AND ?4 AND run = ?5 AND part = ?6)`, after, last, p.first, p.last, p.run, p.part); err != nil {
				return err
			}
		}
		return nil
	})
	return last, more, err
}
