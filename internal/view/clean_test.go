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
		{"emoji family falls apart", "👨\u200D👩\u200D👧", "👨👩👧"},
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
		for _, r := range once {
			require.False(t, hidden(r) && r != 0xFE0F, "%U is left", r)
		}
	})
}
