package merge

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/tailscale/hujson"

	"dixa-mcp/internal/clients"
)

// jsonc is JSON, which may have comments and trailing commas.
type jsonc struct{}

// atLine matches how the parser begins its errors.
var atLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^hujson: line (\d+), column (\d+): `) })

// parse returns the tree of a document, whose root is an object.
func (jsonc) parse(doc []byte) (hujson.Value, error) {
	root, err := hujson.Parse(append(bytes.Clone(doc), '\n')) // a copy, which the parser keeps; it wants a line end behind a comment
	if err != nil {
		m := atLine().FindStringSubmatch(err.Error())
		if m == nil {
			return root, err
		}
		line, _ := strconv.Atoi(m[1]) // digits
		column, _ := strconv.Atoi(m[2])
		return root, &Error{line, column, "invalid JSON: " + err.Error()[len(m[0]):]}
	}
	if _, ok := root.Value.(*hujson.Object); !ok {
		return root, failf(doc, root.StartOffset, "the file must hold an object in braces")
	}
	return root, nil
}

func (l jsonc) decode(doc []byte) (map[string]any, error) {
	if len(bytes.TrimSpace(doc)) == 0 {
		return map[string]any{}, nil
	}
	root, err := l.parse(doc)
	if err != nil {
		return nil, err
	}
	root.Standardize()
	m := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(root.Pack()))
	d.UseNumber()
	err = d.Decode(&m)
	return m, err
}

func (l jsonc) put(doc []byte, path []string, value clients.Object) ([]byte, error) {
	if len(bytes.TrimSpace(doc)) == 0 {
		return []byte(l.render(nested(path, value), "", "  ") + "\n"), nil
	}
	root, err := l.parse(doc)
	if err != nil {
		return nil, err
	}
	step, here := indentation(doc), &root
	for i, key := range path {
		o, ok := here.Value.(*hujson.Object)
		if !ok {
			return nil, failf(doc, here.StartOffset, "%s must be an object in braces", strings.Join(path[:i], "."))
		}
		next := member(o, key)
		if next == nil {
			return l.add(doc, here, key, step, func(indent string) string { return l.render(nested(path[i+1:], value), indent, step) }), nil
		}
		here = next
	}
	return splice(doc, here.StartOffset, here.EndOffset, l.render(value, lineIndent(doc, here.StartOffset), step)), nil
}

// member returns the value of the last member with a key, which is the one that readers use.
func member(o *hujson.Object, key string) *hujson.Value {
	for i := len(o.Members) - 1; i >= 0; i-- {
		if name, ok := o.Members[i].Name.Value.(hujson.Literal); ok && name.String() == key {
			return &o.Members[i].Value
		}
	}
	return nil
}

// nested returns the object that holds a value at a path.
func nested(path []string, value clients.Object) clients.Object {
	for i := len(path) - 1; i >= 0; i-- {
		value = clients.Object{{Key: path[i], Value: value}}
	}
	return value
}

// add puts a member behind the last one of an object. The value is rendered for its indentation.
func (l jsonc) add(doc []byte, object *hujson.Value, key, step string, render func(indent string) string) []byte {
	o := object.Value.(*hujson.Object)
	from, last := 0, (*hujson.Value)(nil)
	if n := len(o.Members); n > 0 {
		from, last = o.Members[n-1].Name.StartOffset, &o.Members[n-1].Value
	}
	return l.insert(doc, object, from, last, step, func(indent string) string { return quote(key) + ": " + render(indent) })
}

// insert puts text behind the last value of an object or list, which begins at an offset: behind the comments that follow it,
// and in its style.
func (l jsonc) insert(doc []byte, box *hujson.Value, from int, last *hujson.Value, step string, render func(indent string) string) []byte {
	outer, closing := lineIndent(doc, box.StartOffset), box.EndOffset-1 // the bracket
	inner, comma := outer+step, ""
	if last != nil {
		if bytes.Contains(doc[box.StartOffset:from], []byte("\n")) {
			inner = lineIndent(doc, from)
		}
		if last.AfterExtra != nil { // there is a comma behind it
			comma = ","
		} else {
			doc = splice(doc, last.EndOffset, last.EndOffset, ",")
			closing++
		}
	}
	end := len(bytes.TrimRight(doc[:closing], " \t\n"))
	text := "\n" + inner + render(inner) + comma
	if !bytes.Contains(doc[end:closing], []byte("\n")) {
		text += "\n" + outer
	}
	return splice(doc, end, end, text)
}

// render returns an object over several lines.
func (l jsonc) render(o clients.Object, indent, step string) string {
	if len(o) == 0 {
		return "{}"
	}
	var b strings.Builder
	b.WriteString("{")
	for i, f := range o {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n" + indent + step + quote(f.Key) + ": ")
		switch v := f.Value.(type) {
		case clients.Object:
			b.WriteString(l.render(v, indent+step, step))
		default:
			b.WriteString(plain(v))
		}
	}
	return b.String() + "\n" + indent + "}"
}

// indentation returns what one level of a document is indented with.
func indentation(doc []byte) string {
	for line := range bytes.Lines(doc) {
		rest := bytes.TrimLeft(line, " \t")
		if n := len(line) - len(rest); n > 0 && n <= 8 && bytes.HasPrefix(rest, []byte(`"`)) {
			return string(line[:n])
		}
	}
	return "  "
}

// lineIndent returns what the line of an offset is indented with.
func lineIndent(doc []byte, offset int) string {
	line := doc[bytes.LastIndexByte(doc[:offset], '\n')+1:]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// putItem makes the object an item of the list at a key of the root: the one with the same value of a key of its own, or a
// new one.
func (l jsonc) putItem(doc []byte, key, own string, value clients.Object) ([]byte, error) {
	root, err := l.parse(doc)
	if err != nil {
		return nil, err
	}
	step := indentation(doc)
	here := member(root.Value.(*hujson.Object), key)
	if here == nil {
		return l.add(doc, &root, key, step, func(indent string) string {
			return "[\n" + indent + step + l.render(value, indent+step, step) + "\n" + indent + "]"
		}), nil
	}
	a, ok := here.Value.(*hujson.Array)
	if !ok {
		return nil, failf(doc, here.StartOffset, "%s must be a list in square brackets", key)
	}
	from, last := 0, (*hujson.Value)(nil)
	for i := range a.Elements {
		from, last = a.Elements[i].StartOffset, &a.Elements[i]
		if o, ok := last.Value.(*hujson.Object); ok {
			if id := member(o, own); id != nil && id.Value.Kind() == '"' && id.Value.(hujson.Literal).String() == value.Get(own) {
				return splice(doc, from, last.EndOffset, l.render(value, lineIndent(doc, from), step)), nil
			}
		}
	}
	return l.insert(doc, here, from, last, step, func(indent string) string { return l.render(value, indent, step) }), nil
}
