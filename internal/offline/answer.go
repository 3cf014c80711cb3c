package offline

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/internal/offline/wire"
)

// answer does what a request asks.
func (d *Dixa) answer(r *http.Request) wire.Answer {
	if err := d.admit(r); err != nil {
		return wire.Refuse(wire.AsFailure(err))
	}
	asked, rt, err := routes.Read(r)
	if err != nil {
		return wire.Refuse(wire.AsFailure(err))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.handle(&call{dixa: d, Request: asked}, rt, d.now())
}

// handle carries out a request at a moment. The caller holds the lock.
func (d *Dixa) handle(c *call, rt *route, now time.Time) wire.Answer {
	c.world, c.now = d.world(), now
	c.Scope = c.org.id
	for _, cv := range c.settle(c.now) {
		c.emit(cv, "ConversationPendingExpired", nil)
		c.emit(cv, "ConversationOpen", nil)
	}
	made := c.made
	v, err := rt.Handle(c)
	if err != nil {
		return wire.Refuse(wire.AsFailure(err))
	}
	if c.changed {
		d.record(c, made)
	}
	if s, ok := v.(wire.Stream); ok {
		return wire.Answer{Status: rt.Status, ContentType: "application/json", Stream: s}
	}
	if v == nil {
		return wire.Answer{Status: rt.Status}
	}
	a, err := wire.JSON(rt.Status, v) // under the lock: the value may share memory with the data
	if err != nil {
		return wire.Refuse(wire.AsFailure(err))
	}
	return a
}

// admit checks the token and the rate. Dixa's gateway says the same for a missing and for a wrong token.
func (d *Dixa) admit(r *http.Request) error {
	token := tokenOf(r)
	if token == "" || token == "Bearer" || (d.o.Token != "" && token != d.o.Token) {
		return wire.ErrUnauthorized.Because("the Authorization header is missing or has another token")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.buckets[token]
	if b == nil {
		b = &bucket{}
		d.buckets[token] = b
	}
	if !b.take(d.o.Now(), d.o.Rate, d.o.Burst) {
		return wire.ErrTooMany
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
func write(w http.ResponseWriter, r *http.Request, a wire.Answer, cut bool) {
	if a.Reason != "" {
		w.Header().Set(wire.ReasonHeader, a.Reason)
	}
	if a.ContentType != "" {
		w.Header().Set("Content-Type", a.ContentType)
	}
	if a.Stream != nil {
		w.WriteHeader(a.Status)
		if cut || a.Stream(w) != nil {
			hangUp(r)
		}
		return
	}
	if cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)+1))
		w.WriteHeader(a.Status)
		_, _ = w.Write(a.Body[:len(a.Body)/2])
		_ = http.NewResponseController(w).Flush()
		hangUp(r)
	}
	if a.Body != nil {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // the client may be gone
}

type connKey struct{}

// hangUp ends the connection without another byte; over TCP with a reset.
func hangUp(r *http.Request) {
	if tcp, ok := r.Context().Value(connKey{}).(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	panic(http.ErrAbortHandler)
}
