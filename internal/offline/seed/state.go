package seed

import (
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/fiction"
)

// seedState decides how a conversation stands: nearly all of the older ones that came to an end are closed.
func (w *maker) seedState(r *fiction.RNG, c *desk.Conversation, agent int, ended bool) {
	c.State, c.StateChanged, c.Touched = desk.StateOpen, c.Created, c.LastMessage
	w.seedAssignment(r, c, agent)
	if c.Mover != "" && c.Queued.After(w.Anchor) { // not noticed yet
		c.Queue, c.Queued, c.Misplaced, c.Mover = c.Misplaced, c.Created.Add(3*time.Second), "", ""
	}
	closable := 97
	if w.Anchor.Sub(c.Created) < 10*24*time.Hour {
		closable = 80
	}
	last := c.Beats[len(c.Beats)-1]
	after := w.atWork(r, agent, c.LastMessage.Add(r.Between(time.Minute, 50*time.Minute))).Truncate(time.Second)
	switch {
	case after.After(w.Anchor):
	case ended && r.Chance(closable):
		w.seedClose(r, c, agent, after)
	case last.Out && r.Chance(60):
		c.Enter(desk.StatePending, after)
		c.Followup = w.seedFollowup(r)
	case last.Out && r.Chance(30):
		c.Enter(desk.StateAwaitingPending, after)
	}
	c.Touched = desk.Latest(c.Touched, c.StateChanged, c.Assigned, c.Anonymized, c.Queued)
}

// seedAssignment says since when the Dixa agent who answers has the conversation. An unanswered conversation is unassigned.
func (w *maker) seedAssignment(r *fiction.RNG, c *desk.Conversation, agent int) {
	id := w.Agents.List[agent].ID
	switch first := w.FirstAnswer(c).At; {
	case c.Channel.Name == "Voicemail":
	case first.IsZero():
	case c.Direction == "Outbound":
		c.Agent, c.Assigned = id, c.Created
	case c.Channel.Live() || c.Channel.Spoken():
		c.Agent, c.Assigned = id, c.Created.Add(r.Between(2*time.Second, 10*time.Second)).Truncate(time.Second)
	default:
		c.Agent = id
		c.Assigned = w.sinceShift(agent, first, r.Between(2*time.Minute, 14*time.Minute), desk.Latest(c.Created, c.Queued).Add(time.Second))
	}
}

// seedClose closes a conversation, and anonymizes a few of the oldest. Who calls back about a voicemail has it then.
func (w *maker) seedClose(r *fiction.RNG, c *desk.Conversation, agent int, at time.Time) {
	if c.Agent == "" {
		c.Agent, c.Assigned = w.Agents.List[agent].ID, w.sinceShift(agent, at, 5*time.Minute, c.Created)
	}
	c.Enter(desk.StateClosed, at)
	c.Closed, c.ClosedBy = at, c.Agent
	if gone := at.AddDate(0, 0, 14); gone.Before(w.Anchor) && w.Anchor.Sub(c.Created) > 20*24*time.Hour && c.About == nil && r.Chance(2) {
		c.Anonymized = gone
	}
}

// seedFollowup returns when a pending conversation reopens: in the morning of an open day after the seeded data ends.
func (w *maker) seedFollowup(r *fiction.RNG) time.Time {
	for d := w.care.Day(w.Anchor) + 2 + r.N(6); ; d++ {
		if open := w.care.Open[d]; len(open) > 0 {
			return open[0].From.Add(time.Duration(1+r.N(8)) * 15 * time.Minute)
		}
	}
}

// seedTagging adds the tags that the Dixa agent chose, and the attributes that a form or a Dixa agent filled in.
func (w *maker) seedTagging(r *fiction.RNG, c *desk.Conversation, topic int) {
	tag := func(name string, percent int) {
		if !r.Chance(percent) || c.Agent == "" {
			return
		}
		if id := w.TagNamed(name).ID; !c.HasTag(id) {
			c.Tags = append(c.Tags, id)
		}
	}
	for i, name := range topics[topic].tags {
		if name == "lost-parcel" && len(c.Beats) < 3 { // that shows later
			continue
		}
		tag(name, 55-20*i)
	}
	if c.Queue == w.Queues.List[vipQueue].ID {
		tag("vip", 80)
	}
	if c.Mood == angry {
		tag("escalated", 40)
		tag("urgent", 30)
	}
	tag("voucher", 3)
	tag("translation", 1)
	if hasOrder(c.Topic) && r.Chance(60) {
		c.Attributes[w.AttributeNamed("order_number").ID] = w.facts(c).orderNumber()
	}
	if r.Chance(40) {
		c.Attributes[w.AttributeNamed("contact_reason").ID] = topics[topic].reason
	}
	if c.Topic == "delivery" && r.Chance(50) {
		c.Attributes[w.AttributeNamed("parcel_id").ID] = w.facts(c).trackingNumber()
	}
}
