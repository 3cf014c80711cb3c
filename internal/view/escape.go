package view

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decode turns what is between the quotes of a JSON string into text. Lone surrogates become
// U+FFFD; bytes that are not UTF-8 are left to Clean.
func decode(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	var out strings.Builder
	out.Grow(len(raw))
	for i := 0; i < len(raw); {
		n := bytes.IndexByte(raw[i:], '\\')
		if n < 0 {
			n = len(raw) - i
		}
		out.Write(raw[i : i+n])
		if i += n; i == len(raw) {
			break
		}
		switch ch := raw[i+1]; ch {
		case 'u':
			r := hex4(raw[i+2:])
			i += 6
			if utf16.IsSurrogate(r) {
				low := rune(-1)
				if i+6 <= len(raw) && raw[i] == '\\' && raw[i+1] == 'u' {
					low = hex4(raw[i+2:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += 6
				}
			}
			out.WriteRune(r)
		default:
			out.WriteByte(unescape[ch])
			i += 2
		}
	}
	return out.String()
}

var unescape = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// appendText writes s, which is valid UTF-8, as a JSON string without its quotes. Nothing is
// escaped for HTML: \u003c is six characters of an agent's context for one of the customer's.
func appendText(dst []byte, s string) []byte {
	start := 0
	for i := special([]byte(s), 0); i < len(s); i = special([]byte(s), i) {
		ch := s[i]
		if i++; ch >= 0x7F {
			continue
		}
		dst = append(dst, s[start:i-1]...)
		start = i
		switch ch {
		case '"', '\\':
			dst = append(dst, '\\', ch)
		case '\n':
			dst = append(dst, `\n`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = fmt.Appendf(dst, `\u%04x`, ch)
		}
	}
	return append(dst, s[start:]...)
}

// appendString appends text as appendText does, with the quotes.
func appendString(dst []byte, s string) []byte {
	return append(appendText(append(dst, '"'), s), '"')
}
