package serve

import (
	"bytes"
	"encoding/json"
	"strings"
)

// repeats tells whether a message, its params or their _meta have a name twice, in whatever case: readers of JSON take one
// or the other, or something of both, so that the library would carry out another message than the one that was looked
// at here. The message is valid JSON.
func repeats(message []byte) bool {
	names := make([]string, 0, 8)
	var path []string // where the objects stand that are open; "" where that does not matter
	begins := []int{} // where the names of each begin in names
	for i := 0; i < len(message); i++ {
		switch message[i] {
		case '{', '[':
			here := ""
			if len(path) == 0 {
				here = "message"
			} else if parent := path[len(path)-1]; message[i] == '{' && len(names) > begins[len(begins)-1] {
				here = within(parent, names[len(names)-1])
			}
			path, begins = append(path, here), append(begins, len(names))
		case '}', ']':
			names = names[:begins[len(begins)-1]]
			path, begins = path[:len(path)-1], begins[:len(begins)-1]
		case '"':
			end := i + 1
			for ; message[end] != '"'; end++ {
				if message[end] == '\\' {
					end++
				}
			}
			text := message[i : end+1]
			i = end
			if len(path) == 0 || path[len(path)-1] == "" || !named(message[end+1:]) {
				continue
			}
			name := plain(text)
			for _, before := range names[begins[len(begins)-1]:] {
				if strings.EqualFold(before, name) {
					return true
				}
			}
			names = append(names, name)
		}
	}
	return false
}

// within is where an object stands that is called so in another.
func within(parent, name string) string {
	switch {
	case parent == "message" && strings.EqualFold(name, "params"):
		return "params"
	case parent == "params" && strings.EqualFold(name, "_meta"):
		return "_meta"
	}
	return ""
}

// named tells whether a text is the name of what follows.
func named(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

// plain is a text of JSON without its quotes.
func plain(text []byte) string {
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text[1 : len(text)-1])
	}
	var s string
	_ = json.Unmarshal(text, &s) // it is valid
	return s
}
