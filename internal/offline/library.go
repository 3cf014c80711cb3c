package offline

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed library/articles.txt
var articlesText string

//go:embed library/templates.txt
var templatesText string

// section is a part of a text of the library: its name in brackets, and the lines below it by what stands before their colon.
type section struct {
	name  string
	lines map[string][]string
}

var (
	seededArticles  = sync.OnceValue(func() []section { return sections(articlesText) })
	seededTemplates = sync.OnceValue(func() []section { return sections(templatesText) })
)

func sections(text string) []section {
	var all []section
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			all = append(all, section{strings.TrimSuffix(strings.TrimPrefix(line, "["), "]"), map[string][]string{}})
		default:
			kind, rest, _ := strings.Cut(line, ": ")
			last := all[len(all)-1]
			last.lines[kind] = append(last.lines[kind], strings.ReplaceAll(rest, `\n`, "\n"))
		}
	}
	return all
}
