package offline

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"dixa-mcp/internal/offline/wire"
)

func anonymizeMessage(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	a, err := c.anonymizeMessageOf(cv, c.ID("messageId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: a.wire()}, nil
}

func (c *call) anonymizeMessageOf(cv *conversation, id string) (*anonymization, error) {
	c.detach(cv)
	i := slices.IndexFunc(cv.messages, func(m *message) bool { return m.id == id })
	if i < 0 {
		return nil, wire.ErrNotFound.Because("conversation %d has no message %s", cv.id, id)
	}
	m := cv.messages[i]
	if m.held != nil || m.redacted {
		return nil, wire.Conflict("Anonymization of message " + id + " has already been requested")
	}
	by := c.owner()
	m.held = c.requestAnonymization("Message", itoa(cv.id)+"_"+id, func(now time.Time) {
		files := len(m.attrs.Attachments)
		m.redact()
		cv.touch(now)
		cv.log = append(cv.log, &entry{c.newID(), cv.id, now, "ConversationMessageRedacted", by,
			redactedAttr{m.id, true, files, "MessageRedactedAttribute"}})
	})
	return m.held, nil
}

func anonymizeUser(c *call) (any, error) {
	force, err := c.Flag("force")
	if err != nil {
		return nil, err
	}
	u, err := c.users.get(c.ID("userId"))
	if err != nil {
		return nil, err
	}
	a, err := c.anonymizeThisUser(u, force)
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: a.wire()}, nil
}

// anonymizeThisUser asks for an end user to be anonymized with all conversations. Open ones need force, which closes them.
func (c *call) anonymizeThisUser(u *person, force bool) (*anonymization, error) {
	if u.held != nil {
		return nil, wire.Conflict("Anonymization of end user " + u.ID + " has already been requested")
	}
	of := c.byRequester[u.ID]
	for _, cv := range of {
		if cv.state != stateClosed && !force {
			return nil, wire.Conflict(fmt.Sprintf("End user %s has conversations that are not closed", u.ID))
		}
	}
	for _, cv := range of {
		if cv.state != stateClosed {
			c.close(cv, c.owner())
		}
	}
	w := c.world
	u.held = c.requestAnonymization("User", u.ID, func(now time.Time) {
		for _, cv := range w.byRequester[u.ID] {
			if cv.anonymized.IsZero() {
				w.anonymize(cv, now)
			}
		}
		*u = person{ID: u.ID, CreatedAt: u.CreatedAt, DisplayName: anonymousText, AdditionalEmails: []string{}, AdditionalPhoneNumbers: []string{},
			MiddleNames: []string{}, attrs: map[string]any{}, held: u.held}
	})
	return u.held, nil
}

// anonymizeEntity handles the deprecated operation for all kinds. The contract requires neither `_type` nor entityType,
// but one of them must say what to anonymize.
func anonymizeEntity(c *call) (any, error) {
	in, err := decode[struct {
		EntityID           string `wire:"entityId,required"`
		EntityType         any    `wire:"entityType"`
		ForceAnonymization bool   `wire:"forceAnonymization"`
		Type               string `wire:"_type,Conversation|Message|User"`
	}](c)
	if err != nil {
		return nil, err
	}
	var a *anonymization
	switch kindOf(in.Type, in.EntityType) {
	case "Conversation":
		id, _ := strconv.ParseInt(in.EntityID, 10, 64) // no number is no conversation
		cv, e := c.conversation(id)
		if e != nil {
			return nil, e
		}
		a, err = c.anonymizeThis(cv, in.ForceAnonymization)
	case "User":
		u, e := c.users.get(lower(in.EntityID))
		if e != nil {
			return nil, e
		}
		a, err = c.anonymizeThisUser(u, in.ForceAnonymization)
	default:
		err = wire.ErrBody.Because("_type is neither Conversation nor User")
	}
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: a.wire()}, nil
}

// kindOf takes the kind from `_type`, or from the field that it has replaced, which is a string or an object with a `_type`.
func kindOf(kind string, old any) string {
	if object, ok := old.(map[string]any); ok && kind == "" {
		old = object["_type"]
	}
	if name, ok := old.(string); ok && kind == "" {
		kind = map[string]string{"ConversationAnonymizationType": "Conversation", "UserAnonymizationType": "User"}[name]
	}
	return kind
}
