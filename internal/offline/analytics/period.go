package analytics

import (
	"fmt"
	"time"
)

// The bodies of a period, by `_type`.
type (
	periodIn interface {
		span(now time.Time) (from, to time.Time, err error)
	}
	presetIn struct {
		Value any `wire:"value,required"` // a string in the schema, an object with `_type` in every example
	}
	intervalIn struct {
		Start time.Time `wire:"start,required"`
		End   time.Time `wire:"end,required"`
	}
)

func (i intervalIn) span(time.Time) (from, to time.Time, err error) {
	if i.End.Before(i.Start) {
		return from, to, fmt.Errorf("the period ends before it starts")
	}
	return i.Start, i.End, nil
}

// span returns the period of a preset in the time zone of now. Weeks begin on Monday.
func (p presetIn) span(now time.Time) (from, to time.Time, err error) {
	name, _ := p.Value.(string)
	if object, ok := p.Value.(map[string]any); ok {
		name, _ = object["_type"].(string)
	}
	y, m, d := now.Date()
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, now.Location()) }
	monday := d - (int(now.Weekday())+6)%7
	quarter := (m-1)/3*3 + 1
	switch name {
	case "Today":
		return day(y, m, d), day(y, m, d+1), nil
	case "Yesterday":
		return day(y, m, d-1), day(y, m, d), nil
	case "ThisWeek":
		return day(y, m, monday), day(y, m, monday+7), nil
	case "PreviousWeek":
		return day(y, m, monday-7), day(y, m, monday), nil
	case "ThisMonth":
		return day(y, m, 1), day(y, m+1, 1), nil
	case "PreviousMonth":
		return day(y, m-1, 1), day(y, m, 1), nil
	case "ThisQuarter":
		return day(y, quarter, 1), day(y, quarter+3, 1), nil
	case "PreviousQuarter":
		return day(y, quarter-3, 1), day(y, quarter, 1), nil
	case "ThisYear":
		return day(y, 1, 1), day(y+1, 1, 1), nil
	default:
		return from, to, fmt.Errorf("there is no preset %q", name)
	}
}
