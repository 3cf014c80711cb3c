package approvaltest

import (
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
)

// inEachState parks requests 1 to 4: one waits, the others were approved, denied, and approved and taken.
func (s *suite) inEachState() (waiting, approved, denied, taken approval.Request) {
	waiting, approved, denied, taken = s.park(Request(s, 1)), s.park(Request(s, 2)), s.park(Request(s, 3)), s.park(Request(s, 4))
	s.decide(approved.Number, true)
	s.decide(denied.Number, false)
	s.decide(taken.Number, true)
	_, err := s.Take(s.Context(), taken.Agent, taken.Digest)
	require.NoError(s, err)
	return waiting, approved, denied, taken
}

// forgets holds a store to deleting texts before their time, whatever became of the request.
func (s *suite) forgets() {
	waiting, approved, denied, taken := s.inEachState()
	for _, r := range []approval.Request{waiting, approved, denied, taken} {
		require.NoError(s, s.Forget(s.Context(), r.Number))
		got := s.get(r.Number)
		s.hasText(got, false)
		require.Empty(s, got.Reason)
	}
	require.Equal(s, approval.Expired, s.get(waiting.Number).State)
	require.Equal(s, approval.Expired, s.get(approved.Number).State)
	require.Equal(s, approval.Denied, s.get(denied.Number).State)
	_, err := s.Take(s.Context(), approved.Agent, approved.Digest)
	require.ErrorIs(s, err, approval.ErrNotApproved)
	require.NoError(s, s.Finish(s.Context(), taken.Number, "done"), "what is being carried out goes on")
	require.Equal(s, "anna", s.get(taken.Number).Approver)
	again := s.park(Request(s, 1))
	require.NotEqual(s, waiting.Number, again.Number)
	require.ErrorIs(s, s.Forget(s.Context(), "A-2222"), approval.ErrNotFound)
}

// overtakes holds a store to ending what waits, or is approved, when a newer message came.
func (s *suite) overtakes() {
	waiting, approved, denied, taken := s.inEachState()
	for _, r := range []approval.Request{waiting, approved, denied, taken} {
		require.NoError(s, s.Overtake(s.Context(), r.Number))
	}
	for _, r := range []approval.Request{waiting, approved} {
		got := s.get(r.Number)
		s.hasText(got, false)
		require.Equal(s, approval.Expired, got.State)
		require.Equal(s, approval.OutcomeOvertaken, got.Outcome)
		_, err := s.Take(s.Context(), r.Agent, r.Digest)
		require.ErrorIs(s, err, approval.ErrNotApproved)
	}
	_, err := s.Decide(s.Context(), waiting.Number, approval.Verdict{Approve: true, Approver: "anna", KeyID: "k1"})
	require.ErrorIs(s, err, approval.ErrExpired)
	require.ErrorContains(s, err, "a newer message")
	require.Equal(s, approval.Denied, s.get(denied.Number).State)
	require.NoError(s, s.Finish(s.Context(), taken.Number, "done"), "what is being carried out goes on")
	require.NotEqual(s, waiting.Number, s.park(Request(s, 1)).Number)
	require.ErrorIs(s, s.Overtake(s.Context(), "A-2222"), approval.ErrNotFound)
}
