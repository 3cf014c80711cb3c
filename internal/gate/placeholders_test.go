package gate_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// filler makes arguments of a schema in which one text, the one at index, is different.
type filler struct {
	index, texts int
	other        string
}

func (f *filler) value(schema map[string]any) any {
	switch schema["type"] {
	case "integer", "number":
		return 1
	case "boolean":
		return true
	case "array":
		return []any{f.value(schema["items"].(map[string]any))}
	case "object":
		made := map[string]any{}
		properties, _ := schema["properties"].(map[string]any)
		if len(properties) == 0 {
			made["name"] = f.text()
		}
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			made[name] = f.value(properties[name].(map[string]any))
		}
		return made
	}
	if enum, ok := schema["enum"].([]any); ok {
		return enum[0]
	}
	description, _ := schema["description"].(string)
	switch {
	case strings.HasPrefix(description, "uuid"):
		return nobody
	case strings.HasPrefix(description, "date-time"):
		return "2026-04-01T09:00:00Z"
	}
	return f.text()
}

func (f *filler) text() string {
	if f.texts++; f.texts-1 == f.index {
		return f.other
	}
	return "x"
}

// No write of any tool carries a placeholder of an answer to Dixa, in whichever of its texts it is and however it is
// spelled.
func TestPlaceholdersAreNotWritten(t *testing.T) {
	b := newBed(t, strings.Replace(everythingBut("{}"), "    only: {}\n", "", 1))
	spellings := []string{"[redacted]", "a… [cut: 1,234 characters]", "&#91;Earlier message quoted: 90 characters]", "[ IMAGE, 46 kB ]", "[signature]", "[<b>quotes</b> #4]"}
	refused := 0
	for _, tool := range tools.All() {
		if tool.Level == dixaclient.Read {
			continue
		}
		var schema map[string]any
		require.NoError(t, json.Unmarshal(tool.Schema().JSON(), &schema))
		for name := range schema["properties"].(map[string]any) { // each argument by itself, beside those that are required
			texts := 1
			for index := 0; index < texts; index++ {
				arguments := func(other string) (string, int) {
					f := filler{index: index, other: other}
					made := map[string]any{name: f.value(schema["properties"].(map[string]any)[name].(map[string]any))}
					found := f.texts
					for _, required := range asList(schema["required"]) {
						if required != name {
							made[required.(string)] = (&filler{index: -1}).value(schema["properties"].(map[string]any)[required.(string)].(map[string]any))
						}
					}
					raw, err := json.Marshal(made)
					require.NoError(t, err)
					return string(raw), found
				}
				harmless, found := arguments("x")
				if texts = found; index >= found {
					break
				}
				if _, err := tool.Decode(tool.Schema(), []byte(harmless), nil); err != nil {
					continue // an id or the like, which takes no text at all
				}
				raw, _ := arguments(spellings[refused%len(spellings)])
				sent := len(b.dixa.Requests())
				a := b.call("bounded", tool.Name, withoutActors(t, tool, raw))
				require.True(t, a.Failed, "%s %s", tool.Name, raw)
				require.Len(t, b.dixa.Requests(), sent, "%s %s", tool.Name, raw)
				if !strings.Contains(a.Text, "must not be written") {
					require.Regexp(t, "must be|, want ", a.Text, "%s %s", tool.Name, raw) // an id, which takes no such text
					continue
				}
				require.Contains(t, a.Text, name, tool.Name)
				refused++
			}
		}
	}
	require.Greater(t, refused, 80)
	t.Logf("%d texts", refused)
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}

// withoutActors leaves out who acts, which the capability file fills in.
func withoutActors(t *testing.T, tool *tools.Tool, raw string) string {
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(raw), &m))
	for _, name := range tool.Actors() {
		delete(m, name)
	}
	out, err := json.Marshal(m)
	require.NoError(t, err)
	return string(out)
}
