package gate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
)

// An approval of somebody whom the file does not ask, or did not yet, is not valid, however it was given; the file says how long
// a call waits.
func TestApprovalOfWhoIsNotAsked(t *testing.T) {
	file := strings.Replace(editing, "parks: {acts_as: luis, access: {\"*\": send}, confirm: {write: approver}}",
		"parks: {acts_as: luis, access: {\"*\": send}, confirm: {write: {approvers: [anna], after: 2h, to: [joe], expires: 3h}}}", 1)
	file = strings.Replace(file, "agents:\n", "  joe: {key_sha256: fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9, may: [write, send, erase]}\nagents:\n", 1)
	for _, c := range []struct {
		after time.Duration
		who   string
		valid bool
	}{{0, "anna", true}, {time.Hour, "joe", false}, {2 * time.Hour, "joe", true}} {
		b, wire, s := newEdits(t, file)
		number := b.parksAs("parks", "send_message", hello)
		r, err := s.Get(t.Context(), number)
		require.NoError(t, err)
		require.Equal(t, []any{"write", 2 * time.Hour, 3 * time.Hour}, []any{r.Confirm, r.Escalates.Sub(r.Created), r.Expires.Sub(r.Created)})
		s.clock.Advance(c.after)
		key := map[string]string{"anna": "2c26b46b", "joe": "fcde2b2e"}[c.who]
		_, err = s.Decide(t.Context(), number, approval.Verdict{Approve: true, Approver: c.who, KeyID: key})
		require.NoError(t, err)
		a := b.call("parks", "send_message", hello)
		require.Equal(t, c.valid, !a.Failed, a.Text)
		require.Equal(t, c.valid, len(wire.sent) == 1)
	}
}
