package console

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"dixa-mcp/internal/approval"
)

// value is an argument of a call, as people read it.
type value struct {
	Name string
	Text string
	Long bool // a text of its own
}

// values lists the arguments of a call, as people read them: those that hold most text last. The text that would be sent has a
// place of its own.
func values(r approval.Request) []value {
	readable := r.Shown
	if readable == nil { // it was parked by an earlier release
		readable = r.Arguments
	}
	d := json.NewDecoder(bytes.NewReader(readable))
	d.UseNumber()
	var all any
	if d.Decode(&all) != nil {
		return []value{{Name: "arguments", Text: string(readable), Long: true}}
	}
	var list []value
	flatten(&list, "", all)
	list = slices.DeleteFunc(list, func(v value) bool { return r.Text != "" && v.Text == r.Text })
	slices.SortStableFunc(list, func(a, b value) int { return cmpBool(a.Long, b.Long) })
	return list
}

func cmpBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// flatten adds the values inside a value, each by its path.
func flatten(list *[]value, name string, v any) {
	inside := func(key string) string {
		if name == "" {
			return key
		}
		return name + "." + key
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			flatten(list, inside(key), v[key])
		}
	case []any:
		for i, item := range v {
			flatten(list, inside(strconv.Itoa(i+1)), item)
		}
	case string:
		*list = append(*list, value{name, v, strings.Contains(v, "\n") || len(v) > 80})
	case nil:
		*list = append(*list, value{Name: name, Text: "null"})
	case bool:
		*list = append(*list, value{Name: name, Text: strconv.FormatBool(v)})
	case json.Number:
		*list = append(*list, value{Name: name, Text: v.String()})
	}
}
