package offline

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
)

type listed struct {
	Data []struct {
		ID     json.RawMessage `json:"id"`
		UserID json.RawMessage `json:"userId"`
	} `json:"data"`
	Meta *struct{ Previous, Next string } `json:"meta"`
}

// walk reads all pages of a list, following the key in each next link, and gives the ids and the number of pages.
func (o *office) walk(method, path, body string) (ids []string, pages int) {
	o.t.Helper()
	base, _, _ := strings.Cut(path, "?")
	for {
		res := o.do(method, path, body)
		require.Equal(o.t, 200, res.status, res.body)
		var l listed
		require.NoError(o.t, json.Unmarshal([]byte(res.body), &l))
		for _, item := range l.Data {
			ids = append(ids, string(item.ID)+string(item.UserID))
		}
		pages++
		if l.Meta == nil || l.Meta.Next == "" {
			return ids, pages
		}
		next, err := url.Parse(l.Meta.Next)
		require.NoError(o.t, err)
		require.True(o.t, strings.HasPrefix(l.Meta.Next, base), l.Meta.Next)
		path = base + "?pageKey=" + url.QueryEscape(next.Query().Get("pageKey"))
	}
}

func TestPages(t *testing.T) {
	o := open(t, Options{})
	user := o.user(0)
	of := len(o.dixa.world().ByRequester[user])
	for _, c := range []struct {
		name, method, path, body string
		total, pages             int
	}{
		{"default", "GET", "/v1/endusers", "", seedUsers, 12},
		{"by 100", "GET", "/v1/endusers?pageLimit=100", "", seedUsers, 6},
		{"all at once", "GET", "/v1/endusers?pageLimit=10000", "", seedUsers, 1},
		{"agents", "GET", "/v1/agents?pageLimit=7", "", seedAgents, 6},
		{"conversations of an end user", "GET", "/v1/endusers/" + user + "/conversations?pageLimit=2", "", of, (of + 1) / 2},
		{"search", "POST", "/v1/search/conversations", `{}`, desk.SeededConversations, desk.SeededConversations / 50},
		{"metrics", "GET", "/v1/analytics/metrics?pageLimit=3", "", 4, 2},
	} {
		o.run(c.name, func(t *testing.T) {
			ids, pages := o.walk(c.method, c.path, c.body)
			require.Len(t, ids, c.total)
			require.Equal(t, c.pages, pages)
			seen := map[string]bool{}
			for _, id := range ids {
				require.False(t, seen[id], "%s twice", id)
				seen[id] = true
			}
		})
	}
}

func (o *office) next(method, path, body string) string {
	o.t.Helper()
	var l listed
	require.NoError(o.t, json.Unmarshal([]byte(o.do(method, path, body).body), &l))
	require.NotNil(o.t, l.Meta)
	return l.Meta.Next
}

// A key belongs to the request that it was given out for.
func TestPageKeys(t *testing.T) {
	o := open(t, Options{})
	next := o.next("GET", "/v1/agents?pageLimit=5", "")
	require.True(t, strings.HasPrefix(next, "/v1/agents?pageKey="), next)
	o.get(next)
	o.get(next + "&pageLimit=50")
	key := strings.TrimPrefix(next, "/v1/agents?")
	o.refused(400, badValue, "GET", "/v1/endusers?"+key, "")
	o.refused(400, badValue, "GET", "/v1/agents?pageKey=Zm9v", "")
	o.refused(400, badValue, "GET", "/v1/agents?pageKey=2", "")
	o.refused(400, badValue, "GET", next+"&email=karen.holm@example.com", "")

	query := `{"query":{"value":"refund"},"filters":{"strategy":"All"}}`
	found := o.next("POST", "/v1/search/conversations", query)
	require.True(t, strings.HasPrefix(found, "/v1/search/conversations/?pageKey=") && strings.HasSuffix(found, ":"), found)
	o.ok(200, "POST", strings.Replace(found, "/?", "?", 1), query)
	o.ok(200, "POST", strings.Replace(strings.TrimSuffix(found, ":"), "/?", "?", 1), `{"filters":{"strategy":"All"}, "query":{"value":"refund"}}`)
	o.refused(400, badValue, "POST", strings.Replace(found, "/?", "?", 1), `{"query":{"value":"invoice"}}`)
	o.loose = true // the documents do not list the slash that Dixa's own links have
	o.ok(200, "POST", found, query)
}

// The filters of the first request are in the key: they may be left out.
func TestPageKeyHoldsFilters(t *testing.T) {
	o := open(t, Options{})
	for range 3 {
		o.ok(200, "PATCH", "/v1/endusers/"+o.user(1), `{"displayName":"x"}`)
	}
	all, _ := o.walk("GET", "/v1/endusers?pageLimit=400", "")
	require.Len(t, all, seedUsers)
}
