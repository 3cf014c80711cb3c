package view

import (
	"bytes"

	"dixa-mcp/internal/base/jsonscan"
)

// speakers tells who speaks in the transcript of a call, whose utterances name only the ids of their authors: "customer"
// or "agent" by the author's id, as JSON has it.
type speakers struct {
	sides map[string]string
	other string // who everybody else is: the other side of the call
}

// listen finds the speakers in the messages of a conversation: those whose other messages say their direction, and the
// one who called. There are none where nothing was transcribed.
func (w *walker) listen(messages []byte) speakers {
	var s speakers
	if !bytes.Contains(messages, []byte(`TranscriptAttributes`)) {
		return s
	}
	s.sides = map[string]string{}
	for raw := range jsonscan.Elements(messages) {
		if raw[0] != '{' {
			continue
		}
		base := len(w.stack)
		m := w.push(raw)
		id := find(m, "authorId")
		if attributes := find(m, "attributes"); isString(id) && attributes != nil && attributes[0] == '{' {
			own := w.push(attributes)
			call := string(find(own, "_type")) == `"PhoneAttributes"`
			if side := authorOf(own); side != "unknown" {
				s.sides[string(id)] = side
				if call {
					s.other = opposite[side]
				}
			}
		}
		w.stack = w.stack[:base]
	}
	return s
}

var opposite = map[string]string{"customer": "agent", "agent": "customer"}

// of returns who the author with an id is.
func (s speakers) of(id []byte) string {
	if side := s.sides[string(id)]; side != "" {
		return side
	}
	if s.other != "" && isString(id) {
		return s.other
	}
	return "unknown"
}
