package view

import (
	"bytes"
	"slices"
	"strings"

	"dixa-mcp/internal/base/jsonscan"
	"dixa-mcp/internal/base/uuid"
)

// afterLayout is the place of fields that no layout names.
const afterLayout = 1 << 20

// longestInLine is how many bytes of a text stay in the line of its item.
const longestInLine = 240

// fact is a field that is written in the line of its item.
type fact struct {
	*column
	path  string
	value []byte
	pair  bool   // one of several in an array, which has a label of its own or none
	name  []byte // of a pair: the label, as JSON
	of    string // of a value of a custom attribute: the attribute's id
}

// trailer is what follows the line of an item: prose, or a list of things.
type trailer struct {
	*column
	path  string
	value []byte
}

// dropRepeated drops the facts from one on that are left out where another of them is there, has the same value, or names the
// same.
func (t *texter) dropRepeated(from int) {
	facts := t.facts[from:]
	repeated := func(f fact) bool {
		return f.unless+f.equals+f.named+f.again != "" && slices.ContainsFunc(facts, func(other fact) bool {
			return f.unless != "" && other.path == f.unless || f.equals != "" && other.path == f.equals && bytes.Equal(other.value, f.value) ||
				f.named != "" && other.path == f.named && !t.o.IDs && t.isUnique(other.value) ||
				f.again != "" && other.path == f.again && t.wasSaid(f.value, other.value)
		})
	}
	if !slices.ContainsFunc(facts, repeated) {
		return
	}
	for _, f := range facts { // those that are dropped are compared with, too: they go at the end
		if !repeated(f) {
			t.facts = append(t.facts, f)
		}
	}
	t.facts = slices.Delete(t.facts, from, from+len(facts))
}

// isUnique reports whether a value is a name that no other item of the answer has.
func (t *texter) isUnique(value []byte) bool {
	return isString(value) && IsName(unquote(value)) && !t.shared[nameKey(value)]
}

// nameKey returns a name as names are compared.
func nameKey(value []byte) string { return strings.ToLower(Clean(unquote(value))) }

// wasSaid reports whether an item before the one being written has the same value beside the same other value.
func (t *texter) wasSaid(value, beside []byte) bool {
	first, known := t.first[pairKey(value, beside)]
	return known && first < t.number
}

// pairKey returns two values as they are compared.
func pairKey(value, beside []byte) string { return nameKey(value) + "\x00" + nameKey(beside) }

// findFirst notes at which item that is shown each value begins that the items after it need not repeat.
func (t *texter) findFirst(path string, c *column, arr []byte) {
	number := 0
	for item := range jsonscan.Elements(arr) {
		if number++; number <= t.o.Skip {
			continue
		}
		prefix := string(t.path) + "."
		value, beside := at(item, strings.TrimPrefix(path, prefix)), at(item, strings.TrimPrefix(c.again, prefix))
		if !isString(value) || !isString(beside) {
			continue
		}
		if t.first == nil {
			t.first = map[string]int{}
		}
		if key := pairKey(value, beside); t.first[key] == 0 {
			t.first[key] = number
		}
	}
}

// findShared notes which names several items of a list have, and where the values begin that are not repeated.
func (t *texter) findShared(arr []byte) {
	for path, c := range t.o.Layout.columns {
		if c.again != "" {
			t.findFirst(path, c, arr)
		}
		if c.named == "" {
			continue
		}
		seen := map[string]bool{}
		for item := range jsonscan.Elements(arr) {
			if v := at(item, strings.TrimPrefix(c.named, string(t.path)+".")); isString(v) {
				if name := nameKey(v); seen[name] {
					if t.shared == nil {
						t.shared = map[string]bool{}
					}
					t.shared[name] = true
				} else {
					seen[name] = true
				}
			}
		}
	}
}

// gather finds the facts of an object and what follows them.
func (t *texter) gather(obj []byte) {
	for key, value := range jsonscan.Members(obj) {
		length := len(t.path)
		if string(key) == "untrusted" && value[0] == 't' {
			continue
		}
		if length > 0 {
			t.path = append(t.path, '.')
		}
		t.path = append(t.path, key...)
		c, listed := t.o.Layout.columns[string(t.path)]
		if !listed {
			c = &column{place: afterLayout, label: t.label(key), line: t.o.Layout.lines + 1, dropped: string(key) == "_type"}
		}
		dropped := c.dropped || c.detail && !t.alone || c.quiet && value[0] == 'f'
		if !dropped || t.o.IDs && uuid.Is(value[1:len(value)-1]) {
			t.sort(c, obj, value)
		}
		t.path = t.path[:length]
	}
}

// label returns the label of a field that no layout names: words, or the name itself in quotation marks where it is no
// name of Dixa's.
func (t *texter) label(key []byte) string {
	if !all(key, inName) {
		return string(appendValue(nil, decode(key), true))
	}
	return labelOf(string(t.path[t.base:]))
}

// sort puts the value of a field of an object where it is written.
func (t *texter) sort(c *column, obj, value []byte) {
	path := string(t.path)
	switch {
	case c.name != "" && value[0] == '[':
		for pair := range jsonscan.Elements(value) {
			if pair[0] != '{' {
				continue
			}
			for _, of := range c.values {
				if v := at(pair, of); v != nil {
					t.facts = append(t.facts, fact{c, path + "." + of, v, true, at(pair, c.name), t.attribute(path+"."+of, pair)})
					break
				}
			}
		}
	case c.only != "" && value[0] == '[' && !t.alone:
		if only := fieldOfEach(value, c.only); len(only) > len("[]") {
			t.facts = append(t.facts, fact{column: c, path: path + "." + c.only, value: only})
		}
	case value[0] == '{' && !c.keyed:
		t.gather(value)
	case value[0] == '[' && !scalars(value), c.prose, value[0] == '"' && isProse(value):
		t.below = append(t.below, trailer{c, path, value})
	default:
		t.facts = append(t.facts, fact{column: c, path: path, value: value, of: t.attribute(path, obj)})
	}
}

// fieldOfEach returns an array of one field of each object of an array.
func fieldOfEach(arr []byte, field string) []byte {
	only := []byte{'['}
	for e := range jsonscan.Elements(arr) {
		v := at(e, field)
		if v == nil {
			continue
		}
		if len(only) > 1 {
			only = append(only, ',')
		}
		only = append(only, v...)
	}
	return append(only, ']')
}

// at returns the value at a path of names, or nil.
func at(obj []byte, path string) []byte {
	name, rest, deeper := strings.Cut(path, ".")
	if obj[0] != '{' {
		return nil
	}
	for key, value := range jsonscan.Members(obj) {
		if string(key) == name {
			if deeper {
				return at(value, rest)
			}
			return value
		}
	}
	return nil
}

func scalars(arr []byte) bool {
	for e := range jsonscan.Elements(arr) {
		if e[0] == '{' || e[0] == '[' || e[0] == '"' && isProse(e) {
			return false
		}
	}
	return true
}

// isProse reports whether a string is a text for lines of its own: a long one, or one that has lines.
func isProse(s []byte) bool {
	return len(s) > longestInLine || strings.Contains(string(s), `\n`)
}
