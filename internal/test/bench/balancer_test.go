package bench

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// balancer passes each request to the next of several servers, as a plain round-robin balancer does. It looks every now
// and then which are ready, and takes the next one where a server takes no connection. What was sent is not repeated.
type balancer struct {
	*httptest.Server
	transport *http.Transport
	servers   []*hosted
	ready     []atomic.Bool
	next      atomic.Uint64
	lost      atomic.Int64 // requests that no server answered
}

// balance starts a balancer before servers that are ready.
func balance(tb testing.TB, servers []*hosted) *balancer {
	b := &balancer{servers: servers, ready: make([]atomic.Bool, len(servers)), transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	b.Server = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.Out.URL.Scheme = "http" },
		Transport:     b,
		FlushInterval: -1,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil {
				b.lost.Add(1)
				tb.Logf("no server answered %s %s: %v", r.Method, r.URL.Path, err)
			}
			w.WriteHeader(http.StatusBadGateway)
		},
	})
	done := make(chan struct{})
	var looking sync.WaitGroup
	for i := range servers {
		b.ready[i].Store(true)
		looking.Go(func() {
			for {
				select {
				case <-time.After(100 * time.Millisecond):
					b.ready[i].Store(servers[i].ready())
				case <-done:
					return
				}
			}
		})
	}
	tb.Cleanup(func() {
		close(done)
		looking.Wait()
		b.CloseClientConnections()
		b.Close()
		b.transport.CloseIdleConnections()
	})
	return b
}

// RoundTrip sends a request to the next server.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	err := errors.New("none is ready")
	for range 2 * len(b.servers) {
		i := int(b.next.Add(1) % uint64(len(b.servers)))
		if !b.ready[i].Load() {
			continue
		}
		out := r.Clone(r.Context())
		out.URL.Host, out.Body = b.servers[i].addr, io.NopCloser(bytes.NewReader(body))
		var res *http.Response
		if res, err = b.transport.RoundTrip(out); err == nil {
			return res, nil
		}
		var broken *net.OpError
		if !errors.As(err, &broken) || broken.Op != "dial" {
			return nil, err
		}
		b.ready[i].Store(false)
	}
	return nil, err
}
