package offline

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/search"
	"dixa-mcp/internal/offline/wire"
)

var searchRoutes = []route{
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
func searchConversations(c *call) (any, error) {
	p, err := c.Page(largestSearchPage)
	if err != nil {
		return nil, err
	}
	in, err := decodeOptional[search.Question](c)
	if err != nil {
		return nil, err
	}
	keep, err := in.Filter(func(attribute string) bool {
		a := c.attrs.byID[attribute]
		return a != nil && a.entity == "Conversation"
	})
	if err != nil {
		return nil, wire.ErrBody.Because("%v", err)
	}
	q := in.Text()
	found := []*conversation{}
	for _, cv := range slices.Backward(c.conversations) {
		if keep(cv.searched()) && (q == nil || q.Matches(c.text(cv))) {
			found = append(found, cv)
		}
	}
	page := request.Paged(c.Request, p, found)
	hits := []hit{}
	for _, cv := range page.Data.([]*conversation) {
		hits = append(hits, hit{cv.id, c.highlights(cv, q)})
	}
	page.Data = hits
	return page, nil
}

// searched returns what filters look at in a conversation.
func (c *conversation) searched() *search.Facts {
	return &search.Facts{ID: c.id, Agent: c.agent, Queue: c.queue, Requester: c.requester, Channel: c.channel.search, Direction: strings.ToLower(c.direction),
		Status: status(c.state), Tags: c.tags, Attributes: c.attrs, Created: c.created, Assigned: c.assigned, Closed: c.closed,
		LastMessage: c.lastMessage, Touched: c.touched}
}

// status returns the name that search has for a state: it has three where conversations have four.
func status(state string) string {
	switch state {
	case stateOpen:
		return "open"
	case stateClosed:
		return "closed"
	default:
		return "pending"
	}
}

// text returns what a text search looks through: subject and messages in lower case. Anonymized conversations have
// none.
func (w *world) text(c *conversation) string {
	if c.haystack == "" && c.anonymized.IsZero() {
		var b strings.Builder
		b.WriteString(c.subject)
		for _, text := range w.said(c) {
			b.WriteByte('\n')
			b.WriteString(text)
		}
		c.haystack = strings.ToLower(b.String()) + "\n"
	}
	return c.haystack
}

// highlights returns the places where the query was found, in the subject and in the first two messages that have it.
func (w *world) highlights(c *conversation, q *search.Text) map[string][]string {
	found := map[string][]string{}
	if q == nil {
		return found
	}
	if s, ok := q.Mark(c.subject); ok {
		found["subject"] = []string{s}
	}
	for _, text := range w.said(c) {
		if s, ok := q.Mark(text); ok && len(found["text"]) < 2 {
			found["text"] = append(found["text"], s)
		}
	}
	return found
}
