package capability

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// Description returns the tool's description for the agent: no clause names a tool that it is not granted, or an argument
// or a value that it cannot give.
func (s *Shape) Description() string { return s.description() }

// describe fits the description of a tool and of its arguments to an agent, when they are first asked for.
func (s *Shape) describe(a *Agent) {
	shown := s.shown
	known := sync.OnceValue(func() func(string) bool {
		absent := s.absent(shown)
		return func(word string) bool { return !absent[word] && (!a.catalog.has(word) || a.Sees(word)) }
	})
	phrases := sync.OnceValues(s.phrases)
	fit := func(text string, keep bool) string {
		if text == "" {
			return ""
		}
		joined, apart := phrases()
		return apart.Replace(clauses(joined.Replace(text), known(), keep))
	}
	s.description = sync.OnceValue(func() string { return fit(s.tool.Description, true) })
	s.shown = shown.Describing(func(p schemas.Property) string { return fit(p.Description, false) })
}

// absent returns the arguments that are not shown to the agent, and the values that it cannot give to the others. What is
// filled in is not absent: what a text says of it holds.
func (s *Shape) absent(shown *schemas.Schema) map[string]bool {
	absent := map[string]bool{}
	given := shown.Properties()
	for _, p := range s.full.Properties() {
		values := []string{s.words[p.Name]}
		if i := slices.IndexFunc(given, func(q schemas.Property) bool { return q.Name == p.Name }); i >= 0 {
			values = given[i].Enum
		} else if p.Name != tools.RepeatArgument { // which no description names, and which is a word of its own
			absent[p.Name] = true
		}
		for n, v := range p.Enum {
			if slices.Contains(values, v) {
				continue
			}
			absent[v] = true
			if p.Words != nil {
				absent[oneWord(p.Words[n])] = true
			}
		}
	}
	return absent
}

// phrases returns what makes one word of each value of an argument that is written in several, and what undoes it.
func (s *Shape) phrases() (joined, apart *strings.Replacer) {
	var join, part []string
	for _, p := range s.full.Properties() {
		for _, w := range p.Words {
			if one := oneWord(w); one != w {
				join, part = append(join, w, one), append(part, one, w)
			}
		}
	}
	return strings.NewReplacer(join...), strings.NewReplacer(part...)
}

func oneWord(phrase string) string { return strings.ReplaceAll(phrase, " ", "_") }

// Sees reports whether the agent may call the tool of that name.
func (a *Agent) Sees(name string) bool { return a.allowed[name].Allowed && len(a.coveredBy[name]) == 0 }

// has reports whether there is a tool of that name.
func (c *catalog) has(name string) bool {
	_, ok := c.named(name)
	return ok
}

// clauseEnd matches what ends a clause of a description, and word what may be a name.
var (
	clauseEnd = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[.;] | \(`) })
	nameWord  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z][A-Za-z_]*`) })
)

// clauses drops the clauses of a text that have a word which is not known; keep keeps the first one, which says what the
// thing is.
func clauses(text string, known func(string) bool, keep bool) string {
	if !slices.ContainsFunc(nameWord().FindAllString(text, -1), func(w string) bool { return !known(w) }) {
		return text
	}
	var kept strings.Builder
	ends := append(clauseEnd().FindAllStringIndex(text, -1), []int{len(text), len(text)})
	from, before := 0, ""
	for i, end := range ends {
		clause := text[from:end[0]]
		all := !slices.ContainsFunc(nameWord().FindAllString(clause, -1), func(w string) bool { return !known(w) })
		if all || i == 0 && keep {
			if kept.Len() > 0 {
				kept.WriteString(before)
			}
			kept.WriteString(clause)
		}
		before, from = text[end[0]:end[1]], end[1]
	}
	s := kept.String()
	if strings.HasSuffix(text, ".") && s != "" && !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
