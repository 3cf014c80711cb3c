package pgstore

import (
	"fmt"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"dixa-mcp/internal/archive"
)

// PostgreSQL's own parsers cut texts otherwise than SQLite does: addresses, numbers and words with hyphens are tokens of their own.
// So texts are cut here, as the tokenizer unicode61 of SQLite does with remove_diacritics=2, and PostgreSQL is given words alone.

// maxWord is the maximum number of bytes of a word that are compared: PostgreSQL takes no more than 2046.
const maxWord = 1000

// maxWords is the maximum number of bytes of the words of one text in the index, of which PostgreSQL takes 1 MiB with their positions.
const maxWords = 300 << 10

// accents are those that SQLite omits.
var accents = &unicode.RangeTable{R16: []unicode.Range16{
	{0x300, 0x304, 1}, {0x306, 0x30c, 1}, {0x30f, 0x311, 2}, {0x31b, 0x31b, 1}, {0x323, 0x328, 1}, {0x32d, 0x32e, 1}, {0x330, 0x331, 1},
}}

// fold returns a character as it is compared: in lower case, and a Latin letter without accents. It is 0 for an accent by itself,
// which is part of the word and is not compared, and -1 for a character that is part of no word.
func fold(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		return r
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	case r < utf8.RuneSelf:
		return -1
	case unicode.Is(accents, r):
		return 0
	case !unicode.In(r, unicode.L, unicode.N, unicode.Co):
		return -1
	case r == 'ı': // its upper case is I
		return r
	}
	if lower := unicode.ToLower(unicode.ToUpper(r)); unicode.ToLower(lower) == lower {
		r = lower
	}
	if parts := norm.NFD.AppendString(nil, string(r)); parts[0] < utf8.RuneSelf {
		return rune(parts[0] | 0x20)
	}
	return r
}

// word is a word of a text, folded, and where it is in the text.
type word struct {
	text     string
	from, to int
}

// wordsOf cuts a text.
func wordsOf(text string) (all []word) {
	var b strings.Builder
	from := -1
	end := func(to int) {
		if from >= 0 && b.Len() > 0 {
			all = append(all, word{b.String(), from, to})
		}
		from = -1
		b.Reset()
	}
	for i, r := range text {
		switch f := fold(r); {
		case f < 0:
			end(i)
		default:
			if from < 0 {
				from = i
			}
			if f > 0 && b.Len()+utf8.RuneLen(f) <= maxWord {
				b.WriteRune(f)
			}
		}
	}
	end(len(text))
	return all
}

// maxPosition is the last position that PostgreSQL tells from later ones.
const maxPosition = 16383

// vector returns the words of a text, with their positions, as PostgreSQL reads them. A word has letters and digits alone, so none of it is
// syntax.
func vector(text string) string {
	var b strings.Builder
	size := 0
	for i, w := range wordsOf(text) {
		if size += len(w.text) + 1; size > maxWords {
			break
		}
		fmt.Fprintf(&b, "'%s':%d ", w.text, min(i+1, maxPosition))
	}
	return b.String()
}

// tsquery returns a query in the language of PostgreSQL, "" if it has no word.
func tsquery(words []archive.Word) string {
	var all []string
	for _, w := range words {
		var phrase []string
		for _, one := range wordsOf(w.Text) {
			phrase = append(phrase, "'"+one.text+"'")
		}
		if len(phrase) == 0 {
			continue
		}
		if w.Prefix {
			phrase[len(phrase)-1] += ":*"
		}
		all = append(all, "("+strings.Join(phrase, " <-> ")+")")
	}
	return strings.Join(all, " & ")
}

// passageWords is the maximum number of words in a passage, and passageBefore how many of them come before the first one that was searched for.
const passageWords, passageBefore = 24, 4

// passage returns the part of a text that has the most of the words that were searched for.
func passage(text string, words []archive.Word) string {
	all := wordsOf(text)
	if len(all) <= passageWords {
		return text
	}
	// at[i] has a bit for each word of the query that begins at the word i of the text.
	at := make([]uint32, len(all))
	for n, w := range words {
		phrase := wordsOf(w.Text)
		for i := 0; len(phrase) > 0 && i+len(phrase) <= len(all); i++ {
			if matches(all[i:], phrase, w.Prefix) {
				at[i] |= 1 << (n % 32)
			}
		}
	}
	best, most := 0, -1
	for i := range all {
		if at[i] == 0 {
			continue
		}
		found := uint32(0)
		for _, bit := range at[i:min(i+passageWords-passageBefore, len(at))] {
			found |= bit
		}
		if n := bits.OnesCount32(found); n > most {
			best, most = i, n
		}
	}
	first := max(0, min(best-passageBefore, len(all)-passageWords))
	last := first + passageWords - 1
	from, to, before, after := all[first].from, all[last].to, "…", "…"
	if first == 0 {
		from, before = 0, ""
	}
	if last == len(all)-1 {
		to, after = len(text), ""
	}
	return before + text[from:to] + after
}

// matches reports whether a text begins with the words of a phrase.
func matches(text, phrase []word, prefix bool) bool {
	for i, w := range phrase {
		if i == len(phrase)-1 && prefix {
			return strings.HasPrefix(text[i].text, w.text)
		}
		if text[i].text != w.text {
			return false
		}
	}
	return true
}
