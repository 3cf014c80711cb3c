package offline

import (
	"time"

	"dixa-mcp/internal/offline/fiction"
)

// seedState decides how a conversation stands: nearly all of the older ones that came to an end are closed.
func (w *world) seedState(r *fiction.RNG, c *conversation, agent int, ended bool) {
	c.state, c.stateChanged, c.touched = stateOpen, c.created, c.lastMessage
	w.seedAssignment(r, c, agent)
	if c.mover != "" && c.queued.After(w.anchor) { // not noticed yet
		c.queue, c.queued, c.misplaced, c.mover = c.misplaced, c.created.Add(3*time.Second), "", ""
	}
	closable := 97
	if w.anchor.Sub(c.created) < 10*24*time.Hour {
		closable = 80
	}
	last := c.beats[len(c.beats)-1]
	after := w.atWork(r, agent, c.lastMessage.Add(r.Between(time.Minute, 50*time.Minute))).Truncate(time.Second)
	switch {
	case after.After(w.anchor):
	case ended && r.Chance(closable):
		w.seedClose(r, c, agent, after)
	case last.out && r.Chance(60):
		c.enter(statePending, after)
		c.followup = w.seedFollowup(r)
	case last.out && r.Chance(30):
		c.enter(stateAwaitingPending, after)
	}
	c.touched = latest(c.touched, c.stateChanged, c.assigned, c.anonymized, c.queued)
}

// seedAssignment says since when the Dixa agent who answers has the conversation. An unanswered conversation is unassigned.
func (w *world) seedAssignment(r *fiction.RNG, c *conversation, agent int) {
	id := w.agents.list[agent].ID
	switch first := w.firstAnswer(c).at; {
	case c.channel.name == "Voicemail":
	case first.IsZero():
	case c.direction == "Outbound":
		c.agent, c.assigned = id, c.created
	case c.channel.live() || c.channel.spoken():
		c.agent, c.assigned = id, c.created.Add(r.Between(2*time.Second, 10*time.Second)).Truncate(time.Second)
	default:
		c.agent = id
		c.assigned = w.sinceShift(agent, first, r.Between(2*time.Minute, 14*time.Minute), latest(c.created, c.queued).Add(time.Second))
	}
}

// seedClose closes a conversation, and anonymizes a few of the oldest. Who calls back about a voicemail has it then.
func (w *world) seedClose(r *fiction.RNG, c *conversation, agent int, at time.Time) {
	if c.agent == "" {
		c.agent, c.assigned = w.agents.list[agent].ID, w.sinceShift(agent, at, 5*time.Minute, c.created)
	}
	c.enter(stateClosed, at)
	c.closed, c.closedBy = at, c.agent
	if gone := at.AddDate(0, 0, 14); gone.Before(w.anchor) && w.anchor.Sub(c.created) > 20*24*time.Hour && c.about == nil && r.Chance(2) {
		c.anonymized = gone
	}
}

// seedFollowup returns when a pending conversation reopens: in the morning of an open day after the seeded data ends.
func (w *world) seedFollowup(r *fiction.RNG) time.Time {
	for d := w.care.Day(w.anchor) + 2 + r.N(6); ; d++ {
		if open := w.care.Open[d]; len(open) > 0 {
			return open[0].From.Add(time.Duration(1+r.N(8)) * 15 * time.Minute)
		}
	}
}

func latest(times ...time.Time) time.Time {
	var t time.Time
	for _, u := range times {
		if u.After(t) {
			t = u
		}
	}
	return t
}

// seedTagging adds the tags that the Dixa agent chose, and the attributes that a form or a Dixa agent filled in.
func (w *world) seedTagging(r *fiction.RNG, c *conversation, topic int) {
	tag := func(name string, percent int) {
		if !r.Chance(percent) || c.agent == "" {
			return
		}
		if id := w.tagNamed(name).id; !c.hasTag(id) {
			c.tags = append(c.tags, id)
		}
	}
	for i, name := range topics[topic].tags {
		if name == "lost-parcel" && len(c.beats) < 3 { // that shows later
			continue
		}
		tag(name, 55-20*i)
	}
	if c.queue == w.queues.list[vipQueue].ID {
		tag("vip", 80)
	}
	if c.mood == angry {
		tag("escalated", 40)
		tag("urgent", 30)
	}
	tag("voucher", 3)
	tag("translation", 1)
	if hasOrder(c.topic) && r.Chance(60) {
		c.attrs[w.attributeNamed("order_number").id] = w.facts(c).orderNumber()
	}
	if r.Chance(40) {
		c.attrs[w.attributeNamed("contact_reason").id] = topics[topic].reason
	}
	if c.topic == "delivery" && r.Chance(50) {
		c.attrs[w.attributeNamed("parcel_id").id] = w.facts(c).trackingNumber()
	}
}
