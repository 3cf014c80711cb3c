package capability

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const before = `version: 1
names:
  queue: {billing: 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11, returns: 5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02}
  dixa_agent: {billing-bot: c2a1d9e8-7b6a-4d5c-8e9f-001122334455}
stdio: [reader, triage]
agents:
  reader:
    access: {tags: read}
  triage:
    acts_as: billing-bot
    access: {conversations: read, tags: read}
    allow: [transfer_conversation, claim_conversation]
    only: {queue: [billing], channel: [email]}
    arguments: {transfer_conversation.queueId: [billing, returns]}
    budget: {writes_per_hour: 200, requests_per_second: 0.5}
  old:
    access: {queues: read}
`

func TestDiff(t *testing.T) {
	parse := func(text string) *Rules {
		r, err := Parse("f", []byte(text))
		require.NoError(t, err)
		return r
	}
	for _, c := range []struct {
		name  string
		turns []string // pairs: what is replaced, and by what
		want  []string
	}{
		{"nothing", nil, nil},
		{"only words", []string{"tags: read}", "tags: read}  # comment", "billing:", "invoices:", "[billing]", "[invoices]", "[billing, returns]", "[returns, invoices]"}, nil},
		{"tools", []string{"[transfer_conversation, claim_conversation]", "[transfer_conversation, close_conversation]"},
			[]string{"triage gains close_conversation (write)", "triage loses claim_conversation (write)"}},
		{"reach", []string{"[billing],", "[billing, returns],", "[email]", "[chat]"},
			[]string{"triage may now reach queue returns too", "triage may now reach channel Chat too", "triage may no longer reach channel Email"}},
		{"another key", []string{"channel: [email]", "direction: [inbound]"},
			[]string{"triage may now reach any channel, before only Email", "triage may now only reach direction Inbound"}},
		{"no bound", []string{"    only: {queue: [billing], channel: [email]}\n", ""},
			[]string{"triage gains list_activity (read)", "triage may now reach any queue, before only billing", "triage may now reach any channel, before only Email"}},
		{"values", []string{"[billing, returns]}", "[billing], claim_conversation.force: [\"*\"]}"},
			[]string{"triage: transfer_conversation.queueId one of billing, returns → always billing", "triage: claim_conversation.force not given → any value"}},
		{"who acts", []string{"acts_as: billing-bot", "acts_as: 77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"},
			[]string{"triage acts as billing-bot → 77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"}},
		{"assigned to whoever acts", []string{"queue: [billing],", "assignee: [me],"},
			[]string{"triage may now reach any queue, before only billing", "triage may now only reach assignee billing-bot"}},
		{"nobody acts", []string{"    acts_as: billing-bot\n", ""},
			[]string{"triage acts as billing-bot → whom the model says"}},
		{"budget", []string{"200", "50", "requests_per_second: 0.5", "requests_per_day: 9"},
			[]string{"triage: budget requests_per_second 0.5 → unbounded", "triage: budget requests_per_day unbounded → 9", "triage: budget writes_per_hour 200 → 50"}},
		{"agents", []string{"  old:\n    access: {queues: read}\n", "  new: {allow: [list_tags, add_note]}\n  none: {}\n"},
			[]string{"new agent new gains draft_reply (write), add_note (write), list_tags (read)", "new agent none gains no tool",
				"agent old is gone; it loses list_queues (read), get_queue (read), list_queue_members (read), get_queue_availability (read), get_queue_position (read)"}},
		{"timezone", []string{"version: 1\n", "version: 1\ntimezone: Europe/Oslo\n"},
			[]string{"times without a zone are read in the zone of the only schedule, else UTC → Europe/Oslo"}},
		{"stdio", []string{"[reader, triage]", "[triage, old]"},
			[]string{"stdio gains old", "stdio loses reader", "stdio's default agent reader → triage"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := before
			for i := 0; i < len(c.turns); i += 2 {
				require.Contains(t, text, c.turns[i])
				text = strings.ReplaceAll(text, c.turns[i], c.turns[i+1])
			}
			require.Equal(t, c.want, Diff(parse(before), parse(text)))
		})
	}
}
