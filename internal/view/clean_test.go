package view

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Hej, Søren! \"quoted\" \\ back\nslash\ttab", "Hej, Søren! \"quoted\" \\ back\nslash\ttab"},
		{"empty", "", ""},
		{"other scripts", "日本語 Привет مرحبا שלום नमस्ते ไทย 한국어", "日本語 Привет مرحبا שלום नमस्ते ไทย 한국어"},
		{"zero width", "re\u200Bfu\u200Cnd\u200D \u2060a\uFEFFb", "refund ab"},
		{"bidi controls", "a\u202Eb\u202Cc\u2066d\u2069e\u200Ef\u200Fg\u061Ch", "abcdefgh"},
		{"tag block", "hi\U000E0001\U000E0049\U000E0067\U000E006E\U000E007F", "hi"},
		{"variation selectors", "a\uFE0Fb\uFE00c\U000E0100d\U000E01EF", "abcd"},
		{"emoji keeps one U+FE0F", "❤\uFE0F\uFE0F ✔\uFE0F 1\uFE0F\u20E3", "❤\uFE0F ✔\uFE0F 1\uFE0F\u20E3"},
		{"joined emoji", "👨\u200D👩\u200D👧 ❤\uFE0F\u200D🔥 🧑🏽\u200D⚕\uFE0F 🏳\uFE0F\u200D🌈 👩\u200D❤\uFE0F\u200D💋\u200D👨", "👨\u200D👩\u200D👧 ❤\uFE0F\u200D🔥 🧑🏽\u200D⚕\uFE0F 🏳\uFE0F\u200D🌈 👩\u200D❤\uFE0F\u200D💋\u200D👨"},
		{"text style", "☎\uFE0E ↩\uFE0E", "☎\uFE0E ↩\uFE0E"},
		{"joiner behind an emoji alone", "👨\u200D 👩\u200D\u200D👧 👨\u200Dx 👨\u200B\u200D👩", "👨 👩\u200D👧 👨x 👨\u200D👩"},
		{"Persian", "می\u200Cخواهم علی\u200Cرضا ه\u200D", "می\u200Cخواهم علی\u200Cرضا ه\u200D"},
		{"Arabic with vowels", "بِ\u200Dمُ\u200Cب", "بِ\u200Dمُ\u200Cب"},
		{"Indic", "क्\u200Dष क्\u200Cष র\u200D্য ശ്\u200D ශ්\u200Dරී ක්\u200Dෂ ક્\u200Dષ க்\u200Cஷ", "क्\u200Dष क्\u200Cष র\u200D্য ശ്\u200D ශ්\u200Dරී ක්\u200Dෂ ક્\u200Dષ க்\u200Cஷ"},
		{"joiners in a row", "می\u200C\u200C\u200D\u200Cخ", "می\u200Cخ"},
		{"joiners in Latin, Cyrillic, Hebrew and Han", "a\u200Cb д\u200Dд ש\u200Cש 日\u200D本 1\u200D2", "ab дд שש 日本 12"},
		{"Mongolian", "ᠮᠣᠩᠭᠣᠯ\u180B ᠠ\u180E", "ᠮᠣᠩᠭᠣᠯ\u180B ᠠ\u180E"},
		{"variant of an ideograph", "葛\U000E0100城 葛\U000E0100\U000E0101 葛\U000E0155", "葛\U000E0100城 葛\U000E0100 葛"},
		{"flags", "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F 🏴\U000E0075\U000E0073\U000E0074\U000E0078\U000E007F 🇩🇰 🏴\u200D☠\uFE0F", "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F 🏴\U000E0075\U000E0073\U000E0074\U000E0078\U000E007F 🇩🇰 🏴\u200D☠\uFE0F"},
		{"words behind a flag", "🏴\U000E0069\U000E0067\U000E006E\U000E006F\U000E0072\U000E0065\U000E007F 🏴\U000E0067\U000E0062\U000E0065 🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067", "🏴 🏴 🏴"},
		{"words in variation selectors", "Hello\U000E0143\U000E0144 👍\U000E0143 👍\uFE0F\uFE01\uFE0E", "Hello 👍 👍\uFE0F"},
		{"soft hyphen", "con\u00ADfi\u00ADdential", "confidential"},
		{"C0 and C1", "a\x00b\x07c\x1b[31md\x7fe\u0085f\u009Bg", "abc[31mdefg"},
		{"line ends", "a\r\nb\rc\u2028d\u2029e", "a\nb\nc\nd\ne"},
		{"private use", "a\uE000b\uF8FFc\U000F0000d\U0010FFFDe", "abcde"},
		{"fillers", "a\u3164b\u115Fc\uFFA0d\u034Fe\u180Ef", "abcdef"},
		{"invalid UTF-8", "a\xffb\xc3", "a\uFFFDb\uFFFD"},
		{"replacement stays", "a\uFFFDb", "a\uFFFDb"},
		{"no-break space stays", "1\u00A0000", "1\u00A0000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, Clean(c.in))
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\r\u200b\n❤\uFE0F\u200b\uFE0F")
	f.Fuzz(func(t *testing.T, s string) {
		once := Clean(s)
		require.Equal(t, once, Clean(once), "a second time changes nothing")
		require.True(t, utf8.ValidString(once))
		run := 0
		for _, r := range once {
			if run++; !hidden(r) {
				run = 0
			}
			require.LessOrEqual(t, run, 6, "at most the tags of a flag in a row")
			require.False(t, hidden(r) && !shapes(r), "%U is left", r)
		}
	})
}

// shapes reports whether r may stay behind a character whose form it changes.
func shapes(r rune) bool {
	return r == nonJoiner || r == joiner || r == textStyle || r == emojiStyle || r == mongolianVowl ||
		0x180B <= r && r <= 0x180F || 0xE0061 <= r && r <= 0xE007A || r == cancelTag || 0xE0100 <= r && r <= 0xE010F
}
