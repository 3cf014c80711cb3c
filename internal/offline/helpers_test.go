package offline

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/wire"
	"dixa-mcp/internal/test/contract"
	"dixa-mcp/internal/test/double"
)

// anchor and today are the moments of the tests: the data ends with anchor, the clock shows today.
var (
	anchor = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday
	today  = anchor.Add(10 * time.Hour)
)

// clock is a clock that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// office is an offline Dixa with a client for it, over HTTP. Where Dixa's documents are at hand, every exchange is held to them.
type office struct {
	t     *testing.T
	dixa  *Dixa
	clock *clock
	http  *http.Client
	loose bool // the next requests are wrong on purpose
}

// open opens an office; what the options leave out gets the time of the tests.
func open(t *testing.T, o Options) *office {
	t.Helper()
	c := &clock{today}
	if o.Now == nil {
		o.Now = c.now
	}
	o.Anchor = anchor
	d := New(o)
	hc, stop := d.Client()
	t.Cleanup(stop)
	off := &office{t: t, dixa: d, clock: c, http: hc}
	if os.Getenv("DIXA_CONTRACT") != "" {
		strict := contract.Load(t).Transport(t, hc.Transport)
		off.http = &http.Client{Transport: double.Transport(func(r *http.Request) (*http.Response, error) {
			if off.loose {
				return hc.Transport.RoundTrip(r)
			}
			return strict.RoundTrip(r)
		})}
	}
	return off
}

// run is a subtest against the same office.
func (o *office) run(name string, f func(t *testing.T)) {
	outer := o.t
	defer func() { o.t = outer }()
	outer.Run(name, func(t *testing.T) {
		o.t = t
		f(t)
	})
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

// do sends a request; an empty body is none.
func (o *office) do(method, path, body string) reply {
	o.t.Helper()
	res, err := o.try(method, path, body)
	require.NoError(o.t, err, "%s %s", method, path)
	return res
}

func (o *office) try(method, path, body string) (reply, error) {
	o.t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(o.t.Context(), method, URL+path, r)
	require.NoError(o.t, err)
	req.Header.Set("Authorization", "token")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := o.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(b)}, err
}

// ok sends a request that must succeed with a status, and decodes what is in the answer's data.
func (o *office) ok(status int, method, path, body string) any {
	o.t.Helper()
	res := o.do(method, path, body)
	require.Equal(o.t, status, res.status, "%s %s: %s (%s)", method, path, res.body, res.header.Get(wire.ReasonHeader))
	if res.body == "" {
		return nil
	}
	var v any
	require.NoError(o.t, json.Unmarshal([]byte(res.body), &v))
	if m, ok := v.(map[string]any); ok {
		return m["data"]
	}
	return v
}

// get reads something.
func (o *office) get(path string) any {
	o.t.Helper()
	return o.ok(200, "GET", path, "")
}

// at follows a path of keys and places into a decoded answer.
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			require.True(t, ok, "%v is no object at %v", v, step)
			v = m[step]
		case int:
			l, ok := v.([]any)
			require.True(t, ok && step < len(l), "%v has no place %d", v, step)
			v = l[step]
		}
	}
	return v
}

// pluck takes a field out of every item of a list.
func pluck(t *testing.T, v any, field string) []any {
	t.Helper()
	out := []any{}
	for _, item := range v.([]any) {
		out = append(out, at(t, item, field))
	}
	return out
}

// refused sends a request that is wrong on purpose, and wants Dixa's words for it.
func (o *office) refused(status int, message, method, path, body string) {
	o.t.Helper()
	o.loose = true
	defer func() { o.loose = false }()
	res := o.do(method, path, body)
	require.Equal(o.t, status, res.status, "%s %s %s: %s", method, path, body, res.body)
	require.JSONEq(o.t, `{"message":"`+message+`"}`, res.body, "%s %s %s (%s)", method, path, body, res.header.Get(wire.ReasonHeader))
}

// The words of the refusals that most operations share.
const (
	badValue = "Invalid value in request"
	badBody  = "Decoding failure in request"
	notFound = "The requested resource could not be found"
)

// agent is the id of a Dixa agent, user that of an end user.
func (o *office) agent(i int) string {
	return o.dixa.world().Agents.List[i].ID
}

func (o *office) user(i int) string {
	return o.dixa.world().Users.List[i].ID
}

func (o *office) team(i int) string {
	return o.dixa.world().Teams.List[i].ID
}

func (o *office) tag(name string) string {
	return o.dixa.world().TagNamed(name).ID
}

func (o *office) attribute(identifier string) string {
	return o.dixa.world().AttributeNamed(identifier).ID
}

// find gives the first seeded conversation that passes.
func (o *office) find(pass func(*desk.Conversation) bool) *desk.Conversation {
	o.t.Helper()
	for _, c := range o.dixa.world().Conversations {
		if pass(c) {
			return c
		}
	}
	require.FailNow(o.t, "no conversation passes")
	return nil
}

// What is always in the data.
const (
	billingQueueID = "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"
	returnsQueueID = "5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02"
	refundTagID    = "77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"
	billingBotID   = "c2a1d9e8-7b6a-4d5c-8e9f-001122334455"
	smsNumber      = "+442079460101"
	seedUsers      = 600
	seedAgents     = 40
)

const noID = "11111111-2222-4333-8444-555555555555"

// world returns the data, for a look at it while nothing else happens.
func (d *Dixa) world() (w *desk.World) {
	d.api.Look(func(held *desk.World) { w = held })
	return w
}

// shapeOf is the `_type` of a conversation.
func shapeOf(c *desk.Conversation) string {
	if !c.Anonymized.IsZero() {
		return "AnonymizedConversation"
	}
	return c.Channel.Shape
}
