package gate

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/offline"
)

// ear is an observer that writes down what it hears.
type ear struct {
	mu   sync.Mutex
	name string
	said *[]string
	call CallInfo
}

type earKey struct{}

func (e *ear) say(format string, a ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	*e.said = append(*e.said, e.name+fmt.Sprintf(format, a...))
}

func (e *ear) Call(ctx context.Context, c CallInfo) (context.Context, func(CallEnd)) {
	e.call = c
	e.say("call %s/%s/%s/%s", c.Agent, c.Key, c.Tool, c.Level)
	return context.WithValue(ctx, earKey{}, c.ID), func(end CallEnd) { e.say("ended %s %s %t", end.Decision, end.Outcome, end.Took > 0) }
}

func (e *ear) Operation(ctx context.Context, c CallInfo, op *dixaclient.Spec) (context.Context, func(OperationEnd)) {
	e.say("operation %s below its call: %t", op.Name, ctx.Value(earKey{}) == c.ID && c.ID != "")
	return ctx, func(end OperationEnd) {
		e.say("operation ended %s %q %d after %d", end.Outcome, end.Error, end.Status, end.Attempts)
	}
}

func TestObserver(t *testing.T) {
	for name, c := range map[string]struct {
		agent, tool, arguments string
		dixa                   offline.Options
		want                   []string
	}{
		"a read": {"reader", "get_conversation", `{"conversationId":1234}`, offline.Options{}, []string{
			"call reader/k1/get_conversation/read", "operation get_conversation below its call: true",
			`operation ended done "" 200 after 1`, "ended allowed done true"}},
		"a write": {"admin", "close_conversation", `{"conversationId":1234}`, offline.Options{}, []string{
			"call admin/k1/close_conversation/write", "operation get_conversation below its call: true",
			`operation ended done "" 200 after 1`, "operation close_conversation below its call: true",
			`operation ended done "" 204 after 1`, "ended allowed done true"}},
		"not there": {"reader", "get_conversation", `{"conversationId":99999999}`, offline.Options{}, []string{
			"call reader/k1/get_conversation/read", "operation get_conversation below its call: true",
			`operation ended not_done "refused by Dixa" 404 after 1`, "ended allowed failed true"}},
		"not granted":     {"reader", "close_conversation", `{"conversationId":1234}`, offline.Options{}, []string{"call reader/k1/close_conversation/write", "ended refused refused true"}},
		"wrong arguments": {"reader", "get_conversation", `{}`, offline.Options{}, []string{"call reader/k1/get_conversation/read", "ended allowed refused true"}},
		"made-up tool":    {"reader", "sell_everything", `{}`, offline.Options{}, []string{"call reader/k1//", "ended refused refused true"}},
		"no such agent":   {"nobody", "get_conversation", `{}`, offline.Options{}, []string{"call /k1/get_conversation/read", "ended refused refused true"}},
		"nobody at all":   {"", "get_conversation", `{}`, offline.Options{}, []string{"call /k1/get_conversation/read", "ended refused refused true"}},
	} {
		t.Run(name, func(t *testing.T) {
			var said []string
			e := &ear{said: &said}
			b := setUp(t, settings{dixa: c.dixa, gate: Config{Observer: e}})
			b.Call(t.Context(), Request{Agent: c.agent, Key: "k1", Tool: c.tool, Arguments: []byte(c.arguments)})
			require.Equal(t, c.want, said)
			r := last(t, b.book.all())
			require.Equal(t, r.Call, e.call.ID, "the id is that of the record")
			require.Equal(t, "k1", r.Key)
		})
	}
}

// What cannot be recorded is not done, and a defect does not keep the end from being heard.
func TestObserverOfTrouble(t *testing.T) {
	var said []string
	b := setUp(t, settings{gate: Config{Observer: &ear{said: &said}}})
	b.book.refuse = func(audit.Record) error { return http.ErrServerClosed }
	b.call("admin", "close_conversation", `{"conversationId":1234}`)
	require.Equal(t, "ended allowed not_done true", said[len(said)-1])

	b = setUp(t, settings{gate: Config{Observer: &ear{said: &said}, Frozen: func(string) (string, bool) { panic("a defect") }}})
	b.call("admin", "close_conversation", `{"conversationId":1234}`)
	require.Equal(t, "ended refused refused true", said[len(said)-1])
}

func TestObservers(t *testing.T) {
	require.Nil(t, Observers())
	require.Nil(t, Observers(nil, nil))
	var said []string
	one, two := &ear{name: "1 ", said: &said}, &ear{name: "2 ", said: &said}
	require.Same(t, one, Observers(nil, one))
	b := setUp(t, settings{gate: Config{Observer: Observers(one, nil, two)}})
	b.call("reader", "get_conversation", `{"conversationId":1234}`)
	require.Equal(t, []string{
		"1 call reader//get_conversation/read", "2 call reader//get_conversation/read",
		"1 operation get_conversation below its call: true", "2 operation get_conversation below its call: true",
		`2 operation ended done "" 200 after 1`, `1 operation ended done "" 200 after 1`,
		"2 ended allowed done true", "1 ended allowed done true",
	}, said)
}
