package jsonscan

import "bytes"

// The functions here take any bytes, and follow strings and brackets only. That is several times as fast as checking all of
// a large text.

// Skip returns the index behind the value that begins at b[i]; ok is false where a string or a bracket is not closed. What
// is between them need not be valid.
func Skip(b []byte, i int) (end int, ok bool) {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if i, ok = skipString(b, i); !ok {
				return 0, false
			}
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return 0, false
			}
			depth--
			i++
		case ',', ':', ' ', '\n', '\r', '\t':
			i++
		default: // a number or a word
			for i < len(b) && b[i] != ',' && b[i] != ':' && b[i] != ']' && b[i] != '}' && !IsSpace(b[i]) {
				i++
			}
		}
		if depth == 0 {
			return i, true
		}
	}
	return 0, false
}

// skipString returns the index behind the string that opens at b[i].
func skipString(b []byte, i int) (int, bool) {
	for i++; ; i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return 0, false
		}
		i += n
		escapes := 0
		for b[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1, true
		}
	}
}
