package view

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A style sheet that browsers may read in another way can hide anything: then no text stands among the words of the
// message. The same sheet without the cause hides nothing.
func TestSheetsThatMayBeMisread(t *testing.T) {
	for _, c := range []struct{ name, sheet, harmless string }{
		{"bracket that is never closed", `.a{color:#333;width:calc(1px`, `.a{color:#333;width:calc(1px)`},
		{"square bracket that is never closed", `.a{color:#333}[title`, `.a{color:#333}[title]{}`},
		{"name of a function with an escape", `.x{background:\75rl(a(b)}.a{display:none}.z{color:#333})`, `.x{background:url(a)}.z{color:#333}`},
		{"selector without end", strings.Repeat("a,", maxRun) + `.a{color:#333}`, `a,.a{color:#333}`},
		{"blocks in blocks without end", strings.Repeat("@media screen{", maxNesting+2) + `.a{color:#333}`, `@media screen{.a{color:#333}}`},
	} {
		b := newWork(t.Context()).html(`<style>` + c.sheet + `</style><p class="a">Hello</p>`)
		require.Empty(t, b.text, c.name)
		require.Equal(t, "Hello", b.doubtful, c.name)
		require.False(t, b.hidden, c.name)
		b = newWork(t.Context()).html(`<style>` + c.harmless + `</style><p class="a">Hello</p>`)
		require.Equal(t, body{text: "Hello"}, b, c.name)
	}
}

// A style attribute that may be misread makes its element doubtful, and no other.
func TestStyleAttributesThatMayBeMisread(t *testing.T) {
	for _, style := range []string{`color:#333;}`, `color:#333{`, `background:u\72l(x);color:#333`, strings.Repeat("a ", maxRun) + ";color:#333"} {
		b := newWork(t.Context()).html(`<p style='` + style + `'>Hello</p><p>Thanks</p>`)
		require.Equal(t, "Thanks", b.text, style[:min(len(style), 40)])
		require.Equal(t, "Hello", b.doubtful, style[:min(len(style), 40)])
	}
}
