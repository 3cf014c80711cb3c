package identity

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/shelf"
)

// memory is a shelf that a test breaks.
type memory struct {
	*shelf.Memory
	broken error
}

func (m *memory) Get(ctx context.Context, key string) (string, error) {
	if m.broken != nil {
		return "", m.broken
	}
	return m.Memory.Get(ctx, key)
}

const replying = "agents: {reply: {access: {conversations: read}}, other: {}}"

func boundBed(t *testing.T) (*bed, *BoundKeys, *memory) {
	m := &memory{Memory: &shelf.Memory{Most: 50}}
	var keys *BoundKeys
	b := newBed(t, replying, func(o *Options) {
		m.Now = o.Now
		keys = NewBoundKeys(m, o.Now)
		o.Bound = keys
	})
	return b, keys, m
}

// A key that is bound to a conversation authenticates its agent for that conversation, until it expires, is revoked or its agent is
// gone.
func TestBoundKey(t *testing.T) {
	b, keys, m := boundBed(t)
	key, made, err := keys.Make(t.Context(), "reply", 1234, time.Hour)
	require.NoError(t, err)
	require.Regexp(t, `^dixa-mcp-bound-[A-Za-z0-9_-]{43}$`, key)
	who, err := b.Identify(request(key))
	require.NoError(t, err)
	require.Equal(t, Principal{Agent: "reply", Key: made.ID, Conversation: 1234, Expires: begin.Add(time.Hour), proof: who.proof}, who)
	at, err := b.Identify(func() *http.Request { r := request(key); r.SetPathValue(AgentPath, "other"); return r }())
	require.Error(t, err)
	require.Zero(t, at)
	all, err := m.Memory.List(t.Context(), "")
	require.NoError(t, err)
	for name, text := range all {
		require.NotContains(t, name+text, strings.TrimPrefix(key, BoundPrefix), "only its hash is stored")
	}

	now, err := b.Again(who)
	require.NoError(t, err)
	require.Equal(t, who.Conversation, now.Conversation)
	m.broken = errors.New("disk full")
	res := b.refused(request(key))
	require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
	m.broken = nil

	b.reload("agents: {other: {}}")
	require.Equal(t, http.StatusUnauthorized, b.refused(request(key)).StatusCode, "its agent is gone")
	_, err = b.Again(who)
	require.Error(t, err)
	b.reload(replying)

	second, other, err := keys.Make(t.Context(), "reply", 1235, 2*time.Hour)
	require.NoError(t, err)
	list, err := keys.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, []BoundKey{made, other}, list)
	b.pass(time.Hour)
	require.Equal(t, http.StatusUnauthorized, b.refused(request(key)).StatusCode, "it has expired")
	list, err = keys.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, []BoundKey{other}, list)
	_, err = b.Again(who)
	require.Error(t, err)
	who, err = b.Identify(request(second))
	require.NoError(t, err)
	for id, was := range map[string]bool{made.ID + "x": false, other.ID: true} {
		key, revoked, err := keys.Revoke(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, was, revoked, id)
		require.Equal(t, was, key == other)
	}
	require.Equal(t, http.StatusUnauthorized, b.refused(request(second)).StatusCode, "it was revoked")
	_, err = b.Again(who)
	require.Error(t, err)

	third, _, err := keys.Make(t.Context(), "reply", 1236, time.Hour)
	require.NoError(t, err)
	require.NoError(t, keys.End(t.Context(), third))
	require.NoError(t, keys.End(t.Context(), third), "it has ended")
	require.Equal(t, http.StatusUnauthorized, b.refused(request(third)).StatusCode)
}

// What is no whole key is refused before anything is looked up, and so is a key in the address.
func TestBoundKeyThatIsNone(t *testing.T) {
	b, keys, m := boundBed(t)
	key, _, err := keys.Make(t.Context(), "reply", 1234, time.Hour)
	require.NoError(t, err)
	m.broken = errors.New("looked up")
	for _, none := range []string{key + "0", key[:len(key)-1], BoundPrefix, BoundPrefix + strings.Repeat("!", keyLength)} {
		require.Equal(t, http.StatusUnauthorized, b.refused(request(none)).StatusCode, none)
	}
	r := request(key)
	r.URL.RawQuery = "key=" + key
	require.Equal(t, http.StatusBadRequest, b.refused(r).StatusCode)
	m.broken = nil
	require.Equal(t, http.StatusUnauthorized, b.refused(request(BoundPrefix+strings.Repeat("a", keyLength))).StatusCode)
	require.Equal(t, http.StatusUnauthorized, newBed(t, replying).refused(request(key)).StatusCode, "a server without such keys")
	for _, wrong := range []struct {
		conversation int64
		lasts        time.Duration
	}{{0, time.Hour}, {-1, time.Hour}, {1234, 0}, {1234, -time.Hour}, {1234, LongestBound + 1}} {
		_, _, err := keys.Make(t.Context(), "reply", wrong.conversation, wrong.lasts)
		require.Error(t, err, wrong)
	}
}
