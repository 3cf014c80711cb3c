package serve

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

// gated accepts nobody before it is open. What connects meanwhile waits in the kernel.
type gated struct {
	*net.TCPListener
	open chan struct{}
}

func (g gated) Accept() (net.Conn, error) {
	<-g.open
	return g.TCPListener.Accept()
}

// A server that ends answers also those who had connected and were not accepted yet: a balancer that has written a call
// to such a connection cannot give it to another server.
func TestStopsWithoutResets(t *testing.T) {
	s := host(t, offline.Options{})
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	l, err := plain.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	g := gated{l.(*net.TCPListener), make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- s.http.Serve(ctx, g) }()

	var waiting []net.Conn
	for range 10 {
		c, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		defer c.Close()
		_, err = c.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
		require.NoError(t, err)
		waiting = append(waiting, c)
	}
	stop()
	require.Eventually(t, func() bool { // nobody new comes in
		c, err := net.DialTimeout("tcp", l.Addr().String(), 20*time.Millisecond)
		if err == nil {
			c.Close()
		}
		return err != nil
	}, time.Minute, time.Millisecond)
	close(g.open)
	for _, c := range waiting {
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusNotFound, answer.StatusCode)
		require.NoError(t, answer.Body.Close())
	}
	require.NoError(t, <-stopped)
}
