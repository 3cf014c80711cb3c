package search

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMark(t *testing.T) {
	for _, c := range []struct{ query, text, want string }{
		{"refund", "No refunds, just a Refund.", `No <em class="highlight">refund</em>s, just a Refund.`},
		{"a b", "b a", `<em class="highlight">b</em> <em class="highlight">a</em>`},
		{"pre prefix", "prefix", `<em class="highlight">pre</em>fix`},
		{"x", "İx x", `ix <em class="highlight">x</em>`},
		{"fix", "prefix", ""},
		{"end", strings.Repeat("word ", 40) + "end " + strings.Repeat("tail ", 40), strings.TrimSpace(strings.Repeat("word ", 16)) + ` <em class="highlight">end</em>` + strings.Repeat(" tail", 16)},
	} {
		got, _ := NewText(c.query, false).Mark(c.text)
		require.Equal(t, c.want, got, c.query)
	}
}

func FuzzMark(f *testing.F) {
	f.Add("refund", "Refund my refund", true)
	f.Add(" ", "blank", true)
	f.Add("İ ß", "STRASSE İstanbul ß", false)
	f.Fuzz(func(t *testing.T, query, text string, exact bool) {
		q := NewText(query, exact)
		marked, ok := q.Mark(text)
		if ok && !strings.Contains(marked, `<em class="highlight">`) {
			t.Error(marked)
		}
	})
}
