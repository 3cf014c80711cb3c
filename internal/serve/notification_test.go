package serve

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

// The Go SDK's client sends its cancellations without saying in them which version they are of.
func TestNotificationsOf2026NeedNoMeta(t *testing.T) {
	s := host(t, offline.Options{})
	res := s.ask("POST", "/mcp", `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, "MCP-Protocol-Version: 2026-07-28")
	require.Equal(t, 202, res.StatusCode)
	require.Empty(t, text(t, res))
}
