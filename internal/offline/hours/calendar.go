package hours

import "time"

// Span is an open stretch of time.
type Span struct{ From, To time.Time }

// Calendar is when a schedule is open, day by day, so that nothing has to be looked up for each message.
type Calendar struct {
	Midnights []time.Time // one more than there are days
	Open      [][]Span
}

// Calendar writes a schedule out for days from the one of a moment on.
func (s *Schedule) Calendar(from time.Time, days int) Calendar {
	y, m, d := from.In(s.Zone).Date()
	c := Calendar{make([]time.Time, 0, days+1), make([][]Span, 0, days)}
	for i := range days {
		day := time.Date(y, m, d+i, 0, 0, 0, 0, s.Zone)
		c.Midnights = append(c.Midnights, day)
		var open []Span
		for _, in := range s.On(day).Intervals {
			open = append(open, Span{clockOn(day, in.StartTime).UTC(), clockOn(day, in.EndTime).UTC()})
		}
		c.Open = append(c.Open, open)
	}
	c.Midnights = append(c.Midnights, time.Date(y, m, d+days, 0, 0, 0, 0, s.Zone))
	return c
}

// Day returns the index of a moment's day in the calendar; for moments outside of it, of the nearest day.
func (c *Calendar) Day(t time.Time) int {
	d := min(max(int(t.Sub(c.Midnights[0])/(24*time.Hour)), 0), len(c.Open)-1)
	for d+1 < len(c.Open) && !t.Before(c.Midnights[d+1]) { // days are longer and shorter where clocks change
		d++
	}
	for d > 0 && t.Before(c.Midnights[d]) {
		d--
	}
	return d
}

// Until returns the closing time, or zero if it is closed at that moment.
func (c *Calendar) Until(t time.Time) time.Time {
	for _, s := range c.Open[c.Day(t)] {
		if !t.Before(s.From) && t.Before(s.To) {
			return s.To
		}
	}
	return time.Time{}
}
