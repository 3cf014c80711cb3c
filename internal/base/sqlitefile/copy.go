package sqlitefile

import (
	"errors"
	"os"

	"github.com/ncruces/go-sqlite3"
)

// Copy writes a copy of the file from to a new file, as of one moment, while processes use it.
func Copy(from, to string) (err error) {
	db, err := sqlite3.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.BusyTimeout(Busy); err != nil {
		return err
	}
	st, _, err := db.Prepare(`VACUUM INTO ?`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := st.BindText(1, to); err != nil {
		return err
	}
	if err := st.Exec(); err != nil {
		return err
	}
	return os.Chmod(to, 0o600)
}
