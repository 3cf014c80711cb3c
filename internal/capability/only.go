package capability

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/vocabulary"
)

const actingAgent = "me" // under only.assignee: the agent that acts_as names

func (o *only) decode(d *decoder, n *yaml.Node, key string) {
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		d.fail(place(n, key), "bounds nothing; name queues, channels, tags, assignees or directions, or remove it")
		return
	}
	d.structure(reflect.ValueOf(o).Elem(), n, key)
}

// bound reads what bounds an agent; nil when nothing does.
func (d *decoder) bound(a *agent, acting dixaclient.ActingAgent) *Bound {
	if a.Only.line == 0 {
		return nil
	}
	b := &Bound{rule: a.Only.at}
	o := &a.Only.value
	add := func(key string, s section[list[word]], read func(word) (string, bool)) {
		if s.value != nil && len(s.value) == 0 {
			d.fail(s.at, "is an empty list, in which no conversation is; name at least one %s, or remove the key", key)
		}
		t := bounding{key: key}
		for _, w := range s.value {
			v, ok := read(w)
			switch {
			case w.text == actingAgent && acting == callerActs:
				w.text = callerWords
			case w.text == actingAgent:
				w.text = a.ActsAs.text
			}
			if ok && w.line > 0 && !t.has(v) {
				t.values, t.words = append(t.values, v), append(t.words, called(key, w.text))
			}
		}
		if len(t.values) > 0 {
			b.terms = append(b.terms, t)
		}
	}
	add("queue", o.Queue, d.ids(queueIDs))
	add("channel", o.Channel, d.oneOf("channel", vocabulary.Enum{Set: vocabulary.Channels, Values: dixaclient.SearchChannel("").Values()}))
	add("tag", o.Tag, d.ids(tagIDs))
	add("assignee", o.Assignee, func(w word) (string, bool) {
		if w.text != actingAgent {
			return d.ids(agentIDs)(w)
		}
		if a.ActsAs.line == 0 {
			d.fail(w.at, `"me" is the Dixa agent that acts_as names, and %s has no acts_as`, parent(a.Only.key))
		}
		return string(acting), acting != ""
	})
	add("direction", o.Direction, d.oneOf("direction", vocabulary.Enum{Set: vocabulary.Directions, Values: dixaclient.SearchDirection("").Values()}))
	return b
}

// called returns a word of a key under only as messages have it.
func called(key, text string) string {
	switch key {
	case "channel":
		return vocabulary.Channels.Word(text)
	case "direction":
		return vocabulary.Directions.Word(text)
	}
	return text
}

func (d *decoder) ids(kind string) func(word) (string, bool) {
	return func(w word) (string, bool) {
		if w.line == 0 { // said already
			return "", false
		}
		return d.id(kind, w)
	}
}

func (d *decoder) oneOf(what string, among vocabulary.Enum) func(word) (string, bool) {
	return func(w word) (string, bool) {
		v, ok := among.Find(w.text)
		if ok || w.line == 0 {
			return v, w.line == 0 || ok
		}
		d.fail(w.at, "there is no %s %.80q in Dixa's search%s; it has %s", what, w.text, didYouMean(w.text, among.Words()), strings.Join(among.Words(), ", "))
		return "", false
	}
}

// parent returns the key that a key is under.
func parent(key string) string { return key[:strings.LastIndexByte(key, '.')] }
