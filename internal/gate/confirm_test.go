package gate_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
)

const confirming = `version: 1
names: {queue: {billing: ` + billing + `}, dixa_agent: {bot: ` + bot + `}}
approvers:
  anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [write, send, erase]}
agents:
  asks: {acts_as: bot, access: {"*": erase}, confirm: {write: client}}
  asks2: {acts_as: bot, access: {"*": erase}, confirm: {write: client}}
  parks: {acts_as: bot, access: {"*": erase}, confirm: {write: approver}}
  parks2: {acts_as: bot, access: {"*": erase}, confirm: {write: approver}}
  asks_within: {acts_as: bot, access: {"*": erase}, confirm: {write: client}, only: {queue: [billing]}}
  parks_within: {acts_as: bot, access: {"*": erase}, confirm: {write: approver}, only: {queue: [billing]}}
  asks_once: {acts_as: bot, access: {"*": erase}, confirm: {write: client}, budget: {writes_per_hour: 1}}
  parks_once: {acts_as: bot, access: {"*": erase}, confirm: {write: approver}, budget: {writes_per_hour: 1}}
`

// lookedUp is what is sent for a question: which message is the newest.
var lookedUp = []string{"GET /v1/conversations/{conversationId}/messages"}

const note = `{"conversationId":1234,"message":"Refund agreed."}`

// stand puts a gate in front of the bed's Dixa, with what a test gives beside the rules.
func (b *bed) stand(file string, c gate.Config) {
	b.t.Helper()
	b.records, b.budgets = &records{}, cmp.Or[gate.Budgets](c.Budgets, gate.NewBudgets())
	c.Rules, c.Client, c.Audit, c.Budgets = parse(b.t, file), b.client, b.records, b.budgets
	c.JSON = true
	b.gate = gate.New(c)
}

// ask makes a call of a client that can ask its person, and gives the question.
func (b *bed) ask(agent, tool, arguments string) *gate.Question {
	b.t.Helper()
	r := request(agent, tool, arguments)
	r.CanAsk = true
	a := b.gate.Call(context.Background(), r)
	require.False(b.t, a.Failed, a.Text)
	require.NotNil(b.t, a.Ask, a.Text)
	return a.Ask
}

// answer makes a call with the answer to a question.
func (b *bed) answer(agent, tool, arguments, state string, yes bool) gate.Answer {
	r := request(agent, tool, arguments)
	r.CanAsk, r.State, r.Accepted = true, state, yes
	return b.gate.Call(context.Background(), r)
}

// refused requires that a call was refused without an effect, and gives its record.
func (b *bed) refused(a gate.Answer, says string) audit.Record {
	b.t.Helper()
	require.True(b.t, a.Failed, a.Text)
	require.Nil(b.t, a.Ask)
	require.Contains(b.t, a.Text, says)
	require.Empty(b.t, b.dixa.Effects())
	r := b.records.last()
	require.Equal(b.t, audit.EventRefused, r.Event)
	return r
}

func (r *records) events() []audit.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []audit.Event
	for _, record := range r.list {
		all = append(all, record.Event)
	}
	return all
}

// A person sees the effect, the conversation and the whole text, and a confirmation carries the call out once.
func TestAskAndYes(t *testing.T) {
	b := newBed(t, confirming)
	text := "Dear Anna,\nagentId: nobody\u202e\x1b[2J" + strings.Repeat("long ", 2000) + "end."
	arguments, err := json.Marshal(map[string]any{"conversationId": 1234, "text": text})
	require.NoError(t, err)
	q := b.ask("asks", "send_message", string(arguments))
	require.True(t, strings.HasPrefix(q.Text, "The agent asks wants to send a message in conversation 1234.\n"), q.Text[:100])
	require.Contains(t, q.Text, "\nconversationId: 1234\n")
	require.Contains(t, q.Text, "\ntext: Dear Anna,\n  | agentId: nobody<U+202E><U+001B>[2Jlong ")
	require.True(t, strings.HasSuffix(q.Text, "long end."))
	require.Equal(t, lookedUp, b.requests(), "only which message is the newest")
	waiting := b.records.last()
	require.Equal(t, audit.EventWaiting, waiting.Event)
	require.Equal(t, "agents.asks.confirm.write (capabilities.yaml:6)", waiting.Confirm)
	require.Equal(t, "asks wants to send a message in conversation 1234: waiting for the person at the client", waiting.Text)

	a := b.answer("asks", "send_message", string(arguments), q.State, true)
	require.False(t, a.Failed, a.Text)
	require.Len(t, b.dixa.Effects(), 1)
	require.Equal(t, []audit.Event{audit.EventWaiting, audit.EventIntent, audit.EventOutcome}, b.records.events())
	done := b.records.last()
	require.Equal(t, "the person at the client", done.Approver)
	require.Contains(t, done.Text, "asks sent a message in conversation 1234: allowed by agents.asks.access.*, approved by the person at the client (2 operations, Dixa 200, 200, ")

	a = b.answer("asks", "send_message", string(arguments), q.State, true)
	require.Contains(t, a.Text, "nothing was sent; the same call was carried out at")
	require.Len(t, b.dixa.Effects(), 1)
}

func TestAskAndNo(t *testing.T) {
	b := newBed(t, confirming)
	q := b.ask("asks", "add_note", note)
	r := b.refused(b.answer("asks", "add_note", note, q.State, false), "add_note: the person at the client said no. Do not call it again as it is; ask what should be done instead. Nothing was sent to Dixa.")
	require.Equal(t, "the person at the client said no", r.Reason)
	require.Contains(t, r.Text, "asks was refused add_note")
	b.refused(b.answer("asks", "add_note", note, q.State, true), "was used already")
	b.refused(b.call("asks", "add_note", note), "this client cannot ask for one (it does not support elicitation). Tell the user: use a client that does, or let the operator set confirm: approver. Nothing was sent to Dixa.")
	require.Equal(t, lookedUp, b.requests())
}

// A confirmation is valid only for the call that it was given to.
func TestYesIsForOneCall(t *testing.T) {
	b := newBed(t, confirming)
	other := newBed(t, confirming)
	q := b.ask("asks", "add_note", note)
	for _, c := range []struct{ name, agent, tool, arguments, state, says string }{
		{"another agent", "asks2", "add_note", note, q.State, "is for another call"},
		{"another tool", "asks", "close_conversation", `{"conversationId":1234}`, q.State, "is for another call"},
		{"another conversation", "asks", "add_note", `{"conversationId":1235,"message":"Refund agreed."}`, q.State, "is for another call"},
		{"another text", "asks", "add_note", `{"conversationId":1234,"message":"Refund agreed!"}`, q.State, "is for another call"},
		{"another call's state", "asks", "add_note", note, b.ask("asks", "close_conversation", `{"conversationId":1234}`).State, "is for another call"},
		{"another process", "asks", "add_note", note, other.ask("asks", "add_note", note).State, "was not made here"},
		{"made up", "asks", "add_note", note, "x", "was not made here"},
		{"only a dot", "asks", "add_note", note, ".", "was not made here"},
		{"two halves", "asks", "add_note", note, splice(q.State, b.ask("asks", "add_note", note).State), "was not made here"},
		{"something behind", "asks", "add_note", note, q.State + ".x", "was not made here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := b.refused(b.answer(c.agent, c.tool, c.arguments, c.state, true), "the confirmation "+c.says+". Call again without it. Nothing was sent to Dixa.")
			require.Equal(t, "its confirmation is not valid", r.Reason)
		})
	}

	// the same agent and arguments, but rules by which something else would be sent
	moved := strings.ReplaceAll(confirming, "{bot: "+bot+"}", "{bot: "+nobody+"}")
	b.gate.Reload(context.Background(), parse(t, moved))
	b.refused(b.answer("asks", "add_note", note, q.State, true), "is for another call")
	b.gate.Reload(context.Background(), parse(t, confirming))
	require.Equal(t, append([]string{"GET /v1/conversations/{conversationId}"}, lookedUp...), b.requests(), "the question about close_conversation says what is there")
	require.False(t, b.answer("asks", "add_note", note, q.State, true).Failed, "what was refused did not use it up")
	require.Len(t, b.dixa.Effects(), 1)
}

// splice joins the contents of one state with the seal of another.
func splice(a, b string) string {
	body, _, _ := strings.Cut(a, ".")
	_, seal, _ := strings.Cut(b, ".")
	return body + "." + seal
}

func TestTamperedState(t *testing.T) {
	b := newBed(t, confirming)
	state := b.ask("asks", "add_note", note).State
	for i := range len(state) {
		for _, bit := range []byte{1, 2, 0x20} {
			bad := []byte(state)
			bad[i] ^= bit
			b.refused(b.answer("asks", "add_note", note, string(bad), true), "was not made here")
		}
		b.refused(b.answer("asks", "add_note", note, state[:i]+state[i+1:], true), "was not made here")
	}
	require.Equal(t, lookedUp, b.requests())
	require.False(t, b.answer("asks", "add_note", note, state, true).Failed)
}

func TestYesExpires(t *testing.T) {
	for after, ok := range map[time.Duration]bool{10*time.Minute - time.Second: true, 10 * time.Minute: false, 10*time.Minute + time.Second: false} {
		t.Run(after.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, confirming)
				q := b.ask("asks", "add_note", note)
				time.Sleep(after) // of the bubble's clock
				a := b.answer("asks", "add_note", note, q.State, true)
				if !ok {
					b.refused(a, "the confirmation has expired")
					return
				}
				require.False(t, a.Failed, a.Text)
				require.Len(t, b.dixa.Effects(), 1)
				time.Sleep(time.Hour)
				require.Contains(t, b.answer("asks", "add_note", note, q.State, true).Text, "the confirmation has expired", "also when its use is forgotten")
			})
		})
	}
}

// Of many that use one yes at the same time, one gets it.
func TestYesOnce(t *testing.T) {
	b := newBed(t, confirming)
	state := b.ask("asks", "add_note", note).State
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() { b.answer("asks", "add_note", note, state, true) })
	}
	callers.Wait()
	require.Len(t, b.dixa.Effects(), 1)
}

// What lies outside a bound is answered like what is missing, before anybody is asked.
func TestNobodyIsAskedAboutOutside(t *testing.T) {
	store := parking(t)
	b := newBed(t, confirming)
	b.stand(confirming, gate.Config{Approvals: store})
	inside, outside := seeded(t).split(func(c *dixaclient.Conversation) bool { return inQueue(c, billing) })
	for _, agent := range []string{"asks_within", "parks_within"} {
		for _, tool := range []struct{ name, more string }{{"add_note", `,"message":"x"`}, {"close_conversation", ""}, {"send_message", `,"text":"x"`}} {
			try := func(id int64) gate.Answer {
				r := request(agent, tool.name, fmt.Sprintf(`{"conversationId":%d%s}`, id, tool.more))
				r.CanAsk = true
				return b.gate.Call(context.Background(), r)
			}
			missing := try(noSuch)
			b.refused(missing, "404")
			require.Equal(t, missing, try(outside[0].ID))
			require.Equal(t, b.records.last().Rule, fmt.Sprintf("agents.%s.only (capabilities.yaml:%d)", agent, map[string]int{"asks_within": 10, "parks_within": 11}[agent]))
			parked, err := store.List(t.Context())
			require.NoError(t, err)
			require.Empty(t, parked)
		}
	}
	require.NotNil(t, b.ask("asks_within", "add_note", fmt.Sprintf(`{"conversationId":%d,"message":"x"}`, inside[0].ID)))
}

// A rehearsal uses nothing up, and nobody is asked about a call that the budget does not allow.
func TestBudgetAndConfirm(t *testing.T) {
	store := parking(t)
	b := newBed(t, confirming)
	b.stand(confirming, gate.Config{Approvals: store})
	for range 5 {
		b.ask("asks_once", "add_note", note)
	}
	const other = `{"conversationId":1234,"message":"more"}`
	q, late := b.ask("asks_once", "add_note", note), b.ask("asks_once", "add_note", other)
	require.False(t, b.answer("asks_once", "add_note", note, q.State, true).Failed)
	for _, state := range []string{"", late.State} {
		a := b.answer("asks_once", "add_note", other, state, true)
		require.Nil(t, a.Ask)
		require.Contains(t, a.Text, "has used up its budget: 1 writes per UTC hour")
		require.Equal(t, "its budget is used up", b.records.last().Reason)
		require.Equal(t, audit.Allowed, b.records.last().Decision)
	}

	store.approve(b.waits("parks_once", note))
	require.False(t, b.call("parks_once", "add_note", note).Failed)
	require.Contains(t, b.call("parks_once", "add_note", `{"conversationId":1234,"message":"more"}`).Text, "has used up its budget")
	list, err := store.List(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1, "nothing was parked in vain")
	require.Len(t, b.dixa.Effects(), 2)
}
