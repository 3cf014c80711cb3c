package gate

import (
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
		return keep(c, op, out, func(v *dixaclient.Conversation, raw json.RawMessage) (json.RawMessage, error) {
			if inside, err := c.judge(ctx, b, v); err != nil || !inside {
				return nil, err
			}
			return c.cutLink(ctx, b, v, raw)
		})
	case *[]dixaclient.ActivityEntry:
		return keep(c, op, out, func(v *dixaclient.ActivityEntry, raw json.RawMessage) (json.RawMessage, error) {
			return whenInside(raw)(c.mentions(ctx, b, v))
		})
	case *[]dixaclient.EndUser:
		return keep(c, op, out, func(v *dixaclient.EndUser, raw json.RawMessage) (json.RawMessage, error) {
			return whenInside(raw)(c.knows(ctx, b, v.ID))
		})
	}
	return nil
}

func whenInside(raw json.RawMessage) func(bool, error) (json.RawMessage, error) {
	return func(inside bool, err error) (json.RawMessage, error) {
		if !inside {
			return nil, err
		}
		return raw, err
	}
}

// keep drops items from a list, in its typed form and in its bytes. show gives an item's bytes as they may be seen,
// nil when it may not.
func keep[T any](c *call, op *dixaclient.Call, list *[]T, show func(*T, json.RawMessage) (json.RawMessage, error)) error {
	var envelope struct {
		Data []json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(op.Raw, &envelope); err != nil || len(envelope.Data) != len(*list) {
		return fmt.Errorf("%s: the answer's items cannot be told apart, so none is shown", op.Op.Name)
	}
	kept, shown := (*list)[:0:0], []json.RawMessage{}
	for i := range *list {
		raw, err := show(&(*list)[i], envelope.Data[i])
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
	var err error
	op.Raw, err = json.Marshal(map[string]any{"data": shown})
	return err
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
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	delete(fields, "link")
	return json.Marshal(fields)
}

// mentions tells whether all conversations that an entry of the activity log names are inside the bound.
func (c *call) mentions(ctx context.Context, b *capability.Bound, v *dixaclient.ActivityEntry) (bool, error) {
	for _, name := range []string{"child", "parent", "parentId", "childId", "conversationId", "csid"} {
		var id int64
		switch n := v.Attributes[name].(type) {
		case float64:
			id = int64(n)
		case nil:
			continue
		default:
			return false, nil // another form than documented: it cannot be judged
		}
		if inside, err := c.holds(ctx, b, id); err != nil || !inside {
			return false, err
		}
	}
	return true, nil
}
