package gate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/jobs"
	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/clock"
	"dixa-mcp/internal/test/seeds"
)

// desks is what a random sequence of parking, looking, editing, approving, denying, sending, expiring and killing happens to:
// processes that share a store of approvals, and the texts that left for the customer.
type desks struct {
	t        *testing.T
	r        *rand.Rand
	clock    *clock.Clock
	wire     *edited
	client   *dixaclient.Client
	path     string
	rules    string
	records  *records
	gates    []*gate.Gate
	numbers  []string
	approved map[string]string // the text in force of an approved request
}

func newDesks(t *testing.T, r *rand.Rand, dixa *offline.Dixa) *desks {
	d := &desks{t: t, r: r, clock: &clock.Clock{}, wire: &edited{Handler: dixa}, path: filepath.Join(t.TempDir(), "approvals"), records: &records{}, approved: map[string]string{}, rules: sending}
	var err error
	d.client, err = dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, Rate: 1e6, Burst: 1e6, Transport: direct{d.wire}})
	require.NoError(t, err)
	for range 3 {
		d.gates = append(d.gates, d.start())
	}
	return d
}

// start starts a process, which remembers nothing.
func (d *desks) start() *gate.Gate {
	return gate.New(gate.Config{
		Rules: parse(d.t, d.rules), Client: d.client, Audit: d.records, JSON: true, Approvals: d.store(),
		Journal: journal.NewMemory(d.clock.Now), Jobs: jobs.New(jobs.NewMemory(d.clock.Now), []byte("x"), d.clock.Now),
	})
}

func (d *desks) store() *approval.Dir { return approval.NewDir(d.path, d.clock.Now) }

// asked are the calls that the agent makes, over and over.
var asked = []string{"Hello one", "Hello two"}

func (d *desks) any() *gate.Gate { return d.gates[d.r.IntN(len(d.gates))] }

func (d *desks) arguments(text string) string {
	arguments, err := json.Marshal(map[string]any{"conversationId": 1234, "text": text})
	require.NoError(d.t, err)
	return string(arguments)
}

// agent makes a call of the agent.
func (d *desks) agent() {
	a := d.any().Call(context.Background(), request("parks", "reply", d.arguments(asked[d.r.IntN(len(asked))])))
	var said struct{ Waiting string }
	if json.Unmarshal([]byte(a.Text), &said) == nil && said.Waiting != "" && !slices.Contains(d.numbers, said.Waiting) {
		d.numbers = append(d.numbers, said.Waiting)
	}
}

// desk is the session of an approver at a process.
func (d *desks) desk(g *gate.Gate) *approver.Session {
	s, ok := approver.Authenticate(g.Rules(), []byte("foo"), d.store())
	require.True(d.t, ok)
	s.Reviewer, s.Sender, s.Now = g, g, d.clock.Now
	return s
}

// decide has an approver look at a request and decide what they see, perhaps with another text, and perhaps at once.
func (d *desks) decide() {
	if len(d.numbers) == 0 {
		return
	}
	number, s := d.numbers[d.r.IntN(len(d.numbers))], d.desk(d.any())
	r, err := s.Get(context.Background(), number)
	require.NoError(d.t, err)
	v := approver.Verdict{Approve: d.r.IntN(4) > 0, Send: d.r.IntN(2) == 0}
	shown := s.Details(r)
	text := shown.Text
	if d.r.IntN(3) == 0 && shown.EditText != "" {
		v.Text = fmt.Sprintf("Edited %d", d.r.IntN(5))
		text = v.Text
	}
	if v.Approve && r.State == approval.Pending {
		d.approved[number] = text // before, since it may be sent at once
	}
	result, err := s.Decide(context.Background(), d.records, r, v)
	if err == nil && v.Approve {
		require.Equal(d.t, result.NotSent == "", !v.Send || result.Sent)
	}
	if now, gone := s.Get(context.Background(), number); gone == nil && now.State == approval.Denied {
		delete(d.approved, number)
	}
}

// kill ends a process and starts it again.
func (d *desks) kill() { d.gates[d.r.IntN(len(d.gates))] = d.start() }

// takenAndKilled is a process that ends between taking an approval and sending.
func (d *desks) takenAndKilled() {
	list, err := d.store().List(context.Background(), approval.Approved)
	require.NoError(d.t, err)
	if len(list) == 0 {
		return
	}
	r := list[d.r.IntN(len(list))]
	if d.r.IntN(2) == 0 {
		_, err = d.store().Send(context.Background(), r.Agent, r.Digest, "anna")
	} else {
		_, err = d.store().Take(context.Background(), r.Agent, r.Digest)
	}
	require.NoError(d.t, err)
	d.kill()
}

// customer writes, or the rules change, or time passes.
func (d *desks) world() {
	switch d.r.IntN(5) {
	case 0:
		in := dixaclient.RecordMessageIn{ConversationRef: ref(1234)}
		in.Text = "Wait!"
		quiet := len(d.wire.sent)
		_, err := dixaclient.RecordMessage.Do(context.Background(), d.client, in)
		require.NoError(d.t, err)
		d.wire.sent = d.wire.sent[:quiet] // the customer's own
	case 1:
		d.clock.Advance(time.Duration(d.r.IntN(20)) * time.Hour)
	case 2:
		d.clock.Advance(time.Duration(d.r.IntN(60)) * time.Minute)
	case 3:
		rules := sending
		if d.r.IntN(2) == 0 {
			rules = strings.ReplaceAll(sending, ", on_approval: send", "")
		}
		d.rules = rules
		d.any().Reload(context.Background(), parse(d.t, rules))
	case 4:
		d.kill()
	}
}

// At most one message leaves for each approval, and only with the text that an approver saw or wrote.
func TestApprovalsAtRandom(t *testing.T) {
	anchor, err := time.Parse(time.RFC3339, bedAnchor)
	require.NoError(t, err)
	sent, edits, forApprovers := 0, 0, 0
	all := seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		d := newDesks(t, r, offline.New(offline.Options{Anchor: anchor}))
		for range 30 {
			before := len(d.wire.sent)
			switch r.IntN(8) {
			case 0, 1, 2:
				d.agent()
			case 3, 4, 5:
				d.decide()
			case 6:
				d.world()
			case 7:
				d.takenAndKilled()
			}
			require.LessOrEqual(t, len(d.wire.sent)-before, 1)
			if len(d.wire.sent) > before {
				d.requireApproved(d.wire.sent[before])
			}
		}
		used := map[string]int{}
		for _, rec := range d.records.list {
			if rec.Event == audit.EventOutcome && rec.Outcome == audit.OutcomeDone {
				used[rec.Approval]++
				sent++
				if rec.Edited != nil {
					edits++
				}
				if rec.Sender != "" {
					forApprovers++
				}
			}
		}
		for number, n := range used {
			require.Equal(t, 1, n, "%s was used %d times", number, n)
		}
		require.Equal(t, len(d.wire.sent), len(used))
	})
	if all {
		require.Greater(t, sent, 100)
		require.Greater(t, edits, 20)
		require.Greater(t, forApprovers, 30)
	}
}

// requireApproved requires that a text which left is that of the approval which the newest record names.
func (d *desks) requireApproved(text string) {
	d.t.Helper()
	last := d.records.last()
	require.Equal(d.t, audit.EventOutcome, last.Event)
	want, ok := d.approved[last.Approval]
	require.True(d.t, ok, "%s was sent without an approval", last.Approval)
	require.Equal(d.t, want, text, "approver of %s saw another text", last.Approval)
	delete(d.approved, last.Approval)
}
