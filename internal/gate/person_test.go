package gate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/clock"
)

const signedIn = `version: 1
oidc: {issuer: "https://login.example.com", audience: dixa-mcp}
people: [{email_domain: [example.com], agents: [desk, mine, approved]}]
approvers:
  anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, email: Billing-Bot@example.com, may: [write]}
  bo: {key_sha256: fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9, may: [write]}
agents:
  desk: {acts_as: caller, access: {"*": erase}, arguments: {claim_conversation.force: ["*"]}}
  mine: {acts_as: caller, access: {"*": read, conversations: write, messages: send}, allow: [add_note, search_conversations], only: {assignee: [me]}}
  approved: {access: {"*": write}, confirm: {write: approver}}
`

// person is somebody who signed in with a verified address, or with none.
func person(email string) *capability.Person {
	return &capability.Person{Issuer: "https://login.example.com", Subject: "sub of " + email, Email: email}
}

func (b *bed) callFor(p *capability.Person, agent, tool, arguments string) gate.Answer {
	r := request(agent, tool, arguments)
	r.Key, r.Person = capability.TokenKey, p
	return b.gate.Call(context.Background(), r)
}

// dixaAgents are two Dixa agents.
func (b *bed) dixaAgents() (anna, bo dixaclient.Agent) {
	var all []dixaclient.Agent
	for page, err := range dixaclient.ListAgents.Pages(context.Background(), b.client, dixaclient.ListAgentsIn{}) {
		require.NoError(b.t, err)
		all = append(all, page.Value...)
	}
	all = slices.DeleteFunc(all, func(a dixaclient.Agent) bool { return a.ID == bot })
	return all[1], all[2] // the first is the one whose token it is
}

type recording func(*http.Request) (*http.Response, error)

func (r recording) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// An agent that acts as its caller acts as the Dixa agent of each person, in every operation that says who acts.
func TestActsAsCaller(t *testing.T) {
	b := newBed(t, signedIn)
	anna, bo := b.dixaAgents()
	var writes []string // bodies
	wire := recording(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet && r.Body != nil {
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			writes = append(writes, string(body))
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		return direct{b.dixa}.RoundTrip(r)
	})
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, Transport: wire, Rate: 1e6, Burst: 1e6})
	require.NoError(t, err)
	b.gate = gate.New(gate.Config{Rules: parse(t, signedIn), Client: client, Audit: b.records, JSON: true})
	for i, c := range []struct{ tool, arguments, argument string }{
		{"add_note", `{"conversationId":1234,"message":"hello"}`, "agentId"},
		{"add_notes", `{"conversationId":1234,"items":[{"message":"a"},{"message":"b"}]}`, "agentId"},
		{"close_conversation", `{"conversationId":1234}`, "userId"},
		{"reopen_conversation", `{"conversationId":1234}`, "userId"},
		{"send_message", `{"conversationId":1234,"text":"hi"}`, "agentId"},
		{"transfer_conversation", `{"conversationId":1234,"queueId":"` + returns + `"}`, "userId"},
	} {
		for _, who := range []dixaclient.Agent{anna, bo} {
			writes = nil
			a := b.callFor(person(strings.ToUpper(who.Email[:1])+who.Email[1:]), "desk", c.tool, c.arguments)
			if a.Failed { // Dixa refuses some of them a second time
				require.Positive(t, i)
				require.NotContains(t, a.Text, "acts as the person")
				continue
			}
			require.True(t, len(writes) > 0 || who.ID == bo.ID, "what one did need not be done again")
			for _, body := range writes {
				require.Contains(t, body, `"`+c.argument+`":"`+string(who.ID)+`"`, c.tool)
			}
			r := b.records.last()
			require.Equal(t, audit.OutcomeDone, r.Outcome)
			require.Equal(t, strings.ToUpper(who.Email[:1])+who.Email[1:], r.Person)
			require.Contains(t, r.Text, "desk for "+r.Person+" ")
		}
		other := strings.TrimSuffix(c.arguments, "}") + `,"agentId":"` + string(bo.ID) + `"}`
		a := b.callFor(person(anna.Email), "desk", c.tool, other)
		require.True(t, a.Failed, "the model cannot choose another")
		require.Contains(t, a.Text, "agentId: got an unknown argument")
	}
}

// Without a person who is exactly one Dixa agent nothing is done, and the answer says what is to be done about it.
func TestCallerUnknown(t *testing.T) {
	b := newBed(t, signedIn)
	anna, bo := b.dixaAgents()
	_, err := dixaclient.UpdateAgent.Do(t.Context(), b.client, dixaclient.UpdateAgentIn{AgentRef: dixaclient.AgentRef{AgentID: bo.ID}, PersonDetails: dixaclient.PersonDetails{AdditionalEmails: dixaclient.Set[string]{"second@example.com"}}})
	require.NoError(t, err)
	for _, c := range []struct {
		who    *capability.Person
		says   string
		reason string
	}{
		{nil, "this connection is that of a program", "no person signed in, and the agent acts as its caller"},
		{person(""), "gives no verified e-mail address", "the person has no verified e-mail address"},
		{person("nobody@example.com"), "no Dixa agent has nobody@example.com as the main e-mail address", "no Dixa agent has the person's e-mail address"},
		{person("second@example.com"), "no Dixa agent has second@example.com", "no Dixa agent has the person's e-mail address"},
		{person(anna.Email[1:]), "no Dixa agent has", "no Dixa agent has the person's e-mail address"},
	} {
		for _, tool := range []string{"add_note", "list_queues"} {
			from := len(b.dixa.Effects())
			a := b.callFor(c.who, "desk", tool, map[string]string{"add_note": note, "list_queues": "{}"}[tool])
			require.True(t, a.Failed)
			require.Contains(t, a.Text, c.says)
			require.Contains(t, a.Text, "Tell the user: ")
			require.Len(t, b.dixa.Effects(), from)
			r := b.records.last()
			require.Equal(t, []any{audit.EventRefused, c.reason, c.who.String()}, []any{r.Event, r.Reason, r.Person})
		}
	}
}

// The Dixa agent is looked up once a minute, and again after a change of Dixa agents by this server.
func TestCallerRemembered(t *testing.T) {
	b := newBed(t, signedIn)
	now := &clock.Clock{}
	b.gate = gate.New(gate.Config{Rules: parse(t, signedIn), Client: b.client, Audit: b.records, JSON: true, Now: now.Now})
	anna, _ := b.dixaAgents()
	lookups := func() (n int) {
		for _, r := range b.dixa.Requests() {
			if r.Operation == "GET /v1/agents" {
				n++
			}
		}
		return n
	}
	from := lookups()
	read := func(email string) bool { return !b.callFor(person(email), "desk", "list_queues", "{}").Failed }
	require.True(t, read(anna.Email))
	require.True(t, read(anna.Email))
	require.Equal(t, from+1, lookups())
	require.False(t, read("new@example.com"))
	created := b.callFor(person(anna.Email), "desk", "create_agent", `{"displayName":"New","email":"new@example.com"}`)
	require.False(t, created.Failed, created.Text)
	require.True(t, read("new@example.com"))

	do(b, dixaclient.DeleteAgent, dixaclient.AgentRef{AgentID: anna.ID}) // by somebody else
	now.Advance(61 * time.Second)
	require.False(t, read(anna.Email))
}

// me is the Dixa agent of each person: nobody reads what is assigned to others.
func TestMeIsCaller(t *testing.T) {
	b := newBed(t, signedIn)
	h := seeded(t)
	of := map[dixaclient.UUID][]int64{}
	for _, c := range h.conversations {
		if c.Assignment != nil {
			of[c.Assignment.AgentID] = append(of[c.Assignment.AgentID], c.ID)
		}
	}
	var people []dixaclient.Agent
	for page, err := range dixaclient.ListAgents.Pages(t.Context(), b.client, dixaclient.ListAgentsIn{}) {
		require.NoError(t, err)
		for _, a := range page.Value {
			if len(of[a.ID]) > 0 && len(people) < 3 {
				people = append(people, a)
			}
		}
	}
	require.Len(t, people, 3)
	var wait sync.WaitGroup
	for _, who := range people { // at once, by the same agent
		wait.Go(func() {
			for _, other := range people {
				for _, id := range of[other.ID][:min(3, len(of[other.ID]))] {
					a := b.callFor(person(who.Email), "mine", "get_conversation", fmt.Sprintf(`{"conversationId":%d}`, id))
					if who.ID == other.ID == a.Failed {
						t.Errorf("%s and the conversation %d of %s: %s", who.Email, id, other.Email, a.Text)
					}
				}
			}
			a := b.callFor(person(who.Email), "mine", "search_conversations", `{"pageLimit":50}`)
			var found struct{ Data []struct{ ID int64 } }
			if err := json.Unmarshal([]byte(a.Text), &found); err != nil || a.Failed {
				t.Errorf("%v %s", err, a.Text)
			}
			for _, c := range found.Data {
				if !slices.Contains(of[who.ID], c.ID) {
					t.Errorf("%s finds %d", who.Email, c.ID)
				}
			}
		})
	}
	wait.Wait()
	require.True(t, b.call("mine", "get_conversation", fmt.Sprintf(`{"conversationId":%d}`, of[people[0].ID][0])).Failed)
}

// What one person did is not the repetition, the undo, the approval or the job of another who uses the same agent.
func TestPersonsApart(t *testing.T) {
	b, s := newBed(t, signedIn), parking(t)
	b.stand(signedIn, gate.Config{Approvals: s})
	x, y := person("anna@example.com"), person("bo@example.com")

	const free = "version: 1\nagents: {a: {access: {\"*\": write}, allow: [bulk_update]}}"
	b.stand(free, gate.Config{Approvals: s})
	const tag = `{"conversationId":1234,"message":"Asked finance."}`
	require.False(t, b.callFor(x, "a", "add_note", tag).Failed)
	require.Contains(t, b.callFor(x, "a", "add_note", tag).Text, "the same call was carried out")
	second := b.callFor(y, "a", "add_note", tag)
	require.NotContains(t, second.Text, "the same call was carried out")
	require.NotContains(t, b.call("a", "add_note", tag).Text, "the same call was carried out")

	require.False(t, b.callFor(x, "a", "update_conversation", `{"conversationId":1234,"queue":"`+returns+`"}`).Failed)
	before := b.state(1234)
	require.Contains(t, before, returns)
	b.callFor(y, "a", "undo", `{"conversationId":1234}`)
	require.Equal(t, before, b.state(1234))
	require.False(t, b.callFor(x, "a", "undo", `{"conversationId":1234}`).Failed)
	require.NotEqual(t, before, b.state(1234))

	b.stand(signedIn, gate.Config{Approvals: s})
	waiting := func(p *capability.Person) string {
		var said struct{ Waiting string }
		a := b.callFor(p, "approved", "add_note", note)
		require.NoError(t, json.Unmarshal([]byte(a.Text), &said), a.Text)
		return said.Waiting
	}
	number := waiting(x)
	require.NotEqual(t, number, waiting(y))
	parked, err := s.Get(t.Context(), number)
	require.NoError(t, err)
	require.Equal(t, "anna@example.com", parked.Person)
	require.Contains(t, b.callFor(y, "approved", "wait_for", `{"approval":"`+number+`"}`).Text, "did not ask for an approval with this number")
	s.approve(number)
	require.NotEqual(t, number, waiting(y), "the approval of another's call")
	require.False(t, b.callFor(x, "approved", "add_note", note).Failed)
}

// With a budget per person one cannot use up that of another; without, all who use an agent share one.
func TestBudgetPerPerson(t *testing.T) {
	for per, others := range map[string]bool{"per: person, ": true, "per: agent, ": false, "": false} {
		b := newBed(t, `version: 1
oidc: {issuer: "https://login.example.com", audience: dixa-mcp}
people: [{email_domain: [example.com], agents: [a]}]
agents: {a: {access: {"*": write}, budget: {`+per+`writes_per_day: 2}}}
`)
		adds := func(p *capability.Person, text string) bool {
			return !b.callFor(p, "a", "add_note", `{"conversationId":1234,"message":"`+text+`"}`).Failed
		}
		x, y := person("anna@example.com"), person("bo@example.com")
		require.True(t, adds(x, "1"))
		require.True(t, adds(x, "2"))
		require.False(t, adds(x, "3"), per)
		renamed := *x
		renamed.Email = "other@example.com"
		require.False(t, adds(&renamed, "4"), "it is the same person")
		require.Equal(t, others, adds(y, "5"), per)
		require.Equal(t, others, adds(nil, "6"), per)
	}
}

// Nobody approves what an agent asked on their own behalf, also where the file says only later who the approver is.
func TestNobodyApprovesTheirOwn(t *testing.T) {
	b, s := newBed(t, signedIn), parking(t)
	b.stand(signedIn, gate.Config{Approvals: s})
	own := person("billing-bot@EXAMPLE.com")
	var said struct{ Waiting string }
	require.NoError(t, json.Unmarshal([]byte(b.callFor(own, "approved", "add_note", note).Text), &said))
	s.approve(said.Waiting) // past the check of who decides
	from := len(b.dixa.Effects())
	a := b.callFor(own, "approved", "add_note", note)
	require.True(t, a.Failed, a.Text)
	require.Len(t, b.dixa.Effects(), from)
}
