package offline

import "time"

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

var comments = map[int32][]string{
	5: {"Super good!", "Very quick and friendly, thank you.", "", "", "Best customer service ever!"},
	4: {"Good, but it took a while.", "", ""},
	3: {"OK.", ""},
	2: {"Had to explain everything twice.", ""},
	1: {"Still not solved. Very disappointing.", "Never again."},
}

// ratingsOf gives the ratings of a conversation: most closed ones were offered a survey, about half of those answered.
func (w *world) ratingsOf(c *conversation) []*rating {
	if c.own {
		return c.ratings
	}
	r := w.rand("rating", c.id)
	if c.state != stateClosed || c.agent == "" || !r.chance(60) {
		return nil
	}
	offered := c.closed.Add(r.between(time.Minute, time.Hour)).Truncate(time.Second)
	if offered.After(w.anchor) {
		return nil
	}
	one := &rating{id: w.uuid("rating", c.id), kind: "Csat", agent: c.agent, user: c.requester, offered: offered}
	if r.chance(55) {
		if rated := offered.Add(r.between(2*time.Minute, 20*time.Hour)).Truncate(time.Second); !rated.After(w.anchor) {
			one.rated, one.score = rated, pick(r, []int32{5, 5, 5, 5, 5, 4, 4, 4, 3, 2, 1, 5})
			one.comment = pick(r, comments[one.score])
		}
	}
	if !c.anonymized.IsZero() {
		one.comment = ""
	}
	all := []*rating{one}
	if r.chance(15) { // a survey of two questions
		two := *one
		two.kind, two.comment = "Nps", ""
		if !two.rated.IsZero() {
			two.score = one.score * 2
		}
		all = append(all, &two)
	}
	return all
}
