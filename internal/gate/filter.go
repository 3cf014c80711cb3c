package gate

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/jsonscan"
)

// filter takes out of an answer what lies outside the agent's bound. What was taken out is counted for the record and
// never told.
func (b *bounds) filter(ctx context.Context) error {
	switch out := b.op.Out.(type) {
	case *dixaclient.Conversation:
		var envelope struct {
			Data json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(b.op.Raw, &envelope); err != nil {
			return err
		}
		data, err := b.cutLink(ctx, out, envelope.Data)
		if err != nil {
			return err
		}
		b.op.Raw, err = json.Marshal(map[string]json.RawMessage{"data": data})
		return err
	case *[]dixaclient.Conversation:
		return keep(b, b.showConversation(ctx))
	case *[]dixaclient.ActivityEntry:
		return keep(b, func(v *dixaclient.ActivityEntry, raw json.RawMessage) (json.RawMessage, error) {
			return whenInside(raw)(b.hasMentioned(ctx, v))
		})
	}
	return nil
}

// show gives the bytes of an item as they may be seen, nil when it may not.
type show[T any] func(*T, json.RawMessage) (json.RawMessage, error)

func (b *bounds) showConversation(ctx context.Context) show[dixaclient.Conversation] {
	return func(v *dixaclient.Conversation, raw json.RawMessage) (json.RawMessage, error) {
		if inside, err := b.judge(unpriced(ctx), v.ID, v); err != nil || !inside {
			return nil, err
		}
		return b.cutLink(ctx, v, raw)
	}
}

// strangers are the end users of a page, of whom one search finds out whether any has a conversation inside the bound: a
// page of people who are outside takes as many requests as an empty one.
type strangers struct {
	*bounds
	ids   int
	known bool // one of them at least
}

// noOne stands for the end users of an empty page.
const noOne = dixaclient.UUID("ffffffff-ffff-4fff-bfff-ffffffffffff")

// meet reads the ids of the page and looks up whether anybody on it is inside. Of several look-ups the budget is asked for the first.
func (s *strangers) meet(ctx context.Context) error {
	var ids []dixaclient.UUID
	err := s.op.Items(judgedMost, func(item json.RawMessage) error {
		var user struct{ ID dixaclient.UUID }
		if err := dixaclient.Unmarshal(item, &user); err != nil {
			return err
		}
		if user.ID.Check() == nil {
			ids = append(ids, user.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.ids, s.known = len(ids), false
	if len(ids) == 0 {
		ids = []dixaclient.UUID{noOne}
	}
	for some := range slices.Chunk(ids, gatherPage) {
		known, err := s.hasAnyEndUser(ctx, some)
		if err != nil {
			return err
		}
		s.known, ctx = s.known || known, unpriced(ctx)
	}
	return nil
}

func (s *strangers) show(ctx context.Context) show[dixaclient.EndUser] {
	return func(v *dixaclient.EndUser, raw json.RawMessage) (json.RawMessage, error) {
		if !s.known || s.ids == 1 && v.ID.Check() == nil {
			return whenInside(raw)(s.known, nil)
		}
		return whenInside(raw)(s.hasEndUser(unpriced(ctx), v.ID))
	}
}

func whenInside(raw json.RawMessage) func(bool, error) (json.RawMessage, error) {
	return func(inside bool, err error) (json.RawMessage, error) {
		if !inside {
			return nil, err
		}
		return raw, err
	}
}

// judgedMost is how many items of one answer are judged. Dixa's pages have 50, and a conversation's activity log some
// hundreds.
const judgedMost = 10_000

// judged returns an item as it may be seen, nil when it may not. Items are read into Go's types one at a time: thousands
// of empty ones are a small answer.
func judged[T any](item json.RawMessage, show show[T]) (json.RawMessage, error) {
	var v T
	if err := dixaclient.Unmarshal(item, &v); err != nil {
		return nil, err
	}
	return show(&v, item)
}

// keep drops items from a list.
func keep[T any](b *bounds, show show[T]) error {
	shown := []json.RawMessage{}
	err := b.op.Items(judgedMost, func(item json.RawMessage) error {
		raw, err := judged(item, show)
		switch {
		case err != nil:
			return err
		case raw == nil:
			b.call.withheld++
		default:
			shown = append(shown, raw)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.op.Replace(shown)
}

// cutLink takes the link to a parent outside the bound from a conversation.
func (b *bounds) cutLink(ctx context.Context, v *dixaclient.Conversation, raw json.RawMessage) (json.RawMessage, error) {
	if v.Link == nil {
		return raw, nil
	}
	if inside, err := b.hasConversation(unpriced(ctx), v.Link.ParentID, time.Time{}); err != nil || inside {
		return raw, err
	}
	b.call.withheld++
	v.Link = nil
	return without(raw, "link"), nil
}

// without takes a property from an object and leaves the others in their order, which would tell that one is missing.
func without(object json.RawMessage, property string) json.RawMessage {
	rest := []byte{'{'}
	for name, value := range jsonscan.Members(object) {
		if strings.EqualFold(jsonscan.Unquote(name), property) { // as encoding/json reads names
			continue
		}
		if len(rest) > 1 {
			rest = append(rest, ',')
		}
		rest = append(append(append(append(rest, '"'), name...), '"', ':'), value...)
	}
	return append(rest, '}')
}

// hasMentioned tells whether all conversations that an entry of the activity log names are inside the bound, and whether the
// end user whom a conversation was taken from is known there.
func (b *bounds) hasMentioned(ctx context.Context, v *dixaclient.ActivityEntry) (bool, error) {
	ctx = unpriced(ctx)
	ids := []int64{v.ConversationID}
	for _, name := range []string{"child", "parent", "parentId", "childId", "conversationId", "csid"} {
		switch n := v.Attributes[name].(type) {
		case float64:
			ids = append(ids, int64(n))
		case nil:
		default:
			return false, nil // another form than documented: it cannot be judged
		}
	}
	for _, id := range ids {
		if inside, err := b.hasConversation(ctx, id, time.Time{}); err != nil || !inside {
			return false, err
		}
	}
	old, replaced := v.Attributes["oldUser"]
	if !replaced {
		return true, nil
	}
	user, _ := old.(map[string]any)
	id, _ := user["id"].(string)
	return b.hasEndUser(ctx, dixaclient.UUID(id))
}
