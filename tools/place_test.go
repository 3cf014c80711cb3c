package tools

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

// A key of a page that was cut becomes Dixa's key and limit in all forms that arguments have.
func TestCutKeyBecomesDixasInAllForms(t *testing.T) {
	tool, ok := ByName("list_end_user_conversations")
	require.True(t, ok)
	const user = `"userId":"2ebb7a64-403d-4a3a-a9df-8a9cdbcef43f"`
	for _, c := range []struct {
		limit     int
		key, want string
	}{
		{20, `a"<b`, `{` + user + `,"pageKey":"a\"\u003cb","pageLimit":20}`},
		{0, "", `{` + user + `}`},
	} {
		key, err := json.Marshal(view.CutKey(3, c.limit, 5, c.key))
		require.NoError(t, err)
		args, err := tool.Decode(tool.Schema(), json.RawMessage(`{`+user+`,"pageLimit":7,"pageKey":`+string(key)+`}`), nil)
		require.NoError(t, err)
		require.Equal(t, c.want, string(args.JSON))
		require.Equal(t, c.want, string(args.Values.JSON()))
		require.Equal(t, c.key, args.Values.Get("pageKey").Text())
		require.Equal(t, c.limit, args.Values.Get("pageLimit").Int())
		require.Equal(t, []any{3, 5, c.key, c.limit}, []any{args.Skip, args.Offset, args.PageKey, args.Limit})
		in := args.In.(*dixaclient.ListEndUserConversationsIn)
		require.Equal(t, []any{c.key, c.limit}, []any{in.PageKey, in.PageLimit})
	}
}

// A message is given by its id, or by its number with or without #.
func TestOneMessage(t *testing.T) {
	body := []byte(`{"data":[{"id":"A"},{"id":"b"}]}`)
	for id, want := range map[string]string{"a": `{"id":"A"}`, "#2": `{"id":"b"}`, " #2": `{"id":"b"}`, "2": `{"id":"b"}`} {
		got, err := oneMessage(body, id)
		require.NoError(t, err, id)
		require.Equal(t, want, string(got))
	}
	for _, id := range []string{"#3", "0", "#x", "c"} {
		_, err := oneMessage(body, id)
		require.ErrorContains(t, err, "the conversation has 2, #1 to #2", id)
	}
}
