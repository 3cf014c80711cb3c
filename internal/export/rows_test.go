package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/golden"
)

func write(t *testing.T, name, what string, rows ...string) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w, err := newWriter(&b, name, what, false)
	require.NoError(t, err)
	require.NoError(t, w.header())
	for _, r := range rows {
		require.NoError(t, w.row([]byte(r)))
	}
	require.NoError(t, w.Flush())
	return &b
}

func TestCSVGolden(t *testing.T) {
	for what, rows := range map[string][]string{
		Conversations: {
			`{"id":1,"created_at":1767225600000,"initial_channel":"email","requester_id":"41646d42-edc0-493e-ac7b-814d9ff40a2e","requester_name":"=HYPERLINK(\"http://x\")",
			  "requester_phone_number":"+4512345678","tags":["vip", "late, \"very\""],"ratings":[ {"score": 1} ],"rating_score":0,"subject":"Two\nlines","handling_duration":-3}`,
			`{"id":2,"subject":null,"new_field":{"b":"<&>"},"another":"-1"}`,
			`{"subject":"@cmd","requester_name":"\tTab","assignee_name":"Ø = a-b","extra":1}`,
			`{}`,
			`"gone"`,
			`null`,
		},
		Messages: {
			`{"id":"41646d42-edc0-493e-ac7b-814d9ff40a2e","csid":1,"text":"-- \r\nHi, \"you\"","to":["a@b.c"],"is_automated_message":false,"form_submission":{"name":"x"},"duration":1.5e1}`,
		},
	} {
		got := write(t, "x.CSV", what, rows...)
		golden.Equal(t, "testdata/"+what+".csv", got.Bytes())
		records, err := csv.NewReader(got).ReadAll() // which holds that all rows have the same columns
		require.NoError(t, err)
		require.Len(t, records, len(rows)+1)
	}
}

func TestLinesAreTheBytesThatDixaSent(t *testing.T) {
	got := write(t, "x.jsonl", Messages, `{"id":1, "n":1.50,"text":"<b>\n\u00e6"}`, "{\r\n \"a\" : [\n1 ]\n}", `null`)
	require.Equal(t, `{"id":1, "n":1.50,"text":"<b>\n\u00e6"}`+"\n"+`{"a":[1]}`+"\nnull\n", got.String())
}

func TestIDsAreReadBack(t *testing.T) {
	rows := []string{`{"id":7}`, "{\n\"text\":\"a\\nb\",\"id\":\"41646d42\"}", `{"text":"no id"}`, `3`}
	for _, name := range []string{"x.jsonl", "x.csv"} {
		w, err := newWriter(&bytes.Buffer{}, name, Messages, false)
		require.NoError(t, err)
		found, err := w.readIDs(write(t, name, Messages, rows...))
		require.NoError(t, err)
		for _, r := range rows[:2] {
			require.True(t, found.has(idOf([]byte(r))), name)
		}
		require.False(t, found.has("8"))
		require.False(t, found.has(""), "rows without an id are all kept")
	}
}

func FuzzRecord(f *testing.F) {
	for _, s := range []string{`{"id":1,"subject":"=1"}`, `[]`, `{"id":"\ud800","x":{}}`, `""`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, row string) {
		if !json.Valid([]byte(row)) {
			return
		}
		got := write(t, "x.csv", Conversations, row)
		records, err := csv.NewReader(got).ReadAll()
		require.NoError(t, err)
		require.Len(t, records, 2)
		for _, c := range records[1][:len(records[1])-1] {
			require.False(t, strings.HasPrefix(c, "-") && !json.Valid([]byte(c)) || c != "" && strings.ContainsAny(c[:1], "=+@\t\n\r"), "a formula")
		}
		require.Equal(t, 1, bytes.Count(write(t, "x.jsonl", Conversations, row).Bytes(), []byte("\n")))
	})
}
