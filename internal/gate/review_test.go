package gate_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
)

const reviewing = `version: 1
oidc: {issuer: "https://login.example.com", audience: dixa-mcp}
people: [{email_domain: [example.com], agents: [mine]}]
names: {dixa_agent: {bot: ` + bot + `}, queue: {billing: ` + billing + `, returns: ` + returns + `}}
approvers:
  anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [write, send, erase]}
agents:
  whole: {acts_as: bot, access: {"*": send}, confirm: {write: approver}, budget: {requests_per_day: 60}}
  blind: {acts_as: bot, allow: [send_message, list_messages], confirm: {send: approver}}
  blinder: {acts_as: bot, allow: [send_message], confirm: {send: approver}}
  bounded: {acts_as: bot, access: {"*": send}, only: {queue: [billing]}, confirm: {send: approver}}
  mine: {acts_as: caller, access: {"*": read, messages: send}, only: {assignee: [me]}, confirm: {send: approver}, budget: {requests_per_day: 60}}
  new: {acts_as: bot, access: {"*": send}, confirm: {write: approver}}
`

// reviews is a bed with parked calls.
type reviews struct {
	*bed
	store *approvals
}

func newReviews(t *testing.T) *reviews {
	b := &reviews{newBed(t, reviewing), parking(t)}
	b.stand(reviewing, gate.Config{Approvals: b.store})
	return b
}

// parks makes a call that must be approved, and returns the request.
func (b *reviews) parks(r gate.Request) approval.Request {
	b.t.Helper()
	a := b.gate.Call(b.t.Context(), r)
	var said struct{ Waiting string }
	require.NoError(b.t, json.Unmarshal([]byte(a.Text), &said), a.Text)
	parked, err := b.store.Get(b.t.Context(), said.Waiting)
	require.NoError(b.t, err)
	return parked
}

func (b *reviews) review(r approval.Request) approval.Review {
	return b.gate.Review(b.t.Context(), r, "anna", "2c26b46b")
}

func agentOf(t *testing.T, g *gate.Gate, name string) *capability.Agent {
	a, err := g.Rules().Agent(name)
	require.NoError(t, err)
	return a
}

// An approver sees who gets what, in which conversation, after which messages, and the record names the approver.
func TestReview(t *testing.T) {
	b := newReviews(t)
	r := b.parks(request("whole", "reply", `{"conversationId":1234,"text":"Refunded\u202e.","close":true}`))
	require.Equal(t, "Refunded\u202e.", r.Text)
	require.Equal(t, []approval.Step{{What: "message", After: "sent"}, {What: "state", Before: "Open", After: "Closed"}}, r.Steps)
	left, err := b.gate.BudgetLeft(t.Context(), agentOf(t, b.gate, "whole"))
	require.NoError(t, err)

	seen := b.review(r)
	require.True(t, seen.Live, seen.Note)
	require.Empty(t, seen.Note)
	require.Empty(t, seen.LeftOut)
	require.False(t, seen.Overtaken)
	require.Equal(t, approval.Customer{Name: "Emma Clarke", Email: "emma.clarke@example.com"}, seen.Customer)
	require.Equal(t, []string{"Double charge on order HB-204518, please refund", "Email", "billing", "Open", "emma.clarke@example.com"}, []string{seen.Subject, seen.Channel, seen.Queue, seen.State, seen.To})
	require.Len(t, seen.Messages, 5)
	last := seen.Messages[4]
	require.Equal(t, []any{5, "customer", true}, []any{last.Number, last.Author, last.Untrusted})
	require.Contains(t, last.Text, "the £84.90 never arrived")
	require.Equal(t, "Luis Ortega", seen.Messages[1].Author)
	require.Contains(t, seen.Thread, "| I am afraid that the £84.90 never arrived")
	record := b.records.last()
	require.Equal(t, []any{audit.EventRead, "whole", r.Number, "anna", "2c26b46b", audit.OutcomeDone}, []any{record.Event, record.Agent, record.Approval, record.Approver, record.ApproverKey, record.Outcome})
	require.Equal(t, "anna read conversation 1234 as whole, to decide about "+r.Number, record.Text)
	require.NotEmpty(t, record.Operations)

	after, err := b.gate.BudgetLeft(t.Context(), agentOf(t, b.gate, "whole"))
	require.NoError(t, err)
	require.Equal(t, left[0].Used, after[0].Used, "an approver does not use up the agent's budget")

	do(b.bed, dixaclient.SendMessage, dixaclient.SendMessageIn{ConversationRef: ref(1234), MessageText: dixaclient.MessageText{Text: "Wait!"}, AgentID: bot})
	require.True(t, b.review(r).Overtaken)
}

// What the agent may not read, its approver does not read either; what is missing is named.
func TestReviewHasNoPrivileges(t *testing.T) {
	b := newReviews(t)
	blind := b.review(b.parks(request("blind", "send_message", `{"conversationId":1234,"text":"Hello"}`)))
	require.True(t, blind.Live)
	require.Equal(t, []string{"the conversation (get_conversation is not granted to blind)"}, blind.LeftOut)
	require.Len(t, blind.Messages, 5)
	require.Empty(t, blind.Subject+blind.Customer.Email+blind.To)

	from := len(b.dixa.Requests())
	blinder := b.review(b.parks(request("blinder", "send_message", `{"conversationId":1234,"text":"Hello"}`)))
	require.False(t, blinder.Live)
	require.Len(t, blinder.LeftOut, 2)
	require.Len(t, b.dixa.Requests(), from+1, "the newest message, when it was parked")
	require.Empty(t, blinder.Thread)
	require.False(t, blinder.Overtaken, "that is not known")

	bounded := b.parks(request("bounded", "send_message", `{"conversationId":1234,"text":"Hello"}`))
	require.NotEmpty(t, b.review(bounded).Messages)
	do(b.bed, dixaclient.TransferConversation, dixaclient.TransferConversationIn{ConversationRef: ref(1234), QueueID: returns})
	outside := b.review(bounded)
	require.False(t, outside.Live)
	require.Contains(t, outside.Note, "Something could not be read in Dixa: ")
	require.Empty(t, outside.Subject+outside.Thread+outside.Customer.Email)
}

// A review is for the person for whom the agent asked: it reads what that person's agent may read.
func TestReviewForThePerson(t *testing.T) {
	b := newReviews(t)
	h := seeded(t)
	var own, others int64
	var who dixaclient.Agent
	anna, _ := b.dixaAgents()
	for _, c := range h.conversations {
		switch {
		case c.Assignment == nil || c.State != "Open":
		case c.Assignment.AgentID == anna.ID:
			own, who = c.ID, anna
		default:
			others = c.ID
		}
	}
	require.NotZero(t, own)
	p := person(who.Email)
	call := request("mine", "send_message", `{"conversationId":`+itoa(own)+`,"text":"Hello"}`)
	call.Person, call.Key = p, "oidc"
	r := b.parks(call)
	b.stand(reviewing, gate.Config{Approvals: b.store}) // which looks the person's Dixa agent up again
	require.NotEmpty(t, b.review(r).Messages)
	left, err := b.gate.BudgetLeft(t.Context(), agentOf(t, b.gate, "mine"))
	require.NoError(t, err)
	require.Zero(t, left[0].Used)
	elsewhere := r
	elsewhere.Conversation = others
	require.Empty(t, b.review(elsewhere).Messages)
	for name, change := range map[string]func(*approval.Request){
		"another person": func(r *approval.Request) { r.Person = "joe@example.com" },
		"nobody known":   func(r *approval.Request) { r.SignedIn = nil },
	} {
		other := r
		change(&other)
		seen := b.review(other)
		require.False(t, seen.Live, name)
		require.Contains(t, seen.Note, "it is not known any more for whom mine asked", name)
	}
	b.gate.Reload(t.Context(), parse(t, strings.Replace(reviewing, "email_domain: [example.com]", "email: [boss@example.com]", 1)))
	require.Contains(t, b.review(r).Note, "may not use agent mine any more")
}

// A call about no conversation shows the customer whom it names.
func TestReviewOfANewConversation(t *testing.T) {
	b := newReviews(t)
	h := seeded(t)
	c := h.conversations[slices.IndexFunc(h.conversations, func(c dixaclient.Conversation) bool { return c.ID == 1234 })]
	r := b.parks(request("new", "create_conversation", `{"channel":"Email","requesterId":"`+string(c.RequesterID)+`","emailIntegrationId":"billing@email.dixa.io","subject":"Hi","text":"Hello"}`))
	require.Equal(t, "Hello", r.Text)
	seen := b.review(r)
	require.Equal(t, "Emma Clarke", seen.Customer.Name, seen.Note)
	require.Empty(t, seen.Messages)
	none := b.review(b.parks(request("new", "create_tag", `{"name":"gold"}`)))
	require.False(t, none.Live)
	require.Contains(t, none.Note, "no conversation and no customer")
}

// A review never fails: with Dixa away, the agent stopped or gone, it says so.
func TestReviewWithoutDixa(t *testing.T) {
	b := newReviews(t)
	r := b.parks(request("whole", "reply", `{"conversationId":1234,"text":"Refunded."}`))
	b.dixa.Inject(offline.Fault{Match: "GET /v1/conversations/{conversationId}", Kind: offline.Forbidden, Times: 1})
	seen := b.review(r)
	require.False(t, seen.Live)
	require.NotEmpty(t, seen.Note)
	require.Equal(t, audit.OutcomeFailed, b.records.last().Outcome)

	b.stand(reviewing, gate.Config{Approvals: b.store, Frozen: func(string) (string, bool) { return "odd", true }})
	require.Contains(t, b.review(r).Note, "frozen")
	require.Empty(t, b.records.list)
	b.stand(strings.Replace(reviewing, "  whole:", "  other:", 1), gate.Config{Approvals: b.store})
	require.Contains(t, b.review(r).Note, "whole")
}

// What was sent is read like what waits: as the agent that sent it, inside its bound, with a record, and not for a person.
func TestReviewSent(t *testing.T) {
	b := newReviews(t)
	call := func(r gate.Request) audit.Record {
		asked := b.parks(r)
		b.store.approve(asked.Number)
		require.False(t, b.gate.Call(t.Context(), r).Failed)
		sent := b.records.last()
		require.Equal(t, []any{audit.EventOutcome, audit.OutcomeDone}, []any{sent.Event, sent.Outcome})
		sent.Time = time.Now()
		return sent
	}
	sent := call(request("bounded", "send_message", `{"conversationId":1234,"text":"The first."}`))
	seen := b.gate.ReviewSent(t.Context(), sent, 1234, "anna", "2c26b46b")
	require.True(t, seen.Live, seen.Note)
	require.Len(t, seen.Messages, 2)
	require.Equal(t, []any{5, "customer", 6, "The first."}, []any{seen.Messages[0].Number, seen.Messages[0].Author, seen.Messages[1].Number, seen.Messages[1].Text})
	require.Empty(t, seen.Subject+seen.Customer.Email)
	record := b.records.last()
	require.Equal(t, []any{audit.EventRead, "bounded", "anna", "2c26b46b", "anna read conversation 1234 as bounded, to review what was sent"}, []any{record.Event, record.Agent, record.Approver, record.ApproverKey, record.Text})

	for range 12 { // of the customer, since then
		do(b.bed, dixaclient.RecordMessage, dixaclient.RecordMessageIn{ConversationRef: ref(1234), MessageText: dixaclient.MessageText{Text: "And?"}})
	}
	seen = b.gate.ReviewSent(t.Context(), sent, 1234, "anna", "2c26b46b")
	require.Equal(t, "The first.", seen.Messages[len(seen.Messages)-1].Text)
	require.Len(t, seen.Messages, 2)

	waits := b.review(b.parks(request("bounded", "send_message", `{"conversationId":1234,"text":"Later."}`)))
	require.Equal(t, []int{10, 8}, []int{len(waits.Messages), waits.Earlier}, "an approver sees the last ones")
	old := sent
	old.Time = sent.Time.AddDate(0, 0, -300)
	seen = b.gate.ReviewSent(t.Context(), old, 1234, "anna", "2c26b46b")
	require.False(t, seen.Live)
	require.Contains(t, seen.Note, "no message to the customer from that time any more")
	for name, change := range map[string]func(*audit.Record){
		"as whom nobody else reads": func(r *audit.Record) { r.Person = "anna@example.com" },
		`no agent "gone"`:           func(r *audit.Record) { r.Agent = "gone" },
	} {
		other := sent
		change(&other)
		from := len(b.records.list)
		seen = b.gate.ReviewSent(t.Context(), other, 1234, "anna", "2c26b46b")
		require.Empty(t, seen.Messages, name)
		require.Contains(t, seen.Note, name)
		require.Len(t, b.records.list, from, name)
	}
	b.stand(reviewing, gate.Config{Approvals: b.store}) // which does not remember where the conversation was
	do(b.bed, dixaclient.TransferConversation, dixaclient.TransferConversationIn{ConversationRef: ref(1234), QueueID: returns})
	seen = b.gate.ReviewSent(t.Context(), sent, 1234, "anna", "2c26b46b")
	require.False(t, seen.Live)
	require.Empty(t, seen.Messages)
	require.Equal(t, audit.OutcomeFailed, b.records.last().Outcome)
}

// What cannot be seen in a customer's words and names is shown, wherever an approver reads it.
func TestReviewShowsInvisibleCharacters(t *testing.T) {
	b := newReviews(t)
	hidden := strings.NewReplacer("Double charge", `Double\u202e charge`, "Emma Clarke", `Emma\u202e Clarke`, "emma.clarke@example.com", `emma\u200b.clarke@example.com`,
		`"phoneNumber":"+`, `"phoneNumber":"\u202e+`, "never arrived", `never\u202e arrived`)
	path := ""
	wire := recording(func(r *http.Request) (*http.Response, error) {
		answer, err := direct{b.dixa}.RoundTrip(r)
		if err == nil && r.Method == http.MethodGet && strings.Contains(r.URL.Path, path) {
			body, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			answer.Body, answer.ContentLength = io.NopCloser(strings.NewReader(hidden.Replace(string(body)))), -1
		}
		return answer, err
	})
	var err error
	b.client, err = dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, Transport: wire, Rate: 1e6, Burst: 1e6})
	require.NoError(t, err)
	b.stand(reviewing, gate.Config{Approvals: b.store})
	seen := b.review(b.parks(request("whole", "reply", `{"conversationId":1234,"text":"Refunded."}`)))
	require.True(t, seen.Live, seen.Note)
	require.Contains(t, seen.Subject, "Double<U+202E> charge")
	require.Equal(t, []string{"Emma<U+202E> Clarke", "emma<U+200B>.clarke@example.com"}, []string{seen.Customer.Name, seen.Customer.Email})
	require.Equal(t, "emma<U+200B>.clarke@example.com", seen.To)
	all, err := json.Marshal(seen)
	require.NoError(t, err)
	for _, unseen := range []string{"\u202e", "\u200b", `\u202e`, `\u200b`} {
		require.NotContains(t, string(all), unseen)
	}
	// The address in the conversation is who gets it, where there is one; otherwise the customer's is.
	r := b.parks(request("whole", "reply", `{"conversationId":1234,"text":"Refunded, Emma."}`))
	hidden, path = strings.NewReplacer("emma.clarke@example.com", "other@example.com"), "/endusers/"
	seen = b.review(r)
	require.Equal(t, []string{"emma.clarke@example.com", "other@example.com"}, []string{seen.To, seen.Customer.Email})
	path = "/conversations/1234"
	hidden = strings.NewReplacer("emma.clarke@example.com", "")
	require.Equal(t, "emma.clarke@example.com", b.review(r).To)
}
