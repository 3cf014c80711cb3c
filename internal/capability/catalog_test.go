package capability

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// testCatalog is a catalog with one of each kind, so that these tests do not change with the real one.
func testCatalog() *catalog {
	const read, write, send, erase = dixaclient.Read, dixaclient.Write, dixaclient.Send, dixaclient.Erase
	return newCatalog([]*tools.Tool{
		fake("conversations", "get_conversation", read),
		fake("conversations", "search_conversations", read),
		fake("conversations", "close_conversation", write),
		fake("conversations", "transfer_conversation", write),
		fake("conversations", "anonymize_conversation", erase),
		named(fake("conversations", "import_conversation", write)),
		named(fake("conversations", "search_conversations_by_text", read)),
		composite("conversations", "conversation_overview", "get_conversation", "list_messages", "list_tags"),
		fake("messages", "list_messages", read),
		fake("messages", "add_note", write),
		fake("messages", "send_message", send),
		named(fake("messages", "record_message", send)),
		fake("tags", "list_tags", read),
		fake("tags", "tag_conversation", write),
		fake("queues", "list_queues", read),
		fake("knowledge", "publish_article", send),
		named(fake("webhooks", "list_webhooks", read)),
		named(fake("webhooks", "create_webhook", send)),
	}, dixaclient.V1)
}

// fake is a tool whose arguments are those of closing a conversation, of which one says who acts.
func fake(group, name string, l dixaclient.Level) *tools.Tool {
	t, _ := tools.ByName("close_conversation")
	made, spec := *t, *dixaclient.CloseConversation.Spec
	spec.Name, spec.Level = name, l
	made.Name, made.Group, made.Level, made.Operations = name, group, l, []*dixaclient.Spec{&spec}
	return &made
}

func composite(group, name string, operations ...string) *tools.Tool {
	t := fake(group, name, dixaclient.Read)
	t.Operations = nil
	for _, op := range operations {
		t.Operations = append(t.Operations, fake(group, op, dixaclient.Read).Operations...)
	}
	return t
}

func named(t *tools.Tool) *tools.Tool {
	t.Named = true
	return t
}

// mustParse parses a file that has nothing wrong.
func mustParse(t testing.TB, text string) *Rules {
	t.Helper()
	r, err := parse("dir/f.yaml", []byte(text), testCatalog())
	require.NoError(t, err)
	return r
}
