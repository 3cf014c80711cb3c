package approval

import (
	"fmt"
	"strings"
	"unicode"
)

// Visible shows characters that a terminal would obey or hide, such as those that clear a line or turn the direction of
// the text, as what they are.
func Visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		case r == '\t':
			b.WriteString("    ")
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "<U+%04X>", r)
		}
	}
	return b.String()
}
