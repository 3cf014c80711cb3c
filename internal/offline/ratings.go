package offline

import (
	"fmt"
	"time"

	"dixa-mcp/internal/offline/fiction"
)

// rating is the state of one question of a survey. All questions of a survey have its id.
type rating struct {
	id      string
	kind    string // Csat, Nps or ThumbsUpOrDown
	agent   string
	user    string
	offered time.Time
	rated   time.Time // zero while it is only offered
	score   int32
	comment string
	byAPI   bool // offered through the API, so that a result can be submitted for it
}

// scores are those that customers give, by mood.
var scores = map[string][]int32{
	"":       {5, 5, 5, 5, 5, 4, 4, 4, 3, 2, 1, 5},
	confused: {5, 5, 4, 4, 3, 2},
	angry:    {1, 1, 2, 3, 4, 1},
}

// ratingsOf returns the ratings of a conversation: most closed ones were offered a survey, about half of those answered.
func (w *world) ratingsOf(c *conversation) []*rating {
	if c.own {
		return c.ratings
	}
	r := w.rand("rating", c.id)
	if c.state != stateClosed || c.agent == "" || !r.Chance(60) {
		return nil
	}
	offered := c.closed.Add(r.Between(time.Minute, time.Hour)).Truncate(time.Second)
	if offered.After(w.anchor) {
		return nil
	}
	one := &rating{id: w.uuid("rating", c.id), kind: "Csat", agent: c.agent, user: c.requester, offered: offered}
	if r.Chance(55) {
		if rated := w.awake(r, offered.Add(r.Between(2*time.Minute, 14*time.Hour))).Truncate(time.Second); !rated.After(w.anchor) {
			one.rated, one.score = rated, fiction.Pick(r, scores[c.mood])
			if r.Chance(45) {
				one.comment = w.voice(c).say(fmt.Sprintf("comment%d", one.score), rated)
			}
		}
	}
	if !c.anonymized.IsZero() {
		one.comment = ""
	}
	all := []*rating{one}
	if r.Chance(15) { // a survey of two questions
		two := *one
		two.kind, two.comment = "Nps", ""
		if !two.rated.IsZero() {
			two.score = one.score * 2
		}
		all = append(all, &two)
	}
	return all
}
