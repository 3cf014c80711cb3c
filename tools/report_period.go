package tools

import (
	"fmt"
	"strings"
	"time"

	"dixa-mcp/internal/base/when"
)

// period is a span of whole days in a zone, of which the last may not be over. end is the first instant after it.
type period struct{ start, end time.Time }

// periodForms says how a period is written.
const periodForms = "today, yesterday, this week, last week, this month, last month, last 7 days, or two dates such as 2026-01-01 to 2026-01-31"

// longestPeriod is how many days a report may be about; those by day have a request for each.
const longestPeriod = 366

// readPeriod reads a period in words. Weeks begin on Monday.
func readPeriod(text string, now time.Time) (period, error) {
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
		return period{day(0), day(1)}, nil
	case "yesterday":
		return period{day(-1), day(0)}, nil
	case "this week":
		return period{day(monday), day(monday + 7)}, nil
	case "", "last week", "previous week":
		return period{day(monday - 7), day(monday)}, nil
	case "this month":
		return period{month(0), month(1)}, nil
	case "last month", "previous month":
		return period{month(-1), month(0)}, nil
	}
	var n int
	if _, err := fmt.Sscanf(words, "last %d days", &n); err == nil && n > 0 && n <= longestPeriod {
		return period{day(1 - n), day(1)}, nil
	}
	first, last, ok := strings.Cut(words, " to ")
	if !ok {
		last = first
	}
	from, err := when.Read(first)
	if err != nil || !from.Date {
		return period{}, fmt.Errorf("must be %s", periodForms)
	}
	to, err := when.Read(last)
	if err != nil || !to.Date {
		return period{}, fmt.Errorf("must be %s", periodForms)
	}
	var p period
	if p.start, err = from.Start(now.Location()); err != nil {
		return p, err
	}
	if p.end, err = to.End(now.Location()); err != nil {
		return p, err
	}
	switch {
	case !p.end.After(p.start):
		return p, fmt.Errorf("must not end before it begins")
	case p.days() > longestPeriod:
		return p, fmt.Errorf("can be %d days at most", longestPeriod)
	}
	return p, nil
}

func (p period) days() int { return int(p.end.Sub(p.start).Hours()+12) / 24 }

// before is the period that this one is compared with: as many days, or the same part of the month before. One that is not
// over is compared with as much of it.
func (p period) before(now time.Time) period {
	b := period{p.start.AddDate(0, 0, -p.days()), p.start}
	if p.start.Day() == 1 && p.end.Equal(p.start.AddDate(0, 1, 0)) {
		b.start = p.start.AddDate(0, -1, 0)
	}
	if now.Before(p.end) && now.After(p.start) {
		if end := b.start.Add(now.Sub(p.start)); end.Before(b.end) {
			b.end = end
		}
	}
	return b
}

// each yields the days of a period.
func (p period) each() []period {
	var days []period
	for at := p.start; at.Before(p.end); {
		next := time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, at.Location())
		days = append(days, period{at, next})
		at = next
	}
	return days
}
