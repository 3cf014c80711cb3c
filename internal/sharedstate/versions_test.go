package sharedstate

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/stored"
)

// made makes the shared file in a new directory with statements of SQL, as another version would.
func made(t *testing.T, sql string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	ask(t, dir, sql)
	return dir
}

// ask runs SQL on the shared file and returns the first column of the last statement's first row.
func ask(t *testing.T, dir, sql string) (answer string) {
	t.Helper()
	db, err := sqlite3.Open(filepath.Join(dir, FileName))
	require.NoError(t, err)
	for sql != "" {
		st, rest, err := db.Prepare(sql)
		require.NoError(t, err)
		if st != nil && st.Step() {
			answer = st.ColumnText(0)
		}
		require.NoError(t, st.Close())
		sql = rest
	}
	require.NoError(t, db.Close())
	return answer
}

// first is the layout of the first version.
const first = `
CREATE TABLE bucket (name TEXT PRIMARY KEY, tokens REAL NOT NULL, at INTEGER NOT NULL, taken INTEGER NOT NULL,
	factor REAL NOT NULL, lowered INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE used (agent TEXT NOT NULL, what TEXT NOT NULL, period INTEGER NOT NULL, ends INTEGER NOT NULL,
	used INTEGER NOT NULL, PRIMARY KEY (agent, what, period)) STRICT, WITHOUT ROWID;
CREATE TABLE nonce (nonce TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO nonce VALUES ('used once', 9000000000000000);
PRAGMA user_version = 1`

func use(s *Store, nonce string) error {
	return s.Use(context.Background(), nonce, time.Time{}, time.Now().Add(time.Hour))
}

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s := New(dir, "https://dixa.example", slog.New(slog.DiscardHandler))
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// After an upgrade what the older version kept is in force.
func TestFileOfAnOlderVersion(t *testing.T) {
	dir := made(t, first)
	s := open(t, dir)
	require.Error(t, use(s, "used once"), "the older version used it")
	require.NoError(t, use(s, "another"))
	require.Equal(t, fmt.Sprint(layout), ask(t, dir, "PRAGMA user_version"))
}

// Beside a newer version that added something, and after a rollback from it, an older one works on, and leaves alone what it
// does not know: also the number of the layout, by which the newer one knows that its tables are there.
func TestFileOfANewerVersion(t *testing.T) {
	dir := made(t, first+`; CREATE TABLE later (x TEXT) STRICT; INSERT INTO later VALUES ('kept'); ALTER TABLE nonce ADD COLUMN later TEXT;
		PRAGMA user_version = 42`)
	s := open(t, dir)
	require.NoError(t, use(s, "another"))
	require.Error(t, use(s, "another"))
	require.Equal(t, "42", ask(t, dir, "PRAGMA user_version"))
	require.Equal(t, "kept", ask(t, dir, "SELECT x FROM later"))
}

// A file that a newer version laid out anew is refused, and nothing in it changes.
func TestFileOfANewGeneration(t *testing.T) {
	dir := made(t, `CREATE TABLE used_nonces (x TEXT) STRICT; INSERT INTO used_nonces VALUES ('kept'); PRAGMA user_version = 100`)
	err := use(open(t, dir), "another")
	require.ErrorIs(t, err, stored.ErrNewer)
	require.ErrorContains(t, err, "the shared state in "+filepath.Join(dir, FileName)+" cannot be used: a newer version of dixa-mcp wrote it")
	require.Equal(t, "100", ask(t, dir, "PRAGMA user_version"))
	require.Equal(t, "kept", ask(t, dir, "SELECT x FROM used_nonces"))
	require.Equal(t, "1", ask(t, dir, "SELECT count(*) FROM sqlite_schema"))
}

// A newer version may add columns to any table: statements name those that they fill.
func TestInsertsNameTheirColumns(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotRegexp(t, `(?i)insert\s+(or \w+\s+)?into\s+\w+\s+(values|select)`, string(text), file)
		require.NotRegexp(t, `(?i)select\s+\*`, string(text), file)
	}
}
