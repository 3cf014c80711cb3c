package contract

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// recordingTB replaces a test and keeps what it is told.
type recordingTB struct {
	testing.TB
	mu       sync.Mutex
	errors   []string
	cleanups []func()
}

func (r *recordingTB) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recordingTB) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

// end does what the testing package does when a test ends.
func (r *recordingTB) end() {
	for _, f := range r.cleanups {
		f()
	}
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// echo answers with the body that it got, so that a test sees that it came through.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.Copy(w, r.Body)
}

// exchanges are judged alike by Handler and by Transport.
var exchanges = []struct {
	name    string
	server  http.HandlerFunc
	call    string
	body    string
	reports []string // parts of the one report; empty for none
}{
	{"good", answer(200, `{"data":[]}`), "GET /v1/tags", "", nil},
	{"good without body", answer(204, ""), "PUT /v1/conversations/7/close", `{}`, nil},
	{"invalid answer", answer(200, `{"data":[{"id":"x"}]}`), "GET /v1/tags?includeDeactivated=true", "",
		[]string{"GET /v1/tags?includeDeactivated=true", "answer 200 is outside the contract", "data.0.id", `answer: {"data":[{"id":"x"}]}`}},
	{"invalid error", answer(404, `{"error":"x"}`), "GET /v1/teams/" + someUUID, "", []string{"answer 404", "message"}},
	{"accepted against the contract", answer(200, `{"data":[]}`), "GET /v1/tags?page=2", "",
		[]string{"accepted with 200", "query parameter page is unknown"}},
	{"accepted body", answer(204, ""), "PUT /v1/conversations/7/claim", `{"agent":"me"}`,
		[]string{"accepted with 204", "agent", `request: {"agent":"me"}`}},
	{"accepted without operation", answer(200, `{}`), "GET /v1/knowledge/articles", "", []string{"accepted with 200"}},
	{"refused without operation", answer(403, `nonsense`), "GET /v1/nothing", "", nil},
	{"refused by the contract too", answer(400, `{"message":"m"}`), "GET /v1/tags?page=2", "", nil},
	{"refused by the server alone", answer(400, `{"message":"m"}`), "POST /v1/tags", `{"name":"a"}`, nil},
	{"body arrives", echo, "POST /v1/tags", `{"name":"echoed"}`, []string{`answer: {"name":"echoed"}`}},
}

func checkReport(t *testing.T, tb *recordingTB, want []string) {
	t.Helper()
	if len(want) == 0 {
		require.Empty(t, tb.errors)
		return
	}
	require.Len(t, tb.errors, 1)
	for _, part := range want {
		require.Contains(t, tb.errors[0], part)
	}
}

func send(t *testing.T, client *http.Client, base, call, body string) string {
	t.Helper()
	method, target, _ := strings.Cut(call, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, base+target, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(r)
	require.NoError(t, err)
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return string(got)
}

func TestHandler(t *testing.T) {
	c := Load(t)
	for _, tt := range exchanges {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{}
			server := httptest.NewServer(c.Handler(tb, tt.server))
			send(t, server.Client(), server.URL, tt.call, tt.body)
			server.Close()
			checkReport(t, tb, tt.reports)
		})
	}
}

func TestTransport(t *testing.T) {
	c := Load(t)
	for _, tt := range exchanges {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{}
			server := httptest.NewServer(tt.server)
			defer server.Close()
			client := &http.Client{Transport: c.Transport(tb, server.Client().Transport)}
			send(t, client, server.URL, tt.call, tt.body)
			checkReport(t, tb, tt.reports)
		})
	}
}

// faults are answers that never come to their end. Nobody may judge them, and all must reach the client as faults.
var faults = map[string]http.HandlerFunc{
	"aborted": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"aborted in the body": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"da`)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	},
	"cut short": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"da`)
	},
	"reset": func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	},
}

func TestFaultsPass(t *testing.T) {
	c := Load(t)
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			tb := &recordingTB{}
			server := httptest.NewServer(c.Handler(tb, fault))
			client := &http.Client{Transport: c.Transport(tb, server.Client().Transport)}
			resp, err := client.Get(server.URL + "/v1/tags")
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				require.NoError(t, resp.Body.Close())
			}
			require.Error(t, err)
			server.Close()
			require.Empty(t, tb.errors)
		})
	}
}

// TestHandlerStreams holds the server until the client has read the first part of the answer.
func TestHandlerStreams(t *testing.T) {
	c := Load(t)
	tb, gate := &recordingTB{}, make(chan struct{})
	server := httptest.NewServer(c.Handler(tb, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data":`)
		w.(http.Flusher).Flush()
		<-gate
		_, _ = io.WriteString(w, `{}}`)
	})))
	resp, err := server.Client().Get(server.URL + "/v1/tags")
	require.NoError(t, err)
	first, err := bufio.NewReader(resp.Body).Peek(8)
	require.NoError(t, err)
	require.Equal(t, `{"data":`, string(first))
	close(gate)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	server.Close()
	checkReport(t, tb, []string{"data: value must be an array, got {}"})
}

// TestHandlerSeesBodyWhereNoneIs covers what net/http would drop in silence.
func TestHandlerSeesBodyWhereNoneIs(t *testing.T) {
	tb := &recordingTB{}
	server := httptest.NewServer(Load(t).Handler(tb, answer(204, `{}`)))
	send(t, server.Client(), server.URL, "PUT /v1/conversations/7/close", "")
	server.Close()
	checkReport(t, tb, []string{"none is documented for status 204"})
}

func TestHandlerWithBrokenRequest(t *testing.T) {
	tb := &recordingTB{}
	var got string
	h := Load(t).Handler(tb, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		got = string(b)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		w.WriteHeader(http.StatusTeapot)
	}))
	r := httptest.NewRequest("POST", "/v1/tags", io.MultiReader(strings.NewReader("half"), failing{io.ErrUnexpectedEOF}))
	h.ServeHTTP(httptest.NewRecorder(), r)
	require.Equal(t, "half", got)
	require.Empty(t, tb.errors)
}

func TestNoReportAfterTheTest(t *testing.T) {
	tb := &recordingTB{}
	h := Load(t).Handler(tb, answer(200, `{"data":7}`))
	tb.end()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/v1/tags", nil))
	require.Empty(t, tb.errors)
}

// TestTransportLeavesTheRequest holds the rule of http.RoundTripper, and judging a body that was closed at its end
// but not beyond.
func TestTransportLeavesTheRequest(t *testing.T) {
	tb := &recordingTB{}
	server := httptest.NewServer(answer(200, `{"data":7}`))
	defer server.Close()
	sent := io.NopCloser(bytes.NewReader([]byte(`{"name":"a"}`)))
	r, err := http.NewRequest("POST", server.URL+"/v1/tags", sent)
	require.NoError(t, err)
	r.Header = jsonHeader.Clone()
	resp, err := Load(t).Transport(tb, nil).RoundTrip(r)
	require.NoError(t, err)
	require.Equal(t, sent, r.Body)
	_, err = io.ReadFull(resp.Body, make([]byte, len(`{"data":7}`)))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.NoError(t, resp.Body.Close())
	checkReport(t, tb, []string{"data: value must be an object, got 7"})
}
