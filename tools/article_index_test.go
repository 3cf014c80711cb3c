package tools

import (
	"testing"

	"github.com/stretchr/testify/require"

	d "dixa-mcp/dixaclient"
)

func TestRank(t *testing.T) {
	add := func(docs []doc, id, language, title, text string) []doc {
		return append(docs, newDoc(&article{id: d.UUID(id), title: title}, version{language: language, title: title, text: text}))
	}
	var docs []doc
	docs = add(docs, "1", "en", "How long does a refund take?", "Refunds go back the way you paid. Your bank needs five days.")
	docs = add(docs, "1", "da", "Hvor lang tid tager en tilbagebetaling?", "Pengene sendes tilbage.")
	docs = add(docs, "2", "en", "Delivery times", "We deliver in two days. A refund is made if the parcel is lost.")
	docs = add(docs, "3", "en", "Your account", "Change your password in the settings of your account.")
	for words, want := range map[string][]string{
		"refund":              {"1", "2"}, // the title weighs more
		"refunds":             {"1", "2"}, // another form
		"lost parcel refund":  {"2", "1"},
		"password":            {"3"},
		"PASSWORDS, account!": {"3"},
		"tilbagebetaling":     {"1"},
		"zzz":                 nil,
		"a":                   {"2", "1"}, // a short word must be the same
		"re":                  nil,
		"parcel delivery":     {"2"},
	} {
		var got []string
		for _, f := range rank(docs, termsOf(words)) {
			got = append(got, string(f.id))
		}
		require.ElementsMatch(t, want, got, words)
		if len(want) > 0 && words != "a" {
			require.Equal(t, want[0], got[0], words)
		}
	}
	require.Empty(t, rank(nil, []string{"a"}))
	require.Empty(t, termsOf("?! …"))
	require.Len(t, termsOf("a b c d e f g h i j k l m n o p q r s t"), mostTerms)
}

func TestPassage(t *testing.T) {
	text := "First paragraph about nothing.\n\nRefunds take five days.\nThey go back to the card.\n\nLast."
	require.Equal(t, "Refunds take five days.\nThey go back to the card.\nLast.", passage(text, []string{"refund"}))
	require.Empty(t, passage("", []string{"a"}))
	long := passage(string(make([]rune, 5000)), []string{"a"})
	require.LessOrEqual(t, len([]rune(long)), 2*longestPassage+1)
}
