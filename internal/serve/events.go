package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/identity"
)

// lastEventID is the header with which a client goes on where its stream ended.
const lastEventID = "Last-Event-ID"

// events serves what happens as server-sent events: what list_events tells the agent, as it comes. The id of an event is a cursor.
func (h *HTTP) events(w http.ResponseWriter, r *http.Request, who identity.Principal) {
	p := newResponse(w, r)
	if !p.takes {
		refuse(w, http.StatusNotAcceptable, "accept text/event-stream")
		return
	}
	since, types := r.Header.Get(lastEventID), r.URL.Query()["type"]
	if since == "" {
		since = "now"
	}
	list := func(ctx context.Context, since string, goesOn bool) (gate.Happened, gate.Answer) {
		arguments, _ := json.Marshal(map[string]any{"since": since, "types": append([]string{}, types...)}) // strings always marshal
		r := requestOf(who)
		r.Arguments, r.GoesOn = arguments, goesOn
		return h.Gate.ListEvents(ctx, r)
	}
	leave, ok := h.inFlight.enter(who.Agent, h.MaxCalls)
	if !ok {
		refuseBusy(w, h.MaxCalls)
		return
	}
	found, a := list(r.Context(), since, false)
	leave()
	switch { // while there is no stream, which cannot say it
	case a.Invalid:
		refuse(w, http.StatusBadRequest, a.Text)
		return
	case a.Failed:
		refuse(w, http.StatusForbidden, a.Text)
		return
	}
	st, ok := h.streams.begin(w, who, false)
	if !ok {
		return
	}
	h.streams.run(st, p, r, func(ctx context.Context) {
		for tell := true; ; tell = len(found.Events) > 0 || found.Truncated { // no sign of an event that the agent is not told of
			if tell && p.write(serverSent(found)) != nil || h.Gate.AwaitEvents(ctx, found.Cursor, who.Conversation) != nil {
				return
			}
			if found, a = list(ctx, found.Cursor, true); a.Failed {
				return // the client comes again, and is told why
			}
		}
	})
}

// serverSent writes events. The last one has the id, so that a client whose stream broke gets all of them again. Without events the id alone
// is sent, which clients keep.
func serverSent(found gate.Happened) []byte {
	var b bytes.Buffer
	if found.Truncated {
		b.WriteString("event: truncated\ndata: {}\n\n")
	}
	for i, e := range found.Events {
		if i == len(found.Events)-1 {
			break
		}
		b.WriteString("data: " + string(e) + "\n\n")
	}
	b.WriteString("id: " + found.Cursor + "\n")
	if n := len(found.Events); n > 0 {
		b.WriteString("data: " + string(found.Events[n-1]) + "\n")
	}
	b.WriteString("\n")
	return b.Bytes()
}
