package pgstore

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/seeds"
)

// What is cleaned says the same as before, but for what PostgreSQL does not read.
func TestCleanJSON(t *testing.T) {
	pieces := []string{`\u0000`, `\ud83d\ude00`, `\ud83d`, `\ude00`, `\\u0000`, `\\`, `\"`, `\n`, `\u00e9`, `u0000`, "é", "a", "\x00", "\xff"}
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		text := `"`
		for range r.IntN(12) {
			text += pieces[r.IntN(len(pieces))]
		}
		text += `"`
		cleaned := cleanJSON(text)
		var want, got string
		require.NoError(t, json.Unmarshal([]byte(clean(text)), &want), text) // which reads half a pair as U+FFFD
		require.NoError(t, json.Unmarshal([]byte(cleaned), &got), cleaned)
		require.Equal(t, strings.ReplaceAll(want, "\x00", "\uFFFD"), got, text)
	})
	require.Equal(t, `{"a":"\\u0000`+"\uFFFD"+`"}`, cleanJSON(`{"a":"\\u0000\u0000"}`))
	require.Equal(t, `\`, cleanJSON(`\`))
}
