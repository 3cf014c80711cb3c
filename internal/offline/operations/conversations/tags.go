package conversations

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/hooks"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var tagRoutes = []call.Route{
	{Pattern: "GET /v1/tags", Status: 200, Query: "includeDeactivated", Handle: listTags},
	{Pattern: "POST /v1/tags", Status: 200, Handle: createTag},
	{Pattern: "GET /v1/tags/{tagId}", Status: 200, Handle: getTag},
	{Pattern: "DELETE /v1/tags/{tagId}", Status: 204, Handle: deleteTag},
	{Pattern: "PATCH /v1/tags/{tagId}/activate", Status: 204, Handle: func(c *call.Call) (any, error) { return nil, switchTag(c, false) }},
	{Pattern: "PATCH /v1/tags/{tagId}/deactivate", Status: 204, Handle: func(c *call.Call) (any, error) { return nil, switchTag(c, true) }},
	{Pattern: "POST /v1/conversations/{conversationId}/tags/bulk", Status: 202, Handle: tagByName},
	{Pattern: "GET /v1/conversations/{conversationId}/tags", Status: 200, Handle: listConversationTags},
	{Pattern: "PUT /v1/conversations/{conversationId}/tags/{tagId}", Status: 204, Handle: tagConversation},
	{Pattern: "DELETE /v1/conversations/{conversationId}/tags/{tagId}", Status: 204, Handle: untagConversation},
}

type tagWire struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color,omitzero"`
	State string `json:"state"`
}

func wireTag(t *desk.Tag) tagWire {
	state := "Active"
	if t.Inactive {
		state = "Inactive"
	}
	return tagWire{t.ID, t.Name, t.Color, state}
}

func listTags(c *call.Call) (any, error) {
	all, err := c.Flag("includeDeactivated")
	if err != nil {
		return nil, err
	}
	tags := []tagWire{}
	for _, t := range c.Tags.List {
		if all || !t.Inactive {
			tags = append(tags, wireTag(t))
		}
	}
	return wire.Data{Data: tags}, nil
}

func createTag(c *call.Call) (any, error) {
	in, err := call.Decode[struct {
		Name  string `wire:"name,required"`
		Color string `wire:"color"`
	}](c)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(in.Name)
	if name == "" || c.TagNamed(name) != nil {
		return nil, wire.ErrParam.Because("the name is empty, or there is a tag of this name")
	}
	t := newTag(c, name, in.Color)
	return wire.Data{Data: wireTag(t)}, nil
}

func newTag(c *call.Call, name, color string) *desk.Tag {
	t := &desk.Tag{ID: c.NewID(), Name: name, Color: color}
	c.Tags.Add(t.ID, t)
	c.Did(t.ID, "tag "+name+" created")
	return t
}

func listConversationTags(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	tags := []tagWire{}
	for _, id := range cv.Tags {
		tags = append(tags, wireTag(c.Tags.ByID[id]))
	}
	return wire.Data{Data: tags}, nil
}

// tagAndConversation returns the tag and the conversation in the path.
func tagAndConversation(c *call.Call) (*desk.Conversation, *desk.Tag, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, nil, err
	}
	t, err := c.Tags.Get(c.ID("tagId"))
	return cv, t, err
}

func tagConversation(c *call.Call) (any, error) {
	cv, t, err := tagAndConversation(c)
	if err != nil {
		return nil, err
	}
	if t.Inactive {
		return nil, wire.ErrParam.Because("tag %s is inactive, only active ones can be applied", t.Name)
	}
	applyTag(c, cv, t)
	return nil, nil
}

func applyTag(c *call.Call, cv *desk.Conversation, t *desk.Tag) {
	if cv.HasTag(t.ID) {
		return
	}
	c.Detach(cv)
	cv.Tags = append(cv.Tags, t.ID)
	cv.Touch(c.Now)
	logEntry(c, cv, "TagAdded", c.Owner(), desk.TagChanged{Tag: t.Name, Type: "TagAddedAttribute"})
	c.Emit(cv, "ConversationTagAdded", map[string]any{"author": hooks.Person(c.World, c.Owner()), "tag": t.Name})
	c.Did(call.Itoa(cv.ID), "tag "+t.Name+" added")
}

func untagConversation(c *call.Call) (any, error) {
	cv, t, err := tagAndConversation(c)
	if err != nil || !cv.HasTag(t.ID) {
		return nil, err
	}
	c.Detach(cv)
	cv.Tags = slices.DeleteFunc(cv.Tags, func(id string) bool { return id == t.ID })
	cv.Touch(c.Now)
	logEntry(c, cv, "TagRemoved", c.Owner(), desk.TagChanged{Tag: t.Name, Type: "TagRemovedAttribute"})
	c.Did(call.Itoa(cv.ID), "tag "+t.Name+" removed")
	return nil, nil
}

func getTag(c *call.Call) (any, error) {
	t, err := c.Tags.Get(c.ID("tagId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: wireTag(t)}, nil
}

// deleteTag takes a tag away from everything that has it.
func deleteTag(c *call.Call) (any, error) {
	t, err := c.Tags.Get(c.ID("tagId"))
	if err != nil {
		return nil, err
	}
	for _, cv := range c.Conversations {
		if cv.HasTag(t.ID) {
			c.Detach(cv)
			cv.Tags = slices.DeleteFunc(cv.Tags, func(id string) bool { return id == t.ID })
		}
	}
	c.Tags.Remove(t.ID, func(o *desk.Tag) bool { return o == t })
	c.Did(t.ID, "tag "+t.Name+" deleted")
	return nil, nil
}

func switchTag(c *call.Call, inactive bool) error {
	t, err := c.Tags.Get(c.ID("tagId"))
	if err != nil || t.Inactive == inactive {
		return err
	}
	t.Inactive = inactive
	c.Did(t.ID, "tag "+t.Name+" "+strings.ToLower(wireTag(t).State))
	return nil
}

// tagByName tags a conversation by the names of tags and makes those that do not exist. Dixa answers before it has done so; here it is
// done by then. What cannot be applied is left out: there is no answer that could say so.
func tagByName(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[struct {
		Data []struct {
			Name string `wire:"name,required"`
		} `wire:"data"`
	}](c)
	if err != nil {
		return nil, err
	}
	for _, one := range in.Data {
		t := c.TagNamed(one.Name)
		if t == nil {
			t = newTag(c, one.Name, "")
		}
		if !t.Inactive {
			applyTag(c, cv, t)
		}
	}
	return nil, nil
}
