package gate_test

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
)

// waits are the ways in which a request waits between the decision about it and its departure. A new one belongs here.
var waits = []struct {
	name   string
	budget string // of the agent
	client func(*dixaclient.Config)
	gate   func(*gate.Config)
	first  func(http.ResponseWriter) // answers the first attempt
}{
	{name: "for the agent's own rate", budget: "{requests_per_second: 0.5}"},
	{name: "for Dixa's limit", client: func(c *dixaclient.Config) { c.Rate, c.Burst = 0.5, 1 }},
	{name: "for the limit that several servers share", client: func(c *dixaclient.Config) {
		c.Buckets = func(s dixaclient.BucketSpec) dixaclient.Bucket {
			return slowBucket{dixaclient.NewLocalBucket(s.Rate, s.Burst)}
		}
	}},
	{name: "for the budgets that several servers share", gate: func(c *gate.Config) { c.Budgets = slowBudgets{gate.NewBudgets()} }},
	{name: "after a 429 with Retry-After", first: func(w http.ResponseWriter) {
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusTooManyRequests)
	}},
	{name: "after a 429", first: func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) }},
	{name: "after a 503", first: func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }},
}

type slowBucket struct{ dixaclient.Bucket }

func (b slowBucket) Reserve(ctx context.Context) (time.Duration, func(), error) {
	time.Sleep(2 * time.Second)
	return b.Bucket.Reserve(ctx)
}

type slowBudgets struct{ gate.Budgets }

func (b slowBudgets) Take(ctx context.Context, agent string, lines []gate.Allowance, perSecond float64) (gate.Taken, error) {
	time.Sleep(2 * time.Second)
	return b.Budgets.Take(ctx, agent, lines, perSecond)
}

// waiting is a bed whose agent closes conversation 1234, and has to wait after that was decided.
type waiting struct {
	*bed
	truth   *dixaclient.Client // that nothing guards or delays
	frozen  bool
	change  func() // made once, when the decision was made and its request waits; nil: nothing
	decides string // the path of the look-up that decides
	closed  int    // requests to close it
}

const closing = `{"conversationId":1234}`

// waitFor sets up the wait with a number in waits, for one agent.
func waitFor(t *testing.T, number int, agent string) *waiting {
	return waitForWith(t, number, agent, func(*gate.Config) {})
}

// waitForWith does the same with another configuration of the gate.
func waitForWith(t *testing.T, number int, agent string, change func(*gate.Config)) *waiting {
	w := waits[number]
	b := &waiting{bed: newBed(t, confirming), decides: "/v1/conversations/1234"}
	b.truth = b.client
	config := dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, Transport: direct{http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		attempt := strings.HasSuffix(r.URL.Path, "/close")
		if attempt {
			b.closed++
		}
		if attempt && b.closed == 1 && w.first != nil {
			w.first(rw)
			b.changed()
			return
		}
		b.dixa.ServeHTTP(rw, r)
		if w.first == nil && r.Method == http.MethodGet && r.URL.Path == b.decides {
			b.changed()
		}
	})}, Rate: 1e6, Burst: 1e6}
	if w.client != nil {
		w.client(&config)
	}
	var err error
	b.client, err = dixaclient.New(config)
	require.NoError(t, err)
	rules := gate.Config{Frozen: func(string) (string, bool) { return "", b.frozen }}
	if w.gate != nil {
		w.gate(&rules)
	}
	change(&rules)
	budget := ""
	if w.budget != "" {
		budget = ", budget: " + w.budget
	}
	b.stand("version: 1\nnames: {queue: {billing: "+billing+"}, dixa_agent: {bot: "+bot+"}}\napprovers: {anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [write]}}\nagents:\n  a: {acts_as: bot, access: {\"*\": erase}"+agent+budget+"}\n", rules)
	return b
}

func (b *waiting) changed() {
	if change := b.change; change != nil {
		b.change = nil
		change()
	}
}

func (b *waiting) move() {
	_, err := dixaclient.TransferConversation.Do(context.Background(), b.truth, dixaclient.TransferConversationIn{ConversationRef: ref(1234), QueueID: returns, AgentID: bot})
	require.NoError(b.t, err)
}

func (b *waiting) write() {
	in := dixaclient.RecordMessageIn{ConversationRef: ref(1234)}
	in.Text = "Do not!"
	_, err := dixaclient.RecordMessage.Do(context.Background(), b.truth, in)
	require.NoError(b.t, err)
}

// stopped requires that nothing left after the change.
func (b *waiting) stopped(a gate.Answer, number int, says string) {
	b.t.Helper()
	require.True(b.t, a.Failed, a.Text)
	require.Contains(b.t, a.Text, says)
	if waits[number].first == nil {
		require.Zero(b.t, b.closed, "the request left without another decision")
		require.Equal(b.t, audit.EventRefused, b.records.last().Event)
		return
	}
	require.Equal(b.t, 1, b.closed, "the request was repeated without another decision")
}

// What was decided before a wait is decided again after it.
func TestDecidedAgainAfterEachWait(t *testing.T) {
	const bounded = ", only: {queue: [billing]}"
	for number, w := range waits {
		for _, test := range []struct {
			change string
			make   func(*waiting)
			says   string
		}{
			{"moved out of the bound", (*waiting).move, "could not be found"},
			{"frozen", func(b *waiting) { b.frozen = true }, "is frozen"},
			{"nothing", nil, ""},
		} {
			t.Run(w.name+"/"+test.change, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := waitFor(t, number, bounded)
					require.False(t, b.call("a", "get_organization", `{}`).Failed) // so that one of the two requests at once is left
					if test.make == nil {
						require.False(t, b.call("a", "close_conversation", closing).Failed)
						return
					}
					b.change = func() { test.make(b) }
					b.stopped(b.call("a", "close_conversation", closing), number, test.says)
					require.Nil(t, b.change, "the wait did not take place")
				})
			})
		}
	}
}

// A message that arrives while an approved call waits makes the approval void, whoever gave it.
func TestApprovalsEndWithTheNextMessageAlsoWhileTheCallWaits(t *testing.T) {
	for number, w := range waits {
		t.Run(w.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := waitFor(t, number, ", confirm: {write: client}")
				q := b.ask("a", "close_conversation", closing)
				b.decides, b.change = "/v1/conversations/1234/messages", b.write
				b.stopped(b.answer("a", "close_conversation", closing, q.State, true), number, "a message arrived in the conversation after this was approved")
				q = b.ask("a", "close_conversation", closing)
				b.closed = 1
				require.False(t, b.answer("a", "close_conversation", closing, q.State, true).Failed, "nothing arrived")
			})
		})
	}
}

// Nor does what an approver has carried out outlive a message or a freeze that comes while it waits.
func TestSendIsDecidedAgainAfterEachWait(t *testing.T) {
	for number, w := range waits {
		for change, says := range map[string]string{"a message": "a message arrived in the conversation after this was approved", "frozen": "is frozen", "nothing": ""} {
			t.Run(w.name+"/"+change, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "approvals")
				synctest.Test(t, func(t *testing.T) {
					store := approval.NewDir(path, time.Now)
					b := waitForWith(t, number, ", confirm: {write: approver}, on_approval: send", func(c *gate.Config) { c.Approvals = store })
					a := b.call("a", "close_conversation", closing)
					list, err := store.List(t.Context())
					require.NoError(t, err)
					require.Len(t, list, 1, a.Text)
					r, err := store.Decide(t.Context(), list[0].Number, approval.Verdict{Approve: true, Approver: "anna", KeyID: "2c26b46b"})
					require.NoError(t, err)
					switch change {
					case "a message":
						b.decides, b.change = "/v1/conversations/1234/messages", b.write
					case "frozen":
						b.decides, b.change = "/v1/conversations/1234/messages", func() { b.frozen = true }
					}
					_, answer, err := b.gate.Send(t.Context(), r, "anna")
					if change == "nothing" {
						require.NoError(t, err)
						return
					}
					require.Error(t, err)
					b.stopped(gate.Answer{Text: answer, Failed: true}, number, says)
				})
			})
		}
	}
}

// A person takes minutes to answer. What was true when the question was asked must be true when the answer comes.
func TestDecidedAgainWhenTheAnswerComes(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*waiting)
		says   string
	}{
		"moved out of the bound": {(*waiting).move, "could not be found"},
		"frozen":                 {func(b *waiting) { b.frozen = true }, "is frozen"},
		"a message arrived":      {(*waiting).write, "a message arrived in the conversation after this was approved"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := waitFor(t, 1, ", confirm: {write: client}, only: {queue: [billing]}")
				q := b.ask("a", "close_conversation", closing)
				time.Sleep(time.Minute)
				test.change(b)
				a := b.answer("a", "close_conversation", closing, q.State, true)
				require.Contains(t, a.Text, test.says)
				require.Zero(t, b.closed)
			})
		})
	}
}

// What a read may see is judged on facts that were read within the last ten seconds, also where it waited itself.
func TestRememberedFactsDoNotOutliveAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := waitFor(t, 0, ", only: {queue: [billing]}")
		b.gate.Reload(t.Context(), parse(t, "version: 1\nagents:\n  a: {access: {\"*\": read}, only: {queue: ["+billing+"]}, budget: {requests_per_second: 0.05}}\n"))
		require.False(t, b.call("a", "list_notes", closing).Failed)
		b.move()
		a := b.call("a", "list_notes", closing) // the facts are remembered, and the request waits for 20 s
		require.True(t, a.Failed)
		require.Contains(t, a.Text, "could not be found")
		require.Equal(t, audit.Refused, b.records.last().Decision)
	})
}

// An operation that was counted in one hour and leaves in the next is taken from the budget of that one.
func TestBudgetOfTheHourInWhichARequestLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := waitFor(t, 0, "")
		b.gate.Reload(t.Context(), parse(t, "version: 1\nnames: {dixa_agent: {bot: "+bot+"}}\napprovers: {anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [write]}}\nagents:\n  a: {acts_as: bot, access: {\"*\": erase}, budget: {requests_per_second: 0.05, writes_per_hour: 1}}\n"))
		for range 2 {
			require.False(t, b.call("a", "get_organization", `{}`).Failed)
		}
		time.Sleep(time.Until(time.Now().Truncate(time.Hour).Add(time.Hour)) - time.Second)
		for range 2 { // what was saved up
			require.False(t, b.call("a", "get_organization", `{}`).Failed)
		}
		require.False(t, b.call("a", "close_conversation", closing).Failed, "it waits into the next hour")
		require.Contains(t, b.call("a", "close_conversation", closing).Text, "1 writes per UTC hour")
	})
}
