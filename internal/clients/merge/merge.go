// Package merge changes one entry of a configuration file and keeps everything else in it as it is: comments, order, unknown
// keys, line ends and a byte order mark. It reads JSON with comments, TOML and YAML.
package merge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"dixa-mcp/internal/base/plainjson"
	"dixa-mcp/internal/clients"
)

// Error is a place in a file that cannot be read or changed. Column is 0 if the parser does not tell it.
type Error struct {
	Line, Column int
	Text         string
}

// Error returns the place and what is wrong there.
func (e *Error) Error() string {
	if e.Column == 0 {
		return fmt.Sprintf("line %d: %s", e.Line, e.Text)
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Text)
}

// failf returns an error about a place, given by its offset.
func failf(doc []byte, offset int, format string, args ...any) error {
	before := doc[:min(offset, len(doc))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return &Error{line, column, fmt.Sprintf(format, args...)}
}

// language is what differs between formats. Documents have \n as line ends, and no byte order mark.
type language interface {
	// decode returns the document's value, or an [Error].
	decode(doc []byte) (map[string]any, error)
	// put makes the object the value at the path.
	put(doc []byte, path []string, value clients.Object) ([]byte, error)
}

var languages = map[clients.Format]language{clients.JSON: jsonc{}, clients.TOML: tomlc{}, clients.YAML: yamlc{}}

var mark = []byte("\ufeff")

// Apply makes the edits in a document, which may be empty. Without a change it returns the same bytes. A value of a person in
// place of [clients.Placeholder] is kept.
func Apply(format clients.Format, doc []byte, edits []clients.Edit) ([]byte, error) {
	l := languages[format]
	if !utf8.Valid(doc) {
		return nil, errors.New("the file is not UTF-8 text")
	}
	text, hasMark := bytes.CutPrefix(doc, mark)
	windows := bytes.Contains(text, []byte("\r\n"))
	if mixed := bytes.Count(text, []byte("\n")) != bytes.Count(text, []byte("\r\n")); windows && !mixed {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	} else {
		windows = false
	}
	changed := text
	for _, e := range edits {
		var err error
		if changed, err = apply(l, changed, e); err != nil {
			return nil, err
		}
	}
	if bytes.Equal(changed, text) {
		return doc, nil
	}
	if windows {
		changed = bytes.ReplaceAll(changed, []byte("\n"), []byte("\r\n"))
	}
	if hasMark {
		changed = append(bytes.Clone(mark), changed...)
	}
	return changed, nil
}

// apply makes one edit, and checks that the result says what it should and nothing else.
func apply(l language, doc []byte, e clients.Edit) ([]byte, error) {
	whole, err := l.decode(doc)
	if err != nil {
		return nil, err
	}
	path := e.Path
	if n := len(e.NewPath); n > 0 {
		if _, ok := at(whole, e.NewPath[:n-1]).(map[string]any); ok {
			path = e.NewPath
		}
	}
	if e.ListKey != "" {
		return applyToList(doc, whole, e)
	}
	value := kept(e.Value, at(whole, path))
	if same(generic(value), at(whole, path)) {
		return doc, nil
	}
	changed, err := l.put(doc, path, value)
	if err != nil {
		return nil, err
	}
	set(whole, path, generic(value))
	return changed, says(l, changed, whole, path)
}

// applyToList replaces the item of a list with the same value of the edit's key, or adds one. Only JSON files have such lists,
// and at a key of the root.
func applyToList(doc []byte, whole map[string]any, e clients.Edit) ([]byte, error) {
	key := e.Path[0]
	items, _ := whole[key].([]any)
	i := slices.IndexFunc(items, func(item any) bool { return at(item, []string{e.ListKey}) == e.Value.Get(e.ListKey) })
	switch {
	case i < 0:
		items = append(items, generic(e.Value))
	case same(items[i], generic(e.Value)):
		return doc, nil
	default:
		items[i] = generic(e.Value)
	}
	changed, err := jsonc{}.putItem(doc, key, e.ListKey, e.Value)
	if err != nil {
		return nil, err
	}
	whole[key] = items
	return changed, says(jsonc{}, changed, whole, e.Path)
}

// says checks that a changed document says what it should and nothing else.
func says(l language, changed []byte, want map[string]any, path []string) error {
	if got, err := l.decode(changed); err != nil || !same(got, want) {
		return fmt.Errorf("the file is written in a way that cannot be changed safely at %s; add the entry by hand", strings.Join(path, "."))
	}
	return nil
}

// at returns the value at a path, or nil.
func at(value any, path []string) any {
	for _, key := range path {
		m, _ := value.(map[string]any)
		value = m[key]
	}
	return value
}

// set makes a value the one at a path. Objects on the way are made where there is nothing.
func set(m map[string]any, path []string, value any) {
	for _, key := range path[:len(path)-1] {
		next, ok := m[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			m[key] = next
		}
		m = next
	}
	m[path[len(path)-1]] = value
}

// kept returns the object with the values of persons in place of placeholders.
func kept(o clients.Object, old any) clients.Object {
	before, _ := old.(map[string]any)
	out := append(clients.Object{}, o...)
	for i, f := range out {
		switch v := f.Value.(type) {
		case clients.Object:
			out[i].Value = kept(v, before[f.Key])
		case string:
			if was, ok := before[f.Key].(string); ok && strings.Contains(v, clients.Placeholder) {
				out[i].Value = was
			}
		}
	}
	return out
}

// generic returns an object as decoders return it.
func generic(o clients.Object) map[string]any {
	m := map[string]any{}
	for _, f := range o {
		switch v := f.Value.(type) {
		case clients.Object:
			m[f.Key] = generic(v)
		default:
			m[f.Key] = v
		}
	}
	return m
}

// same reports whether two values are equal as JSON. Values that JSON does not have, such as infinity, are as Go prints them.
func same(a, b any) bool { return bytes.Equal(canonical(a), canonical(b)) }

func canonical(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Appendf(nil, "%#v", v)
	}
	return text
}

// quote returns a string in double quotes, in a form that JSON, TOML and YAML read alike.
func quote(s string) string {
	text, _ := plainjson.Marshal(s) // a string always has a form
	return strings.ReplaceAll(string(text), "\x7f", `\u007f`)
}

// list returns the strings of a list in one line.
func list(all []string) string {
	quoted := make([]string, len(all))
	for i, s := range all {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// plain returns a value that is not an object, in a form that all formats read alike.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return quote(v)
	case []string:
		return list(v)
	}
	return fmt.Sprint(v)
}

// splice replaces the bytes from one offset to another.
func splice(doc []byte, from, to int, text string) []byte {
	return append(append(bytes.Clone(doc[:from]), text...), doc[to:]...)
}
