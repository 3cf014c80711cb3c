package offline

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/fiction"
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

const refundTagID = "77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"

type tag struct {
	id, name, color string
	inactive        bool
}

type tagWire struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color,omitzero"`
	State string `json:"state"`
}

func (t *tag) wire() tagWire {
	state := "Active"
	if t.inactive {
		state = "Inactive"
	}
	return tagWire{t.id, t.name, t.color, state}
}

var tagNames = strings.Fields("refund refund-pending double-charge payment invoice late-delivery lost-parcel damaged wrong-item return " +
	"exchange warranty login password-reset app bug subscription cancellation complaint escalated compliment urgent vip b2b gdpr " +
	"presale stock fraud-check translation voucher")

var inactiveTagNames = strings.Fields("black-friday summer-sale beta-test")

func (w *world) seedTags() {
	for i, name := range append(slices.Clone(tagNames), inactiveTagNames...) {
		t := &tag{id: w.uuid("tag", int64(i)), name: name, inactive: i >= len(tagNames)}
		if name == "refund" {
			t.id = refundTagID
		}
		if i%2 == 0 {
			t.color = fiction.Pick(w.rand("tag", int64(i)), []string{"#e4572e", "#17bebb", "#ffc914", "#2e282a", "#76b041"})
		}
		w.tags.add(t.id, t)
	}
}

// tagNamed finds a tag by its name, nil when there is none.
func (w *world) tagNamed(name string) *tag {
	for _, t := range w.tags.list {
		if strings.EqualFold(t.name, name) {
			return t
		}
	}
	return nil
}

func listTags(c *call) (any, error) {
	all, err := c.Flag("includeDeactivated")
	if err != nil {
		return nil, err
	}
	tags := []tagWire{}
	for _, t := range c.tags.list {
		if all || !t.inactive {
			tags = append(tags, t.wire())
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
	if name == "" || c.tagNamed(name) != nil {
		return nil, wire.ErrParam.Because("the name is empty, or there is a tag of this name")
	}
	t := c.newTag(name, in.Color)
	return wire.Data{Data: t.wire()}, nil
}

func (c *call) newTag(name, color string) *tag {
	t := &tag{id: c.newID(), name: name, color: color}
	c.tags.add(t.id, t)
	c.did(t.id, "tag "+name+" created")
	return t
}

func listConversationTags(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	tags := []tagWire{}
	for _, id := range cv.tags {
		tags = append(tags, c.tags.byID[id].wire())
	}
	return wire.Data{Data: tags}, nil
}

// tagAndConversation returns the tag and the conversation in the path.
func (c *call) tagAndConversation() (*conversation, *tag, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, nil, err
	}
	t, err := c.tags.get(c.ID("tagId"))
	return cv, t, err
}

func tagConversation(c *call) (any, error) {
	cv, t, err := c.tagAndConversation()
	if err != nil {
		return nil, err
	}
	if t.inactive {
		return nil, wire.ErrParam.Because("tag %s is inactive, only active ones can be applied", t.name)
	}
	c.applyTag(cv, t)
	return nil, nil
}

func (c *call) applyTag(cv *conversation, t *tag) {
	if cv.hasTag(t.id) {
		return
	}
	c.detach(cv)
	cv.tags = append(cv.tags, t.id)
	cv.touch(c.now)
	c.log(cv, "TagAdded", c.owner(), tagAttr{t.name, "TagAddedAttribute"})
	c.emit(cv, "ConversationTagAdded", map[string]any{"author": c.hooked(c.owner()), "tag": t.name})
	c.did(itoa(cv.id), "tag "+t.name+" added")
}

func untagConversation(c *call) (any, error) {
	cv, t, err := c.tagAndConversation()
	if err != nil || !cv.hasTag(t.id) {
		return nil, err
	}
	c.detach(cv)
	cv.tags = slices.DeleteFunc(cv.tags, func(id string) bool { return id == t.id })
	cv.touch(c.now)
	c.log(cv, "TagRemoved", c.owner(), tagAttr{t.name, "TagRemovedAttribute"})
	c.did(itoa(cv.id), "tag "+t.name+" removed")
	return nil, nil
}

func getTag(c *call) (any, error) {
	t, err := c.tags.get(c.ID("tagId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: t.wire()}, nil
}

// deleteTag takes a tag away from everything that has it.
func deleteTag(c *call) (any, error) {
	t, err := c.tags.get(c.ID("tagId"))
	if err != nil {
		return nil, err
	}
	for _, cv := range c.conversations {
		if cv.hasTag(t.id) {
			c.detach(cv)
			cv.tags = slices.DeleteFunc(cv.tags, func(id string) bool { return id == t.id })
		}
	}
	c.tags.remove(t.id, func(o *tag) bool { return o == t })
	c.did(t.id, "tag "+t.name+" deleted")
	return nil, nil
}

func (c *call) switchTag(inactive bool) error {
	t, err := c.tags.get(c.ID("tagId"))
	if err != nil || t.inactive == inactive {
		return err
	}
	t.inactive = inactive
	c.did(t.id, "tag "+t.name+" "+strings.ToLower(t.wire().State))
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
		t := c.tagNamed(one.Name)
		if t == nil {
			t = c.newTag(one.Name, "")
		}
		if !t.inactive {
			c.applyTag(cv, t)
		}
	}
	return nil, nil
}
