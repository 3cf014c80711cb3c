package merge

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"dixa-mcp/internal/clients"
)

// tomlc is TOML, whose comments are kept: an entry is a table of its own, which is found by the parser's positions.
type tomlc struct{}

func (tomlc) decode(doc []byte) (map[string]any, error) {
	m := map[string]any{}
	err := toml.Unmarshal(doc, &m)
	if d := new(toml.DecodeError); errors.As(err, &d) {
		line, column := d.Position()
		return nil, &Error{line, column, "invalid TOML: " + strings.TrimPrefix(d.Error(), "toml: ")}
	}
	return m, err
}

// expression is a table header or a key with its value: the lines from one offset to another.
type expression struct {
	key      []string // from the root
	header   bool
	from, to int
}

// expressions returns those of a document. Comments and blank lines between them belong to none.
func (tomlc) expressions(doc []byte) ([]expression, error) {
	var all []expression
	var table []string
	p := unstable.Parser{}
	p.Reset(doc)
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind != unstable.Table && e.Kind != unstable.ArrayTable && e.Kind != unstable.KeyValue {
			continue
		}
		var key []string
		offset := -1
		for keys := e.Key(); keys.Next(); {
			if offset < 0 {
				offset = int(keys.Node().Raw.Offset)
			}
			key = append(key, string(keys.Node().Data))
		}
		x := expression{key: key, header: e.Kind != unstable.KeyValue, from: bytes.LastIndexByte(doc[:offset], '\n') + 1}
		switch e.Kind {
		case unstable.ArrayTable:
			table = append(slices.Clone(key), "[]") // which is no prefix of an entry's path
			x.key = table
		case unstable.Table:
			table = key
		default:
			x.key = append(slices.Clone(table), key...)
		}
		all = append(all, x)
	}
	for i := range all {
		end := len(doc)
		if i+1 < len(all) {
			end = all[i+1].from
		}
		all[i].to = all[i].from + contentLength(doc[all[i].from:end], "#")
	}
	return all, p.Error()
}

// contentLength returns the length of text without the blank lines and comments at its end.
func contentLength(text []byte, comment string) int {
	length, end := 0, 0
	for line := range bytes.Lines(text) {
		end += len(line)
		if rest := bytes.TrimSpace(line); len(rest) > 0 && !bytes.HasPrefix(rest, []byte(comment)) {
			length = end
		}
	}
	return length
}

func (l tomlc) put(doc []byte, path []string, value clients.Object) ([]byte, error) {
	all, err := l.expressions(doc)
	if err != nil {
		return nil, err
	}
	text := strings.Join(l.render(nil, path, value), "\n")
	placed := false
	inside := func(key []string) bool { return len(key) >= len(path) && slices.Equal(key[:len(path)], path) }
	for i := range len(all) - 1 { // blank lines within the entry go with it
		if between := doc[all[i].to:all[i+1].from]; inside(all[i].key) && inside(all[i+1].key) && len(bytes.TrimSpace(between)) == 0 {
			all[i].to = all[i+1].from
		}
	}
	for _, x := range slices.Backward(all) {
		switch {
		case inside(x.key):
			replacement := ""
			if first := slices.IndexFunc(all, func(y expression) bool { return y.header && inside(y.key) }); first >= 0 && all[first].from == x.from {
				replacement, placed = text, true
			}
			doc = splice(doc, x.from, x.to, replacement)
		case !x.header && len(x.key) < len(path) && slices.Equal(x.key, path[:len(x.key)]):
			return nil, failf(doc, x.from, "%s is a table in one line; write it as [%s.NAME] first", strings.Join(x.key, "."), strings.Join(x.key, "."))
		}
	}
	if !placed {
		if len(doc) > 0 && !bytes.HasSuffix(doc, []byte("\n")) {
			doc = append(bytes.Clone(doc), '\n')
		}
		if len(bytes.TrimSpace(doc)) > 0 && !bytes.HasSuffix(doc, []byte("\n\n")) {
			text = "\n" + text
		}
		doc = append(bytes.Clone(doc), text...)
	}
	return doc, nil
}

// render returns the lines of a table and those within it.
func (l tomlc) render(lines, path []string, o clients.Object) []string {
	lines = append(lines, "["+l.dotted(path)+"]")
	var tables []clients.Field
	for _, f := range o {
		if _, ok := f.Value.(clients.Object); ok {
			tables = append(tables, f)
			continue
		}
		lines = append(lines, l.dotted([]string{f.Key})+" = "+plain(f.Value))
	}
	lines = append(lines, "")
	for _, f := range tables {
		lines = l.render(lines, append(slices.Clone(path), f.Key), f.Value.(clients.Object))
	}
	return lines
}

// dotted returns a key, whose parts are quoted where they must be.
func (tomlc) dotted(path []string) string {
	parts := slices.Clone(path)
	for i, part := range parts {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
			parts[i] = quote(part)
		}
	}
	return strings.Join(parts, ".")
}
