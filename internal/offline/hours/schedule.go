// Package hours holds the opening hours of a help desk: schedules, as they are on the wire, and the calendar of days that a schedule makes.
package hours

import "time"

// Schedule is the opening hours: of the weekdays, and of days that differ.
type Schedule struct {
	ID, Name   string
	Zone       *time.Location
	Weekdays   [8][]Interval // by ISO number, 1 is Monday; none is closed
	Exceptions []Day
	Since      time.Time
}

// Interval is an open stretch of a day, from one time of day to another.
type Interval struct {
	StartTime string `json:"startTime"`
	EndTime   string `json:"endTime"`
}

// Day is the hours of a weekday or of an exception, as they are on the wire.
type Day struct {
	Name             string     `json:"name"`
	DayOfWeek        int        `json:"dayOfWeek,omitzero"`
	BusinessHourType string     `json:"businessHourType"` // Regular, Exception or Holiday
	Status           string     `json:"status"`           // Open or Closed
	Intervals        []Interval `json:"intervals"`
	Recurring        *recurring `json:"recurring,omitzero"`
	StartDate        string     `json:"startDate"`
	NextDate         string     `json:"nextDate,omitzero"`
}

type recurring struct {
	DayOfMonth  int    `json:"dayOfMonth,omitzero"`
	MonthOfYear int    `json:"monthOfYear,omitzero"`
	Holiday     string `json:"holiday,omitzero"`
}

// Holiday returns a day that is closed every year.
func Holiday(name string, day time.Time) Day {
	return Day{Name: name, BusinessHourType: "Holiday", Status: "Closed", Intervals: []Interval{},
		Recurring: &recurring{DayOfMonth: day.Day(), MonthOfYear: int(day.Month())}, StartDate: day.Format(time.DateOnly)}
}

// On returns the hours of a day: those of an exception, or of its weekday.
func (s *Schedule) On(day time.Time) Day {
	date := day.Format(time.DateOnly)
	for _, e := range s.Exceptions {
		r := e.Recurring
		if e.StartDate == date || (r != nil && r.DayOfMonth == day.Day() && r.MonthOfYear == int(day.Month())) {
			e.NextDate = date
			return e
		}
	}
	h := s.Weekday((int(day.Weekday())+6)%7 + 1)
	h.NextDate = date
	return h
}

// Weekday returns the hours of a day of the week; 1 is Monday.
func (s *Schedule) Weekday(n int) Day {
	h := Day{Name: time.Weekday(n % 7).String(), DayOfWeek: n, BusinessHourType: "Regular", Status: "Closed", Intervals: []Interval{},
		StartDate: s.Since.AddDate(0, 0, n-1).Format(time.DateOnly)}
	if s.Weekdays[n] != nil {
		h.Status, h.Intervals = "Open", s.Weekdays[n]
	}
	return h
}

// DaysAhead is how far a schedule looks for its next opening: over any holiday.
const DaysAhead = 14

// Status reports whether a schedule is open at a moment, and when that changes.
func (s *Schedule) Status(now time.Time) (open bool, change time.Time) {
	now = now.In(s.Zone)
	for d := range DaysAhead {
		day := now.AddDate(0, 0, d)
		for _, i := range s.On(day).Intervals {
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
