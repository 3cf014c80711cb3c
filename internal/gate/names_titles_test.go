package gate

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/directory"
)

const titleRules = `version: 1
agents:
  admin: {access: {"*": erase}}
  text: {answers: text, access: {knowledge: erase}}
  narrow: {access: {conversations: read, knowledge: read}, only: {queue: [` + billingQueue + `]}}
  chosen: {access: {knowledge: write}, arguments: {get_catalog.collectionId: [0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11]}}
  blind: {answers: text, allow: [get_article, publish_article, get_category]}
`

const helpCentre = `{"data":[{"id":"11111111-1111-4111-8111-111111111111","title":"Help centre"}]}`

// tree has titles that are alike, and one that an article shares with a category.
const tree = `{"data":{"articles":[],"categories":[
  {"id":"aaaaaaaa-0000-4000-8000-000000000001","title":{"languageId":"en","title":"Returns"},"articles":[
    {"id":"bbbbbbbb-0000-4000-8000-000000000001","title":{"languageId":"en","title":"How do I return #1, or 20 %...?"}},
    {"id":"bbbbbbbb-0000-4000-8000-000000000002","title":{"languageId":"en","title":"Returns"}}],
   "categories":[{"id":"aaaaaaaa-0000-4000-8000-000000000002","title":{"languageId":"en","title":"Twin"},"articles":[{"id":"bbbbbbbb-0000-4000-8000-000000000003","title":{"languageId":"en","title":"FAQ"}}],"categories":[]}]},
  {"id":"aaaaaaaa-0000-4000-8000-000000000003","title":{"languageId":"en","title":"TWIN "},"articles":[{"id":"bbbbbbbb-0000-4000-8000-000000000004","title":{"languageId":"en","title":"faq"}}],"categories":[]}]}}`

func titleBench(t *testing.T) *bench {
	b := setUp(t, settings{file: titleRules})
	b.wire.RoundTripper = answering200{answering200{b.wire.RoundTripper, "/v1/knowledge/collections", helpCentre}, "/v1/knowledge/collections/11111111-1111-4111-8111-111111111111/catalog", tree}
	return b
}

// Articles and categories are named by their titles: whole ones in writes, beginnings too in reads.
func TestArticlesByTitle(t *testing.T) {
	b := titleBench(t)
	article := func(n string) string { return "bbbbbbbb-0000-4000-8000-00000000000" + n }
	for _, c := range []struct{ agent, tool, arguments, want string }{
		{"admin", "get_article", `{"articleId":"how do I"}`, article("1")},
		{"admin", "publish_article", `{"articleId":" how do I return #1, or 20 %...? "}`, article("1")},
		{"admin", "delete_article", `{"articleId":"returns"}`, article("2")},
		{"narrow", "get_article", `{"articleId":"Returns"}`, article("2")},
		{"admin", "get_category", `{"categoryId":"Ret"}`, "aaaaaaaa-0000-4000-8000-000000000001"},
		{"admin", "move_article", `{"articleId":"` + article("1") + `","parentId":"Returns"}`, "aaaaaaaa-0000-4000-8000-000000000001"},
		{"admin", "create_article", `{"translations":[{"languageId":"en","title":"x"}],"parentId":"returns"}`, "aaaaaaaa-0000-4000-8000-000000000001"},
		{"admin", "get_article", `{"articleId":"FAQ"}`, article("3")}, // written exactly so
		{"blind", "get_article", `{"articleId":"` + article("3") + `"}`, article("3")},
	} {
		_, args, err := b.understood(c.agent, c.tool, c.arguments)
		require.NoError(t, err, c.arguments)
		require.Contains(t, string(args.JSON), c.want, c.arguments)
	}
	for _, c := range []struct{ agent, tool, arguments, says string }{
		{"admin", "publish_article", `{"articleId":"How do I"}`, "there is no such article"},
		{"admin", "publish_article", `{"articleId":"Return"}`, `articleId: got "Return", want the name or id of an article; there is no such article; did you mean "Returns"?`},
		{"admin", "publish_article", `{"articleId":"Faq"}`, `it names 2: give one of "FAQ" (` + article("3") + `), "faq" (` + article("4")},
		{"admin", "move_article", `{"articleId":"Returns","parentId":"twin"}`, "it names 2: give one of"},
		{"admin", "move_article", `{"articleId":"Returns","parentId":"FAQ"}`, "there is no such category of articles"},
		{"narrow", "get_article", `{"articleId":"Nothing like it"}`, "there is no such article"},
		{"blind", "publish_article", `{"articleId":"Returns"}`, "this agent may not look up valid values; give exactly the id that Dixa has"},
		{"chosen", "update_article", `{"articleId":"Returns"}`, "this agent may not look up valid values; give exactly the id that Dixa has"},
		{"admin", "publish_article", `{"articleId":"../Returns\u200b"}`, "the name or id of an article"},
	} {
		a := b.call(c.agent, c.tool, c.arguments)
		require.True(t, a.Failed, a.Text)
		require.Contains(t, a.Text, c.says)
	}
	require.NotContains(t, b.call("blind", "publish_article", `{"articleId":"Retrns"}`).Text, "did you mean", "candidates are shown only to agents that may list them")
	require.Empty(t, b.dixa.Effects())
}

// A title costs a request for the collections and one for each, once in ten minutes. Answers show titles that are known.
func TestWhatTitlesCost(t *testing.T) {
	b := setUp(t, settings{file: titleRules})
	b.json = false
	at := time.Now()
	b.directory = directory.New(func() time.Time { return at })
	const shipping = `{"articleId":"52187b2f-aea4-4954-9cf4-061e99cd9922","language":"en"}`
	plain := b.call("text", "get_article", shipping)
	require.False(t, plain.Failed, plain.Text)
	for _, r := range b.dixa.Requests() {
		require.NotContains(t, r.Path, "/catalog", "no catalog is read for an answer")
	}
	before := len(b.dixa.Requests())
	l, _ := directory.Of(dixaclient.ArticleThing)
	c := b.begin(Request{Agent: "admin"})
	c.agent, _ = b.Rules().Agent("admin")
	all, said := c.values().list(c.context(t.Context()), l, func(directory.Entries) bool { return false })
	require.Empty(t, said)
	collections := 0
	for _, r := range b.dixa.Requests() {
		if strings.HasSuffix(r.Path, "/catalog") {
			collections++
		}
	}
	require.Len(t, b.dixa.Requests(), before+1+collections)
	before = len(b.dixa.Requests())
	title := all.Of(dixaclient.ArticleThing).ByID("52187b2f-aea4-4954-9cf4-061e99cd9922").Name()
	named := b.call("text", "get_article", `{"articleId":"`+title+`"}`)
	require.False(t, named.Failed, named.Text)
	require.Len(t, b.dixa.Requests(), before+1)
	const category = "under 8668f9e8"
	require.Contains(t, plain.Text, category)
	require.NotContains(t, named.Text, category, "its title is known now")
	require.Contains(t, b.call("blind", "get_article", shipping).Text, category, "but not to an agent that may not list it")
	require.Contains(t, b.call("text", "unpublish_article", `{"articleId":"`+title+`"}`).Text, `unpublished article "`+title+`"`)
	before = len(b.dixa.Requests())
	b.call("text", "get_article", `{"articleId":"`+title+`"}`)
	require.Len(t, b.dixa.Requests(), before+2+collections, "our own write drops the list")
}

// Titles in other languages are those that find_article has read for the agent. A write takes only what the catalogs say.
func TestTitlesThatFindArticleKeeps(t *testing.T) {
	b := setUp(t, settings{file: titleRules})
	require.False(t, b.call("admin", "find_article", `{"words":"parcel"}`).Failed)
	c := b.begin(Request{Agent: "admin"})
	c.agentName, c.rules = "admin", b.Rules()
	c.agent, _ = c.rules.Agent("admin")
	titles := b.articlesOf(c.rules, c.agentName).Titles()
	require.NotEmpty(t, titles)
	l, _ := directory.Of(dixaclient.ArticleThing)
	all, _ := c.values().list(c.context(t.Context()), l, func(directory.Entries) bool { return false })
	checked := 0
	for id, list := range titles {
		for _, title := range list {
			if found, _ := all.Named(title, false); len(found) > 0 {
				continue
			}
			_, args, err := b.understood("admin", "get_article", `{"articleId":"`+title+`"}`)
			if err != nil && strings.Contains(err.Error(), "it names") {
				continue
			}
			require.NoError(t, err)
			require.Contains(t, string(args.JSON), string(id))
			_, _, err = b.understood("admin", "publish_article", `{"articleId":"`+title+`"}`)
			require.Error(t, err)
			checked++
		}
	}
	require.NotZero(t, checked)
}
