package serve

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

// bubble runs a test with a clock of its own. It fails when a goroutine outlives the test.
func bubble(t *testing.T, name string, test func(*testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// Whatever comes in, what goes out is the protocol, under the id as the client wrote it, and the next request is served.
func TestWrongInput(t *testing.T) {
	for _, c := range []struct {
		name, line, id string
		code           int // 0: no error; -1: no answer
	}{
		{"garbage", `hello`, "null", -32700},
		{"half a message", `{"jsonrpc":"2.0","id":1,`, "null", -32700},
		{"a batch", `[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, "null", -32600},
		{"a number", `5`, "null", -32600},
		{"5 MiB", `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"` + strings.Repeat("x", 5<<20) + `"}}`, "null", -32600},
		{"5 MiB of garbage", strings.Repeat("x", 5<<20), "null", -32600},
		{"3 MiB of arguments", call("1", "get_conversation", `{"conversationId":"`+strings.Repeat("x", 3<<20)+`"}`), "1", 0},
		{"an unknown method", rpc("1", "tools/frobnicate", ""), "1", -32601},
		{"a method that is a number", `{"jsonrpc":"2.0","id":1,"method":5}`, "null", -32600},
		{"no method", `{"jsonrpc":"2.0","id":1}`, "1", -32601},
		{"an answer to nothing", `{"jsonrpc":"2.0","id":1,"result":{}}`, "1", -1},
		{"an error to nothing", `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}`, "1", -1},
		{"no version", `{"id":1,"method":"ping"}`, "1", -32600},
		{"a notification", `{"jsonrpc":"2.0","method":"notifications/initialized"}`, "null", -1},
		{"an unknown notification", `{"jsonrpc":"2.0","method":"notifications/frobnicated"}`, "null", -1},
		{"a call without an id", `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"close_conversation","arguments":{"conversationId":1234}}}`, "null", -1},
		{"a cancellation of nothing", cancel("77"), "77", -1},
		{"a cancellation of everything", `{"jsonrpc":"2.0","method":"notifications/cancelled"}`, "null", -1},
		{"an id that is an object", `{"jsonrpc":"2.0","id":{},"method":"ping"}`, "null", -32600},
		{"an id that is null", `{"jsonrpc":"2.0","id":null,"method":"ping"}`, "null", -1},
		{"an id with a fraction", rpc("1.0", "ping", ""), "1.0", 0},
		{"a large id", rpc("9007199254740993", "ping", ""), "9007199254740993", 0},
		{"a text as an id", rpc(`"a\u0062 \u003c"`, "ping", ""), `"a\u0062 \u003c"`, 0},
		{"a tool that is not there", call("1", "frobnicate", "{}"), "1", -32602},
		{"arguments that are no object", call("1", "get_conversation", "[]"), "1", 0},
		{"a name that is no text", rpc("1", "tools/call", `{"name":5}`), "1", -32600},
		{"blank lines", "\n  \n\r", "null", -1},
	} {
		bubble(t, c.name, func(t *testing.T) {
			p := connect(t, settings{})
			p.send(c.line)
			if c.code >= 0 || c.code < -1 {
				r := p.wait(c.id)
				if c.code == 0 {
					require.Nil(t, r.Error)
				} else {
					require.Equal(t, c.code, r.Error.Code, r.Error.Message)
				}
			}
			require.Nil(t, p.ask("100", "ping", "").Error)
			synctest.Wait()
			p.silent(c.id)
			start := time.Now()
			p.end()
			require.Zero(t, time.Since(start), "nothing is left to wait for")
			require.Empty(t, p.dixa.Effects())
		})
	}
}

// A call that hangs at Dixa holds up nobody, and a cancellation ends it there; the client gets no answer, the record
// says what happened.
func TestSideBySide(t *testing.T) {
	for _, c := range []struct {
		calls int
		id    string // of the call that hangs
	}{{16, "7777"}, {64, `"hanging"`}, {100, "-1"}} {
		bubble(t, fmt.Sprint(c.calls), func(t *testing.T) {
			p := connect(t, settings{})
			p.dixa.Inject(offline.Fault{Match: noting, Kind: offline.Hang, Times: 1})
			p.send(call(c.id, "add_note", note))
			synctest.Wait()
			require.Len(t, p.dixa.Requests(), 1)
			for i := range c.calls {
				p.send(call(fmt.Sprint(i), "get_conversation", conversation))
			}
			for i := range c.calls {
				require.False(t, said(t, p.wait(fmt.Sprint(i))).IsError)
			}
			p.silent(c.id)
			start := time.Now()
			p.send(cancel(c.id))
			synctest.Wait()
			require.Equal(t, map[string]int{"get_conversation done": c.calls, "add_note unknown": 1}, p.book.outcomes())
			p.end()
			require.Zero(t, time.Since(start))
			p.silent(c.id)
			require.Empty(t, p.dixa.Effects())
		})
	}
}

// A read that is cancelled has no effect to be in doubt of.
func TestCancelledRead(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p := connect(t, settings{})
		p.dixa.Inject(offline.Fault{Kind: offline.Hang, Times: -1})
		p.send(call("1", "get_conversation", conversation), call(`"1"`, "get_conversation", conversation))
		synctest.Wait()
		p.send(cancel(`"1"`))
		synctest.Wait()
		require.Equal(t, map[string]int{"get_conversation cancelled": 1}, p.book.outcomes(), "the number 1 is another id than the text")
		p.send(cancel("1"))
		synctest.Wait()
		require.Equal(t, map[string]int{"get_conversation cancelled": 2}, p.book.outcomes())
		p.end()
	})
}

// A cancellation right behind its call is not lost, however busy the server is.
func TestCancelledAtOnce(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p := connect(t, settings{})
		p.dixa.Inject(offline.Fault{Kind: offline.Hang, Times: -1})
		start := time.Now()
		for i := range 100 {
			id := fmt.Sprint(i)
			p.send(call(id, "get_conversation", conversation), cancel(id))
		}
		require.Nil(t, p.ask(`"after"`, "ping", "").Error)
		synctest.Wait()
		require.Equal(t, map[string]int{"get_conversation cancelled": 100}, p.book.outcomes())
		for i := range 100 {
			p.silent(fmt.Sprint(i))
		}
		p.end()
		require.Zero(t, time.Since(start))
	})
}

// An id that is still in use is refused, and the first request under it keeps its answer. Later it may come again.
func TestIDsThatComeTwice(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p := connect(t, settings{dixa: offline.Options{Latency: time.Second}})
		p.send(call("1", "get_conversation", conversation))
		synctest.Wait()
		p.send(rpc("1", "ping", ""))
		require.Equal(t, -32600, p.wait("null").Error.Code)
		require.False(t, said(t, p.wait("1")).IsError)
		require.Nil(t, p.ask("1", "ping", "").Error)
		p.end()
	})
}

// A client that sends without end is told so, and can still cancel.
func TestTooManyAtOnce(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p := connect(t, settings{})
		p.dixa.Inject(offline.Fault{Kind: offline.Hang, Times: -1})
		for i := range maxRunning {
			p.send(call(fmt.Sprint(i), "get_conversation", conversation))
		}
		r := p.ask(`"one more"`, "ping", "")
		require.Equal(t, "1000 requests are running; wait for their answers", r.Error.Message)
		p.send(cancel("5"))
		require.Nil(t, p.ask(`"one more"`, "ping", "").Error)
		p.stop()
		require.NoError(t, <-p.ended)
	})
}
