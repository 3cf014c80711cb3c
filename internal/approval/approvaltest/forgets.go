package approvaltest

import (
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
)

// forgets holds a store to deleting texts before their time, whatever became of the request.
func (s *suite) forgets() {
	waiting, approved, denied, taken := s.park(Request(s, 1)), s.park(Request(s, 2)), s.park(Request(s, 3)), s.park(Request(s, 4))
	s.decide(approved.Number, true)
	s.decide(denied.Number, false)
	s.decide(taken.Number, true)
	_, err := s.Take(s.Context(), taken.Agent, taken.Digest)
	require.NoError(s, err)
	for _, r := range []approval.Request{waiting, approved, denied, taken} {
		require.NoError(s, s.Forget(s.Context(), r.Number))
		got := s.get(r.Number)
		s.hasText(got, false)
		require.Empty(s, got.Reason)
	}
	require.Equal(s, approval.Expired, s.get(waiting.Number).State)
	require.Equal(s, approval.Expired, s.get(approved.Number).State)
	require.Equal(s, approval.Denied, s.get(denied.Number).State)
	_, err = s.Take(s.Context(), approved.Agent, approved.Digest)
	require.ErrorIs(s, err, approval.ErrNotApproved)
	require.NoError(s, s.Finish(s.Context(), taken.Number, "done"), "what is being carried out goes on")
	require.Equal(s, "anna", s.get(taken.Number).Approver)
	again := s.park(Request(s, 1))
	require.NotEqual(s, waiting.Number, again.Number)
	require.ErrorIs(s, s.Forget(s.Context(), "A-2222"), approval.ErrNotFound)
}
