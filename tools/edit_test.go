package tools

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/seeds"
)

// editable is every tool whose text an approver may edit, with the argument that holds it. A new tool that sends or leaves a text
// for people belongs here, and its argument gets the tag edit.
var editable = map[string]string{
	"send_message":        "text",
	"record_message":      "text",
	"create_conversation": "text",
	"add_note":            "message",
	"reply":               "text",
	"draft_reply":         "text",
	"update_conversation": "note",
}

func TestMessageTexts(t *testing.T) {
	found := map[string]string{}
	for _, tool := range All() {
		if argument, _ := tool.MessageText(); argument != "" {
			found[tool.Name] = argument
		}
	}
	require.Equal(t, editable, found)
}

// An edit changes the message text of a call, and nothing else of any tool.
func TestEditChangesTheTextAlone(t *testing.T) {
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		for _, tool := range All() {
			argument, instead := tool.MessageText()
			given := map[string]json.RawMessage{}
			for _, p := range tool.Schema().Properties() {
				if r.IntN(2) == 0 {
					given[p.Name] = []json.RawMessage{[]byte(`"a"`), []byte("7"), []byte(`["x",{"text":"t","message":"m"}]`), []byte("true")}[r.IntN(4)]
				}
			}
			arguments, err := json.Marshal(given)
			require.NoError(t, err)
			has := given[argument] != nil || slices.ContainsFunc(instead, func(name string) bool { return given[name] != nil })
			edited, err := tool.WithText(arguments, "new \u202e text")
			if argument == "" || !has {
				require.Error(t, err, "%s %s", tool.Name, arguments)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, "new \u202e text", tool.TextIn(edited))
			var after map[string]json.RawMessage
			require.NoError(t, json.Unmarshal(edited, &after))
			for _, name := range append(instead, argument) {
				delete(given, name)
			}
			delete(after, argument)
			require.Equal(t, slices.Sorted(maps.Keys(given)), slices.Sorted(maps.Keys(after)), tool.Name)
			for name, value := range given {
				require.JSONEq(t, string(value), string(after[name]), "%s.%s", tool.Name, name)
			}
		}
	})
}
