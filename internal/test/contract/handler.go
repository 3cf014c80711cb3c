package contract

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
)

// Handler wraps a server that plays Dixa and fails t, with method, path, reason and an excerpt, when an
// answer is outside the contract or when it accepts (2xx) a request that is. Bytes pass through unbuffered, with
// Flush and Hijack. An answer that does not come to its end is not judged: a panic, a taken-over connection, a
// broken one, or fewer bytes than Content-Length announced. What answers against the contract on purpose belongs
// outside of Handler. Create it before the server, so that the server closes first.
func (c *Contract) Handler(t testing.TB, next http.Handler) http.Handler {
	report := newReporter(c, t)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil { // called without a server in between
			r.Body = http.NoBody
		}
		body, err := io.ReadAll(r.Body)
		if err != nil { // the client went away: let the server see the same
			r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
			next.ServeHTTP(w, r)
			return
		}
		seen := r.Clone(r.Context()) // a server may change its request
		r.Body = io.NopCloser(bytes.NewReader(body))
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(rec, r)
		if rec.complete() {
			report.judge(exchange{seen, body, rec.status, w.Header(), rec.body.Bytes()})
		}
	})
}

// failing is a reader that only fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// recorder keeps what passes through a ResponseWriter.
type recorder struct {
	http.ResponseWriter
	status  int
	started bool
	body    bytes.Buffer
	broken  bool // taken over or not writable
}

func (r *recorder) WriteHeader(status int) {
	if !r.started && status >= 200 {
		r.started, r.status = true, status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	r.started = true
	r.body.Write(p)
	n, err := r.ResponseWriter.Write(p)
	// A body where HTTP has none is the server's fault and to be judged; other failures are the connection's.
	if err != nil && !errors.Is(err, http.ErrBodyNotAllowed) {
		r.broken = true
	}
	return n, err
}

// Flush implements http.Flusher for servers that ask for it by type.
func (r *recorder) Flush() {
	if err := http.NewResponseController(r.ResponseWriter).Flush(); err != nil {
		r.broken = true
	}
}

// Hijack implements http.Hijacker for servers that ask for it by type.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(r.ResponseWriter).Hijack()
	if err == nil {
		r.broken = true
	}
	return conn, rw, err
}

// Unwrap lets http.ResponseController reach the rest, such as deadlines.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// complete reports whether the client got the whole answer.
func (r *recorder) complete() bool {
	if announced := r.Header().Get("Content-Length"); announced != "" && announced != strconv.Itoa(r.body.Len()) {
		return false
	}
	return !r.broken
}
