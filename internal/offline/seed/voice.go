package seed

import (
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/fiction"
)

// voice speaks for one conversation: its language, its topic, its facts. It does not repeat itself while there is something else to
// say, and conversations of one language take turns with the sentences, so that no two say the same.
type voice struct {
	language map[string][]string
	topic    string
	facts    facts
	nth      int            // place of the conversation among those of its language
	base     int            // where its turns begin
	again    bool           // it is about the same order as the conversation at base
	said     map[string]int // how often a kind of sentence was used
}

// voice returns the sentences of a conversation, from the first on.
func (w *maker) voice(c *desk.Conversation) *voice {
	v := &voice{language: fiction.Phrases()[c.Language], topic: c.Topic, facts: w.facts(c), nth: c.Nth, base: c.Nth, said: map[string]int{}}
	if c.About != nil { // about the same order, in other words
		v.base, v.again = c.About.Nth, true
	}
	return v
}

// say returns a sentence of the topic, or of all topics where the topic has none of that kind, as it is said at a moment.
func (v *voice) say(kind string, at time.Time) string {
	text, _ := v.speak(kind, at)
	return text
}

// speak returns what say returns, and the name of the file that is sent with the sentence, if any.
func (v *voice) speak(kind string, at time.Time) (text, file string) {
	list := v.language[v.topic+"."+kind]
	if len(list) == 0 {
		list = v.language["common."+kind]
	}
	if len(list) == 0 {
		return "", ""
	}
	use := v.said[kind]
	v.said[kind]++
	turn := v.base + use
	if v.again {
		turn += (len(list) + 1) / 2
	}
	text = fiction.Vary(list[turn%len(list)], v.nth/len(list)*7919+use/len(list))
	if after, ok := strings.CutPrefix(text, "@"); ok {
		file, text, _ = strings.Cut(after, " ")
	}
	v.facts.at = at
	return v.facts.fill(text), file
}
