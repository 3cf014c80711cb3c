package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	happening "dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/offline"
)

const listeners = `version: 1
agents:
  support: {access: {conversations: read, messages: read}, allow: [list_events]}
  reader: {access: {conversations: read, messages: read}}
  mine: {access: {conversations: read, messages: read}, allow: [list_events], only: {channel: [chat]}, budget: {requests_per_day: 3}}
`

// listening is a site with an inbox.
func listening(t *testing.T) (*site, *happening.Inbox) { return listeningTo(t, &book{}) }

func listeningTo(t *testing.T, records *book) (*site, *happening.Inbox) {
	in := happening.NewInbox(sqlitestore.Open(t.TempDir(), sqlitestore.Options{}))
	t.Cleanup(func() { require.NoError(t, in.Close()) })
	rules, err := capability.Parse("capabilities.yaml", []byte(keyed(listeners)))
	require.NoError(t, err)
	dixa := offline.New(offline.Options{})
	hc, stop := dixa.Client()
	t.Cleanup(stop)
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("secret-token"), URL: offline.URL, Transport: hc.Transport})
	require.NoError(t, err)
	return host(t, offline.Options{}, func(c *HTTPConfig) {
		c.Gate = gate.New(gate.Config{Rules: rules, Client: client, Audit: records, Log: slog.New(slog.DiscardHandler), Events: in})
		who := identity.New(identity.Options{Rules: c.Gate.Rules, Log: c.Log})
		t.Cleanup(who.Close)
		c.Identity = who
	}), in
}

func put(t *testing.T, in *happening.Inbox, n int) {
	t.Helper()
	_, err := in.Put(t.Context(), happening.Event{ID: fmt.Sprintf("0c1a2b3c-4d5e-4f60-8a7b-%012d", n), Type: "ConversationMessageAdded", Time: time.Now(), Conversation: int64(1233 + n)})
	require.NoError(t, err)
}

// conversationOf reads the next event of a stream.
func (e *events) conversation() int64 {
	e.t.Helper()
	text, ok := e.data()
	require.True(e.t, ok, "the stream has ended")
	var one struct{ Conversation int64 }
	require.NoError(e.t, json.Unmarshal([]byte(text), &one))
	return one.Conversation
}

// lastID reads the id of a stream up to an event.
func (e *events) lastID() string {
	e.t.Helper()
	for {
		line, err := e.lines.ReadString('\n')
		require.NoError(e.t, err)
		var id string
		if _, err := fmt.Sscanf(line, "id: %s", &id); err == nil {
			return id
		}
	}
}

// An agent's program hears of events as they come, and goes on where its stream ended.
func TestEventStream(t *testing.T) {
	s, in := listening(t)
	put(t, in, 1) // before it listens
	ctx, cancel := context.WithCancel(t.Context())
	stream := eventsOf(t, s.askIn(ctx, "GET", "/events", ""))
	start := stream.lastID()
	put(t, in, 2)
	require.Equal(t, int64(1235), stream.conversation())
	put(t, in, 3)
	require.Equal(t, int64(1236), stream.conversation())
	cancel()
	put(t, in, 4)
	again := eventsOf(t, s.ask("GET", "/events", "", "Last-Event-ID: "+start))
	for n := 2; n <= 4; n++ {
		require.Equal(t, int64(1233+n), again.conversation())
	}
}

// A stream gives no sign of an event that the agent is not told of: not even when it was.
func TestEventStreamIsSilent(t *testing.T) {
	records := &book{}
	s, in := listeningTo(t, records)
	stream := eventsOf(t, s.ask("GET", "/events?type=ConversationClosed", ""))
	stream.lastID()
	listed := func(n int) {
		require.Eventually(t, func() bool { return records.outcomes()["list_events done"] == n }, time.Minute, time.Millisecond)
	}
	listed(1)
	put(t, in, 1)
	listed(2)
	put(t, in, 2)
	listed(3)
	_, err := in.Put(t.Context(), happening.Event{ID: "0c1a2b3c-4d5e-4f60-8a7b-00000000000a", Type: "ConversationClosed", Time: time.Now(), Conversation: 1235})
	require.NoError(t, err)
	line, err := stream.lines.ReadString('\n')
	for ; err == nil && line == "\n"; line, err = stream.lines.ReadString('\n') { // the end of what came before
	}
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(line, "id: "), line)
	line, err = stream.lines.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, `"conversation":1235`, "nothing came in between")
}

// How often something happens that the agent is not told of takes nothing of its budget, which would tell of it.
func TestEventStreamCostsNothing(t *testing.T) {
	records := &book{}
	s, in := listeningTo(t, records)
	stream := eventsOf(t, s.ask("GET", "/events", "", "Key: mine-key"))
	stream.lastID()
	for n := 1; n <= 5; n++ {
		put(t, in, n) // the channel is another
		require.Eventually(t, func() bool { return records.outcomes()["list_events done"] == n+1 }, time.Minute, time.Millisecond)
	}
	require.Zero(t, records.outcomes()["list_events refused"])
}

// Only an agent that may list events gets a stream, with a credential, and is told what is wrong.
func TestEventStreamIsGranted(t *testing.T) {
	s, _ := listening(t)
	for _, c := range []struct {
		status  int
		path    string
		headers []string
	}{
		{http.StatusUnauthorized, "/events", []string{"Authorization: "}},
		{http.StatusForbidden, "/events", []string{"Key: reader-key"}},
		{http.StatusForbidden, "/events", []string{"Origin: https://evil.example.net"}},
		{http.StatusForbidden, "/events", []string{"Last-Event-ID: x"}},
		{http.StatusBadRequest, "/events?type=Shut", nil},
		{http.StatusNotAcceptable, "/events", []string{"Accept: application/json"}},
	} {
		require.Equal(t, c.status, s.ask("GET", c.path, "", c.headers...).StatusCode, c)
	}
	none := host(t, offline.Options{})
	require.Equal(t, http.StatusNotFound, none.ask("GET", "/events", "").StatusCode)
}
