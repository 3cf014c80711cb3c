package serve

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

// together is a relay in memory.
type together struct {
	mu   sync.Mutex
	take map[int]func([]byte)
	n    int
	told []string
	err  error
}

func (r *together) Tell(_ context.Context, message []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	r.told = append(r.told, string(message))
	for _, take := range r.take {
		take(message)
	}
	return nil
}

func (r *together) Hear(take func([]byte)) (stop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.take == nil {
		r.take = map[int]func([]byte){}
	}
	r.n++
	n := r.n
	r.take[n] = take
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.take, n)
	}
}

func (r *together) hearing() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.take)
}

// hosts are two servers that share the work.
func hosts(t *testing.T) (one, two *site, between *together) {
	t.Helper()
	between = &together{}
	sessions := NewSessions(10, time.Hour)
	same := func(c *HTTPConfig) {
		c.Secret, c.Sessions, c.Several, c.Relay = []byte("the secret of both"), sessions, true, between
	}
	one, two = host(t, offline.Options{}, same), host(t, offline.Options{}, same)
	t.Cleanup(between.Hear(one.http.legacy.heard))
	t.Cleanup(between.Hear(two.http.legacy.heard))
	return one, two, between
}

// hangs makes a call whose answer never comes.
func (s *site) hangs(session string) <-chan *http.Response {
	s.t.Helper()
	s.dixa.Inject(offline.Fault{Kind: offline.Hang, Times: 1})
	before := len(s.dixa.Requests())
	got := make(chan *http.Response, 1)
	go func() { got <- s.ask("POST", "/mcp", call("9", "get_conversation", conversation), session) }()
	require.Eventually(s.t, func() bool { return len(s.dixa.Requests()) > before }, time.Minute, time.Millisecond)
	return got
}

// A cancellation reaches the server that carries out the call, and no other call.
func TestCancelElsewhere(t *testing.T) {
	one, two, between := hosts(t)
	session, other := one.begin("{}"), one.begin("{}")
	got, stays := one.hangs(session), one.hangs(other)
	require.Equal(t, 202, two.ask("POST", "/mcp", cancel("8"), session).StatusCode)
	require.Equal(t, 202, two.ask("POST", "/mcp", cancel(`"`+strings.Repeat("9", maxID)+`"`), session).StatusCode)
	require.Empty(t, one.book.outcomes())
	require.Equal(t, 202, two.ask("POST", "/mcp", cancel("9"), session).StatusCode)
	res := <-got
	require.Equal(t, 202, res.StatusCode)
	require.Empty(t, text(t, res), "no answer is expected to what was cancelled")
	require.Equal(t, map[string]int{"get_conversation cancelled": 1}, one.book.outcomes(), "the call of the other session with the same id goes on")
	require.Len(t, between.told, 2, "what is longer than an id is not passed on")

	require.Equal(t, 202, one.ask("POST", "/mcp", cancel("9"), other).StatusCode)
	<-stays
	require.Len(t, between.told, 2, "what is running here is told to nobody")
	id := strings.TrimPrefix(session, "Mcp-Session-Id: ")
	require.Equal(t, `{"session":"`+sessionName(id)+`","what":"cancelled","request":"9"}`, between.told[1])
	require.NotContains(t, between.told[1], id)
}

// The end of a session ends what is open and running in it on every server, and nothing else.
func TestSessionEndsElsewhere(t *testing.T) {
	one, two, _ := hosts(t)
	session, other := one.begin("{}"), one.begin("{}")
	stream := eventsOf(t, one.ask("GET", "/mcp", "", session))
	eventsOf(t, one.ask("GET", "/mcp", "", other))
	got := one.hangs(session)
	require.Equal(t, 204, two.ask("DELETE", "/mcp", "", session).StatusCode)
	_, ok := stream.data()
	require.False(t, ok)
	<-got
	require.Equal(t, map[string]int{"get_conversation cancelled": 1}, one.book.outcomes())
	stays := one.http.legacy.active.find(sessionName(strings.TrimPrefix(other, "Mcp-Session-Id: ")))
	require.NotNil(t, stays)
	require.NoError(t, stays.ended.Err())
}

// Whoever gets into the relay can end what belongs to a session that they know, and nothing else.
func TestHeardNonsense(t *testing.T) {
	s := host(t, offline.Options{})
	session := s.begin("{}")
	id := strings.TrimPrefix(session, "Mcp-Session-Id: ")
	got := s.hangs(session)
	for _, message := range []string{
		``, `null`, `[]`, `{}`, `"ended"`, `{"what":"ended"}`, `{"session":"","what":"ended"}`, `{"session":7,"what":"ended"}`,
		`{"session":"` + id + `","what":"ended"}`,
		`{"session":"` + sessionName(id) + `"}`,
		`{"session":"` + sessionName(id) + `","what":"begin"}`,
		`{"session":"` + sessionName(id) + `","what":"cancelled"}`,
		`{"session":"` + sessionName(id) + `","what":"cancelled","request":"10"}`,
		`{"session":"` + sessionName(id) + `","what":"cancelled","request":9}`,
		`{"session":"` + sessionName("another") + `","what":"ended"}`,
	} {
		s.http.legacy.heard([]byte(message))
		require.Empty(t, s.book.outcomes(), message)
		require.Equal(t, 1, s.http.legacy.active.len(), message)
	}
	require.Equal(t, 202, s.ask("POST", "/mcp", cancel("9"), session).StatusCode)
	require.Equal(t, 202, (<-got).StatusCode)
}

// Where the others cannot be told, the client's request is answered all the same, and the log says so.
func TestRelayAway(t *testing.T) {
	one, two, between := hosts(t)
	session := one.begin("{}")
	between.err = errors.New("away")
	require.Equal(t, 202, two.ask("POST", "/mcp", cancel("9"), session).StatusCode)
	require.Equal(t, 204, two.ask("DELETE", "/mcp", "", session).StatusCode)
	two.web.Close()
	require.Equal(t, 2, strings.Count(two.logs.String(), "the other servers could not be told"))
}

// A server hears from its start to its end.
func TestServeHears(t *testing.T) {
	between := &together{}
	s := host(t, offline.Options{}, func(c *HTTPConfig) { c.Relay = between })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- s.http.Serve(ctx, l) }()
	require.Eventually(t, func() bool { return between.hearing() == 1 }, time.Minute, time.Millisecond)
	stop()
	require.NoError(t, <-stopped)
	require.Zero(t, between.hearing())
}
