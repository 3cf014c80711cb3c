package offline

import (
	"embed"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed texts/*.txt
var textFiles embed.FS

// phrases are the sentences that conversations are made of: by language, then by "topic.kind".
var phrases = sync.OnceValue(func() map[string]map[string][]string {
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

// voice speaks for one conversation: its language, its topic, its facts.
type voice struct {
	r        *rng
	language map[string][]string
	english  map[string][]string
	topic    string
	facts    facts
}

// say gives a sentence of the topic, or of all topics where the topic has none of that kind.
func (v voice) say(kind string) string {
	for _, list := range [][]string{v.language[v.topic+"."+kind], v.language["common."+kind], v.english["common."+kind]} {
		if len(list) > 0 {
			return v.facts.fill(pick(v.r, list))
		}
	}
	return ""
}

// common gives a sentence that fits every topic.
func (v voice) common(kind string) string {
	v.topic = "common"
	return v.say(kind)
}
