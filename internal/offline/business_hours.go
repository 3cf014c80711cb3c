package offline

import (
	"strconv"
	"time"

	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/wire"
)

var hoursRoutes = []route{
	{Pattern: "GET /v1/business-hours/schedules", Status: 200, Handle: listSchedules},
	{Pattern: "GET /v1/business-hours/schedules/{scheduleId}/definition", Status: 200, Handle: getSchedule},
	{Pattern: "GET /v1/business-hours/schedules/{scheduleId}/upcoming", Status: 200, Query: "days", Handle: listUpcoming},
	{Pattern: "GET /v1/business-hours/schedules/{scheduleId}/status", Status: 200, Query: "timestamp", Handle: getScheduleStatus,
		Plain: []string{"scheduleId"}},
}

// schedule is the opening hours: of the weekdays, and of days that differ.
type schedule struct {
	id, name   string
	zone       *time.Location
	weekdays   [8][]interval // by ISO number, 1 is Monday; none is closed
	exceptions []hours
	since      time.Time
}

type interval struct {
	StartTime string `json:"startTime"`
	EndTime   string `json:"endTime"`
}

// hours are those of a weekday or of an exception, as they are on the wire.
type hours struct {
	Name             string     `json:"name"`
	DayOfWeek        int        `json:"dayOfWeek,omitzero"`
	BusinessHourType string     `json:"businessHourType"` // Regular, Exception or Holiday
	Status           string     `json:"status"`           // Open or Closed
	Intervals        []interval `json:"intervals"`
	Recurring        *recurring `json:"recurring,omitzero"`
	StartDate        string     `json:"startDate"`
	NextDate         string     `json:"nextDate,omitzero"`
}

type recurring struct {
	DayOfMonth  int    `json:"dayOfMonth,omitzero"`
	MonthOfYear int    `json:"monthOfYear,omitzero"`
	Holiday     string `json:"holiday,omitzero"`
}

// hourTime formats the times of a schedule's status: nanoseconds, and the name of the zone at the end.
func hourTime(t time.Time) string {
	return wire.FormatTime(t, "2006-01-02T15:04:05.000000000Z[Etc/UTC]")
}

func (w *world) seedSchedules() {
	day, short, evening := []interval{{"08:00", "20:00"}}, []interval{{"10:00", "16:00"}}, []interval{{"09:00", "12:30"}, {"13:00", "17:00"}}
	for i, s := range []struct {
		name, zone string
		weekdays   [8][]interval
	}{
		{"Customer Care", "Europe/Copenhagen", [8][]interval{1: day, 2: day, 3: day, 4: day, 5: day, 6: short}},
		{"Phone line", "Europe/London", [8][]interval{1: evening, 2: evening, 3: evening, 4: evening, 5: evening}},
	} {
		zone := fiction.ZoneOf(s.zone)
		year := w.anchor.Year()
		one := &schedule{id: w.uuid("schedule", int64(i)), name: s.name, zone: zone, weekdays: s.weekdays, since: time.Date(year-1, 1, 4, 0, 0, 0, 0, zone)}
		one.exceptions = []hours{
			holiday("New Year", time.Date(year, 1, 1, 0, 0, 0, 0, zone)), holiday("Christmas", time.Date(year, 12, 25, 0, 0, 0, 0, zone)),
			{Name: "Stocktaking", BusinessHourType: "Exception", Status: "Open", Intervals: short, StartDate: workday(w.anchor.AddDate(0, 0, 3)).Format(time.DateOnly)},
		}
		w.schedules.add(one.id, one)
	}
	w.zone = w.schedules.list[0].zone
	from, days := w.anchor.AddDate(0, 0, -seedDays-1), seedDays+30
	w.care, w.line = w.schedules.list[0].calendar(from, days), w.schedules.list[1].calendar(from, days)
}

// holiday returns a day that is closed every year.
func holiday(name string, day time.Time) hours {
	return hours{Name: name, BusinessHourType: "Holiday", Status: "Closed", Intervals: []interval{},
		Recurring: &recurring{DayOfMonth: day.Day(), MonthOfYear: int(day.Month())}, StartDate: day.Format(time.DateOnly)}
}

// on returns the hours of a day: those of an exception, or of its weekday.
func (s *schedule) on(day time.Time) hours {
	date := day.Format(time.DateOnly)
	for _, e := range s.exceptions {
		r := e.Recurring
		if e.StartDate == date || (r != nil && r.DayOfMonth == day.Day() && r.MonthOfYear == int(day.Month())) {
			e.NextDate = date
			return e
		}
	}
	h := s.weekday((int(day.Weekday())+6)%7 + 1)
	h.NextDate = date
	return h
}

// weekday returns the hours of a day of the week; 1 is Monday.
func (s *schedule) weekday(n int) hours {
	h := hours{Name: time.Weekday(n % 7).String(), DayOfWeek: n, BusinessHourType: "Regular", Status: "Closed", Intervals: []interval{},
		StartDate: s.since.AddDate(0, 0, n-1).Format(time.DateOnly)}
	if s.weekdays[n] != nil {
		h.Status, h.Intervals = "Open", s.weekdays[n]
	}
	return h
}

// daysAhead is how far a schedule looks for its next opening: over any holiday.
const daysAhead = 14

// status reports whether a schedule is open at a moment, and when that changes.
func (s *schedule) status(now time.Time) (open bool, change time.Time) {
	now = now.In(s.zone)
	for d := range daysAhead {
		day := now.AddDate(0, 0, d)
		for _, i := range s.on(day).Intervals {
			start, end := clockOn(day, i.StartTime), clockOn(day, i.EndTime)
			switch {
			case !now.Before(start) && now.Before(end):
				return true, end
			case now.Before(start):
				return false, start
			}
		}
	}
	return false, time.Time{}
}

// clockOn returns the moment of a time of day, such as 08:00, on a day.
func clockOn(day time.Time, clock string) time.Time {
	t, _ := time.Parse("15:04", clock) // the seed's own
	return time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), 0, 0, day.Location())
}

func listSchedules(c *call) (any, error) {
	all := []map[string]string{}
	for _, s := range c.schedules.list {
		all = append(all, map[string]string{"name": s.name, "id": s.id})
	}
	return wire.Data{Data: map[string]any{"schedules": all}}, nil
}

type scheduleWire struct {
	ID            string  `json:"id"`
	Name          string  `json:"name"`
	Timezone      string  `json:"timezone"`
	BusinessHours []hours `json:"businessHours"`
	Exceptions    []hours `json:"exceptions,omitzero"`
}

func getSchedule(c *call) (any, error) {
	s, err := c.schedules.get(c.ID("scheduleId"))
	if err != nil {
		return nil, err
	}
	v := scheduleWire{s.id, s.name, s.zone.String(), nil, s.exceptions}
	for n := 1; n <= 7; n++ {
		v.BusinessHours = append(v.BusinessHours, s.weekday(n))
	}
	return wire.Data{Data: map[string]any{"schedule": v}}, nil
}

func listUpcoming(c *call) (any, error) {
	s, err := c.schedules.get(c.ID("scheduleId"))
	if err != nil {
		return nil, err
	}
	days := 7
	if v := c.Query.Get("days"); v != "" {
		if days, err = strconv.Atoi(v); err != nil || days < 1 || days > 90 {
			return nil, wire.ErrParam.Because("query parameter days is not from 1 to 90")
		}
	}
	v := scheduleWire{ID: s.id, Name: s.name, Timezone: s.zone.String(), BusinessHours: []hours{}}
	for d := range days {
		v.BusinessHours = append(v.BusinessHours, s.on(c.now.In(s.zone).AddDate(0, 0, d)))
	}
	return wire.Data{Data: map[string]any{"schedule": v}}, nil
}

type scheduleStatus struct {
	IsOpen    bool   `json:"isOpen"`
	Timestamp string `json:"timestamp"`
	OpensAt   string `json:"opensAt,omitzero"`
	ClosesAt  string `json:"closesAt,omitzero"`
}

func getScheduleStatus(c *call) (any, error) {
	s, err := c.schedules.get(c.ID("scheduleId"))
	if err != nil {
		return nil, err
	}
	at, err := c.Instant("timestamp")
	if err != nil {
		return nil, err
	}
	if at.IsZero() {
		at = c.now
	}
	v := scheduleStatus{Timestamp: hourTime(at)}
	var change time.Time
	if v.IsOpen, change = s.status(at); v.IsOpen {
		v.ClosesAt = hourTime(change)
	} else {
		v.OpensAt = hourTime(change)
	}
	return wire.Data{Data: v}, nil
}
