package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// Whatever a spreadsheet may take for a formula has an apostrophe before it, and comes back as it was.
func TestFormulasAreGuarded(t *testing.T) {
	for _, first := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫"} {
		for _, before := range []string{"", " ", "   ", "\n", "\r", "\r\n", "\t", "\v", " \n ", "\u00a0", "\u3000", "\u2028", "\u200b", "\ufeff", "\x00", "\u202e"} {
			s := before + first + "cmd|' /C calc'!A0"
			require.Equal(t, "'"+s, Guard(s))
			require.Equal(t, s, unguard(Guard(s)))
		}
	}
	for _, s := range []string{"\ttext", "\rtext", "\ntext", "\n", " \n=1"} {
		require.Equal(t, "'"+s, Guard(s))
	}
	for _, s := range []string{"", "'", "''", "it's", "'quoted'", "a=b", " text", "   ", "1-2", "#1", "(=1)", "Ø = a-b"} {
		require.Equal(t, s, Guard(s))
		require.Equal(t, s, unguard(s))
	}
	seen := map[string]string{}
	for _, s := range []string{"=1", "'=1", "''=1", "' =1", " =1", " '=1"} { // no two are written alike
		require.Empty(t, seen[Guard(s)])
		seen[Guard(s)] = s
		require.Equal(t, s, unguard(Guard(s)))
	}
}

func FuzzGuard(f *testing.F) {
	f.Add("'\n＝1")
	f.Fuzz(func(t *testing.T, s string) {
		require.Equal(t, s, unguard(Guard(s)))
		require.False(t, formula(Guard(s)))
	})
}

// For Excel the file begins with a byte order mark and phone numbers are as they are; formulas in their columns are not.
func TestExcel(t *testing.T) {
	var b bytes.Buffer
	w, err := newWriter(&b, "x.csv", Messages, true)
	require.NoError(t, err)
	require.NoError(t, w.header())
	phones := [][2]string{{"+4512345678", "+4512345678"}, {"+45 (12) 34-56.78", "+45 (12) 34-56.78"}, {"=1+1", "'=1+1"}, {"+cmd|x", "'+cmd|x"}, {"-1", "'-1"}, {"+1\n=2", "'+1\n=2"}, {"+-1", "'+-1"}}
	for _, p := range phones {
		require.NoError(t, w.row(fmt.Appendf(nil, `{"id":1,"text":%s,"from_phone_number":%[1]s,"to_phone_number":%[1]s}`, strconv.Quote(p[0]))))
	}
	require.NoError(t, w.Flush())
	text, marked := bytes.CutPrefix(b.Bytes(), []byte("\xef\xbb\xbf"))
	require.True(t, marked)
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, "id", records[0][0])
	for i, p := range phones {
		for column, name := range records[0] {
			switch name {
			case "from_phone_number", "to_phone_number":
				require.Equal(t, p[1], records[i+1][column])
			case "text":
				require.Equal(t, "'"+p[0], records[i+1][column])
			}
		}
	}
	_, err = newWriter(&b, "x.jsonl", Messages, true)
	require.EqualError(t, err, "--excel requires a CSV file: --out x.jsonl must end in .csv")
}

// An export that is interrupted goes on the way it began, and as the whole it has one byte order mark.
func TestExcelByteOrderMarkIsWrittenOnceOverPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "a.csv")
		dixa := &fake{hours: 481}
		c := client(t, dixa)
		j := updated(t, 20)
		j.Excel = true
		_, err := run(t, t.Context(), c, j, out)
		require.NoError(t, err)
		text, err := os.ReadFile(out)
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(text, []byte(byteOrderMark)))
		require.Equal(t, 1, bytes.Count(text, []byte(byteOrderMark)))
		require.Contains(t, j.String(), " --excel ")
	})
}

// Ids are compared as Dixa sent them, however the file has them.
func TestIDsAreComparedUnguarded(t *testing.T) {
	ids := []string{"=1", "'=1", "-7", "+45", "@a", " =b", "\n=c", "\r\n=d", "＝e", `a"b`, "a=b", "<x>", "plain"}
	for _, name := range []string{"x.jsonl", "x.csv"} {
		var rows []string
		for _, id := range ids {
			text, err := json.Marshal(id) // which escapes < as \u003c
			require.NoError(t, err)
			rows = append(rows, `{"id":`+string(text)+`}`)
		}
		rows = append(rows, `{"id":-8}`)
		w, err := newWriter(&bytes.Buffer{}, name, Messages, false)
		require.NoError(t, err)
		found, err := w.readIDs(write(t, name, Messages, rows...))
		require.NoError(t, err)
		for _, r := range rows {
			require.True(t, found.has(idOf([]byte(r))), "%s: %s", name, r)
		}
		require.False(t, found.has("'-7"), name)
	}
}

func TestJobInWords(t *testing.T) {
	require.Equal(t, "conversations updated after 2026-01-01T00:00:00Z and before 2026-01-21T00:00:00Z", updated(t, 20).Words())
	require.Equal(t, "messages created after 2026-01-01T00:00:00Z and before the export began", Job{What: Messages, By: "created", After: january}.Words())
	require.Equal(t, "conversations last written in after 2026-01-01T00:00:00Z and before the export began", Job{What: Conversations, By: "last-message-created", After: january}.Words())
	require.Equal(t, "conversations by 2 ids", Job{What: Conversations, CSIDs: []int32{1, 2}}.Words())
}
