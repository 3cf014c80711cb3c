package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

// same returns the newest draft of the same agent with the same text that can still be sent, nil where there is none or the agent
// may not read notes.
func (b *draftBox) same(ctx context.Context, w *draft) (*draft, error) {
	if !b.reads.Granted(d.ListNotes.Spec) {
		return nil, nil
	}
	all, _, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	for _, there := range slices.Backward(all) {
		if there.agent != w.agent || there.text != w.text || b.reads.Now().Sub(there.note.CreatedAt.Time) > DraftsFor {
			continue
		}
		sent, err := b.sentSince(ctx, &there)
		if err != nil || len(sent) > 0 { // what was sent after it may have answered in its place
			return nil, err
		}
		return &there, nil
	}
	return nil, nil
}

// sentSince reads the words of what was sent to the customer after a draft was written; nothing where the agent may not read
// messages.
func (b *draftBox) sentSince(ctx context.Context, w *draft) (sent []string, err error) {
	if !b.reads.Granted(d.ListMessages.Spec) {
		return nil, nil
	}
	a, err := d.ListMessages.Do(ctx, b.reads.Client, d.ListMessagesIn{ConversationRef: b.conversation})
	if err != nil {
		return nil, err
	}
	var all struct {
		Data []struct{ Attributes any } // a union over the channels: the text is in another place in each
	}
	if err := json.Unmarshal(a.Raw, &all); err != nil {
		return nil, fmt.Errorf("the messages of conversation %d cannot be read: %w", b.conversation.ConversationID, err)
	}
	for i, m := range a.Value {
		if m.Attributes.Direction == "Outbound" && !m.CreatedAt.Before(w.note.CreatedAt.Time) {
			sent = append(sent, wordsIn(all.Data[i].Attributes))
		}
	}
	return sent, nil
}

// within reports whether a message with these words is the draft, which Dixa may have sent as HTML.
func (w *draft) within(words string) bool {
	return strings.Contains(words, strings.Join(strings.Fields(w.text), " "))
}

// wordsIn returns all texts of a value, with single spaces between words.
func wordsIn(value any) string {
	switch v := value.(type) {
	case string:
		if strings.ContainsAny(v, "<&") {
			v += " " + view.Text(v)
		}
		return strings.Join(strings.Fields(v), " ")
	case map[string]any:
		var words []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			words = append(words, wordsIn(v[name]))
		}
		return strings.Join(words, " ")
	case []any:
		var words []string
		for _, item := range v {
			words = append(words, wordsIn(item))
		}
		return strings.Join(words, " ")
	}
	return ""
}

// edited returns the newest draft in a conversation that the agent wrote and that nothing was sent after: another text that it
// sends now takes its place. nil where there is none, or where the agent may not read notes and messages.
func (b *draftBox) edited(ctx context.Context, text string) (*DraftUse, error) {
	if !b.reads.Granted(d.ListNotes.Spec) || !b.reads.Granted(d.ListMessages.Spec) {
		return nil, nil
	}
	all, _, err := b.all(ctx)
	own := slices.DeleteFunc(all, func(w draft) bool {
		return w.agent != b.reads.Agent || b.reads.Now().Sub(w.note.CreatedAt.Time) > DraftsFor
	})
	if err != nil || len(own) == 0 {
		return nil, err
	}
	last := &own[len(own)-1]
	sent, err := b.sentSince(ctx, last)
	if err != nil || len(sent) > 0 {
		return nil, err
	}
	use := DraftUse{Outcome: DraftEdited, Agent: last.agent}
	if last.text == canonical(text) {
		use.Outcome = DraftSent
	}
	return &use, nil
}
