package serve

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

// Over TLS the same is served, to clients of HTTP/1.1 and of HTTP/2, on which streams share one connection.
func TestTLS(t *testing.T) {
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS()
	defer certificate.Close()
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(version, func(t *testing.T) {
			s := host(t, offline.Options{}, func(c *HTTPConfig) {
				c.TLS = &tls.Config{Certificates: certificate.TLS.Certificates, NextProtos: []string{"h2", "http/1.1"}}
			})
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			ctx, stop := context.WithCancel(t.Context())
			stopped := make(chan error, 1)
			go func() { stopped <- s.http.Serve(ctx, l) }()
			before := http.DefaultClient.Transport
			transport := certificate.Client().Transport.(*http.Transport).Clone()
			transport.ForceAttemptHTTP2 = version == "HTTP/2.0"
			if version == "HTTP/1.1" {
				transport.TLSClientConfig.NextProtos = []string{"http/1.1"}
			}
			http.DefaultClient.Transport = transport
			defer func() { http.DefaultClient.Transport = before }()
			s.url = "https://" + l.Addr().String()

			res := s.call("get_conversation", conversation)
			require.Equal(t, version, res.Proto)
			require.False(t, said(t, replies(t, res)[0]).IsError)
			streams := s.openStreams()
			s.gate.Reload(t.Context(), parseRules(t, `{version: 1, agents: {support: {access: {tags: read}}}}`))
			for name, e := range streams {
				e.heard(name, true)
			}
			stop()
			for name, e := range streams {
				for range 2 { // the result of listening, and the end
					if _, ok := e.data(); !ok {
						break
					}
				}
				_, ok := e.data()
				require.False(t, ok, name)
			}
			require.NoError(t, <-stopped)
			transport.CloseIdleConnections()
		})
	}
}
