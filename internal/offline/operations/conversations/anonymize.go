package conversations

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

func anonymizeMessage(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	a, err := anonymizeMessageOf(c, cv, c.ID("messageId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: wireAnonymization(a)}, nil
}

func anonymizeMessageOf(c *call.Call, cv *desk.Conversation, id string) (*desk.Anonymization, error) {
	c.Detach(cv)
	i := slices.IndexFunc(cv.Messages, func(m *desk.Message) bool { return m.ID == id })
	if i < 0 {
		return nil, wire.ErrNotFound.Because("conversation %d has no message %s", cv.ID, id)
	}
	m := cv.Messages[i]
	if m.Held != nil || m.Redacted {
		return nil, wire.Conflict("Anonymization of message " + id + " has already been requested")
	}
	by := c.Owner()
	m.Held = requestAnonymization(c, "Message", call.Itoa(cv.ID)+"_"+id, func(now time.Time) {
		files := len(m.Attributes.Attachments)
		m.Redact()
		cv.Touch(now)
		cv.Log = append(cv.Log, &desk.Entry{ID: c.NewID(), CSID: cv.ID, At: now, Kind: "ConversationMessageRedacted", Author: by,
			Attributes: desk.Redacted{MessageID: m.ID, Text: true, Files: files, Type: "MessageRedactedAttribute"}})
	})
	return m.Held, nil
}

func anonymizeUser(c *call.Call) (any, error) {
	force, err := c.Flag("force")
	if err != nil {
		return nil, err
	}
	u, err := c.Users.Get(c.ID("userId"))
	if err != nil {
		return nil, err
	}
	a, err := anonymizeThisUser(c, u, force)
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: wireAnonymization(a)}, nil
}

// anonymizeThisUser asks for an end user to be anonymized with all conversations. Open ones need force, which closes them.
func anonymizeThisUser(c *call.Call, u *desk.Person, force bool) (*desk.Anonymization, error) {
	if u.Held != nil {
		return nil, wire.Conflict("Anonymization of end user " + u.ID + " has already been requested")
	}
	of := c.ByRequester[u.ID]
	for _, cv := range of {
		if cv.State != desk.StateClosed && !force {
			return nil, wire.Conflict(fmt.Sprintf("End user %s has conversations that are not closed", u.ID))
		}
	}
	for _, cv := range of {
		if cv.State != desk.StateClosed {
			closeAs(c, cv, c.Owner())
		}
	}
	w := c.World
	u.Held = requestAnonymization(c, "User", u.ID, func(now time.Time) {
		for _, cv := range w.ByRequester[u.ID] {
			if cv.Anonymized.IsZero() {
				w.Anonymize(cv, now)
			}
		}
		*u = desk.Person{ID: u.ID, CreatedAt: u.CreatedAt, DisplayName: desk.AnonymousText, AdditionalEmails: []string{}, AdditionalPhoneNumbers: []string{},
			MiddleNames: []string{}, Attributes: map[string]any{}, Held: u.Held}
	})
	return u.Held, nil
}

// anonymizeEntity handles the deprecated operation for all kinds. The contract requires neither `_type` nor entityType,
// but one of them must say what to anonymize.
func anonymizeEntity(c *call.Call) (any, error) {
	in, err := call.Decode[struct {
		EntityID           string `wire:"entityId,required"`
		EntityType         any    `wire:"entityType"`
		ForceAnonymization bool   `wire:"forceAnonymization"`
		Type               string `wire:"_type,Conversation|Message|User"`
	}](c)
	if err != nil {
		return nil, err
	}
	var a *desk.Anonymization
	switch kindOf(in.Type, in.EntityType) {
	case "Conversation":
		id, _ := strconv.ParseInt(in.EntityID, 10, 64) // no number is no conversation
		cv, e := c.Conversation(id)
		if e != nil {
			return nil, e
		}
		a, err = anonymizeThis(c, cv, in.ForceAnonymization)
	case "User":
		u, e := c.Users.Get(strings.ToLower(in.EntityID))
		if e != nil {
			return nil, e
		}
		a, err = anonymizeThisUser(c, u, in.ForceAnonymization)
	default:
		err = wire.ErrBody.Because("_type is neither Conversation nor User")
	}
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: wireAnonymization(a)}, nil
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
