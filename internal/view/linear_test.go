package view

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// expensive are inputs that cost a reader time that does not grow linearly, unless it takes care;
// each is made to be about n bytes long.
var expensive = map[string]func(n int) string{
	"nested media": func(n int) string {
		return "<p>a</p><style>" + strings.Repeat("@media{", n/8) + strings.Repeat("}", n/8) + "</style>"
	},
	"open media": func(n int) string { return "<p>a</p><style>" + strings.Repeat("@media{", n/7) },
	"nested rules": func(n int) string {
		return "<p>a</p><style>" + strings.Repeat("p{", n/3) + strings.Repeat("}", n/3) + "</style>"
	},
	"class list": func(n int) string {
		return "<style>" + strings.Repeat(".x,", n/6) + ".x{color:red}</style>" + strings.Repeat("<b class=x>a</b>", n/32)
	},
	"rules and elements": func(n int) string {
		return "<style>" + strings.Repeat(".a .b{color:red}", n/32) + "</style><i class=a></i>" + strings.Repeat("<p class=b>x", n/24)
	},
	"many classes": func(n int) string {
		return "<style>" + strings.Repeat(".x{color:red}", n/40) + "</style>" + strings.Repeat("<b class='"+strings.Repeat("y ", 100)+"x'>a</b>", n/320)
	},
	"one long class": func(n int) string {
		return "<style>.x .y .z{color:red}</style><b class='" + strings.Repeat("x y z ", n/6) + "'>a</b>"
	},
	"deep descendants": func(n int) string {
		return "<style>" + strings.Repeat(".a ", 11) + ".b{color:red}</style><b class=b></b>" + strings.Repeat(strings.Repeat("<div class='a b'>", 400)+"x"+strings.Repeat("</div>", 400), n/8000)
	},
	"siblings": func(n int) string {
		return "<style>p~p+p~p{color:red}p+p+p>b{color:red}</style><b></b>" + strings.Repeat("<p>x", n/4)
	},
	"comments between": func(n int) string {
		return "<style>p+p{color:red}</style><p>x" + strings.Repeat("<!---->", n/14) + strings.Repeat("<p>x", n/8)
	},
	"structural": func(n int) string {
		return "<style>p:nth-child(2n):has(b):not(:has(i)){color:red}</style>" + strings.Repeat("<p>x", n/4)
	},
	"attributes": func(n int) string {
		return "<style>[x*=aaaaaaab]{color:red}</style><b x='" + strings.Repeat("a", n) + "'>a</b>"
	},
	"many attributes": func(n int) string {
		return "<style>[x]{color:red}</style>" + strings.Repeat("<b a b c d e f g h i j k l m n o p>a</b>", n/40)
	},
	"html comments": func(n int) string { return strings.Repeat("<!--", n/4) },
	"css comments":  func(n int) string { return "<p>a</p><style>" + strings.Repeat("/*", n/2) + "</style>" },
	"css brackets":  func(n int) string { return "<p>a</p><style>" + strings.Repeat("a(", n/2) + "</style>" },
	"css urls":      func(n int) string { return "<p>a</p><style>" + strings.Repeat("url( ", n/5) + "</style>" },
	"is":            func(n int) string { return "<p>a</p><style>" + strings.Repeat(":is(", n/4) + "{}</style>" },
	"declarations":  func(n int) string { return "<p style='" + strings.Repeat("color:red;", n/10) + "'>a</p>" },
	"deep":          func(n int) string { return strings.Repeat("<div>", n/5) + "x" },
	"clipped boxes": func(n int) string {
		return strings.Repeat(strings.Repeat("<div style='overflow:hidden;height:99px'>", 300)+"x"+strings.Repeat("</div>", 300), n/14000)
	},
	"formatting":  func(n int) string { return strings.Repeat("<b><i><a href=x>x", n/17) },
	"tables":      func(n int) string { return strings.Repeat("<table><tr><td>x", n/16) },
	"cells":       func(n int) string { return "<table>" + strings.Repeat("<td>x", n/5) },
	"lists":       func(n int) string { return strings.Repeat("<ul><li>x", n/9) },
	"options":     func(n int) string { return "<select>" + strings.Repeat("<option>x", n/9) },
	"details":     func(n int) string { return "<details>" + strings.Repeat("<p>x", n/4) },
	"blockquotes": func(n int) string { return strings.Repeat("<blockquote>x<br>", n/17) },
	"links":       func(n int) string { return strings.Repeat("<a href=x>y</a>", n/15) },
	"entities":    func(n int) string { return strings.Repeat("&amp;&#8203;", n/12) },
	"unfinished":  func(n int) string { return "<" + strings.Repeat("a b='", n/5) },
	"style tags":  func(n int) string { return strings.Repeat("<style>p{}</style>", n/18) },
	"text":        func(n int) string { return "<p>" + strings.Repeat("word ", n/5) },
	"one word":    func(n int) string { return "<p>" + strings.Repeat("w", n) },
}

// The steps of matching grow no faster than the length of what is read, whatever it is.
func TestWorkIsLinear(t *testing.T) {
	const n = 1 << 15
	for name, input := range expensive {
		t.Run(name, func(t *testing.T) {
			s := input(8 * n)
			w := newWork(t.Context())
			w.html(s)
			require.LessOrEqual(t, answerWork-w.left, messageWork+workPerByte*len(s)+2*checkEvery)
		})
	}
}

// One message takes nothing from the next, and all of an answer have one budget.
func TestWorkOfAnAnswer(t *testing.T) {
	w := newWork(t.Context())
	bad := expensive["rules and elements"](25 << 10)
	for range 60 {
		w.html(bad)
	}
	const good = "<style>.a{color:#333}</style><p class=a>fine</p>"
	require.Equal(t, "fine", w.html(good).text)
	for range 300 {
		w.html(bad)
	}
	require.Greater(t, w.left, -checkEvery)
	b := w.html(good)
	require.Equal(t, "fine", b.text+b.doubtful, "nothing is lost")
}

// A call that ended stops reading.
func TestWorkEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Render(ctx, page(60, "Html", expensive["rules and elements"](25<<10)), Options{Kind: Messages})
	require.ErrorIs(t, err, context.Canceled)
}

func BenchmarkExpensive(b *testing.B) {
	for name, input := range expensive {
		s := input(2 << 20)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				Text(s)
			}
		})
	}
}
