package tools

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/bm25"
	"dixa-mcp/internal/base/fold"
	"dixa-mcp/internal/view"
)

// Articles is what one agent's calls have read of the knowledge base. It is safe for concurrent use.
type Articles struct {
	mu   sync.Mutex
	read time.Time // when the list was read
	list []*article
	left []string // what a rule of the capability file refused
}

// article is one article; its versions are nil until they were read.
type article struct {
	id           d.UUID
	title, place string
	versions     []version
	read         bool
	refused      bool // by a rule of the capability file
}

// version is an article in one language.
type version struct{ language, title, text, state string }

func (k *Articles) fresh(now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.read.IsZero() && now.Sub(k.read) < articlesFor
}

func (k *Articles) begin(list []*article, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list, k.read, k.left = list, now, nil
}

// leave notes what a rule of the capability file refused, for the answers of all calls.
func (k *Articles) leave(what string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !slices.Contains(k.left, what) {
		k.left = append(k.left, what)
	}
}

func (k *Articles) leftOut() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.left)
}

// unread lists the articles whose texts were not read, those first whose titles have the words.
func (k *Articles) unread(terms []string) []d.UUID {
	k.mu.Lock()
	defer k.mu.Unlock()
	var list []*article
	for _, a := range k.list {
		if !a.read && !a.refused {
			list = append(list, a)
		}
	}
	hits := func(a *article) int { return len(matches(bm25.Words(a.title), terms)) }
	slices.SortStableFunc(list, func(a, b *article) int { return hits(b) - hits(a) })
	ids := make([]d.UUID, len(list))
	for i, a := range list {
		ids[i] = a.id
	}
	return ids
}

// add keeps the texts of an article. One without any was deleted meanwhile.
func (k *Articles) add(id d.UUID, versions []version) {
	k.change(id, func(a *article) { a.versions, a.read = versions, true })
}

// refuse notes an article whose texts a rule of the capability file refused.
func (k *Articles) refuse(id d.UUID) {
	k.change(id, func(a *article) { a.refused = true })
	k.leave("the texts of some articles")
}

func (k *Articles) change(id d.UUID, change func(*article)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, a := range k.list {
		if a.id == id { // a copy: others may hold the one that is there
			changed := *a
			change(&changed)
			k.list[i] = &changed
		}
	}
}

// Titles returns the titles of the articles whose texts were read, in all languages.
func (k *Articles) Titles() map[d.UUID][]string {
	k.mu.Lock()
	defer k.mu.Unlock()
	titles := make(map[d.UUID][]string, len(k.list))
	for _, a := range k.list {
		for _, v := range a.versions {
			titles[a.id] = append(titles[a.id], v.title)
		}
	}
	return titles
}

// docs gives what can be searched, in one language or in all, and how many articles there are and were read, or refused.
func (k *Articles) docs(language string) (docs []doc, read, all int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, a := range k.list {
		if a.read || a.refused {
			read++
		}
		if !a.read {
			docs = append(docs, newDoc(a, version{title: a.title}))
		}
		for _, v := range a.versions {
			if language == "" || strings.EqualFold(v.language, language) {
				docs = append(docs, newDoc(a, v))
			}
		}
	}
	return docs, read, len(k.list)
}

// items shows the best of the versions that were found. Those that fit less than half as well are named without a passage: the
// best is what was asked for.
func (k *Articles) items(ranked []doc, terms []string, language string) []view.Item {
	var items []view.Item
	for i := range ranked[:min(len(ranked), mostArticles)] {
		f := &ranked[i]
		item := f.item(terms, language, fold.Same(f.article.title, f.version.title) && k.titled(f.version.title) == 1)
		if 2*f.score < ranked[0].score {
			item.Text = ""
		}
		items = append(items, item)
	}
	return items
}

// titled returns how many articles have a title in the catalog.
func (k *Articles) titled(title string) (n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, a := range k.list {
		if fold.Same(a.title, title) {
			n++
		}
	}
	return n
}

// doc is a version with its words.
type doc struct {
	*article
	version
	words []string
	score float64
}

// titleWeight is how many times the words of a title count.
const titleWeight = 3

func newDoc(a *article, v version) doc {
	words := bm25.Words(v.text)
	for range titleWeight {
		words = append(words, bm25.Words(v.title)...)
	}
	return doc{article: a, version: v, words: words}
}

// mostTerms is how many different words of a query count.
const mostTerms = 16

func termsOf(s string) []string {
	words := bm25.Words(s)
	slices.Sort(words)
	words = slices.Compact(words)
	return words[:min(len(words), mostTerms)]
}

// shortestStem is how many letters two words must have in common at their beginning to be forms of one: refund, refunds.
const shortestStem = 4

func sameWord(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || len(a) >= shortestStem && len(b)-len(a) <= shortestStem && strings.HasPrefix(b, a)
}

// matches counts how often each term is among words.
func matches(words, terms []string) map[string]int {
	counts := map[string]int{}
	for _, w := range words {
		for _, t := range terms {
			if sameWord(w, t) {
				counts[t]++
			}
		}
	}
	return counts
}

// rank gives the best version of each article that has one of the words, best first.
func rank(docs []doc, terms []string) []doc {
	texts := make([][]string, len(docs))
	for i := range docs {
		texts[i] = docs[i].words
	}
	words := make([]bm25.Term, len(terms))
	for i, t := range terms {
		words[i] = bm25.Term{{Text: t, Weight: 1}}
	}
	var found []doc
	for i, score := range bm25.Scores(texts, words, sameWord) {
		if docs[i].score = score; score > 0 {
			found = append(found, docs[i])
		}
	}
	slices.SortStableFunc(found, func(a, b doc) int { return cmp.Compare(b.score, a.score) })
	seen := map[d.UUID]bool{}
	return slices.DeleteFunc(found, func(f doc) bool {
		again := seen[f.id]
		seen[f.id] = true
		return again
	})
}

// item shows a version with the passage that has the words. The language is left out where it was asked for, and the id where
// the title, which is taken in its place, is that of one article alone.
func (f *doc) item(terms []string, language string, alone bool) view.Item {
	return view.Item{Facts: []view.Fact{
		{Key: "title", Label: "Article", Value: f.version.title, Outside: true},
		{Key: "language", Value: f.language, Program: language != ""},
		{Key: "state", Value: f.state, Own: true, Program: f.state == published},
		{Key: "place", Label: "in", Value: f.place},
		{Key: "id", Label: "id", Value: string(f.id), Program: alone},
	}, Text: passage(f.text, terms)}
}

// longestPassage is how many characters of an article are quoted.
const longestPassage = 500

// passage finds the paragraphs that have the most of the words, and quotes them with what follows, as it is written.
func passage(text string, terms []string) string {
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
	best, most := 0, -1
	for i, line := range lines {
		if n := len(matches(bm25.Words(line), terms)); n > most {
			best, most = i, n
		}
	}
	var quoted []rune
	for _, line := range lines[min(best, len(lines)):] {
		next := []rune(line)
		if len(quoted) > 0 && len(quoted)+len(next) > longestPassage {
			break
		}
		if len(quoted) > 0 {
			quoted = append(quoted, '\n')
		}
		quoted = append(quoted, next...)
	}
	if len(quoted) > 2*longestPassage {
		quoted = append(quoted[:2*longestPassage], '…')
	}
	return string(quoted)
}
