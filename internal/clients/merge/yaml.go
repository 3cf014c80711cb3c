package merge

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"dixa-mcp/internal/clients"
)

// yamlc is YAML in block style, whose lines are changed by the parser's positions.
type yamlc struct{}

// yamlLine matches how the parser begins its errors. It tells no column.
var yamlLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: (?:unmarshal errors:\n\s*)?line (\d+): `) })

// parse returns the root mapping, or nil for a document without content.
func (yamlc) parse(doc []byte) (*yaml.Node, error) {
	d := yaml.NewDecoder(bytes.NewReader(doc))
	var root, second yaml.Node
	err := d.Decode(&root)
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, yamlError(err)
	case root.Kind != yaml.DocumentNode || len(root.Content) != 1 || root.Content[0].Kind == yaml.ScalarNode && root.Content[0].Tag == "!!null" && root.Content[0].Value == "":
		return nil, nil
	}
	if err := d.Decode(&second); err == nil {
		return nil, &Error{second.Line, second.Column, "the file holds more than one document"}
	} else if !errors.Is(err, io.EOF) {
		return nil, yamlError(err)
	}
	n := root.Content[0]
	if n.Kind != yaml.MappingNode {
		return nil, &Error{n.Line, n.Column, "the file must hold keys with values"}
	}
	return n, nil
}

func yamlError(err error) error {
	m := yamlLine().FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	line, _ := strconv.Atoi(m[1]) // digits
	return &Error{line, 0, "invalid YAML: " + err.Error()[len(m[0]):]}
}

func (l yamlc) decode(doc []byte) (map[string]any, error) {
	if _, err := l.parse(doc); err != nil {
		return nil, err
	}
	m := map[string]any{}
	if err := yaml.Unmarshal(doc, &m); err != nil {
		return nil, yamlError(err)
	}
	if m == nil { // of a document without content
		m = map[string]any{}
	}
	return m, nil
}

func (l yamlc) put(doc []byte, path []string, value clients.Object) ([]byte, error) {
	if len(doc) > 0 && !bytes.HasSuffix(doc, []byte("\n")) {
		doc = append(bytes.Clone(doc), '\n')
	}
	here, err := l.parse(doc)
	if err != nil {
		return nil, err
	}
	if here == nil {
		return append(bytes.Clone(doc), l.render(nested(path, value), "")...), nil
	}
	for i, key := range path {
		if here.Kind != yaml.MappingNode || here.Style&yaml.FlowStyle != 0 {
			return nil, &Error{here.Line, here.Column, strings.Join(path[:i], ".") + " must be written as lines of keys, not in braces or otherwise; change it, or add the entry by hand"}
		}
		j := index(here, key)
		if j < 0 {
			return l.add(doc, here, nested(path[i:], value)), nil
		}
		name, next := here.Content[j], here.Content[j+1]
		empty := next.Kind == yaml.ScalarNode && next.Tag == "!!null" && next.Value == "" || next.Kind == yaml.MappingNode && len(next.Content) == 0
		if i == len(path)-1 || empty {
			return l.replace(doc, name, nested(path[i:], value)), nil
		}
		here = next
	}
	return doc, nil
}

// index returns where a key of a mapping is, or -1.
func index(m *yaml.Node, key string) int {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// replace replaces the lines of a key and its value.
func (l yamlc) replace(doc []byte, name *yaml.Node, o clients.Object) []byte {
	from := lineStart(doc, name.Line)
	return splice(doc, from, l.end(doc, from, name.Column-1), l.render(o, strings.Repeat(" ", name.Column-1)))
}

// add puts lines behind those of the last key of a mapping.
func (l yamlc) add(doc []byte, m *yaml.Node, o clients.Object) []byte {
	last := m.Content[len(m.Content)-2]
	end := l.end(doc, lineStart(doc, last.Line), last.Column-1)
	return splice(doc, end, end, l.render(o, strings.Repeat(" ", last.Column-1)))
}

// end returns the end of the value of a key that stands at an indentation: behind the last line that is indented more. A list
// may be indented as its key is. Blank lines at the end are not part of it, nor are comments that are not indented more.
func (yamlc) end(doc []byte, from, indent int) int {
	end, at := from, from
	for line := range bytes.Lines(doc[from:]) {
		first := at == from
		at += len(line)
		rest := bytes.TrimLeft(line, " ")
		deeper := len(line)-len(rest) > indent || len(line)-len(rest) == indent && (bytes.HasPrefix(rest, []byte("- ")) || bytes.Equal(bytes.TrimSpace(rest), []byte("-")))
		blank := len(bytes.TrimSpace(rest)) == 0
		switch {
		case first || deeper && !blank: // also what looks like a comment: it may be in a text of several lines
			end = at
		case !blank && rest[0] != '#':
			return end
		}
	}
	return end
}

// lineStart returns the offset of a line, which is counted from 1.
func lineStart(doc []byte, line int) int {
	offset := 0
	for ; line > 1; line-- {
		offset += bytes.IndexByte(doc[offset:], '\n') + 1
	}
	return offset
}

// render returns the lines of an object.
func (l yamlc) render(o clients.Object, indent string) string {
	var b strings.Builder
	for _, f := range o {
		key := f.Key
		if strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") != "" || strings.HasPrefix(key, "-") {
			key = quote(key)
		}
		if v, ok := f.Value.(clients.Object); ok {
			b.WriteString(indent + key + ":\n" + l.render(v, indent+"  "))
			continue
		}
		b.WriteString(indent + key + ": " + plain(f.Value) + "\n")
	}
	return b.String()
}
