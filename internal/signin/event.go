package signin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dixa-mcp/internal/identity"
)

// Event is something about a sign-in that operators want to find later.
type Event struct {
	Kind    EventKind
	Reason  Reason          // of [Refused] and [Ended]
	Person  identity.Person // the zero one if it is not known who it was
	Agent   string          // "" if none was chosen
	Client  string          // its id
	Name    string          // of the client, as it says itself
	Session string          // of [SignedIn] and [Ended]
}

// Known reports whether the event is about a person whom the provider knows. All others can be caused by anybody.
func (e Event) Known() bool { return e.Person.Subject != "" }

// Program names the client. The id of one that registered itself is long, and its end differs from that of any other.
func (e Event) Program() string {
	id := e.Client
	if rest, ok := strings.CutPrefix(id, registeredPrefix); ok {
		id = "registered …" + rest[max(0, len(rest)-8):]
	}
	if e.Name == "" {
		return id
	}
	return fmt.Sprintf("%q (%s)", e.Name, id)
}

// EventKind is what happened.
type EventKind string

// The kinds of events.
const (
	SignedIn   EventKind = "signed_in"
	Refused    EventKind = "refused"
	Ended      EventKind = "ended"
	Registered EventKind = "registered"
)

// Reason says why a person was refused or a session ended.
type Reason string

// The reasons.
const (
	ByClient   Reason = "client"   // the client cannot be accepted, or asked for something that it must not
	ByProvider Reason = "provider" // the provider did not sign the person in, or its answer cannot be used
	NoAgent    Reason = "no_agent" // the person may not use the agent
	Denied     Reason = "denied"   // the person did not allow the client
	BadCode    Reason = "bad_code" // a code came from another client, for another address, late or without its verifier
	Reused     Reason = "reused"   // a code or refresh token came a second time
	Removed    Reason = "removed"  // the person has no access any more
	Revoked    Reason = "revoked"  // the client ended it
	ByOperator Reason = "operator" // an operator ended it
)

// In words, for records.
var inWords = map[Reason]string{
	ByClient:   "the client cannot be accepted, or its request is not as it must be",
	ByProvider: "the company's provider did not sign the person in, or its answer cannot be used",
	NoAgent:    "no rule under people gives this agent to the person",
	Denied:     "the person did not allow the client",
	BadCode:    "the code came from another client, for another address, too late or without its verifier",
	Reused:     "a code or refresh token came a second time",
	Removed:    "the person has no access any more",
	Revoked:    "the client ended it",
	ByOperator: "an operator ended it",
}

// String returns the reason in words.
func (r Reason) String() string { return inWords[r] }

// hears tells of an event.
func (s *Server) hears(ctx context.Context, e Event) {
	if s.Heard != nil {
		s.Heard(context.WithoutCancel(ctx), e)
	}
}

// refused tells that a client did not get what it asked for.
func (s *Server) refused(ctx context.Context, why Reason, p identity.Person, asked request) {
	s.hears(ctx, Event{Kind: Refused, Reason: why, Person: p, Agent: asked.Agent, Client: asked.Client})
}

// EventOf returns an event about a session.
func EventOf(kind EventKind, why Reason, session *Session) Event {
	return Event{kind, why, session.Person, session.Agent, session.Client, session.ClientName, session.ID}
}

// failed tells of a session that ended, and of a code that was refused, by the error of [Sessions].
func (t *tokenServer) failed(ctx context.Context, session *Session, err error) {
	switch {
	case session == nil:
	case errors.Is(err, ErrReused):
		t.server.hears(ctx, EventOf(Ended, Reused, session))
	case session.ID == "":
		t.server.hears(ctx, EventOf(Refused, BadCode, session))
	case errors.Is(err, ErrEnded):
		t.server.hears(ctx, EventOf(Ended, Removed, session))
	}
}
