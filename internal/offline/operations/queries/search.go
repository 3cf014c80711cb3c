package queries

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/search"
	"dixa-mcp/internal/offline/wire"
)

var searchRoutes = []call.Route{
	{Pattern: "GET /v1/search/conversations", Status: 200, Query: "query exactMatch " + request.Paging, Handle: searchByText},
	{Pattern: "POST /v1/search/conversations", Status: 200, Query: request.Paging, Handle: searchConversations},
}

// largestSearchPage is what Dixa's own clients stay within.
const largestSearchPage = 50

type hit struct {
	ID         int64               `json:"id"`
	Highlights map[string][]string `json:"highlights"`
}

// searchConversations finds by text, by filters, or by both; without either it finds everything. The newest come first.
func searchConversations(c *call.Call) (any, error) {
	p, err := c.Page(largestSearchPage)
	if err != nil {
		return nil, err
	}
	in, err := call.DecodeOptional[search.Question](c)
	if err != nil {
		return nil, err
	}
	keep, err := in.Filter(func(attribute string) bool {
		a := c.Attributes.ByID[attribute]
		return a != nil && a.Entity == "Conversation"
	})
	if err != nil {
		return nil, wire.ErrBody.Because("%v", err)
	}
	q := in.Text()
	found := []*desk.Conversation{}
	for _, cv := range slices.Backward(c.Conversations) {
		if keep(searched(cv)) && (q == nil || q.Matches(c.Text(cv))) {
			found = append(found, cv)
		}
	}
	page := request.Paged(c.Request, p, found)
	hits := []hit{}
	for _, cv := range page.Data.([]*desk.Conversation) {
		hits = append(hits, hit{cv.ID, highlights(c.World, cv, q)})
	}
	page.Data = hits
	return page, nil
}

// searched returns what filters look at in a conversation.
func searched(c *desk.Conversation) *search.Facts {
	return &search.Facts{ID: c.ID, Agent: c.Agent, Queue: c.Queue, Requester: c.Requester, Channel: c.Channel.Search, Direction: strings.ToLower(c.Direction),
		Status: desk.Status(c.State), Tags: c.Tags, Attributes: c.Attributes, Created: c.Created, Assigned: c.Assigned, Closed: c.Closed,
		LastMessage: c.LastMessage, Touched: c.Touched}
}

// highlights returns the places where the query was found, in the subject and in the first two messages that have it.
func highlights(w *desk.World, c *desk.Conversation, q *search.Text) map[string][]string {
	found := map[string][]string{}
	if q == nil {
		return found
	}
	if s, ok := q.Mark(c.Subject); ok {
		found["subject"] = []string{s}
	}
	for _, text := range w.Said(c) {
		if s, ok := q.Mark(text); ok && len(found["text"]) < 2 {
			found["text"] = append(found["text"], s)
		}
	}
	return found
}
