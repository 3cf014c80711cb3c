package fiction

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed library/articles.txt
var articlesText string

//go:embed library/templates.txt
var templatesText string

// Section is a part of a text of the library: its name in brackets, and the lines below it by what stands before their colon.
type Section struct {
	Name  string
	Lines map[string][]string
}

var (
	Articles  = sync.OnceValue(func() []Section { return sections(articlesText) })
	Templates = sync.OnceValue(func() []Section { return sections(templatesText) })
)

func sections(text string) []Section {
	var all []Section
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			all = append(all, Section{strings.TrimSuffix(strings.TrimPrefix(line, "["), "]"), map[string][]string{}})
		default:
			kind, rest, _ := strings.Cut(line, ": ")
			last := all[len(all)-1]
			last.Lines[kind] = append(last.Lines[kind], strings.ReplaceAll(rest, `\n`, "\n"))
		}
	}
	return all
}
