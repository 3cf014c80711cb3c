package approval_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approval/approvaltest"
)

// Whatever ends the wait for an approver is told to those who want to know, until they do not.
func TestWatched(t *testing.T) {
	w := approval.Watch(approval.NewDir(filepath.Join(t.TempDir(), "approvals"), time.Now))
	told := 0
	stop := w.OnChange(func() { told++ })
	r, err := w.Park(t.Context(), approvaltest.Request(t, 1))
	require.NoError(t, err)
	require.Zero(t, told)
	_, err = w.Decide(t.Context(), r.Number, approval.Verdict{Approve: true, Approver: "anna", KeyID: "k"})
	require.NoError(t, err)
	require.Equal(t, 1, told)
	_, err = w.Send(t.Context(), r.Agent, r.Digest, "anna")
	require.NoError(t, err)
	require.NoError(t, w.Finish(t.Context(), r.Number, "done"))
	require.NoError(t, w.Forget(t.Context(), r.Number))
	require.Equal(t, 4, told)
	overtaken, err := w.Park(t.Context(), approvaltest.Request(t, 2))
	require.NoError(t, err)
	require.NoError(t, w.Overtake(t.Context(), overtaken.Number))
	require.Equal(t, 5, told)
	stop()
	require.NoError(t, w.Forget(t.Context(), r.Number))
	require.Equal(t, 5, told)
}
