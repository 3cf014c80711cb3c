package replicas

import (
	"context"
	"testing"

	"github.com/gomodule/redigo/redis"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval/approvaltest"
	"dixa-mcp/internal/base/stored"
	"dixa-mcp/internal/replicas/redistest"
)

// Servers of this format join; keys of a newer format are refused and left as they are.
func TestKeysOfANewerVersion(t *testing.T) {
	server := redistest.Start(t)
	g := join(t, server.URL())
	key := g.link.key("format")
	ctx := context.Background()
	found, err := redis.String(g.link.client.do(ctx, "GET", key))
	require.NoError(t, err)
	require.Equal(t, "1", found)

	require.NoError(t, second(g.link.client.do(ctx, "SET", key, 2)))
	_, err = Connect(ctx, Options{URL: server.URL(), Replica: "older"})
	require.ErrorContains(t, err, stored.ErrNewer.Error()+": the format under {dixa-mcp}:format is 2, and this version knows 1")
	found, err = redis.String(g.link.client.do(ctx, "GET", key))
	require.NoError(t, err)
	require.Equal(t, "2", found)
	replicas, err := redis.Int(g.link.client.do(ctx, "HLEN", g.link.key("replicas")))
	require.NoError(t, err)
	require.EqualValues(t, 1, replicas)
}

// A request that a newer version parked is left as it is, and the others can be decided.
func TestRequestOfANewerVersion(t *testing.T) {
	g := join(t, redistest.Start(t).URL())
	store := g.Approvals()
	newer, err := store.Park(t.Context(), approvaltest.Request(t, 1))
	require.NoError(t, err)
	own, err := store.Park(t.Context(), approvaltest.Request(t, 2))
	require.NoError(t, err)
	key := g.link.key("approval:" + newer.Number)
	text, err := redis.String(g.link.client.do(t.Context(), "GET", key))
	require.NoError(t, err)
	changed := `{"condition":"only before noon",` + text[1:]
	require.NoError(t, second(g.link.client.do(t.Context(), "SET", key, changed)))
	list, err := store.List(t.Context())
	require.ErrorIs(t, err, stored.ErrNewer)
	require.Len(t, list, 1)
	require.Equal(t, own.Number, list[0].Number)
	text, err = redis.String(g.link.client.do(t.Context(), "GET", key))
	require.NoError(t, err)
	require.Equal(t, changed, text)
}
