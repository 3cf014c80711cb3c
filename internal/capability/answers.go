package capability

import "go.yaml.in/yaml/v3"

// Answers says how an agent's answers are written.
type Answers string

// How answers are written: as text with names in place of ids, as text with the ids too, or as JSON.
const (
	AnswersText Answers = "text"
	AnswersIDs  Answers = "ids"
	AnswersJSON Answers = "json"
)

// Values returns the words that the capability file takes.
func (Answers) Values() []string {
	return []string{string(AnswersText), string(AnswersIDs), string(AnswersJSON)}
}

func (a *Answers) decode(d *decoder, n *yaml.Node, key string) {
	if text, ok := d.word(n, key, a.Values()); ok {
		*a = Answers(text)
	}
}

// or returns what holds where the file says nothing.
func (a Answers) or(without Answers) Answers {
	if a == "" {
		return without
	}
	return a
}

// Answers says how the agent's answers are written.
func (s *settings) Answers() Answers { return s.source.Answers.or(AnswersText) }

// InJSON reports whether the agent's answers are written as JSON.
func (s *settings) InJSON() bool { return s.Answers() == AnswersJSON }
