package pgstore

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/archivetest"
	"dixa-mcp/internal/archive/pgtest"
	"dixa-mcp/internal/base/stored"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// put keeps a message with a text, whose id is that of its conversation.
func put(t *testing.T, s *Store, id int64, text string) {
	t.Helper()
	at := noon.UnixMilli()
	require.NoError(t, s.Put(t.Context(), archive.Rows{
		Conversations: []archive.Conversation{{ID: id, CreatedAt: at, UpdatedAt: at, Rest: []byte(`{}`)}},
		Messages:      []archive.Message{{ID: fmt.Sprint(id), Conversation: id, CreatedAt: at, Text: text, Rest: []byte(`{}`)}}, At: noon,
	}))
}

// Versions that add tables or columns use one archive with older ones; one that changes what is there is left alone by them.
func TestVersionsUseOneArchive(t *testing.T) {
	name, open := database(t)
	old := open()
	old.steps = steps[:1]
	put(t, old, 1, "allen")
	now := open()
	put(t, now, 4, "allen")
	require.Equal(t, "t", pgtest.Get(t).SQL(t, name, `SELECT indisvalid FROM pg_index WHERE indexrelid = 'dixa_archive.message_answer'::regclass`), "an older archive gets the indexes of this version")
	newer := open()
	newer.steps = append([]step{}, append(steps, step{4, `ALTER TABLE message ADD COLUMN mood text; CREATE TABLE mood (id bigint)`}, step{5, `CREATE INDEX mood_id ON mood (id)`})...)
	put(t, newer, 2, "allen")
	put(t, old, 3, "allen")
	require.Len(t, archivetest.Find(t, open(), "allen"), 4)
	require.Len(t, archivetest.Find(t, newer, "allen"), 4)
	layout := func() string { return pgtest.Get(t).SQL(t, name, `SELECT layout FROM dixa_archive.layout`) }
	require.Equal(t, "5", layout(), "an older version does not lower it")
	changed := open()
	changed.steps = append([]step{}, append(newer.steps, step{100, `ALTER TABLE message RENAME COLUMN automated TO automatic`})...)
	_, err := changed.Floor(t.Context())
	require.NoError(t, err)
	_, err = open().Status(t.Context())
	require.ErrorIs(t, err, stored.ErrNewer)
	require.ErrorContains(t, err, "its layout is 100, and this version knows those below 100")
	broken := open()
	broken.steps = append([]step{}, append(changed.steps, step{101, `CREATE TABLE half (id bigint); SELECT 1/0`})...)
	_, err = broken.Floor(t.Context())
	require.ErrorContains(t, err, "make the tables of layout 101")
	require.Equal(t, "100", layout())
	require.Equal(t, "0", pgtest.Get(t).SQL(t, name, `SELECT count(*) FROM pg_tables WHERE tablename = 'half'`), "a step is done or not")
}

func TestManyMakeTheTables(t *testing.T) {
	_, open := database(t)
	done := make(chan error)
	for range 8 {
		s := open()
		go func() {
			_, err := s.Floor(context.WithoutCancel(t.Context()))
			done <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-done)
	}
}

// Each way to fail to connect says why, and never the password.
func TestErrorsHaveNoPassword(t *testing.T) {
	server := pgtest.Get(t)
	address := server.Database(t)
	const secret = "s3cret!wort"
	for _, test := range []struct{ address, says string }{
		{strings.ReplaceAll(address, "postgres:"+pgtest.Password, pgtest.Locked+":"+secret), "password authentication failed"},
		{strings.ReplaceAll(address, "postgres:"+pgtest.Password, "nobody:"+secret), `role "nobody" does not exist`},
		{"postgres://postgres:" + secret + "@127.0.0.1:1/x", "connection refused"},
		{"postgres://postgres:" + secret + "@host.invalid/x?connect_timeout=1", "host.invalid"},
		{"postgres://postgres:" + secret + "%zz@127.0.0.1/x", ErrAddress.Error()},
		{"postgres://postgres:" + secret + "@127.0.0.1:port/x", ErrAddress.Error()},
		{"postgres://postgres:" + secret + "@127.0.0.1/x?sslmode=" + secret, ErrAddress.Error()},
		{"postgres://postgres:" + secret + "@[::1/x", ErrAddress.Error()},
		{"host=127.0.0.1 password=" + secret, ErrAddress.Error()},
		{"redis://x:" + secret + "@127.0.0.1", ErrAddress.Error()},
	} {
		s, err := Open(test.address)
		if err == nil {
			require.NotContains(t, s.Name(), secret)
			_, err = s.Status(t.Context())
			require.NoError(t, s.Close())
		}
		require.ErrorContains(t, err, test.says)
		require.NotContains(t, err.Error(), secret)
		require.NotContains(t, err.Error(), "s3cret")
	}
}

// as returns the archive in a database as another role sees it.
func as(t *testing.T, name, role string) *Store {
	t.Helper()
	server := pgtest.Get(t)
	s, err := Open(strings.Replace(server.URL(name), "postgres:"+pgtest.Password, role+":x", 1))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestRoleWithoutRights(t *testing.T) {
	server := pgtest.Get(t)
	name, open := database(t)
	server.SQL(t, name, `CREATE ROLE "Archive" LOGIN PASSWORD 'x'`, `CREATE ROLE reader LOGIN PASSWORD 'x'`)
	_, err := as(t, name, "Archive").Status(t.Context())
	require.ErrorContains(t, err, "permission denied for database "+name)
	require.ErrorContains(t, err, `CREATE SCHEMA dixa_archive AUTHORIZATION "Archive"`)
	server.SQL(t, name, open().grant(), `DROP SCHEMA dixa_archive`, `CREATE SCHEMA dixa_archive AUTHORIZATION "Archive"`)
	s := as(t, name, "Archive")
	put(t, s, 1, "allen")
	_, err = s.Erase(t.Context(), archive.Erasure{Conversation: 1}, noon)
	require.NoError(t, err)
	archivetest.Sound(t, s)
	_, err = as(t, name, "reader").Status(t.Context())
	require.ErrorContains(t, err, "permission denied")
	require.ErrorContains(t, err, "the role reader must own the schema dixa_archive and its tables")
	server.SQL(t, name, `GRANT USAGE ON SCHEMA dixa_archive TO reader`, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA dixa_archive TO reader`)
	put(t, s, 2, "einzigartig")
	reader := as(t, name, "reader")
	require.Len(t, archivetest.Find(t, reader, "einzigartig"), 1)
	_, err = reader.Erase(t.Context(), archive.Erasure{Conversation: 2}, noon)
	require.ErrorContains(t, err, "what was removed is no longer found, but its rows may stay in the tables", "a role that is not the owner may not vacuum")
	other, err := s.Remove(t.Context())
	require.NoError(t, err)
	require.Empty(t, other)
	exists, err := s.Exists(t.Context())
	require.NoError(t, err)
	require.False(t, exists)
	put(t, s, 1, "allen")
}

func TestEncoding(t *testing.T) {
	server := pgtest.Get(t)
	name := pgtest.Name(server.Database(t)) + "latin"
	server.SQL(t, "postgres", `CREATE DATABASE `+name+` ENCODING 'LATIN1' TEMPLATE template0`)
	s, err := Open(server.URL(name))
	require.NoError(t, err)
	_, err = s.Status(t.Context())
	require.ErrorContains(t, err, "the database has the encoding LATIN1")
	require.NoError(t, s.Close())
}

// What an ended context asked for ends at the server too, and does not keep others waiting.
func TestEndedContext(t *testing.T) {
	name, open := database(t)
	s := open()
	put(t, s, 1, "allen")
	conn, err := pgx.Connect(t.Context(), pgtest.Get(t).URL(name))
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `BEGIN; LOCK TABLE dixa_archive.message_text`)
	require.NoError(t, err)
	waiting := func() string {
		return pgtest.Get(t).SQL(t, name, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := s.Search(ctx, archive.Query{Words: []archive.Word{{Text: "allen"}}, Limit: 1})
		done <- err
	}()
	require.Eventually(t, func() bool { return waiting() == "1" }, time.Minute, 5*time.Millisecond)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	require.Eventually(t, func() bool { return waiting() == "0" }, time.Minute, 5*time.Millisecond)
	require.NoError(t, conn.Close(t.Context()))
	require.Len(t, archivetest.Find(t, s, "allen"), 1)
}

// Who fills the archive holds it as long as its connection, and no longer.
func TestLostConnection(t *testing.T) {
	name, open := database(t)
	first, second := open(), open()
	release, _, err := first.Lease(t.Context(), "first")
	require.NoError(t, err)
	require.NotNil(t, release)
	other, err := second.Remove(t.Context())
	require.NoError(t, err)
	require.Equal(t, "first", other)
	pgtest.Get(t).SQL(t, name, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	require.Eventually(t, func() bool {
		again, _, err := second.Lease(t.Context(), "second")
		return err == nil && again != nil && again() == nil
	}, time.Minute, 5*time.Millisecond)
	require.NoError(t, release(), "it has ended")
	require.Eventually(t, func() bool { _, err := first.Floor(t.Context()); return err == nil }, time.Minute, 5*time.Millisecond)
}

// Words of removed texts stay in the pages of the index until it is built again.
func TestErasedWordsLeaveTheIndex(t *testing.T) {
	name, open := database(t)
	s := open()
	put(t, s, 1, "einzigartig1 allen")
	put(t, s, 2, "einzigartig2 allen")
	archivetest.Sound(t, s)
	require.Contains(t, file(t, name, "message_text_words"), "einzigartig1")
	_, err := s.Erase(t.Context(), archive.Erasure{Conversation: 1}, noon)
	require.NoError(t, err)
	// As a rebuilding that was killed leaves it.
	pgtest.Get(t).SQL(t, name, `CREATE INDEX message_text_words_ccnew ON dixa_archive.message_text USING gin (words)`, `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'dixa_archive.message_text_words_ccnew'::regclass`)
	archivetest.Sound(t, s)
	require.Equal(t, "0", pgtest.Get(t).SQL(t, name, `SELECT count(*) FROM pg_class WHERE relname = 'message_text_words_ccnew'`))
	index := file(t, name, "message_text_words")
	require.NotContains(t, index, "einzigartig1")
	require.Contains(t, index, "einzigartig2")
	node := func() string {
		return pgtest.Get(t).SQL(t, name, `SELECT pg_relation_filenode('dixa_archive.message_text_words')`)
	}
	before := node()
	archivetest.Sound(t, s)
	require.Equal(t, before, node(), "it is built again only when something was removed")
	_, err = s.Purge(t.Context(), noon.Add(time.Hour))
	require.NoError(t, err)
	archivetest.Sound(t, s)
	require.NotEqual(t, before, node())
}

// What the planner knows of the tables has no texts.
func TestStatisticsHaveNoTexts(t *testing.T) {
	name, open := database(t)
	s := open()
	at := noon.UnixMilli()
	for i := range int64(50) {
		rest := fmt.Appendf(nil, `{"subject":"einzigartig%d"}`, i)
		require.NoError(t, s.Put(t.Context(), archive.Rows{
			Conversations: []archive.Conversation{{ID: i + 1, CreatedAt: at, UpdatedAt: at, Status: "open", Rest: rest}},
			Messages:      []archive.Message{{ID: fmt.Sprint(i), Conversation: i + 1, CreatedAt: at, Text: fmt.Sprint("einzigartig", i%20), Rest: rest}}, At: noon,
		}))
	}
	known := pgtest.Get(t).SQL(t, name, `ANALYZE`, `SELECT concat(tablename, attname, most_common_vals, histogram_bounds, most_common_elems) FROM pg_stats WHERE schemaname = 'dixa_archive'`)
	require.Contains(t, known, "open")
	require.NotContains(t, known, "einzigartig")
}

// A long text is in a table of its own, and leaves that too.
func TestLongTextsAreErased(t *testing.T) {
	name, open := database(t)
	s := open()
	rows := func() string {
		return pgtest.Get(t).SQL(t, name, `CREATE EXTENSION IF NOT EXISTS pageinspect`, `SELECT count(*) FROM pg_class, generate_series(0, pg_relation_size(reltoastrelid) / 8192 - 1) AS page,
			heap_page_items(get_raw_page(reltoastrelid::regclass::text, page::int)) WHERE pg_class.oid = 'dixa_archive.message_text'::regclass AND t_data IS NOT NULL`)
	}
	var text strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&text, "%x ", i*i)
	}
	put(t, s, 1, text.String())
	require.NotEqual(t, "0", rows())
	_, err := s.Erase(t.Context(), archive.Erasure{Conversation: 1}, noon)
	require.NoError(t, err)
	require.Equal(t, "0", rows())
}

func TestVerifyFindsWhatIsWrong(t *testing.T) {
	name, open := database(t)
	s := open()
	put(t, s, 1, "allen")
	put(t, s, 2, "allen")
	_, err := s.Erase(t.Context(), archive.Erasure{Conversation: 2}, noon)
	require.NoError(t, err)
	for _, test := range []struct{ sql, says string }{
		{`UPDATE dixa_archive.message_text SET words = 'other:1'`, "the index of words does not agree with 1 texts"},
		{`UPDATE dixa_archive.message_text SET words = 'allen:1'`, ""},
		{`INSERT INTO dixa_archive.message_text SELECT key, 1, 'allen', '', '''allen'':1' FROM dixa_archive.message WHERE id = '2'`, "1 erased messages still have a text"},
		{`INSERT INTO dixa_archive.conversation_rest VALUES (2, '')`, "1 erased conversations still have names and addresses"},
		{`UPDATE dixa_archive.message SET erased = false`, "1 erased conversations still have names and addresses"},
		{`DELETE FROM dixa_archive.message_text`, "2 messages have no text and were not erased"},
		{`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'dixa_archive.message_time'::regclass`, "1 indexes are not valid"},
	} {
		pgtest.Get(t).SQL(t, name, test.sql)
		problems, err := s.Verify(t.Context())
		require.NoError(t, err)
		if test.says == "" {
			require.Empty(t, problems)
			continue
		}
		require.Contains(t, strings.Join(problems, "\n"), test.says)
	}
}

// Reports read by indexes what they count.
func TestReportsReadIndexes(t *testing.T) {
	name, open := database(t)
	put(t, open(), 1, "allen")
	sql := strings.NewReplacer("$1", "1", "$2", "2").Replace(selectFacts)
	plan := pgtest.Get(t).SQL(t, name, `SET search_path = dixa_archive`, `SET enable_seqscan = off`, `EXPLAIN `+sql)
	for _, index := range []string{"conversation_created", "conversation_closed", "message_answer", "conversation_rest_pkey"} {
		require.Contains(t, plan, index)
	}
}
