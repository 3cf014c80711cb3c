package archive

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"dixa-mcp/internal/base/vocabulary"
)

// Word is a word of a query, or a phrase of several. With Prefix, its last word may go on.
type Word struct {
	Text   string
	Prefix bool
}

// maxWords is the maximum number of words and phrases in a query.
const maxWords = 20

// Words reads what a person typed: words, phrases in quotation marks, and beginnings of words that end in *. All must be in a message.
func Words(text string) ([]Word, error) {
	var all []Word
	for i, part := range strings.Split(text, `"`) {
		if i%2 == 1 { // in quotation marks; a missing last one is at the end
			all = appendWord(all, part)
			continue
		}
		for _, word := range strings.Fields(part) {
			all = appendWord(all, word)
		}
	}
	switch {
	case len(all) == 0:
		return nil, fmt.Errorf("%.40q has no word to search for: give words, a \"phrase\", or the beginning of a word with *, such as refund*", text)
	case len(all) > maxWords:
		return nil, fmt.Errorf("%d words are too many: give at most %d", len(all), maxWords)
	}
	return all, nil
}

// appendWord appends a word or phrase unless it has no letter and no digit.
func appendWord(all []Word, text string) []Word {
	stem, prefix := strings.CutSuffix(strings.TrimSpace(text), "*")
	words := strings.FieldsFunc(stem, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	if len(words) == 0 {
		return all
	}
	return append(all, Word{strings.Join(words, " "), prefix})
}

// exportedChannels are the words of exports for channels.
var exportedChannels = []string{"email", "contactform", "widgetchat", "messenger", "pstnphone", "callback", "voicemail", "sms", "whatsapp", "facebookmessenger", "twitter",
	"adachat", "digitalgeniuschat", "kindlychat", "genericapimessaging", "trustpilotreviews", "yotpo"}

// Channel returns the word of exports for a channel that is written as people or Dixa's API do.
func Channel(name string) (word string, ok bool) {
	for _, word := range exportedChannels {
		if vocabulary.Channels.Word(word) == vocabulary.Channels.Word(name) {
			return word, true
		}
	}
	return "", false
}

// Containing returns the pattern of LIKE, with \ as its escape, for what contains a text.
func Containing(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}

// Rating is what customers say of how they were helped.
type Rating string

// Good is a CSAT of 4 or 5, an NPS of 9 or 10 or a thumb up; Bad is a CSAT of 1 or 2, an NPS up to 6 or a thumb down.
const (
	Good Rating = "good"
	Bad  Rating = "bad"
)

// Satisfied reads from the other fields of a conversation whether the customer gave thumbs or a CSAT, and whether it was thumbs up or 4 or 5. The
// worst counts, if there are several. A field of its own, which Dixa deprecates, is read where the ratings are missing.
func Satisfied(rest []byte) (rated, satisfied bool) {
	var said struct {
		Ratings []struct {
			Kind   string          `json:"rating_type"`
			Score  json.RawMessage `json:"rating_score"`
			Status string          `json:"rating_status"`
		} `json:"ratings"`
		Thumbs json.RawMessage `json:"rating_score"`
	}
	if len(rest) == 0 || json.Unmarshal(rest, &said) != nil { // fields of another type are as if they were missing
		return false, false
	}
	satisfied = true
	add := func(score json.RawMessage, good int64) {
		if n, err := strconv.ParseInt(string(score), 10, 64); err == nil {
			rated, satisfied = true, satisfied && n >= good
		}
	}
	for _, r := range said.Ratings {
		switch kind := strings.ToLower(r.Kind); {
		case strings.EqualFold(r.Status, "offered") || kind == "nps":
		case kind == "csat":
			add(r.Score, 4)
		default:
			add(r.Score, 1)
		}
	}
	if len(said.Ratings) == 0 {
		add(said.Thumbs, 1)
	}
	return rated, rated && satisfied
}

// SQL returns the condition, in SQL, that a score is such a rating. kind is the column with the scale in lower case, or a text. A scale that
// is not known is taken for thumbs.
func (r Rating) SQL(kind, score string) string {
	if r == Good {
		return `CASE ` + kind + ` WHEN 'csat' THEN ` + score + ` >= 4 WHEN 'nps' THEN ` + score + ` >= 9 ELSE ` + score + ` = 1 END`
	}
	return `CASE ` + kind + ` WHEN 'csat' THEN ` + score + ` <= 2 WHEN 'nps' THEN ` + score + ` <= 6 ELSE ` + score + ` = 0 END`
}
