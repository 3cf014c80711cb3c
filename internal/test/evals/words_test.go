package evals

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/capability"
)

// The activity log says what happened in words, whose address once, and the conversation where it was not asked for.
func TestActivityLog(t *testing.T) {
	g := desk(t, false)
	one, _ := play(t, g, []string{`list_conversation_activity {"conversationId":1234}`})
	require.Contains(t, one, ` · Created by customer · by "Emma Clarke" · emma.clarke@example.com · subject `)
	require.Contains(t, one, ` · Assigned · by "Luis Ortega" · luis.ortega@example.com · to "Luis Ortega"`)
	require.Equal(t, 2, strings.Count(one, "@example.com"), one)
	require.NotContains(t, one, "1234")
	require.NotContains(t, one, "Conversation")

	all, _ := play(t, g, []string{`list_activity {"pageLimit":4}`})
	require.Equal(t, 4, strings.Count(all, " · conversation 1"), all)
}

// What Dixa answers with ids alone, or with names of its own for numbers, is said in words.
func TestAnswersNameWhatTheyAreAbout(t *testing.T) {
	rules, err := capability.Parse("capabilities.yaml", []byte(`{version: 1, agents: {agent: {access: {"*": erase}, allow: [list_webhooks, get_webhook_status, list_webhook_deliveries]}}}`))
	require.NoError(t, err)
	for call, says := range map[string]string{
		`list_agent_teams {"agentId":"Signe Toft"}`:                                            "\"Billing & Payments\"\nNordics\n2 in all.",
		`get_queue {"queueId":"Billing"}`:                                                      " · thresholds SLA percentage 80, SLA time limit 3600, Waiting conversations 20 · do not offer timeouts Chat 60 · preferred agent timeouts Email 43200, Chat 300 · ",
		`anonymize_conversation {"conversationId":2866}`:                                       "Conversation · 2866 · requested ",
		`list_templates {"type":"quick response","pageLimit":1}`:                               "\"Refund: approved\" · Quick response · ",
		`get_webhook_status {"webhookSubscriptionId":"Order system"}`:                          "\nTag added · ",
		`list_webhook_deliveries {"webhookSubscriptionId":"Order system","event":"tag added"}`: " · success · answer 200",
	} {
		said, _ := play(t, deskOf(t, rules, false, nil), []string{call})
		require.Contains(t, said, says)
	}
}
