package filetext

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/ledongthuc/pdf"
)

// A PDF has characters and their places on a page, and no lines. Characters at the same height are a line; a gap is a blank,
// and a wide gap a column.

const (
	sameLine = 0.4  // of a character's size: how far apart the heights of one line are
	blankGap = 0.18 // of a character's size
	wideGap  = 2.0
	guessed  = 0.5 // width of a character, of its size, where a font does not say it
)

// appendPage writes the text of a page, line by line from the top.
func appendPage(out []byte, glyphs []pdf.Text) []byte {
	slices.SortStableFunc(glyphs, func(a, b pdf.Text) int { return cmp.Compare(b.Y, a.Y) })
	for len(glyphs) > 0 {
		n := 1
		for n < len(glyphs) && glyphs[0].Y-glyphs[n].Y <= sameLine*size(glyphs[0]) {
			n++
		}
		out = appendLine(out, glyphs[:n])
		glyphs = glyphs[n:]
	}
	if len(out) > 0 && out[len(out)-1] == '\n' {
		out = append(out, '\n')
	}
	return out
}

func size(g pdf.Text) float64 { return math.Max(math.Abs(g.FontSize), 1) }

func appendLine(out []byte, line []pdf.Text) []byte {
	slices.SortStableFunc(line, func(a, b pdf.Text) int { return cmp.Compare(a.X, b.X) })
	begin := len(out)
	end := line[0].X // of the character before
	for i, g := range line {
		switch gap := (g.X - end) / size(g); {
		case i == 0:
		case gap > wideGap:
			out = append(out, "  "...)
		case gap > blankGap && out[len(out)-1] != ' ':
			out = append(out, ' ')
		}
		if i > 0 && g.W != 0 && g.S == line[i-1].S && math.Abs(g.X-line[i-1].X) < 0.1*size(g) { // written twice, to look bold
			continue
		}
		out = append(out, g.S...)
		if end = math.Max(end, g.X) + guessed*size(g); g.W != 0 { // without widths, all characters of a text are at its beginning
			end = g.X + math.Abs(g.W)
		}
	}
	text := strings.TrimSpace(string(out[begin:]))
	if out = out[:begin]; text == "" {
		return out
	}
	return append(append(out, text...), '\n')
}
