package capability

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/golden"
	"dixa-mcp/tools"
)

// The golden file lists, for each argument of each write, the fields of other writes that make the same change.
func TestGoldenWaysAround(t *testing.T) {
	c := newCatalog(tools.All(), dixaclient.V1)
	var b strings.Builder
	for _, one := range c.tools {
		if one.Level == dixaclient.Read || c.operations[one.Name] == nil {
			continue
		}
		for _, p := range c.schema(one).Properties() {
			var ways []string
			for _, other := range c.tools {
				if other != one && c.operations[other.Name] != nil {
					for _, f := range c.same(one, p.Name, other) {
						ways = append(ways, other.Name+"."+f.String())
					}
				}
			}
			if len(ways) > 0 {
				fmt.Fprintf(&b, "%s.%s: %s\n", one.Name, p.Name, strings.Join(ways, " "))
			}
		}
	}
	golden.Equal(t, "testdata/ways.golden", []byte(b.String()))
	for way, want := range map[string]string{
		"tag_conversation.tagId":         "tag_conversation_by_name.names",
		"tag_conversation_by_name.names": "tag_conversation.tagId",
		"add_note.message":               "add_notes.items.message",
		"add_notes.items":                "add_note.message",
		"update_end_user.email":          "replace_end_users.items.email",
		"update_end_user.userId":         "update_end_users.items.id",
		"update_end_users.items":         "replace_end_user.email",
		"replace_agent.displayName":      "update_agents.items.displayName",
		"create_webhook.url":             "update_webhook.url",
		"create_webhook.customHeaders":   "update_webhook.customHeaders.name",
		"send_message.text":              "create_conversation.text",
		"send_message.cc":                "create_conversation.cc",
		"transfer_conversation.queueId":  "create_conversation.queueId",
		"create_article.translations":    "update_article_translations.translations.title",
		"anonymize_end_user.userId":      "anonymize_entity.entityId",
		"anonymize_entity.entityId":      "anonymize_message.messageId",
		"publish_article.articleId":      "publish_article_translation.articleId",
	} {
		require.Regexp(t, "(?m)^"+way+":.* "+want+"( |$)", b.String())
	}
	for _, way := range []string{"create_webhook.name:.*customHeaders", "add_team_members.*remove", "claim_conversation.force", "send_message.agentId:.*close_conversation"} {
		require.NotRegexp(t, way, b.String())
	}
}

// check names each way around a rule that is open to the agent, and none that is closed.
func TestNotesOfWaysAround(t *testing.T) {
	const rule = "does not bound the same change by other operations that are granted: "
	for _, c := range []struct{ name, agent, want string }{
		{"open", "allow: [tag_conversation, tag_conversation_by_name], arguments: {tag_conversation.tagId: [vip]}", "tag_conversation_by_name.names"},
		{"not granted", "allow: [tag_conversation], arguments: {tag_conversation.tagId: [vip]}", ""},
		{"denied", "access: {tags: write}, deny: [tag_conversation_by_name], arguments: {tag_conversation.tagId: [vip]}", ""},
		{"bulk", "allow: [add_note, add_notes], arguments: {add_note.message: [Checked.]}", "add_notes.items.message"},
		{"many fields away", "allow: [update_end_user, replace_end_user], arguments: {update_end_user.email: []}", "replace_end_user.email"},
		{"both bounded", "allow: [update_end_user, replace_end_user], arguments: {update_end_user.email: [], replace_end_user.email: []}", ""},
		{"wider", "allow: [update_end_user, create_end_user], arguments: {update_end_user.displayName: [A], create_end_user.displayName: [A, B]}", "create_end_user.displayName"},
		{"the narrower one", "allow: [update_end_user, create_end_user], arguments: {update_end_user.displayName: [A, B], create_end_user.displayName: [A]}", "update_end_user.displayName"},
		{"the same values", "allow: [update_end_user, create_end_user], arguments: {update_end_user.displayName: [A, B], create_end_user.displayName: [B, A]}", ""},
		{"any value", `allow: [update_end_user, create_end_user], arguments: {update_end_user.displayName: ["*"]}`, ""},
		{"must be named", "acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455, allow: [send_message, create_conversation], arguments: {send_message.cc: [a@example.com]}", ""},
		{"the url of a webhook", "allow: [create_webhook, update_webhook], arguments: {create_webhook.url: ['https://a.example.com'], update_webhook.url: ['*']}", "update_webhook.url"},
		{"the thing", "allow: [update_end_user, update_end_users], arguments: {update_end_user.userId: [c2a1d9e8-7b6a-4d5c-8e9f-001122334455]}", "update_end_users.items.id"},
		{"items away", "allow: [update_end_user, update_end_users], arguments: {update_end_user.email: [], update_end_users.items: []}", ""},
		{"a read", "allow: [search_conversations], arguments: {search_conversations.channel: [email]}", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Parse("f", []byte("version: 1\nstdio: [a]\nnames: {tag: {vip: c2a1d9e8-7b6a-4d5c-8e9f-001122334455}}\nagents:\n  a: {"+c.agent+"}\n"))
			require.NoError(t, err)
			var got []string
			for _, n := range r.Notes() {
				if ways, ok := strings.CutPrefix(n.Text, rule); ok {
					ways, _, _ = strings.Cut(ways, ";")
					got = append(got, ways)
				}
			}
			if c.want == "" {
				require.Empty(t, got)
			} else {
				require.Contains(t, got, c.want)
			}
		})
	}
}
