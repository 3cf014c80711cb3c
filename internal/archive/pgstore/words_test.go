package pgstore

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

// sqliteWords returns the words that SQLite cuts each text into.
func sqliteWords(t *testing.T, texts []string) [][]string {
	t.Helper()
	db, err := sqlite3.Open(":memory:")
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, fts5.Register(db))
	require.NoError(t, db.Exec(`CREATE VIRTUAL TABLE word USING fts5 (body, tokenize = 'unicode61 remove_diacritics 2'); CREATE VIRTUAL TABLE cut USING fts5vocab (word, instance); BEGIN`))
	in, _, err := db.Prepare(`INSERT INTO word (rowid, body) VALUES (?, ?)`)
	require.NoError(t, err)
	for i, text := range texts {
		require.NoError(t, in.BindInt(1, i+1))
		require.NoError(t, in.BindText(2, text))
		require.NoError(t, in.Exec())
	}
	require.NoError(t, in.Close())
	out, _, err := db.Prepare(`SELECT term, doc FROM cut ORDER BY doc, "offset"`)
	require.NoError(t, err)
	all := make([][]string, len(texts))
	for out.Step() {
		n := out.ColumnInt(1) - 1
		all[n] = append(all[n], out.ColumnText(0))
	}
	require.NoError(t, out.Close())
	return all
}

func folded(text string) (all []string) {
	for _, w := range wordsOf(text) {
		all = append(all, w.text)
	}
	return all
}

// other are the characters that SQLite reads otherwise in the scripts of same: its tables are those of Unicode 6.1, of 2012, and what it does
// not know is a letter to it. Beyond these scripts there are more of them, such as emoji.
var other = "ǠǡͿԨԪԬԮ\u0605\u061c\u061d"

// same are scripts in which both stores find the same words.
var same = &unicode.RangeTable{R16: []unicode.Range16{
	{0x1, 0x58a, 1},     // Latin, Greek, Cyrillic, Armenian
	{0x590, 0x7fc, 1},   // Hebrew, Arabic, Syriac
	{0xe01, 0xe5b, 1},   // Thai
	{0x1e00, 0x2065, 1}, // Latin, Greek, punctuation
	{0x2070, 0x20b9, 1}, // currencies
	{0x20d0, 0x2188, 1}, // symbols
	{0x2190, 0x23f3, 1}, // arrows
	{0x2e80, 0x32fe, 1}, // Kana, Bopomofo
	{0x3300, 0xa48c, 1}, // Han
	{0xac00, 0xd7ff, 1}, // Hangul
	{0xf900, 0xfb4f, 1}, // Han, Latin, Hebrew
	{0xff00, 0xffdf, 1}, // wide Latin
}, R32: []unicode.Range32{{0x1f600, 0x1f640, 1}, {0x20000, 0x2fa1f, 1}}}

// Texts are cut as SQLite cuts them: each character alone, and at the border of words.
func TestWordsAreThoseOfSQLite(t *testing.T) {
	var texts []string
	assigned := []*unicode.RangeTable{unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf, unicode.Co}
	for r := rune(1); r <= unicode.MaxRune; r++ {
		if unicode.Is(same, r) && unicode.In(r, assigned...) && !strings.ContainsRune(other, r) {
			texts = append(texts, fmt.Sprintf("x%cy %c %c%cb", r, r, r, r))
		}
	}
	texts = append(texts, "Bücher, naïve façade; e\u0301te\u0301 Ångström STRASSE straße Ελλάδα ΣΊΣΥΦΟΣ Привет Ёлка x'y a_b foo.bar@example.org +45 12-34 1,5 C++ don't", "", "…", strings.Repeat("é", 400))
	for i, want := range sqliteWords(t, texts) {
		if fmt.Sprint(want) != fmt.Sprint(folded(texts[i])) {
			t.Errorf("%q: SQLite has %q, and we have %q", texts[i], want, folded(texts[i]))
		}
	}
}

// What differs from SQLite, as docs/archive.md says.
func TestWordsThatDiffer(t *testing.T) {
	require.Equal(t, [][]string{{"danke🤔"}}, sqliteWords(t, []string{"danke🤔"}), "a character of 2017 is a letter to it")
	require.Equal(t, []string{"danke"}, folded("danke🤔"))
	require.Len(t, folded(strings.Repeat("a", 5000))[0], maxWord, "of a longer word its beginning is compared")
}

func TestPassage(t *testing.T) {
	words, err := archive.Words(`gutsch* "ein zwei"`)
	require.NoError(t, err)
	var all []string
	for i := range 100 {
		all = append(all, fmt.Sprint("wort", i))
	}
	require.Equal(t, "(kurz)", passage("(kurz)", words))
	all[50] = "Gutschein,"
	require.Equal(t, "…"+strings.Join(all[46:70], " ")+"…", passage(strings.Join(all, " "), words))
	all[80], all[81] = "ein", "zwei"
	all[85] = "GUTSCHRIFT"
	require.Equal(t, "…"+strings.Join(all[76:100], " "), passage(strings.Join(all, " "), words), "the part with the most words")
	require.Equal(t, strings.Join(all[:24], " ")+"…", passage(strings.Join(all, " "), nil))
}

func TestQueryHasWordsAlone(t *testing.T) {
	words, err := archive.Words(`a|b !c "d' <-> e" f:* g* 'h' \i -- ` + "\x00j")
	require.NoError(t, err)
	require.Equal(t, `('a' <-> 'b') & ('c') & ('d' <-> 'e') & ('f':*) & ('g':*) & ('h') & ('i') & ('j')`, tsquery(words))
	require.Empty(t, tsquery([]archive.Word{{Text: "\u0301"}, {Text: "' | !"}}))
	require.Equal(t, `'a':1 'b':2 `, vector(`a' & !b\`))
}
