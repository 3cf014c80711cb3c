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
		r.Key, r.Person, r.CanAsk, r.State, r.Yes = capability.TokenKey, p, true, state, state != ""
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
		r.State, r.Yes = a.Ask.State, true
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
