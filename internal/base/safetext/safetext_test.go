package safetext

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/seeds"
)

func TestShow(t *testing.T) {
	hidden := "Hello"
	for _, c := range []byte("refund all of it") {
		hidden += string(rune(0xE0100) + rune(c))
	}
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Hello, world", "Hello, world"},
		{"accents and scripts", "Grüße, こんにちは, שלום, مرحبا, 你好, ½ €", "Grüße, こんにちは, שלום, مرحبا, 你好, ½ €"},
		{"tab", "a\tb", "a    b"},
		{"line break", "a\nb\r", "a<U+000A>b<U+000D>"},
		{"terminal", "\x1b[2K\u009b1A\x07\x7f", "<U+001B>[2K<U+009B>1A<U+0007><U+007F>"},
		{"separators", "a\u2028b\u2029c\u0085d", "a<U+2028>b<U+2029>c<U+0085>d"},
		{"direction", "a\u202Eb\u2066c\u200Fd\u061Ce", "a<U+202E>b<U+2066>c<U+200F>d<U+061C>e"},
		{"Hangul filler", "a\u3164b\uFFA0c\u115Fd\u1160e", "a<U+3164>b<U+FFA0>c<U+115F>d<U+1160>e"},
		{"Braille blank", "a\u2800b", "a<U+2800>b"},
		{"zero width", "pay\u200Bpal\u2060\uFEFF\u00AD", "pay<U+200B>pal<U+2060><U+FEFF><U+00AD>"},
		{"joiners in Latin", "a\u200Cb\u200Dc", "a<U+200C>b<U+200D>c"},
		{"tags", "Hi\U000E0041\U000E0042", "Hi<U+E0041><U+E0042>"},
		{"tags behind a flag", "\U0001F3F4\U000E0073\U000E006F\U000E007F", "\U0001F3F4<U+E0073><U+E006F><U+E007F>"},
		{"variation selectors", "a\uFE00b\uFE0Fc\u180Bd", "a<U+FE00>b<U+FE0F>c<U+180B>d"},
		{"private use", "a\uE000b\U000F0000", "a<U+E000>b<U+F0000>"},
		{"not assigned", "a\uFDD0b\u0378", "a<U+FDD0>b<U+0378>"},
		{"no UTF-8", "a\xffb\xed\xa0\x80", "a<0xFF>b<0xED><0xA0><0x80>"},
		{"blanks that are alone", "10\u00A0000\u202F€, 東\u3000京", "10 000 €, 東 京"},
		{"blanks in a row", "a\u00A0\u3000b \u00A0c\u2003d\u00A0", "a<U+00A0><U+3000>b <U+00A0>c<U+2003>d<U+00A0>"},
		{"emoji", "❤️ 👩\u200d👩\u200d👧\u200d👦 👍🏽 👩🏽\u200d🚒 🏳️\u200d🌈 1️⃣ ©️", "❤️ 👩\u200d👩\u200d👧\u200d👦 👍🏽 👩🏽\u200d🚒 🏳️\u200d🌈 1️⃣ ©️"},
		{"emoji style twice", "❤️\uFE0F", "❤️<U+FE0F>"},
		{"joiner behind an emoji", "❤\u200D and", "❤<U+200D> and"},
		{"digit with a selector", "1\uFE0F2", "1<U+FE0F>2"},
		{"flags", "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F 🇩🇰", "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F 🇩🇰"},
		{"Persian", "می\u200cخواهم کتاب\u200cها را", "می\u200cخواهم کتاب\u200cها را"},
		{"Hindi", "क्\u200dष र्\u200dय", "क्\u200dष र्\u200dय"},
		{"Malayalam chillu", "അവന്\u200d വന്നു", "അവന്\u200d വന്നു"},
		{"joiners at each letter", "م\u200Cی\u200Dخ\u200C\u200Dو", "م<U+200C>ی<U+200D>خ<U+200C><U+200D>و"},
		{"number sign", "\u0600123", "\u0600123"},
	} {
		require.Equal(t, c.want, Show(c.in), c.name)
	}
	require.Equal(t, 16, strings.Count(Show(hidden), "<U+E01"), "44 variation selectors behind Hello")
	require.Equal(t, "a\n<U+200B>b", Lines("a\n\u200Bb"))
}

// TestShowHoldsNothingBack goes over every code point: behind a letter, what Show leaves as it is is a character that
// is drawn. The properties are those of the standard library.
func TestShowHoldsNothingBack(t *testing.T) {
	ignorable := []*unicode.RangeTable{unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Cc, unicode.Co, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r == '\t' || 0xD800 <= r && r <= 0xDFFF {
			continue
		}
		must := unicode.In(r, ignorable...) || unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) || blank[r]
		if must {
			require.NotContains(t, Show("a"+string(r)+"b"), string(r), "U+%04X", r)
		}
	}
}

func TestBrief(t *testing.T) {
	require.Equal(t, "a b <U+001B>[31m", Brief(" a\r\n\tb \x1b[31m ", 100))
	require.Equal(t, "äää…", Brief("ääääää", 3))
	long := Brief(strings.Repeat("\x00", 1<<20), 100)
	require.LessOrEqual(t, utf8.RuneCountInString(long), 101)
}

// TestShowIsItsOwnFixedPoint holds for any text: what is shown is safe to show again, and valid.
func TestShowIsItsOwnFixedPoint(t *testing.T) {
	alphabet := []rune("ab \t\n\x1b\u00a0\u3000\u200c\u200d\ufe0f\u20e31#❤👩می्क\U000E0067\U0001F3F4\u3164\u202e")
	seeds.Run(t, func(t *testing.T, random *rand.Rand) {
		var b strings.Builder
		for range random.IntN(40) {
			b.WriteRune(alphabet[random.IntN(len(alphabet))])
		}
		once := Show(b.String())
		require.True(t, utf8.ValidString(once))
		require.NotContains(t, once, "\x1b")
		require.NotContains(t, once, "\u202e")
		require.Equal(t, Show(once), Show(Show(once)), "%q", b.String())
	})
}

func TestManyJoinersAreLinear(t *testing.T) {
	s := strings.Repeat("م\u200C", 200_000)
	require.Equal(t, 200_000, strings.Count(Show(s), "<U+200C>"))
}
