package gate_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

type page struct {
	Items []struct {
		ID any
	}
	NextPageKey string
}

// Pages of a list that is judged item by item tell nothing of what was left out: each is full, and only the last has
// no key.
func TestPagesDoNotTellWhatWasLeftOut(t *testing.T) {
	h := seeded(t)
	for user, of := range h.of {
		var want []string
		for _, id := range slices.Backward(of) {
			if inQueue(h.conversation(id), billing) {
				want = append(want, itoa(id))
			}
		}
		if len(want) < 2 || len(want) == len(of) || len(of) < 12 {
			continue
		}
		for _, limit := range []int{1, 2, 3, 100} {
			b := newBed(t, everythingBut(bounds[0]))
			var got []string
			withheld := 0
			for key := ""; ; {
				a := b.call("bounded", "list_end_user_conversations", fmt.Sprintf(`{"userId":%q,"pageLimit":%d,"pageKey":%q}`, user, limit, key))
				require.False(t, a.Failed, a.Text)
				require.NotContains(t, a.Text, "total")
				var p page
				require.NoError(t, json.Unmarshal([]byte(a.Text), &p))
				for _, i := range p.Items {
					got = append(got, fmt.Sprint(i.ID))
				}
				withheld += b.records.last().Withheld
				if p.NextPageKey == "" {
					require.NotEmpty(t, p.Items)
					break
				}
				require.Len(t, p.Items, limit)
				require.NotContains(t, p.NextPageKey, ".")
				key = p.NextPageKey
			}
			require.Equal(t, want, got)
			require.GreaterOrEqual(t, withheld, len(of)-len(want))
		}
		return
	}
	require.Fail(t, "no end user has conversations on both sides")
}

func TestPageKeysFitOneSearchOfOneAgent(t *testing.T) {
	file := everythingBut(bounds[0])
	other := strings.Replace(file[strings.Index(file, "  bounded:"):], "bounded:", "other:", 1)
	b := newBed(t, file+other+"  free: {access: {\"*\": read}}\n")
	next := func(agent, tool, arguments string) string {
		a := b.call(agent, tool, arguments)
		require.False(t, a.Failed, a.Text)
		var p page
		require.NoError(t, json.Unmarshal([]byte(a.Text), &p))
		require.NotEmpty(t, p.NextPageKey, a.Text)
		return p.NextPageKey
	}
	own := next("bounded", "search_conversations", `{"pageLimit":2}`)
	require.NotEqual(t, own, next("bounded", "search_conversations", `{"pageLimit":1,"pageKey":"`+own+`"}`))
	agents := next("bounded", "list_agents", `{"pageLimit":1}`)
	for name, key := range map[string]string{
		"another agent's":  next("other", "search_conversations", `{"pageLimit":2}`),
		"another search's": next("bounded", "search_conversations", `{"status":["open"],"pageLimit":1}`),
		"another tool's":   agents,
		"one of Dixa's":    next("free", "search_conversations", `{"pageLimit":2}`),
		"one cut short":    own[:len(own)-1],
		"one made up":      "AAAA",
	} {
		b.dixa.ResetCounts()
		a := b.call("bounded", "search_conversations", fmt.Sprintf(`{"pageLimit":2,"pageKey":%q}`, key))
		require.True(t, a.Failed, name)
		require.Contains(t, a.Text, "pageKey does not belong to this search", name)
		require.Empty(t, b.requests(), name)
	}
	a := b.call("bounded", "list_agents", `{"pageKey":"`+next("free", "list_agents", `{"pageLimit":1}`)+`"}`)
	require.Contains(t, a.Text, "pageKey does not belong to this search", "also where the list is shared")
}

func TestLinksEndAtTheBound(t *testing.T) {
	h := seeded(t)
	b := newBed(t, everythingBut(bounds[0]))
	cut, kept := 0, 0
	for i := range h.conversations {
		c := &h.conversations[i]
		if c.Link == nil || !inQueue(c, billing) {
			continue
		}
		a := b.call("bounded", "get_conversation", about("get_conversation", "conversationId", itoa(c.ID)))
		require.False(t, a.Failed)
		if parent := h.conversation(c.Link.ParentID); inQueue(parent, billing) {
			require.Contains(t, a.Text, `"link":`)
			kept++
			continue
		}
		require.NotContains(t, a.Text, "link")
		require.NotContains(t, a.Text, "parentId")
		require.True(t, strings.HasPrefix(a.Text, `{"id":`), "the order of the fields tells that one is missing")
		require.Equal(t, 1, b.records.last().Withheld)
		cut++
	}
	require.Positive(t, cut)
	require.Positive(t, kept)
}

// Entries of an activity log that name another conversation, an end user from outside, or that cannot be judged are
// left out.
func TestActivityThatTellsOfOthers(t *testing.T) {
	h := seeded(t)
	b := newBed(t, everythingBut(bounds[0]))
	inside, outside := h.split(func(c *dixaclient.Conversation) bool { return inQueue(c, billing) })
	stranger, known := h.strangers(inside)[0], inside[0].RequesterID
	log := fmt.Sprintf(`{"data":[
		{"id":"kept-1","conversationId":1234,"_type":"ConversationClosed"},
		{"id":"gone-1","conversationId":%[1]d,"_type":"ConversationClosed"},
		{"id":"gone-2","conversationId":1234,"attributes":{"child":%[1]d,"parent":1234}},
		{"id":"gone-3","conversationId":1234,"attributes":{"child":"1234","parent":1234}},
		{"id":"gone-4","conversationId":1234,"attributes":{"child":0,"parent":1234}},
		{"id":"gone-5","conversationId":1234,"attributes":{"oldUser":{"id":%[2]q},"newUser":{"id":%[3]q}}},
		{"id":"gone-6","conversationId":1234,"attributes":{"oldUser":"somebody"}},
		{"id":"kept-2","conversationId":1234,"attributes":{"oldUser":{"id":%[3]q},"newUser":{"id":%[3]q}}}]}`, outside[0].ID, stranger, known)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/activitylog") {
			fmt.Fprint(w, log)
			return
		}
		b.dixa.ServeHTTP(w, r)
	})
	var err error
	b.client, err = dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: "http://localhost", Transport: direct{handler}, Rate: 1e6, Burst: 1e6})
	require.NoError(t, err)
	b.govern(everythingBut(bounds[0]))
	a := b.call("bounded", "list_conversation_activity", `{"conversationId":1234}`)
	require.False(t, a.Failed, a.Text)
	require.Contains(t, a.Text, "kept-1")
	require.Contains(t, a.Text, "kept-2")
	require.NotContains(t, a.Text, "gone")
	require.NotContains(t, a.Text, string(stranger))
	require.Equal(t, 6, b.records.last().Withheld)
}
