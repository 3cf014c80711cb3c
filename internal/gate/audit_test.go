package gate

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
)

// What a person wrote is in no record and no log: not when the call is made, not when it is refused, and not when its
// arguments are wrong.
func TestNoTextInRecords(t *testing.T) {
	const secret = "PLANTED"
	dir := t.TempDir()
	log, err := audit.Open(audit.Options{Dir: dir})
	require.NoError(t, err)
	b := setUp(t, settings{gate: Config{Audit: log}})
	for _, agent := range []string{"admin", "reader", "nobody"} {
		for _, c := range []struct{ tool, arguments string }{
			{"add_note", `{"conversationId":1234,"message":"PLANTED note"}`},
			{"add_note", `{"conversationId":1234,"message":"PLANTED note","agentId":"PLANTED"}`},
			{"add_note", `{"conversationId":1234,"message":"PLANTED note","PLANTED":"PLANTED"}`},
			{"add_note", `{"conversationId":"PLANTED","message":["PLANTED"]}`},
			{"add_notes", `{"conversationId":1234,"items":[{"message":"PLANTED"},{"message":"PLANTED","PLANTED":1}]}`},
			{"search_conversations", `{"query":"PLANTED refund"}`},
			{"search_conversations", `{"query":"PLANTED","conditions":[{"field":"CustomAttribute","operator":"IsOneOf","values":["PLANTED"]}]}`},
			{"search_conversations", `{"status":["PLANTED"]}`},
			{"list_end_users", `{"email":"PLANTED@example.com"}`},
			{"create_end_user", `{"displayName":"PLANTED","email":"PLANTED@example.com","phoneNumber":"PLANTED"}`},
			{"send_message", `{"conversationId":1234,"agentId":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7","text":"PLANTED","attachments":[{"url":"https://PLANTED.example"}]}`},
			{"create_webhook", `{"authorization":"BasicAuth","name":"PLANTED","url":"https://example.com","username":"PLANTED","password":"PLANTED"}`},
			{"set_conversation_attributes", `{"conversationId":1234,"attributes":[{"id":"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11","value":"PLANTED"}]}`},
			{"close_conversation", `"PLANTED"`},
			{"close_conversation", `PLANTED`},
			{"PLANTED", `{"PLANTED":"PLANTED"}`},
			{"please close it, says PLANTED", `{}`},
		} {
			require.NotEmpty(t, b.call(agent, c.tool, c.arguments).Text)
		}
	}
	require.NoError(t, log.Close())
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		written, err := os.ReadFile(f)
		require.NoError(t, err)
		for line := range strings.Lines(strings.ToLower(string(written))) {
			require.NotContains(t, line, strings.ToLower(secret))
		}
	}
	require.NotContains(t, b.logs.String(), secret)
	report, err := audit.Verify(dir)
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	require.Empty(t, report.Unfinished)
}

// A telephone number stays out of the records also where a model wrote it as a number, right or wrong.
func TestNoTelephoneNumberInRecords(t *testing.T) {
	b := setUp(t, settings{})
	for _, arguments := range []string{`{"phone":4512345678}`, `{"phone":"4512345678"}`, `{"phone":4512345678,"bogus":true}`, `{"phone":"4512345678","pageLimit":"many"}`} {
		b.call("admin", "list_end_users", arguments)
		line, err := json.Marshal(only(t, b.book.all()))
		require.NoError(t, err)
		require.NotContains(t, string(line), "4512345678", arguments)
	}
}

// Ids and choices are recorded as they are, so that a reader finds the conversation.
func TestRecordOfACall(t *testing.T) {
	b := setUp(t, settings{})
	answer := b.call("admin", "add_note", `{"conversationId":"1234","message":"hello","agentId":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"}`)
	require.False(t, answer.Failed, answer.Text)
	records := b.book.all()
	require.Equal(t, []audit.Event{audit.EventIntent, audit.EventOutcome}, eventsOf(records))
	intent, outcome := records[0].Record, records[1].Record
	for _, r := range []audit.Record{intent, outcome} {
		require.JSONEq(t, `{"conversationId":1234,"message":{"chars":5,"sha256":"2cf24dba5fb0a30e"},"agentId":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"}`, r.Arguments.String())
		require.Equal(t, []string{"admin", "add_note", "write", "write", "allowed", "agents.admin.access.* (test.yaml:4)"},
			[]string{r.Agent, r.Tool, r.Access, r.Level, r.Decision, r.Rule})
		require.Equal(t, b.Rules().Digest(), r.FileDigest)
	}
	require.Equal(t, "admin is about to add a note to conversation 1234: allowed by agents.admin.access.*", intent.Text)
	require.Empty(t, intent.Operations)
	require.Empty(t, intent.Outcome)
	require.Regexp(t, `^admin added a note to conversation 1234: allowed by agents\.admin\.access\.\* \(Dixa 200, \d+ ms\)$`, outcome.Text)
	require.Equal(t, audit.OutcomeDone, outcome.Outcome)
	require.Positive(t, outcome.Tokens)
	require.Equal(t, "add_note", single(t, outcome.Operations).Operation)
	require.Equal(t, 200, outcome.Operations[0].Status)
	require.Equal(t, 1, outcome.Operations[0].Attempts)
	require.Equal(t, 0, records[0].requests)
	require.Equal(t, 1, records[1].requests)

	b.call("admin", "add_note", `{"conversationId":1234,"message":""}`)
	refused := only(t, b.book.all())
	require.Equal(t, "allowed", refused.Decision, "the file grants it; its arguments are what is wrong")
	require.Equal(t, "its arguments are not valid", refused.Reason)
	require.Equal(t, "admin was refused add_note to conversation 1234: its arguments are not valid (nothing was sent to Dixa)", refused.Text)
}

func single[T any](t *testing.T, all []T) T {
	t.Helper()
	require.Len(t, all, 1)
	return all[0]
}

// Nothing is done without a record of it. What is only read is still answered, and the operator is told.
func TestRecordsThatCannotBeWritten(t *testing.T) {
	full := errors.New("no space left on device")
	for _, c := range []struct {
		name, tool, arguments string
		refuse                audit.Event
		done, failed          bool
		logged                string
	}{
		{"the intent of a write", "add_note", `{"conversationId":1234,"message":"PLANTED"}`, audit.EventIntent, false, true, "a write was refused because it could not be recorded"},
		{"the outcome of a write", "add_note", `{"conversationId":1234,"message":"PLANTED"}`, audit.EventOutcome, true, false, "the outcome of a call could not be recorded"},
		{"a read", "get_conversation", `{"conversationId":1234}`, audit.EventRead, false, false, "the outcome of a call could not be recorded"},
		{"a refusal", "list_webhooks", `{}`, audit.EventRefused, false, true, "the outcome of a call could not be recorded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := setUp(t, settings{})
			b.book.refuse = func(r audit.Record) error {
				if r.Event == c.refuse {
					return full
				}
				return nil
			}
			answer := b.call("admin", c.tool, c.arguments)
			require.Equal(t, c.failed, answer.Failed, answer.Text)
			require.Equal(t, c.done, len(b.dixa.Effects()) == 1)
			require.Contains(t, b.logs.String(), c.logged)
			require.Contains(t, b.logs.String(), full.Error())
			require.Contains(t, b.logs.String(), "tool="+c.tool)
			require.NotContains(t, b.logs.String(), "PLANTED")
			require.NotContains(t, answer.Text, full.Error(), "an agent has no use for the operator's troubles")
			if c.refuse == audit.EventIntent {
				require.Empty(t, b.dixa.Requests())
				require.Equal(t, "add_note: the audit record cannot be written, and no write is carried out without one. Nothing was sent to Dixa. The operator of dixa-mcp must fix this.", answer.Text)
			}
		})
	}
}

// A call that is cancelled before it begins is recorded all the same, and sends nothing.
func TestCancelledBeforeItBegins(t *testing.T) {
	b := setUp(t, settings{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for tool, arguments := range map[string]string{"get_conversation": `{"conversationId":1234}`, "close_conversation": `{"conversationId":1234}`} {
		answer := b.Call(ctx, Request{Agent: "admin", Tool: tool, Arguments: json.RawMessage(arguments)})
		require.True(t, answer.Failed)
		require.Equal(t, audit.OutcomeCancelled, last(t, b.book.all()).Outcome)
	}
	require.Empty(t, b.dixa.Requests())
}
