package queries

import (
	"slices"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/search"
	"dixa-mcp/internal/offline/wire"
)

// The search that the contract calls deprecated: text alone, and hits inside of messages.

type oldHit struct {
	ID         int64               `json:"id"`
	Highlights map[string][]string `json:"highlights"`
	InnerHits  []innerHit          `json:"innerHits"`
}

type innerHit struct {
	ID        string            `json:"id"`
	Highlight map[string]string `json:"highlight"`
}

func searchByText(c *call.Call) (any, error) {
	p, err := c.Page(largestSearchPage)
	if err != nil {
		return nil, err
	}
	exact, err := c.Flag("exactMatch")
	if err != nil {
		return nil, err
	}
	if !c.Query.Has("query") {
		return nil, wire.ErrParam.Because("query parameter query is required")
	}
	q := search.NewText(c.Query.Get("query"), exact)
	found := []*desk.Conversation{}
	for _, cv := range slices.Backward(c.Conversations) {
		if q.Matches(c.Text(cv)) {
			found = append(found, cv)
		}
	}
	d := request.Paged(c.Request, p, found)
	hits := []oldHit{}
	for _, cv := range d.Data.([]*desk.Conversation) {
		hits = append(hits, wireOldHit(c.World, cv, q))
	}
	d.Data = hits
	return d, nil
}

func wireOldHit(w *desk.World, cv *desk.Conversation, q *search.Text) oldHit {
	h := oldHit{ID: cv.ID, Highlights: map[string][]string{}, InnerHits: []innerHit{}}
	if s, ok := q.Mark(cv.Subject); ok {
		h.Highlights["subject"] = []string{s}
	}
	for _, m := range w.Thread(cv) {
		if s, ok := q.Mark(m.Text); ok {
			h.InnerHits = append(h.InnerHits, innerHit{m.ID, map[string]string{"text": s}})
		}
	}
	return h
}
