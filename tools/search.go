package tools

import (
	"cmp"
	_ "embed"
	"slices"
	"strings"
	"sync"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/bm25"
	"dixa-mcp/schemas"
)

// Search returns the tools of a list that fit words best, the best first and at most as many as said.
func Search(list []*Tool, words string, most int) []*Tool {
	texts := make([][]string, len(list))
	for i, t := range list {
		texts[i] = searchWords(t)
	}
	type match struct {
		tool  *Tool
		score float64
	}
	var found []match
	asked := stems(words)
	for i, score := range bm25.Scores(texts, termsFor(words), func(word, term string) bool { return word == term }) {
		if list[i].deprecated() {
			score /= 2
		}
		score *= list[i].prior()
		if slices.Equal(asked, stems(list[i].Name)) {
			score += exactly
		}
		if score > 0 {
			found = append(found, match{list[i], score})
		}
	}
	slices.SortStableFunc(found, func(a, b match) int { return cmp.Compare(b.score, a.score) })
	var best []*Tool
	for _, m := range found[:min(len(found), most)] {
		best = append(best, m.tool)
	}
	return best
}

// prior returns how likely a tool is meant before anything is known: people ask more than they change.
func (t *Tool) prior() float64 {
	switch {
	case t.Task():
		return 1.3
	case t.Level == dixaclient.Read:
		return 1.15
	}
	return 1
}

func (t *Tool) deprecated() bool { return len(t.Operations) == 1 && t.Operations[0].Deprecated }

// exactly is added for a tool that is asked for by its name; it is more than any score.
const exactly = 1e6

// nameWeight is how many times the words of a tool's name count.
const nameWeight = 3

// searchWords returns the stems of the words by which a tool is found.
func searchWords(t *Tool) []string {
	if words, ok := toolWords.Load(t); ok {
		return words.([]string)
	}
	var words []string
	for range nameWeight {
		words = append(words, stems(t.Name)...)
	}
	for field := range strings.FieldsSeq(t.Description) {
		if !strings.Contains(field, "_") { // which names another tool
			words = append(words, stems(field)...)
		}
	}
	words = append(words, stems(t.Group)...)
	for _, p := range t.Schema().Properties() {
		words = append(words, stems(spaced(p.Name))...)
	}
	words = slices.DeleteFunc(words, func(w string) bool { return stopWords()[w] })
	toolWords.Store(t, words)
	return words
}

var toolWords sync.Map // *Tool → []string

// spaced writes the name of an argument as words: queueId, queue id.
func spaced(name string) string {
	var b strings.Builder
	for _, r := range name {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// stems returns the words of a text without their endings.
func stems(s string) []string {
	words := bm25.Words(s)
	for i, w := range words {
		words[i] = stem(w)
	}
	return words
}

// stem takes the common endings of English off a word, so that its forms are the same: tag, tags, tagged, tagging.
func stem(w string) string {
	const shortest = 3
	cut := func(ending, by string) bool {
		if base, ok := strings.CutSuffix(w, ending); ok && len(base) >= shortest {
			w = base + by
			return true
		}
		return false
	}
	if !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is") {
		_ = cut("ies", "y") || cut("sses", "ss") || cut("ches", "ch") || cut("s", "")
	}
	if cut("ing", "") || cut("ed", "") {
		if n := len(w); n > shortest && w[n-1] == w[n-2] && !strings.ContainsRune("lsz", rune(w[n-1])) {
			w = w[:n-1]
		}
	}
	_ = cut("e", "")
	return w
}

// How much words count that stand for another one.
const (
	synonymWeight = 0.9
	relatedWeight = 0.6 // words of one meaning that tools use side by side
	mistypeWeight = 0.7
)

const (
	mostWords     = 48 // of a query
	longestPhrase = 4  // words
)

// termsFor makes terms of a query: its words, each with those that tools use in its place.
func termsFor(query string) []bm25.Term {
	known := synonyms()
	words := stems(query)
	words = words[:min(len(words), mostWords)]
	var terms []bm25.Term
	seen := map[string]bool{}
	for i := 0; i < len(words); {
		phrase, length := words[i], 1
		for n := min(longestPhrase, len(words)-i); n > 1; n-- {
			if p := strings.Join(words[i:i+n], " "); known.targets[p] != nil {
				phrase, length = p, n
				break
			}
		}
		if length == 1 {
			phrase = known.parted(words[i:])
		}
		i += length
		if stopWords()[phrase] && known.targets[phrase] == nil || seen[phrase] {
			continue
		}
		seen[phrase] = true
		terms = append(terms, known.term(phrase))
	}
	return terms
}

// thesaurus is what synonyms.txt says, in stems.
type thesaurus struct {
	targets map[string][]string // words of tools by the words and phrases that stand for them
	related map[string][]string // words of tools by words of tools
	words   []string            // all single ones and all words of tools, for those that are mistyped
}

// term returns what a word or a phrase of a query asks for.
func (t *thesaurus) term(phrase string) bm25.Term {
	weight := 1.0
	if !slices.Contains(t.words, phrase) && !strings.Contains(phrase, " ") {
		if meant := t.mistyped(phrase); meant != "" {
			phrase, weight = meant, mistypeWeight
		}
	}
	term := bm25.Term{{Text: phrase, Weight: weight}}
	for _, w := range t.targets[phrase] {
		term = append(term, bm25.Word{Text: w, Weight: weight * synonymWeight})
	}
	for _, w := range t.related[phrase] {
		term = append(term, bm25.Word{Text: w, Weight: weight * relatedWeight})
	}
	return term
}

// longestGap is how many words can be between a verb and its particle.
const longestGap = 4

// parted returns the phrase that the first of some words makes with a particle further on, such as take … out; else the word.
func (t *thesaurus) parted(words []string) string {
	for _, particle := range words[1:min(len(words), longestGap+2)] {
		if p := words[0] + " " + particle; particles[particle] && t.targets[p] != nil {
			return p
		}
	}
	return words[0]
}

var particles = map[string]bool{"again": true, "away": true, "back": true, "down": true, "in": true, "into": true, "off": true, "on": true, "out": true, "over": true, "to": true}

// mistyped returns the word that was probably meant by one that nothing knows.
func (t *thesaurus) mistyped(word string) string {
	const shortest, long = 4, 8 // letters: of a word with one mistake, and with two
	most := 0
	switch n := len(word); {
	case n >= long:
		most = 2
	case n >= shortest:
		most = 1
	}
	best := ""
	for _, w := range t.words {
		if d := len(w) - len(word); len(w) < shortest || d > most || -d > most {
			continue
		}
		if d := schemas.Distance(word, w); d <= most {
			best, most = w, d-1
		}
	}
	return best
}

//go:embed synonyms.txt
var synonymsText string

var synonyms = sync.OnceValue(func() *thesaurus {
	t := &thesaurus{targets: map[string][]string{}, related: map[string][]string{}}
	add := func(m map[string][]string, key string, words []string) {
		for _, w := range words {
			if w != key && !slices.Contains(m[key], w) {
				m[key] = append(m[key], w)
			}
		}
	}
	for line := range strings.Lines(synonymsText) {
		left, right, ok := strings.Cut(line, " = ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		words := stems(left)
		for _, w := range words {
			add(t.related, w, words)
		}
		for phrase := range strings.SplitSeq(right, ",") {
			add(t.targets, strings.Join(stems(phrase), " "), words)
		}
	}
	for _, tool := range all {
		t.words = append(t.words, searchWords(tool)...)
	}
	for phrase := range t.targets {
		if !strings.Contains(phrase, " ") {
			t.words = append(t.words, phrase)
		}
	}
	slices.Sort(t.words)
	t.words = slices.Compact(t.words)
	return t
})

// stopWords are those that say nothing about what is looked for.
var stopWords = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, w := range stems(`a all an and any are as at be been before but by can could do does for from had has have he her him his how i id if in into
		is it its let like may me my need not now of off on one or our out own please she should so some than that the their them then there
		these they this those to up us was we were what when where which who whose why will with would you your der die das ein eine den
		dem des ist und mit von zu auf für en et og på til er det af med`) {
		m[w] = true
	}
	return m
})
