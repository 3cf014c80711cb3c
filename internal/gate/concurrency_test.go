package gate

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
)

// Calls side by side do not disturb each other, and each is decided by one file even when it is replaced meanwhile.
func TestSideBySide(t *testing.T) {
	b := setUp(t, settings{})
	files := map[string]*capability.Rules{}
	var swap []*capability.Rules
	for _, allow := range []string{"get_conversation", "add_note"} {
		r := rules(t, fmt.Sprintf("{version: 1, agents: {admin: {allow: [%s]}}}", allow))
		files[r.Digest()], swap = r, append(swap, r)
	}
	b.Gate.rules.Store(swap[0])

	var callers sync.WaitGroup
	for i := range 20 {
		callers.Go(func() {
			for n := range 10 {
				tool := []string{readIt, postIt}[(i+n)%2]
				b.Gate.rules.Store(swap[n%2])
				b.call("admin", tool, fmt.Sprintf(`{"conversationId":%d%s}`, 1234, map[string]string{postIt: fmt.Sprintf(`,"message":"%d.%d"`, i, n)}[tool]))
			}
		})
	}
	callers.Wait()

	calls := byCall(b.book.all())
	require.Len(t, calls, 200)
	notes, sent := 0, 0
	for _, records := range calls {
		final := records[len(records)-1]
		agent, err := files[final.FileDigest].Agent("admin")
		require.NoError(t, err)
		if agent.Operation(final.Tool).Allowed {
			require.Equal(t, audit.OutcomeDone, final.Outcome)
			sent++
		} else {
			require.Equal(t, audit.OutcomeRefused, final.Outcome)
		}
		if final.Tool == postIt && final.Outcome == audit.OutcomeDone {
			require.Equal(t, []audit.Event{audit.EventIntent, audit.EventOutcome}, eventsOf(records))
			notes++
		} else {
			require.Len(t, records, 1)
		}
	}
	require.Len(t, b.dixa.Requests(), sent)
	require.Len(t, b.dixa.Effects(), notes)
	require.Positive(t, notes)
}
