package when

import (
	"fmt"
	"strings"
	"time"
)

// Period is a span of whole days in a zone, of which the last may not be over. End is the first instant after it.
type Period struct{ Start, End time.Time }

// PeriodForms says how a period is written.
const PeriodForms = "today, yesterday, this week, last week, this month, last month, last 7 days, or two dates such as 2026-01-01 to 2026-01-31"

// LongestPeriod is the maximum number of days of a period.
const LongestPeriod = 366

// ReadPeriod reads a period in words, "" for last week. Weeks begin on Monday.
func ReadPeriod(text string, now time.Time) (Period, error) {
	now = now.In(now.Location())
	day := func(offset int) time.Time {
		y, m, dd := now.Date()
		return time.Date(y, m, dd+offset, 0, 0, 0, 0, now.Location())
	}
	month := func(offset int) time.Time {
		y, m, _ := now.Date()
		return time.Date(y, m+time.Month(offset), 1, 0, 0, 0, 0, now.Location())
	}
	monday := -(int(now.Weekday()) + 6) % 7
	words := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	switch words {
	case "today":
		return Period{day(0), day(1)}, nil
	case "yesterday":
		return Period{day(-1), day(0)}, nil
	case "this week":
		return Period{day(monday), day(monday + 7)}, nil
	case "", "last week", "previous week":
		return Period{day(monday - 7), day(monday)}, nil
	case "this month":
		return Period{month(0), month(1)}, nil
	case "last month", "previous month":
		return Period{month(-1), month(0)}, nil
	}
	var n int
	if _, err := fmt.Sscanf(words, "last %d days", &n); err == nil && n > 0 && n <= LongestPeriod {
		return Period{day(1 - n), day(1)}, nil
	}
	first, last, ok := strings.Cut(words, " to ")
	if !ok {
		last = first
	}
	from, err := Read(first)
	if err != nil || !from.Date {
		return Period{}, fmt.Errorf("must be %s", PeriodForms)
	}
	to, err := Read(last)
	if err != nil || !to.Date {
		return Period{}, fmt.Errorf("must be %s", PeriodForms)
	}
	var p Period
	if p.Start, err = from.Start(now.Location()); err != nil {
		return p, err
	}
	if p.End, err = to.End(now.Location()); err != nil {
		return p, err
	}
	switch {
	case !p.End.After(p.Start):
		return p, fmt.Errorf("must not end before it begins")
	case p.Days() > LongestPeriod:
		return p, fmt.Errorf("can be %d days at most", LongestPeriod)
	}
	return p, nil
}

// Days returns the number of days.
func (p Period) Days() int { return int(p.End.Sub(p.Start).Hours()+12) / 24 }

// String returns the first and the last day.
func (p Period) String() string {
	last := p.End.Add(-1)
	switch {
	case p.Start.YearDay() == last.YearDay() && p.Start.Year() == last.Year():
		return p.Start.Format("2 January 2006")
	case p.Start.Year() == last.Year():
		return p.Start.Format("2 January") + " to " + last.Format("2 January 2006")
	}
	return p.Start.Format("2 January 2006") + " to " + last.Format("2 January 2006")
}

// Before returns the period that this one is compared with: as many days, or the same part of the month before. One that is not
// over is compared with as much of it.
func (p Period) Before(now time.Time) Period {
	b := Period{p.Start.AddDate(0, 0, -p.Days()), p.Start}
	if p.Start.Day() == 1 && p.End.Equal(p.Start.AddDate(0, 1, 0)) {
		b.Start = p.Start.AddDate(0, -1, 0)
	}
	if now.Before(p.End) && now.After(p.Start) {
		if end := b.Start.Add(now.Sub(p.Start)); end.Before(b.End) {
			b.End = end
		}
	}
	return b
}

// Each returns the days of a period.
func (p Period) Each() []Period {
	var days []Period
	for at := p.Start; at.Before(p.End); {
		next := time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, at.Location())
		days = append(days, Period{at, next})
		at = next
	}
	return days
}
