package archive

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// What a person or an agent types becomes words that mean nothing to a full-text index but themselves.
func FuzzWords(f *testing.F) {
	for _, seed := range []string{`refund`, `"double charge" refund*`, `a"b`, `*`, `"`, `NEAR(a b, 2) OR -x`, `col:x ^y`, "zero\u200dwidth", "e\u0301", "\xff\xfe", `'; DROP TABLE message --`, strings.Repeat("x ", 30)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words, err := Words(text)
		if err != nil {
			require.Empty(t, words)
			return
		}
		require.LessOrEqual(t, len(words), maxWords)
		for _, w := range words {
			require.NotEmpty(t, w.Text)
			require.Equal(t, strings.Join(strings.Fields(w.Text), " "), w.Text)
			for _, r := range w.Text {
				require.True(t, r == ' ' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r), "%q in %q", r, w.Text)
			}
		}
	})
}
