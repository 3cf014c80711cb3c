package view

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/seeds"
)

// Answers that are rendered at the same time, one after the other in the same memory, have nothing of each other.
func TestAnswersShareNoMemory(t *testing.T) {
	answer := func(i int) (body, want string) {
		word := strings.Repeat(fmt.Sprintf("word%d ", i), 1+i*i)
		html := fmt.Sprintf(`<style>.h%[1]d{display:none}</style><p>%[2]s</p><p class='h%[1]d'>hidden</p><p class='h%[3]d'>shown</p>`, i, word, i+1)
		return fmt.Sprintf(`{"data":[{"id":"%d","attributes":{"emailContent":{"content":{"_type":"Html","value":"%s"}}}}]}`, i, html),
			strings.TrimSpace(word) + `\n\nshown`
	}
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for round := range 200 {
				body, want := answer((worker + round) % 16)
				r, err := Render(t.Context(), []byte(body), Options{Kind: Messages})
				if err != nil || !strings.Contains(r.Text, want) || strings.Contains(r.Text, "hidden") {
					t.Errorf("%v %s", err, r.Text)
					return
				}
			}
		})
	}
	all.Wait()
}

// Words that are written at once are written as one by one.
func TestWordsAtOnce(t *testing.T) {
	pieces := []string{"a", "word", "æøå", "日本", "👍", " ", " ", " ", "  ", "\n", "\t ", "\u00a0", "\u2003", "\xff", "-"}
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		one := printer{breaks: r.IntN(3), blank: r.IntN(2) == 0, quotes: r.IntN(2), lead: []string{"", "- "}[r.IntN(2)], all: r.IntN(4) == 0}
		several := one
		for range 1 + r.IntN(4) {
			var text strings.Builder
			for range r.IntN(12) {
				text.WriteString(pieces[r.IntN(len(pieces))])
			}
			v := []verdict{fine, doubt}[r.IntN(2)]
			data := Clean(text.String())
			several.text(data, false, v)
			for data != "" { // as it was once written
				n := strings.IndexFunc(data, unicode.IsSpace)
				switch n {
				case 0:
					one.blank, one.maybe.blank = true, true
					data = strings.TrimLeftFunc(data, unicode.IsSpace)
					continue
				case -1:
					n = len(data)
				}
				one.put(data[:n], v)
				data = data[n:]
			}
			require.Equal(t, one.out.String(), several.out.String(), "%q", text.String())
			require.Equal(t, one.maybe.out.String(), several.maybe.out.String(), "%q", text.String())
			require.Equal(t, []any{one.blank, one.breaks, one.maybe.blank, one.maybe.breaks}, []any{several.blank, several.breaks, several.maybe.blank, several.maybe.breaks}, "%q", text.String())
		}
	})
}
