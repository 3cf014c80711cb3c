package serve

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

const byteOrderMark = "\xef\xbb\xbf"

// A byte order byteOrderMark before UTF-8 is skipped where a text begins, and nowhere else.
func TestByteOrderMark(t *testing.T) {
	bubble(t, "stdio", func(t *testing.T) {
		p := connect(t, settings{})
		p.send(byteOrderMark + rpc("1", "ping", ""))
		require.Nil(t, p.wait("1").Error)
		p.send(byteOrderMark + rpc("2", "ping", ""))
		require.Equal(t, -32700, p.wait("null").Error.Code, "not the first line")
		require.Nil(t, p.ask("3", "ping", "").Error)
		p.end()
	})
	bubble(t, "stdio, a line of its own", func(t *testing.T) {
		p := connect(t, settings{})
		p.send(byteOrderMark)
		require.Nil(t, p.ask("1", "ping", "").Error)
		p.end()
	})
	s := host(t, offline.Options{})
	session := s.begin("{}")
	h, list := today("1", "tools/list", "", "")
	require.Equal(t, 200, s.ask("POST", "/mcp", byteOrderMark+list, h...).StatusCode)
	require.Equal(t, 200, s.ask("POST", "/mcp", byteOrderMark+" \n"+rpc("1", "tools/list", ""), session).StatusCode)
	require.Equal(t, 400, s.ask("POST", "/mcp", byteOrderMark+byteOrderMark+list, h...).StatusCode)
	require.Equal(t, 400, s.ask("POST", "/mcp", list+byteOrderMark, h...).StatusCode)

	stream := eventsOf(t, s.ask("GET", "/sse", ""))
	path, ok := stream.data()
	require.True(t, ok)
	require.Equal(t, 202, s.ask("POST", path, byteOrderMark+rpc("7", "ping", "")).StatusCode)
	require.Equal(t, "7", string(stream.next().ID))
}

// progressTokens are those that clients may choose: a number or a text, of any length.
var progressTokens = []string{
	"0", "-1", "7", "9007199254740993", "9223372036854775807", "18446744073709551616", "123456789012345678901234567890",
	"1.0", "1.50", "0.1000000000000000055511151231257827", "1e2", "-0", `"p"`, `"9007199254740993"`, `""`, `"æ "`, `"A\u0000"`,
}

// A progress token comes back as the client wrote it, over every transport.
func TestProgressTokensAreKept(t *testing.T) {
	const params = `"name":"get_conversation","arguments":{"conversationId":1234}`
	told := func(t *testing.T, r reply) string {
		t.Helper()
		require.Equal(t, "notifications/progress", r.Method)
		var p struct{ ProgressToken json.RawMessage }
		require.NoError(t, json.Unmarshal(r.Params, &p))
		return string(p.ProgressToken)
	}
	s := host(t, offline.Options{})
	session := s.begin("{}")
	stream := eventsOf(t, s.ask("GET", "/sse", ""))
	path, ok := stream.data()
	require.True(t, ok)
	for _, token := range progressTokens {
		message := rpc("7", "tools/call", `{"_meta":{"progressToken":`+token+`},`+params+`}`)
		h, body := todayWith("7", "tools/call", "get_conversation", params, "{}", `,"progressToken":`+token)
		require.Equal(t, token, told(t, replies(t, s.ask("POST", "/mcp", body, h...))[0]))
		require.Equal(t, token, told(t, replies(t, s.ask("POST", "/mcp", message, session))[0]))
		require.Equal(t, 202, s.ask("POST", path, message).StatusCode)
		require.Equal(t, token, told(t, stream.next()))
		require.Equal(t, "7", string(stream.next().ID))
		bubble(t, "stdio "+token, func(t *testing.T) {
			p := connect(t, settings{})
			p.send(message)
			require.Equal(t, token, told(t, p.wait("notifications/progress")))
			require.Nil(t, p.wait("7").Error)
			p.end()
		})
	}
	for _, none := range []string{"null", "true", "{}", "[1]"} {
		res := s.ask("POST", "/mcp", rpc("7", "tools/call", `{"_meta":{"progressToken":`+none+`},`+params+`}`), session)
		require.Len(t, replies(t, res), 1, "%s is no token", none)
	}
}

// Large messages of one agent are read one after the other, small ones side by side, and those of other agents at the
// same time.
func TestReadingIsBounded(t *testing.T) {
	bubble(t, "by agent", func(t *testing.T) {
		var r parsers
		done, err := r.enter(t.Context(), "a", 1<<20)
		require.NoError(t, err)
		var began sync.Mutex
		var order []string
		begin := func(agent string, bytes int) {
			go func() {
				if done, err := r.enter(t.Context(), agent, bytes); err == nil {
					began.Lock()
					order = append(order, agent)
					began.Unlock()
					done()
				}
			}()
			synctest.Wait()
		}
		begin("a", 1)
		begin("b", 1<<20)
		require.Equal(t, []string{"b"}, order, "another agent does not wait")
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = r.enter(gone, "a", 1<<20)
		require.Error(t, err, "who is gone does not wait")
		done()
		done()
		synctest.Wait()
		require.Equal(t, []string{"b", "a"}, order)
		var small []func()
		for range DefaultMaxCalls { // as many calls of a usual size as may run read at once
			done, err := r.enter(t.Context(), "a", 2<<10)
			require.NoError(t, err)
			small = append(small, done)
		}
		for _, done := range small {
			done()
		}
	})
}

// A message counts as being read until its call is admitted: while Dixa is waited for, the next one is read.
func TestReadingEndsBeforeDixa(t *testing.T) {
	s := host(t, offline.Options{})
	s.dixa.Inject(offline.Fault{Kind: offline.Hang, Times: -1})
	large := `{"conversationId":1234` + strings.Repeat(" ", parsedAtOnce) + `}`
	session := s.begin("{}")
	h, modern := today("1", "tools/call", "get_conversation", `"name":"get_conversation","arguments":`+large)
	stream := eventsOf(t, s.ask("GET", "/sse", ""))
	path, ok := stream.data()
	require.True(t, ok)
	ctx, hangUp := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for _, send := range []func(){
		func() { s.send(ctx, "/mcp", modern, h...) },
		func() { s.send(ctx, "/mcp", call("2", "get_conversation", large), session) },
		func() { s.send(ctx, path, call("3", "get_conversation", large)) },
	} {
		all.Go(send)
	}
	require.Eventually(t, func() bool { return len(s.dixa.Requests()) == 3 }, time.Minute, time.Millisecond)
	hangUp()
	all.Wait()
}

// send sends a message whose answer nobody reads.
func (s *site) send(ctx context.Context, path, body string, headers ...string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return
	}
	r.Header.Set("Authorization", "Bearer "+keyOf("support-key"))
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	if res, err := http.DefaultClient.Do(r); err == nil {
		res.Body.Close()
	}
}
