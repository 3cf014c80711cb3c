package records

import (
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"strings"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/uuid"
)

// What a word is about, as its first character.
const (
	agentWord        = 'a'
	personWord       = 'p'
	toolWord         = 't'
	levelWord        = 'l'
	keyWord          = 'k'
	callWord         = '#'
	conversationWord = 'c'
	idWord           = 'u' // UUID of a customer, Dixa agent, queue and so on
	hashWord         = 'h' // keyed hash of an e-mail address or phone number
	approvalWord     = '='
	refusedWord      = '!'
	eventWord        = 'e' // of an event that is no call of an agent
	editedWord       = '~' // an approver changed the text
)

// wordOf returns the word for a text, and "" for none.
func wordOf(kind rune, text string) string {
	if text == "" {
		return ""
	}
	return string(kind) + text
}

// wordID returns the id of a word: 63 bits of its hash.
func wordID(word string) int64 {
	sum := sha256.Sum256([]byte(word))
	return int64(binary.BigEndian.Uint64(sum[:]) >> 1)
}

// mentions yields the words by which a record is found, some more than once.
func mentions(r audit.Record) iter.Seq[string] {
	return func(yield func(string) bool) {
		words := []string{
			wordOf(agentWord, r.Agent), wordOf(personWord, r.Person), wordOf(keyWord, r.Key), wordOf(keyWord, r.ApproverKey),
			wordOf(callWord, r.Call), wordOf(approvalWord, r.Approval),
		}
		if r.IsRefusal() {
			words = append(words, string(refusedWord))
		}
		if r.Edited != nil {
			words = append(words, string(editedWord))
		}
		if rare(r.Event) {
			words = append(words, wordOf(eventWord, string(r.Event)))
		}
		for _, id := range r.Conversations() {
			words = append(words, wordOf(conversationWord, id))
		}
		for _, w := range append(words, people(r.Arguments)...) {
			if w != "" && !yield(w) {
				return
			}
		}
	}
}

// rare reports whether an event is of few records.
func rare(e audit.Event) bool {
	return e != audit.EventIntent && e != audit.EventOutcome && e != audit.EventRead && e != audit.EventRefused
}

// people returns words for all UUIDs and hashes in arguments.
func people(arguments audit.Arguments) []string { return peopleIn(arguments.Values(), "", nil) }

func peopleIn(value any, name string, words []string) []string {
	switch v := value.(type) {
	case map[string]any:
		for name, nested := range v {
			words = peopleIn(nested, name, words)
		}
	case []any:
		for _, item := range v {
			words = peopleIn(item, name, words)
		}
	case string:
		switch {
		case name == "hash":
			words = append(words, wordOf(hashWord, v))
		case uuid.Is(v):
			words = append(words, wordOf(idWord, strings.ToLower(v)))
		}
	}
	return words
}
