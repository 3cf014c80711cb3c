package offline

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ReasonHeader is the header that says why a request was refused. Dixa has no such header: a client must not depend on it.
const ReasonHeader = "X-Offline-Reason"

// maxBody is far above anything the API takes: article images may be 10 MB together.
const maxBody = 16 << 20

// answer is what goes back to the client.
type answer struct {
	status      int
	contentType string
	body        []byte
	stream      func(io.Writer) error // instead of body, for the Exports API
	reason      string
}

// data is the envelope of an answer with one thing in it or with a list.
type data struct {
	Data any   `json:"data"`
	Meta *meta `json:"meta,omitempty"`
}

// stream is a body that a handler writes piece by piece.
type stream func(io.Writer) error

// refusal returns the answer that carries a failure.
func refusal(f failure) answer {
	a, err := encoded(f.status, map[string]string{"message": f.message})
	if err != nil {
		return answer{status: http.StatusInternalServerError}
	}
	a.reason = f.reason
	return a
}

// encoded returns an answer with a JSON body.
func encoded(status int, v any) (answer, error) {
	b, err := marshal(v)
	return answer{status: status, contentType: "application/json", body: b}, err
}

// marshal writes JSON as Dixa does, which does not escape HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// answer does what a request asks.
func (d *Dixa) answer(r *http.Request, rt *route, vars map[string]string) answer {
	c := &call{dixa: d, route: rt, vars: vars, request: r, beta: strings.HasPrefix(r.URL.Path, betaPrefix)}
	if err := d.admit(r); err != nil {
		return refusal(asFailure(err))
	}
	if err := c.read(); err != nil {
		return refusal(asFailure(err))
	}

	d.mu.Lock()
	defer d.mu.Unlock()
	return d.handle(c, d.now())
}

// handle carries out a request at a moment. The caller holds the lock.
func (d *Dixa) handle(c *call, now time.Time) answer {
	c.world, c.now = d.world(), now
	for _, cv := range c.settle(c.now) {
		c.emit(cv, "ConversationPendingExpired", nil)
		c.emit(cv, "ConversationOpen", nil)
	}
	made, rt := c.made, c.route
	v, err := rt.handle(c)
	if err != nil {
		return refusal(asFailure(err))
	}
	if c.changed {
		d.record(c, made)
	}
	if s, ok := v.(stream); ok {
		return answer{status: rt.status, contentType: "application/json", stream: s}
	}
	if v == nil {
		return answer{status: rt.status}
	}
	a, err := encoded(rt.status, v) // under the lock: the value may share memory with the data
	if err != nil {
		return refusal(asFailure(err))
	}
	return a
}

// admit checks the token and the rate. Dixa's gateway says the same for a missing and for a wrong token.
func (d *Dixa) admit(r *http.Request) error {
	token := tokenOf(r)
	if token == "" || token == "Bearer" || (d.o.Token != "" && token != d.o.Token) {
		return errUnauthorized.because("the Authorization header is missing or has another token")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.buckets[token]
	if b == nil {
		b = &bucket{}
		d.buckets[token] = b
	}
	if !b.take(d.o.Now(), d.o.Rate, d.o.Burst) {
		return errTooMany
	}
	return nil
}

// tokenOf returns the token that came with a request, in any of the ways that Dixa takes it.
func tokenOf(r *http.Request) string {
	if user, password, ok := r.BasicAuth(); ok && user == "bearer" {
		return password
	}
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// write sends an answer. A cut one promises more than it sends, and ends the connection.
func (a answer) write(w http.ResponseWriter, r *http.Request, cut bool) {
	if a.reason != "" {
		w.Header().Set(ReasonHeader, a.reason)
	}
	if a.contentType != "" {
		w.Header().Set("Content-Type", a.contentType)
	}
	if a.stream != nil {
		w.WriteHeader(a.status)
		if cut || a.stream(w) != nil {
			hangUp(r)
		}
		return
	}
	if cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)+1))
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
		hangUp(r)
	}
	if a.body != nil {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may be gone
}

type connKey struct{}

// hangUp ends the connection without another byte; over TCP with a reset.
func hangUp(r *http.Request) {
	if tcp, ok := r.Context().Value(connKey{}).(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	panic(http.ErrAbortHandler)
}
