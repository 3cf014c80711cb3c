package view

import (
	"strings"
	"unicode/utf8"
)

// Clean removes from s what a person does not see and a model reads: zero-width and bidirectional
// controls, the tag block, variation selectors, soft hyphens, fillers, private use, and control
// characters but newline and tab. Where such a character shapes what a person sees, it stays: see
// shaping. A carriage return and the Unicode line separators become a newline. Bytes that are not
// UTF-8 become U+FFFD. It is its own fixed point.
func Clean(s string) string {
	for i := special([]byte(s), 0); i < len(s); i = special([]byte(s), i) {
		if plain[s[i]]&readable != 0 {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r < 0x300 && r > 0xA0 && r != 0xAD {
			i += n
			continue
		}
		if hidden(r) {
			if n = shaping(lastRune(s[:i]), r, s[i:]); n == 0 {
				return rewrite(s, i)
			}
		} else if lineEnd(r) || n == 1 {
			return rewrite(s, i)
		}
		i += n
	}
	return s
}

// rewrite returns a clean copy of s; from is the first byte that needs a change.
func rewrite(s string, from int) string {
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:from])
	prev := lastRune(s[:from]) // the last rune that is kept
	for i, n := from, 0; i < len(s); i += n {
		var r rune
		r, n = utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\r' && strings.HasPrefix(s[i+1:], "\n"):
			continue
		case lineEnd(r):
			r = '\n'
		case hidden(r):
			kept := shaping(prev, r, s[i:])
			if kept == 0 {
				continue
			}
			b.WriteString(s[i : i+kept])
			n, prev = kept, lastRune(s[i:i+kept])
			continue
		}
		b.WriteRune(r)
		prev = r
	}
	return b.String()
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

func lineEnd(r rune) bool { return r == '\r' || r == 0x2028 || r == 0x2029 }

// emojiBase tells, roughly, which runes U+FE0F turns into a picture.
func emojiBase(r rune) bool {
	switch {
	case r == '#' || r == '*' || '0' <= r && r <= '9' || r == 0xA9 || r == 0xAE:
		return true
	case 0x203C <= r && r <= 0x3299:
		return r < 0x2C00 || r > 0x2FFF
	}
	return 0x1F000 <= r && r <= 0x1FAFF
}

// hidden lists Unicode's default-ignorable code points, control characters and private use: the
// code points that draw nothing, or nothing that two readers agree on.
func hidden(r rune) bool {
	switch {
	case r < 0x20:
		return r != '\n' && r != '\t'
	case r < 0x7F:
		return false
	case r < 0x300:
		return r <= 0x9F || r == 0xAD
	case r < 0x2000:
		return r == 0x34F || r == 0x61C || r == 0x115F || r == 0x1160 || r == 0x17B4 || r == 0x17B5 || 0x180B <= r && r <= 0x180F
	case r < 0x2070:
		return 0x200B <= r && r <= 0x200F || 0x202A <= r && r <= 0x202E || r >= 0x2060
	case r < 0xE000:
		return r == 0x3164 || 0xD800 <= r
	case r < 0x10000:
		return r <= 0xF8FF || 0xFE00 <= r && r <= 0xFE0F || r == 0xFEFF || r == 0xFFA0 || 0xFFF0 <= r && r <= 0xFFFB || r >= 0xFFFE
	}
	return 0x1BCA0 <= r && r <= 0x1BCA3 || 0x1D173 <= r && r <= 0x1D17A || r >= 0xE0000
}
