package serve

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/capability"
)

const (
	elicitation = "elicitation/create"
	canBeAsked  = `{"elicitation":{}}`
	hello       = `{"protocolVersion":"2025-11-25","capabilities":%s,"clientInfo":{"name":"test","version":"1"}}`
	closeIt     = `{"name":"close_conversation","arguments":{"conversationId":1234}%s}`
)

// connectAsking is a peer whose agent needs a confirmation for every write.
func connectAsking(t *testing.T) *peer {
	t.Helper()
	rules, err := capability.Parse("asks.yaml", []byte(`{version: 1, stdio: [support], agents: {support: {access: {"*": erase}, confirm: {write: client}}}}`))
	require.NoError(t, err)
	p := connect(t, settings{})
	p.gate.Reload(t.Context(), rules)
	return p
}

// asked is the question of a server before 2026-07-28.
type asked struct {
	Message         string
	Mode            string
	RequestedSchema struct {
		Type       string
		Properties map[string]any
	}
}

// greet says hello as a client before 2026-07-28, and begins to close a conversation.
func (p *peer) greet(capabilities string) {
	p.t.Helper()
	require.Nil(p.t, p.ask("0", "initialize", fmt.Sprintf(hello, capabilities)).Error)
	p.send(rpc("1", "tools/call", fmt.Sprintf(closeIt, "")))
}

func (p *peer) reply(id json.RawMessage, result string) {
	p.t.Helper()
	p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,%s}`, id, result))
}

// Before 2026-07-28 the question is a request of the server's own, and the call waits for its answer.
func TestAskBefore2026(t *testing.T) {
	for _, c := range []struct {
		name, reply, says string
		done, protocol    bool
	}{
		{"accepted", `"result":{"action":"accept","content":{}}`, "Open → Closed", true, false},
		{"accepted, with an error of null", `"result":{"action":"accept","content":{}},"error":null`, "Open → Closed", true, false},
		{"declined", `"result":{"action":"decline"}`, "the person at the client said no. Do not call it again as it is; ask what should be done instead. Nothing was sent to Dixa.", false, false},
		{"cancelled", `"result":{"action":"cancel"}`, "the person at the client said no. Do not call it again as it is; ask what should be done instead. Nothing was sent to Dixa.", false, false},
		{"answered with nothing", `"result":{}`, "the person at the client said no. Do not call it again as it is; ask what should be done instead. Nothing was sent to Dixa.", false, false},
		{"answered with null", `"result":null`, "the person at the client said no. Do not call it again as it is; ask what should be done instead. Nothing was sent to Dixa.", false, false},
		{"answered with another word", `"result":{"action":"ACCEPT"}`, "the person at the client said no. Do not call it again as it is; ask what should be done instead. Nothing was sent to Dixa.", false, false},
		{"answered with nonsense", `"result":"accept"`, "", false, true},
		{"refused", `"error":{"code":-32603,"message":"no window"}`, "refused to ask its user", false, true},
	} {
		bubble(t, c.name, func(t *testing.T) {
			p := connectAsking(t)
			p.greet(canBeAsked)
			question := p.wait(elicitation)
			var q asked
			require.NoError(t, json.Unmarshal(question.Params, &q))
			require.Equal(t, "The agent support wants to close conversation 1234 (state: Open → Closed).\n\nconversationId: 1234", q.Message)
			require.Equal(t, "object", q.RequestedSchema.Type)
			require.Empty(t, q.RequestedSchema.Properties)
			synctest.Wait()
			p.silent("1")
			require.Empty(t, p.dixa.Effects())

			p.reply(json.RawMessage(`"ask-999"`), `"result":{"action":"accept"}`) // nobody asked that
			synctest.Wait()
			p.silent("1")
			p.reply(question.ID, c.reply)
			r := p.wait("1")
			if c.protocol {
				require.NotNil(t, r.Error)
				require.Contains(t, r.Error.Message, c.says)
			} else {
				a := said(t, r)
				require.Equal(t, !c.done, a.IsError)
				require.Contains(t, a.Content[0].Text, c.says)
			}
			require.Len(t, p.dixa.Effects(), map[bool]int{true: 1}[c.done])
			p.reply(question.ID, `"result":{"action":"accept"}`) // once more: nobody waits for it
			p.end()
			require.Len(t, p.dixa.Effects(), map[bool]int{true: 1}[c.done])
			p.silent(elicitation)
		})
	}
}

// A person who answers late, or a client that goes away, does nothing.
func TestAskBefore2026Unanswered(t *testing.T) {
	bubble(t, "too late", func(t *testing.T) {
		p := connectAsking(t)
		p.greet(canBeAsked)
		question := p.wait(elicitation)
		time.Sleep(10*time.Minute + time.Second) // of the bubble's clock
		p.reply(question.ID, `"result":{"action":"accept"}`)
		require.Contains(t, said(t, p.wait("1")).Content[0].Text, "the confirmation has expired. Call again without it. Nothing was sent to Dixa.")
		p.end()
		require.Empty(t, p.dixa.Effects())
	})
	bubble(t, "the call is cancelled", func(t *testing.T) {
		p := connectAsking(t)
		p.greet(canBeAsked)
		question := p.wait(elicitation)
		p.send(cancel("1"))
		synctest.Wait()
		p.reply(question.ID, `"result":{"action":"accept"}`)
		p.end()
		p.silent("1")
		require.Empty(t, p.dixa.Effects())
	})
	bubble(t, "the client goes", func(t *testing.T) {
		p := connectAsking(t)
		p.greet(canBeAsked)
		p.wait(elicitation)
		p.end()
		require.Empty(t, p.dixa.Effects())
	})
	bubble(t, "the client cannot ask", func(t *testing.T) {
		p := connectAsking(t)
		p.greet(`{}`)
		a := said(t, p.wait("1"))
		require.True(t, a.IsError)
		require.Contains(t, a.Content[0].Text, "this client cannot ask for one (it does not support elicitation). Tell the user: use a client that does, or let the operator set confirm: approver. Nothing was sent to Dixa.")
		p.silent(elicitation)
		p.end()
		require.Empty(t, p.dixa.Effects())
	})
}

// Two questions at a time do not get each other's answers.
func TestAskBefore2026SideBySide(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p := connectAsking(t)
		p.greet(canBeAsked)
		first := p.wait(elicitation)
		p.send(call("2", "close_conversation", `{"conversationId":2951}`))
		second := p.wait(elicitation)
		require.NotEqual(t, string(first.ID), string(second.ID))
		require.Contains(t, string(second.Params), "conversation 2951")
		p.reply(second.ID, `"result":{"action":"decline"}`)
		require.True(t, said(t, p.wait("2")).IsError)
		p.reply(first.ID, `"result":{"action":"accept"}`)
		require.False(t, said(t, p.wait("1")).IsError)
		p.end()
		require.Len(t, p.dixa.Effects(), 1)
		require.Contains(t, p.dixa.Effects()[0].Path, "1234")
	})
}

const modernAsked = `,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}`

// required is a result that asks for confirmation.
type required struct {
	ResultType, RequestState string
	InputRequests            map[string]struct {
		Method string
		Params asked
	}
}

// Since 2026-07-28 the question is the result of the call, which comes again with the answer and the state.
func TestAskSince2026(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p := connectAsking(t)
		next := 0
		try := func(more string) reply {
			next++
			return p.ask(fmt.Sprint(next), "tools/call", fmt.Sprintf(closeIt, more+modernAsked))
		}
		with := func(state, action string) string {
			return fmt.Sprintf(`,"requestState":%q,"inputResponses":{"confirm":{"action":%q}}`, state, action)
		}
		question := func() required {
			q := into[required](t, try(""))
			require.Equal(t, "input_required", q.ResultType)
			require.NotEmpty(t, q.RequestState)
			require.Len(t, q.InputRequests, 1)
			require.Equal(t, elicitation, q.InputRequests["confirm"].Method)
			require.Equal(t, "The agent support wants to close conversation 1234 (state: Open → Closed).\n\nconversationId: 1234", q.InputRequests["confirm"].Params.Message)
			return q
		}
		refused := func(more, says string) {
			t.Helper()
			a := said(t, try(more))
			require.True(t, a.IsError)
			require.Contains(t, a.Content[0].Text, says)
			require.Empty(t, p.dixa.Effects())
		}
		for _, action := range []string{"decline", "cancel", "", "yes"} {
			q := question()
			refused(with(q.RequestState, action), "the person at the client said no. Do not call it again as it is; ask what should be done instead. Nothing was sent to Dixa.")
			refused(with(q.RequestState, "accept"), "was used already")
		}
		refused(with("x", "accept"), "was not made here")
		refused(with(strings.ToLower(question().RequestState), "accept"), "was not made here")
		refused(fmt.Sprintf(`,"requestState":%q`, question().RequestState), "said no")
		refused(fmt.Sprintf(`,"requestState":%q,"inputResponses":{"other":{"action":"accept"}}`, question().RequestState), "said no")
		refused(fmt.Sprintf(`,"requestState":%q,"inputResponses":{"confirm":5}`, question().RequestState), "said no")
		again := into[required](t, try(`,"inputResponses":{"confirm":{"action":"accept"}}`))
		require.Equal(t, "input_required", again.ResultType, "a yes without the state of a question is none")

		late := question()
		time.Sleep(10*time.Minute + time.Second) // of the bubble's clock
		refused(with(late.RequestState, "accept"), "has expired")
		a := said(t, p.ask("98", "tools/call", fmt.Sprintf(closeIt, ","+modern)))
		require.Contains(t, a.Content[0].Text, "this client cannot ask")

		q := question()
		done := said(t, try(with(q.RequestState, "accept")))
		require.False(t, done.IsError, done.Content[0].Text)
		require.Len(t, p.dixa.Effects(), 1)
		sent := len(p.dixa.Requests())
		require.Contains(t, said(t, try(with(q.RequestState, "accept"))).Content[0].Text, "nothing was sent; the same call was carried out")
		require.Len(t, p.dixa.Requests(), sent)
		p.silent(elicitation)
		p.end()
		require.Equal(t, 1, p.book.outcomes()["close_conversation done"])
	})
}
