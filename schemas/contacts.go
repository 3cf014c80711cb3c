package schemas

import (
	"strings"
	"unicode"

	"dixa-mcp/internal/base/safetext"
)

// plainContact takes off an e-mail address or a telephone number what people and models copy with it: invisible
// characters, blanks around it, and tel: or mailto: before it.
func plainContact(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if safetext.Unseen(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s))
	for _, scheme := range []string{"tel:", "mailto:"} {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return strings.TrimSpace(s[len(scheme):])
		}
	}
	return s
}

// plainNumber also takes the separators out of a telephone number that begins with + or 00. Any other text stays.
func plainNumber(s string) string {
	s = plainContact(s)
	if strings.HasPrefix(s, "(+") { // (+45) 12 34 56 78
		s = s[1:]
	}
	if s == "" || s[0] != '+' && !strings.HasPrefix(s, "00") {
		return s
	}
	digits := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("-.()/‐‑‒–", r) {
			return -1
		}
		return r
	}, strings.Replace(s, "(0)", "", 1)) // +44 (0)20 … is how a trunk prefix is written
	if rest, international := strings.CutPrefix(digits, "00"); international {
		digits = "+" + rest
	}
	if !isE164(digits) {
		return s
	}
	return digits
}

// PhoneNumber returns the telephone number that a text is, as +4512345678; not ok where it has no country code or is none.
func PhoneNumber(s string) (number string, ok bool) {
	number = plainNumber(s)
	return number, isE164(number)
}

// EmailAddress returns the e-mail address that a text is, without what people copy with it; not ok where it is none.
func EmailAddress(s string) (address string, ok bool) {
	address = plainContact(s)
	before, after, ok := strings.Cut(address, "@")
	return address, ok && before != "" && strings.Contains(strings.Trim(after, "."), ".") && !strings.ContainsFunc(address, unicode.IsSpace)
}

// isE164 reports whether s is a telephone number with its country code: + and at most 15 digits.
func isE164(s string) bool {
	if len(s) < 5 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	return strings.Trim(s[1:], "0123456789") == ""
}

// contact normalizes a string that is an e-mail address or a telephone number. It is not ok for a number to search for
// that has no country code, since Dixa would find no one and not say why.
func (n *node) contact(s string) (_ string, ok bool) {
	switch n.role {
	case roleEmail:
		return plainContact(s), true
	case roleNumber:
		return plainNumber(s), true
	case rolePhone:
		s = plainNumber(s)
		return s, s == "" || isE164(s)
	}
	return s, true
}
