package serve

import (
	"context"
	"encoding/json"
)

// Where several servers share the work, a client before 2026-07-28 cancels a call, or ends its session, with a message that
// may reach another server than the one that carries out the call or holds the stream.

// Relay broadcasts messages to the servers that share the work. If one is lost, only the client notices whose call goes on.
type Relay interface {
	// Tell sends a message to every server that listens, this one among them.
	Tell(ctx context.Context, message []byte) error
	// Hear passes on the messages, one after the other, until stop.
	Hear(take func(message []byte)) (stop func())
}

// broadcast is what servers tell each other. It can end what is running in one session, and can neither name nor begin
// anything else.
type broadcast struct {
	Session string `json:"session"` // its [sessionName]
	What    string `json:"what"`
	Request string `json:"request,omitempty"` // the id of the one that was cancelled, as it was written
}

const (
	wasCancelled = "cancelled"
	hasEnded     = "ended"
	// maxID is in bytes. Clients count their requests; a longer id is not passed on to every server.
	maxID = 256
)

// tell tells the other servers, if there are some.
func (l *legacyProtocol) tell(ctx context.Context, agent string, b broadcast) {
	if l.http.Relay == nil || len(b.Request) > maxID {
		return
	}
	message, _ := json.Marshal(b) // strings always marshal
	if err := l.http.Relay.Tell(ctx, message); err != nil {
		l.http.Log.Warn("the other servers could not be told that a client cancelled or ended something: a call that one of them carries out goes on", "agent", agent, "what", b.What, "error", err)
	}
}

// heard does what a client told another server, if that belongs to a session that is active here.
func (l *legacyProtocol) heard(message []byte) {
	var b broadcast
	if json.Unmarshal(message, &b) != nil {
		return
	}
	a := l.active.find(b.Session)
	if a == nil {
		return
	}
	switch b.What {
	case wasCancelled:
		a.cancel(b.Request)
	case hasEnded:
		a.end()
	}
}
