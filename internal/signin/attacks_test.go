package signin

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/base/shelf"
	"golang.org/x/net/dns/dnsmessage"

	"dixa-mcp/internal/identity"
)

// names is a name server that answers each question with the next of its answers, and from then on with the last one.
type names struct {
	mu      sync.Mutex
	answers [][]string
}

func (n *names) resolver(t *testing.T) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go n.serve(server) // until the client closes its end
		t.Cleanup(func() { _ = server.Close() })
		return client, nil
	}}
}

// serve answers one question over a stream, as DNS over TCP does.
func (n *names) serve(c net.Conn) {
	defer c.Close()
	var size [2]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return
	}
	question := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(c, question); err != nil {
		return
	}
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return
	}
	m.Response = true
	m.Additionals = nil
	if m.Questions[0].Type == dnsmessage.TypeA {
		for _, ip := range n.next() {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
				Body:   &dnsmessage.AResource{A: netip.MustParseAddr(ip).As4()},
			})
		}
	}
	packed, err := m.Pack()
	if err != nil {
		return
	}
	_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...)) // the client may be gone
}

func (n *names) next() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	answer := n.answers[0]
	if len(n.answers) > 1 {
		n.answers = n.answers[1:]
	}
	return answer
}

// A name that is a public address when it is checked, and a private one when it is connected to, gains nothing.
func TestRebinding(t *testing.T) {
	var reached atomic.Int64
	private := httptest.NewUnstartedServer(http.NotFoundHandler())
	private.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			reached.Add(1)
		}
	}
	private.StartTLS()
	defer private.Close()
	_, port, err := net.SplitHostPort(private.Listener.Addr().String())
	require.NoError(t, err)
	for name, answers := range map[string][][]string{
		"another answer the second time": {{"93.184.215.14"}, {"127.0.0.1"}},
		"several private addresses":      {{"93.184.215.14"}, {"10.0.0.1", "169.254.169.254", "127.0.0.1"}},
	} {
		n := &names{answers: answers}
		resolver := n.resolver(t)
		checked, err := resolver.LookupNetIP(t.Context(), "ip4", "rebind.example.com.")
		require.NoError(t, err)
		require.True(t, address.IsPublic(checked[0]), name)
		_, err = publicClient(resolver).Get("https://rebind.example.com.:" + port + "/oauth.json")
		require.ErrorIs(t, err, address.ErrNotPublic, name)
	}
	require.Zero(t, reached.Load(), "the private server was connected to")
}

// within requires that f ends within a time, by the clock of the bubble.
func within(t *testing.T, most time.Duration, f func()) {
	t.Helper()
	began := time.Now()
	f()
	require.LessOrEqual(t, time.Since(began), most)
}

// A document that does not come is waited for once and for a bounded time, and nobody else waits.
func TestSlowDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		const slow = "https://slow.example.com/oauth.json"
		b.documents[slow] = func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		access := b.tokens("anna").Access
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				within(t, documentTimeout, func() {
					p := b.browser().get(authorizeAt(asks("client_id", slow)))
					require.Equal(t, http.StatusBadRequest, p.StatusCode)
				})
			})
		}
		synctest.Wait()
		within(t, 0, func() {
			require.True(t, b.valid(access))
			b.tokens("anna")
		})
		all.Wait()
		require.Equal(t, 1, b.asked[slow])
	})
}

// A provider that does not answer is waited for a bounded time, however many people sign in. Who is signed in does not notice.
func TestSlowProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		got := b.tokens("anna")
		goesOn := func() {
			t.Helper()
			synctest.Wait()
			within(t, 0, func() {
				require.True(t, b.valid(got.Access))
				require.NotEmpty(t, b.registeredID(t))
			})
		}

		b.provider.turn(func() { b.provider.slow = "/token" })
		var all sync.WaitGroup
		all.Go(func() {
			within(t, providerTimeout, func() {
				require.Equal(t, http.StatusServiceUnavailable, b.post(tokenPath, refreshing(got.Refresh)).status)
			})
		})
		for i := range 20 {
			all.Go(func() {
				within(t, providerTimeout, func() {
					back := b.browser().signIn("anna", asks("state", fmt.Sprint(i)))
					require.Equal(t, "temporarily_unavailable", back.at(t, documentBack).Get("error"))
				})
			})
		}
		goesOn()
		all.Wait()

		b.provider.turn(func() { b.provider.slow = "" })
		got = b.post(tokenPath, refreshing(got.Refresh))
		require.Equal(t, http.StatusOK, got.status, "the token stayed valid")

		b.Server.provider.found = nil // as after an hour
		b.provider.turn(func() { b.provider.slow = "/.well-known/openid-configuration" })
		for range 20 {
			all.Go(func() {
				within(t, providerTimeout, func() {
					require.Equal(t, "temporarily_unavailable", b.browser().get(authorizeAt(asks())).at(t, documentBack).Get("error"))
				})
			})
		}
		goesOn()
		all.Wait()
	})
}

// An answer that another server or another sign-in of the provider gave is not taken, whoever sends a browser there with it.
func TestMixUp(t *testing.T) {
	for name, c := range map[string]struct {
		says   bool // the provider says that it names itself
		change func(b *bed, answer url.Values)
	}{
		"another issuer": {false, func(_ *bed, answer url.Values) { answer.Set("iss", "https://evil.example") }},
		"no issuer":      {true, func(*bed, url.Values) {}},
		"a code of the attacker's sign-in": {false, func(b *bed, answer url.Values) {
			to := b.browser().get(authorizeAt(asks())).at(b.t, b.provider.URL)
			answer["code"] = b.provider.signIn("mallory", to)["code"]
		}},
	} {
		b := newBed(t)
		b.allow("mallory", "triage")
		b.provider.iss = c.says
		br := b.browser()
		answer := b.provider.signIn("anna", br.get(authorizeAt(asks())).at(t, b.provider.URL))
		c.change(b, answer)
		back := br.get(issuer+callbackPath+"?"+answer.Encode()).at(t, documentBack)
		require.Equal(t, "server_error", back.Get("error"), name)
		require.Empty(t, back.Get("code"), name)
		require.Equal(t, issuer, back.Get("iss"), name)
	}
}

// The provider's code and nonce are those of one sign-in: a provider that does not check PKCE makes no difference.
func TestInjectedCode(t *testing.T) {
	b := newBed(t)
	b.allow("mallory", "triage")
	b.provider.lax = true
	attacker := b.provider.signIn("mallory", b.browser().get(authorizeAt(asks())).at(t, b.provider.URL))
	victim := b.browser()
	answer := b.provider.signIn("anna", victim.get(authorizeAt(asks())).at(t, b.provider.URL))
	answer["code"] = attacker["code"]
	back := victim.get(issuer+callbackPath+"?"+answer.Encode()).at(t, documentBack)
	require.Equal(t, "server_error", back.Get("error"))
	all, err := b.Sessions.List(t.Context())
	require.NoError(t, err)
	require.Empty(t, all)
}

// A token is valid for the resource that the person saw, and for no other.
func TestTokenIsForItsResource(t *testing.T) {
	b := newBed(t)
	id, digest, ok := identity.ParseAccess(b.tokens("anna").Access)
	require.True(t, ok)
	signedIn, ok, err := b.SignedIn(t.Context(), id, digest)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, issuer+"/mcp/triage", signedIn.Resource)
	require.Equal(t, "triage", signedIn.Agent)
}

// together is a shelf at which as many readers meet as the group counts, before any of them goes on.
type together struct {
	shelf.Shelf
	meet atomic.Pointer[sync.WaitGroup]
}

// Get implements [Shelf].
func (s *together) Get(ctx context.Context, key string) (string, error) {
	text, err := s.Shelf.Get(ctx, key)
	if meet := s.meet.Load(); meet != nil && strings.HasPrefix(key, prefixOf(kindPending)) {
		meet.Done()
		meet.Wait()
	}
	return text, err
}

// Of several answers to the same consent page that come at the same time, one is taken.
func TestOneAnswer(t *testing.T) {
	var shelf *together
	b := newBed(t, func(c *Config) {
		shelf = &together{Shelf: c.Sessions.shelf}
		c.Sessions = NewSessions(shelf, c.Secret, c.Now)
	})
	br := b.browser()
	asked := br.signIn("anna", asks()).at(t, issuer+consentPath)
	const answers = 5
	var meet, all sync.WaitGroup
	meet.Add(answers)
	shelf.meet.Store(&meet)
	var codes atomic.Int64
	for range answers {
		all.Go(func() {
			p := br.do(http.MethodPost, issuer+consentPath, url.Values{"state": asked["state"], "answer": {"allow"}}, "Origin", issuer)
			if strings.Contains(p.Header.Get("Location"), "code=") {
				codes.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, codes.Load())
}
