package pgstore

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// cleanJSON returns a JSON text as PostgreSQL's functions read it: they fail for the whole table if one row has the escape of U+0000, or of half a
// surrogate pair, and both can be in a customer's name.
func cleanJSON(text string) string {
	text = clean(text)
	if !strings.Contains(text, `\u`) {
		return text
	}
	var b strings.Builder
	for {
		at := strings.IndexByte(text, '\\')
		if at < 0 || at+1 == len(text) {
			return b.String() + text
		}
		b.WriteString(text[:at])
		text = text[at:]
		first, ok := escaped(text)
		if !ok { // another escape
			b.WriteString(text[:2])
			text = text[2:]
			continue
		}
		end := 6
		if second, ok := escaped(text[end:]); ok && utf16.DecodeRune(first, second) != '\uFFFD' {
			end = 12
		} else if first == 0 || utf16.IsSurrogate(first) {
			b.WriteRune('\uFFFD')
			text = text[end:]
			continue
		}
		b.WriteString(text[:end])
		text = text[end:]
	}
}

// escaped reads the escape of a code unit at the beginning of a text.
func escaped(text string) (unit rune, ok bool) {
	if len(text) < 6 || text[:2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(text[2:6], 16, 16)
	return rune(n), err == nil
}
