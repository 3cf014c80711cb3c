package serve

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/offline"
)

// withBound is a site that takes keys which are bound to a conversation, and two such keys of its agent support.
func withBound(t *testing.T, change ...func(*HTTPConfig)) (s *site, first, second string, keys *identity.BoundKeys) {
	keys = identity.NewBoundKeys(&shelf.Memory{Now: time.Now, Most: 50}, time.Now)
	s = host(t, offline.Options{}, append(change, func(c *HTTPConfig) {
		c.Identity = identity.New(identity.Options{Rules: c.Gate.Rules, Log: slog.New(slog.DiscardHandler), Bound: keys})
		t.Cleanup(c.Identity.Close)
	})...)
	bearer := func(conversation int64) string {
		key, _, err := keys.Make(t.Context(), "support", conversation, time.Hour)
		require.NoError(t, err)
		return "Authorization: Bearer " + key
	}
	return s, bearer(1234), bearer(1235), keys
}

// Over every transport, only its conversation exists for a key that is bound to one, and a session is that of one conversation.
func TestBoundKeyOverHTTP(t *testing.T) {
	s, first, second, _ := withBound(t)
	get := func(id string, more ...string) string {
		return text(t, s.call("get_conversation", `{"conversationId":`+id+`}`, more...))
	}
	require.Contains(t, get("1234", first), `\"id\":1234`)
	require.Contains(t, get("1235"), `\"id\":1235`, "a key that is not bound")
	require.Contains(t, get("1235", first), "could not be found")

	headers, list := today("1", "tools/list", "", "")
	require.Contains(t, text(t, s.ask("POST", "/mcp", list, headers...)), `"create_end_user"`)
	require.NotContains(t, text(t, s.ask("POST", "/mcp", list, append(headers, first)...)), `"create_end_user"`)

	id := s.begin("{}", first)
	old := func(key string) string {
		return text(t, s.ask("POST", "/mcp", call("2", "get_conversation", `{"conversationId":1235}`), key, id))
	}
	require.Contains(t, old(first), "could not be found")
	for key, status := range map[string]int{first: 200, second: 404, "Key: support-key": 404} {
		require.Equal(t, status, s.ask("POST", "/mcp", rpc("2", "ping", ""), key, id).StatusCode, key)
	}
	stream := eventsOf(t, s.ask("GET", "/sse", "", first))
	messages, ok := stream.data()
	require.True(t, ok)
	for key, status := range map[string]int{first: 202, second: 404, "Key: support-key": 404} {
		require.Equal(t, status, s.ask("POST", messages, call("2", "get_conversation", `{"conversationId":1235}`), key).StatusCode, key)
	}
	answer, ok := stream.data()
	require.True(t, ok)
	require.Contains(t, answer, "could not be found")
}

// A client with such a key is told which conversation there is, and has only the prompts whose tools it has.
func TestBoundKeyIsTold(t *testing.T) {
	s, _, _, keys := withBound(t)
	key, _, err := keys.Make(t.Context(), "reader", 1234, time.Hour)
	require.NoError(t, err)
	for credential, bound := range map[string]bool{"Authorization: Bearer " + key: true, "Key: reader-key": false} {
		ask := func(method, name, params string) string {
			headers, body := today("1", method, name, params)
			return text(t, s.ask("POST", "/mcp", body, append(headers, credential)...))
		}
		require.Equal(t, !bound, strings.Contains(ask("prompts/list", "", ""), "weekly_report"))
		require.Equal(t, !bound, strings.Contains(ask("prompts/get", "weekly_report", `"name":"weekly_report"`), "read last week"))
		begun := text(t, s.ask("POST", "/mcp", rpc("0", "initialize", fmt.Sprintf(hello, "{}")), credential))
		require.Equal(t, bound, strings.Contains(begun, "You see only conversations with number 1234"), begun)
	}
}

// What such a key opened is looked at again every 10 seconds, and when the key expires.
func TestStreamOfABoundKeyIsLookedAtAgain(t *testing.T) {
	for lasts, want := range map[time.Duration][]time.Duration{
		time.Hour:        {10 * time.Second, 20 * time.Second, 30 * time.Second},
		15 * time.Second: {10 * time.Second, 15 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			var all streams
			var looks []time.Duration
			begin, st := time.Now(), &stream{who: identity.Principal{Conversation: 1234, Expires: time.Now().Add(lasts)}}
			require.True(t, all.add(st, func(st *stream) {
				if looks = append(looks, time.Since(begin)); time.Since(begin) < lasts {
					all.renew(st, st.who)
				}
			}))
			time.Sleep(35 * time.Second)
			synctest.Wait()
			require.Equal(t, want, looks)
			all.remove(st)
		})
	}
}

// A stream ends once its key is revoked.
func TestStreamOfARevokedKeyEnds(t *testing.T) {
	s, first, _, keys := withBound(t)
	stream := eventsOf(t, s.ask("GET", "/sse", "", first))
	_, ok := stream.data()
	require.True(t, ok)
	all, err := keys.List(t.Context())
	require.NoError(t, err)
	for _, key := range all {
		_, ok, err := keys.Revoke(t.Context(), key.ID)
		require.NoError(t, err)
		require.True(t, ok)
	}
	open := s.http.streams.list()
	require.Len(t, open, 1)
	s.http.streams.check(open[0])
	_, ok = stream.data()
	require.False(t, ok)
}

// A stream of events of such a key is silent about other conversations, whose events do not wake it.
func TestEventStreamOfABoundKey(t *testing.T) {
	records := &book{}
	plain, in := listeningTo(t, records)
	s, first, _, _ := withBound(t, func(c *HTTPConfig) { c.Gate = plain.http.Gate })
	stream := eventsOf(t, s.ask("GET", "/events", "", first))
	start := stream.lastID()
	for n := 2; n < 40; n++ {
		put(t, in, n)
	}
	put(t, in, 1) // of conversation 1234
	require.NotEqual(t, start, stream.lastID())
	line, err := stream.lines.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, `"conversation":1234`, "with the first position after the beginning")
	require.Equal(t, 2, records.outcomes()["list_events done"])
}
