package dixaclient

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// noting gives an Around that notes when it is entered and left.
func noting(log *[]string, name string) Around {
	return func(ctx context.Context, _ *Call, next func(context.Context) error) error {
		*log = append(*log, name+" in")
		defer func() { *log = append(*log, name+" out") }()
		return next(ctx)
	}
}

func TestAroundOrder(t *testing.T) {
	var log []string
	c := testClient(t, Config{}, func(http.ResponseWriter, *http.Request) { log = append(log, "sent") })
	outer := c.With(noting(&log, "1"), noting(&log, "2"))
	inner := outer.With(noting(&log, "3"))
	other := outer.With(noting(&log, "4"))

	call := func(c *Client) []string {
		log = nil
		_, err := CloseConversation.Do(t.Context(), c, CloseConversationIn{ConversationRef: ConversationRef{1}})
		require.NoError(t, err)
		return log
	}
	require.Equal(t, []string{"1 in", "2 in", "3 in", "sent", "3 out", "2 out", "1 out"}, call(inner))
	require.Equal(t, []string{"1 in", "2 in", "4 in", "sent", "4 out", "2 out", "1 out"}, call(other))
	require.Equal(t, []string{"1 in", "2 in", "sent", "2 out", "1 out"}, call(outer))
	require.Equal(t, []string{"sent"}, call(c))
}

func TestAroundRefuses(t *testing.T) {
	refusal := errors.New("not granted")
	c := testClient(t, Config{}, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
	refusing := c.With(func(context.Context, *Call, func(context.Context) error) error { return refusal })
	_, err := CloseConversation.Do(t.Context(), refusing, CloseConversationIn{ConversationRef: ConversationRef{1}})
	require.Equal(t, refusal, err)
}

func TestAroundRefusesTheAnswer(t *testing.T) {
	c := testClient(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"data":{"id":1,"subject":"private"},"meta":{"next":"/x?pageKey=k"}}`))
	})
	judging := c.With(func(ctx context.Context, call *Call, next func(context.Context) error) error {
		require.NoError(t, next(ctx))
		return errors.New("not yours: " + call.Out.(*Conversation).Subject[:0])
	})
	a, err := GetConversation.Do(t.Context(), judging, GetConversationIn{ConversationRef{1}})
	require.Error(t, err)
	require.Equal(t, Answer[Conversation]{Status: 200}, a, "nothing of a refused answer goes past")
}

func TestAroundChangesTheRequestAndSeesTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
			require.Equal(t, "/v1/conversations/7", r.URL.Path)
			if sent++; sent == 1 {
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			w.Header().Set("X-Request-Id", "r-2")
			_, _ = w.Write([]byte(`{"data":{"id":7}}`))
		})
		var seen *Call
		changing := c.With(func(ctx context.Context, call *Call, next func(context.Context) error) error {
			require.Equal(t, "get_conversation", call.Op.Name)
			require.Zero(t, call.Attempts)
			call.In.(*GetConversationIn).ConversationID = 7
			seen = call
			return next(ctx)
		})
		in := GetConversationIn{ConversationRef{1}}
		a, err := GetConversation.Do(t.Context(), changing, in)
		require.NoError(t, err)
		require.EqualValues(t, 7, a.Value.ID)
		require.EqualValues(t, 1, in.ConversationID, "the caller's own request stays as it was")
		require.Equal(t, &Call{Op: GetConversation.Spec, In: seen.In, Out: seen.Out, Raw: []byte(`{"data":{"id":7}}`), Status: 200, Attempts: 2, RequestID: "r-2", Throttled: 1, version: V1, decoded: true}, seen)
	})
}

func TestWithSharesThePaceAndTheConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := serveMemory(t, func(http.ResponseWriter, *http.Request) {})
		c := transportClient(t, &http.Transport{DialContext: m.dial})
		start := time.Now()
		for range 10 {
			for _, one := range []*Client{c, c.With(), c.With().With()} {
				_, err := CloseConversation.Do(t.Context(), one, CloseConversationIn{ConversationRef: ConversationRef{1}})
				require.NoError(t, err)
			}
		}
		require.InDelta(t, 2.7, time.Since(start).Seconds(), 0.001, "30 calls, 3 at once and 10 a second")
		require.EqualValues(t, 1, m.dials.Load())
	})
}
