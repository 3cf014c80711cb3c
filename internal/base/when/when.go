// Package when reads the dates and times that people, models and clients write, and says which instants they are.
//
// A text is read in two steps: [Read] takes it apart and needs no zone, [Value.Instant], [Value.Start] and [Value.End]
// place it in one. Nothing is guessed: a local time that does not exist or exists twice, where clocks change, is refused
// with the two instants that may be meant.
package when

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // container images without /usr/share/zoneinfo know the zones too
	"unicode"
)

// Forms names what [Read] takes, for messages.
const Forms = "a date and time such as 2026-01-31T09:30:00Z, 2026-01-31T09:30:00+01:00 or 2026-01-31 09:30, or a date such as 2026-01-31"

// ErrForm is the error for a text that has none of the forms.
var ErrForm = fmt.Errorf("it is not a date; write %s", Forms)

// Value is a date or time as it was written.
type Value struct {
	wall time.Time      // the instant if zoned, else the reading of a calendar and a clock, in UTC
	zone *time.Location // the zone that the text names without an offset, else nil

	Zoned bool // the text says which instant it is: it has a zone, or counts from 1970
	Date  bool // the text is a day without a time
	Epoch bool // the text is a number of seconds or milliseconds since 1970
}

// The forms of a time behind its date: with an offset, and without. Fractions of a second are read without being named.
var (
	offsetLayouts = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04Z07"}
	localLayouts  = []string{"2006-01-02T15:04:05", "2006-01-02T15:04"}
)

const (
	firstYear, lastYear = 1970, 9999
	longest             = 100 // bytes of a text; no date is longer
)

// last is the last instant that RFC 3339 can write, in milliseconds.
var last = time.Date(lastYear, 12, 31, 23, 59, 59, 999_000_000, time.UTC)

// Read takes a text apart. Its errors say what is wrong and what is taken instead.
func Read(text string) (Value, error) {
	s := strings.ToUpper(strings.TrimFunc(text, blank))
	if len(s) > longest {
		return Value{}, ErrForm
	}
	if v, err := readNumber(s); err != nil || v.Epoch {
		return v, err
	}
	s, name, bracket := strings.Cut(s, "[") // a zone's name, as Dixa and Java write it: 2021-12-01T12:46:36.581Z[GMT]
	s = joined(s)
	if t, ok := parse(s, offsetLayouts); ok {
		return checked(Value{wall: t, Zoned: true})
	}
	if bracket {
		return readNamed(s, text[strings.IndexByte(text, '[')+1:], name)
	}
	if t, ok := parse(s, localLayouts); ok {
		return checked(Value{wall: t})
	}
	if t, ok := parse(s, []string{time.DateOnly}); ok {
		return checked(Value{wall: t, Date: true})
	}
	if len(s) >= 10 && s[4] == '-' && s[7] == '-' && parses(s[:8]+"01") && !parses(s[:10]) {
		return Value{}, fmt.Errorf("there is no day %s", s[:10])
	}
	return Value{}, ErrForm
}

// blank reports whether a character at either end of a text is no part of it.
func blank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// joined writes a date and time with T between them, and with its offset right behind it.
func joined(s string) string {
	if len(s) > 10 && s[10] == ' ' {
		s = s[:10] + "T" + strings.TrimLeft(s[11:], " ")
	}
	for _, utc := range []string{" UTC", " GMT", "UTC", "GMT", " Z"} {
		if rest, ok := strings.CutSuffix(s, utc); ok && len(rest) > 10 {
			return rest + "Z"
		}
	}
	if i := strings.LastIndexAny(s, "+-"); i > 11 && s[i-1] == ' ' {
		s = strings.TrimRight(s[:i], " ") + s[i:]
	}
	return s
}

func parse(s string, layouts []string) (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, time.UTC); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func parses(date string) bool { _, ok := parse(date, []string{time.DateOnly}); return ok }

// readNamed reads a local time with the name of its zone, such as 2026-03-07T14:00[Europe/Copenhagen].
func readNamed(s, name, upper string) (Value, error) {
	t, ok := parse(s, localLayouts)
	if !ok || !strings.HasSuffix(upper, "]") {
		return Value{}, ErrForm
	}
	zone, err := Zone(strings.TrimRightFunc(name, func(r rune) bool { return r == ']' || blank(r) }))
	if err != nil {
		return Value{}, err
	}
	return checked(Value{wall: t, zone: zone, Zoned: true})
}

// readNumber reads seconds (9 or 10 digits) and milliseconds (12 or 13 digits) since 1970. Other numbers are refused: they
// may be a year, a date without dashes, or anything.
func readNumber(s string) (Value, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return Value{}, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err == nil && (len(s) == 9 || len(s) == 10):
		return Value{wall: time.Unix(n, 0).UTC(), Zoned: true, Epoch: true}, nil
	case err == nil && (len(s) == 12 || len(s) == 13):
		return Value{wall: time.UnixMilli(n).UTC(), Zoned: true, Epoch: true}, nil
	}
	if len(s) == 8 && parses(s[:4]+"-"+s[4:6]+"-"+s[6:]) {
		return Value{}, fmt.Errorf("write the date as %s-%s-%s", s[:4], s[4:6], s[6:])
	}
	return Value{}, fmt.Errorf("a number is read as seconds since 1970 (10 digits) or milliseconds (13 digits); write %s", Forms)
}

// checked refuses years in which nothing that is asked about has happened, such as the 0001 that programs send for "none".
func checked(v Value) (Value, error) {
	if y := v.wall.Year(); y < firstYear || y > lastYear {
		return Value{}, fmt.Errorf("the year must be %d to %d", firstYear, lastYear)
	}
	return v, nil
}

// Start returns the instant that v names in zone; of a day, the first.
func (v Value) Start(zone *time.Location) (time.Time, error) {
	if v.Date {
		return within(dayStart(v.wall, zone)), nil
	}
	return v.instant(zone)
}

// End returns the instant that v names in zone; of a day, the first after it, so that "before 7 March" includes the
// 7th.
func (v Value) End(zone *time.Location) (time.Time, error) {
	if v.Date {
		return within(dayStart(v.wall.AddDate(0, 0, 1), zone)), nil
	}
	return v.instant(zone)
}

// String returns v as a calendar and a clock show it.
func (v Value) String() string {
	if v.Date {
		return v.wall.Format(time.DateOnly)
	}
	return v.wall.Format("2006-01-02 15:04:05.999")
}

func (v Value) instant(zone *time.Location) (time.Time, error) {
	if v.zone != nil {
		zone = v.zone
	} else if v.Zoned {
		return within(v.wall), nil
	}
	switch at := readings(v.wall, zone); len(at) {
	case 1:
		return within(at[0]), nil
	case 0:
		before, after := around(v.wall, zone)
		return time.Time{}, fmt.Errorf("%s does not exist in %s, where the clocks were put forward; write %s or %s", v, zone, Format(before), Format(after))
	default:
		return time.Time{}, fmt.Errorf("%s comes twice in %s, where the clocks were put back; write %s or %s", v, zone, Format(at[0]), Format(at[1]))
	}
}

// within keeps an instant inside the years that RFC 3339 can write.
func within(t time.Time) time.Time {
	if t.After(last) {
		return last
	}
	return t
}

// around returns the instants that a local time in a gap means by the offset before the change and by that after it.
func around(wall time.Time, zone *time.Location) (before, after time.Time) {
	_, early := wall.Add(-day).In(zone).Zone()
	_, late := wall.Add(day).In(zone).Zone()
	return wall.Add(-time.Duration(early) * time.Second).In(zone), wall.Add(-time.Duration(late) * time.Second).In(zone)
}

const day = 24 * time.Hour

// readings returns the instants at which clocks in zone show wall, earliest first.
func readings(wall time.Time, zone *time.Location) []time.Time {
	before, after := around(wall, zone)
	shows := func(t time.Time) bool { return t.Format(wallLayout) == wall.Format(wallLayout) }
	var at []time.Time
	if shows(before) {
		at = append(at, before)
	}
	if !after.Equal(before) && shows(after) {
		at = append(at, after)
	}
	return at
}

const wallLayout = "2006-01-02T15:04:05.999999999"

// dayStart returns the first instant of a day in zone. Where the clocks are put forward at midnight, that is not 00:00.
func dayStart(date time.Time, zone *time.Location) time.Time {
	if at := readings(date, zone); len(at) > 0 {
		return at[0]
	}
	_, after := around(date, zone) // by the later, larger offset: before the change
	if _, end := after.ZoneBounds(); !end.IsZero() {
		return end
	}
	return after
}

// Format writes an instant in RFC 3339, with its zone's offset if RFC 3339 has a form for it.
func Format(t time.Time) string {
	if _, offset := t.Zone(); offset%60 != 0 || t.Year() > lastYear || t.Year() < firstYear {
		t = t.UTC()
	}
	return t.Format(time.RFC3339Nano)
}

// Zone finds a time zone by its IANA name, such as Europe/Copenhagen. The zone of this machine is none of them.
func Zone(name string) (*time.Location, error) {
	if name != "" && !strings.EqualFold(name, "local") {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone, nil
		}
	}
	return nil, fmt.Errorf("%q is not a time zone; write an IANA name such as Europe/Copenhagen or UTC", name)
}
