package offline

import (
	"time"

	"dixa-mcp/internal/offline/fiction"
)

// seedBeats chooses how many messages a conversation has, when they came and from which side. It is false where the newest moment of the
// data came before the end of the conversation.
func (w *world) seedBeats(r *fiction.RNG, c *conversation, agent int) (ended bool) {
	c.beats = make([]beat, 0, 8)
	end := w.anchor.Add(-r.Between(time.Minute, 90*time.Minute))
	switch {
	case c.channel.name == "Voicemail":
		ended = w.voicemailBeats(r, c)
	case c.channel.spoken():
		ended = w.callBeats(r, c)
	case c.channel.live():
		ended = w.chatBeats(r, c)
	default:
		ended = w.mailBeats(r, c, agent, end)
	}
	c.lastMessage = c.beats[len(c.beats)-1].at
	return ended
}

// callBeats adds those of a call: the call itself, what was said, and the recording at its end.
func (w *world) callBeats(r *fiction.RNG, c *conversation) bool {
	roles := len(callRoles)
	if r.Chance(40) {
		roles = len(shortCall)
	}
	at := c.created
	c.beats = append(c.beats, beat{at, c.direction == "Outbound"})
	at = at.Add(r.Between(3*time.Second, 9*time.Second))
	for i := range roles {
		c.beats = append(c.beats, beat{at.Truncate(time.Millisecond), i%2 == 0})
		at = at.Add(r.Between(9*time.Second, 26*time.Second))
	}
	c.beats = append(c.beats, beat{at.Truncate(time.Millisecond), true})
	return true
}

// voicemailBeats adds the recording and what was said in it.
func (w *world) voicemailBeats(r *fiction.RNG, c *conversation) bool {
	c.beats = append(c.beats, beat{c.created, false}, beat{c.created.Add(r.Between(4*time.Second, 8*time.Second)).Truncate(time.Millisecond), false})
	return true
}

// chatBeats adds those of a chat: one after the other, within half an hour.
func (w *world) chatBeats(r *fiction.RNG, c *conversation) bool {
	n := 4 + 2*r.N(3)
	if c.about != nil {
		n = 4
	}
	if r.Chance(20) {
		n--
	}
	at := c.created
	for i := range n {
		c.beats = append(c.beats, beat{at, i%2 == 1})
		at = at.Add(r.Between(14*time.Second, 3*time.Minute)).Truncate(time.Millisecond)
	}
	return true
}

// pace is how long people take to answer.
type pace struct{ agentLeast, agentMost, userLeast, userMost time.Duration }

var (
	mailPace   = pace{15 * time.Minute, 9 * time.Hour, 25 * time.Minute, 28 * time.Hour}
	quickPace  = pace{4 * time.Minute, 50 * time.Minute, 5 * time.Minute, 3 * time.Hour}
	socialPace = pace{2 * time.Minute, 50 * time.Minute, time.Minute, 5 * time.Hour}
)

// mailBeats adds those of channels in which people answer later: Dixa agents while they work, customers while they are
// awake. A customer without an answer writes again, days later.
func (w *world) mailBeats(r *fiction.RNG, c *conversation, agent int, end time.Time) bool {
	n, speed := w.seedLength(r, c)
	at, out := c.created, c.direction == "Outbound"
	for {
		c.beats = append(c.beats, beat{at, out})
		last := len(c.beats) - 1
		if last+1 >= n && (out || (last > 0 && c.beats[last-1].out)) {
			return true
		}
		before := out
		if twice := c.channel.mail() && last+2 < n && r.Chance(7); !twice {
			out = !out
		}
		switch {
		case out && !before:
			at = w.atWork(r, agent, latest(at, c.queued).Add(r.Between(speed.agentLeast, speed.agentMost)))
		case out:
			at = w.atWork(r, agent, at.Add(r.Between(2*time.Hour, 26*time.Hour)))
		case before:
			at = w.awake(r, at.Add(r.Between(speed.userLeast, speed.userMost)))
		default:
			at = w.awake(r, at.Add(r.Between(25*time.Hour, 70*time.Hour)))
		}
		if at = at.Truncate(time.Millisecond); at.After(end) {
			return false
		}
	}
}

// seedLength returns how many messages a conversation has, and how quickly they come: many messages come within few
// days.
func (w *world) seedLength(r *fiction.RNG, c *conversation) (int, pace) {
	n, speed := 3+r.N(5), mailPace
	switch k := r.N(1000); {
	case c.channel.search == "trustpilot":
		return 2, socialPace
	case !c.channel.mail() && c.about != nil:
		return 3 + r.N(3), socialPace
	case !c.channel.mail():
		return 3 + r.N(6), socialPace
	case c.direction == "Outbound":
		n = 2 + r.N(3)
	case c.about != nil: // who writes again says less
		n = 3 + r.N(3)
	case k >= 975 && c.language == "en":
		n, speed = 21+r.N(4), quickPace
	case k >= 925:
		n, speed = 9+r.N(5), quickPace
	}
	return n, speed
}
