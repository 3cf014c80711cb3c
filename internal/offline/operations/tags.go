package operations

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/hooks"
	"dixa-mcp/internal/offline/wire"
)

var tagRoutes = []route{
	{Pattern: "GET /v1/tags", Status: 200, Query: "includeDeactivated", Handle: listTags},
	{Pattern: "POST /v1/tags", Status: 200, Handle: createTag},
	{Pattern: "GET /v1/tags/{tagId}", Status: 200, Handle: getTag},
	{Pattern: "DELETE /v1/tags/{tagId}", Status: 204, Handle: deleteTag},
	{Pattern: "PATCH /v1/tags/{tagId}/activate", Status: 204, Handle: func(c *call) (any, error) { return nil, c.switchTag(false) }},
	{Pattern: "PATCH /v1/tags/{tagId}/deactivate", Status: 204, Handle: func(c *call) (any, error) { return nil, c.switchTag(true) }},
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

func listTags(c *call) (any, error) {
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

func createTag(c *call) (any, error) {
	in, err := decode[struct {
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
	t := c.newTag(name, in.Color)
	return wire.Data{Data: wireTag(t)}, nil
}

func (c *call) newTag(name, color string) *desk.Tag {
	t := &desk.Tag{ID: c.NewID(), Name: name, Color: color}
	c.Tags.Add(t.ID, t)
	c.did(t.ID, "tag "+name+" created")
	return t
}

func listConversationTags(c *call) (any, error) {
	cv, err := c.thisConversation()
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
func (c *call) tagAndConversation() (*desk.Conversation, *desk.Tag, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, nil, err
	}
	t, err := c.Tags.Get(c.ID("tagId"))
	return cv, t, err
}

func tagConversation(c *call) (any, error) {
	cv, t, err := c.tagAndConversation()
	if err != nil {
		return nil, err
	}
	if t.Inactive {
		return nil, wire.ErrParam.Because("tag %s is inactive, only active ones can be applied", t.Name)
	}
	c.applyTag(cv, t)
	return nil, nil
}

func (c *call) applyTag(cv *desk.Conversation, t *desk.Tag) {
	if cv.HasTag(t.ID) {
		return
	}
	c.Detach(cv)
	cv.Tags = append(cv.Tags, t.ID)
	cv.Touch(c.now)
	c.log(cv, "TagAdded", c.Owner(), desk.TagChanged{Tag: t.Name, Type: "TagAddedAttribute"})
	c.emit(cv, "ConversationTagAdded", map[string]any{"author": hooks.Person(c.World, c.Owner()), "tag": t.Name})
	c.did(itoa(cv.ID), "tag "+t.Name+" added")
}

func untagConversation(c *call) (any, error) {
	cv, t, err := c.tagAndConversation()
	if err != nil || !cv.HasTag(t.ID) {
		return nil, err
	}
	c.Detach(cv)
	cv.Tags = slices.DeleteFunc(cv.Tags, func(id string) bool { return id == t.ID })
	cv.Touch(c.now)
	c.log(cv, "TagRemoved", c.Owner(), desk.TagChanged{Tag: t.Name, Type: "TagRemovedAttribute"})
	c.did(itoa(cv.ID), "tag "+t.Name+" removed")
	return nil, nil
}

func getTag(c *call) (any, error) {
	t, err := c.Tags.Get(c.ID("tagId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: wireTag(t)}, nil
}

// deleteTag takes a tag away from everything that has it.
func deleteTag(c *call) (any, error) {
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
	c.did(t.ID, "tag "+t.Name+" deleted")
	return nil, nil
}

func (c *call) switchTag(inactive bool) error {
	t, err := c.Tags.Get(c.ID("tagId"))
	if err != nil || t.Inactive == inactive {
		return err
	}
	t.Inactive = inactive
	c.did(t.ID, "tag "+t.Name+" "+strings.ToLower(wireTag(t).State))
	return nil
}

// tagByName tags a conversation by the names of tags and makes those that do not exist. Dixa answers before it has done so; here it is
// done by then. What cannot be applied is left out: there is no answer that could say so.
func tagByName(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	in, err := decode[struct {
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
			t = c.newTag(one.Name, "")
		}
		if !t.Inactive {
			c.applyTag(cv, t)
		}
	}
	return nil, nil
}
