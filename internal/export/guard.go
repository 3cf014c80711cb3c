package export

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

const (
	byteOrderMark = "\ufeff"
	// formulaStarts begin a formula, also in their full-width and small forms, which spreadsheets in East Asian
	// locales convert.
	formulaStarts = "=+-@" + "＝＋－＠" + "﹦﹢﹣﹫"
)

// phone matches what stays unguarded in columns of phone numbers for Excel: it can compute no more than a number.
var phone = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\+?[0-9(][0-9 ().-]*$`) })

// Guard puts an apostrophe before a text that a spreadsheet would take for a formula. A text that begins with
// apostrophes before a formula gets one more, so that unguard can tell both apart.
func Guard(s string) string {
	if formula(strings.TrimLeft(s, "'")) {
		return "'" + s
	}
	return s
}

// unguard returns the text that Guard was given.
func unguard(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && formula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return s
}

// formula reports whether a spreadsheet may take a text for a formula. Spreadsheets drop blank and invisible characters
// before one; a leading tab or line break can move the rest of a text to another cell.
func formula(s string) bool {
	if s == "" {
		return false
	}
	if strings.IndexByte("\t\r\n\v\f", s[0]) >= 0 {
		return true
	}
	s = strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) })
	return strings.IndexAny(s, formulaStarts) == 0
}
