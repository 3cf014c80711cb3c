package gate

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/seal"
	"dixa-mcp/tools"
)

// newCursors returns what encrypts positions in the inbox: a position tells how many events lie before it, and an agent may not know
// of all of them. The key is the one that outlives the process, where there is one, so that an agent goes on after a restart.
func newCursors(c Config) seal.Box {
	key := c.RecordKey
	if key == nil {
		key = c.Secret
	}
	return seal.NewBox(key, "cursors of events")
}

func (g *Gate) sealCursor(at events.Cursor) string {
	return base64.RawURLEncoding.EncodeToString(g.cursors.Close([]byte(at), ""))
}

func (g *Gate) openCursor(text string) (events.Cursor, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", err
	}
	at, err := g.cursors.Open(sealed, "")
	return events.Cursor(at), err
}

// inbox returns the inbox as a call reads it; nil where there is none.
func (c *call) inbox() tools.Events {
	if c.gate.events == nil {
		return nil
	}
	return inbox{c.gate.events, c}
}

// inbox lets a call wait for events. What is decided about the call does not outlive that.
type inbox struct {
	tools.Events
	call *call
}

// List implements [tools.Events].
func (i inbox) List(ctx context.Context, after events.Cursor, most int) (events.Page, error) {
	if err := i.call.stillAllowed(); err != nil {
		return events.Page{}, err
	}
	return i.Events.List(ctx, after, most)
}

// Wait implements [tools.Events].
func (i inbox) Wait(ctx context.Context, after events.Cursor, match func(context.Context, events.Event) (bool, error)) (events.Found, error) {
	done, err := i.call.waits()
	if err != nil {
		return events.Found{Next: after}, err
	}
	defer done()
	found, err := i.Events.Wait(ctx, after, match)
	if now := i.call.stillAllowed(); now != nil {
		err = now
	}
	return found, err
}

// AwaitEvents waits until the inbox has something behind a cursor of list_events, of one conversation unless that is 0.
func (g *Gate) AwaitEvents(ctx context.Context, cursor string, conversation int64) error {
	at, err := g.openCursor(cursor)
	if err != nil {
		return err
	}
	_, err = g.events.Wait(ctx, at, func(_ context.Context, e events.Event) (bool, error) {
		return conversation == 0 || e.Conversation == conversation, nil
	})
	return err
}

// HearsEvents reports whether there is an inbox of events.
func (g *Gate) HearsEvents() bool { return g.events != nil }

// Happened is what list_events tells an agent.
type Happened struct {
	Events    []json.RawMessage
	Cursor    string
	Truncated bool
}

// ListEvents calls list_events, for programs that read its answer. If the answer failed, there is nothing else.
func (g *Gate) ListEvents(ctx context.Context, r Request) (Happened, Answer) {
	r.Tool, r.forProgram = "list_events", true
	a := g.Call(ctx, r)
	if a.Failed {
		return Happened{}, a
	}
	var said struct {
		Events []json.RawMessage
		Next   struct {
			Cursor    string
			Truncated bool
		}
	}
	if err := json.Unmarshal([]byte(a.Text), &said); err != nil {
		return Happened{}, Answer{Failed: true, Text: "list_events: its answer cannot be read"}
	}
	return Happened{said.Events, said.Next.Cursor, said.Next.Truncated}, a
}
