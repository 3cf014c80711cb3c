package dixaclient

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"dixa-mcp/internal/base/safetext"
)

const (
	backoffBase = 500 * time.Millisecond
	backoffMax  = 8 * time.Second
)

// errSlow is why an attempt ended that Dixa did not answer in time.
var errSlow = errors.New("it took longer")

// exchange sends a call, as often as that cannot do harm twice, and fills it from the answer.
//
// A 429 was refused by Dixa, and without a connection nothing was sent: both are repeated for every operation. A 5xx,
// a broken connection and an unreadable answer leave open what was done: they are repeated for idempotent operations
// only. An attempt that ran into its time limit is not repeated at all.
func (c *Client) exchange(ctx context.Context, call *Call) error {
	req, err := call.Request()
	if err != nil {
		return err
	}
	var last *Error // of the attempt before
	for attempt := 1; ; attempt++ {
		t, err := c.wait(ctx, call)
		if err != nil {
			return giveUp(call, last, err)
		}
		if call.Before != nil {
			if err := call.Before(); err != nil && (last == nil || call.Op.Level == Read || last.Effect == NotDone) {
				return err // and not what it met before, which may be about something that the caller may no longer see
			} else if err != nil {
				return giveUp(call, last, err)
			}
		}
		again, retryAfter, e := c.attempt(ctx, call, req, t)
		if e == nil {
			return nil
		}
		c.errorWithoutTokens(e)
		e.Token = t.lane.token.name
		if last != nil && last.Effect != NotDone && e.Effect == NotDone {
			e.Effect = MaybeBefore
		}
		if !again || attempt == maxAttempts {
			return e
		}
		pause := max(rand.N(min(backoffMax, backoffBase<<attempt)), retryAfter)
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= pause {
			return e
		}
		if err := sleep(ctx, pause); err != nil {
			return giveUp(call, e, err)
		}
		last = e
	}
}

// giveUp returns the error for a call that ended while it waited. Before the first attempt nothing was sent; later it is the last attempt
// that tells what is known.
func giveUp(call *Call, last *Error, err error) error {
	_, busy := err.(*BusyError)
	none, _ := err.(*tokenError)
	switch {
	case last == nil && busy:
		return err
	case last == nil && none != nil:
		return &Error{Op: call.Op, Err: none.error}
	case last == nil:
		return &Error{Op: call.Op, Err: fmt.Errorf("the call ended while it waited for Dixa's limit: %w", err)}
	case busy: // its position in the queue would say that nothing was sent
		return last
	case last.Err != nil:
		last.Err = fmt.Errorf("%w; the call ended before it was repeated: %w", last.Err, err)
	default:
		last.Err = fmt.Errorf("the call ended before it was repeated: %w", err)
	}
	return last
}

// wait returns when the next attempt may be sent, and adds to what the call has waited for Dixa's limit.
func (c *Client) wait(ctx context.Context, call *Call) (slot, error) {
	defer since(time.Now(), &call.Waited)
	return c.lanes[call.Op.Host].wait(ctx, call.Op)
}

func since(start time.Time, sum *time.Duration) { *sum += time.Since(start) }

// attempt sends a request once. again tells whether repeating it cannot do harm.
func (c *Client) attempt(ctx context.Context, call *Call, r *Request, t slot) (again bool, retryAfter time.Duration, _ *Error) {
	ctx, silence, end := c.limit(ctx, call)
	defer end()
	var conn connection
	call.Status, call.RequestID = 0, ""
	req, err := c.newRequest(conn.watch(ctx), call.Op, r, t.token)
	if err != nil {
		return false, 0, &Error{Op: call.Op, Attempts: call.Attempts, Err: err}
	}
	call.Attempts++
	start := time.Now()
	res, err := c.transport.RoundTrip(req)
	since(start, &call.Upstream)
	if err != nil {
		again, e := broken(ctx, call, err, conn.never())
		return again, 0, e
	}
	defer res.Body.Close()
	call.Status = res.StatusCode
	call.RequestID = safetext.Brief(c.textWithoutTokens(cmp.Or(res.Header.Get("X-Amzn-Requestid"), res.Header.Get("X-Request-Id"))), briefID)
	if call.Row != nil && res.StatusCode < 300 {
		again, e := c.stream(ctx, call, res, silence)
		return again, 0, e
	}
	start = time.Now()
	body, err := c.read(res)
	since(start, &call.Upstream)
	body = c.withoutTokens(body)
	switch {
	case res.StatusCode == http.StatusTooManyRequests:
		call.Throttled++
		t.bucket.Throttled(ctx)
		return true, parseRetryAfter(res.Header.Get("Retry-After")), refused(call, body)
	case res.StatusCode >= 500:
		e := refused(call, body)
		e.Effect = Unknown
		return call.Op.Idempotent, 0, e
	case res.StatusCode >= 300:
		return false, 0, refused(call, body)
	case err != nil:
		again, e := broken(ctx, call, err, false)
		return again && !errors.Is(err, errTooLarge), 0, e
	}
	if err := call.receive(c.textWithoutTokens(res.Header.Get("Content-Type")), body); err != nil {
		return call.Op.Idempotent, 0, &Error{Op: call.Op, Status: call.Status, RequestID: call.RequestID, Attempts: call.Attempts, Effect: Unknown, Err: err}
	}
	return false, 0, nil
}

// broken returns the error for an attempt without a whole answer; unsent says that nothing of it left this machine.
func broken(ctx context.Context, call *Call, err error, unsent bool) (again bool, _ *Error) {
	e := &Error{Op: call.Op, Status: call.Status, RequestID: call.RequestID, Attempts: call.Attempts, Effect: Unknown, Err: err}
	if unsent {
		e.Effect = NotDone
	}
	if ctx.Err() != nil {
		e.Err = ended(ctx)
		return false, e
	}
	return unsent || call.Op.Idempotent, e
}

// connection notes whether an attempt got one. Without, nothing was sent, whatever went wrong: no such host, no route,
// a proxy that refuses, a certificate that does not fit.
type connection struct{ asked, got atomic.Bool }

func (c *connection) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { c.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { c.got.Store(true) },
	})
}

// never reports false for a transport that says nothing of its connections.
func (c *connection) never() bool { return c.asked.Load() && !c.got.Load() }

// newRequest makes the HTTP request of one attempt. A body is read from the start by each attempt.
func (c *Client) newRequest(ctx context.Context, op *Spec, r *Request, token string) (*http.Request, error) {
	address := c.base[op.Host] + r.Path
	if len(r.Query) > 0 {
		address += "?" + r.Query.Encode()
	}
	var body io.Reader
	if r.Body != nil {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, address, body)
	if err != nil {
		return nil, err
	}
	if c.bearer[op.Host] {
		token = "Bearer " + token
	}
	req.Header.Set("Authorization", token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	if r.ContentType != "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	return req, nil
}

var errTooLarge = errors.New("the answer is too large")

// read takes the whole body, up to the limit; what is larger is an error, not a cut.
func (c *Client) read(res *http.Response) ([]byte, error) {
	if res.ContentLength > c.maxAnswer {
		return nil, fmt.Errorf("%w (%d bytes; the limit is %d)", errTooLarge, res.ContentLength, c.maxAnswer)
	}
	b := bodies.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() <= keptBody {
			b.Reset()
			bodies.Put(b)
		}
	}()
	n, err := b.ReadFrom(io.LimitReader(res.Body, c.maxAnswer+1))
	if n > c.maxAnswer {
		return nil, fmt.Errorf("%w (the limit is %d bytes)", errTooLarge, c.maxAnswer)
	}
	return bytes.Clone(b.Bytes()), err
}

// bodies are buffers that answers are read into. How long they are is known too late, since most come compressed.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// keptBody is the size of a buffer that is kept for another answer, in bytes.
const keptBody = 256 << 10

// refused makes an error of an answer that is no success.
func refused(call *Call, body []byte) *Error {
	var b struct{ Message string }
	_ = json.Unmarshal(body, &b) // an error page of a gateway has no message
	return &Error{Op: call.Op, Status: call.Status, RequestID: call.RequestID, Message: safetext.Brief(b.Message, briefMessage), Attempts: call.Attempts}
}

// How many characters are kept of what Dixa, or something before it, says beside an answer's content. All of it goes
// through [safetext.Brief] where it enters: it ends up in answers, records and on terminals.
const (
	briefMessage = 500
	briefID      = 100
	briefType    = 100
	briefCause   = 300 // of an error of the network, which can quote what a server sent
)

// parseRetryAfter reads seconds or a date. Dixa sends none so far.
func parseRetryAfter(s string) time.Duration {
	if n, err := strconv.ParseInt(s, 10, 32); err == nil { // more would overflow a Duration
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return time.Until(t)
	}
	return 0
}

// pageKey takes the key out of meta.next and nothing else: the address in it is not followed. Dixa's example has a
// bare colon behind the escaped key, which belongs to it.
func pageKey(next string) string {
	_, query, _ := strings.Cut(next, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if v, ok := strings.CutPrefix(pair, "pageKey="); ok {
			if key, err := url.QueryUnescape(v); err == nil {
				return key
			}
			return v // as it stands, rather than a list that ends early
		}
	}
	return ""
}
