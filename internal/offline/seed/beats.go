package seed

import (
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/fiction"
)

// seedBeats chooses how many messages a conversation has, when they came and from which side. It is false where the newest moment of the
// data came before the end of the conversation.
func (w *maker) seedBeats(r *fiction.RNG, c *desk.Conversation, agent int) (ended bool) {
	c.Beats = make([]desk.Beat, 0, 8)
	end := w.Anchor.Add(-r.Between(time.Minute, 90*time.Minute))
	switch {
	case c.Channel.Name == "Voicemail":
		ended = w.voicemailBeats(r, c)
	case c.Channel.Spoken():
		ended = w.callBeats(r, c)
	case c.Channel.Live():
		ended = w.chatBeats(r, c)
	default:
		ended = w.mailBeats(r, c, agent, end)
	}
	c.LastMessage = c.Beats[len(c.Beats)-1].At
	return ended
}

// callBeats adds those of a call: the call itself, what was said, and the recording at its end.
func (w *maker) callBeats(r *fiction.RNG, c *desk.Conversation) bool {
	roles := len(callRoles)
	if r.Chance(40) {
		roles = len(shortCall)
	}
	at := c.Created
	c.Beats = append(c.Beats, desk.Beat{At: at, Out: c.Direction == "Outbound"})
	at = at.Add(r.Between(3*time.Second, 9*time.Second))
	for i := range roles {
		c.Beats = append(c.Beats, desk.Beat{At: at.Truncate(time.Millisecond), Out: i%2 == 0})
		at = at.Add(r.Between(9*time.Second, 26*time.Second))
	}
	c.Beats = append(c.Beats, desk.Beat{At: at.Truncate(time.Millisecond), Out: true})
	return true
}

// voicemailBeats adds the recording and what was said in it.
func (w *maker) voicemailBeats(r *fiction.RNG, c *desk.Conversation) bool {
	said := c.Created.Add(r.Between(4*time.Second, 8*time.Second)).Truncate(time.Millisecond)
	c.Beats = append(c.Beats, desk.Beat{At: c.Created}, desk.Beat{At: said})
	return true
}

// chatBeats adds those of a chat: one after the other, within half an hour.
func (w *maker) chatBeats(r *fiction.RNG, c *desk.Conversation) bool {
	n := 4 + 2*r.N(3)
	if c.About != nil {
		n = 4
	}
	if r.Chance(20) {
		n--
	}
	at := c.Created
	for i := range n {
		c.Beats = append(c.Beats, desk.Beat{At: at, Out: i%2 == 1})
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
func (w *maker) mailBeats(r *fiction.RNG, c *desk.Conversation, agent int, end time.Time) bool {
	n, speed := w.seedLength(r, c)
	at, out := c.Created, c.Direction == "Outbound"
	for {
		c.Beats = append(c.Beats, desk.Beat{At: at, Out: out})
		last := len(c.Beats) - 1
		if last+1 >= n && (out || (last > 0 && c.Beats[last-1].Out)) {
			return true
		}
		before := out
		if twice := c.Channel.Mail() && last+2 < n && r.Chance(7); !twice {
			out = !out
		}
		switch {
		case out && !before:
			at = w.atWork(r, agent, desk.Latest(at, c.Queued).Add(r.Between(speed.agentLeast, speed.agentMost)))
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
func (w *maker) seedLength(r *fiction.RNG, c *desk.Conversation) (int, pace) {
	n, speed := 3+r.N(5), mailPace
	switch k := r.N(1000); {
	case c.Channel.Search == "trustpilot":
		return 2, socialPace
	case !c.Channel.Mail() && c.About != nil:
		return 3 + r.N(3), socialPace
	case !c.Channel.Mail():
		return 3 + r.N(6), socialPace
	case c.Direction == "Outbound":
		n = 2 + r.N(3)
	case c.About != nil: // who writes again says less
		n = 3 + r.N(3)
	case k >= 975 && c.Language == "en":
		n, speed = 21+r.N(4), quickPace
	case k >= 925:
		n, speed = 9+r.N(5), quickPace
	}
	return n, speed
}
