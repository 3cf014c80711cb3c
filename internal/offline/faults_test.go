package offline

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const closePattern = "PUT /v1/conversations/{conversationId}/close"

// Each fault breaks one request and no other; what comes after the work has done it.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   FaultKind
		status int // 0: no whole answer
		body   string
		done   bool
	}{
		{"too many requests", TooManyRequests, 429, `{"message":"Too Many Requests"}`, false},
		{"server error", ServerError, 500, `{"message":"There was an internal server error while processing the request"}`, false},
		{"server error after", ServerErrorAfter, 500, `{"message":"There was an internal server error while processing the request"}`, true},
		{"unauthorized", Unauthorized, 401, `{"message":"Unauthorized"}`, false},
		{"forbidden", Forbidden, 403, `{"message":"Forbidden"}`, false},
		{"reset", Reset, 0, "", false},
		{"reset after", ResetAfter, 0, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := open(t, Options{})
			o.loose = true
			o.get("/v1/organization")
			o.dixa.Inject(Fault{Match: closePattern, Kind: c.kind, Times: 1})
			o.get("/v1/conversations/1234")
			res, err := o.try("PUT", "/v1/conversations/1234/close", "{}")
			if c.status == 0 {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
				require.Equal(t, c.status, res.status)
				require.JSONEq(t, c.body, res.body)
				require.Empty(t, res.header.Get("Retry-After"))
			}
			require.Equal(t, c.done, len(o.dixa.Effects()) == 1)
			o.ok(204, "PUT", "/v1/conversations/1234/close", "{}")
			require.Len(t, o.dixa.Effects(), 1)
			asked := o.dixa.Requests()
			require.Equal(t, closePattern, asked[2].Operation)
			require.Equal(t, c.status, asked[2].Status)
		})
	}
}

func TestFaultsInAnswers(t *testing.T) {
	o := open(t, Options{})
	o.loose = true
	o.dixa.Inject(Fault{Kind: HTML, Times: 1})
	res := o.do("GET", "/v1/organization", "")
	require.Equal(t, 200, res.status)
	require.Equal(t, "text/html; charset=utf-8", res.header.Get("Content-Type"))

	o.dixa.Inject(Fault{Match: "GET /v1/organization", Kind: CutBody, Times: -1})
	for range 3 {
		_, err := o.try("GET", "/v1/organization", "")
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
	o.get("/v1/agents")
}

func TestHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(Options{})
		hc, stop := d.Client()
		defer stop()
		d.Inject(Fault{Kind: Hang, Times: 1})
		ctx, cancel := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, "POST", URL+"/v1/tags", strings.NewReader(`{"name":"x"}`))
		require.NoError(t, err)
		req.Header.Set("Authorization", "token")
		failed := make(chan error, 1)
		go func() {
			_, err := hc.Do(req)
			failed <- err
		}()
		synctest.Wait()
		require.Len(t, d.Requests(), 1)
		cancel()
		require.ErrorIs(t, <-failed, context.Canceled)
		require.Empty(t, d.Effects())
	})
}

func TestRate(t *testing.T) {
	o := open(t, Options{Rate: 10, Burst: 4})
	o.loose = true
	for range 4 {
		o.get("/v1/organization")
	}
	o.refused(429, "Too Many Requests", "GET", "/v1/organization", "")
	o.clock.at = o.clock.at.Add(100 * time.Millisecond)
	o.get("/v1/organization")
	o.refused(429, "Too Many Requests", "GET", "/v1/organization", "")
	o.clock.at = o.clock.at.Add(time.Hour)
	for range 4 {
		o.get("/v1/organization")
	}
	o.refused(429, "Too Many Requests", "GET", "/v1/organization", "")
}

// Dixa counts for each token.
func TestRateOfEachToken(t *testing.T) {
	d := New(Options{Rate: 10, Burst: 4, Now: func() time.Time { return time.Unix(1, 0) }})
	ask := func(token string) int {
		r := httptest.NewRequest("GET", "/v1/organization", nil)
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		return w.Code
	}
	for range 4 {
		require.Equal(t, 200, ask("first"))
		require.Equal(t, 200, ask("Bearer second"))
	}
	require.Equal(t, 429, ask("first"))
	require.Equal(t, 429, ask("second"))
	requests := d.Requests()
	require.Equal(t, []string{"first", "second"}, []string{requests[0].Token, requests[1].Token})
}
