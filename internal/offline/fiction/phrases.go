package fiction

import (
	"embed"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed texts/*.txt
var textFiles embed.FS

// Phrases are the sentences that conversations are made of: by language, then by "topic.kind".
var Phrases = sync.OnceValue(func() map[string]map[string][]string {
	all := map[string]map[string][]string{}
	files, _ := fs.Glob(textFiles, "texts/*.txt") // the pattern is fixed and well formed
	for _, name := range files {
		text, _ := textFiles.ReadFile(name) // embedded: it is there
		all[strings.TrimSuffix(path.Base(name), ".txt")] = parsePhrases(string(text))
	}
	return all
})

// parsePhrases reads "[topic]" lines and the "kind: sentence" lines below them.
func parsePhrases(text string) map[string][]string {
	sentences := map[string][]string{}
	topic := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			topic = strings.Trim(line, "[]")
		default:
			kind, sentence, _ := strings.Cut(line, ": ")
			key := topic + "." + kind
			sentences[key] = append(sentences[key], sentence)
		}
	}
	return sentences
}

// Vary chooses among the alternatives of a sentence, which are written [a|b]: the n-th of all that there are.
func Vary(sentence string, n int) string {
	if !strings.Contains(sentence, "[") {
		return sentence
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(sentence, "[")
		b.WriteString(before)
		if !found {
			return strings.TrimSpace(b.String())
		}
		list, after, _ := strings.Cut(rest, "]")
		choices := strings.Split(list, "|")
		choice := choices[n%len(choices)]
		if choice == "" { // one blank is enough
			after = strings.TrimPrefix(after, " ")
		}
		b.WriteString(choice)
		n /= len(choices)
		sentence = after
	}
}
