package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive/pgtest"
)

// People query the archive of the state directory, in SQL and on record.
func TestArchiveQuery(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	plantArchive(t, archiveFlag{}, filepath.Join(p.home, "s"))
	query := func(args ...string) string {
		return p.good(append([]string{"archive", "query", "--state", "~/s"}, args...)...)
	}
	const all = "SELECT id, customer_email, closed_at, 1.5 AS half FROM conversations ORDER BY id"
	require.Equal(t, "id    customer_email              closed_at  half\n7001  anna.geheimnis@example.org             1.5\n7002  bob.bleibt@example.org                 1.5\n", query(all))
	require.Equal(t, "id,customer_email,closed_at,half\n7001,anna.geheimnis@example.org,,1.5\n7002,bob.bleibt@example.org,,1.5\n", query(all, "--csv"))
	require.Equal(t, "x\n\"'=1+\"\"a\"\"\"\n", query(`SELECT '=1+"a"' AS x`, "--csv"))
	var found struct {
		Columns []string
		Rows    [][]any
		More    bool
	}
	require.NoError(t, json.Unmarshal([]byte(query(all, "--json", "--limit", "1")), &found))
	require.Equal(t, []string{"id", "customer_email", "closed_at", "half"}, found.Columns)
	require.Equal(t, [][]any{{7001.0, "anna.geheimnis@example.org", nil, 1.5}}, found.Rows)
	require.True(t, found.More)
	require.Contains(t, p.run("archive", "query", all, "--limit", "1", "--state", "~/s").stderr, "There are more rows: raise --limit.")

	tables := p.good("archive", "query", "--tables", "--state", "~/none")
	require.Contains(t, tables, "conversations  customer_email")
	require.Contains(t, tables, "messages       text")
	for sql, says := range map[string]string{
		"SELECT custmer_email FROM conversations": "did you mean customer_email?",
		"DELETE FROM conversations":               "cannot modify conversations",
		"SELECT 1; SELECT 2":                      "nothing after it",
	} {
		o := p.run("archive", "query", sql, "--state", "~/s")
		require.Equal(t, exitUsage, o.code, sql)
		require.Contains(t, o.stderr, says)
	}
	for _, bad := range [][]string{{}, {all, "--limit", "0"}, {all, "--json", "--csv"}, {all, "--tables"}} {
		require.Equal(t, exitUsage, p.run(append([]string{"archive", "query", "--state", "~/s"}, bad...)...).code, bad)
	}
	o := finish(t, p.command([]string{"DIXA_MCP_ARCHIVE=" + plantedDatabase(t)}, "archive", "query", all, "--state", "~/s"))
	require.Zero(t, o.code, o.stderr)
	require.Equal(t, query(all), o.stdout, "PostgreSQL answers as the file")
}

func plantedDatabase(t *testing.T) string {
	address := pgtest.Get(t).Database(t)
	plantArchive(t, archiveFlag{address}, "")
	return address
}

// What people do with the archive is on record, and what they searched for is hashed there.
func TestArchiveUseIsRecorded(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	plantArchive(t, archiveFlag{}, filepath.Join(p.home, "s"))
	p.good("archive", "search", "geheimnis", "--queue", "Billing geheimnis", "--since", "2d", "--state", "~/s")
	p.good("archive", "query", "SELECT 'geheimnis'", "--state", "~/s")
	p.run("archive", "query", "SELECT geheimnis", "--state", "~/s")
	o := p.run("archive", "search", "x", "--state", "~/s", "--audit", p.write("file", ""))
	require.NotZero(t, o.code)
	require.Contains(t, o.stderr, "this cannot be recorded, so nothing was done")
	p.run("report", "yesterday", "--by", "queue", "--state", "~/s") // which was never filled by a sync
	p.good("archive", "purge", "--keep", "30d", "--state", "~/s")
	p.good("archive", "purge", "--all", "--state", "~/s")
	show := p.good("audit", "show", "--state", "~/s")
	for _, part := range []string{"operator searched the archive", "operator queried the archive", "operator tried to query the archive", "operator tried to make a report from the archive", "operator removed what is no longer kept from the archive", "operator removed the archive"} {
		require.Contains(t, show, part)
	}
	lines := p.good("audit", "show", "--json", "--state", "~/s")
	for _, part := range []string{`"tool":"archive_search"`, `"tool":"archive_query"`, `"tool":"archive_report"`, `"by":"queue"`, `"tool":"archive_purge"`, `"words":{"hash":`, `"sql":{"chars":`, `"all":true`} {
		require.Contains(t, lines, part)
	}
	require.Empty(t, filesWith(t, filepath.Join(p.home, "s", "audit"), "geheimnis"))
	require.Equal(t, 6, strings.Count(lines, `"event":"read"`))
	require.Contains(t, p.good("audit", "verify", "--state", "~/s"), "No record was altered")
}
