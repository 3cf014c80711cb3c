package view

import (
	"bytes"
	"fmt"
	"slices"
	"time"
)

// appendTime writes a time in the zone of the answer, with its year where that is not the one of the time before. Where the years of
// a list of Dixa's went back, it is in no order by which a reader could tell the year, and every time has its own.
func (t *texter) appendTime(dst []byte, at time.Time) []byte {
	return at.In(t.o.zone()).AppendFormat(append(t.appendDay(dst, at), ' '), "15:04")
}

// appendDay writes the day of a time as appendTime does.
func (t *texter) appendDay(dst []byte, at time.Time) []byte {
	t.timed = true
	at = at.In(t.o.zone())
	form := "Mon 2 Jan"
	t.unordered = t.unordered || t.listed && at.Year() < t.year
	if at.Year() != t.year || t.unordered {
		form, t.year = "Mon 2 Jan 2006", at.Year()
	}
	return at.AppendFormat(dst, form)
}

// appendPart writes a part of a time.
func (t *texter) appendPart(dst []byte, at time.Time, part TimePart) []byte {
	at = at.In(t.o.zone())
	switch midnight := at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0; {
	case part == DayOnly:
		return t.appendDay(dst, at)
	case part == ClockOnly:
		t.timed = true
		return at.AppendFormat(dst, "15:04")
	case part == LastDay && midnight:
		return t.appendDay(dst, at.AddDate(0, 0, -1))
	}
	return t.appendTime(dst, at)
}

// withYear returns a message whose line says the year, as it does not where the one before it, which is not shown, is of that
// year. told is the year that the reader was told last.
func withYear(message []byte, year, told int) []byte {
	line, _, _ := bytes.Cut(message, []byte("\n"))
	words := bytes.SplitN(line, []byte(" "), 5) // #40 Sat 10 Jan 08:00
	if year == told || year == 0 || len(words) < 5 || len(words[4]) < 5 || words[4][2] != ':' {
		return message
	}
	day := len(line) - len(words[4]) - 1
	return slices.Concat(message[:day], fmt.Appendf(nil, " %d", year), message[day:])
}

// appendZone names the zone of the times in an answer.
func (t *texter) appendZone(dst []byte) []byte {
	if !t.timed || t.o.inPart {
		return dst
	}
	return append(append(append(dst, "Times: "...), t.o.zone().String()...), '\n')
}

func (o *Options) zone() *time.Location {
	if o.Zone != nil {
		if zone := o.Zone(); zone != nil {
			return zone
		}
	}
	return time.UTC
}

// instantOf reads a time from JSON.
func instantOf(v []byte) (time.Time, bool) {
	if !isString(v) {
		return time.Time{}, false
	}
	return instant(unquote(v))
}

// instant reads a time of Dixa's; one without a zone is in UTC.
func instant(s string) (time.Time, bool) {
	for _, form := range [...]string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if at, err := time.Parse(form, s); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
