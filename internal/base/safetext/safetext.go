// Package safetext makes text from elsewhere safe to show to people. It is the one place that knows which characters
// print nothing, print as blank, or are obeyed by a terminal.
package safetext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Show returns s with every character that is invisible, or that a terminal would obey, as <U+…>: control characters,
// line breaks included, code points that are ignored in print, blanks that are no plain space, private use and bytes
// that are not UTF-8. Emoji sequences, the flags of England, Scotland and Wales, and joiners between letters of scripts
// that need them stay as they are; too many of them in one word are shown, since they could spell another text. A tab
// becomes four spaces.
func Show(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	shown := shower{text: s}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\t':
			b.WriteString("    ")
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, "<0x%02X>", s[i])
		case !Unseen(r):
			b.WriteString(s[i : i+n])
		case spaces[r] && shown.lone(i, n):
			b.WriteByte(' ')
		default:
			if kept := shown.sequence(i, r); kept > 0 {
				n = kept
				b.WriteString(s[i : i+n])
				break
			}
			fmt.Fprintf(&b, "<U+%04X>", r)
		}
		i += n
	}
	return b.String()
}

// Lines applies [Show] to a text of several lines, and keeps its line breaks.
func Lines(s string) string {
	if plain(s) {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = Show(line)
	}
	return strings.Join(lines, "\n")
}

// Brief makes one line of s, for an error message or a record: [Show], with white space in a row as one space, cut
// after most characters.
func Brief(s string, most int) string {
	if len(s) > 16*most { // what is cut anyway need not be read
		s = strings.ToValidUTF8(s[:16*most], "")
	}
	s = Show(strings.Join(strings.Fields(s), " "))
	for i := range s {
		if most--; most < 0 {
			return s[:i] + "…"
		}
	}
	return s
}

// plain reports whether s is ASCII that every terminal prints.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\n' || s[i] >= 0x7F {
			return false
		}
	}
	return !strings.Contains(s, "\n")
}

// Unseen reports whether r is invisible by itself: it prints nothing, prints as blank but is no plain space, is obeyed
// instead of printed, or is assigned to nothing.
func Unseen(r rune) bool {
	switch {
	case r < 0x7F:
		return r < ' '
	case unicode.In(r, unicode.Prepended_Concatenation_Mark): // signs above numbers, which are drawn
		return false
	}
	return !unicode.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || blank[r]
}

// blank are the code points that unicode.IsPrint takes for visible, that are not default ignorable, and that print as
// nothing or as blank all the same. Reviewed against Unicode 15.
var blank = map[rune]bool{
	0x2800:  true, // Braille pattern blank
	0xFFFC:  true, // object replacement character
	0x16FE4: true, // Khitan small script filler
	0x1D159: true, // musical symbol null notehead
	0x1D16D: true, // musical symbol combining augmentation dot, drawn with a note only
}

// spaces are blanks that people type between words. They are shown as a space where one of them is alone.
var spaces = map[rune]bool{0xA0: true, 0x202F: true, 0x2009: true, 0x3000: true}

// shower looks around a character of a text.
type shower struct{ text string }

// lone reports whether the blank of n bytes at i has something visible on both sides.
func (s shower) lone(i, n int) bool {
	before, _ := utf8.DecodeLastRuneInString(s.text[:i])
	after, size := utf8.DecodeRuneInString(s.text[i+n:])
	return i > 0 && size > 0 && before != ' ' && after != ' ' && !Unseen(before) && !Unseen(after)
}
