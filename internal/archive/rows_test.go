package archive

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

// columns are the fields that have a place of their own in the store.
var columns = map[What][]string{
	Conversations: {"id", "created_at", "updated_at", "queued_at", "assigned_at", "closed_at", "last_message_created_at", "anonymized_at", "exports_handling_duration",
		"initial_channel", "direction", "status", "queue_id", "queue_name", "assignee_id", "assignee_name", "requester_id", "tags"},
	Messages: {"id", "csid", "created_at", "direction", "is_automated_message", "duration", "text"},
}

// exported returns the documented fields of an export: those of the client, and those of the contract where it is at hand.
func exported(t *testing.T, what What) []string {
	row, schema := reflect.TypeFor[dixaclient.ExportedConversation](), "ExportedConversation"
	if what == Messages {
		row, schema = reflect.TypeFor[dixaclient.ExportedMessage](), "ExportedMessage"
	}
	names := map[string]bool{}
	for _, f := range reflect.VisibleFields(row) {
		names[f.Tag.Get("json")] = true
	}
	if dir := os.Getenv("DIXA_CONTRACT"); dir != "" {
		text, err := os.ReadFile(filepath.Join(dir, "openapi-exports.json"))
		require.NoError(t, err)
		var document struct {
			Components struct {
				Schemas map[string]struct{ Properties map[string]any }
			}
		}
		require.NoError(t, json.Unmarshal(text, &document))
		require.NotEmpty(t, document.Components.Schemas[schema].Properties)
		for name := range document.Components.Schemas[schema].Properties {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// leftOut names the fields of exports that are not kept: Dixa computes them from others that are.
var leftOut = map[What][]string{
	Conversations: {
		"total_duration",    // closed_at - created_at
		"handling_duration", // closed_at - assigned_at
	},
}

func TestEveryExportedFieldIsKeptOrLeftOut(t *testing.T) {
	for _, what := range []What{Conversations, Messages} {
		known := slices.Sorted(slices.Values(slices.Concat(columns[what], restOf[what], leftOut[what])))
		require.Equal(t, exported(t, what), known, "%s: a field is missing in restOf or leftOut, or is there twice", what)
	}
}

// Each field that is kept changes what is kept.
func TestFieldsAreKept(t *testing.T) {
	values := []any{"some text", 1767225600007, true, []string{"some text"}, map[string]any{"name": "x"}}
	for what, base := range map[What]map[string]any{
		Conversations: {"id": 1, "created_at": 1767225600000},
		Messages:      {"id": "0c1a2b3c-4d5e-4f60-8a7b-0123456789ab", "csid": 1, "created_at": 1767225600000},
	} {
		read := func(row map[string]any) any {
			text, err := json.Marshal(row)
			require.NoError(t, err)
			if what == Messages {
				m, err := ReadMessage(text)
				require.NoError(t, err)
				return m
			}
			c, err := ReadConversation(text)
			require.NoError(t, err)
			return c
		}
		without := read(base)
		for _, name := range exported(t, what) {
			if _, always := base[name]; always {
				continue
			}
			kept := false
			for _, v := range values {
				row := maps.Clone(base)
				row[name] = v
				kept = kept || !reflect.DeepEqual(without, read(row))
			}
			require.Equal(t, !slices.Contains(leftOut[what], name), kept, "%s: %s", what, name)
		}
		row := maps.Clone(base)
		row["new_secret_field"] = "x"
		require.Equal(t, without, read(row), "what Dixa does not document is not kept")
	}
}

func TestMessageTexts(t *testing.T) {
	for _, test := range []struct{ row, text, rest string }{
		{`"text":"two payments < 5 € of £471"`, "two payments < 5 € of £471", `{}`},
		{`"text":"<p>Hello<br>Anna</p><script>evil()</script>"`, "Hello\nAnna", `{"text":"<p>Hello<br>Anna</p><script>evil()</script>"}`},
		{`"text":"a\u200bb"`, "ab", `{"text":"a\u200bb"}`},
		{`"chat_input_question":"How can we help?","chat_input_answer":"None of the above","chat_menu_text":"Order number"`, "How can we help?\nNone of the above\nOrder number",
			`{"chat_input_answer":"None of the above","chat_input_question":"How can we help?","chat_menu_text":"Order number"}`},
		{`"form_submission":{"name":"John Doe","order":{"_type":"Number","value":12},"topics":["a","b"],"ok":true}`, "name: John Doe\nok: true\norder: 12\ntopics: a, b",
			`{"form_submission":{"name":"John Doe","order":{"_type":"Number","value":12},"topics":["a","b"],"ok":true}}`},
		{`"duration":1.5e1,"recording_url":"https://x/y","to":[],"from":"","cc":null`, "", `{"recording_url":"https://x/y"}`},
		{`"text":{"odd":1},"is_automated_message":"yes"`, "", `{}`},
	} {
		m, err := ReadMessage(json.RawMessage(`{"id":"A1","csid":7,"created_at":1767225600000,` + test.row + `}`))
		require.NoError(t, err)
		require.Equal(t, test.text, m.Text)
		require.Equal(t, test.rest, string(m.Rest))
		require.Equal(t, "a1", m.ID)
	}
}

func TestRowsThatAreNone(t *testing.T) {
	for _, row := range []string{`null`, `3`, `[]`, `"x"`, `{}`, `{"id":0,"created_at":1}`, `{"id":"x","csid":-1,"created_at":1}`, `{"id":1,"csid":1,"created_at":99999999999999999999}`} {
		_, err := ReadMessage(json.RawMessage(row))
		require.Error(t, err, row)
		_, err = ReadConversation(json.RawMessage(row))
		require.Error(t, err, row)
	}
}

func FuzzRows(f *testing.F) {
	f.Add(`{"id":1,"csid":2,"created_at":3,"text":"<p>x","form_submission":{"a":[{}]},"tags":["b","a","b"]}`)
	f.Fuzz(func(t *testing.T, row string) {
		if !json.Valid([]byte(row)) {
			return
		}
		if m, err := ReadMessage(json.RawMessage(row)); err == nil {
			require.True(t, json.Valid(m.Rest))
		}
		if c, err := ReadConversation(json.RawMessage(row)); err == nil {
			require.True(t, json.Valid(c.Rest))
		}
	})
}

func TestWords(t *testing.T) {
	for text, want := range map[string][]Word{
		`refund`:                  {{"refund", false}},
		` promised  "a voucher" `: {{"promised", false}, {"a voucher", false}},
		`refund* "to the moon*"`:  {{"refund", true}, {"to the moon", true}},
		`HB-317858`:               {{"HB 317858", false}},
		`"open phrase`:            {{"open phrase", false}},
		`- * "" é`:                {{"é", false}},
	} {
		got, err := Words(text)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", " ", `""`, "*", "-- ?", "a b c d e f g h i j k l m n o p q r s t u"} {
		_, err := Words(text)
		require.Error(t, err, text)
	}
}
