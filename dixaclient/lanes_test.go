package dixaclient

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

var threeTokens = Config{
	Token:      StaticToken("token-one-of-writes"),
	ReadTokens: []TokenSource{StaticToken("token-two-of-reads"), StaticToken("token-three-of-reads")},
}

func lanesClient(t *testing.T, c Config, h http.HandlerFunc) *Client {
	c.URL, c.ExportsURL, c.Transport = "http://127.0.0.1", "http://127.0.0.1", &http.Transport{DialContext: serveMemory(t, h).dial}
	client, err := New(c)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// Reads use the rate of all tokens together, and agents get equal shares of it. Writes use the first token and its rate.
func TestReadsGoOverAllTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const readers = 24
		dixa := offline.New(offline.Options{Rate: 10, Burst: 4})
		c := lanesClient(t, threeTokens, dixa.ServeHTTP)
		ctx, cancel := context.WithCancel(t.Context())
		var served [readers]int
		var all sync.WaitGroup
		for f := range readers {
			all.Go(func() {
				for {
					if _, err := GetConversation.Do(inFlow(ctx, f), c, GetConversationIn{ConversationRef{1234}}); err != nil {
						return
					}
					served[f]++
				}
			})
		}
		written := 0
		all.Go(func() {
			for {
				if _, err := AddNote.Do(inFlow(ctx, readers), c, AddNoteIn{ConversationRef: ConversationRef{1234}, Message: "seen"}); err != nil {
					return
				}
				written++
			}
		})
		time.Sleep(time.Minute)
		waiting := c.Waiting()
		cancel()
		all.Wait()

		count := map[string]int{}
		for _, r := range dixa.Requests() {
			require.NotEqual(t, http.StatusTooManyRequests, r.Status)
			count[r.Token]++
			if r.Method != "GET" {
				require.Equal(t, "token-one-of-writes", r.Token)
			}
		}
		require.Len(t, count, 3)
		for token, n := range count {
			require.InDelta(t, 603, n, 2, token)
		}
		require.InDelta(t, readers, waiting, 4, "of all tokens together")
		sum := 0
		for _, n := range served {
			sum += n
		}
		for f, n := range served {
			require.InEpsilon(t, float64(sum)/readers, n, 0.1, "reader %d of %v", f, served)
		}
		require.Greater(t, written, 60, "%v", served)
	})
}

func TestWhichToken(t *testing.T) {
	search := testOp[None, Conversation]("POST /v1/search/conversations", Read)
	tests := map[string]struct {
		call func(context.Context, *Client) error
		want []int
	}{
		"reads": {get, []int{0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 1, 2}},
		"a search": {func(ctx context.Context, c *Client) error {
			_, err := search.Do(ctx, c, None{})
			return err
		}, []int{0, 0, 0, 1}},
		"writes": {func(ctx context.Context, c *Client) error { return callOnce(ctx, c, true) }, []int{0, 0, 0, 0, 0}},
		"exports": {func(ctx context.Context, c *Client) error {
			for _, err := range ExportMessages.Stream(ctx, c, ExportMessagesIn{at(t, "2026-01-01"), at(t, "2026-02-01")}) {
				return err
			}
			return nil
		}, []int{0, 1, 2, 0}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got []int
				c := lanesClient(t, threeTokens, func(w http.ResponseWriter, r *http.Request) {
					got = append(got, map[string]int{
						"token-one-of-writes": 0, "token-two-of-reads": 1, "token-three-of-reads": 2,
						"Bearer token-one-of-writes": 0, "Bearer token-two-of-reads": 1, "Bearer token-three-of-reads": 2,
					}[r.Header.Get("Authorization")])
					if r.URL.Path == "/v1/message_export" {
						_, _ = w.Write([]byte("[]"))
					}
				})
				for range test.want {
					require.NoError(t, test.call(t.Context(), c))
				}
				require.Equal(t, test.want, got)
			})
		})
	}
}

// An operator with several tokens is told which one Dixa does not take, or which one is not there.
func TestTheTokenThatFailsIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := threeTokens
		c.ReadTokens = []TokenSource{c.ReadTokens[0], func() (string, error) { return "", errors.New("the file has only 2") }}
		client := lanesClient(t, c, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "token-one-of-writes" {
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = w.Write([]byte(`{"message":"I know token-one-of-writes, but not token-two-of-reads"}`))
			}
		})
		for range DefaultBurst {
			require.NoError(t, get(t.Context(), client))
		}
		for range DefaultBurst {
			require.EqualError(t, get(t.Context(), client), "get_conversation: Dixa answered 401: I know [redacted], but not [redacted]. "+
				"It was sent with token 2 of 3. Usual causes: the token was not made with version \"Dixa API\", was not made by an administrator, has expired or was deleted, or the user who made it may not do this.")
		}
		require.EqualError(t, get(t.Context(), client), "get_conversation: it was not sent: token 3 of 3: the token cannot be read: the file has only 2.")
	})
}

// A token that was replaced has a limit of its own at Dixa.
func TestReplacedTokenHasItsOwnBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token := "token-of-before"
		var made []BucketSpec
		c := lanesClient(t, Config{
			Token:   func() (string, error) { return token, nil },
			Buckets: func(s BucketSpec) Bucket { made = append(made, s); return NewLocalBucket(s.Rate, s.Burst) },
		}, func(http.ResponseWriter, *http.Request) {})
		start := time.Now()
		for range DefaultBurst {
			require.NoError(t, get(t.Context(), c))
		}
		token = "token-of-after"
		for range DefaultBurst {
			require.NoError(t, get(t.Context(), c))
		}
		require.Zero(t, time.Since(start))
		require.Equal(t, []BucketSpec{
			{digest("token-of-before"), API, DefaultRate, DefaultBurst}, {digest("token-of-after"), API, DefaultRate, DefaultBurst},
		}, made)
		require.NoError(t, get(t.Context(), c))
		nearly(t, 100*time.Millisecond, time.Since(start))
	})
}
