package pgstore

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/archivetest"
	"dixa-mcp/internal/archive/pgtest"
	"dixa-mcp/internal/test/race"
)

func TestQuery(t *testing.T) {
	archivetest.Queries(t, func(t *testing.T) archivetest.Opened {
		name, open := database(t)
		return archivetest.Opened{First: open(), Open: func() archive.Store { return open() }, Bytes: func(t *testing.T) []byte { return pgtest.Get(t).Rows(t, name, schema) }}
	})
}

// A query that waits for PostgreSQL ends there too when its time is over, and its connection is used again.
func TestQueryEndsInPostgreSQL(t *testing.T) {
	name, open := database(t)
	s := open()
	put(t, s, 1, "voucher")
	count := func(ctx context.Context) error {
		table, err := s.Query(ctx, `SELECT count(*) FROM messages WHERE text LIKE '%voucher%'`, 1)
		if err == nil {
			require.Equal(t, [][]any{{int64(1)}}, table.Rows)
		}
		return err
	}
	require.NoError(t, count(t.Context()))
	before := s.pool.Stat().NewConnsCount()
	other, err := pgx.Connect(t.Context(), pgtest.Get(t).URL(name))
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close(context.WithoutCancel(t.Context()))) }()
	_, err = other.Exec(t.Context(), `BEGIN; LOCK TABLE dixa_archive.message IN ACCESS EXCLUSIVE MODE`)
	require.NoError(t, err)
	var wrong *archive.QueryError
	require.ErrorAs(t, count(t.Context()), &wrong)
	require.ErrorContains(t, wrong, "longer than 5s")
	ended, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, count(ended), context.DeadlineExceeded)
	require.Equal(t, "0", pgtest.Get(t).SQL(t, name, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dixa-mcp' AND datname = current_database() AND state <> 'idle'`))
	_, err = other.Exec(t.Context(), `ROLLBACK`)
	require.NoError(t, err)
	require.NoError(t, count(t.Context()))
	require.Zero(t, s.pool.Stat().AcquiredConns())
	require.LessOrEqual(t, s.pool.Stat().NewConnsCount(), before+1, "the caller's end may cost a connection, the query's does not")
}

// An error of PostgreSQL is one of the archive, and not of the query.
func TestQueryInNoArchive(t *testing.T) {
	name, open := database(t)
	s := open()
	put(t, s, 1, "voucher")
	pgtest.Get(t).SQL(t, name, `ALTER TABLE dixa_archive.tag RENAME TO gone`)
	_, err := s.Query(t.Context(), `SELECT count(*) FROM tags`, 1)
	require.ErrorContains(t, err, `relation "tag" does not exist`)
	var wrong *archive.QueryError
	require.NotErrorAs(t, err, &wrong)
	require.Zero(t, s.pool.Stat().AcquiredConns())
}

// Long texts are read in parts, so that neither a join nor many look-ups need the memory of all.
func TestQueryOfLongTexts(t *testing.T) {
	race.Skip(t)
	_, open := database(t)
	s := open()
	const many, long = 300, 60_000
	for i := range int64(many) {
		put(t, s, i+1, strings.Repeat("x ", long/2))
	}
	for sql, want := range map[string]int64{
		`SELECT sum(length(text)) FROM messages`:                                                                                       many * long,
		`SELECT sum(length(a.text) + length(b.text)) FROM messages a JOIN messages b ON a.id = b.id`:                                   many * long * 2,
		`SELECT sum(length(text)) FROM conversations c JOIN messages m ON m.conversation = c.id`:                                       many * long,
		`SELECT sum((SELECT length(text) FROM messages m WHERE m.conversation = c.id)) FROM conversations c`:                           many * long,
		`SELECT count(*) FROM conversations c WHERE EXISTS (SELECT 1 FROM messages m WHERE m.conversation = c.id AND text LIKE '%X%')`: many,
	} {
		table, err := s.Query(t.Context(), sql, 1)
		require.NoError(t, err, sql)
		require.Equal(t, [][]any{{want}}, table.Rows, sql)
	}
}

// A comparison with the text of a time becomes one with milliseconds that lets the same times through.
func TestMoments(t *testing.T) {
	for ms, want := range map[int64]string{0: "1970-01-01 00:00:00", 999: "1970-01-01 00:00:00", -999: "1970-01-01 00:00:00", 253402300799999: "9999-12-31 23:59:59", 253402300800000: "",
		-62167219200000: "0000-01-01 00:00:00", -62167219201000: "-0001-12-31 23:59:59", -210866760001000: ""} {
		require.Equal(t, want, momentText(ms), ms)
	}
	for value, want := range map[string]int64{"2026": 1767225600, "2026-11": 1793491200, "2026-11-30": 1796040000 - 12*3600, "2026-11-30 12:00:00": 1796040000, "2026-11-30T": 1796040000 + 12*3600,
		"2026-99": 1798761600, "9999-12-31 23:59:59": lastSecond, "9999-12-31 23:59:59.": lastSecond + 1, "0": firstSecond, "99999": lastSecond + 1} {
		require.Equal(t, want, firstText(value, false), value)
	}
	require.EqualValues(t, 1796040001, firstText("2026-11-30 12:00:00", true))
}
