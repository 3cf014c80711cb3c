package laws

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/contract"
	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

// TestLayoutsNameFields holds the layouts of answers to the fields that there are: those of our types, of Dixa's documents and
// of the offline Dixa's answers.
func TestLayoutsNameFields(t *testing.T) {
	all := examples(t)
	texts := map[string][]string{}
	for _, op := range contract.Load(t).Operations() {
		texts[op.String()] = append(op.Texts(), slices.Collect(maps.Keys(op.Names()))...)
	}
	known, named := map[reflect.Type]map[string]bool{}, map[reflect.Type][]string{}
	for _, tool := range tools.All() {
		if len(tool.Layout().Names()) == 0 {
			continue
		}
		paths := known[tool.Out()]
		if paths == nil {
			paths = map[string]bool{}
			known[tool.Out()], named[tool.Out()] = paths, tool.Layout().Names()
		}
		fieldsOf(paths, tool.Out(), "")
		for _, op := range tool.Operations {
			for _, path := range texts[op.Method+" "+op.Path] {
				for path = shownAt(tool, path); path != ""; path = path[:max(strings.LastIndexByte(path, '.'), 0)] {
					paths[path] = true
				}
			}
		}
		calls := rehearse(t, tool.Name, all[tool.Name])
		var answer any
		require.NoError(t, json.Unmarshal([]byte(calls[len(calls)-1].json), &answer))
		pathsOf(paths, answer, "")
	}
	for out, layout := range named {
		for _, path := range layout {
			found := known[out][path] || slices.ContainsFunc(slices.Collect(maps.Keys(known[out])), func(p string) bool { return strings.HasSuffix(p, "."+path) })
			assert.True(t, found, "tools/layout_table.go: %s has no field %q", out, path)
		}
	}
}

// fieldsOf adds the paths of the fields of a type.
func fieldsOf(paths map[string]bool, t reflect.Type, path string) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || strings.Count(path, ".") > 6 {
		return
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "" || name == "-" {
			continue
		}
		paths[path+name] = true
		fieldsOf(paths, f.Type, path+name+".")
	}
}

// pathsOf adds the paths of the fields of an answer.
func pathsOf(paths map[string]bool, v any, path string) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			pathsOf(paths, e, path)
		}
	case map[string]any:
		for name, e := range v {
			inner := path + name
			if name == "items" && path == "" {
				inner = ""
			} else {
				paths[inner] = true
				inner += "."
			}
			pathsOf(paths, e, inner)
		}
	}
}

// Text is written for models: it takes fewer tokens than JSON in every example, and never more than a few in any.
func TestTextIsShorterThanJSON(t *testing.T) {
	all := examples(t)
	texts, jsons := 0, 0
	for _, tool := range tools.All() {
		calls := rehearse(t, tool.Name, all[tool.Name])
		last := calls[len(calls)-1]
		text, inJSON := view.EstimateTokens(last.text), view.EstimateTokens(last.json)
		texts, jsons = texts+text, jsons+inJSON
		require.LessOrEqual(t, text, inJSON+8, tool.Name)
	}
	t.Logf("all examples: %d tokens as JSON, %d as text", jsons, texts)
	require.Less(t, texts*10, jsons*7)
}
