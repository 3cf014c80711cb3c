package gate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/tools"
)

// BenchmarkDecision is what access control adds to a granted call: the agent, the decision and the tool's shape. With
// a hundred agents and a thousand rules it takes no longer than with one.
func BenchmarkDecision(b *testing.B) {
	for _, agents := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			var file strings.Builder
			file.WriteString("version: 1\nagents:\n")
			for i := range agents {
				fmt.Fprintf(&file, `  agent-%d:
    acts_as: %s
    access: {conversations: read, messages: send}
    allow: [close_conversation, tag_conversation, untag_conversation, transfer_conversation]
    deny: [add_notes, list_activity]
    only: {queue: [%s, %s]}
    arguments: {send_message.cc: ["a@example.com", "b@example.com"], transfer_conversation.queueId: [%s, %s]}
`, i, bot, billing, returns, billing, returns)
			}
			rules := parse(b, file.String())
			tool, _ := tools.ByName("transfer_conversation")
			name := fmt.Sprintf("agent-%d", agents-1)
			b.ReportAllocs()
			for b.Loop() {
				agent, err := rules.Agent(name)
				if err != nil || !agent.Tool(tool).Allowed || agent.Shape(tool) == nil {
					require.NoError(b, err)
					b.Fatal("not granted")
				}
			}
		})
	}
}

// BenchmarkRefusal is the whole way of a call that is refused, with its record.
func BenchmarkRefusal(b *testing.B) {
	bed := newBed(b, everythingBut(bounds[0]))
	b.ReportAllocs()
	for b.Loop() {
		if a := bed.call("bounded", "list_activity", "{}"); !a.Failed {
			b.Fatal(a.Text)
		}
		bed.records.list = bed.records.list[:0]
	}
}
