package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/offline"
)

func parseRules(t *testing.T, file string) *capability.Rules {
	t.Helper()
	rules, err := capability.Parse("changed.yaml", []byte(keyed(file)))
	require.NoError(t, err)
	return rules
}

// open is each kind of stream on which a client hears that its list of tools has changed.
func (s *site) openStreams(headers ...string) map[string]*events {
	h, body := today(`"l"`, "subscriptions/listen", "", `"notifications":{"toolsListChanged":true}`)
	all := map[string]*events{
		"listen": eventsOf(s.t, s.ask("POST", "/mcp", body, append(h, headers...)...)),
		"GET":    eventsOf(s.t, s.ask("GET", "/mcp", "", append(headers, s.begin("{}", headers...))...)),
		"SSE":    eventsOf(s.t, s.ask("GET", "/sse", "", headers...)),
	}
	ack := all["listen"].next()
	require.Equal(s.t, "notifications/subscriptions/acknowledged", ack.Method)
	require.Contains(s.t, string(ack.Params), `"io.modelcontextprotocol/subscriptionId":"l"`)
	path, ok := all["SSE"].data()
	require.True(s.t, ok)
	require.Equal(s.t, 202, s.ask("POST", path, rpc("0", "initialize", fmt.Sprintf(hello, "{}")), headers...).StatusCode)
	require.Nil(s.t, all["SSE"].next().Error)
	return all
}

// heard requires that a stream tells that the list of tools may have changed, and that of prompts if it tells of both.
func (e *events) heard(name string, prompts bool) {
	e.t.Helper()
	n := e.next()
	require.Equal(e.t, changed, n.Method, name)
	require.Equal(e.t, name == "listen", strings.Contains(string(n.Params), "subscriptionId"), name)
	if prompts && name != "listen" { // which asks for tools alone
		require.Equal(e.t, promptsChanged, e.next().Method, name)
	}
}

// Who listens to prompts over HTTP hears of them, and of nothing else.
func TestPromptsListChangedOverHTTP(t *testing.T) {
	s := host(t, offline.Options{})
	h, body := today(`"l"`, "subscriptions/listen", "", `"notifications":{"promptsListChanged":true}`)
	e := eventsOf(t, s.ask("POST", "/mcp", body, h...))
	require.Contains(t, string(e.next().Params), `"promptsListChanged":true`)
	s.gate.Reload(t.Context(), parseRules(t, `{version: 1, agents: {support: {access: {tags: read}}}}`))
	s.gate.Reload(t.Context(), parseRules(t, `{version: 1, agents: {support: {access: {tags: write}}}}`)) // no prompts, as before
	s.gate.Reload(t.Context(), parseRules(t, `{version: 1, agents: {support: {access: {messages: read}, allow: [tag_conversation]}}}`))
	for range 2 {
		n := e.next()
		require.Equal(t, promptsChanged, n.Method)
		require.Contains(t, string(n.Params), `"io.modelcontextprotocol/subscriptionId":"l"`)
	}
	s.http.streams.end()
	require.Nil(t, e.next().Error) // the result of listening: nothing more was told
}

// A changed file is told on every stream; a stream whose credential is no longer valid ends.
func TestStreamsHearOfChanges(t *testing.T) {
	s := host(t, offline.Options{})
	mine, others := s.openStreams(), s.openStreams("Key: other-key")
	s.gate.Reload(t.Context(), parseRules(t, `{version: 1, agents: {support: {access: {tags: read}}}}`))
	for _, of := range []map[string]*events{mine, others} {
		for name, e := range of {
			e.heard(name, true)
		}
	}
	rules, err := capability.Parse("changed.yaml", []byte(keyed(`{version: 1, agents: {support: {access: {tags: write}}}}`, "other-key")))
	require.NoError(t, err)
	s.gate.Reload(t.Context(), rules)
	for name, e := range mine {
		e.heard(name, false)
	}
	for name, e := range others {
		for range 2 { // at most what was told before, and the result of listening
			if _, ok := e.data(); !ok {
				break
			}
		}
		_, ok := e.data()
		require.False(t, ok, name)
	}
	require.Eventually(t, func() bool { n, _ := s.http.Open(); return n == 3 }, time.Minute, time.Millisecond)
}

// A stream ends when its credential expires.
func TestStreamsEndWithTheCredential(t *testing.T) {
	s := host(t, offline.Options{})
	for _, e := range s.openStreams("Key: soon") {
		for {
			if _, ok := e.data(); !ok {
				break
			}
		}
	}
}

// A session that its client ends takes with it what is open and running in it, and nothing else.
func TestSessionEnds(t *testing.T) {
	s := host(t, offline.Options{})
	one, two := s.begin("{}"), s.begin("{}")
	first, second := eventsOf(t, s.ask("GET", "/mcp", "", one)), eventsOf(t, s.ask("GET", "/mcp", "", two))
	s.dixa.Inject(offline.Fault{Kind: offline.Hang, Times: 1})
	status := make(chan int, 1)
	go func() { status <- s.ask("POST", "/mcp", call("9", "get_conversation", conversation), one).StatusCode }()
	require.Eventually(t, func() bool { return len(s.dixa.Requests()) == 1 }, time.Minute, time.Millisecond)
	require.Equal(t, 204, s.ask("DELETE", "/mcp", "", one).StatusCode)
	_, ok := first.data()
	require.False(t, ok)
	<-status
	require.Equal(t, 1, s.book.outcomes()["get_conversation cancelled"])
	s.gate.Reload(t.Context(), parseRules(t, `{version: 1, agents: {support: {access: {tags: read}}}}`))
	require.Equal(t, "notifications/tools/list_changed", second.next().Method)
	_, sessions := s.http.Open()
	require.Equal(t, 1, sessions)
}

// meanwhile are sessions in which something happens just after one was found to be there.
type meanwhile struct {
	Sessions
	happens func()
}

func (m *meanwhile) Use(ctx context.Context, agent, id string) (bool, error) {
	there, err := m.Sessions.Use(ctx, agent, id)
	if happens := m.happens; happens != nil {
		m.happens = nil
		happens()
	}
	return there, err
}

// A request that comes while its session ends is ended with it: it does not go on in a session that is gone.
func TestSessionEndsWhileARequestBegins(t *testing.T) {
	sessions := &meanwhile{Sessions: NewSessions(DefaultMaxSessions, DefaultSessionIdle)}
	s := host(t, offline.Options{}, func(c *HTTPConfig) { c.Sessions = sessions })
	session := s.begin("{}")
	sessions.happens = func() { require.Equal(t, 204, s.ask("DELETE", "/mcp", "", session).StatusCode) }
	res := s.ask("POST", "/mcp", call("9", "get_conversation", conversation), session)
	require.True(t, said(t, replies(t, res)[0]).IsError)
	require.Equal(t, map[string]int{"get_conversation cancelled": 1}, s.book.outcomes())
	session = s.begin("{}")
	sessions.happens = func() { require.Equal(t, 204, s.ask("DELETE", "/mcp", "", session).StatusCode) }
	_, open := eventsOf(t, s.ask("GET", "/mcp", "", session)).data()
	require.False(t, open)
}

// Before 2026-07-28 a client cancels by saying so, in any other request of its session; whoever cancels in another
// session cancels nothing.
func TestLegacyCancel(t *testing.T) {
	s := host(t, offline.Options{})
	one, two := s.begin("{}"), s.begin("{}")
	s.dixa.Inject(offline.Fault{Kind: offline.Hang, Times: 1})
	got := make(chan *http.Response, 1)
	go func() { got <- s.ask("POST", "/mcp", call("9", "get_conversation", conversation), one) }()
	require.Eventually(t, func() bool { return len(s.dixa.Requests()) == 1 }, time.Minute, time.Millisecond)
	require.Equal(t, 400, s.ask("POST", "/mcp", call("9", "get_conversation", conversation), one).StatusCode, "the same id twice")
	require.Equal(t, 202, s.ask("POST", "/mcp", cancel("9"), two).StatusCode)
	require.Equal(t, 202, s.ask("POST", "/mcp", cancel("8"), one).StatusCode)
	require.Empty(t, s.book.outcomes())
	require.Equal(t, 202, s.ask("POST", "/mcp", cancel("9"), one).StatusCode)
	res := <-got
	require.Equal(t, 202, res.StatusCode)
	require.Empty(t, text(t, res), "no answer is expected to what was cancelled")
	require.Equal(t, map[string]int{"get_conversation cancelled": 1}, s.book.outcomes())
}

// A client of an MCP version before 2026-07-28 that hangs up has not cancelled: the call goes on, and its outcome is recorded.
func TestLegacyHangUp(t *testing.T) {
	s := host(t, offline.Options{Latency: 200 * time.Millisecond})
	session := s.begin("{}")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		require.Eventually(t, func() bool { return s.http.inFlight.sum() == 1 }, time.Minute, time.Millisecond)
		cancel()
	}()
	r, err := http.NewRequestWithContext(ctx, "POST", s.url+"/mcp", strings.NewReader(call("9", "close_conversation", conversation)))
	require.NoError(t, err)
	for _, line := range []string{session, "Authorization: Bearer " + keyOf("support-key"), "Content-Type: application/json"} {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	_, err = http.DefaultClient.Do(r)
	require.ErrorIs(t, err, context.Canceled)
	require.Eventually(t, func() bool { return s.book.outcomes()["close_conversation done"] == 1 }, time.Minute, time.Millisecond)
	require.Len(t, s.dixa.Effects(), 1)
}

const asksFor = `{version: 1, stdio: [support], agents: {support: {access: {"*": erase}, confirm: {write: client}}}}`

// The person at a client is asked over every transport; of a client that cannot be asked no call goes through.
func TestHTTPAsks(t *testing.T) {
	s := host(t, offline.Options{})
	s.gate.Reload(t.Context(), parseRules(t, asksFor))
	again := strings.Replace(note, "{", `{"again":true,`, 1)
	adding := fmt.Sprintf(`"name":"add_note","arguments":%s`, note)
	t.Run("2026-07-28", func(t *testing.T) {
		h, body := todayWith("1", "tools/call", "add_note", adding, canBeAsked, "")
		question := into[struct {
			ResultType, RequestState string
			InputRequests            map[string]json.RawMessage
		}](t, replies(t, s.ask("POST", "/mcp", body, h...))[0])
		require.Equal(t, "input_required", question.ResultType)
		retry := func(action string) answer {
			h, body := todayWith("2", "tools/call", "add_note", adding+fmt.Sprintf(`,"requestState":%q,"inputResponses":{"confirm":{"action":%q}}`, question.RequestState, action), canBeAsked, "")
			return said(t, replies(t, s.ask("POST", "/mcp", body, h...))[0])
		}
		require.Contains(t, retry("accept").Content[0].Text, `"message":"noted"`)
		require.Contains(t, retry("accept").Content[0].Text, "nothing was sent; the same call was carried out")
		require.Contains(t, said(t, replies(t, s.call("add_note", again))[0]).Content[0].Text, "does not support elicitation")
	})
	for _, c := range []struct{ action, says string }{{"accept", `"message":"noted"`}, {"decline", "said no"}} {
		t.Run("2025-11-25 "+c.action, func(t *testing.T) {
			session := s.begin(canBeAsked)
			e := eventsOf(t, s.ask("POST", "/mcp", call("1", "add_note", again), session))
			question := e.next()
			require.Equal(t, elicitation, question.Method)
			answer := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":%q,"content":{}}}`, question.ID, c.action)
			require.Equal(t, 202, s.ask("POST", "/mcp", answer, s.begin(canBeAsked)).StatusCode, "another session's answer counts for nothing")
			require.Equal(t, 202, s.ask("POST", "/mcp", answer, session).StatusCode)
			require.Contains(t, said(t, e.next()).Content[0].Text, c.says)
		})
		t.Run("SSE "+c.action, func(t *testing.T) {
			e := eventsOf(t, s.ask("GET", "/sse", ""))
			path, _ := e.data()
			send := func(body string) { require.Equal(t, 202, s.ask("POST", path, body).StatusCode) }
			send(rpc("0", "initialize", fmt.Sprintf(hello, canBeAsked)))
			require.Nil(t, e.next().Error)
			send(call("1", "add_note", again))
			question := e.next()
			send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":%q,"content":{}}}`, question.ID, c.action))
			require.Contains(t, said(t, e.next()).Content[0].Text, c.says)
		})
	}
	t.Run("a client that hangs up is asked no longer", func(t *testing.T) {
		session := s.begin(canBeAsked)
		ctx, cancel := context.WithCancel(t.Context())
		res := s.askIn(ctx, "POST", "/mcp", call("1", "add_note", again), session)
		eventsOf(t, res).next()
		cancel()
		require.Eventually(t, func() bool { return s.http.inFlight.sum() == 0 }, time.Minute, time.Millisecond)
	})
	require.Equal(t, 3, s.book.outcomes()["add_note done"], "one for each yes")
}

// Where several servers share the work an older client's answer might reach another one: it is not asked.
func TestHTTPAsksNobodyAmongSeveral(t *testing.T) {
	s := host(t, offline.Options{}, func(c *HTTPConfig) { c.Several = true })
	s.gate.Reload(t.Context(), parseRules(t, asksFor))
	a := said(t, replies(t, s.ask("POST", "/mcp", call("1", "close_conversation", conversation), s.begin(canBeAsked)))[0])
	require.Contains(t, a.Content[0].Text, "where several servers share the work")
}

// A session goes on with any server that knows the secret.
func TestSessionsAreAnybodys(t *testing.T) {
	shared := NewSessions(2, time.Hour)
	same := func(c *HTTPConfig) { c.Secret, c.Sessions, c.Several = []byte("the secret of both"), shared, true }
	one, two := host(t, offline.Options{}, same), host(t, offline.Options{}, same)
	session := one.begin("{}")
	require.Equal(t, 200, two.ask("POST", "/mcp", rpc("1", "tools/list", ""), session).StatusCode)
	require.Equal(t, 204, two.ask("DELETE", "/mcp", "", session).StatusCode)
	require.Equal(t, 404, one.ask("POST", "/mcp", rpc("1", "tools/list", ""), session).StatusCode)
	third := host(t, offline.Options{}, func(c *HTTPConfig) { c.Sessions = shared })
	require.Equal(t, 404, third.ask("POST", "/mcp", rpc("1", "tools/list", ""), one.begin("{}")).StatusCode)
}

// Told to stop, a server takes no more, ends streams, and loses no answer.
func TestHTTPStops(t *testing.T) {
	s := host(t, offline.Options{Latency: 300 * time.Millisecond})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.url = "http://" + l.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- s.http.Serve(ctx, l) }()
	streams := s.openStreams()
	session := s.begin("{}")
	e := eventsOf(t, s.ask("GET", "/sse", ""))
	path, _ := e.data()
	h, body := today("1", "tools/call", "get_conversation", `"name":"get_conversation","arguments":`+conversation)
	answers := make(chan reply, 20)
	for i := range 10 {
		go func() { answers <- replies(t, s.ask("POST", "/mcp", body, h...))[0] }()
		go func() {
			answers <- replies(t, s.ask("POST", "/mcp", call(fmt.Sprint(i), "close_conversation", fmt.Sprintf(`{"conversationId":%d}`, 1300+i)), session))[0]
		}()
	}
	require.Eventually(t, func() bool { return s.http.inFlight.sum() == 20 }, time.Minute, time.Millisecond)
	require.Equal(t, 202, s.ask("POST", path, call("7", "get_conversation", conversation)).StatusCode)
	stop()
	for range 20 {
		a := said(t, <-answers)
		require.Contains(t, a.Content[0].Text, `:`)
	}
	require.False(t, said(t, e.next()).IsError, "also what is answered on a stream of SSE")
	for name, e := range streams {
		last := ""
		for {
			data, ok := e.data()
			if !ok {
				break
			}
			last = data
		}
		require.Equal(t, name == "listen", strings.Contains(last, `"resultType":"complete"`), name)
	}
	require.NoError(t, <-stopped)
	_, err = net.Dial("tcp", l.Addr().String())
	require.Error(t, err)
}

// Calls that take longer than the grace are cancelled, and say what is known.
func TestHTTPStopsInTime(t *testing.T) {
	s := host(t, offline.Options{}, func(c *HTTPConfig) { c.Grace = 50 * time.Millisecond })
	s.dixa.Inject(offline.Fault{Kind: offline.Hang, Times: -1})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.url = "http://" + l.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- s.http.Serve(ctx, l) }()
	got := make(chan reply, 1)
	go func() { got <- replies(t, s.call("add_note", note))[0] }()
	require.Eventually(t, func() bool { return len(s.dixa.Requests()) == 1 }, time.Minute, time.Millisecond)
	stop()
	require.Contains(t, said(t, <-got).Content[0].Text, "It is not known whether Dixa did it")
	require.NoError(t, <-stopped)
	require.Equal(t, map[string]int{"add_note unknown": 1}, s.book.outcomes())
}

// A call that takes long is a stream that shows that it is there.
func TestAlive(t *testing.T) {
	r := &response{}
	require.True(t, accepts(&http.Request{}, "text/event-stream"))
	require.False(t, r.begun)
	for accept, want := range map[string]bool{"": true, "*/*": true, "text/*;q=0.5": true, "application/json": false, "Text/Event-Stream; charset=utf-8": true, "application/json, text/event-stream": true} {
		require.Equal(t, want, accepts(&http.Request{Header: http.Header{"Accept": {accept}}}, "text/event-stream"), accept)
	}
}

// An id that is used again while the request that had it is ending belongs to the new one.
func TestCancelledIDIsUsedAgain(t *testing.T) {
	var r requests
	begin := func() (context.Context, *request) {
		ctx, cancel := context.WithCancel(t.Context())
		q := &request{cancel: cancel}
		require.NoError(t, r.begin("1", q, 0))
		return ctx, q
	}
	_, old := begin()
	require.ErrorIs(t, r.begin("1", old, 0), errRunning)
	require.True(t, r.cancel("1"))
	ctx, q := begin()
	require.False(t, r.finish("1", old))
	require.NoError(t, ctx.Err())
	require.ErrorIs(t, r.begin("2", q, 1), errTooMany)
	require.True(t, r.cancel("1"), "it can still be cancelled")
	require.ErrorIs(t, ctx.Err(), context.Canceled)
	require.False(t, r.finish("1", q))
}
