package view

import (
	"html"
	"regexp"
	"strings"
	"sync"

	"dixa-mcp/internal/base/safetext"
)

// placeholder is a text in brackets that an answer has in place of something that is not shown. Written back to Dixa it
// would replace what it stands for, so [FindPlaceholder] knows all of them.
type placeholder struct {
	opens   string // how the text in the brackets begins, in lower case
	instead string // what a caller does to write the real text
	with    string // the operation that it takes, "" for none
}

const (
	redactedText = "redacted"
	cutText      = "cut:"
	imageText    = "image"
	fileText     = "file,"
)

const (
	readWhole  = "read the rest with the call that the answer named in more"
	readQuotes = "read the message whole"
)

// placeholders are all that an answer can have, and some that only earlier releases had. A test compares them with the
// source of this package.
var placeholders = []placeholder{
	{redactedText, "a secret is not shown to agents; leave the argument out, so that it stays as it is", ""},
	{cutText, readWhole, ""},
	{imageText, "a picture is not text; leave it out, or use the address of an image that was uploaded", ""},
	{fileText, "a file is not text; leave it out", ""},
	{"earlier message quoted", readQuotes, "list_messages"},
	{"quotes #", readQuotes, "list_messages"},
	{"signature", readQuotes, "list_messages"},
	{"possibly hidden text", "write only what the message says", ""},
	{"all text of this message is hidden", "write only what the message says", ""},
	{"this message has only invisible characters", "write only what the message says", ""},
	{"the rest of this html is left out", readWhole, ""},
	{"part of this html is left out", readWhole, ""},
}

// with makes the placeholder that opens with these words.
func with(opens, rest string) string { return "[" + opens + rest + "]" }

// MayHavePlaceholder is false for most texts that have none, and for JSON of which no string has one: a bracket that JSON escapes has a
// backslash.
func MayHavePlaceholder(text string) bool { return strings.ContainsAny(text, "[［【〔&\\") }

// FindPlaceholder returns the first placeholder of an answer in a text that is to be written, however it is spelled
// (case, spaces, HTML escapes and tags, Markdown), and what to do instead. found is "" where there is none. tools names
// those with which the writer does what an operation does, "" for none; nil: none are named.
func FindPlaceholder(text string, tools func(operation string) string) (found, instead string) {
	if !MayHavePlaceholder(text) {
		return "", ""
	}
	text = spelledPlainly(text)
	found, p := findPlaceholder(text)
	if found == "" && strings.Contains(text, "<") {
		found, p = findPlaceholder(tag().ReplaceAllString(text, ""))
	}
	if instead = p.instead; p.with != "" && tools != nil && tools(p.with) != "" {
		instead += ", with " + tools(p.with)
	}
	return found, instead
}

func findPlaceholder(text string) (found string, _ placeholder) {
	for at := 0; ; {
		open := strings.IndexByte(text[at:], '[')
		if open < 0 {
			return "", placeholder{}
		}
		at += open + 1
		inner := text[at:min(len(text), at+mostPlaceholder)]
		end := strings.IndexByte(inner, ']')
		if end < 0 {
			continue
		}
		inner = strings.Join(strings.Fields(inner[:end]), " ")
		linked := strings.HasPrefix(text[at+end:], "](") // a link or an image of Markdown, which is the writer's own
		for _, p := range placeholders {
			if opensWith(inner, p.opens) && (!linked || p.opens != imageText && p.opens != "signature") {
				return "[" + inner + "]", p
			}
		}
	}
}

// mostPlaceholder is how many bytes are looked at for the closing bracket.
const mostPlaceholder = 400

// longestName is how many bytes of a text are taken for the name of something.
const longestName = 200

// IsName reports whether a text is taken for the name of something: it is short, people can see all of it, it is no piece of an
// address and none of our own placeholders.
func IsName(s string) bool {
	if strings.Trim(s, ". ") == "" || len(s) > longestName || strings.Contains(s, "..") || strings.ContainsAny(s, `%?#{}\`) || strings.ContainsFunc(s, safetext.Unseen) {
		return false
	}
	placeholder, _ := FindPlaceholder(s, nil)
	return placeholder == ""
}

// opensWith reports whether a text begins with these words and not with longer ones.
func opensWith(text, words string) bool {
	rest, ok := strings.CutPrefix(text, words)
	if !ok {
		return false
	}
	last := words[len(words)-1]
	return rest == "" || last < 'a' || last > 'z' || rest[0] < 'a' || rest[0] > 'z'
}

var (
	tag      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<[^<>]*>`) })
	spelling = strings.NewReplacer("［", "[", "【", "[", "〔", "[", "］", "]", "】", "]", "〕", "]", "\\", "", "*", "", "_", "", "`", "", " :", ":", " ,", ",", "：", ":", "，", ",")
)

// spelledPlainly undoes what a model or an editor does to a text on its way: escapes, emphasis, case, spaces.
func spelledPlainly(s string) string {
	for range 3 {
		s = html.UnescapeString(s)
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r' || r == 0xA0:
			return ' '
		case r > 0x7E && safetext.Unseen(r):
			return -1
		}
		return r
	}, s)
	return spelling.Replace(strings.ToLower(strings.Join(strings.Fields(s), " ")))
}
