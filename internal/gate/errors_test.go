package gate

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/offline"
)

const (
	readIt  = "get_conversation"
	putIt   = "close_conversation" // may be repeated
	postIt  = "add_note"           // may not
	unknown = "It is not known whether Dixa did it. Check with "
)

var argumentsOf = map[string]string{
	readIt: `{"conversationId":1234}`,
	putIt:  `{"conversationId":1234}`,
	postIt: `{"conversationId":1234,"message":"hello"}`,
}

// What goes wrong at Dixa: what the agent reads, what the record says, and what was done.
func TestTroubleAtDixa(t *testing.T) {
	const hint401 = `Usual causes: the token was not made with version "Dixa API"`
	for _, c := range []struct {
		name, tool string
		fault      offline.FaultKind
		times      int
		says       []string // "" first: it did not fail
		outcome    string   // of the call
		operation  string   // what is known of the operation
		trouble    string
		sent, done int
	}{
		{"401", readIt, offline.Unauthorized, -1, []string{"get_conversation: Dixa answered 401: Unauthorized. " + hint401}, "failed", "not_done", "refused by Dixa", 1, 0},
		{"401", putIt, offline.Unauthorized, -1, []string{"Dixa answered 401: Unauthorized. Nothing was changed. " + hint401}, "failed", "not_done", "refused by Dixa", 1, 0},
		{"403", postIt, offline.Forbidden, -1, []string{"Dixa answered 403: Forbidden. Nothing was changed."}, "failed", "not_done", "refused by Dixa", 1, 0},
		{"429 once", readIt, offline.TooManyRequests, 1, []string{""}, "done", "done", "", 2, 0},
		{"429 once", postIt, offline.TooManyRequests, 1, []string{""}, "done", "done", "", 2, 1},
		{"429", postIt, offline.TooManyRequests, -1, []string{"Dixa answered 429: Too Many Requests (after 3 attempts). Nothing was changed. Others may be using the same token. Try again in a minute."}, "failed", "not_done", "refused by Dixa", 3, 0},
		{"500 once", putIt, offline.ServerError, 1, []string{""}, "done", "done", "", 2, 1},
		{"500 though it was done", putIt, offline.ServerErrorAfter, 1, []string{"the state has changed since, perhaps by this request", unknown + "get_conversation"}, "unknown", "unknown", "refused by Dixa", 1, 1},
		{"500", readIt, offline.ServerError, -1, []string{"Dixa answered 500", "(after 3 attempts). Try again later."}, "failed", "unknown", "refused by Dixa", 3, 0},
		{"500", putIt, offline.ServerError, -1, []string{unknown + "get_conversation before you try again."}, "unknown", "unknown", "refused by Dixa", 3, 0},
		{"500 though it was done", postIt, offline.ServerErrorAfter, 1, []string{unknown + "list_notes before you try again."}, "unknown", "unknown", "refused by Dixa", 1, 1},
		{"reset once", readIt, offline.Reset, 1, []string{""}, "done", "done", "", 2, 0},
		{"reset", readIt, offline.Reset, -1, []string{"get_conversation: no answer from Dixa: ", "(after 3 attempts). Try again later."}, "failed", "unknown", "no answer", 3, 0},
		{"reset", postIt, offline.Reset, 1, []string{"no answer from Dixa: ", unknown + "list_notes before you try again."}, "unknown", "unknown", "no answer", 1, 0},
		{"reset though it was done", postIt, offline.ResetAfter, 1, []string{unknown + "list_notes"}, "unknown", "unknown", "no answer", 1, 1},
		{"hang", readIt, offline.Hang, -1, []string{"get_conversation: no answer from Dixa: ", "it took longer than 20s"}, "failed", "unknown", "no answer", 1, 0},
		{"hang", putIt, offline.Hang, 1, []string{"it took longer than 20s", unknown + "get_conversation"}, "unknown", "unknown", "no answer", 1, 0},
		{"an answer that is cut", postIt, offline.CutBody, 1, []string{unknown + "list_notes"}, "unknown", "unknown", "unreadable answer", 1, 1},
		{"a web page", readIt, offline.HTML, -1, []string{"Dixa answered 200, but its body is not JSON of the documented form (its type is text/html"}, "failed", "unknown", "unreadable answer", 3, 0},
	} {
		t.Run(c.tool+" "+c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := setUp(t, settings{})
				b.dixa.Inject(offline.Fault{Match: routeOf(t, c.tool), Kind: c.fault, Times: c.times})
				start := time.Now()
				answer := b.call("admin", c.tool, argumentsOf[c.tool])
				require.LessOrEqual(t, time.Since(start), DefaultTimeout)
				require.Equal(t, c.says[0] != "", answer.Failed, answer.Text)
				for _, s := range c.says {
					require.Contains(t, answer.Text, s)
				}
				require.NotContains(t, answer.Text, "secret-token")
				require.NotContains(t, answer.Text, "\n")
				require.Len(t, slices.DeleteFunc(b.dixa.Requests(), func(r offline.Request) bool { return r.Operation != routeOf(t, c.tool) }), c.sent)
				require.Len(t, b.dixa.Effects(), c.done)
				r := last(t, b.book.all())
				require.Equal(t, c.outcome, r.Outcome, r.Text)
				op := r.Operations[len(r.Operations)-1]
				require.Equal(t, c.operation, op.Outcome)
				require.Equal(t, c.trouble, op.Error)
				require.Equal(t, c.sent, op.Attempts)
			})
		})
	}
}

// Answers of Dixa that say no, for what is asked and not for what is wrong.
func TestRefusedByDixa(t *testing.T) {
	b := setUp(t, settings{})
	somebody := anyUUID.FindString(b.call("admin", "list_agents", "").Text)
	b.book.all()
	for _, c := range []struct{ tool, arguments, says string }{
		{readIt, `{"conversationId":99999999}`, "get_conversation: Dixa answered 404: The requested resource could not be found. What an id names does not exist, or no longer. Looked up:\n- conversationId: no conversation has this id"},
		{putIt, `{"conversationId":99999999}`, "close_conversation: Dixa answered 404: The requested resource could not be found. Nothing was changed. What an id names does not exist, or no longer. Looked up:\n- conversationId: no conversation has this id"},
		{"claim_conversation", `{"conversationId":1234,"agentId":"` + somebody + `"}`,
			"claim_conversation: Dixa answered 409: Conversation 1234 is already assigned. Nothing was changed. It conflicts with the present state: read it again first."},
		{"transfer_conversation", `{"conversationId":1234,"queueId":"00000000-0000-4000-8000-000000000000"}`, "Nothing was changed."},
	} {
		answer := b.call("admin", c.tool, c.arguments)
		require.True(t, answer.Failed)
		require.Contains(t, answer.Text, c.says)
		require.Equal(t, audit.OutcomeFailed, last(t, b.book.all()).Outcome)
	}
	require.Empty(t, b.dixa.Effects())
}

// A call has its own time, whatever Dixa does and however many attempts are left.
func TestTimeLimit(t *testing.T) {
	for tool, outcome := range map[string]string{readIt: audit.OutcomeFailed, putIt: audit.OutcomeFailed, postIt: audit.OutcomeUnknown} {
		synctest.Test(t, func(t *testing.T) {
			b := setUp(t, settings{gate: Config{Timeout: 5 * time.Second}})
			b.dixa.Inject(offline.Fault{Kind: offline.Hang, Times: -1})
			start := time.Now()
			answer := b.call("admin", tool, argumentsOf[tool])
			require.Equal(t, 5*time.Second, time.Since(start))
			require.True(t, answer.Failed)
			require.Contains(t, answer.Text, "no answer from Dixa: the call exceeded its time limit of 5s.")
			r := last(t, b.book.all())
			require.Equal(t, outcome, r.Outcome)
			require.Equal(t, "time limit", r.Operations[0].Error)
		})
	}
}

// Who would have to wait for longer than there is time is told so at once, and sends nothing.
func TestNoPlaceBeforeTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setUp(t, settings{client: dixaclient.Config{Rate: 0.1, Burst: 1}, gate: Config{Timeout: 4 * time.Second}})
		require.False(t, b.call("admin", readIt, argumentsOf[readIt]).Failed)
		b.book.all()
		start := time.Now()
		answer := b.call("admin", putIt, argumentsOf[putIt])
		require.Zero(t, time.Since(start))
		require.Equal(t, "close_conversation: the rate limit delays this call by 10s, but its deadline is in 4s. Nothing was sent. Try again in 6s.", answer.Text)
		r := last(t, b.book.all())
		require.Equal(t, audit.OutcomeFailed, r.Outcome)
		require.Equal(t, "not_done", r.Operations[0].Outcome)
		require.Equal(t, "admin tried to close conversation 1234: allowed by agents.admin.access.*, but it failed (2 operations, Dixa no answer, no answer, 0 ms: no slot before the deadline)", r.Text)
		require.Len(t, b.dixa.Requests(), 1)
	})
}

// A client that gives up ends its call at Dixa, and the record is written all the same.
func TestCancelled(t *testing.T) {
	for tool, outcome := range map[string]string{readIt: audit.OutcomeCancelled, postIt: audit.OutcomeUnknown} {
		synctest.Test(t, func(t *testing.T) {
			b := setUp(t, settings{})
			b.dixa.Inject(offline.Fault{Kind: offline.Hang, Times: -1})
			ctx, cancel := context.WithCancel(t.Context())
			answered := make(chan Answer)
			go func() {
				answered <- b.Call(ctx, Request{Agent: "admin", Tool: tool, Arguments: json.RawMessage(argumentsOf[tool])})
			}()
			synctest.Wait()
			require.Len(t, b.dixa.Requests(), 1)
			start := time.Now()
			cancel()
			answer := <-answered
			require.Zero(t, time.Since(start))
			require.True(t, answer.Failed)
			r := last(t, b.book.all())
			require.Equal(t, outcome, r.Outcome)
			require.Equal(t, "cancelled", r.Operations[0].Error)
		})
	}
}
