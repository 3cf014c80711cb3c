package offline

import (
	"cmp"
	"slices"
	"time"
)

var activityRoutes = []route{
	{pattern: "GET /v1/conversations/activitylog", status: 200, query: "fromDatetime toDatetime " + paging, handle: listActivity},
	{pattern: "GET /v1/conversations/{conversationId}/activitylog", status: 200, handle: listConversationActivity},
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
	return data{Data: all}, nil
}

// listActivity answers with the log of all conversations, oldest first, from fromDatetime to before toDatetime.
func listActivity(c *call) (any, error) {
	p, err := c.page(0)
	if err != nil {
		return nil, err
	}
	from, err := c.instant("fromDatetime")
	if err != nil {
		return nil, err
	}
	to, err := c.instant("toDatetime")
	if err != nil {
		return nil, err
	}
	if !from.IsZero() && !to.IsZero() && to.Before(from) {
		return nil, errParam.because("toDatetime is before fromDatetime")
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
	d := paged(c, p, found)
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
