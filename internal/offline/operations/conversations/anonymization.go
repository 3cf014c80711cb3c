package conversations

import (
	"fmt"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var anonymizationRoutes = []call.Route{
	{Pattern: "PATCH /v1/conversations/{conversationId}/anonymize", Status: 202, Query: "force", Handle: anonymizeConversation},
	{Pattern: "PATCH /v1/conversations/{conversationId}/messages/{messageId}/anonymize", Status: 202, Handle: anonymizeMessage},
	{Pattern: "PATCH /v1/endusers/{userId}/anonymize", Status: 202, Query: "force", Handle: anonymizeUser},
	{Pattern: "POST /v1/anonymization", Status: 200, Handle: anonymizeEntity},
	{Pattern: "GET /v1/anonymization/request/{requestId}", Status: 200, Handle: getAnonymization},
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

func wireAnonymization(a *desk.Anonymization) anonymizationWire {
	return anonymizationWire{a.ID, a.Kind + "AnonymizationType", a.Kind, wire.ZonedTime(a.Initiated), a.Target, a.By, wire.ZonedTime(a.Processed)}
}

// request notes that something is to be anonymized.
func requestAnonymization(c *call.Call, kind, target string, run func(now time.Time)) *desk.Anonymization {
	a := &desk.Anonymization{ID: c.NewID(), Kind: kind, Target: target, By: c.Owner(), Initiated: c.Now, Run: run}
	c.Requests.Add(a.ID, a)
	c.Did(target, "anonymization of "+kind+" requested")
	return a
}

func getAnonymization(c *call.Call) (any, error) {
	a, err := c.Requests.Get(c.ID("requestId"))
	if err != nil {
		return nil, err
	}
	if a.Looks++; a.Looks > 1 && a.Processed.IsZero() {
		a.Finish(c.Now)
	}
	return wire.Data{Data: wireAnonymization(a)}, nil
}

func anonymizeConversation(c *call.Call) (any, error) {
	force, err := c.Flag("force")
	if err != nil {
		return nil, err
	}
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	a, err := anonymizeThis(c, cv, force)
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: wireAnonymization(a)}, nil
}

// anonymizeThis asks for a conversation to be anonymized. An open one needs force, which closes it.
func anonymizeThis(c *call.Call, cv *desk.Conversation, force bool) (*desk.Anonymization, error) {
	if cv.Held != nil || !cv.Anonymized.IsZero() {
		return nil, wire.Conflict(fmt.Sprintf("Anonymization of conversation %d has already been requested", cv.ID))
	}
	if cv.State != desk.StateClosed {
		if !force {
			return nil, wire.Conflict(fmt.Sprintf("Conversation %d is not closed", cv.ID))
		}
		closeAs(c, cv, c.Owner())
	}
	cv.Held = requestAnonymization(c, "Conversation", call.Itoa(cv.ID), func(now time.Time) { c.World.Anonymize(cv, now) })
	return cv.Held, nil
}
