package desk

import (
	"time"

	"dixa-mcp/internal/offline/hours"
)

// Presence is what a Dixa agent is doing.
type Presence struct {
	Online   bool // during shifts
	Working  bool
	Seen     time.Time       // last, of one that has no shifts
	Channels map[string]bool // by the groups in which they are switched
}

// Lately returns the calendar of Customer Care for the days up to a moment.
func (w *World) Lately(now time.Time) hours.Calendar {
	return w.Schedules.List[0].Calendar(now.AddDate(0, 0, -hours.DaysAhead), hours.DaysAhead+1)
}

// LastOnline returns when a Dixa agent was last online, and whether that is now. One without shifts never was.
func (w *World) LastOnline(a *Person, p *Presence, now time.Time, days hours.Calendar) (seen time.Time, online bool) {
	if a.Shift == 0 {
		return p.Seen, false
	}
	for d := days.Day(now); d >= 0; d-- {
		s, ok := ShiftOn(&days, a.Shift-1, d)
		switch {
		case !ok || now.Before(s.From) || (!p.Online && now.Before(s.To)): // who is not online has not come today
		case now.Before(s.To):
			return now, true
		default:
			return s.To, false
		}
	}
	return p.Seen, false
}

// BotSeat is the seat of the bot, the last of those of the seeded Dixa agents.
const BotSeat = 39

const (
	shiftLength  = 8 * time.Hour
	saturdayTurn = 3 // every third Saturday is one's own
)

// ShiftOn returns when a Dixa agent works on a day of Customer Care's calendar: early or late on long days, and not every
// Saturday. A bot works during all opening hours.
func ShiftOn(c *hours.Calendar, agent, day int) (hours.Span, bool) {
	open := c.Open[day]
	if len(open) == 0 {
		return hours.Span{}, false
	}
	s := open[0]
	if agent == BotSeat {
		return s, true
	}
	noon := c.Midnights[day].Add(12 * time.Hour)
	if _, week := noon.ISOWeek(); noon.Weekday() == time.Saturday && (agent+week)%saturdayTurn != 0 {
		return hours.Span{}, false
	}
	switch long := s.To.Sub(s.From) > shiftLength; {
	case long && agent%2 == 0:
		s.To = s.From.Add(shiftLength)
	case long:
		s.From = s.To.Add(-shiftLength)
	}
	return s, true
}
