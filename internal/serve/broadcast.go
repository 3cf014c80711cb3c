package serve

import (
	"context"
	"encoding/json"
)

// Where several servers share the work, a client of before 2026-07-28 cancels a call, or ends its session, with a message
// that may reach another one than is carrying out the call or holding the stream.

// Relay carries messages between the servers that share the work. One that gets lost is missed by nobody but the client
// whose call goes on.
type Relay interface {
	// Tell says something to every server that hears, this one among them.
	Tell(ctx context.Context, message []byte) error
	// Hear gives what is told, one message after the other, until stop.
	Hear(take func(message []byte)) (stop func())
}

// told is what servers tell each other. It can end what is going on in one session, and can neither name nor begin
// anything else.
type told struct {
	Session string `json:"session"` // the name of its dialog, of which nobody can make its id
	What    string `json:"what"`
	Request string `json:"request,omitempty"` // the id of the one that was cancelled, as it was written
}

const (
	wasCancelled = "cancelled"
	hasEnded     = "ended"
	// longestID is in bytes. Clients count their requests; what is longer than this is not passed on to every server.
	longestID = 256
)

// tell tells the other servers, if there are some.
func (h *HTTP) tell(ctx context.Context, agent string, t told) {
	if h.Relay == nil || len(t.Request) > longestID {
		return
	}
	message, _ := json.Marshal(t) // strings always marshal
	if err := h.Relay.Tell(ctx, message); err != nil {
		h.Log.Warn("the other servers could not be told what a client wants no more: where one of them carries it out, it goes on", "agent", agent, "what", t.What, "error", err)
	}
}

// heard does what another server was told by a client, if that belongs to something that is going on here.
func (h *HTTP) heard(message []byte) {
	var t told
	if json.Unmarshal(message, &t) != nil {
		return
	}
	d := h.dialogs.find(t.Session)
	if d == nil {
		return
	}
	switch t.What {
	case wasCancelled:
		d.cancel(t.Request)
	case hasEnded:
		d.end()
	}
}
