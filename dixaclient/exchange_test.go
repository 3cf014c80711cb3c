package dixaclient

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// behaviour is what Dixa, or the way to it, does with the nth request.
type behaviour func(n int, w http.ResponseWriter, r *http.Request)

func status(code int, body string) behaviour {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

func succeed(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"data":{}}`) }

func hangUp(int, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func hang(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func cutShort(_ int, w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, `{"data":{`)
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// handler reads the request whole and behaves.
func (b behaviour) handler() http.HandlerFunc {
	var n atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		b(int(n.Add(1)), w, r)
	}
}

// then does one after the other, the last again and again.
func then(all ...behaviour) behaviour {
	return func(n int, w http.ResponseWriter, r *http.Request) { all[min(n, len(all))-1](n, w, r) }
}

// counting counts the attempts.
type counting struct {
	http.RoundTripper
	n int
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n++
	return c.RoundTripper.RoundTrip(r)
}

func (c *counting) CloseIdleConnections() { c.RoundTripper.(*http.Transport).CloseIdleConnections() }

// outcome is what a call comes to: how many attempts, and when it fails what is known of its effect.
type outcome struct {
	attempts int
	effect   Effect
	text     string // part of the error, "" for success
}

const (
	tooMany  = `{"message":"Too Many Requests"}`
	notFound = `{"message":"The requested resource could not be found"}`
	html     = "<html>Bad Gateway</html>"
)

func TestRetries(t *testing.T) {
	refused := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	gone := func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		return client, server.Close()
	}
	silent := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	proxied := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "proxyconnect", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	untrusted := func(context.Context, string, string) (net.Conn, error) { return nil, x509.UnknownAuthorityError{} }

	for _, test := range []struct {
		name       string
		do         behaviour
		dial       func(context.Context, string, string) (net.Conn, error)
		idempotent outcome // of a PUT
		other      outcome // of a POST
	}{
		{"success", succeed, nil, outcome{attempts: 1}, outcome{attempts: 1}},
		{"429 once", then(status(429, tooMany), succeed), nil, outcome{attempts: 2}, outcome{attempts: 2}},
		{"429 always", status(429, tooMany), nil,
			outcome{3, NotDone, "Dixa answered 429: Too Many Requests (after 3 attempts). Nothing was changed. Others may be"},
			outcome{3, NotDone, "Dixa answered 429: Too Many Requests (after 3 attempts). Nothing was changed. Others may be"}},
		{"500 once", then(status(500, `{"message":"oops"}`), succeed), nil,
			outcome{attempts: 2}, outcome{1, Unknown, "Dixa answered 500: oops. It is not known whether Dixa did it. Check with"}},
		{"500 always", status(500, `{"message":"oops"}`), nil,
			outcome{3, Unknown, "Dixa answered 500: oops (after 3 attempts). It is not known"}, outcome{1, Unknown, "It is not known"}},
		{"502 of a gateway", status(502, html), nil,
			outcome{3, Unknown, "Dixa answered 502 (after 3 attempts). It is not known"}, outcome{1, Unknown, "Dixa answered 502. It is not known"}},
		{"broken once", then(hangUp, succeed), nil, outcome{attempts: 2}, outcome{1, Unknown, "no answer from Dixa: EOF. It is not known"}},
		{"broken always", hangUp, nil,
			outcome{3, Unknown, "no answer from Dixa: EOF (after 3 attempts). It is not known"}, outcome{1, Unknown, "no answer"}},
		{"connection gone before it is used", nil, gone, outcome{3, Unknown, "no answer"}, outcome{1, Unknown, "no answer"}},
		{"no connection", nil, refused,
			outcome{3, NotDone, "connection refused (after 3 attempts). Nothing was changed. Try again later."},
			outcome{3, NotDone, "connection refused (after 3 attempts). Nothing was changed. Try again later."}},
		{"no connection through a proxy", nil, proxied, outcome{3, NotDone, "Nothing was changed"}, outcome{3, NotDone, "Nothing was changed"}},
		{"certificate of somebody else", nil, untrusted, outcome{3, NotDone, "Nothing was changed"}, outcome{3, NotDone, "Nothing was changed"}},
		{"no connection in time", nil, silent,
			outcome{1, NotDone, "no answer from Dixa: it took longer than 20s. Nothing was changed."}, outcome{1, NotDone, "Nothing was changed"}},
		{"no answer in time", hang, nil,
			outcome{1, Unknown, "no answer from Dixa: it took longer than 20s. It is not known"}, outcome{1, Unknown, "It is not known"}},
		{"body cut short", cutShort, nil,
			outcome{3, Unknown, "Dixa answered 200, but unexpected EOF (after 3 attempts). It is not known"}, outcome{1, Unknown, "It is not known"}},
		{"HTML", status(200, html), nil,
			outcome{3, Unknown, "but its body is not JSON of the documented form (its type is text/html; charset=utf-8) (after 3 attempts). It is not"},
			outcome{1, Unknown, "It is not known"}},
		{"JSON cut short", status(200, `{"data":{`), nil, outcome{3, Unknown, "documented form"}, outcome{1, Unknown, "documented form"}},
		{"400", status(400, `{"message":"Decoding failure in request"}`), nil,
			outcome{1, NotDone, "Dixa answered 400: Decoding failure in request. Nothing was changed. Dixa does not say which argument it means. Likely causes:"}, outcome{1, NotDone, "400"}},
		{"401", status(401, `{"message":"Unauthorized"}`), nil, outcome{1, NotDone, "token"}, outcome{1, NotDone, "token"}},
		{"403", status(403, `{"Message":"Forbidden"}`), nil, outcome{1, NotDone, "403: Forbidden"}, outcome{1, NotDone, "token"}},
		{"404", status(404, notFound), nil, outcome{1, NotDone, "What an id names does not exist"}, outcome{1, NotDone, "What an id names does not exist"}},
		{"409", status(409, `{}`), nil, outcome{1, NotDone, "conflicts"}, outcome{1, NotDone, "conflicts"}},
		{"404 after an answer was lost", then(hangUp, status(404, notFound)), nil,
			outcome{2, MaybeBefore, "An earlier attempt, whose answer was lost, may have done it already. Check with"}, outcome{1, Unknown, "It is not known"}},
		{"409 after a 500", then(status(500, ""), status(409, "")), nil, outcome{2, MaybeBefore, "may have done it"}, outcome{1, Unknown, "It is not known"}},
		{"404 after 500 and 429", then(status(500, ""), status(429, ""), status(404, "")), nil,
			outcome{3, MaybeBefore, "may have done it"}, outcome{1, Unknown, "It is not known"}},
		{"404 after a 429", then(status(429, ""), status(404, notFound)), nil, outcome{2, NotDone, "Nothing was changed"}, outcome{2, NotDone, "Nothing was changed"}},
	} {
		for kind, want := range map[string]outcome{"idempotent": test.idempotent, "not idempotent": test.other} {
			t.Run(test.name+"/"+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					dial := test.dial
					if dial == nil {
						dial = serveMemory(t, test.do.handler()).dial
					}
					attempts := &counting{RoundTripper: &http.Transport{DialContext: dial}}
					err := callOnce(t.Context(), transportClient(t, attempts), kind == "idempotent")
					require.Equal(t, want.attempts, attempts.n)
					if want.text == "" {
						require.NoError(t, err)
						return
					}
					var e *Error
					require.ErrorAs(t, err, &e)
					require.Equal(t, want.effect, e.Effect, err.Error())
					require.Equal(t, want.attempts, e.Attempts)
					require.ErrorContains(t, err, want.text)
					require.NotContains(t, err.Error(), testToken)
					require.NotContains(t, err.Error(), "127.0.0.1", "the operation is named, the address is noise")
				})
			})
		}
	}
}

func callOnce(ctx context.Context, c *Client, idempotent bool) error {
	if idempotent {
		_, err := CloseConversation.Do(ctx, c, CloseConversationIn{ConversationRef: ConversationRef{1}})
		return err
	}
	_, err := AddNote.Do(ctx, c, AddNoteIn{ConversationRef: ConversationRef{1}, Message: "hello"})
	return err
}

func TestCallsThatEnd(t *testing.T) {
	cause := errors.New("the client went away")
	soon := func(ctx context.Context) (context.Context, func()) {
		ctx, cancel := context.WithCancelCause(ctx)
		time.AfterFunc(100*time.Millisecond, func() { cancel(cause) })
		return ctx, func() { cancel(nil) }
	}
	for _, test := range []struct {
		name   string
		do     behaviour
		ctx    func(context.Context) (context.Context, func())
		is     []error
		effect Effect
		text   string
	}{
		{"cancelled during the attempt", hang, soon, []error{context.Canceled, cause}, Unknown, "no answer from Dixa: context canceled: the client went away. It is not known"},
		{"cancelled between attempts", withRetryAfter(status(429, tooMany), "5"), soon, []error{context.Canceled, cause}, NotDone,
			"Dixa answered 429, but the call ended before it was repeated: context canceled: the client went away. Nothing was changed."},
		{"cancelled after a lost answer", func(n int, w http.ResponseWriter, r *http.Request) {
			time.Sleep(100*time.Millisecond - 1) // no pause before another attempt is shorter than the rest
			panic(http.ErrAbortHandler)
		}, soon, []error{context.Canceled, cause, io.EOF}, Unknown, "EOF; the call ended before it was repeated: context canceled"},
		{"deadline during the attempt", hang, in(time.Second), []error{context.DeadlineExceeded}, Unknown, "no answer from Dixa: context deadline exceeded. It is not"},
		{"no time to repeat it", withRetryAfter(status(429, tooMany), "60"), in(30 * time.Second), nil, NotDone, "Dixa answered 429: Too Many Requests. Nothing was changed. Others"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := &counting{RoundTripper: &http.Transport{DialContext: serveMemory(t, test.do.handler()).dial}}
				c := transportClient(t, attempts)
				ctx, cancel := test.ctx(t.Context())
				defer cancel()
				start := time.Now()
				err := callOnce(ctx, c, true)
				require.LessOrEqual(t, time.Since(start), time.Second, "it does not wait for nothing")
				var e *Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, test.effect, e.Effect)
				require.Equal(t, 1, attempts.n)
				require.ErrorContains(t, err, test.text)
				for _, is := range test.is {
					require.ErrorIs(t, err, is)
				}
			})
		})
	}
}

func in(d time.Duration) func(context.Context) (context.Context, func()) {
	return func(ctx context.Context) (context.Context, func()) { return context.WithTimeout(ctx, d) }
}

func withRetryAfter(do behaviour, after string) behaviour {
	return func(n int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", after)
		do(n, w, r)
	}
}

func TestCallsThatEndBeforeTheyAreSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memoryClient(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := callOnce(ctx, c, false)
		require.EqualError(t, err, "add_note: it was not sent: the call ended while it waited for Dixa's limit: context canceled. Nothing was changed.")
		require.ErrorIs(t, err, context.Canceled)

		for range DefaultBurst {
			_, err := c.lanes[API].wait(t.Context(), GetConversation.Spec)
			require.NoError(t, err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		var busy *BusyError
		require.ErrorAs(t, callOnce(ctx, c, false), &busy)
		require.Equal(t, "add_note", busy.Operation)
	})
}

// A call whose repetition gets no slot says what its first attempt left open, not that nothing was sent.
func TestNoPlaceForTheRepetition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c *Client
		c = memoryClient(t, func(http.ResponseWriter, *http.Request) {
			for range 200 {
				go func() { _, _ = c.lanes[API].wait(t.Context(), GetConversation.Spec) }()
			}
			synctest.Wait()
			panic(http.ErrAbortHandler)
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := callOnce(ctx, c, true)
		var busy *BusyError
		require.False(t, errors.As(err, &busy))
		require.EqualError(t, err, "close_conversation: no answer from Dixa: EOF. It is not known whether Dixa did it. Check with get_conversation before you try again.")
		time.Sleep(time.Minute)
	})
}
