package schemas

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Signature writes the schema in few words for a model: the required properties first, optional ones with "?", then the type,
// or the values of an enum, and the description in brackets:
//
//	conversationId: integer, strategy?: All|Any, conditions?: [{field: a|b, values: [string]}]
func (s *Schema) Signature() string {
	var b strings.Builder
	s.root().signFields(&b)
	return b.String()
}

func (n *node) signFields(b *strings.Builder) {
	first := true
	for _, required := range []bool{true, false} {
		for _, f := range n.fields {
			if f.required != required {
				continue
			}
			if !first {
				b.WriteString(", ")
			}
			first = false
			b.WriteString(displayName(f.name))
			if !required {
				b.WriteByte('?')
			}
			b.WriteString(": ")
			f.node.sign(b)
			if f.node.description != "" {
				b.WriteString(" (" + f.node.description + ")")
			}
		}
	}
}

// mostSigned is how many values of an enum a signature lists.
const mostSigned = 40

func (n *node) sign(b *strings.Builder) {
	switch {
	case n.kind == array:
		b.WriteByte('[')
		n.elem.sign(b)
		b.WriteByte(']')
	case n.kind == object && len(n.fields) > 0:
		b.WriteByte('{')
		n.signFields(b)
		b.WriteByte('}')
	case n.listed():
		for i, v := range n.among().Words() {
			if i == mostSigned {
				b.WriteString("|…")
				break
			}
			if i > 0 {
				b.WriteByte('|')
			}
			if !signedPlain().MatchString(v) {
				v = strconv.Quote(v)
			}
			b.WriteString(v)
		}
	case n.format == dateTime: // other formats are not for the model: a name works where an id is due
		b.WriteString(n.format)
	default:
		b.WriteString(string(n.kind))
	}
}

// signedPlain matches values that need no quotation marks between others.
var signedPlain = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{N}_.@+-]+( [\p{L}\p{N}_.@+-]+)*$`) })
