package seed

import (
	"fmt"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/fiction"
)

// WriteNotes writes the notes of a conversation, oldest first.
func (w *maker) WriteNotes(c *desk.Conversation) []*desk.Note {
	if !c.Anonymized.IsZero() {
		return nil
	}
	if c.ID == demoConversation {
		at := w.atWork(w.Rand("notes", c.ID), 9, c.Assigned.Add(49*time.Hour))
		return []*desk.Note{desk.NewNote(w.UUID("note", c.ID*10), c.Agent, c.ID, "Finance says the second capture of £84.90 was only authorised, "+
			"never reversed. Needs a manual refund, see the ledger for HB-204518.", at)}
	}
	r, v := w.Rand("notes", c.ID), w.voice(c)
	v.language = fiction.Phrases()["en"] // colleagues write English to each other
	var notes []*desk.Note
	add := func(kind string, at time.Time) {
		notes = append(notes, desk.NewNote(w.UUID("note", c.ID*10+int64(len(notes))), c.Agent, c.ID, v.say(kind, at), at))
	}
	if c.Channel.Name == "Voicemail" && !c.Closed.IsZero() {
		add("noteback", w.sinceShift(w.seats[c.Agent], c.Closed, r.Between(time.Minute, 4*time.Minute), c.Assigned))
	}
	if c.Agent == "" || c.Channel.Spoken() || !r.Chance(30) {
		return notes
	}
	for _, b := range c.Beats { // while an answer is being written
		if len(notes) < 2 && b.Out && b.At.After(c.Assigned) && r.Chance(60) {
			add("note", w.sinceShift(w.seats[c.Agent], b.At, r.Between(20*time.Second, 8*time.Minute), c.Assigned))
		}
	}
	return notes
}

// scores are those that customers give, by mood.
var scores = map[string][]int32{
	"":       {5, 5, 5, 5, 5, 4, 4, 4, 3, 2, 1, 5},
	confused: {5, 5, 4, 4, 3, 2},
	angry:    {1, 1, 2, 3, 4, 1},
}

// WriteRatings makes the ratings of a conversation: most closed ones were offered a survey, about half of those answered.
func (w *maker) WriteRatings(c *desk.Conversation) []*desk.Rating {
	r := w.Rand("rating", c.ID)
	if c.State != desk.StateClosed || c.Agent == "" || !r.Chance(60) {
		return nil
	}
	offered := c.Closed.Add(r.Between(time.Minute, time.Hour)).Truncate(time.Second)
	if offered.After(w.Anchor) {
		return nil
	}
	one := &desk.Rating{ID: w.UUID("rating", c.ID), Kind: "Csat", Agent: c.Agent, User: c.Requester, Offered: offered}
	if r.Chance(55) {
		if rated := w.awake(r, offered.Add(r.Between(2*time.Minute, 14*time.Hour))).Truncate(time.Second); !rated.After(w.Anchor) {
			one.Rated, one.Score = rated, fiction.Pick(r, scores[c.Mood])
			if r.Chance(45) {
				one.Comment = w.voice(c).say(fmt.Sprintf("comment%d", one.Score), rated)
			}
		}
	}
	if !c.Anonymized.IsZero() {
		one.Comment = ""
	}
	all := []*desk.Rating{one}
	if r.Chance(15) { // a survey of two questions
		two := *one
		two.Kind, two.Comment = "Nps", ""
		if !two.Rated.IsZero() {
			two.Score = one.Score * 2
		}
		all = append(all, &two)
	}
	return all
}
