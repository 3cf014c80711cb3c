package audit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	closes = Verb{"closed", "close", "conversation {conversationId}"}
	reads  = Verb{"read", "read", "conversation {conversationId}"}
	sends  = Verb{"sent", "send", "a message in conversation {conversationId}"}
)

func TestSentence(t *testing.T) {
	closed := Operation{Operation: "close_conversation", Status: 204, Millis: 212, Attempts: 1, Outcome: OutcomeDone}
	got := Operation{Operation: "get_conversation", Status: 200, Millis: 31, Attempts: 1, Outcome: OutcomeDone}
	read := got
	read.Read = true
	broken := Operation{Operation: "send_message", Millis: 90, Attempts: 1, Outcome: OutcomeUnknown, Error: "connection broken"}
	conflict := Operation{Operation: "close_conversation", Status: 409, Millis: 120, Attempts: 2, Outcome: OutcomeNotDone, Error: "already closed"}
	const rule = "agents.triage.allow (capabilities.yaml:31)"
	ids := Unreduced([]byte(`{"conversationId":1234}`))

	for _, test := range []struct {
		name string
		r    Record
		v    Verb
		want string
	}{
		{"a read", Record{Event: EventRead, Agent: "triage", Arguments: ids, Rule: "agents.triage.access.conversations", Operations: []Operation{got}, Outcome: OutcomeDone}, reads,
			"triage read conversation 1234: allowed by agents.triage.access.conversations (Dixa 200, 31 ms)"},
		{"a write", Record{Event: EventOutcome, Agent: "triage", Arguments: ids, Rule: rule, Operations: []Operation{closed}, Outcome: OutcomeDone}, closes,
			"triage closed conversation 1234: allowed by agents.triage.allow (Dixa 204, 212 ms)"},
		{"by a key", Record{Event: EventOutcome, Agent: "triage", Key: "triage-1", Arguments: ids, Rule: rule, Operations: []Operation{closed}, Outcome: OutcomeDone}, closes,
			"triage (key triage-1) closed conversation 1234: allowed by agents.triage.allow (Dixa 204, 212 ms)"},
		{"for a person", Record{Event: EventOutcome, Agent: "support", Key: "oidc", Person: "anna@example.com", Arguments: ids, Rule: rule, Operations: []Operation{closed}, Outcome: OutcomeDone}, closes,
			"support for anna@example.com closed conversation 1234: allowed by agents.triage.allow (Dixa 204, 212 ms)"},
		{"a sign-in", Record{Event: EventSignIn, Agent: "triage", Person: "anna@example.com", Client: `"Claude" (https://client.example.com/x)`}, Verb{},
			`anna@example.com signed in to triage with "Claude" (https://client.example.com/x)`},
		{"a refused sign-in", Record{Event: EventSignInRefused, Decision: Refused, Agent: "triage", Person: "anna@example.com", Client: "c", Reason: "no rule gives it"}, Verb{},
			"anna@example.com could not sign in to triage with c: no rule gives it"},
		{"a refused client", Record{Event: EventSignInRefused, Decision: Refused, Client: "c\x1b[2J", Reason: "it is unknown"}, Verb{},
			"somebody could not sign in with c?[2J: it is unknown"},
		{"the end of a sign-in", Record{Event: EventSignInEnded, Agent: "triage", Person: "anna@example.com", Client: "c", Reason: "the client ended it"}, Verb{},
			"the sign-in of anna@example.com to triage with c ended: the client ended it"},
		{"a registration", Record{Event: EventClient, Client: "c"}, Verb{}, "the client c registered itself"},
		{"refused, by a token", Record{Event: EventRefused, Agent: "triage", Key: "oidc", Tool: "close_conversation", Arguments: ids, Rule: "agents.triage (capabilities.yaml:20)"}, closes,
			"triage (by a token) was refused close_conversation on conversation 1234: not granted by agents.triage (nothing was sent to Dixa)"},
		{"its intent", Record{Event: EventIntent, Agent: "triage", Arguments: ids, Rule: rule}, closes,
			"triage is about to close conversation 1234: allowed by agents.triage.allow"},
		{"several operations", Record{Event: EventOutcome, Agent: "triage", Arguments: ids, Rule: rule, Operations: []Operation{got, closed}, Outcome: OutcomeDone}, closes,
			"triage closed conversation 1234: allowed by agents.triage.allow (2 operations, Dixa 200, 204, 243 ms)"},
		{"not granted", Record{Event: EventRefused, Agent: "triage", Tool: "close_conversation", Arguments: ids, Rule: "agents.triage (capabilities.yaml:20)"}, closes,
			"triage was refused close_conversation on conversation 1234: not granted by agents.triage (nothing was sent to Dixa)"},
		{"denied", Record{Event: EventRefused, Agent: "triage", Tool: "send_message", Arguments: ids, Rule: "agents.triage.deny (capabilities.yaml:32)"}, sends,
			"triage was refused send_message in conversation 1234: refused by agents.triage.deny (nothing was sent to Dixa)"},
		{"denied where the object begins with in", Record{Event: EventRefused, Agent: "triage", Tool: "reply", Arguments: ids, Rule: "agents.triage.deny (capabilities.yaml:32)"}, Verb{"replied", "reply", "in conversation {conversationId}"},
			"triage was refused reply in conversation 1234: refused by agents.triage.deny (nothing was sent to Dixa)"},
		{"refused on its answer", Record{Decision: Refused, Agent: "triage", Tool: "get_conversation", Arguments: ids, Rule: "agents.triage.only.queue", Operations: []Operation{got}}, reads,
			"triage was refused get_conversation on conversation 1234: refused by agents.triage.only.queue (before that: Dixa 200, 31 ms)"},
		{"refused without arguments", Record{Event: EventRefused, Agent: "triage", Tool: "close_conversation"}, closes,
			"triage was refused close_conversation (nothing was sent to Dixa)"},
		{"refused something new", Record{Event: EventRefused, Agent: "triage", Tool: "create_tag", Arguments: Unreduced([]byte(`{"name":"x"}`))}, Verb{"created", "create", "a tag {name}"},
			"triage was refused create_tag (nothing was sent to Dixa)"},
		{"nobody knows who", Record{Event: EventRefused}, Verb{},
			"an unknown caller was refused an unknown tool (nothing was sent to Dixa)"},
		{"not known", Record{Event: EventOutcome, Agent: "support", Arguments: ids, Rule: rule, Operations: []Operation{broken}, Outcome: OutcomeUnknown}, sends,
			"support tried to send a message in conversation 1234: it is not known whether Dixa did it (connection broken)"},
		{"failed", Record{Event: EventOutcome, Agent: "triage", Arguments: ids, Rule: rule, Operations: []Operation{conflict}, Outcome: OutcomeFailed}, closes,
			"triage tried to close conversation 1234: allowed by agents.triage.allow, but it failed (Dixa 409, 120 ms, 2 attempts: already closed)"},
		{"failed in part", Record{Event: EventOutcome, Agent: "triage", Arguments: ids, Rule: rule, Operations: []Operation{got, broken}, Outcome: OutcomeFailed}, closes,
			"triage tried to close conversation 1234: allowed by agents.triage.allow, but only 1 of 2 operations succeeded (2 operations, Dixa 200, no answer, 121 ms: connection broken)"},
		{"failed, and only what it read succeeded", Record{Event: EventOutcome, Agent: "triage", Arguments: ids, Rule: rule, Operations: []Operation{read, conflict}, Outcome: OutcomeFailed}, closes,
			"triage tried to close conversation 1234: allowed by agents.triage.allow, but it failed (2 operations, Dixa 200, 409, 151 ms: already closed)"},
		{"failed before it began", Record{Event: EventOutcome, Agent: "triage", Arguments: ids, Outcome: OutcomeFailed}, closes,
			"triage tried to close conversation 1234: it failed (nothing was sent to Dixa)"},
		{"cancelled in the queue", Record{Event: EventOutcome, Agent: "triage", Arguments: ids, Rule: rule, Outcome: OutcomeCancelled}, closes,
			"triage tried to close conversation 1234: allowed by agents.triage.allow, cancelled (nothing was sent to Dixa)"},
		{"cancelled half-way", Record{Event: EventOutcome, Agent: "triage", Arguments: ids, Rule: rule, Operations: []Operation{got}, Outcome: OutcomeCancelled}, closes,
			"triage tried to close conversation 1234: allowed by agents.triage.allow, cancelled after 1 of 1 operations (Dixa 200, 31 ms)"},
		{"cancelled in the request", Record{Event: EventOutcome, Agent: "triage", Arguments: ids, Rule: rule, Operations: []Operation{{Outcome: OutcomeUnknown}}, Outcome: OutcomeCancelled}, closes,
			"triage tried to close conversation 1234: allowed by agents.triage.allow, cancelled, and it is not known whether Dixa did it (no answer from Dixa)"},
		{"a tool without words", Record{Event: EventRead, Agent: "triage", Tool: "list_tags", Arguments: ids}, Verb{},
			"triage called list_tags"},
		{"a list, nested and not recorded", Record{Event: EventRead, Agent: "a", Arguments: Unreduced([]byte(`{"ids":[1,2,3,4,5],"f":{"q":"x"},"text":{"chars":9,"sha256":"ab"}}`))},
			Verb{Past: "tagged", Object: "{ids} in {f.q} saying {text} {absent.one} now"},
			"a tagged 1, 2, 3, 2 more in x saying (not recorded) now"},
		{"control characters", Record{Event: EventRead, Agent: "a\x1b[2Jb"}, reads, "a?[2Jb read conversation"},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, Sentence(test.r, test.v))
		})
	}
}

func TestLine(t *testing.T) {
	cet := time.FixedZone("CET", 3600)
	r := Record{Time: time.Date(2026, 11, 22, 13, 2, 11, 0, time.UTC), Agent: "triage", Tool: "list_tags"}
	require.Equal(t, "14:02:11 triage called list_tags", Line(r, cet))
	r.Text = "triage closed\x1b]0; conversation"
	require.Equal(t, "13:02:11 triage closed?]0; conversation", Line(r, time.UTC))
}
