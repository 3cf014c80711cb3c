package events

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/golden"
)

// TestDocsEvents holds the table of events in docs/events.md to the code.
func TestDocsEvents(t *testing.T) {
	quoted := func(all []string) string {
		if len(all) == 0 {
			return ""
		}
		return "`" + strings.Join(all, "`, `") + "`"
	}
	var b strings.Builder
	b.WriteString("| event | set up | payload | fields | activity log |\n|---|---|---|---|---|\n")
	for _, info := range Types {
		needed := ""
		if info.Needed {
			needed = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", info.Type, needed, info.Payload, quoted(info.Own), quoted(info.Log))
	}
	golden.Section(t, "../../docs/events.md", "events", b.String())
}

// The events of writes exist, and their writes write.
func TestTriggers(t *testing.T) {
	for op, event := range triggers {
		require.Greater(t, op.Level, dixaclient.Read, op.Name)
		require.True(t, slices.ContainsFunc(Types, func(i Info) bool { return i.Type == event }), "%s: %s", op.Name, event)
	}
}
