package tools

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

var nameOfID = regexp.MustCompile(`(^|\.)(id|csid)$|(Id|ID|Ids|_id|By|_by)$`)

// ids returns the paths of all fields of a type that hold ids, by their types or by what they are called.
func ids(t reflect.Type, path string, around []reflect.Type) (list []string) {
	switch t {
	case reflect.TypeFor[dixaclient.UUID](), reflect.TypeFor[dixaclient.ActingAgent](), reflect.TypeFor[dixaclient.Name]():
		return []string{path}
	case reflect.TypeFor[dixaclient.Time](), reflect.TypeFor[json.RawMessage]():
		return nil
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer, reflect.Map:
		return ids(t.Elem(), path, around)
	case reflect.String:
		if nameOfID.MatchString(path) {
			return []string{path}
		}
	case reflect.Struct:
		if slices.Contains(around, t) {
			return nil
		}
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous {
				name = ""
			}
			list = append(list, ids(f.Type, strings.Trim(path+"."+name, "."), append(around, t))...)
		}
	}
	return list
}

// isDecided reports whether a table has an entry for a path or for something above it.
func isDecided(things map[string]dixaclient.Thing, path string) bool {
	for at := path; ; at = at[:max(strings.LastIndexByte(at, '.'), 0)] {
		if _, listed := things[at]; listed || at == "" {
			return listed
		}
	}
}

// TestEveryIDIsNamedOrNot goes over all fields of all answers that hold ids: each has an entry that says what it names, or
// that nothing names it. laws.TestEveryIDOfTheContractIsNamedOrNot does so for those that only Dixa's contract has.
func TestEveryIDIsNamedOrNot(t *testing.T) {
	for _, tool := range All() {
		item, outcomes := itemOf(tool.out)
		prefix := ""
		if outcomes {
			prefix = "results."
		}
		for _, path := range ids(item, "", nil) {
			require.True(t, isDecided(tool.Things, strings.TrimSuffix(prefix+path, ".")),
				"%s answers with %s, whose field %q holds ids and has no entry: say in tools/things_table.go what they name", tool.Name, item, path)
		}
	}
}

// Every type in the table is the answer of a tool.
func TestThingsAreOfAnswers(t *testing.T) {
	used := map[reflect.Type]bool{}
	for _, tool := range All() {
		item, _ := itemOf(tool.out)
		used[item] = true
	}
	for of := range things {
		require.True(t, used[of], "tools/things_table.go: no tool answers with %s", of)
	}
}
