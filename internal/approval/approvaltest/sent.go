package approvaltest

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
)

const secretText = "Dear <Anna>,\nyour secret refund"

// An approver's text comes with the approval, is deleted with the rest, and cannot be changed by another decision.
func (s *suite) edits() {
	asked := Request(s, 1)
	asked.Text = secretText
	r := s.park(asked)
	verdict := approval.Verdict{Approve: true, Approver: "anna", KeyID: "2c26b46b", Text: "Dear Anna, your secret voucher"}
	deny := verdict
	deny.Approve = false
	_, err := s.Decide(s.Context(), r.Number, deny)
	require.ErrorContains(s, err, "can be edited")
	got, err := s.Decide(s.Context(), r.Number, verdict)
	require.NoError(s, err)
	require.Equal(s, []any{verdict.Text, true, secretText}, []any{got.NewText, got.Edited, got.Text})
	again, err := s.Decide(s.Context(), r.Number, verdict)
	require.NoError(s, err)
	require.Equal(s, verdict.Text, again.NewText)
	other := verdict
	other.Text, other.Approver = "Something else", "joe"
	_, err = s.Decide(s.Context(), r.Number, other)
	require.ErrorAs(s, err, new(*approval.DecidedError))
	require.ErrorContains(s, err, "was approved by anna at 2026-03-01 12:00 UTC with an edited text")
	taken, err := s.Take(s.Context(), r.Agent, r.Digest)
	require.NoError(s, err)
	require.Equal(s, verdict.Text, taken.NewText)
	require.NoError(s, s.Finish(s.Context(), r.Number, "done"))
	over := s.get(r.Number)
	require.Equal(s, []any{"", "", true}, []any{over.Text, over.NewText, over.Edited})

	same := Request(s, 2)
	same.Text = secretText
	unchanged := s.park(same)
	verdict.Text = secretText
	got, err = s.Decide(s.Context(), unchanged.Number, verdict)
	require.NoError(s, err)
	require.False(s, got.Edited)

	none := s.park(Request(s, 3))
	_, err = s.Decide(s.Context(), none.Number, verdict)
	require.ErrorContains(s, err, "can be edited")
	require.Equal(s, approval.Pending, s.get(none.Number).State)
}

// What an approver had carried out is found by its call for a day, whatever its digest is; what the agent did itself is not.
func (s *suite) sends() {
	call := strings.Repeat("c0", 32)
	asked := Request(s, 1)
	asked.Call = call
	_, err := s.Send(s.Context(), asked.Agent, asked.Digest, "anna")
	require.ErrorIs(s, err, approval.ErrNotApproved)
	r := s.park(asked)
	s.decide(r.Number, true)
	_, err = s.Send(s.Context(), r.Agent, r.Digest, "")
	require.Error(s, err)
	_, err = s.Send(s.Context(), r.Agent, call, "anna")
	require.ErrorIs(s, err, approval.ErrNotApproved, "an approval is for its digest")
	_, err = s.Take(s.Context(), r.Agent, call)
	require.ErrorIs(s, err, approval.ErrNotApproved)
	found, err := s.Find(s.Context(), r.Agent, call)
	require.NoError(s, err)
	require.Nil(s, found)
	sent, err := s.SentCall(s.Context(), r.Agent, call)
	require.NoError(s, err)
	require.Nil(s, sent)

	s.clock.Advance(time.Hour)
	taken, err := s.Send(s.Context(), r.Agent, r.Digest, "joe")
	require.NoError(s, err)
	require.NotEmpty(s, taken.Arguments)
	_, err = s.Take(s.Context(), r.Agent, r.Digest)
	require.ErrorIs(s, err, approval.ErrTaken)
	require.NoError(s, s.Finish(s.Context(), r.Number, "done"))
	for hours, want := range []string{0: r.Number, 23: r.Number, 24: ""} {
		if want == "" && hours < 24 {
			continue
		}
		s.clock.Advance(time.Duration(hours)*time.Hour - s.clock.Now().Sub(taken.Sent))
		sent, err = s.SentCall(s.Context(), r.Agent, call)
		require.NoError(s, err)
		if want == "" {
			require.Nil(s, sent)
			continue
		}
		require.Equal(s, []any{want, "joe", "anna", "done"}, []any{sent.Number, sent.SentBy, sent.Approver, sent.Outcome})
		other, err := s.SentCall(s.Context(), "triage", call)
		require.NoError(s, err)
		require.Nil(s, other)
	}

	own := Request(s, 2)
	own.Call = strings.Repeat("0c", 32)
	mine := s.park(own)
	s.decide(mine.Number, true)
	_, err = s.Take(s.Context(), mine.Agent, mine.Digest)
	require.NoError(s, err)
	sent, err = s.SentCall(s.Context(), mine.Agent, own.Call)
	require.NoError(s, err)
	require.Nil(s, sent)
}

// The agent and the approver who sends at the same time: one of them.
func (s *suite) sendsOnceOfMany() {
	r := s.park(Request(s, 1))
	s.decide(r.Number, true)
	var got atomic.Int64
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = s.Send(s.Context(), r.Agent, r.Digest, "anna")
			} else {
				_, err = s.Take(s.Context(), r.Agent, r.Digest)
			}
			if err == nil {
				got.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(s, 1, got.Load())
}

// Drafts do not keep the calls of their agent from being parked.
func (s *suite) draftsApart() {
	for i := range approval.MostPending {
		draft := Request(s, int64(i))
		draft.Draft = "D-7K2Q"
		s.park(draft)
	}
	s.park(Request(s, 1000))
	draft := Request(s, 1001)
	draft.Draft = "D-7K2Q"
	_, err := s.Park(s.Context(), draft)
	require.ErrorIs(s, err, approval.ErrTooMany)
}

// One of many notifies people of a request, and one that it escalated, when it does.
func (s *suite) claimsOnce() {
	asked := Request(s, 1)
	asked.Widens = time.Hour
	r := s.park(asked)
	claims := func(escalated bool) (got int64) {
		var won atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if ok, err := s.Claim(s.Context(), r.Number, escalated); err == nil && ok {
					won.Add(1)
				}
			})
		}
		all.Wait()
		return won.Load()
	}
	require.EqualValues(s, 1, claims(false))
	require.EqualValues(s, 0, claims(false))
	require.EqualValues(s, 0, claims(true), "it does not escalate yet")
	s.clock.Advance(time.Hour)
	require.EqualValues(s, 1, claims(true))
	require.EqualValues(s, 0, claims(true))
	decided := s.park(Request(s, 2))
	s.decide(decided.Number, true)
	ok, err := s.Claim(s.Context(), decided.Number, false)
	require.NoError(s, err)
	require.False(s, ok)
	never := s.park(Request(s, 3))
	ok, err = s.Claim(s.Context(), never.Number, true)
	require.NoError(s, err)
	require.False(s, ok)
	_, err = s.Claim(s.Context(), "A-2222", false)
	require.ErrorIs(s, err, approval.ErrNotFound)
}
