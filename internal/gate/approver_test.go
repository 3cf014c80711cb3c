package gate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/clock"
)

// approvals is a store with a clock, and an approver beside it.
type approvals struct {
	*approval.Dir
	t     testing.TB
	path  string
	clock *clock.Clock
}

func parking(t testing.TB) *approvals {
	s := &approvals{t: t, path: filepath.Join(t.TempDir(), "approvals"), clock: &clock.Clock{}}
	s.Dir = approval.NewDir(s.path, s.clock.Now)
	return s
}

func (s *approvals) decide(number string, yes bool, reason string) {
	s.t.Helper()
	_, err := s.Decide(context.Background(), number, approval.Verdict{Approve: yes, Approver: "anna", KeyID: "2c26b46b", Reason: reason})
	require.NoError(s.t, err)
}

func (s *approvals) approve(number string) {
	s.t.Helper()
	s.decide(number, true, "")
}

// waits requires that a note is parked, and gives its number.
func (b *bed) waits(agent, arguments string) string {
	b.t.Helper()
	effects := len(b.dixa.Effects())
	a := b.call(agent, "add_note", arguments)
	require.False(b.t, a.Failed, a.Text)
	var said struct{ Waiting, Next string }
	require.NoError(b.t, json.Unmarshal([]byte(a.Text), &said), a.Text)
	require.Contains(b.t, said.Next, "Nothing was sent.")
	require.Len(b.t, b.dixa.Effects(), effects)
	r := b.records.last()
	require.Equal(b.t, audit.EventWaiting, r.Event)
	require.Equal(b.t, said.Waiting, r.Approval)
	return said.Waiting
}

func newParked(t *testing.T) (*bed, *approvals) {
	b, s := newBed(t, confirming), parking(t)
	b.stand(confirming, gate.Config{Approvals: s})
	return b, s
}

func TestParkApproveUse(t *testing.T) {
	b, s := newParked(t)
	number := b.waits("parks", note)
	require.Equal(t, number, b.waits("parks", note), "the same call is parked once")
	require.Equal(t, number, b.waits("parks", ` { "message" : "Refund agreed.", "conversationId" : 1234 } `), "however it is written")
	parked, err := s.Get(t.Context(), number)
	require.NoError(t, err)
	require.JSONEq(t, `{"conversationId":1234,"message":"Refund agreed.","agentId":"`+bot+`"}`, string(parked.Arguments))
	require.Equal(t, []any{"parks", "add_note", "write", int64(1234), b.gate.Rules().Digest()}, []any{parked.Agent, parked.Tool, parked.Level, parked.Conversation, parked.Rules})
	require.NotEmpty(t, parked.LastMessage)
	require.Contains(t, parked.Effect, "conversation 1234")

	sent := len(b.dixa.Requests())
	s.approve(number)
	require.Len(t, b.dixa.Requests(), sent, "approving sends nothing")
	require.NotEqual(t, number, b.waits("parks2", note), "another agent's call")
	require.NotEqual(t, number, b.waits("parks", `{"conversationId":1234,"message":"Refund agreed!"}`), "another text")
	require.NotEqual(t, number, b.waits("parks", `{"conversationId":1235,"message":"Refund agreed."}`), "another conversation")

	from := len(b.records.events())
	a := b.call("parks", "add_note", note)
	require.False(t, a.Failed, a.Text)
	require.Len(t, b.dixa.Effects(), 1)
	require.Equal(t, []audit.Event{audit.EventIntent, audit.EventOutcome}, b.records.events()[from:])
	r := b.records.last()
	require.Equal(t, []string{"anna", "2c26b46b", number}, []string{r.Approver, r.ApproverKey, r.Approval})
	require.Equal(t, "agents.parks.confirm.write (capabilities.yaml:8)", r.Confirm)
	require.Contains(t, r.Text, "approved by anna")

	used, err := s.Get(t.Context(), number)
	require.NoError(t, err)
	require.Equal(t, []any{approval.Done, audit.OutcomeDone}, []any{used.State, used.Outcome})
	require.Empty(t, used.Arguments)
	file, err := os.ReadFile(filepath.Join(s.path, number+"."+used.Digest[:16]+"."+used.Call[:16]+".json"))
	require.NoError(t, err)
	require.NotContains(t, string(file), "Refund")

	require.Contains(t, b.call("parks", "add_note", note).Text, "the same call was carried out")
	require.NotEqual(t, number, b.waits("parks", insisting(note)), "the approval was used")
}

func TestParkDenied(t *testing.T) {
	b, s := newParked(t)
	number := b.waits("parks", note)
	s.decide(number, false, "not this customer")
	for range 2 {
		r := b.refused(b.call("parks", "add_note", note), "add_note was denied ("+number+"): not this customer. The same call stays denied: tell the user, and ask only for what the answer allows. Nothing was sent to Dixa.")
		require.Equal(t, []string{"it was denied by anna", number}, []string{r.Reason, r.Approval})
	}
	s.clock.Advance(approval.Lifetime)
	require.NotEqual(t, number, b.waits("parks", note))
}

func TestParkExpires(t *testing.T) {
	b, s := newParked(t)
	number := b.waits("parks", note)
	s.approve(number)
	s.clock.Advance(approval.Lifetime)
	require.NotEqual(t, number, b.waits("parks", note))
	old, err := s.Get(t.Context(), number)
	require.NoError(t, err)
	require.Equal(t, approval.Expired, old.State)
	require.Empty(t, old.Arguments)

	soon := b.waits("parks", note)
	s.approve(soon)
	s.clock.Advance(approval.Lifetime - time.Second)
	require.False(t, b.call("parks", "add_note", note).Failed)
	require.Len(t, b.dixa.Effects(), 1)
}

// An approval does not outlive the next message of the conversation: it was for another state of things.
func TestParkNewMessage(t *testing.T) {
	b, s := newParked(t)
	number := b.waits("parks", note)
	s.approve(number)
	// Any message counts; the bed's own client stands for a colleague in Dixa.
	do(b, dixaclient.SendMessage, dixaclient.SendMessageIn{ConversationRef: ref(1234), MessageText: dixaclient.MessageText{Text: "Wait!"}, AgentID: bot})
	require.NotEqual(t, number, b.waits("parks", note))
	require.Len(t, b.dixa.Effects(), 1, "only the message")
}

func TestParkThenOtherRules(t *testing.T) {
	b, s := newParked(t)
	s.approve(b.waits("parks", note))
	without := strings.Replace(confirming, "parks: {", "parks: {deny: [add_note], ", 1)
	b.gate.Reload(t.Context(), parse(t, without))
	r := b.refused(b.call("parks", "add_note", note), "add_note is denied")
	require.Contains(t, r.Rule, "agents.parks.deny")
	b.gate.Reload(t.Context(), parse(t, confirming))
	require.False(t, b.call("parks", "add_note", note).Failed, "a refused call does not use it up")
	require.Len(t, b.dixa.Effects(), 1)
}

// An approval is valid only if its approver still is when it is used.
func TestParkThenOtherApprovers(t *testing.T) {
	b, s := newParked(t)
	s.approve(b.waits("parks", note))
	for name, file := range map[string]string{
		"another person": strings.Replace(confirming, "anna:", "bob:", 1),
		"another key":    strings.Replace(confirming, "2c26b46b", "3c26b46b", 1),
		"not this level": strings.Replace(confirming, "may: [write, send, erase]}", "may: [erase]}\n  bob: {key_sha256: "+strings.Repeat("ab", 32)+", may: [write]}", 1),
	} {
		b.gate.Reload(t.Context(), parse(t, file))
		r := b.refused(b.call("parks", "add_note", note), "add_note was approved by anna, who may no longer decide about it. Call again after ")
		require.Equal(t, "its approver may no longer decide", r.Reason, name)
	}
	b.gate.Reload(t.Context(), parse(t, confirming))
	require.False(t, b.call("parks", "add_note", note).Failed)
	require.Len(t, b.dixa.Effects(), 1)
}

func TestParkOnce(t *testing.T) {
	b, s := newParked(t)
	s.approve(b.waits("parks", note))
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() {
			a := b.call("parks", "add_note", note)
			if a.Failed {
				require.Contains(t, a.Text, "the same call began at")
				require.Contains(t, a.Text, "Nothing was sent to Dixa.")
			}
		})
	}
	callers.Wait()
	require.Len(t, b.dixa.Effects(), 1)
	done := 0
	for _, e := range b.records.events() {
		if e == audit.EventOutcome {
			done++
		}
	}
	require.Equal(t, 1, done)
	waiting, err := s.List(t.Context(), approval.Pending)
	require.NoError(t, err)
	require.LessOrEqual(t, len(waiting), 1)
}

// brokenStore is a store that fails at one thing.
type brokenStore struct {
	approval.Store
	find, take, park error
}

func (s brokenStore) Find(ctx context.Context, agent, digest string) (*approval.Request, error) {
	if s.find != nil {
		return nil, s.find
	}
	return s.Store.Find(ctx, agent, digest)
}

func (s brokenStore) Take(ctx context.Context, agent, digest string) (*approval.Request, error) {
	if s.take != nil {
		return nil, s.take
	}
	return s.Store.Take(ctx, agent, digest)
}

func (s brokenStore) Park(ctx context.Context, r approval.Request) (approval.Request, error) {
	if s.park != nil {
		return r, s.park
	}
	return s.Store.Park(ctx, r)
}

// Without a place to keep approvals nothing is sent, and the agent is not told the operator's paths.
func TestParkNowhere(t *testing.T) {
	s := parking(t)
	secret := errors.New("open /home/operator/state: read-only file system")
	for _, c := range []struct {
		name         string
		store        approval.Store
		says, reason string
	}{
		{"none", nil, "this server does not store approvals", "no approvals are stored"},
		{"unreadable", brokenStore{Store: s, find: secret}, "approvals cannot be read or stored", "approvals cannot be read or stored"},
		{"unwritable", brokenStore{Store: s, park: secret}, "approvals cannot be read or stored", "approvals cannot be read or stored"},
		{"full", brokenStore{Store: s, park: fmt.Errorf("parked: %w", approval.ErrTooMany)}, "100 requests of this agent wait for an approver already", "too many of its calls are waiting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBed(t, confirming)
			b.stand(confirming, gate.Config{Approvals: c.store})
			a := b.call("parks", "add_note", note)
			r := b.refused(a, c.says)
			require.Equal(t, c.reason, r.Reason)
			require.Contains(t, a.Text, "Nothing was sent to Dixa.")
			require.NotContains(t, a.Text, "/home")
		})
	}
	t.Run("untakable", func(t *testing.T) {
		b, s := newParked(t)
		s.approve(b.waits("parks", note))
		for says, err := range map[string]error{
			"approvals cannot be read or stored": secret,
			"Call again to ask for another":      approval.ErrTaken,
			"or has expired":                     approval.ErrNotApproved,
		} {
			b.stand(confirming, gate.Config{Approvals: brokenStore{Store: s, take: err}})
			b.refused(b.call("parks", "add_note", note), says)
		}
	})
}

// Where Dixa does not say what the newest message is, nothing is parked and nothing used.
func TestParkWithoutNewestMessage(t *testing.T) {
	b, s := newParked(t)
	s.approve(b.waits("parks", note))
	b.dixa.Inject(offline.Fault{Match: "GET /v1/conversations/{conversationId}/messages", Kind: offline.Forbidden, Times: 1})
	a := b.call("parks", "add_note", note)
	require.True(t, a.Failed)
	require.Empty(t, b.dixa.Effects())
	r := b.records.last()
	require.Equal(t, audit.OutcomeFailed, r.Outcome)
	require.Equal(t, audit.Allowed, r.Decision)
	require.Empty(t, r.Reason)
	require.False(t, b.call("parks", "add_note", note).Failed)
	require.Len(t, b.dixa.Effects(), 1)
}
