package view

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	nonJoiner     = 0x200C
	joiner        = 0x200D
	textStyle     = 0xFE0E
	emojiStyle    = 0xFE0F
	blackFlag     = 0x1F3F4
	cancelTag     = 0xE007F
	mongolianVowl = 0x180E
)

// shaping returns how many bytes at the start of s, which begins with the invisible character r,
// are kept because they change how the text around them is drawn, so that nothing is hidden in
// them. prev is the character before them. One such character is kept behind each visible one.
func shaping(prev, r rune, s string) int {
	n := utf8.RuneLen(r)
	switch {
	case r == nonJoiner || r == joiner:
		if joins(prev) || r == joiner && inEmoji(prev) && pictograph(first(s[n:])) {
			return n
		}
	case r == textStyle || r == emojiStyle:
		if emojiBase(prev) {
			return n
		}
	case 0x180B <= r && r <= 0x180D || r == 0x180F || r == mongolianVowl:
		if unicode.Is(unicode.Mongolian, prev) && unicode.IsLetter(prev) {
			return n
		}
	case 0xE0100 <= r && r <= 0xE010F: // variants of ideographs, mostly in Japanese names
		if unicode.Is(unicode.Han, prev) {
			return n
		}
	case r > 0xE0020 && r < cancelTag && prev == blackFlag:
		return flagTags(s)
	}
	return 0
}

func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// joining are the scripts whose letters change form where a joiner or non-joiner is.
var joining = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Mandaic, unicode.Nko, unicode.Mongolian, unicode.Phags_Pa, unicode.Manichaean,
	unicode.Adlam, unicode.Hanifi_Rohingya, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati,
	unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer,
	unicode.Myanmar, unicode.Tibetan, unicode.Balinese, unicode.Javanese, unicode.Sundanese, unicode.Newa, unicode.Grantha,
	unicode.Tai_Tham, unicode.Limbu, unicode.Lepcha, unicode.Meetei_Mayek, unicode.Chakma, unicode.Kaithi, unicode.Sharada,
	unicode.Tirhuta, unicode.Modi, unicode.Brahmi, unicode.Saurashtra, unicode.Rejang, unicode.Batak, unicode.Buginese,
	unicode.Cham, unicode.Syloti_Nagri,
}

// joins reports whether r is a letter or a sign of a joining script. The signs that several Indic
// or Arabic scripts share (the tashkil, the danda) belong to none of them and are not wanted here.
func joins(r rune) bool {
	if r < 0x600 || !unicode.IsLetter(r) && !unicode.IsMark(r) {
		return false
	}
	return unicode.In(r, joining...) || 0x64B <= r && r <= 0x655 || r == 0x670
}

// inEmoji reports whether r can stand before the joiner of an emoji sequence: a picture, its skin
// tone, or the selector of its style, which is kept behind a picture only.
func inEmoji(r rune) bool { return pictograph(r) || r == emojiStyle }

// pictograph reports whether emojiBase does, other than for the digits and signs of keycaps.
func pictograph(r rune) bool { return r > 0xFF && emojiBase(r) }

// flagTags returns the length of the tag characters that make a black flag at the start of s that
// of England, Scotland, Wales or a state of the USA. Other words in tag characters draw nothing.
func flagTags(s string) int {
	var name strings.Builder
	for i, r := range s {
		switch {
		case r == cancelTag:
			switch code := name.String(); {
			case code == "gbeng", code == "gbsct", code == "gbwls", len(code) == 4 && strings.HasPrefix(code, "us"):
				return i + utf8.RuneLen(r)
			}
			return 0
		case r < 0xE0061 || r > 0xE007A || name.Len() > 5:
			return 0
		}
		name.WriteByte(byte(r - 0xE0000))
	}
	return 0
}
