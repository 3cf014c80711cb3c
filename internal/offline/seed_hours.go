package offline

import (
	"time"

	"dixa-mcp/internal/offline/fiction"
)

// span is an open stretch of time.
type span struct{ from, to time.Time }

// calendar is when a schedule is open, day by day, so that nothing has to be looked up for each message.
type calendar struct {
	midnights []time.Time // one more than there are days
	open      [][]span
}

// calendar writes a schedule out for days from the one of a moment on.
func (s *schedule) calendar(from time.Time, days int) calendar {
	y, m, d := from.In(s.zone).Date()
	c := calendar{make([]time.Time, 0, days+1), make([][]span, 0, days)}
	for i := range days {
		day := time.Date(y, m, d+i, 0, 0, 0, 0, s.zone)
		c.midnights = append(c.midnights, day)
		var open []span
		for _, in := range s.on(day).Intervals {
			open = append(open, span{clockOn(day, in.StartTime).UTC(), clockOn(day, in.EndTime).UTC()})
		}
		c.open = append(c.open, open)
	}
	c.midnights = append(c.midnights, time.Date(y, m, d+days, 0, 0, 0, 0, s.zone))
	return c
}

// day returns the index of a moment's day in the calendar; for moments outside of it, of the nearest day.
func (c *calendar) day(t time.Time) int {
	d := min(max(int(t.Sub(c.midnights[0])/(24*time.Hour)), 0), len(c.open)-1)
	for d+1 < len(c.open) && !t.Before(c.midnights[d+1]) { // days are longer and shorter where clocks change
		d++
	}
	for d > 0 && t.Before(c.midnights[d]) {
		d--
	}
	return d
}

// until returns the closing time, or zero if it is closed at that moment.
func (c *calendar) until(t time.Time) time.Time {
	for _, s := range c.open[c.day(t)] {
		if !t.Before(s.from) && t.Before(s.to) {
			return s.to
		}
	}
	return time.Time{}
}

const (
	shiftLength  = 8 * time.Hour
	saturdayTurn = 3 // every third Saturday is one's own
)

// shift returns when a Dixa agent works on a day of Customer Care's calendar: early or late on long days, and not every
// Saturday. A bot works during all opening hours.
func (c *calendar) shift(agent, day int) (span, bool) {
	open := c.open[day]
	if len(open) == 0 {
		return span{}, false
	}
	s := open[0]
	if agent == seedAgents-1 {
		return s, true
	}
	noon := c.midnights[day].Add(12 * time.Hour)
	if _, week := noon.ISOWeek(); noon.Weekday() == time.Saturday && (agent+week)%saturdayTurn != 0 {
		return span{}, false
	}
	switch long := s.to.Sub(s.from) > shiftLength; {
	case long && agent%2 == 0:
		s.to = s.from.Add(shiftLength)
	case long:
		s.from = s.to.Add(-shiftLength)
	}
	return s, true
}

// onShift returns the shift in which a Dixa agent is at a moment.
func (w *world) onShift(agent int, t time.Time) (span, bool) {
	s, ok := w.care.shift(agent, w.care.day(t))
	return s, ok && !t.Before(s.from) && t.Before(s.to)
}

// atWork returns a moment when a Dixa agent works: the one given, or one soon after the next shift began.
func (w *world) atWork(r *fiction.RNG, agent int, t time.Time) time.Time {
	for d := w.care.day(t); d < len(w.care.open); d++ {
		s, ok := w.care.shift(agent, d)
		switch {
		case !ok || !t.Before(s.to):
			continue
		case t.Before(s.from):
			return s.from.Add(r.Between(2*time.Minute, 55*time.Minute)).Truncate(time.Millisecond)
		default:
			return t
		}
	}
	return t
}

// sinceShift returns a moment a little before another, but not before the shift began or before a third.
func (w *world) sinceShift(agent int, t time.Time, ago time.Duration, notBefore time.Time) time.Time {
	at := t.Add(-ago)
	if s, ok := w.onShift(agent, t); ok {
		at = latest(at, s.from)
	}
	if at = latest(at, notBefore); at.After(t) {
		return t
	}
	return at.Truncate(time.Second)
}

// awake moves what a customer writes at night to the morning.
func (w *world) awake(r *fiction.RNG, t time.Time) time.Time {
	if hour := t.In(w.zone).Hour(); hour < 6 {
		t = t.Add(time.Duration(6-hour)*time.Hour + r.Between(20*time.Minute, 3*time.Hour)).Truncate(time.Millisecond)
	}
	return t
}

// hourWeights say how much comes in by hour of the day, dayWeights by day of the week, Sunday first.
var (
	hourWeights = [24]int{2, 1, 1, 1, 1, 3, 10, 25, 50, 70, 75, 70, 62, 62, 62, 60, 58, 54, 48, 44, 40, 32, 18, 6}
	dayWeights  = [7]int{45, 125, 112, 104, 100, 95, 55}
)

// seedArrivals makes a table of how many conversations had come in by each hour of the seeded days.
func (w *world) seedArrivals() {
	w.arrivals = make([]int, 0, seedDays*24+1)
	sum := 0
	start := w.anchor.Add(-seedDays * 24 * time.Hour)
	for h := range seedDays * 24 {
		w.arrivals = append(w.arrivals, sum)
		t := start.Add(time.Duration(h) * time.Hour).In(w.zone)
		sum += hourWeights[t.Hour()] * dayWeights[t.Weekday()]
	}
	w.arrivals = append(w.arrivals, sum)
}
