package operations

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/test/contract"
)

// Every operation of Dixa's documents is here, under its path, with its query parameters, and there is no other.
func TestOperations(t *testing.T) {
	if os.Getenv("DIXA_CONTRACT") == "" {
		t.Skip("DIXA_CONTRACT is not set")
	}
	documented := map[string]bool{}
	for _, op := range contract.Load(t).Operations() {
		documented[op.String()] = true
		i := slices.IndexFunc(routes, func(r call.Route) bool { return r.Pattern == op.String() })
		require.GreaterOrEqual(t, i, 0, "%s is missing", op)
		params := slices.Sorted(slices.Values(routes[i].Params))
		require.Equal(t, slices.Sorted(slices.Values(op.QueryParams)), params, op)
	}
	for _, r := range routes {
		require.True(t, documented[r.Pattern], "%s is not documented", r.Pattern)
	}
	require.Len(t, routes, len(documented))
}
