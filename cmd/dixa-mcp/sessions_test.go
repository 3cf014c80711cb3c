package main

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/signin"
)

// signInAs stores a sign-in of a person where a server with this state directory does.
func signInAs(t *testing.T, state, subject, email string) *signin.Session {
	t.Helper()
	sessions, stop, err := sessionsAt{State: state}.open(t.Context())
	require.NoError(t, err)
	defer stop()
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	code, err := sessions.AddCode(t.Context(), signin.Grant{Client: "https://client.example.com/oauth.json", ClientName: "Claude\x1b[2J", Agent: "triage", Given: signin.Given{Provider: "PLANTED",
		Person: identity.Person{Issuer: "https://login.example.com", Subject: subject, Email: email}}}, "https://client.example.com/", challenge)
	require.NoError(t, err)
	s, _, err := sessions.Exchange(t.Context(), code, "https://client.example.com/oauth.json", "https://client.example.com/", verifier, "")
	require.NoError(t, err)
	return s
}

// Operators see who is signed in, and end it: one session, a person's, or all.
func TestSessions(t *testing.T) {
	p := newPlace(t)
	state := filepath.Join(p.home, "state-of-server")
	list := func() (all []signedIn) {
		o := p.run("sessions", "list", "--json", "--state", state)
		require.Zero(t, o.code, o.stderr)
		require.NoError(t, json.Unmarshal([]byte(o.stdout), &all))
		require.NotContains(t, o.stdout, "PLANTED")
		return all
	}
	require.Equal(t, "nobody is signed in\n", p.good("sessions", "list", "--state", state))
	require.Empty(t, list())
	first, second := signInAs(t, state, "anna", "anna@example.com"), signInAs(t, state, "anna", "anna@example.com")
	signInAs(t, state, "bo", "")
	signInAs(t, state, "eve", "eve@example.com")
	shown := p.good("sessions", "list", "--state", state)
	for _, text := range []string{first.ID, "anna@example.com", "subject bo", "triage", "Claude"} {
		require.Contains(t, shown, text)
	}
	require.NotContains(t, shown, "\x1b")
	all := list()
	require.Len(t, all, 4)
	require.WithinDuration(t, time.Now(), all[0].Began, time.Minute)

	require.Contains(t, p.good("sessions", "end", second.ID, "--state", state), second.ID)
	require.Len(t, list(), 3)
	require.Contains(t, p.good("audit", "show", "--person", "anna@example.com", "--state", state), "the sign-in of anna@example.com to triage with")
	require.Contains(t, p.good("audit", "show", "--state", state), "ended: an operator ended it, "+whoami())
	require.NotContains(t, p.run("audit", "show", "--person", "bo", "--state", state).stdout, "ended")
	require.Contains(t, p.good("sessions", "end", "--person", "anna@example.com", "--state", state), first.ID)
	p.good("sessions", "end", "--person", "bo", "--state", state)
	require.Equal(t, "eve", list()[0].Subject)
	require.Equal(t, exitNotFound, p.run("sessions", "end", "--person", "anna@example.com", "--state", state).code)
	require.Equal(t, exitUsage, p.run("sessions", "end", first.ID, "--all", "--state", state).code)
	p.good("sessions", "end", "--all", "--state", state)
	require.Empty(t, list())
	require.Equal(t, "no session was ended\n", p.good("sessions", "end", "--all", "--state", state))
}
