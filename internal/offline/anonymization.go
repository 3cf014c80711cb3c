package offline

import (
	"fmt"
	"time"

	"dixa-mcp/internal/offline/wire"
)

var anonymizationRoutes = []route{
	{Pattern: "PATCH /v1/conversations/{conversationId}/anonymize", Status: 202, Query: "force", Handle: anonymizeConversation},
	{Pattern: "PATCH /v1/conversations/{conversationId}/messages/{messageId}/anonymize", Status: 202, Handle: anonymizeMessage},
	{Pattern: "PATCH /v1/endusers/{userId}/anonymize", Status: 202, Query: "force", Handle: anonymizeUser},
	{Pattern: "POST /v1/anonymization", Status: 200, Handle: anonymizeEntity},
	{Pattern: "GET /v1/anonymization/request/{requestId}", Status: 200, Handle: getAnonymization},
}

// anonymization is a request to anonymize something. It is done a moment after it was asked for: at the second look at it, or after
// a second.
type anonymization struct {
	id, kind, target, by string // kind: Conversation, Message or User
	initiated, processed time.Time
	looks                int
	run                  func(now time.Time)
}

type anonymizationWire struct {
	ID             string `json:"id"`
	EntityType     string `json:"entityType"`
	Type           string `json:"_type"`
	InitiatedAt    string `json:"initiatedAt"`
	TargetEntityID string `json:"targetEntityId"`
	RequestedBy    string `json:"requestedBy"`
	ProcessedAt    string `json:"processedAt,omitzero"`
}

const anonymizationTime = time.Second

func (a *anonymization) wire() anonymizationWire {
	return anonymizationWire{a.id, a.kind + "AnonymizationType", a.kind, wire.ZonedTime(a.initiated), a.target, a.by, wire.ZonedTime(a.processed)}
}

// settle does what is due: anonymization that was asked for, and follow-ups that are over. It gives the conversations of those.
func (w *world) settle(now time.Time) (expired []*conversation) {
	for _, a := range w.requests.list {
		if a.processed.IsZero() && now.Sub(a.initiated) >= anonymizationTime {
			a.finish(now)
		}
	}
	return w.expire(now)
}

func (a *anonymization) finish(now time.Time) {
	a.processed = now
	a.run(now)
}

// request notes that something is to be anonymized.
func (c *call) requestAnonymization(kind, target string, run func(now time.Time)) *anonymization {
	a := &anonymization{id: c.newID(), kind: kind, target: target, by: c.owner(), initiated: c.now, run: run}
	c.requests.add(a.id, a)
	c.did(target, "anonymization of "+kind+" requested")
	return a
}

func getAnonymization(c *call) (any, error) {
	a, err := c.requests.get(c.ID("requestId"))
	if err != nil {
		return nil, err
	}
	if a.looks++; a.looks > 1 && a.processed.IsZero() {
		a.finish(c.now)
	}
	return wire.Data{Data: a.wire()}, nil
}

func anonymizeConversation(c *call) (any, error) {
	force, err := c.Flag("force")
	if err != nil {
		return nil, err
	}
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	a, err := c.anonymizeThis(cv, force)
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: a.wire()}, nil
}

// anonymizeThis asks for a conversation to be anonymized. An open one needs force, which closes it.
func (c *call) anonymizeThis(cv *conversation, force bool) (*anonymization, error) {
	if cv.held != nil || !cv.anonymized.IsZero() {
		return nil, wire.Conflict(fmt.Sprintf("Anonymization of conversation %d has already been requested", cv.id))
	}
	if cv.state != stateClosed {
		if !force {
			return nil, wire.Conflict(fmt.Sprintf("Conversation %d is not closed", cv.id))
		}
		c.close(cv, c.owner())
	}
	cv.held = c.requestAnonymization("Conversation", itoa(cv.id), func(now time.Time) { c.world.anonymize(cv, now) })
	return cv.held, nil
}

// anonymize takes out of a conversation what could tell who it was with.
func (w *world) anonymize(cv *conversation, now time.Time) {
	w.detach(cv)
	for _, m := range cv.messages {
		m.redact()
	}
	for _, r := range cv.ratings {
		r.comment = ""
	}
	cv.notes, cv.subject, cv.attrs, cv.browser, cv.anonymized = nil, "", map[string]any{}, nil, now
	cv.touch(now)
}
