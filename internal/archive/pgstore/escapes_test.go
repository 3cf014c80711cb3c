package pgstore

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/pgtest"
	"dixa-mcp/internal/test/seeds"
)

// escapedText returns a JSON string with all kinds of escapes.
func escapedText(r *rand.Rand) string {
	pieces := []string{`\u0000`, `\ud83d\ude00`, `\uD83D`, `\ud83d`, `\ude00`, `\uDE00`, `\\u0000`, `\\ud83d`, `\\`, `\"`, `\n`, `\u00e9`, `u0000`, "é", "a", "\x00", "\xff"}
	text := `"`
	for range r.IntN(12) {
		text += pieces[r.IntN(len(pieces))]
	}
	return text + `"`
}

// What is cleaned says the same as before, but for what PostgreSQL does not read.
func TestCleanJSON(t *testing.T) {
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		text := escapedText(r)
		cleaned := cleanJSON(text)
		var want, got string
		require.NoError(t, json.Unmarshal([]byte(clean(text)), &want), text) // which reads half a pair as U+FFFD
		require.NoError(t, json.Unmarshal([]byte(cleaned), &got), cleaned)
		require.Equal(t, strings.ReplaceAll(want, "\x00", "\uFFFD"), got, text)
	})
	require.Equal(t, `{"a":"\\u0000`+"\uFFFD"+`"}`, cleanJSON(`{"a":"\\u0000\u0000"}`))
	require.Equal(t, `\`, cleanJSON(`\`))
}

// What an older version wrote is as if this version had written it, and names are found again.
func TestOlderRestsAreCleaned(t *testing.T) {
	name, open := database(t)
	old := open()
	old.steps = steps[:2]
	put(t, old, 1, "allen")
	ctx, r := t.Context(), seeds.New(1)
	want := map[int64]string{}
	for id := range int64(2000) {
		text := `{"requester_name":` + clean(escapedText(r)) + `}`
		if id == 1 { // the one whose conversation there is
			text = `{"requester_name":"all\u0000en"}`
		}
		_, err := old.pool.Exec(ctx, `INSERT INTO `+schema+`.conversation_rest (id, rest) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET rest = excluded.rest`, id, text)
		require.NoError(t, err)
		want[id] = cleanJSON(text)
	}
	named := archive.ConversationQuery{CustomerName: "en", Limit: 5}
	_, err := old.Find(ctx, named)
	require.Error(t, err)
	now := open()
	found, err := now.Find(ctx, named)
	require.NoError(t, err)
	require.Len(t, found, 1)
	rows, err := now.pool.Query(ctx, `SELECT id, rest FROM `+schema+`.conversation_rest`)
	require.NoError(t, err)
	var id int64
	var rest string
	_, err = pgx.ForEachRow(rows, []any{&id, &rest}, func() error {
		require.Equal(t, want[id], rest)
		delete(want, id)
		return nil
	})
	require.NoError(t, err)
	require.Empty(t, want)
	require.Equal(t, "0", pgtest.Get(t).SQL(t, name, `SELECT count(rest::jsonb) - count(*) FROM dixa_archive.conversation_rest`))
}
