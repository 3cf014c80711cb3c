package endtoend

import (
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

// tunnel is a proxy for https that leads every address to one server, and counts who came for which.
type tunnel struct {
	to    string
	asked atomic.Pointer[string]
}

// ServeHTTP connects the two ends until both are done.
func (p *tunnel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked.Store(&r.RequestURI)
	upstream, err := net.Dial("tcp", p.to)
	if r.Method != http.MethodConnect || err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	client, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		upstream.Close()
		return
	}
	defer client.Close()
	_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(upstream, buffered); upstream.Close() })
	both.Go(func() { _, _ = io.Copy(client, upstream); client.Close() })
	both.Wait()
}

// The way to Dixa may lead through a proxy that opens TLS with a certificate of its own, by the usual variables. A
// certificate that nobody vouches for is refused, and gets no token.
func TestProxyAndOwnCertificates(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("Go takes certificates from the system alone here, and not from SSL_CERT_FILE")
	}
	var requests atomic.Int32
	dixa := offline.New(offline.Options{Token: plantedToken})
	far := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		dixa.ServeHTTP(w, r)
	}))
	far.Config.ErrorLog = log.New(io.Discard, "", 0) // it says that its certificate was refused
	far.StartTLS()
	defer far.Close()
	proxy := &tunnel{to: far.Listener.Addr().String()}
	near := httptest.NewServer(proxy)
	defer near.Close()

	o := newOffice(t)
	certificate := o.write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: far.Certificate().Raw})))
	env := []string{"DIXA_API_TOKEN=" + plantedToken, "HTTPS_PROXY=" + near.URL, "DIXA_MCP_STATE=" + o.state, "DIXA_MCP_BASE_URL=https://example.com"} // the name in httptest's certificate

	out, stderr, code := run(t, o.home, append(env, "SSL_CERT_FILE="+certificate), "call", "get_organization", "{}", "--agent", "admin")
	require.Zero(t, code, stderr)
	require.Contains(t, out, "Havbris")
	require.Equal(t, "example.com:443", *proxy.asked.Load())
	require.EqualValues(t, 1, requests.Load())

	_, stderr, code = run(t, o.home, append(env, "DIXA_MCP_TIMEOUT=10s"), "call", "get_organization", "{}", "--agent", "admin")
	require.NotZero(t, code)
	require.Contains(t, stderr, "certificate")
	require.EqualValues(t, 1, requests.Load(), "a stranger got a request, and the token with it")
}
