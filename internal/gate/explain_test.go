package gate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExplainOutsideABound explains a read that is judged on its own answer, and what does not exist at all.
func TestExplainOutsideABound(t *testing.T) {
	b := setUp(t, settings{file: "version: 1\nagents:\n  a: {access: {conversations: read}, only: {queue: [00000000-0000-4000-8000-000000000001]}}\n"})
	for _, id := range []string{"1234", "999999"} {
		e := b.Explain(t.Context(), Request{Agent: "a", Tool: "get_conversation", Arguments: []byte(`{"conversationId":` + id + `}`)})
		require.False(t, e.Granted)
		require.False(t, e.Invalid)
		require.Contains(t, e.Why, "does not exist, or lies outside agents.a.only")
	}
}
