package main

import (
	"context"
	"log/slog"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/signin"
)

var signInEvents = map[signin.EventKind]audit.Event{
	signin.SignedIn:   audit.EventSignIn,
	signin.Refused:    audit.EventSignInRefused,
	signin.Ended:      audit.EventSignInEnded,
	signin.Registered: audit.EventClient,
}

// signInRecord returns the record of an event.
func signInRecord(e signin.Event) audit.Record {
	r := audit.Record{Event: signInEvents[e.Kind], Agent: e.Agent, Client: e.Program(), Session: e.Session, Reason: e.Reason.String()}
	if e.Known() {
		r.Person = e.Person.String()
	}
	if e.Kind == signin.Refused {
		r.Decision = audit.Refused
	}
	r.Text = audit.Sentence(r, audit.Verb{})
	return r
}

// signInHeard returns what records and counts the events of sign-ins.
func signInHeard(write func(context.Context, audit.Record) error, count func(event, reason string), now func() time.Time) func(context.Context, signin.Event) {
	strangers := audit.NewStrangers()
	return func(ctx context.Context, e signin.Event) {
		count(string(e.Kind), string(e.Reason))
		r := signInRecord(e)
		if !e.Known() && !strangers.Admit(&r, now()) {
			return
		}
		if err := write(ctx, r); err != nil {
			slog.Error("what happened to a sign-in could not be recorded", "event", r.Event, "text", r.Text, "error", err)
		}
	}
}
