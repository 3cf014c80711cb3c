package telemetry_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/telemetry"
)

// The line of a call names the person for whom the agent acts.
func TestLogNamesPerson(t *testing.T) {
	for person, says := range map[string]string{"anna@example.com": " key=oidc person=anna@example.com tool=x", "": " key=oidc tool=x"} {
		var b bytes.Buffer
		_, ended := telemetry.Log{To: slog.New(slog.NewTextHandler(&b, nil))}.Call(t.Context(), gate.CallInfo{ID: "1", Agent: "a", Key: "oidc", Person: person, Tool: "x"})
		ended(gate.CallEnd{})
		require.Contains(t, b.String(), says)
	}
}
