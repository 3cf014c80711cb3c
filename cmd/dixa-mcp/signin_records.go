package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/signin"
)

// Of events without a person, which anybody can cause, at most so many are recorded.
const (
	strangersPerSecond = 1
	strangersAtOnce    = 30
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
	strangers := rate.NewLimiter(strangersPerSecond, strangersAtOnce)
	var left atomic.Int64
	return func(ctx context.Context, e signin.Event) {
		count(string(e.Kind), string(e.Reason))
		r := signInRecord(e)
		if !e.Known() {
			if !strangers.AllowN(now(), 1) {
				left.Add(1)
				return
			}
			if n := left.Swap(0); n > 0 {
				r.Text += fmt.Sprintf(" (%d more events without a person were not recorded before it)", n)
			}
		}
		if err := write(ctx, r); err != nil {
			slog.Error("what happened to a sign-in could not be recorded", "event", r.Event, "text", r.Text, "error", err)
		}
	}
}
