package signin

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// heard collects events.
type heard struct {
	mu  sync.Mutex
	all []Event
}

func (h *heard) hear(_ context.Context, e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, e)
}

// last returns the last event, if there was one since it was asked before.
func (h *heard) last(t *testing.T) Event {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	require.NotEmpty(t, h.all, "no event")
	e := h.all[len(h.all)-1]
	h.all = nil
	return e
}

// Each end of a sign-in is heard of: who, with which client, for which agent, and why.
func TestEvents(t *testing.T) {
	var h heard
	b := newBed(t, func(c *Config) { c.Heard = h.hear })
	is := func(kind EventKind, why Reason, person, agent, client string) {
		t.Helper()
		e := h.last(t)
		require.Equal(t, []any{kind, why, person, agent, client}, []any{e.Kind, e.Reason, e.Person.Email, e.Agent, e.Client})
		require.Equal(t, person != "", e.Known())
		require.Equal(t, e.Session != "", kind == SignedIn || kind == Ended)
		if why != "" {
			require.NotEmpty(t, e.Reason.String())
		}
	}
	const anna = "anna@example.com"

	b.browser().get(authorizeAt(asks("client_id", "unknown")))
	is(Refused, ByClient, "", "", "unknown")
	b.browser().get(authorizeAt(asks("redirect_uri", "https://evil.example")))
	is(Refused, ByClient, "", "", documentID)
	b.browser().get(authorizeAt(asks("code_challenge_method", "plain")))
	is(Refused, ByClient, "", "triage", documentID)
	b.browser().signIn("bo", asks())
	is(Refused, NoAgent, "bo@example.com", "triage", documentID)
	br := b.browser()
	to := br.get(authorizeAt(asks())).at(t, b.provider.URL)
	br.get(issuer + callbackPath + "?" + url.Values{"error": {"access_denied"}, "state": to["state"]}.Encode())
	is(Refused, ByProvider, "", "triage", documentID)
	br = b.browser()
	to = br.get(authorizeAt(asks())).at(t, b.provider.URL)
	br.get(issuer + callbackPath + "?" + url.Values{"code": {"other"}, "state": to["state"]}.Encode())
	is(Refused, ByProvider, "", "triage", documentID)
	b.browser().consent("anna", "deny", asks())
	is(Refused, Denied, anna, "triage", documentID)

	b.post(tokenPath, exchange(b.browser().code("anna", asks()), "code_verifier", verifier+"x"))
	is(Refused, BadCode, anna, "triage", documentID)
	code := b.browser().code("anna", asks())
	require.Equal(t, http.StatusOK, b.post(tokenPath, exchange(code)).status)
	is(SignedIn, "", anna, "triage", documentID)
	b.post(tokenPath, exchange(code))
	is(Ended, Reused, anna, "triage", documentID)

	first := b.tokens("anna")
	require.Equal(t, http.StatusOK, b.post(tokenPath, refreshing(first.Refresh)).status)
	h.last(t)
	b.post(tokenPath, refreshing(first.Refresh))
	is(Ended, Reused, anna, "triage", documentID)

	got := b.tokens("anna")
	b.browser().do(http.MethodPost, issuer+revokePath, url.Values{"token": {got.Access}, "client_id": {documentID}})
	is(Ended, Revoked, anna, "triage", documentID)
	for range 2 {
		b.browser().do(http.MethodPost, issuer+revokePath, url.Values{"token": {got.Access}, "client_id": {documentID}})
		b.post(tokenPath, refreshing(got.Refresh))
		b.post(tokenPath, exchange("dixa-mcp-code-unknown"))
	}
	require.Empty(t, h.all, "there is nothing left to end")

	got = b.tokens("anna")
	b.provider.turn(func() { clear(b.provider.refresh) })
	b.post(tokenPath, refreshing(got.Refresh))
	is(Ended, Removed, anna, "triage", documentID)

	id := b.registeredID(t)
	is(Registered, "", "", "", id)
	require.Regexp(t, `^registered ….{8}$`, Event{Client: id}.Program())
	require.Equal(t, `"Claude\n" (x)`, Event{Client: "x", Name: "Claude\n"}.Program())
}
