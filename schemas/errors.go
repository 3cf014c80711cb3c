package schemas

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"dixa-mcp/internal/base/lines"
)

// maxProblems is how many problems one Error names: enough to put a call right
// in one go, few enough to read.
const maxProblems = 8

// Error says what is wrong with the arguments of one call. Nothing was done with
// them. It quotes what came, shortened, so it belongs in the answer to the caller
// and not in a log.
type Error struct {
	Problems []Problem // 1 to 8, unknown arguments first
}

// maxLines is how many lines an Error has: more are read less well.
const maxLines = 4

// Error returns one line for each problem, in at most four lines. The last one says how many more problems there are.
func (e *Error) Error() string {
	problems := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		problems[i] = p.String()
	}
	return strings.Join(lines.First(problems, maxLines, len(problems) >= maxProblems), "\n")
}

// Problem is one thing that is wrong.
type Problem struct {
	Field string // a path such as conditions[0].field; empty for the arguments as a whole
	Got   string // what came, such as "nothing" or `"opn"`
	Want  string // what is allowed, such as "an integer (1 to 50)"
	Hint  string // how to put it right; may be empty
	Text  string // the whole text that came where another form is due, such as a name for an id; else empty
}

// String returns one line, such as:
//
//	status: got "opn", want one of open, closed; did you mean open?
func (p Problem) String() string {
	field := p.Field
	if field == "" {
		field = "arguments"
	}
	line := field + ": got " + p.Got + ", want " + p.Want
	if p.Hint != "" {
		line += "; " + p.Hint
	}
	return line
}

// path says where in the arguments something is.
type path []step

type step struct {
	name  string // of a property; unused for an item
	index int    // of an item of an array; -1 for a property
}

func (p path) property(name string) path { return append(p, step{name, -1}) }
func (p path) item(i int) path           { return append(p, step{"", i}) }

func (p path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch {
		case s.index >= 0:
			fmt.Fprintf(&b, "[%d]", s.index)
		case i > 0:
			b.WriteByte('.')
			fallthrough
		default:
			b.WriteString(displayName(s.name))
		}
	}
	return b.String()
}

// displayName quotes a name that is not a plain word, so that look-alikes show.
func displayName(name string) string {
	plain := name != "" && len(name) <= maxQuoted && strings.IndexFunc(name, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-'
	}) < 0
	if plain {
		return name
	}
	return strconv.QuoteToASCII(shorten(name))
}

const maxQuoted = 40 // characters of a value that a message repeats

func shorten(s string) string {
	count := 0
	for i := range s {
		if count == maxQuoted {
			return s[:i] + "…"
		}
		count++
	}
	return s
}

// describe says what a value is, for Got.
func describe(v *value) string {
	switch v.kind {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return strconv.Quote(shorten(v.text))
	default:
		return shorten(v.text)
	}
}

// want says what a node takes, for Want.
func (n *node) want() string {
	switch n.kind {
	case object:
		return "an object"
	case array:
		return "an array of " + n.elem.plural() + n.between(" items")
	case boolean:
		return "true or false"
	case number:
		return "a number"
	case integer:
		return "an integer" + n.between("")
	}
	switch {
	case n.listed():
		return oneOf(n.among().Words())
	case len(n.enum) > 0:
		return "a " + n.format + " such as " + n.among().Words()[0]
	case n.format == uuidFormat:
		return "a UUID such as 3fa85f64-5717-4562-b3fc-2c963f66afa6"
	case n.format == dateTime:
		return "a date and time such as 2026-01-31T09:30:00Z, or a date such as 2026-01-31"
	case n.format != "":
		return "a string (" + n.format + ")" + n.between(" characters")
	}
	return "a string" + n.between(" characters")
}

func (n *node) plural() string {
	switch {
	case n.format == uuidFormat:
		return "UUIDs"
	case n.format == dateTime:
		return "dates"
	}
	return string(n.kind) + "s"
}

// between returns the limits of n in words, in brackets; "" when it has none.
func (n *node) between(unit string) string {
	switch least, most := n.min > math.MinInt64, n.max < math.MaxInt64; {
	case least && most:
		return fmt.Sprintf(" (%d to %d%s)", n.min, n.max, unit)
	case least:
		return fmt.Sprintf(" (at least %d%s)", n.min, unit)
	case most:
		return fmt.Sprintf(" (at most %d%s)", n.max, unit)
	}
	return ""
}

// oneOf lists values; a very long list is cut, since it would fill the context.
func oneOf(values []string) string {
	const most = 60
	switch {
	case len(values) == 1:
		return values[0]
	case len(values) > most:
		return fmt.Sprintf("one of %s and %d more", strings.Join(values[:most], ", "), len(values)-most)
	}
	return "one of " + strings.Join(values, ", ")
}

// didYouMean returns a hint at the nearest value. A message that wants the only one there is needs none. A name with letters
// that only look like those of the right one is told apart.
func didYouMean(word string, of []string) string {
	near := Nearest(word, of)
	plain := strings.IndexFunc(word, func(r rune) bool { return r > '~' || r < ' ' }) < 0
	switch {
	case near == "":
		return ""
	case strings.TrimSpace(word) == near:
		return "write " + near + " without spaces around it"
	case !plain:
		return "it has characters that are hidden or only look alike; write " + near + " in plain letters"
	case len(of) > 1:
		return "did you mean " + near + "?"
	}
	return ""
}
