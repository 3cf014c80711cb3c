package approvaltest

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
)

func (s *suite) decidesOnce() {
	for _, approve := range []bool{true, false} {
		r := s.park(Request(s, 1))
		first := s.decide(r.Number, approve)
		again, err := s.Decide(s.Context(), r.Number, approval.Verdict{Approve: approve, Approver: "joe", KeyID: "fcde2b2e", Reason: "me too"})
		require.NoError(s, err)
		require.Equal(s, first.Approver, again.Approver)
		require.Equal(s, first.Reason, again.Reason)
		_, err = s.Decide(s.Context(), r.Number, approval.Verdict{Approve: !approve, Approver: "joe", KeyID: "fcde2b2e"})
		var decided *approval.DecidedError
		require.ErrorAs(s, err, &decided)
		require.Equal(s, "anna", decided.Request.Approver)
		require.Contains(s, err.Error(), map[bool]string{true: "approved", false: "denied"}[approve]+" by anna at 2026-03-01 12:00 UTC")
		if !approve {
			continue
		}
		_, err = s.Take(s.Context(), r.Agent, r.Digest)
		require.NoError(s, err)
		again, err = s.Decide(s.Context(), r.Number, approval.Verdict{Approve: true, Approver: "joe", KeyID: "fcde2b2e"})
		require.NoError(s, err)
		require.Equal(s, approval.Done, again.State)
		_, err = s.Decide(s.Context(), r.Number, approval.Verdict{Approver: "anna", KeyID: "2c26b46b"})
		require.ErrorContains(s, err, "approved by anna at 2026-03-01 12:00 UTC, and the call was carried out or begun")
	}
}

func (s *suite) refusesToDecide() {
	r := s.park(Request(s, 1))
	_, err := s.Decide(s.Context(), r.Number, approval.Verdict{Approve: true, Approver: "support", KeyID: "2c26b46b"})
	require.ErrorContains(s, err, "a requester cannot approve")
	_, err = s.Decide(s.Context(), r.Number, approval.Verdict{Approve: true, Approver: "", KeyID: "2c26b46b"})
	require.Error(s, err)
	_, err = s.Decide(s.Context(), r.Number, approval.Verdict{Approve: true, Approver: "anna", KeyID: ""})
	require.Error(s, err)
	require.Equal(s, approval.Pending, s.get(r.Number).State)
}

func (s *suite) expires() {
	waits, approved, denied := s.park(Request(s, 1)), s.park(Request(s, 2)), s.park(Request(s, 3))
	s.decide(approved.Number, true)
	s.decide(denied.Number, false)

	s.clock.Advance(approval.Lifetime - time.Second)
	require.Equal(s, approval.Pending, s.get(waits.Number).State)
	s.clock.Advance(time.Second)
	for _, r := range []approval.Request{waits, approved, denied} {
		number, _ := s.found(r)
		require.Empty(s, number)
		_, err := s.Take(s.Context(), r.Agent, r.Digest)
		require.ErrorIs(s, err, approval.ErrNotApproved)
		s.hasText(s.get(r.Number), false)
	}
	require.Equal(s, approval.Expired, s.get(waits.Number).State)
	require.Equal(s, approval.Expired, s.get(approved.Number).State)
	require.Equal(s, "anna", s.get(approved.Number).Approver)
	require.Equal(s, approval.Denied, s.get(denied.Number).State)
	for _, approve := range []bool{true, false} {
		_, err := s.Decide(s.Context(), waits.Number, approval.Verdict{Approve: approve, Approver: "anna", KeyID: "2c26b46b"})
		require.ErrorIs(s, err, approval.ErrExpired)
	}
	require.NotEqual(s, waits.Number, s.park(Request(s, 1)).Number)

	s.clock.Advance(approval.Kept)
	_, err := s.Get(s.Context(), waits.Number)
	require.ErrorIs(s, err, approval.ErrNotFound)
}

func (s *suite) expiresTaken() {
	r := s.park(Request(s, 1))
	s.decide(r.Number, true)
	_, err := s.Take(s.Context(), r.Agent, r.Digest)
	require.NoError(s, err)
	s.clock.Advance(approval.Lifetime)
	left := s.get(r.Number)
	require.Equal(s, approval.Done, left.State)
	require.Equal(s, approval.OutcomeUnknown, left.Outcome)
	s.hasText(left, false)
	require.NoError(s, s.Finish(s.Context(), r.Number, "done"))
	require.Equal(s, "done", s.get(r.Number).Outcome)
}

func (s *suite) apart() {
	mine := s.park(Request(s, 1))
	s.decide(mine.Number, true)
	other := Request(s, 2)
	_, err := s.Take(s.Context(), "support", other.Digest)
	require.ErrorIs(s, err, approval.ErrNotApproved)
	_, err = s.Take(s.Context(), "triage", mine.Digest)
	require.ErrorIs(s, err, approval.ErrNotApproved)
	found, err := s.Find(s.Context(), "triage", mine.Digest)
	require.NoError(s, err)
	require.Nil(s, found)
	_, err = s.Take(s.Context(), "support", mine.Digest)
	require.NoError(s, err)
}

func (s *suite) lists() {
	none, err := s.List(s.Context())
	require.NoError(s, err)
	require.Empty(s, none)
	var numbers []string
	for i := range int64(4) {
		numbers = append(numbers, s.park(Request(s, i+1)).Number)
		s.clock.Advance(time.Minute)
	}
	s.decide(numbers[1], true)
	s.decide(numbers[2], false)
	for _, c := range []struct {
		states []approval.State
		want   []string
	}{
		{nil, numbers},
		{[]approval.State{approval.Pending}, []string{numbers[0], numbers[3]}},
		{[]approval.State{approval.Denied, approval.Approved}, []string{numbers[1], numbers[2]}},
		{[]approval.State{approval.Expired}, nil},
	} {
		all, err := s.List(s.Context(), c.states...)
		require.NoError(s, err)
		var got []string
		for _, r := range all {
			got = append(got, r.Number)
		}
		require.Equal(s, c.want, got)
	}
}

func (s *suite) unknown() {
	s.park(Request(s, 1))
	for _, number := range []string{"", "A-", "A-0000", "../A-2222", "a-2222", "*"} {
		_, err := s.Get(s.Context(), number)
		require.ErrorIs(s, err, approval.ErrNotFound)
		_, err = s.Decide(s.Context(), number, approval.Verdict{Approve: true, Approver: "anna", KeyID: "2c26b46b"})
		require.ErrorIs(s, err, approval.ErrNotFound)
		require.ErrorIs(s, s.Finish(s.Context(), number, "done"), approval.ErrNotFound)
	}
}

var errOtherwise = errors.New("decided otherwise")

func (s *suite) decidesOnceOfMany() {
	r := s.park(Request(s, 1))
	var approved, denied atomic.Int32
	s.together(func(i int) error {
		_, err := s.Decide(s.Context(), r.Number, approval.Verdict{Approve: i%2 == 0, Approver: "anna", KeyID: "2c26b46b"})
		switch {
		case errors.As(err, new(*approval.DecidedError)):
			return errOtherwise
		case err == nil && i%2 == 0:
			approved.Add(1)
		case err == nil:
			denied.Add(1)
		}
		return err
	}, errOtherwise)
	require.True(s, (approved.Load() == 0) != (denied.Load() == 0), "one of the two holds for all")
}
