package when

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// SinceForms names what [Since] takes, for messages and help.
const SinceForms = "a time ago such as 30m, 12h, 2d or 1w, today, yesterday, a date such as 2026-01-31, or a time such as 2026-01-31T09:30:00Z"

// agoForm is a number and a unit, such as 2d or 3 hours ago.
var agoForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\d{1,6}) ?(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)( ago)?$`)
})

var units = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': day, 'w': 7 * day}

// Since reads the beginning of a span that ends now, as a command line takes it. Dates, and times without a zone, are
// those of the given zone.
func Since(text string, now time.Time, zone *time.Location) (time.Time, error) {
	s := strings.ToLower(strings.TrimFunc(text, blank))
	switch s {
	case "now":
		return now, nil
	case "today":
		return dayStart(calendar(now, zone), zone), nil
	case "yesterday":
		return dayStart(calendar(now, zone).AddDate(0, 0, -1), zone), nil
	}
	if m := agoForm().FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1]) // at most six digits
		return now.Add(-time.Duration(n) * units[m[2][0]]), nil
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 { // 1h30m
		return now.Add(-d), nil
	}
	v, err := Read(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not %s", text, SinceForms)
	}
	t, err := v.Start(zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q: %w", text, err)
	}
	return t, nil
}

// calendar returns the day of an instant in zone, as midnight of UTC.
func calendar(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
