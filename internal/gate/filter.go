package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
)

// filter takes out of an answer what lies outside the agent's bound. What was taken out is counted for the record and
// never told.
func (c *call) filter(ctx context.Context, b *capability.Bound, op *dixaclient.Call) error {
	switch out := op.Out.(type) {
	case *dixaclient.Conversation:
		var envelope struct {
			Data json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(op.Raw, &envelope); err != nil {
			return err
		}
		data, err := c.cutLink(ctx, b, out, envelope.Data)
		if err != nil {
			return err
		}
		op.Raw, err = json.Marshal(map[string]json.RawMessage{"data": data})
		return err
	case *[]dixaclient.Conversation:
		return keep(c, op, out, c.showConversation(ctx, b))
	case *[]dixaclient.ActivityEntry:
		return keep(c, op, out, func(v *dixaclient.ActivityEntry, raw json.RawMessage) (json.RawMessage, error) {
			return whenInside(raw)(c.mentions(ctx, b, v))
		})
	}
	return nil
}

// show gives the bytes of an item as they may be seen, nil when it may not.
type show[T any] func(*T, json.RawMessage) (json.RawMessage, error)

func (c *call) showConversation(ctx context.Context, b *capability.Bound) show[dixaclient.Conversation] {
	return func(v *dixaclient.Conversation, raw json.RawMessage) (json.RawMessage, error) {
		if inside, err := c.judge(ctx, b, v.ID, v); err != nil || !inside {
			return nil, err
		}
		return c.cutLink(ctx, b, v, raw)
	}
}

func (c *call) showEndUser(ctx context.Context, b *capability.Bound) show[dixaclient.EndUser] {
	return func(v *dixaclient.EndUser, raw json.RawMessage) (json.RawMessage, error) {
		return whenInside(raw)(c.knows(ctx, b, v.ID))
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

// keep drops items from a list, in its typed form and in its bytes.
func keep[T any](c *call, op *dixaclient.Call, list *[]T, show show[T]) error {
	items, err := itemsOf(op, *list)
	if err != nil {
		return err
	}
	kept, shown := []T{}, []json.RawMessage{}
	for i := range *list {
		raw, err := show(&(*list)[i], items[i])
		if err != nil {
			return err
		}
		if raw == nil {
			c.withheld++
			continue
		}
		kept, shown = append(kept, (*list)[i]), append(shown, raw)
	}
	*list = kept
	op.Raw, err = json.Marshal(map[string]any{"data": shown})
	return err
}

// itemsOf gives the bytes of each item of a list.
func itemsOf[T any](op *dixaclient.Call, list []T) ([]json.RawMessage, error) {
	var envelope struct {
		Data []json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(op.Raw, &envelope); err != nil || len(envelope.Data) != len(list) {
		return nil, fmt.Errorf("%s: the answer's items cannot be told apart, so none is shown", op.Op.Name)
	}
	return envelope.Data, nil
}

// cutLink takes the link to a parent outside the bound from a conversation.
func (c *call) cutLink(ctx context.Context, b *capability.Bound, v *dixaclient.Conversation, raw json.RawMessage) (json.RawMessage, error) {
	if v.Link == nil {
		return raw, nil
	}
	if inside, err := c.holds(ctx, b, v.Link.ParentID); err != nil || inside {
		return raw, err
	}
	c.withheld++
	v.Link = nil
	return without(raw, "link")
}

// without takes a property from an object and leaves the others in their order, which would tell that one is missing.
func without(object json.RawMessage, property string) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	rest := []byte{'{'}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		if name == property {
			continue
		}
		if len(rest) > 1 {
			rest = append(rest, ',')
		}
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		rest = append(append(append(rest, quoted...), ':'), value...)
	}
	return append(rest, '}'), nil
}

// mentions tells whether all conversations that an entry of the activity log names are inside the bound, and whether the
// end user whom a conversation was taken from is known there.
func (c *call) mentions(ctx context.Context, b *capability.Bound, v *dixaclient.ActivityEntry) (bool, error) {
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
		if inside, err := c.holds(ctx, b, id); err != nil || !inside {
			return false, err
		}
	}
	old, replaced := v.Attributes["oldUser"]
	if !replaced {
		return true, nil
	}
	user, _ := old.(map[string]any)
	id, _ := user["id"].(string)
	return c.knows(ctx, b, dixaclient.UUID(id))
}
