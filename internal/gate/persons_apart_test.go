package gate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
)

// others are people who use the same agent as anna: somebody else, somebody without an address, the same subject and address at
// another provider, another account with the same address, and a program.
func others() map[string]*capability.Person {
	return map[string]*capability.Person{
		"somebody else":          person("bo@example.com"),
		"somebody unnamed":       {Issuer: "https://login.example.com", Subject: "bo"},
		"of another provider":    {Issuer: "https://other.example.com", Subject: "sub of anna@example.com", Email: "anna@example.com"},
		"another of her address": {Issuer: "https://login.example.com", Subject: "other", Email: "anna@example.com"},
		"a program":              nil,
	}
}

// A confirmation is that of the person who was asked, and stays valid for them when others try it.
func TestConfirmationIsOfOnePerson(t *testing.T) {
	const file = "version: 1\nagents: {asks: {access: {\"*\": write}, confirm: {write: client}}}"
	b := newBed(t, file)
	call := func(p *capability.Person, state string) gate.Answer {
		r := request("asks", "add_note", note)
		r.Key, r.Person, r.CanAsk, r.State, r.Accepted = capability.TokenKey, p, true, state, state != ""
		return b.gate.Call(context.Background(), r)
	}
	anna := person("anna@example.com")
	q := call(anna, "").Ask
	require.NotNil(t, q)
	for name, other := range others() {
		a := call(other, q.State)
		require.True(t, a.Failed, name)
		require.Contains(t, a.Text, "is for another call", name)
		require.Empty(t, b.dixa.Effects(), name)
	}
	require.False(t, call(anna, q.State).Failed)
	require.Len(t, b.dixa.Effects(), 1)
}

// A job is carried out, read, confirmed and cancelled by the person who prepared it, and by nobody else.
func TestJobIsOfOnePerson(t *testing.T) {
	d := newDesk(t)
	anna := person("anna@example.com")
	for _, agent := range []string{"lead", "asks"} {
		a := d.callFor(anna, agent, "bulk_update", `{`+someIDs+`,"note":"Of `+agent+`."}`)
		require.False(t, a.Failed, a.Text)
		handle := handles.FindString(a.Text)
		require.NotEmpty(t, handle, a.Text)
		from := len(d.dixa.Effects())
		for name, other := range others() {
			for _, arguments := range []string{`{"handle":"` + handle + `"}`, `{"handle":"` + handle + `","cancel":true}`, `{"handle":"` + handle + `","stopAfter":10}`} {
				r := request(agent, "bulk_update", arguments)
				r.Key, r.Person, r.CanAsk = capability.TokenKey, other, true
				a := d.gate.Call(context.Background(), r)
				require.True(t, a.Failed, name)
				require.Nil(t, a.Ask, name)
				require.Contains(t, a.Text, "there is no job "+handle, name)
				require.Len(t, d.dixa.Effects(), from, name)
			}
		}
		r := request(agent, "bulk_update", `{"handle":"`+handle+`"}`)
		r.Key, r.Person, r.CanAsk = capability.TokenKey, anna, true
		a = d.gate.Call(context.Background(), r)
		require.False(t, a.Failed, a.Text)
		require.Equal(t, agent == "asks", a.Ask != nil)
		if a.Ask == nil {
			require.Greater(t, len(d.dixa.Effects()), from)
			continue
		}
		r.State, r.Accepted = a.Ask.State, true
		for name, other := range others() {
			r.Person = other
			require.True(t, d.gate.Call(context.Background(), r).Failed, name)
			require.Len(t, d.dixa.Effects(), from, name)
		}
		r.Person = anna
		require.False(t, d.gate.Call(context.Background(), r).Failed)
		require.Greater(t, len(d.dixa.Effects()), from)
	}
}

// A page key of a bounded agent goes on with the search of the person who began it.
func TestPageKeyIsOfOnePerson(t *testing.T) {
	b := newBed(t, "version: 1\nnames: {queue: {billing: "+billing+"}}\nagents:\n  bounded: {access: {\"*\": read}, only: {queue: [billing]}}\n")
	anna := person("anna@example.com")
	a := b.callFor(anna, "bounded", "search_conversations", `{"pageLimit":2}`)
	require.False(t, a.Failed, a.Text)
	var p page
	require.NoError(t, json.Unmarshal([]byte(a.Text), &p))
	require.NotEmpty(t, p.NextPageKey)
	next := `{"pageLimit":2,"pageKey":"` + p.NextPageKey + `"}`
	for name, other := range others() {
		a := b.callFor(other, "bounded", "search_conversations", next)
		require.True(t, a.Failed, name)
		require.Contains(t, a.Text, "pageKey does not belong to this search", name)
	}
	require.False(t, b.callFor(anna, "bounded", "search_conversations", next).Failed)
}

// What one person changed is not the repetition or the undo of another, nor is what they wait for.
func TestUndoAndWaitingAreOfOnePerson(t *testing.T) {
	b, s := newBed(t, signedIn), parking(t)
	const file = `version: 1
approvers: {anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [write]}}
agents:
  a: {access: {"*": write}}
  parks: {access: {"*": write}, confirm: {write: approver}}
`
	b.stand(file, gate.Config{Approvals: s})
	anna := person("anna@example.com")
	require.False(t, b.callFor(anna, "a", "update_conversation", `{"conversationId":1234,"queue":"`+returns+`"}`).Failed)
	changed := b.state(1234)
	var waiting struct{ Waiting string }
	require.NoError(t, json.Unmarshal([]byte(b.callFor(anna, "parks", "add_note", note).Text), &waiting))
	s.approve(waiting.Waiting)
	for name, other := range others() {
		b.callFor(other, "a", "undo", `{"conversationId":1234}`)
		require.Equal(t, changed, b.state(1234), name)
		from := len(b.dixa.Effects())
		a := b.callFor(other, "parks", "add_note", note)
		require.Contains(t, a.Text, "waiting", name)
		require.NotContains(t, a.Text, waiting.Waiting, name)
		a = b.callFor(other, "parks", "wait_for", `{"approval":"`+waiting.Waiting+`"}`)
		require.Contains(t, a.Text, "did not ask for an approval with this number", name)
		require.Len(t, b.dixa.Effects(), from, name)
	}
	require.False(t, b.callFor(anna, "parks", "add_note", note).Failed)
	require.False(t, b.callFor(anna, "a", "undo", `{"conversationId":1234}`).Failed)
	require.NotEqual(t, changed, b.state(1234))
}

// Without exactly one Dixa agent who has the person's address nothing is done, also while Dixa does not say who there is.
func TestCallerUncertain(t *testing.T) {
	b := newBed(t, signedIn)
	anna, bo := b.dixaAgents()
	var agents func(*http.Response) *http.Response
	wire := recording(func(r *http.Request) (*http.Response, error) {
		answer, err := direct{b.dixa}.RoundTrip(r)
		if err == nil && r.URL.Path == "/v1/agents" {
			answer = agents(answer)
		}
		return answer, err
	})
	for name, c := range map[string]struct {
		agents       func(*http.Response) *http.Response
		says, reason string
	}{
		"several Dixa agents": {func(a *http.Response) *http.Response {
			var said struct {
				Data []map[string]any `json:"data"`
			}
			require.NoError(t, json.NewDecoder(a.Body).Decode(&said))
			second := maps.Clone(said.Data[0])
			second["id"] = string(bo.ID)
			said.Data = append(said.Data, second)
			text, err := json.Marshal(said)
			require.NoError(t, err)
			a.Body, a.ContentLength = io.NopCloser(bytes.NewReader(text)), -1
			return a
		}, "2 Dixa agents have " + anna.Email + " as their main e-mail address", "several Dixa agents have the person's e-mail address"},
		"Dixa is away": {func(a *http.Response) *http.Response {
			return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("PLANTED")), Request: a.Request}
		}, "could not be looked up", "the person's Dixa agent could not be looked up"},
		"Dixa knows nobody": {func(a *http.Response) *http.Response {
			a.Body, a.ContentLength = io.NopCloser(strings.NewReader(`{"data":[]}`)), -1
			return a
		}, "no Dixa agent has " + anna.Email, "no Dixa agent has the person's e-mail address"},
	} {
		agents = c.agents
		client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, Transport: wire, Rate: 1e6, Burst: 1e6})
		require.NoError(t, err)
		records := &records{}
		g := gate.New(gate.Config{Rules: parse(t, signedIn), Client: client, Audit: records, JSON: true})
		for _, tool := range []string{"add_note", "list_queues"} {
			r := request("desk", tool, map[string]string{"add_note": note, "list_queues": "{}"}[tool])
			r.Key, r.Person = capability.TokenKey, person(anna.Email)
			a := g.Call(t.Context(), r)
			require.True(t, a.Failed, name)
			require.Contains(t, a.Text, c.says, name)
			require.NotContains(t, a.Text, "PLANTED", name)
			require.Equal(t, c.reason, records.last().Reason, name)
			require.Empty(t, b.dixa.Effects(), name)
		}
	}
}

// A draft is a note that colleagues see. The agent of another person can send it only if it may send by itself, as it was written,
// once, in its own person's name. What waits with the draft stays that of the person for whom it was written.
func TestDraftOfAnotherPerson(t *testing.T) {
	const file = `version: 1
oidc: {issuer: "https://login.example.com", audience: dixa-mcp}
people: [{email_domain: [example.com], agents: [parks, sends, writes, within]}]
names: {dixa_agent: {luis: 4715b3c3-35e3-4a7b-9443-3ecaf99a14d7}, queue: {returns: ` + returns + `}}
approvers:
  anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, email: anna@example.com, may: [send]}
  bo: {key_sha256: fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9, email: bo@example.com, may: [send]}
agents:
  parks: {acts_as: luis, access: {"*": send}, confirm: {send: approver}, on_approval: send}
  sends: {acts_as: luis, access: {"*": send}}
  writes: {acts_as: luis, access: {conversations: read, messages: write}}
  within: {acts_as: luis, access: {"*": send}, only: {queue: [returns]}}
`
	anna := person("anna@example.com")
	for name, other := range others() {
		t.Run(name, func(t *testing.T) {
			b, wire, s := newEdits(t, file)
			drafted := b.callFor(anna, "parks", "draft_reply", `{"conversationId":1234,"text":"Hello from Anna's draft"}`)
			require.False(t, drafted.Failed, drafted.Text)
			draft := draftNumber.FindString(drafted.Text)
			list, err := s.List(t.Context(), approval.Pending)
			require.NoError(t, err)
			require.Len(t, list, 1)
			waits := list[0]
			require.Equal(t, []any{draft, anna.String()}, []any{waits.Draft, waits.Person})
			reply := `{"conversationId":1234,"draft":"` + draft + `"}`

			// Who may not send, does not send it; who may not see the conversation does not see the draft.
			require.Contains(t, b.callFor(other, "writes", "reply", reply).Text, "reply")
			require.Contains(t, b.callFor(other, "within", "reply", reply).Text, "could not be found")
			require.NotContains(t, b.callFor(other, "within", "list_notes", `{"conversationId":1234}`).Text, draft)
			require.Contains(t, b.callFor(other, "writes", "list_notes", `{"conversationId":1234}`).Text, draft)

			// What waits is Anna's, also after it was approved: the other's call waits by itself.
			s.approve(waits.Number)
			a := b.callFor(other, "parks", "reply", reply)
			require.Contains(t, a.Text, "waiting")
			require.NotContains(t, a.Text, waits.Number)
			own := b.records.last().Approval
			require.NotEqual(t, waits.Number, own)
			require.Contains(t, b.callFor(other, "parks", "wait_for", `{"approval":"`+waits.Number+`"}`).Text, "did not ask for an approval with this number")
			asked, err := s.Get(t.Context(), own)
			require.NoError(t, err)
			require.Equal(t, other.String(), asked.Person)
			require.Equal(t, "Hello from Anna's draft", asked.Text)
			require.Empty(t, wire.sent)

			// Who may send sends it, as it was written, and not with another text.
			require.True(t, b.callFor(other, "sends", "reply", `{"conversationId":1234,"draft":"`+draft+`","text":"Another text"}`).Failed)
			require.Empty(t, wire.sent)
			a = b.callFor(other, "sends", "reply", reply)
			require.False(t, a.Failed, a.Text)
			require.Contains(t, a.Text, "draft "+draft+" by parks")
			require.Equal(t, other.String(), b.records.last().Person)

			// It is sent once, whoever tries.
			_, _, err = b.send(s, waits.Number)
			require.Error(t, err)
			s.approve(own)
			_, _, err = b.send(s, own)
			require.Error(t, err)
			for _, p := range []*capability.Person{anna, other} {
				for _, agent := range []string{"parks", "sends"} {
					b.callFor(p, agent, "reply", reply)
				}
			}
			require.Equal(t, []string{"Hello from Anna's draft"}, wire.sent)
		})
	}
}

// Whoever it is for, a draft is found again, and its note says for whom it was written.
func TestDraftsOfPeople(t *testing.T) {
	const file = `version: 1
oidc: {issuer: "https://login.example.com", audience: dixa-mcp}
people: [{email_domain: [example.com], agents: [sends]}]
names: {dixa_agent: {luis: 4715b3c3-35e3-4a7b-9443-3ecaf99a14d7}}
agents:
  sends: {acts_as: luis, access: {"*": send}}
`
	for by, p := range map[string]*capability.Person{
		"sends for anna@example.com": person("anna@example.com"),
		"sends with key oidc":        {Issuer: "https://login.example.com", Subject: "a b\nc"},
		"sends with key oidc ":       {Issuer: "https://login.example.com", Subject: "a", Email: "\"a\nb\"@example.com"},
		"sends with key oidc  ":      nil,
	} {
		b, wire, _ := newEdits(t, file)
		draft := draftNumber.FindString(b.callFor(p, "sends", "draft_reply", hello).Text)
		notes := do(b.bed, dixaclient.ListNotes, dixaclient.ListNotesIn{ConversationRef: ref(1234)})
		require.Contains(t, notes[len(notes)-1].Message, "\nWritten by the AI agent "+strings.TrimSpace(by)+"\n\nHello Emma\n")
		a := b.callFor(p, "sends", "reply", `{"conversationId":1234,"draft":"`+draft+`"}`)
		require.False(t, a.Failed, a.Text)
		require.Equal(t, []string{"Hello Emma"}, wire.sent)
	}
}
