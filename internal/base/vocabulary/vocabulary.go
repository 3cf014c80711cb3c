// Package vocabulary holds the words by which people know what Dixa's API spells in its own ways: channels, states,
// directions, events and kinds. Answers show the words, and arguments take them and every spelling of Dixa's.
package vocabulary

import (
	"slices"
	"strings"
)

// Set holds the words for one kind of thing.
type Set struct {
	Of    string // what they are for, such as channel
	terms []term
	by    map[string]int      // the place in terms of every spelling, folded
	open  map[string][]string // the words that an ambiguous text can mean
	apart bool                // there are no terms: the word for a spelling is the spelling, split
	topic string              // what is taken off the spellings that begin with it
}

// term is one word, and its other spellings. Case, spaces, "_", "-" and "." make no difference in a spelling.
type term struct {
	word      string
	spellings string // separated by blanks
}

// newSet makes a set. It panics where a spelling has two words: that is a mistake in the table.
func newSet(of string, ambiguous map[string][]string, terms ...term) *Set {
	s := &Set{Of: of, terms: terms, by: map[string]int{}, open: ambiguous}
	for i, t := range terms {
		for _, spelling := range append(strings.Fields(t.spellings), t.word) {
			key := Fold(spelling)
			if other, taken := s.by[key]; taken && other != i {
				panic("vocabulary: " + spelling + " is in two terms")
			}
			s.by[key] = i
		}
	}
	return s
}

// newKinds makes a set whose words are made of the spellings, which may begin with a topic that says nothing.
func newKinds(of, topic string) *Set { return &Set{Of: of, apart: true, topic: topic} }

// Words lists the words of the set.
func (s *Set) Words() []string {
	words := make([]string, len(s.terms))
	for i, t := range s.terms {
		words[i] = t.word
	}
	return words
}

// Word returns the word for a spelling of Dixa's, or the spelling itself where the set has none for it.
func (s *Set) Word(spelling string) string {
	if i, ok := s.by[Fold(spelling)]; ok {
		return s.terms[i].word
	}
	if !s.apart {
		return spelling
	}
	if rest, is := strings.CutPrefix(spelling, s.topic); is && rest != "" && isUpper(rest[0]) {
		spelling = rest
	}
	return Apart(spelling)
}

// Knows reports whether the set has a word for a spelling.
func (s *Set) Knows(spelling string) bool {
	_, ok := s.by[Fold(spelling)]
	return ok || s.apart
}

// Enum is a place in Dixa's API that takes some of the things of a set, each in one spelling.
type Enum struct {
	Set    *Set // nil where the values are words already
	Values []string
	More   bool // Dixa may take other values too
}

// Words lists the words for the values. Where the words are made of the spellings these are the values themselves: callers are
// told how Dixa spells them.
func (e Enum) Words() []string {
	if e.Set == nil || e.Set.apart {
		return e.Values
	}
	words := make([]string, len(e.Values))
	for i, v := range e.Values {
		words[i] = e.Set.Word(v)
	}
	return words
}

// Find returns the value that a text means: one that is spelled so, case, spaces and punctuation aside, else the one that has
// the same word.
func (e Enum) Find(text string) (value string, ok bool) {
	if slices.Contains(e.Values, text) {
		return text, true
	}
	key := Fold(text)
	if i := slices.IndexFunc(e.Values, func(v string) bool { return Fold(v) == key }); i >= 0 {
		return e.Values[i], true
	}
	if e.Set == nil || !e.Set.Knows(text) {
		return "", false
	}
	word := Fold(e.Set.Word(text))
	if i := slices.IndexFunc(e.Values, func(v string) bool { return Fold(e.Set.Word(v)) == word }); i >= 0 {
		return e.Values[i], true
	}
	return "", false
}

// Ambiguous lists the words of the values that a text can mean, where it can mean several.
func (e Enum) Ambiguous(text string) []string {
	if e.Set == nil {
		return nil
	}
	words := e.Words()
	var meant []string
	for _, word := range e.Set.open[Fold(text)] {
		if slices.Contains(words, word) {
			meant = append(meant, word)
		}
	}
	return meant
}

// Fold returns a text without what makes no difference between spellings: case, spaces, "_", "-" and ".".
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("_-. ", r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
}
