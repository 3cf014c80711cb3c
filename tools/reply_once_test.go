package tools

import (
	"testing"

	"github.com/stretchr/testify/require"

	d "dixa-mcp/dixaclient"
)

// Whoever writes after a message makes a reply to it needless; what a program writes does only in the name in which the reply would be.
func TestAnswering(t *testing.T) {
	const customer, colleague, bot = d.UUID("c"), d.UUID("a"), d.UUID("b")
	message := func(id, author d.UUID, direction string, more ...string) d.Message {
		m := d.Message{ID: id, AuthorID: author, Attributes: d.MessageAttributes{Direction: direction}}
		for _, what := range more {
			m.Attributes.IsAutoReply, m.Attributes.IsAutomated = what == "auto-reply", what == "automated"
		}
		return m
	}
	asked := message("1", customer, "Inbound")
	for _, c := range []struct {
		name, why string
		messages  []d.Message
	}{
		{"nothing", "", []d.Message{asked}},
		{"before it", "", []d.Message{message("0", colleague, "Outbound"), asked}},
		{"a colleague", "#2 is newer", []d.Message{asked, message("2", colleague, "Outbound")}},
		{"the customer", "#2 is newer", []d.Message{asked, message("2", customer, "Inbound")}},
		{"a receipt of Dixa's", "", []d.Message{asked, message("2", colleague, "Outbound", "auto-reply")}},
		{"a chat bot", "", []d.Message{asked, message("2", colleague, "Outbound", "automated")}},
		{"the agent itself, which counts as a bot", "#2 is newer", []d.Message{asked, message("2", "B", "Outbound", "automated")}},
		{"a receipt and a colleague", "#3 is newer", []d.Message{asked, message("2", colleague, "Outbound", "auto-reply"), message("3", colleague, "Outbound")}},
		{"a message of ours", "the message is not the customer's", []d.Message{message("1", colleague, "Outbound")}},
		{"a message that was erased", "the message is not there any more", []d.Message{message("0", customer, "Inbound")}},
	} {
		a := answering{id: "1", actor: d.ActingAgent(bot)}
		require.Equal(t, c.why, a.why(c.messages), c.name)
	}
}
