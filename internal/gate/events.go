package gate

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/seal"
	"dixa-mcp/tools"
)

// cursors encrypts positions in the inbox: a position tells how many events lie before it, and an agent may not know of all of them.
// The key is the one that outlives the process, where there is one, so that an agent goes on after a restart.
type cursors struct{ box seal.Box }

func newCursors(c Config) cursors {
	key := c.RecordKey
	if key == nil {
		key = c.Secret
	}
	return cursors{seal.NewBox(key, "cursors of events")}
}

func (c cursors) seal(at events.Cursor) string {
	return base64.RawURLEncoding.EncodeToString(c.box.Close([]byte(at), ""))
}

func (c cursors) open(text string) (events.Cursor, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", err
	}
	at, err := c.box.Open(sealed, "")
	return events.Cursor(at), err
}

// inbox returns the inbox as a call reads it; nil where there is none.
func (w waiting) inbox() tools.Events {
	if w.call.gate.events == nil {
		return nil
	}
	return inbox{w.call.gate.events, w}
}

// inbox lets a call wait for events. What is decided about the call does not outlive that.
type inbox struct {
	tools.Events
	waiting waiting
}

// List implements [tools.Events].
func (i inbox) List(ctx context.Context, after events.Cursor, most int) (events.Page, error) {
	if err := i.waiting.stillAllowed(); err != nil {
		return events.Page{}, err
	}
	return i.Events.List(ctx, after, most)
}

// Wait implements [tools.Events].
func (i inbox) Wait(ctx context.Context, after events.Cursor, match func(context.Context, events.Event) (bool, error)) (events.Found, error) {
	done, err := i.waiting.begin()
	if err != nil {
		return events.Found{Next: after}, err
	}
	defer done()
	found, err := i.Events.Wait(ctx, after, match)
	if now := i.waiting.stillAllowed(); now != nil {
		err = now
	}
	return found, err
}

// AwaitEvents waits until the inbox has something behind a cursor of list_events, of one conversation unless that is 0.
func (g *Gate) AwaitEvents(ctx context.Context, cursor string, conversation int64) error {
	at, err := g.cursors.open(cursor)
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

// Heed takes account of an event at once, in place of when what is remembered is too old: bounds are judged on what Dixa says of the
// conversation then, names that are new are looked up, and calls that wait for approval, or are approved, end when their conversation
// gets a message that the approver was not shown. Such a call would be refused when it is made; this way approvers do not read it for nothing.
func (g *Gate) Heed(ctx context.Context, e events.Event) {
	g.directory.Mentioned(dixaclient.QueueThing, e.Queue)
	g.directory.Mentioned(dixaclient.TagThing, e.Fields.Tag)
	g.directory.Mentioned(dixaclient.AgentThing, e.Fields.Assignee)
	if e.Conversation == 0 {
		return
	}
	g.facts.forget(e.Conversation)
	if e.Type != "ConversationMessageAdded" || g.approvals == nil {
		return
	}
	waiting, err := g.approvals.List(ctx, approval.Pending, approval.Approved)
	for _, r := range waiting {
		if r.Conversation != e.Conversation || r.LastMessage == "" || r.LastMessage == e.Fields.Message || !e.Time.After(r.Created) {
			continue
		}
		if err := g.approvals.Overtake(ctx, r.Number); err != nil {
			g.log.Error("an approval that a newer message overtook could not be ended; the call is refused when it is made", "approval", r.Number, "error", err)
			continue
		}
		g.log.Info("a newer message ended what waited for approval", "approval", r.Number, "conversation", e.Conversation)
	}
	if err != nil && ctx.Err() == nil {
		g.log.Error("approvals could not be read after a new message", "conversation", e.Conversation, "error", err)
	}
}
