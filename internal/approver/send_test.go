package approver

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
)

const sendingFile = `version: 1
approvers:
  anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [send]}
agents:
  a: {acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455, access: {messages: send}, confirm: {send: approver}, on_approval: send}
  b: {acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455, access: {messages: send}, confirm: {send: approver}}
`

// dixa sends as a gate does, or fails.
type dixa struct {
	store approval.Store
	fails error
	sent  []string
}

func (d *dixa) Review(_ context.Context, r approval.Request, who, keyID string) approval.Review {
	return approval.Review{Live: true, Conversation: r.Conversation, Subject: "read by " + who + " " + keyID, To: "emma@example.com"}
}

func (d *dixa) Send(ctx context.Context, r approval.Request, by string) (approval.Request, string, error) {
	if d.fails != nil {
		return r, "", d.fails
	}
	taken, err := d.store.Send(ctx, r.Agent, r.Digest, by)
	if err != nil {
		return r, "", err
	}
	d.sent = append(d.sent, max(taken.NewText, taken.Text))
	err = d.store.Finish(ctx, r.Number, "done")
	now, gone := d.store.Get(ctx, r.Number)
	return now, "message: sent", errors.Join(err, gone)
}

func newDesk(t *testing.T) (*Session, *dixa, func(agent, text string) approval.Request) {
	rules, err := capability.Parse("f", []byte(sendingFile))
	require.NoError(t, err)
	store := approval.NewDir(filepath.Join(t.TempDir(), "approvals"), time.Now)
	s, ok := Authenticate(rules, []byte("foo"), store)
	require.True(t, ok)
	d := &dixa{store: store}
	s.Reviewer, s.Sender = d, d
	digest := 0
	return s, d, func(agent, text string) approval.Request {
		digest++
		r, err := store.Park(t.Context(), approval.Request{
			Agent: agent, Tool: "send_message", Level: "send", Conversation: 1234, Text: text, Digest: strings.Repeat(string(rune('a'+digest)), 64),
			Arguments: []byte(`{"conversationId":1234,"text":"` + text + `","agentId":"c2a1d9e8-7b6a-4d5c-8e9f-001122334455"}`),
		})
		require.NoError(t, err)
		return r
	}
}

// An edit is checked before anything is decided, and the record of the decision has digests.
func TestDecideEdited(t *testing.T) {
	s, _, park := newDesk(t)
	r := park("a", "Hello")
	var log book
	for _, text := range []string{" \n", "\xff"} {
		_, err := s.Decide(t.Context(), &log, r, Verdict{Approve: true, Text: text})
		require.ErrorAs(t, err, new(*EditError))
	}
	require.Empty(t, log)
	result, err := s.Decide(t.Context(), &log, r, Verdict{Approve: true, Text: "Hello Emma"})
	require.NoError(t, err)
	require.Equal(t, []any{"Hello Emma", true}, []any{result.Request.NewText, result.Request.Edited})
	require.Equal(t, audit.NewEdited("Hello", "Hello Emma"), log[0].Edited)
	require.Equal(t, "anna edited the text of and approved "+r.Number+", for which a had asked: send_message in conversation 1234", log[0].Text)
	require.Equal(t, "Hello Emma", s.Details(result.Request).NewText)

	none := park("a", "")
	_, err = s.Decide(t.Context(), &log, none, Verdict{Approve: true, Text: "Hello"})
	require.ErrorContains(t, err, "it has no message text that can be edited")
	require.Empty(t, s.Details(none).EditText)
	require.Equal(t, "Hey", s.Details(park("a", "Hey")).EditText)
}

// Sending is checked before anything is decided, and an approved request can be sent later.
func TestDecideAndSend(t *testing.T) {
	s, d, park := newDesk(t)
	var log book
	other := park("b", "Hello")
	require.False(t, s.Details(other).MaySend)
	_, err := s.Decide(t.Context(), &log, other, Verdict{Approve: true, Send: true})
	require.ErrorContains(t, err, "agents.b in the capability file does not say on_approval: send")
	require.ErrorAs(t, err, new(*SendError))
	r := park("a", "Hello")
	require.True(t, s.Details(r).MaySend)
	s.Sender = nil
	_, err = s.Decide(t.Context(), &log, r, Verdict{Approve: true, Send: true})
	require.ErrorContains(t, err, "this process has no token of Dixa")
	require.Empty(t, log)
	s.Sender = d

	result, err := s.Decide(t.Context(), &log, r, Verdict{Approve: true, Send: true, Text: "Hello Emma"})
	require.NoError(t, err)
	require.Equal(t, []any{true, "message: sent", "anna", []string{"Hello Emma"}}, []any{result.Sent, result.Answer, result.Request.SentBy, d.sent})
	_, err = s.Decide(t.Context(), &log, result.Request, Verdict{Approve: true, Send: true})
	require.ErrorAs(t, err, new(*approval.DecidedError))
	require.Len(t, d.sent, 1)

	later := park("a", "Bye")
	d.fails = errors.New("a message arrived")
	result, err = s.Decide(t.Context(), &log, later, Verdict{Approve: true, Send: true})
	require.NoError(t, err)
	require.Equal(t, []any{false, "a message arrived", approval.Approved}, []any{result.Sent, result.NotSent, result.Request.State})
	d.fails = nil
	result, err = s.Decide(t.Context(), nil, result.Request, Verdict{Approve: true, Send: true})
	require.NoError(t, err)
	require.True(t, result.Sent)
	require.Len(t, log, 2)
}

// A draft is listed by itself, and found by its own number.
func TestDrafts(t *testing.T) {
	s, _, park := newDesk(t)
	plain := park("a", "Hello")
	draft, err := s.Store.Park(t.Context(), approval.Request{Agent: "a", Tool: "reply", Level: "send", Draft: "D-7K2Q", Digest: strings.Repeat("d0", 32), Text: "Hi", Arguments: []byte(`{}`)})
	require.NoError(t, err)
	for drafts, want := range map[bool]string{false: plain.Number, true: draft.Number} {
		list, err := s.List(t.Context(), false, drafts)
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, want, list[0].Number)
	}
	found, err := s.Get(t.Context(), " d-7k2q")
	require.NoError(t, err)
	require.Equal(t, draft.Number, found.Number)
	_, err = s.Get(t.Context(), "D-ZZZZ")
	require.ErrorAs(t, err, new(*NotFoundError))
}

// What is shown has every invisible character, and what Dixa says beside it.
func TestLook(t *testing.T) {
	s, _, park := newDesk(t)
	r := park("a", "Hello\u202e")
	seen := s.Look(t.Context(), r)
	require.Equal(t, []any{"Hello<U+202E>", true, "Hello\u202e", "emma@example.com", "read by anna 2c26b46b"}, []any{seen.Text, seen.Hidden, seen.EditText, seen.To, seen.Review.Subject})
	earlier := r // by a release that did not keep the text by itself
	earlier.Text = ""
	require.Equal(t, "Hello<U+202E>", s.Details(earlier).Text)
	s.Reviewer = nil
	require.Equal(t, NoDixa, s.Look(t.Context(), r).Review.Note)
	r.Arguments = nil
	require.Nil(t, s.Look(t.Context(), r).Review)
}

// Those whom the file names later may decide later; others whom it does not name never may.
func TestAsked(t *testing.T) {
	rules, err := capability.Parse("f", []byte(`version: 1
approvers:
  anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [send]}
  joe: {key_sha256: fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9, may: [send]}
agents:
  a: {acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455, access: {messages: send}, confirm: {send: {approvers: [anna], after: 2h, to: [joe]}}}
  b: {acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455, access: {messages: send}, confirm: {send: {approvers: [anna]}}}
`))
	require.NoError(t, err)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	store := approval.NewDir(filepath.Join(t.TempDir(), "approvals"), func() time.Time { return now })
	joe, ok := Authenticate(rules, []byte("bar"), store)
	require.True(t, ok)
	joe.Now = func() time.Time { return now }
	park := func(agent, digest string) approval.Request {
		r, err := store.Park(t.Context(), approval.Request{Agent: agent, Tool: "send_message", Level: "send", Digest: strings.Repeat(digest, 64), Confirm: "send", Widens: 2 * time.Hour})
		require.NoError(t, err)
		return r
	}
	later, never := park("a", "a"), park("b", "b")
	require.Equal(t, now.Add(2*time.Hour), ItemOf(later).Escalates)
	for _, approve := range []bool{true, false} {
		_, err = joe.Decide(t.Context(), &book{}, later, Verdict{Approve: approve})
		require.EqualError(t, err, "joe may decide about "+later.Number+" from 14:00 UTC on 1 March, if nobody has by then: see confirm in the capability file")
		_, err = joe.Decide(t.Context(), &book{}, never, Verdict{Approve: approve})
		require.ErrorAs(t, err, new(*NotAskedError))
	}
	require.Contains(t, joe.Details(later).WhyNot, "from 14:00 UTC")
	now = now.Add(2 * time.Hour)
	_, err = joe.Decide(t.Context(), &book{}, later, Verdict{Approve: true})
	require.NoError(t, err)
	_, err = joe.Decide(t.Context(), &book{}, never, Verdict{Approve: true})
	require.ErrorContains(t, err, "it waits for the approvers whom confirm in the capability file names")
}
