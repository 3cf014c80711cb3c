package tools

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
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

// An id is shown where the title names another article too, or is no title of the catalog, by which articles are named.
func TestArticlesAreNamedByTitle(t *testing.T) {
	list := []*article{{id: "1", title: "Returns"}, {id: "2", title: "Twin"}, {id: "3", title: "twin"}, {id: "4", title: "Refunds"}}
	known := &Articles{}
	known.begin(list, time.Now())
	found := func(i int, title, language string, score float64) doc {
		doc := newDoc(list[i], version{language: language, title: title, text: "Words.", state: published})
		doc.score = score
		return doc
	}
	items := known.items([]doc{found(0, "Returns", "en", 9), found(1, "Twin", "en", 5), found(3, "Tilbagebetaling", "da", 4)}, []string{"words"}, "")
	r, err := view.RenderParts(t.Context(), []view.Part{{Name: "articles", Items: items, List: true}}, view.Options{Form: view.AsText})
	require.NoError(t, err)
	require.Equal(t, "Article Returns · en\n| Words.\nArticle Twin · en · id 2\n| Words.\nArticle Tilbagebetaling · da · id 4\n", r.Text)
	r, err = view.RenderParts(t.Context(), []view.Part{{Name: "articles", Items: items, List: true}}, view.Options{})
	require.NoError(t, err)
	require.Contains(t, r.Text, `"id":1`)
	require.Contains(t, r.Text, `"state":"published"`)
}

func TestPassage(t *testing.T) {
	text := "First paragraph about nothing.\n\nRefunds take five days.\nThey go back to the card.\n\nLast."
	require.Equal(t, "Refunds take five days.\nThey go back to the card.\nLast.", passage(text, []string{"refund"}))
	require.Empty(t, passage("", []string{"a"}))
	long := passage(string(make([]rune, 5000)), []string{"a"})
	require.LessOrEqual(t, len([]rune(long)), 2*longestPassage+1)
}
