package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/test/clock"
	"dixa-mcp/internal/test/double"
	"dixa-mcp/tools"
)

const repeating = `version: 1
agents:
  admin:
    access: {"*": erase}
    allow: [record_message, create_webhook, anonymize_entity]
    arguments: {send_message.agentId: ["*"], create_webhook.url: ["*"], send_message.attachments: ["*"], create_conversation.direction: ["*"], claim_conversation.force: ["*"], create_conversation.agentId: ["*"], anonymize_end_user.force: ["*"]}
  other: {access: {"*": write}}
  bound: {access: {"*": write}, arguments: {add_note.again: []}}
`

// repeater is a bench whose journal goes by a clock of its own.
func repeater(t *testing.T) (*bench, *clock.Clock) {
	clock := &clock.Clock{}
	return setUp(t, settings{file: repeating, gate: Config{Journal: journal.NewMemory(clock.Now)}}), clock
}

const aNote = `{"conversationId":1234,"message":"Asked finance."}`

func TestSameWriteTwice(t *testing.T) {
	for _, inJSON := range []bool{true, false} {
		b, clock := repeater(t)
		b.json = inJSON
		first := b.call("admin", "add_note", aNote)
		require.False(t, first.Failed, first.Text)
		b.book.all()
		requests := len(b.dixa.Requests())
		for _, same := range []string{aNote, ` {"message":"Asked finance.", "conversationId":"1234", "agentId":null, "again":false} `} {
			clock.Advance(30 * time.Second)
			second := b.call("admin", "add_note", same)
			require.False(t, second.Failed, second.Text)
			require.Contains(t, second.Text, "nothing was sent; the same call was carried out at 12:00:00 UTC. To do it once more, give again: true.")
			if inJSON {
				require.True(t, json.Valid([]byte(second.Text)))
				require.Contains(t, second.Text, strings.TrimSuffix(first.Text, "}"))
			} else {
				require.True(t, strings.HasSuffix(second.Text, "\n"+first.Text), second.Text)
			}
			r := only(t, b.book.all())
			require.Equal(t, []any{audit.EventRefused, audit.Allowed, audit.OutcomeRefused}, []any{r.Event, r.Decision, r.Outcome})
			require.Regexp(t, "^the same call was carried out before, as call [a-z2-7]{12}$", r.Reason)
		}
		require.Len(t, b.dixa.Requests(), requests)
		require.Len(t, b.dixa.Effects(), 1)

		effects := 1
		for _, c := range []struct {
			what             string
			agent, key, tool string
			arguments        string
		}{
			{"another text", "admin", "", "add_note", `{"conversationId":1234,"message":"Asked finance!"}`},
			{"overtaken by another write to the conversation", "admin", "", "add_note", aNote},
			{"once more", "admin", "", "add_note", insist(aNote)},
			{"another agent", "other", "", "add_note", aNote},
			{"another credential", "admin", "2c26b46b", "add_note", aNote},
			{"another conversation", "admin", "", "add_note", `{"conversationId":1235,"message":"Asked finance."}`},
		} {
			effects++
			a := b.Call(context.Background(), Request{Agent: c.agent, Key: c.key, Tool: c.tool, Arguments: json.RawMessage(c.arguments)})
			require.False(t, a.Failed, a.Text)
			require.Len(t, b.dixa.Effects(), effects, c.what)
		}
		const last = `{"conversationId":1235,"message":"Asked finance."}`
		b.call("admin", "add_note", `{"conversationId":1234,"message":"elsewhere"}`)
		clock.Advance(journal.Window - time.Second)
		require.Contains(t, b.call("admin", "add_note", last).Text, "nothing was sent")
		clock.Advance(time.Second)
		require.NotContains(t, b.call("admin", "add_note", last).Text, "nothing was sent", "after two minutes")
		require.Len(t, b.dixa.Effects(), effects+2)
	}
}

func insist(arguments string) string { return strings.Replace(arguments, "{", `{"again":true,`, 1) }

// The first answer is not given under another capability file, by which the agent may see less.
func TestSameWriteUnderOtherRules(t *testing.T) {
	b, _ := repeater(t)
	first := b.call("admin", "add_note", aNote)
	require.False(t, first.Failed, first.Text)
	require.Contains(t, b.call("admin", "add_note", aNote).Text, strings.TrimSuffix(first.Text, "}"))
	b.Reload(t.Context(), rules(t, strings.Replace(repeating, "other:", "another:", 1)))
	second := b.call("admin", "add_note", aNote)
	require.JSONEq(t, `{"repeated":"nothing was sent; the same call was carried out at 12:00:00 UTC. To do it once more, give again: true."}`, second.Text)
	require.Len(t, b.dixa.Effects(), 1)
}

// An agent that may not insist is not told how to.
func TestSameWriteWithoutInsisting(t *testing.T) {
	b, _ := repeater(t)
	require.False(t, b.call("bound", "add_note", aNote).Failed)
	a := b.call("bound", "add_note", aNote)
	require.Contains(t, a.Text, "the same call was carried out at 12:00:00 UTC.")
	require.NotContains(t, a.Text, "again")
	a = b.call("bound", "add_note", insist(aNote))
	require.True(t, a.Invalid, a.Text)
	require.Len(t, b.dixa.Effects(), 1)
}

// Each tool that writes is carried out once, however often it is called, and takes the argument to insist.
func TestEveryWriteIsGuarded(t *testing.T) {
	text, err := os.ReadFile("../../testdata/examples.json")
	require.NoError(t, err)
	var examples map[string]struct {
		Before []struct {
			Tool      string
			Arguments json.RawMessage
		}
		Arguments json.RawMessage
	}
	require.NoError(t, json.Unmarshal(text, &examples))
	guarded := 0
	for _, tool := range tools.All() {
		if tool.Level == dixaclient.Read || tool.Undoes() { // which takes back the change before the last one, next time
			require.NotContains(t, string(tool.Schema().JSON()), `"again"`, tool.Name)
			continue
		}
		if tool.Bulk || tool.Undoes() {
			continue // the same call again goes on with the job, or takes back the change before
		}
		t.Run(tool.Name, func(t *testing.T) {
			require.Contains(t, string(tool.Schema().JSON()), `"again":{"type":"boolean"}`)
			e := examples[tool.Name]
			b, _ := repeater(t)
			agent, err := b.Rules().Agent("admin")
			require.NoError(t, err)
			if agent.Shape(tool) == nil {
				t.Skip("must be named under allow")
			}
			arguments := string(e.Arguments)
			for i, before := range e.Before {
				a := b.call("admin", before.Tool, string(before.Arguments))
				require.False(t, a.Failed, a.Text)
				var made struct{ ID string }
				if json.Unmarshal([]byte(a.Text), &made) == nil {
					arguments = strings.ReplaceAll(arguments, fmt.Sprintf("$%d.id", i+1), made.ID)
				}
			}
			from := len(b.dixa.Effects())
			first := b.call("admin", tool.Name, arguments)
			require.False(t, first.Failed, first.Text)
			effects := len(b.dixa.Effects())
			second := b.call("admin", tool.Name, arguments)
			require.Len(t, b.dixa.Effects(), effects, second.Text)
			if effects > from {
				require.Contains(t, second.Text, "nothing was sent; the same call was carried out", tool.Name)
				guarded++
			}
		})
	}
	require.Greater(t, guarded, 55)
}

// What was not done, or not known to be, is not guarded: the caller was told.
func TestOnlyWhatWasDoneIsGuarded(t *testing.T) {
	b, _ := repeater(t)
	working := b.wire.RoundTripper
	for _, failing := range []double.Transport{
		func(*http.Request) (*http.Response, error) { return nil, errors.New("connection lost") },
		func(r *http.Request) (*http.Response, error) {
			r.URL.Path = "/v1/none"
			return working.RoundTrip(r)
		},
	} {
		b.wire.RoundTripper = failing
		require.True(t, b.call("admin", "add_note", aNote).Failed)
	}
	b.wire.RoundTripper = working
	a := b.call("admin", "add_note", aNote)
	require.False(t, a.Failed, a.Text)
	require.NotContains(t, a.Text, "nothing was sent")
	require.Len(t, b.dixa.Effects(), 1)
}

func TestSameWriteWhileItRuns(t *testing.T) {
	b, _ := repeater(t)
	working := b.wire.RoundTripper
	arrived, release := make(chan struct{}), make(chan struct{})
	b.wire.RoundTripper = double.Transport(func(r *http.Request) (*http.Response, error) {
		arrived <- struct{}{}
		<-release
		return working.RoundTrip(r)
	})
	done := make(chan Answer)
	go func() { done <- b.call("admin", "add_note", aNote) }()
	<-arrived
	a := b.call("admin", "add_note", aNote)
	require.True(t, a.Failed)
	require.Equal(t, "add_note: the same call began at 12:00:00 UTC and is still running. Wait for its answer. To do it twice, give again: true. Nothing was sent to Dixa.", a.Text)
	close(release)
	require.False(t, (<-done).Failed)
	require.Len(t, b.dixa.Effects(), 1)
}

// brokenJournal is a journal that does not work.
type brokenJournal struct{ journal.Store }

var errJournal = errors.New("disk on fire")

func (brokenJournal) Begin(context.Context, journal.Entry, bool) (*journal.Entry, error) {
	return nil, errJournal
}

// fading is a journal that works only at the beginning of a call.
type fading struct{ journal.Store }

func (fading) Save(context.Context, journal.Entry) error       { return errJournal }
func (fading) Forget(context.Context, string, ...string) error { return errJournal }

// A journal that does not work stops neither writes nor reads, and the operator is told.
func TestJournalThatDoesNotWork(t *testing.T) {
	b := setUp(t, settings{file: repeating, gate: Config{Journal: brokenJournal{}}})
	require.False(t, b.call("admin", "get_conversation", `{"conversationId":1234}`).Failed)
	require.Empty(t, b.logs.String())
	for range 2 {
		a := b.call("admin", "add_note", aNote)
		require.False(t, a.Failed, a.Text)
	}
	require.Len(t, b.dixa.Effects(), 2)
	require.Contains(t, b.logs.String(), "a write was not noted")
	require.Contains(t, b.logs.String(), "disk on fire")

	clock := &clock.Clock{}
	b = setUp(t, settings{file: repeating, gate: Config{Journal: fading{journal.NewMemory(clock.Now)}}})
	require.False(t, b.call("admin", "add_note", aNote).Failed)
	require.Contains(t, b.logs.String(), "how far a write got was not noted")
	require.Contains(t, b.call("admin", "add_note", aNote).Text, "is still running", "nothing is done twice")
	require.Len(t, b.dixa.Effects(), 1)
	require.False(t, b.call("admin", "anonymize_conversation", `{"conversationId":1001}`).Failed)
	require.Contains(t, b.logs.String(), "could not be forgotten")
}

// What was written about something that is erased is forgotten, also about the conversations of a customer.
func TestErasedIsForgotten(t *testing.T) {
	b, _ := repeater(t)
	note := func(id int64) {
		t.Helper()
		require.False(t, b.call("admin", "add_note", fmt.Sprintf(`{"conversationId":%d,"message":"about them"}`, id)).Failed)
	}
	remembered := func() (list []string) {
		entries, err := b.journal.Recent(t.Context(), "admin", "")
		require.NoError(t, err)
		for _, e := range entries {
			list = append(list, e.Tool+" "+strings.Join(e.Changes, " "))
		}
		return list
	}
	note(1001)
	note(1002)
	require.False(t, b.call("admin", "anonymize_conversation", `{"conversationId":1001}`).Failed)
	require.Equal(t, []string{"anonymize_conversation conversation:1001", "add_note conversation:1002"}, remembered())

	read := b.call("admin", "get_conversation", `{"conversationId":1002}`)
	var of struct{ RequesterID string }
	require.NoError(t, json.Unmarshal([]byte(read.Text), &of))
	note(1003)
	require.False(t, b.call("admin", "update_end_user", `{"userId":"`+of.RequesterID+`","displayName":"Another Name"}`).Failed)
	require.False(t, b.call("admin", "anonymize_end_user", `{"userId":"`+of.RequesterID+`","force":true}`).Failed)
	require.Equal(t, []string{"anonymize_end_user end user:" + of.RequesterID, "add_note conversation:1003", "anonymize_conversation conversation:1001"}, remembered())
}

// What cannot be taken back is not kept: of a note or a message, undo needs only the conversation.
func TestUndoKeepsNoMessage(t *testing.T) {
	kept := journal.NewMemory(time.Now)
	b := setUp(t, settings{file: repeating, gate: Config{Journal: kept}})
	for tool, arguments := range map[string]string{
		"add_note":            `{"conversationId":1234,"message":"Asked finance."}`,
		"send_message":        `{"conversationId":1234,"agentId":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7","text":"Asked finance."}`,
		"update_conversation": `{"conversationId":1234,"tag":["53a428b3-9772-4115-97fe-73c317e31621"],"note":"Asked finance."}`,
	} {
		a := b.call("admin", tool, arguments)
		require.False(t, a.Failed, a.Text)
	}
	calls, err := kept.About(t.Context(), "conversation:1234")
	require.NoError(t, err)
	require.Len(t, calls, 3)
	for _, e := range calls {
		for _, s := range e.Steps {
			require.Contains(t, string(s.Detail), "1234", s.Operation)
			require.NotContains(t, string(s.Detail), "Asked", s.Operation)
		}
	}
}
