package conversations

import (
	"strings"

	"dixa-mcp/internal/offline/body"
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var attributeRoutes = []call.Route{
	{Pattern: "GET /v1/custom-attributes", Status: 200, Handle: listAttributes},
	{Pattern: "GET /v1/custom-attributes/{customAttributeId}", Status: 200, Handle: getAttribute, Plain: []string{"customAttributeId"}},
	{Pattern: "PATCH /v1/endusers/{userId}/custom-attributes", Status: 200, Handle: setUserAttributes},
	{Pattern: "PATCH /v1/conversations/{conversationId}/custom-attributes", Status: 200, Handle: setConversationAttributes},
}

type attributeWire struct {
	ID              string          `json:"id"`
	EntityType      string          `json:"entityType"`
	Identifier      string          `json:"identifier"`
	Label           string          `json:"label"`
	InputDefinition inputDefinition `json:"inputDefinition"`
	Description     string          `json:"description,omitzero"`
	CreatedAt       string          `json:"createdAt"`
	IsRequired      bool            `json:"isRequired"`
	IsArchived      bool            `json:"isArchived"`
	IsDeactivated   bool            `json:"isDeactivated"`
}

type inputDefinition struct {
	Options     []*desk.Option `json:"options,omitzero"`
	Placeholder string         `json:"placeholder,omitzero"`
	Type        string         `json:"_type"` // Select or Text
}

func wireAttribute(a *desk.Attribute) attributeWire {
	in := inputDefinition{Type: "Text", Placeholder: a.Placeholder}
	if a.Options != nil {
		in = inputDefinition{Type: "Select", Options: a.Options}
	}
	return attributeWire{a.ID, a.Entity, a.Identifier, a.Label, in, a.Description, wire.ZonedTime(a.Created), a.Required, a.Archived, a.Deactivated}
}

func listAttributes(c *call.Call) (any, error) {
	all := []attributeWire{}
	for _, a := range c.Attributes.List {
		all = append(all, wireAttribute(a))
	}
	return wire.Data{Data: all}, nil
}

func getAttribute(c *call.Call) (any, error) {
	a, err := c.Attributes.Get(strings.ToLower(c.Vars["customAttributeId"]))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: wireAttribute(a)}, nil
}

func setUserAttributes(c *call.Call) (any, error) {
	u, err := c.Users.Get(c.ID("userId"))
	if err != nil {
		return nil, err
	}
	changed, err := patchValues(c, u.Attributes, "Contact")
	if err != nil {
		return nil, err
	}
	u.Attributes = changed
	c.Did(u.ID, "custom attributes set")
	return wire.Data{Data: c.Values(u.Attributes)}, nil
}

func setConversationAttributes(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	changed, err := patchValues(c, cv.Attributes, "Conversation")
	if err != nil {
		return nil, err
	}
	c.Detach(cv)
	cv.Attributes = changed
	cv.Touch(c.Now)
	logEntry(c, cv, "ConversationCustomAttributesUpdated", c.Owner(), desk.AttributesUpdated{Values: changed, Type: "ConversationCustomAttributesUpdatedAttribute"})
	c.Did(call.Itoa(cv.ID), "custom attributes set")
	return wire.Data{Data: c.Values(cv.Attributes)}, nil
}

// patchValues returns a copy of held with the body's values in it: a bare map from attribute ids to values, where null takes one away.
func patchValues(c *call.Call, held map[string]any, entity string) (map[string]any, error) {
	in, err := call.Decode[map[string]any](c)
	if err != nil {
		return nil, err
	}
	changed := map[string]any{}
	for id, v := range held {
		changed[id] = v
	}
	for id, raw := range in {
		if !body.IsUUID(id) {
			return nil, wire.ErrBody.Because("%q is not a uuid", id)
		}
		a, err := c.Attributes.Get(strings.ToLower(id))
		if err != nil {
			return nil, err
		}
		if a.Entity != entity || a.Archived || a.Deactivated {
			return nil, wire.Invalid("Invalid input for patching").Because("%s cannot be set on a %s", a.Identifier, entity)
		}
		if raw == nil {
			delete(changed, a.ID)
			continue
		}
		v, err := a.Value(raw)
		if err != nil {
			return nil, err
		}
		changed[a.ID] = v
	}
	return changed, nil
}
