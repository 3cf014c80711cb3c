package serve

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/double"
)

// What is running when the client closes its end is still answered.
func TestEndOfInput(t *testing.T) {
	bubble(t, "in time", func(t *testing.T) {
		p := connect(t, settings{dixa: offline.Options{Latency: 300 * time.Millisecond}})
		start := time.Now()
		for i := range 20 {
			p.send(call(fmt.Sprint(i), "get_conversation", conversation))
		}
		p.send(call(`"note"`, "add_note", note))
		p.end()
		require.Equal(t, 300*time.Millisecond, time.Since(start))
		for i := range 20 {
			require.False(t, said(t, p.wait(fmt.Sprint(i))).IsError)
		}
		require.False(t, said(t, p.wait(`"note"`)).IsError)
		require.Len(t, p.dixa.Effects(), 1)
		require.Equal(t, map[string]int{"get_conversation done": 20, "add_note done": 1}, p.book.outcomes())
	})
	bubble(t, "never", func(t *testing.T) {
		p := connect(t, settings{})
		p.dixa.Inject(offline.Fault{Kind: offline.Hang, Times: -1})
		start := time.Now()
		p.send(call("1", "get_conversation", conversation), call("2", "add_note", note))
		p.end()
		require.Equal(t, stdioGrace, time.Since(start))
		require.True(t, said(t, p.wait("1")).IsError)
		require.Contains(t, said(t, p.wait("2")).Content[0].Text, "It is not known whether Dixa did it.")
		require.Equal(t, map[string]int{"get_conversation cancelled": 1, "add_note unknown": 1}, p.book.outcomes())
	})
	bubble(t, "without a line break", func(t *testing.T) {
		p := connect(t, settings{})
		_, err := io.WriteString(p.in, call("1", "get_conversation", conversation))
		require.NoError(t, err)
		p.end()
		require.False(t, said(t, p.wait("1")).IsError)
	})
	bubble(t, "at once", func(t *testing.T) {
		p := connect(t, settings{})
		start := time.Now()
		p.end()
		require.Zero(t, time.Since(start))
	})
}

// When the process is told to stop, calls are cancelled and recorded at once.
func TestToldToStop(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p := connect(t, settings{})
		p.dixa.Inject(offline.Fault{Kind: offline.Hang, Times: -1})
		p.send(call("1", "get_conversation", conversation), call("2", "add_note", note))
		synctest.Wait()
		start := time.Now()
		p.stop()
		require.NoError(t, <-p.ended)
		require.Zero(t, time.Since(start))
		require.Equal(t, map[string]int{"get_conversation cancelled": 1, "add_note unknown": 1}, p.book.outcomes())
		require.True(t, said(t, p.wait("1")).IsError, "the client may still be there")
	})
}

// A client that does not read its answers cannot keep the process from stopping, nor calls from being recorded.
func TestDeafClient(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p := connect(t, settings{deaf: true})
		p.send(call("1", "close_conversation", conversation))
		synctest.Wait()
		require.Equal(t, map[string]int{"close_conversation done": 1}, p.book.outcomes())
		start := time.Now()
		p.stop()
		require.NoError(t, <-p.ended)
		require.Equal(t, stdioGrace, time.Since(start))
	})
}

// An input that breaks is an error for the operator, after the calls are answered.
func TestBrokenInput(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p := connect(t, settings{})
		p.send(call("1", "get_conversation", conversation))
		require.NoError(t, p.in.(*io.PipeWriter).CloseWithError(io.ErrUnexpectedEOF))
		require.ErrorIs(t, <-p.ended, io.ErrUnexpectedEOF)
		require.False(t, said(t, p.wait("1")).IsError)
	})
}

// A defect ends one call and nothing else, and what it was about is told to nobody.
func TestPanic(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p := connect(t, settings{transport: func(next http.RoundTripper) http.RoundTripper {
			return double.Transport(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPost {
					panic("PLANTED: what a customer wrote")
				}
				return next.RoundTrip(r)
			})
		}})
		p.send(call("1", "add_note", note), call("2", "get_conversation", conversation))
		r := p.wait("1")
		require.NotContains(t, fmt.Sprintf("%s %v", r.Result, r.Error), "PLANTED")
		require.True(t, said(t, r).IsError)
		require.False(t, said(t, p.wait("2")).IsError)
		require.Equal(t, map[string]int{"get_conversation done": 1, "add_note unknown": 1}, p.book.outcomes())
		p.end()
		require.NotContains(t, p.logs.String(), "PLANTED")
	})
}

// 100 calls from 100 places over one connection.
func TestHundredCallers(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p := connect(t, settings{dixa: offline.Options{Latency: 50 * time.Millisecond}})
		answers := make(chan answer)
		for i := range 100 {
			go func() {
				answers <- said(t, p.ask(fmt.Sprint(i), "tools/call", `{"name":"list_messages","arguments":{"conversationId":1234}}`))
			}()
		}
		for range 100 {
			require.False(t, (<-answers).IsError)
		}
		require.Equal(t, map[string]int{"list_messages done": 100}, p.book.outcomes())
		p.end()
	})
}
