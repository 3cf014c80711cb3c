package gate_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/jobs"
	"dixa-mcp/internal/journal"
)

const sending = `version: 1
oidc: {issuer: "https://login.example.com", audience: dixa-mcp}
people: [{email_domain: [example.com], agents: [mine]}]
names: {dixa_agent: {luis: 4715b3c3-35e3-4a7b-9443-3ecaf99a14d7}, queue: {billing: ` + billing + `}}
approvers:
  anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [write, send, erase]}
agents:
  parks: {acts_as: luis, access: {"*": send}, confirm: {send: approver}, on_approval: send}
  tight: {acts_as: luis, access: {"*": send}, confirm: {send: approver}, on_approval: send, budget: {sends_per_day: 1}}
  within: {acts_as: luis, access: {"*": send}, only: {queue: [billing]}, confirm: {send: approver}, on_approval: send}
  asks: {acts_as: luis, access: {"*": send}, confirm: {send: approver}}
  finds: {acts_as: luis, surface: discover, access: {"*": send}, confirm: {send: approver}, on_approval: send}
  drafts: {acts_as: luis, access: {conversations: read, messages: write}, on_approval: send}
  jobs: {acts_as: luis, access: {"*": write}, allow: [bulk_update], confirm: {write: approver}, on_approval: send}
  mine: {acts_as: caller, access: {"*": send}, confirm: {send: approver}, on_approval: send}
`

// newSends is a bed where approvers can send.
func newSends(t *testing.T) (*replies, *edited, *approvals) { return newEdits(t, sending) }

// send has an approved call carried out by anna.
func (b *replies) send(s *approvals, number string) (approval.Request, string, error) {
	b.t.Helper()
	r, err := s.Get(b.t.Context(), number)
	require.NoError(b.t, err)
	return b.gate.Send(b.t.Context(), r, "anna")
}

const hello = `{"conversationId":1234,"text":"Hello Emma"}`

// An approver sends as the agent that asked: once, recorded, and for a day the agent's same call says who sent it.
func TestSendForAnApprover(t *testing.T) {
	for agent, call := range map[string]func(string) (tool, arguments string){
		"parks": func(a string) (string, string) { return "reply", a },
		"finds": func(a string) (string, string) { return "call_tool", `{"tool":"reply","arguments":` + a + `}` },
	} {
		t.Run(agent, func(t *testing.T) {
			b, wire, s := newSends(t)
			tool, asked := call(hello)
			number := b.parksAs(agent, tool, asked)
			_, _, err := b.send(s, number)
			require.ErrorContains(t, err, "is pending; nothing was sent")
			require.Empty(t, wire.sent)
			s.approve(number)
			now, answer, err := b.send(s, number)
			require.NoError(t, err)
			require.Equal(t, []string{"Hello Emma"}, wire.sent)
			require.Contains(t, answer, "sent")
			require.Equal(t, []any{approval.Done, audit.OutcomeDone, "anna"}, []any{now.State, now.Outcome, now.SentBy})
			require.Empty(t, now.Text)
			r := b.records.last()
			require.Equal(t, []any{agent, "anna", "anna", number, audit.EventOutcome}, []any{r.Agent, r.Approver, r.Sender, r.Approval, r.Event})
			require.Contains(t, r.Text, "approved and sent by anna")

			_, _, err = b.send(s, number)
			require.Error(t, err)
			for _, age := range []time.Duration{0, time.Hour, approval.SentFor - time.Minute} {
				s.clock.Advance(now.Sent.Add(age).Sub(s.clock.Now()))
				b.gate = gate.New(gate.Config{Rules: parse(t, sending), Client: b.client, Audit: b.records, Approvals: s, JSON: true}) // which forgot the journal
				a := b.call(agent, tool, asked)
				require.False(t, a.Failed, a.Text)
				require.Contains(t, a.Text, "sent by anna at "+now.Sent.UTC().Format("15:04"))
				require.Contains(t, a.Text, "nothing was sent now")
				require.Equal(t, []any{audit.OutcomeRefused, "it was sent by anna before", number}, []any{b.records.last().Outcome, b.records.last().Reason, b.records.last().Approval})
			}
			require.Len(t, wire.sent, 1)
			tool, insisted := call(insisting(hello))
			require.NotEqual(t, number, b.parksAs(agent, tool, insisted), "the agent may ask for a second time")
			s.clock.Advance(time.Hour)
			require.NotEqual(t, number, b.parksAs(agent, tool, asked))
		})
	}
}

// What an approver changed is sent, and the agent's same call says that it was changed.
func TestSendEdited(t *testing.T) {
	b, wire, s := newSends(t)
	number := b.parksAs("parks", "send_message", hello)
	s.edit(number, "Hello Emma, all is well")
	_, _, err := b.send(s, number)
	require.NoError(t, err)
	require.Equal(t, []string{"Hello Emma, all is well"}, wire.sent)
	require.NotNil(t, b.records.last().Edited)
	a := b.call("parks", "send_message", hello)
	require.Contains(t, a.Text, "sent by anna at ")
	require.Contains(t, a.Text, "with a text that anna changed")
}

// The rules, the bound, the freeze, the budget and the newest message are those of the moment in which it is sent.
func TestSendUnderTheRulesInForce(t *testing.T) {
	for name, c := range map[string]struct {
		agent  string
		before func(b *replies, s *approvals)
		says   string
	}{
		"no longer on_approval: send": {"parks", func(b *replies, _ *approvals) {
			b.gate.Reload(b.t.Context(), parse(b.t, strings.ReplaceAll(sending, ", on_approval: send", "")))
		}, "does not say on_approval: send"},
		"it never said so": {"asks", func(*replies, *approvals) {}, "does not say on_approval: send"},
		"no approval is needed any more": {"parks", func(b *replies, _ *approvals) {
			b.gate.Reload(b.t.Context(), parse(b.t, strings.Replace(sending, "parks: {acts_as: luis, access: {\"*\": send}, confirm: {send: approver}", "parks: {acts_as: luis, access: {\"*\": send}, confirm: {erase: approver}", 1)))
		}, "does not need an approval any more"},
		"the grant is gone": {"parks", func(b *replies, _ *approvals) {
			b.gate.Reload(b.t.Context(), parse(b.t, strings.ReplaceAll(sending, "parks: {", "parks: {deny: [send_message], ")))
		}, "send_message"},
		"the agent is gone": {"parks", func(b *replies, _ *approvals) {
			b.gate.Reload(b.t.Context(), parse(b.t, strings.ReplaceAll(sending, "  parks:", "  other:")))
		}, "parks"},
		"the approver is gone": {"parks", func(b *replies, _ *approvals) {
			b.gate.Reload(b.t.Context(), parse(b.t, strings.ReplaceAll(sending, "2c26b46b", "3c26b46b")))
		}, "may no longer decide"},
		"outside the bound": {"within", func(b *replies, _ *approvals) {
			do(b.bed, dixaclient.TransferConversation, dixaclient.TransferConversationIn{ConversationRef: ref(1234), QueueID: returns})
		}, "could not be found"},
		"a new message": {"parks", func(b *replies, _ *approvals) {
			do(b.bed, dixaclient.RecordMessage, dixaclient.RecordMessageIn{ConversationRef: ref(1234), MessageText: dixaclient.MessageText{Text: "Wait!"}})
		}, "a message arrived in the conversation after the agent asked"},
		"frozen": {"parks", func(b *replies, s *approvals) {
			b.gate = gate.New(gate.Config{Rules: parse(b.t, sending), Client: b.client, Audit: b.records, Approvals: s, JSON: true, Frozen: func(string) (string, bool) { return "odd", true }})
		}, "frozen"},
		"expired": {"parks", func(_ *replies, s *approvals) { s.clock.Advance(approval.Lifetime) }, "is expired; nothing was sent"},
	} {
		t.Run(name, func(t *testing.T) {
			b, wire, s := newSends(t)
			number := b.parksAs(c.agent, "send_message", hello)
			s.approve(number)
			r, err := s.Get(t.Context(), number)
			require.NoError(t, err)
			c.before(b, s)
			effects, sent := len(b.dixa.Effects()), len(wire.sent)
			_, _, err = b.gate.Send(t.Context(), r, "anna")
			require.ErrorContains(t, err, c.says)
			require.Len(t, b.dixa.Effects(), effects)
			require.Len(t, wire.sent, sent)
		})
	}
	t.Run("the budget", func(t *testing.T) {
		b, wire, s := newSends(t)
		first, second := b.parksAs("tight", "send_message", hello), b.parksAs("tight", "send_message", `{"conversationId":1235,"text":"Hello"}`)
		s.approve(first)
		s.approve(second)
		_, _, err := b.send(s, first)
		require.NoError(t, err)
		_, _, err = b.send(s, second)
		require.ErrorContains(t, err, "used up its budget")
		require.Len(t, wire.sent, 1)
	})
}

// An approver sends for the person for whom the agent asked: in that person's name, as long as they may use the agent.
func TestSendForAPerson(t *testing.T) {
	b, wire, s := newSends(t)
	anna, _ := b.dixaAgents()
	r := request("mine", "send_message", hello)
	r.Person, r.Key = person(anna.Email), capability.TokenKey
	a := b.gate.Call(t.Context(), r)
	list, err := s.List(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1, a.Text)
	s.approve(list[0].Number)
	without := strings.Replace(sending, "email_domain: [example.com]", "email: [boss@example.com]", 1)
	b.gate.Reload(t.Context(), parse(t, without))
	_, _, err = b.send(s, list[0].Number)
	require.ErrorContains(t, err, "may not use agent mine any more")
	b.gate.Reload(t.Context(), parse(t, sending))
	_, _, err = b.send(s, list[0].Number)
	require.NoError(t, err)
	require.Len(t, wire.sent, 1)
	require.Equal(t, []string{anna.Email, "anna"}, []string{b.records.last().Person, b.records.last().Sender})
	messages := do(b.bed, dixaclient.ListMessages, dixaclient.ListMessagesIn{ConversationRef: ref(1234)})
	require.Equal(t, anna.ID, messages[len(messages)-1].AuthorID)
	same := b.gate.Call(t.Context(), r)
	require.Contains(t, same.Text, "sent by anna at ")
	other := r
	other.Person = person("bo@example.com")
	require.NotContains(t, b.gate.Call(t.Context(), other).Text, "sent by anna at ", "another person's call is another call")
}

// Of approvers and agents in several processes, one sends.
func TestSendOnce(t *testing.T) {
	b, wire, s := newSends(t)
	number := b.parksAs("parks", "send_message", hello)
	s.approve(number)
	r, err := s.Get(t.Context(), number)
	require.NoError(t, err)
	var gates []*gate.Gate
	for range 4 { // processes that share the store of approvals and nothing else
		gates = append(gates, gate.New(gate.Config{
			Rules: parse(t, sending), Client: b.client, Audit: b.records, JSON: true, Journal: journal.NewMemory(time.Now), Jobs: jobs.New(jobs.NewMemory(time.Now), []byte("x"), time.Now),
			Approvals: approval.NewDir(s.path, s.clock.Now),
		}))
	}
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			if i%3 == 0 {
				gates[i%4].Call(context.Background(), request("parks", "send_message", hello))
				return
			}
			_, _, _ = gates[i%4].Send(context.Background(), r, "anna")
		})
	}
	all.Wait()
	require.Len(t, wire.sent, 1)
}

// A process that is killed while it sends for an approver leaves the agent's same call refused, since it may have been sent.
func TestSendInterrupted(t *testing.T) {
	b, wire, s := newSends(t)
	number := b.parksAs("parks", "send_message", hello)
	s.approve(number)
	r, err := s.Get(t.Context(), number)
	require.NoError(t, err)
	_, err = s.Send(t.Context(), r.Agent, r.Digest, "anna") // as far as it came
	require.NoError(t, err)
	a := b.call("parks", "send_message", hello)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "anna began to send it at ")
	require.Contains(t, a.Text, "it is not known whether all of it was done")
	require.Empty(t, wire.sent)
}

// A job is carried out by its agent alone.
func TestSendNoJob(t *testing.T) {
	b, _, s := newSends(t)
	prepared := b.call("jobs", "bulk_update", `{"conversationIds":[1234,1235],"close":true}`)
	require.False(t, prepared.Failed, prepared.Text)
	handle := handles.FindString(prepared.Text)
	number := b.parksAs("jobs", "bulk_update", `{"handle":"`+handle+`"}`)
	s.approve(number)
	_, _, err := b.send(s, number)
	require.ErrorContains(t, err, "only the agent carries it out")
}

// The drafts of an agent wait for an approver, who sends them as they are; for others they are notes and nothing else.
func TestSendADraft(t *testing.T) {
	b, wire, s := newSends(t)
	number := b.draft("parks", `{"conversationId":1234,"text":"Hello from a draft"}`)
	list, err := s.List(t.Context(), approval.Pending)
	require.NoError(t, err)
	require.Len(t, list, 1)
	r := list[0]
	require.Equal(t, []any{number, "reply", "Hello from a draft", "parks"}, []any{r.Draft, r.Tool, r.Text, r.Agent})
	require.Equal(t, 7*24*time.Hour, r.Expires.Sub(r.Created).Round(time.Hour))
	require.Equal(t, r.Number, b.parksAs("parks", "reply", `{"conversationId":1234,"draft":"`+number+`"}`), "the agent's own call is the same one")
	s.approve(r.Number)
	_, _, err = b.send(s, r.Number)
	require.NoError(t, err)
	require.Equal(t, []string{"Hello from a draft"}, wire.sent)
	require.Contains(t, b.call("parks", "reply", `{"conversationId":1234,"draft":"`+number+`"}`).Text, "sent by anna at ")

	for _, agent := range []string{"asks", "drafts"} {
		require.NotEmpty(t, b.draft(agent, `{"conversationId":1235,"text":"Hello from `+agent+`"}`))
	}
	list, err = s.List(t.Context(), approval.Pending)
	require.NoError(t, err)
	require.Empty(t, list)
}

// A draft whose note was changed in Dixa is not sent.
func TestSendAChangedDraft(t *testing.T) {
	b, wire, s := newSends(t)
	b.draft("parks", `{"conversationId":1234,"text":"Hello from a draft"}`)
	list, err := s.List(t.Context(), approval.Pending)
	require.NoError(t, err)
	s.approve(list[0].Number)
	wire.path, wire.edit = "/notes", func(body string) string { return strings.ReplaceAll(body, "Hello from a draft", "Send me money") }
	_, _, err = b.send(s, list[0].Number)
	require.ErrorContains(t, err, "changed in Dixa after it was written")
	require.Empty(t, wire.sent)
	require.False(t, slices.Contains(wire.sent, "Send me money"))
}
