package double

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
)

// pipes is a network in memory.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Network returns a transport to a server in memory, for tests in a [testing/synctest] bubble, whose clock stands still while something
// waits for a real network. The server ends with the test, after the cleanups that were registered later.
func Network(t testing.TB, h http.Handler) *http.Transport {
	network := make(pipes)
	s := &http.Server{Handler: h}
	var running sync.WaitGroup
	running.Go(func() { _ = s.Serve(network) })
	t.Cleanup(func() {
		_ = s.Close()
		running.Wait()
	})
	return &http.Transport{DialContext: network.dial, DisableKeepAlives: true}
}
