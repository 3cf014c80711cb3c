package dixaclient

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

const (
	testToken = "eyJ0b2tlbiI.secret"
	testUUID  = "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"
)

// testClient is a client of a server that listens on this machine, for what does not wait.
func testClient(t *testing.T, c Config, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	c.URL, c.ExportsURL = s.URL, s.URL
	if c.Token == nil {
		c.Token = StaticToken(testToken)
	}
	client, err := New(c)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	t.Cleanup(client.Close)
	return client
}

// memory is a network without sockets: inside a synctest bubble its clock advances while both sides wait for each
// other, and the bubble fails when a goroutine is left behind.
type memory struct {
	conns  chan net.Conn
	closed chan struct{}
	dials  atomic.Int32
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error   { close(m.closed); return nil }
func (m *memory) Addr() net.Addr { return &net.TCPAddr{} }

func (m *memory) dial(context.Context, string, string) (net.Conn, error) {
	m.dials.Add(1)
	client, server := net.Pipe()
	m.conns <- server
	return client, nil
}

// serveMemory runs a handler on a network in memory, for the length of the bubble.
func serveMemory(t *testing.T, h http.HandlerFunc) *memory {
	m := &memory{conns: make(chan net.Conn), closed: make(chan struct{})}
	s := &http.Server{Handler: h}
	var running sync.WaitGroup
	running.Go(func() { _ = s.Serve(m) })
	t.Cleanup(func() {
		_ = s.Close()
		running.Wait()
	})
	return m
}

// memoryClient is a client of a handler behind a network in memory.
func memoryClient(t *testing.T, h http.HandlerFunc) *Client {
	return transportClient(t, &http.Transport{DialContext: serveMemory(t, h).dial})
}

func transportClient(t *testing.T, transport http.RoundTripper) *Client {
	client, err := New(Config{Token: StaticToken(testToken), URL: "http://127.0.0.1", Transport: transport})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// testOp declares an operation that does not stay among the operations.
func testOp[In, Out any](route string, level Level, options ...Option) Op[In, Out] {
	before := operations
	defer func() { operations = before }()
	return op[In, Out]("test_operation", route, level, options...)
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"":                             "https://dev.dixa.io",
		"https://dixa.example":         "https://dixa.example",
		"https://dixa.example/":        "https://dixa.example",
		"https://dixa.example/v1":      "https://dixa.example",
		"https://dixa.example/v1/":     "https://dixa.example",
		"https://gateway.example/dixa": "https://gateway.example/dixa",
		"http://127.0.0.1:8080/v1":     "http://127.0.0.1:8080",
		"http://[::1]:8080":            "http://[::1]:8080",
		"http://localhost":             "http://localhost",
	} {
		c, err := New(Config{Token: StaticToken(testToken), URL: address})
		require.NoError(t, err, address)
		require.Equal(t, want, c.base[API], address)
	}
}

func TestAddressesRefused(t *testing.T) {
	for address, want := range map[string]string{
		"http://dixa.example":             "unencrypted",
		"http://10.0.0.1":                 "unencrypted",
		"http://127.0.0.1.dixa.example":   "unencrypted",
		"http://localhost.dixa.example":   "unencrypted",
		"ftp://dixa.example":              "https://",
		"dev.dixa.io":                     "not a URL",
		testToken:                         "not a URL",
		"https://":                        "not a URL",
		"https://:443":                    "not a URL",
		"https://" + testToken + "@d.io":  "must not have a user",
		"https://d.io?key=" + testToken:   "a query",
		"https://d.io?":                   "a query",
		"https://d.io#" + testToken:       "a fragment",
		"https://u:" + testToken + " @d%": "not a URL",
	} {
		for _, c := range []Config{{URL: address}, {ExportsURL: address}} {
			c.Token = StaticToken(testToken)
			_, err := New(c)
			require.ErrorContains(t, err, want, address)
			require.NotContains(t, err.Error(), testToken)
		}
	}
}

func TestConfigRefused(t *testing.T) {
	token := StaticToken(testToken)
	for _, c := range []Config{{}, {Token: token, Rate: -1}, {Token: token, Burst: -1}, {Token: token, AttemptTimeout: -1}, {Token: token, MaxAnswer: -1}} {
		_, err := New(c)
		require.Error(t, err)
	}
}

func TestAuthorization(t *testing.T) {
	onExports := testOp[GetConversationIn, Conversation]("GET /v1/conversations/{conversationId}", Read, on(Exports))
	for _, test := range []struct {
		name, pasted string
		bearer       map[Host]bool
		api, exports string
	}{
		{"raw on the API, Bearer on Exports", testToken, nil, testToken, "Bearer " + testToken},
		{"Bearer on both", testToken, map[Host]bool{API: true}, "Bearer " + testToken, "Bearer " + testToken},
		{"raw on both", testToken, map[Host]bool{Exports: false}, testToken, testToken},
		{"a pasted prefix", " bearer  " + testToken + "\n", nil, testToken, "Bearer " + testToken},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			c := testClient(t, Config{Token: StaticToken(test.pasted), Bearer: test.bearer}, func(w http.ResponseWriter, r *http.Request) {
				got = append(got, r.Header.Get("Authorization"))
				require.Equal(t, "dixa-mcp", r.UserAgent())
			})
			_, err := GetConversation.Do(t.Context(), c, GetConversationIn{ConversationRef{1}})
			require.NoError(t, err)
			_, err = onExports.Do(t.Context(), c, GetConversationIn{ConversationRef{1}})
			require.NoError(t, err)
			require.Equal(t, []string{test.api, test.exports}, got)
		})
	}
}

func TestTokenIsAskedForEachRequest(t *testing.T) {
	tokens := []string{"first", "second"}
	var got []string
	source := func() (string, error) {
		if len(tokens) == 0 {
			return "", errors.New("the vault is sealed")
		}
		token := tokens[0]
		tokens = tokens[1:]
		return token, nil
	}
	c := testClient(t, Config{Token: source}, func(_ http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization"))
	})
	for range 2 {
		_, err := GetConversation.Do(t.Context(), c, GetConversationIn{ConversationRef{1}})
		require.NoError(t, err)
	}
	_, err := GetConversation.Do(t.Context(), c, GetConversationIn{ConversationRef{1}})
	require.EqualError(t, err, "get_conversation: it was not sent: the token cannot be read: the vault is sealed.")
	require.Equal(t, []string{"first", "second"}, got)
}

func TestTokenRefused(t *testing.T) {
	for token, want := range map[string]string{
		"": "empty", " \n": "empty", "Bearer ": "empty", "bearer": "empty",
		"sec ret": "characters", "sec\r\nX-Evil: ret": "characters", `"secret"`: "characters", "“secret”": "characters", "'secret'": "characters",
		"sec\x00ret": "characters", "sec\xffret": "characters", "Authorization: Bearer secret": "characters", "Bearer Bearer secret": "characters",
	} {
		_, err := CleanToken(token)
		require.ErrorContains(t, err, want, "%q", token)
		require.NotContains(t, err.Error(), "ret")
	}
	c := testClient(t, Config{Token: StaticToken("sec ret")}, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
	_, err := CloseConversation.Do(t.Context(), c, CloseConversationIn{ConversationRef: ConversationRef{1}})
	require.ErrorContains(t, err, "it was not sent")
	require.ErrorContains(t, err, "Nothing was changed")
	require.NotContains(t, err.Error(), "ret")
}

func TestOneConnectionForSequentialCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble fails when Close leaves a goroutine behind
		m := serveMemory(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/1"):
				w.WriteHeader(http.StatusNotFound)
			case strings.HasSuffix(r.URL.Path, "/2"):
				w.WriteHeader(http.StatusNoContent)
			default:
				_, _ = w.Write([]byte(`{"data":{"id":3}}` + strings.Repeat(" ", 1<<16)))
			}
		})
		c := transportClient(t, &http.Transport{DialContext: m.dial})
		for id := range int64(30) {
			_, _ = GetConversation.Do(t.Context(), c, GetConversationIn{ConversationRef{id%3 + 1}})
		}
		require.EqualValues(t, 1, m.dials.Load())
	})
}
