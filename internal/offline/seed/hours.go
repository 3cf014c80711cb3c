package seed

import (
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/hours"
)

func (w *maker) seedSchedules() {
	day, short := []hours.Interval{{StartTime: "08:00", EndTime: "20:00"}}, []hours.Interval{{StartTime: "10:00", EndTime: "16:00"}}
	evening := []hours.Interval{{StartTime: "09:00", EndTime: "12:30"}, {StartTime: "13:00", EndTime: "17:00"}}
	for i, s := range []struct {
		name, zone string
		weekdays   [8][]hours.Interval
	}{
		{"Customer Care", "Europe/Copenhagen", [8][]hours.Interval{1: day, 2: day, 3: day, 4: day, 5: day, 6: short}},
		{"Phone line", "Europe/London", [8][]hours.Interval{1: evening, 2: evening, 3: evening, 4: evening, 5: evening}},
	} {
		zone := fiction.ZoneOf(s.zone)
		year := w.Anchor.Year()
		one := &hours.Schedule{ID: w.UUID("schedule", int64(i)), Name: s.name, Zone: zone, Weekdays: s.weekdays, Since: time.Date(year-1, 1, 4, 0, 0, 0, 0, zone)}
		one.Exceptions = []hours.Day{
			hours.Holiday("New Year", time.Date(year, 1, 1, 0, 0, 0, 0, zone)), hours.Holiday("Christmas", time.Date(year, 12, 25, 0, 0, 0, 0, zone)),
			{Name: "Stocktaking", BusinessHourType: "Exception", Status: "Open", Intervals: short, StartDate: workday(w.Anchor.AddDate(0, 0, 3)).Format(time.DateOnly)},
		}
		w.Schedules.Add(one.ID, one)
	}
	w.zone = w.Schedules.List[0].Zone
	from, days := w.Anchor.AddDate(0, 0, -seedDays-1), seedDays+30
	w.care, w.line = w.Schedules.List[0].Calendar(from, days), w.Schedules.List[1].Calendar(from, days)
}

// onShift returns the shift in which a Dixa agent is at a moment.
func (w *maker) onShift(agent int, t time.Time) (hours.Span, bool) {
	s, ok := desk.ShiftOn(&w.care, agent, w.care.Day(t))
	return s, ok && !t.Before(s.From) && t.Before(s.To)
}

// atWork returns a moment when a Dixa agent works: the one given, or one soon after the next shift began.
func (w *maker) atWork(r *fiction.RNG, agent int, t time.Time) time.Time {
	for d := w.care.Day(t); d < len(w.care.Open); d++ {
		s, ok := desk.ShiftOn(&w.care, agent, d)
		switch {
		case !ok || !t.Before(s.To):
			continue
		case t.Before(s.From):
			return s.From.Add(r.Between(2*time.Minute, 55*time.Minute)).Truncate(time.Millisecond)
		default:
			return t
		}
	}
	return t
}

// sinceShift returns a moment a little before another, but not before the shift began or before a third.
func (w *maker) sinceShift(agent int, t time.Time, ago time.Duration, notBefore time.Time) time.Time {
	at := t.Add(-ago)
	if s, ok := w.onShift(agent, t); ok {
		at = desk.Latest(at, s.From)
	}
	if at = desk.Latest(at, notBefore); at.After(t) {
		return t
	}
	return at.Truncate(time.Second)
}

// awake moves what a customer writes at night to the morning.
func (w *maker) awake(r *fiction.RNG, t time.Time) time.Time {
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
func (w *maker) seedArrivals() {
	w.arrivals = make([]int, 0, seedDays*24+1)
	sum := 0
	start := w.Anchor.Add(-seedDays * 24 * time.Hour)
	for h := range seedDays * 24 {
		w.arrivals = append(w.arrivals, sum)
		t := start.Add(time.Duration(h) * time.Hour).In(w.zone)
		sum += hourWeights[t.Hour()] * dayWeights[t.Weekday()]
	}
	w.arrivals = append(w.arrivals, sum)
}
