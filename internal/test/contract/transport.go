package contract

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
)

// Transport wraps a client's transport and fails t in the cases that Handler does, from the client's side. Bytes
// pass through as they come. An answer is judged when the client has read it to its end; one that it gives up, or
// that breaks off, is not judged. A nil next is http.DefaultTransport.
func (c *Contract) Transport(t testing.TB, next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{next: next, report: newReporter(c, t)}
}

type transport struct {
	next   http.RoundTripper
	report *reporter
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, sent, err := readRequest(r)
	if err != nil {
		return nil, err
	}
	resp, err := t.next.RoundTrip(sent)
	if err != nil || resp.StatusCode == http.StatusSwitchingProtocols {
		return resp, err
	}
	judged := &judgedBody{ReadCloser: resp.Body, length: resp.ContentLength}
	judged.done = func(answer []byte) {
		t.report.judge(exchange{r, body, resp.StatusCode, resp.Header, answer})
	}
	if resp.ContentLength == 0 { // nothing to read, so perhaps nothing reads it
		judged.end()
	}
	resp.Body = judged
	return resp, nil
}

// readRequest reads the body of r and returns it with a request that sends it: a RoundTripper must leave r as it is.
func readRequest(r *http.Request) ([]byte, *http.Request, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, r, nil
	}
	body, err := io.ReadAll(r.Body)
	if err := errors.Join(err, r.Body.Close()); err != nil {
		return nil, nil, err
	}
	sent := r.Clone(r.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	return body, sent, nil
}

// judgedBody hands the bytes read to done once the body has come to its end.
type judgedBody struct {
	io.ReadCloser
	length int64 // announced; -1 when unknown
	read   bytes.Buffer
	done   func([]byte) // nil when called
}

func (b *judgedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read.Write(p[:n])
	if errors.Is(err, io.EOF) {
		b.end()
	}
	return n, err
}

// Close judges a body that was read whole without meeting its end.
func (b *judgedBody) Close() error {
	if int64(b.read.Len()) == b.length {
		b.end()
	}
	return b.ReadCloser.Close()
}

func (b *judgedBody) end() {
	if b.done != nil {
		b.done(b.read.Bytes())
		b.done = nil
	}
}
