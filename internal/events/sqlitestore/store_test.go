package sqlitestore

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/eventstest"
)

// clock is a clock that only the test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func opened(t *testing.T, dir string, bytes int64) eventstest.Opened {
	c := &clock{eventstest.Noon}
	return eventstest.Opened{
		Open: func() events.Store {
			s := Open(dir, Options{Keep: eventstest.Keep, Events: eventstest.MaxEvents, Bytes: bytes, Now: c.now})
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			return s
		},
		Later: func(d time.Duration) { c.at = c.at.Add(d) },
	}
}

func TestStore(t *testing.T) {
	eventstest.Run(t, func(t *testing.T, bytes int64) eventstest.Opened { return opened(t, t.TempDir(), bytes) })
}

// The files are readable for their owner alone.
func TestPrivate(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, filepath.Join(dir, "state"), 0).Open()
	_, err := s.Put(t.Context(), eventstest.Event(1))
	require.NoError(t, err)
	entries, err := os.ReadDir(filepath.Join(dir, "state"))
	require.NoError(t, err)
	require.NotEmpty(t, entries)
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), e.Name())
		require.True(t, e.Name() == FileName || IsTemporary(e.Name()), e.Name())
	}
}

// A cursor of the original is one of another store for its copy, which may get other events.
func TestCopy(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	require.NoError(t, Copy(from, to))
	exists, err := Exists(to)
	require.NoError(t, err)
	require.False(t, exists)
	s := opened(t, from, 0).Open()
	_, err = s.Put(t.Context(), eventstest.Event(1))
	require.NoError(t, err)
	end, err := s.End(t.Context())
	require.NoError(t, err)
	require.NoError(t, Copy(from, to))
	p, err := opened(t, to, 0).Open().List(t.Context(), end, 10)
	require.NoError(t, err)
	require.True(t, p.Truncated)
	require.Len(t, p.Events, 1)
}

// A store that cannot be written fails, with the name of its file, and stores nothing.
func TestBroken(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, FileName), []byte("this is no database, it is a text of some length"), 0o600))
	s := opened(t, dir, 0).Open()
	added, err := s.Put(t.Context(), eventstest.Event(1))
	require.ErrorContains(t, err, FileName)
	require.Zero(t, added)
	_, err = s.List(t.Context(), "", 1)
	require.ErrorContains(t, err, FileName)
}

// A change is on the disk when it returns, so that a loss of power loses nothing that was acknowledged.
func TestDurable(t *testing.T) {
	s := Open(t.TempDir(), Options{})
	_, err := s.Put(t.Context(), eventstest.Event(1))
	require.NoError(t, err)
	level := 0
	require.NoError(t, s.write.file.View(t.Context(), func() error {
		_, err := s.write.file.Row(`PRAGMA synchronous`, func(st *sqlite3.Stmt) { level = st.ColumnInt(0) })
		return err
	}))
	require.Equal(t, 2, level, "full")
	require.NoError(t, s.Close())
}
