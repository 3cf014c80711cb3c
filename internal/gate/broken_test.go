package gate

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/test/double"
)

// A defect ends one call, with a record of it, and tells nothing that was a customer's.
func TestPanic(t *testing.T) {
	for _, c := range []struct{ tool, outcome, says string }{
		{readIt, audit.OutcomeFailed, "get_conversation: dixa-mcp failed with an internal error; the operator finds the cause in its log."},
		{postIt, audit.OutcomeUnknown, "add_note: dixa-mcp failed with an internal error; the operator finds the cause in its log. It is not known whether Dixa did it. Check before you try again."},
	} {
		t.Run(c.tool, func(t *testing.T) {
			b := setUp(t, settings{})
			working := b.wire.RoundTripper
			b.wire.RoundTripper = double.Transport(func(r *http.Request) (*http.Response, error) { panic("PLANTED: what a customer wrote") })
			answer := b.call("admin", c.tool, argumentsOf[c.tool])
			require.Equal(t, Answer{Text: c.says, Failed: true}, answer)
			require.Contains(t, b.logs.String(), "internal error during a call")
			require.Contains(t, b.logs.String(), "panic=string")
			require.NotContains(t, b.logs.String(), "PLANTED")
			require.Equal(t, c.outcome, last(t, b.book.all()).Outcome)

			b.wire.RoundTripper = working
			require.False(t, b.call("admin", c.tool, argumentsOf[c.tool]).Failed)
		})
	}
}

// A record that panics before anything is sent stops the call.
func TestPanicBeforeTheIntent(t *testing.T) {
	b := setUp(t, settings{})
	b.book.refuse = func(r audit.Record) error {
		if r.Event == audit.EventIntent {
			panic("disk on fire")
		}
		return nil
	}
	answer := b.call("admin", postIt, argumentsOf[postIt])
	require.True(t, answer.Failed)
	require.Empty(t, b.dixa.Requests())
	require.Equal(t, audit.OutcomeUnknown, last(t, b.book.all()).Outcome)
}

// The note about a budget leaves an answer JSON, also one that has nothing in it.
func TestBudgetInAnAnswer(t *testing.T) {
	for body, want := range map[string]string{
		`{"data":{}}`:         `^{"budget":"0 left of 1 writes per UTC hour, until [^"]+"}$`,
		`{"data":{"id":"x"}}`: `^{"id":"x".*,"budget":"0 left of 1 writes per UTC hour, until [^"]+"}$`,
		``:                    `^{"done":"added a note to conversation 1234","budget":"[^"]+"}$`,
	} {
		b := setUp(t, settings{file: `{version: 1, agents: {admin: {access: {"*": erase}, budget: {writes_per_hour: 1}}}}`})
		working := b.wire.RoundTripper
		b.wire.RoundTripper = double.Transport(func(r *http.Request) (*http.Response, error) {
			res, err := working.RoundTrip(r)
			if err == nil {
				res.Body, res.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			}
			return res, err
		})
		answer := b.call("admin", postIt, argumentsOf[postIt])
		require.False(t, answer.Failed, answer.Text)
		require.Regexp(t, want, answer.Text)
		require.True(t, json.Valid([]byte(answer.Text)), answer.Text)
	}
}
