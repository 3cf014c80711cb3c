package conversations

import (
	"cmp"
	"slices"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var activityRoutes = []call.Route{
	{Pattern: "GET /v1/conversations/activitylog", Status: 200, Query: "fromDatetime toDatetime " + request.Paging, Handle: listActivity},
	{Pattern: "GET /v1/conversations/{conversationId}/activitylog", Status: 200, Handle: listConversationActivity},
}

func listConversationActivity(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	all := []entryWire{}
	for _, e := range c.Activity(cv) {
		all = append(all, wireEntry(c.World, e))
	}
	return wire.Data{Data: all}, nil
}

// listActivity answers with the log of all conversations, oldest first, from fromDatetime to before toDatetime.
func listActivity(c *call.Call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	from, err := c.Instant("fromDatetime")
	if err != nil {
		return nil, err
	}
	to, err := c.Instant("toDatetime")
	if err != nil {
		return nil, err
	}
	if !from.IsZero() && !to.IsZero() && to.Before(from) {
		return nil, wire.ErrParam.Because("toDatetime is before fromDatetime")
	}
	var found []*desk.Entry
	for _, cv := range c.Conversations {
		if (!to.IsZero() && !cv.Created.Before(to)) || cv.QuietSince(from) {
			continue
		}
		for _, e := range c.Activity(cv) {
			if !e.At.Before(from) && (to.IsZero() || e.At.Before(to)) {
				found = append(found, e)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *desk.Entry) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.CSID, b.CSID)) })
	d := request.Paged(c.Request, p, found)
	all := []entryWire{}
	for _, e := range d.Data.([]*desk.Entry) {
		all = append(all, wireEntry(c.World, e))
	}
	d.Data = all
	return d, nil
}
