package capability

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// at says where in the file something is.
type at struct {
	key          string // its path: agents.triage.allow
	line, column int
}

func place(n *yaml.Node, key string) at { return at{key, n.Line, n.Column} }

// decoder reads YAML nodes into the types of the file and collects what is wrong. After a problem it goes on, so that
// one run shows all of them; what could not be read is left zero.
type decoder struct {
	catalog  *catalog
	lexicon  lexicon // known after the file was read
	problems []Note
}

func (d *decoder) fail(where at, format string, args ...any) {
	d.problems = append(d.problems, Note{where.line, where.column, where.key, fmt.Sprintf(format, args...)})
}

// decodable is a type of the file that reads itself. Structs that are not decodable are read field by field.
type decodable interface {
	decode(d *decoder, n *yaml.Node, key string)
}

// read reads n, which is under key, into what target points to.
func (d *decoder) read(target any, n *yaml.Node, key string) {
	if !d.plain(n, key) {
		return
	}
	if t, ok := target.(decodable); ok {
		t.decode(d, n, key)
		return
	}
	d.structure(reflect.ValueOf(target).Elem(), n, key)
}

// plain refuses the parts of YAML with which a file can mean something else than it seems to.
func (d *decoder) plain(n *yaml.Node, key string) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		d.fail(place(n, key), "is a YAML alias (*); write it out")
	case n.Anchor != "":
		d.fail(place(n, key), "has a YAML anchor (&); anchors are not allowed")
	case n.Style&yaml.TaggedStyle != 0:
		d.fail(place(n, key), "has a YAML tag (!); tags are not allowed")
	default:
		return true
	}
	return false
}

func (d *decoder) structure(v reflect.Value, n *yaml.Node, key string) {
	t := v.Type()
	names, required := make([]string, t.NumField()), make([]bool, t.NumField())
	for i := range names {
		var option string
		names[i], option, _ = strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		required[i] = option == "required"
	}
	for name, value := range d.pairs(n, key) {
		i := slices.Index(names, name.text)
		if i < 0 {
			d.fail(name.at, "unknown key%s", didYouMean(name.text, names))
			continue
		}
		required[i] = false
		target := v.Field(i).Addr().Interface()
		if s, ok := target.(interface{ stands(at) }); ok {
			s.stands(name.at)
		}
		d.read(target, value, name.key)
	}
	for i, missing := range required {
		if missing && n.Kind == yaml.MappingNode {
			d.fail(place(n, join(key, names[i])), "is missing")
		}
	}
}

// pairs yields the keys of a mapping, which must be different texts, with their values.
func (d *decoder) pairs(n *yaml.Node, key string) iter.Seq2[word, *yaml.Node] {
	return func(yield func(word, *yaml.Node) bool) {
		if n.Kind != yaml.MappingNode {
			d.fail(place(n, key), "must be a mapping, not %s", kind(n))
			return
		}
		lines := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Tag == "!!merge" {
				d.fail(place(k, key), "has a YAML merge key (<<); write the keys out")
				continue
			}
			text, ok := d.text(k, key)
			if !ok {
				continue
			}
			name := word{place(k, join(key, text)), text}
			if line, twice := lines[text]; twice {
				d.fail(name.at, "stands here a second time, first on line %d", line)
				continue
			}
			lines[text] = k.Line
			if !yield(name, n.Content[i+1]) {
				return
			}
		}
	}
}

// text reads a text.
func (d *decoder) text(n *yaml.Node, key string) (string, bool) {
	switch {
	case !d.plain(n, key):
		return "", false
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str":
		return n.Value, true
	case n.Kind == yaml.ScalarNode && n.Tag != "!!null":
		d.fail(place(n, key), "must be text, not %s: put %.80s in quotes", kind(n), n.Value)
	default:
		d.fail(place(n, key), "must be text, not %s", kind(n))
	}
	return "", false
}

// word reads one of a few words.
func (d *decoder) word(n *yaml.Node, key string, words []string) (string, bool) {
	text, ok := d.text(n, key)
	if ok && !slices.Contains(words, text) {
		d.fail(place(n, key), "must be one of %s, not %.80q%s", strings.Join(words, ", "), text, didYouMean(text, words))
		return "", false
	}
	return text, ok
}

// kind says what a node that is no alias is.
func kind(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	case n.Tag == "!!str":
		return "text"
	case n.Tag == "!!bool":
		return "true or false"
	case n.Tag == "!!timestamp":
		return "a date"
	}
	return "a number"
}

// isPlainKey tells whether a key can be used in a path as it is.
func isPlainKey(name string) bool {
	odd := strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z') && !('A' <= r && r <= 'Z') && !('0' <= r && r <= '9') && !strings.ContainsRune("_.*-", r)
	})
	return name != "" && len(name) <= 80 && !odd
}

// join returns the path of a key under another.
func join(key, name string) string {
	if !isPlainKey(name) {
		name = strconv.Quote(fmt.Sprintf("%.80s", name))
	}
	if key == "" {
		return name
	}
	return key + "." + name
}
