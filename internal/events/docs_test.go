package events

import (
	"fmt"
	"strings"
	"testing"

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
