package offline

import (
	"cmp"
	"slices"
	"time"

	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var activityRoutes = []route{
	{Pattern: "GET /v1/conversations/activitylog", Status: 200, Query: "fromDatetime toDatetime " + request.Paging, Handle: listActivity},
	{Pattern: "GET /v1/conversations/{conversationId}/activitylog", Status: 200, Handle: listConversationActivity},
}

func listConversationActivity(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	all := []entryWire{}
	for _, e := range c.activity(cv) {
		all = append(all, c.entryWire(e))
	}
	return wire.Data{Data: all}, nil
}

// listActivity answers with the log of all conversations, oldest first, from fromDatetime to before toDatetime.
func listActivity(c *call) (any, error) {
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
	var found []*entry
	for _, cv := range c.conversations {
		if (!to.IsZero() && !cv.created.Before(to)) || cv.quietSince(from) {
			continue
		}
		for _, e := range c.activity(cv) {
			if !e.at.Before(from) && (to.IsZero() || e.at.Before(to)) {
				found = append(found, e)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *entry) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.csid, b.csid)) })
	d := request.Paged(c.Request, p, found)
	all := []entryWire{}
	for _, e := range d.Data.([]*entry) {
		all = append(all, c.entryWire(e))
	}
	d.Data = all
	return d, nil
}

// quietSince tells without looking at the log that nothing has happened since a moment. Only the answer to a survey comes after what
// touched tells of a seeded conversation, and that within a day.
func (c *conversation) quietSince(t time.Time) bool {
	return !c.own && c.touched.Add(24*time.Hour).Before(t)
}
