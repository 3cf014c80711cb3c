package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/signin"
	"dixa-mcp/internal/test/clock"
)

// Strangers cannot fill the records: what anybody can cause is counted, and recorded now and then.
func TestSignInRecords(t *testing.T) {
	var records []audit.Record
	counted := map[[2]string]int{}
	now := &clock.Clock{}
	hear := signInHeard(func(_ context.Context, r audit.Record) error { records = append(records, r); return errors.New("full") },
		func(event, reason string) { counted[[2]string{event, reason}]++ }, now.Now)
	for range 10_000 {
		hear(t.Context(), signin.Event{Kind: signin.Registered, Client: "registered.abcdefghijkl"})
	}
	require.Len(t, records, 30)
	require.Equal(t, 10_000, counted[[2]string{"registered", ""}])
	now.Advance(time.Second)
	hear(t.Context(), signin.Event{Kind: signin.Refused, Reason: signin.ByClient, Client: "x"})
	require.Contains(t, records[30].Text, "(9970 more events without a person were not recorded before it)")

	records = nil
	anna := identity.Person{Subject: "1", Email: "anna@example.com"}
	for range 100 {
		hear(t.Context(), signin.Event{Kind: signin.Refused, Reason: signin.NoAgent, Person: anna, Agent: "triage", Client: "x", Name: "Claude"})
	}
	require.Len(t, records, 100)
	r := records[0]
	require.Equal(t, `anna@example.com could not sign in to triage with "Claude" (x): no rule under people gives this agent to the person`, r.Text)
	require.Equal(t, []any{audit.EventSignInRefused, audit.Refused, "anna@example.com", "triage"}, []any{r.Event, r.Decision, r.Person, r.Agent})
	require.True(t, audit.Filter{Person: "Anna@example.com", Refused: true}.Match(r))
	require.False(t, audit.Filter{Person: "bo@example.com"}.Match(r))
	require.True(t, audit.Filter{Person: "2"}.Match(signInRecord(signin.Event{Kind: signin.SignedIn, Person: identity.Person{Subject: "2"}})))
}
