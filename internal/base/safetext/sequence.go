package safetext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	nonJoiner  = 0x200C
	joiner     = 0x200D
	emojiStyle = 0xFE0F
	keycap     = 0x20E3
	blackFlag  = 0x1F3F4
)

// flags are the regions whose flag is written with tag characters, as those characters.
var flags = []string{tags("gbeng"), tags("gbsct"), tags("gbwls")}

// tags writes a region in tag characters, closed by the cancel tag.
func tags(region string) string {
	return strings.Map(func(r rune) rune { return 0xE0000 + r }, region+"\x7f")
}

// sequence returns how many bytes at i, where the unseen character r is, belong to a sequence that people see as one
// sign, and 0 where r is there for nothing that is seen.
func (s shower) sequence(i int, r rune) int {
	n := utf8.RuneLen(r)
	if n < 0 || i == 0 {
		return 0
	}
	before, _ := utf8.DecodeLastRuneInString(s.text[:i])
	after, _ := utf8.DecodeRuneInString(s.text[i+n:])
	switch {
	case r == emojiStyle:
		if picture(before) || after == keycap && (before == '#' || before == '*' || '0' <= before && before <= '9') {
			return n
		}
	case r == joiner && (picture(before) || before == emojiStyle) && picture(after):
		return n
	case r == joiner || r == nonJoiner:
		if virama[before] || joins(before, after) && s.sparse(i) {
			return n
		}
	case before == blackFlag:
		for _, f := range flags {
			if strings.HasPrefix(s.text[i:], f) {
				return len(f)
			}
		}
	}
	return 0
}

// picture reports, roughly, whether r is drawn as an emoji or can be.
func picture(r rune) bool {
	switch {
	case r == 0xA9 || r == 0xAE:
		return true
	case 0x203C <= r && r <= 0x3299:
		return (unicode.Is(unicode.So, r) || unicode.Is(unicode.Sm, r) || unicode.Is(unicode.Po, r) || r == 0x303D) && !Unseen(r)
	}
	return 0x1F000 <= r && r <= 0x1FAFF
}

// virama are the signs that join two consonants of an Indic script, behind which joiners choose the form.
var virama = map[rune]bool{
	0x94D: true, 0x9CD: true, 0xA4D: true, 0xACD: true, 0xB4D: true, 0xBCD: true, 0xC4D: true, 0xCCD: true, 0xD4D: true,
	0xDCA: true, 0x1039: true, 0x17D2: true, 0x1B44: true, 0xA9C0: true, 0x1714: true, 0x1BAA: true, 0x1BAB: true,
	0x11046: true, 0x1107F: true, 0x110B9: true, 0x11133: true, 0x1134D: true, 0x11442: true, 0x114C2: true,
}

// cursive are the scripts whose letters change form where a joiner is.
var cursive = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Mandaic, unicode.Nko, unicode.Mongolian, unicode.Devanagari, unicode.Bengali,
	unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam,
	unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Balinese, unicode.Javanese, unicode.Adlam,
	unicode.Hanifi_Rohingya, unicode.Manichaean, unicode.Chakma, unicode.Newa, unicode.Grantha,
}

// joins reports whether a joiner between these two characters can change their form.
func joins(before, after rune) bool {
	for _, script := range cursive {
		if unicode.Is(script, before) || script == unicode.Arabic && unicode.Is(unicode.Mn, before) && 0x64B <= before && before <= 0x670 {
			return unicode.Is(script, after) && (unicode.IsLetter(after) || unicode.IsMark(after))
		}
	}
	return false
}

// lettersPerJoiner is how many letters a word must have for each of its joiners. In running Persian, the language that
// uses them most, no word has more; a pattern of more could spell out a text of its own.
const lettersPerJoiner = 2

// sparse reports whether the word around i has few joiners for its letters.
func (s shower) sparse(i int) bool {
	letters, joiners := 0, 0
	count := func(r rune) bool {
		switch {
		case r == joiner || r == nonJoiner:
			joiners++
		case unicode.IsLetter(r):
			letters++
		case !unicode.IsMark(r):
			return false
		}
		return letters+joiners < maxWord
	}
	for at := i; at > 0; {
		r, n := utf8.DecodeLastRuneInString(s.text[:at])
		if at -= n; !count(r) {
			break
		}
	}
	for at := i; at < len(s.text); {
		r, n := utf8.DecodeRuneInString(s.text[at:])
		if at += n; !count(r) {
			break
		}
	}
	return letters >= lettersPerJoiner*joiners && letters < maxWord
}

// maxWord bounds the work for one joiner.
const maxWord = 64
