package pgstore

import (
	"errors"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/stretchr/testify/require"
)

// A fault in a callback is an error of the archive that says where it was, and not a lack of memory or a panic through SQLite.
func TestFaultsInCallbacks(t *testing.T) {
	for callback, call := range map[string]func(r *reader) error{
		"Filter": func(r *reader) error { return (&cursor{r: r}).Filter(7, "") },
		"Next":   func(r *reader) error { return (&cursor{r: r}).Next() },
		"Close":  func(r *reader) error { return (&cursor{r: r}).Close() },
		"RowID": func(r *reader) error {
			_, err := (&cursor{r: r, lookedUp: true, current: row{}}).RowID()
			return err
		},
		"Column": func(r *reader) error {
			return (&cursor{r: r, lookedUp: true, current: row{}, plan: &plan{at: []int{3}}}).Column(sqlite3.Context{}, 0)
		},
		"BestIndex": func(r *reader) error { return (&table{r: r, v: virtuals[0]}).BestIndex(nil) },
	} {
		t.Run(callback, func(t *testing.T) {
			r := &reader{ctx: t.Context()}
			err := call(r)
			require.ErrorContains(t, err, "internal error in "+callback+": runtime error: ")
			require.NotErrorIs(t, err, sqlite3.NOMEM)
			require.Equal(t, err, r.close(), "the query fails with it, and not with the text alone that SQLite keeps")
		})
	}
}

// The library panics when SQLite has no memory left, which its limit makes a problem of the query.
func TestCallbackOutOfMemory(t *testing.T) {
	r := &reader{ctx: t.Context()}
	err := func() (err error) {
		defer r.guard("Column", &err)
		panic(errors.New("sqlite3: out of memory"))
	}()
	require.ErrorIs(t, err, sqlite3.NOMEM)
	require.NoError(t, r.close())
}
