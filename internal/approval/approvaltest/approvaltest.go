// Package approvaltest tests stores of approvals: each kind must pass the same tests.
package approvaltest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/test/clock"
)

// Request returns a request of the agent support to send a message in a conversation.
func Request(t testing.TB, conversation int64) approval.Request {
	arguments, err := json.Marshal(map[string]any{"conversationId": conversation, "text": "Dear <Anna>,\nyour secret refund"})
	require.NoError(t, err)
	digest := sha256.Sum256(arguments)
	return approval.Request{
		Agent: "support", Tool: "send_message", Level: "send", Effect: "send a secret message", Conversation: conversation,
		Arguments: arguments, Digest: hex.EncodeToString(digest[:]), Rules: "sha256:0123456789ab", LastMessage: "m-1",
	}
}

// TestStore holds a kind of store against what [approval.Store] promises. newStore makes an empty one that goes by the
// clock it is given.
func TestStore(t *testing.T, newStore func(t *testing.T, now func() time.Time) approval.Store) {
	for _, c := range []struct {
		name string
		test func(*suite)
	}{
		{"parks", (*suite).parks},
		{"parks the same call once", (*suite).parksOnce},
		{"parks only so many", (*suite).parksNoFlood},
		{"approves, takes and finishes", (*suite).usedOnce},
		{"denies", (*suite).denies},
		{"holds to a decision", (*suite).decidesOnce},
		{"refuses who may not decide", (*suite).refusesToDecide},
		{"expires", (*suite).expires},
		{"expires where it was taken", (*suite).expiresTaken},
		{"keeps agents and calls apart", (*suite).apart},
		{"lists", (*suite).lists},
		{"forgets", (*suite).forgets},
		{"overtakes", (*suite).overtakes},
		{"does not know", (*suite).unknown},
		{"takes once of many", (*suite).takesOnce},
		{"decides once of many", (*suite).decidesOnceOfMany},
		{"keeps an edited text with the approval", (*suite).edits},
		{"remembers what an approver had carried out", (*suite).sends},
		{"sends once of many", (*suite).sendsOnceOfMany},
		{"lets one notify", (*suite).claimsOnce},
		{"keeps drafts apart", (*suite).draftsApart},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := &clock.Clock{}
			c.test(&suite{t, newStore(t, clock.Now), clock})
		})
	}
}

type suite struct {
	*testing.T
	approval.Store
	clock *clock.Clock
}

func (s *suite) park(r approval.Request) approval.Request {
	s.Helper()
	parked, err := s.Park(s.Context(), r)
	require.NoError(s, err)
	return parked
}

func (s *suite) decide(number string, approve bool) approval.Request {
	s.Helper()
	r, err := s.Decide(s.Context(), number, approval.Verdict{Approve: approve, Approver: "anna", KeyID: "2c26b46b", Reason: "because"})
	require.NoError(s, err)
	return r
}

func (s *suite) get(number string) approval.Request {
	s.Helper()
	r, err := s.Get(s.Context(), number)
	require.NoError(s, err)
	return r
}

// found returns the number and state of the request that Find finds.
func (s *suite) found(r approval.Request) (string, approval.State) {
	s.Helper()
	f, err := s.Find(s.Context(), r.Agent, r.Digest)
	require.NoError(s, err)
	if f == nil {
		return "", ""
	}
	return f.Number, f.State
}

func (s *suite) hasText(r approval.Request, want bool) {
	s.Helper()
	require.Equal(s, want, strings.Contains(string(r.Arguments), "secret"))
	require.Equal(s, want, strings.Contains(r.Effect, "secret"))
}

func (s *suite) parks() {
	asked := Request(s, 1)
	asked.State, asked.Approver, asked.Outcome, asked.Number = approval.Approved, "support", "done", "A-2222"
	got := s.park(asked)
	require.Regexp(s, "^A-[2-9BCDFGHJKMNPQRSTVWXZ]{4}$", got.Number)
	want := Request(s, 1)
	want.Number, want.State, want.Created, want.Expires = got.Number, approval.Pending, clock.Start, clock.Start.Add(24*time.Hour)
	require.Equal(s, want, got)
	stored := s.get(got.Number)
	require.JSONEq(s, string(want.Arguments), string(stored.Arguments))
	stored.Arguments = want.Arguments
	require.Equal(s, want, stored)
	number, state := s.found(got)
	require.Equal(s, got.Number, number)
	require.Equal(s, approval.Pending, state)

	short := Request(s, 2)
	short.Expires = clock.Start.Add(time.Minute)
	require.Equal(s, short.Expires, s.park(short).Expires)

	for _, broken := range []func(*approval.Request){
		func(r *approval.Request) { r.Agent = "" },
		func(r *approval.Request) { r.Tool = "" },
		func(r *approval.Request) { r.Digest = "../x" },
	} {
		r := Request(s, 3)
		broken(&r)
		_, err := s.Park(s.Context(), r)
		require.Error(s, err)
	}
}

func (s *suite) parksOnce() {
	first := s.park(Request(s, 1))
	s.clock.Advance(time.Hour)
	again := s.park(Request(s, 1))
	require.Equal(s, first.Number, again.Number)
	require.True(s, first.Created.Equal(again.Created))
	s.decide(first.Number, true)
	again = s.park(Request(s, 1))
	require.Equal(s, first.Number, again.Number)
	require.Equal(s, approval.Approved, again.State)
	_, err := s.Take(s.Context(), first.Agent, first.Digest)
	require.NoError(s, err)
	require.NotEqual(s, first.Number, s.park(Request(s, 1)).Number, "what was used needs a new yes")
}

func (s *suite) parksNoFlood() {
	first := s.park(Request(s, 1))
	for i := range int64(approval.MostPending - 1) {
		s.park(Request(s, i+2))
	}
	_, err := s.Park(s.Context(), Request(s, 1000))
	require.ErrorIs(s, err, approval.ErrTooMany)
	require.Equal(s, first.Number, s.park(Request(s, 1)).Number)
	other := Request(s, 1000)
	other.Agent = "privacy"
	s.park(other)
	s.decide(first.Number, false)
	s.park(Request(s, 1000))
}

func (s *suite) usedOnce() {
	r := s.park(Request(s, 1))
	_, err := s.Take(s.Context(), r.Agent, r.Digest)
	require.ErrorIs(s, err, approval.ErrNotApproved)
	require.Error(s, s.Finish(s.Context(), r.Number, "done"))

	s.clock.Advance(time.Hour)
	approved := s.decide(r.Number, true)
	require.Equal(s, approval.Approved, approved.State)
	require.Equal(s, "anna", approved.Approver)
	require.Equal(s, "2c26b46b", approved.KeyID)
	require.Equal(s, "because", approved.Reason)
	require.True(s, approved.Decided.Equal(clock.Start.Add(time.Hour)))
	require.ErrorIs(s, s.Finish(s.Context(), r.Number, "done"), approval.ErrNotApproved)

	taken, err := s.Take(s.Context(), r.Agent, r.Digest)
	require.NoError(s, err)
	require.Equal(s, approval.Done, taken.State)
	require.Equal(s, "anna", taken.Approver)
	s.hasText(*taken, true)
	s.hasText(s.get(r.Number), true)
	_, err = s.Take(s.Context(), r.Agent, r.Digest)
	require.ErrorIs(s, err, approval.ErrTaken)
	number, _ := s.found(r)
	require.Empty(s, number)

	require.NoError(s, s.Finish(s.Context(), r.Number, "done"))
	last := s.get(r.Number)
	require.Equal(s, "done", last.Outcome)
	require.Equal(s, "anna", last.Approver)
	require.Equal(s, int64(1), last.Conversation)
	s.hasText(last, false)
	_, err = s.Take(s.Context(), r.Agent, r.Digest)
	require.ErrorIs(s, err, approval.ErrTaken)
}

func (s *suite) denies() {
	r := s.park(Request(s, 1))
	denied := s.decide(r.Number, false)
	require.Equal(s, approval.Denied, denied.State)
	s.hasText(s.get(r.Number), false)
	number, state := s.found(r)
	require.Equal(s, r.Number, number)
	require.Equal(s, approval.Denied, state)
	_, err := s.Take(s.Context(), r.Agent, r.Digest)
	require.ErrorIs(s, err, approval.ErrNotApproved)

	s.clock.Advance(time.Second)
	again := s.park(Request(s, 1))
	require.NotEqual(s, r.Number, again.Number)
	number, state = s.found(r)
	require.Equal(s, again.Number, number, "the newest")
	require.Equal(s, approval.Pending, state)
}

func (s *suite) takesOnce() {
	r := s.park(Request(s, 1))
	s.decide(r.Number, true)
	var taken atomic.Int32
	s.together(func(int) error {
		_, err := s.Take(s.Context(), r.Agent, r.Digest)
		if err == nil {
			taken.Add(1)
			return nil
		}
		return err
	}, approval.ErrTaken)
	require.EqualValues(s, 1, taken.Load())
}

// together does something many times at once; it may fail with the one error only.
func (s *suite) together(do func(int) error, only error) {
	const many = 40
	var wg sync.WaitGroup
	errs := make([]error, many)
	for i := range many {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			require.ErrorIs(s, err, only)
		}
	}
}
