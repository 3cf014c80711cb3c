package schemas

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"dixa-mcp/internal/base/when"
)

// Reading says how the times in the arguments of one call are read, and collects
// what became of them.
type Reading struct {
	// Zone finds the zone of a time that names none; it is asked only when there is
	// one. An error refuses the argument. nil means UTC.
	Zone func() (*time.Location, error)
	// Now is the clock by which a time lies in the future; nil means time.Now.
	Now func() time.Time
	// Times are the values that did not say themselves which instant they are.
	Times []ReadTime
}

// ReadTime is a date or time and the instant that it became.
type ReadTime struct {
	Field   string // a path such as createdBefore
	Written string // as the caller wrote it
	Instant string // in RFC 3339
	Zone    string // in which it was read
	Date    bool   // it is a day without a time
	End     bool   // it ends a span, which includes the day
}

// String says what became of the time, such as:
//
//	before 2026-03-08T00:00:00+01:00 (2026-03-07 is included; Europe/Copenhagen)
func (t ReadTime) String() string {
	if t.Date && t.End {
		return fmt.Sprintf("before %s (%s is included; %s)", t.Instant, t.Written, t.Zone)
	}
	return fmt.Sprintf("%s (%s)", t.Instant, t.Zone)
}

// Brief says what became of the time in few words, for a reader who knows the zone: 2026-03-07 24:00 is the end of that day.
func (t ReadTime) Brief() string {
	switch {
	case !t.Date:
		return t.Instant
	case t.End:
		return t.Written + " 24:00"
	case strings.Contains(t.Instant, "T00:00:00"):
		return t.Written + " 00:00"
	}
	return t.Instant // the clocks were put forward at midnight
}

// time reads a date or time, returns the instant in RFC 3339, and notes what it read
// where that was not said.
func (c *checker) time(n *node, v *value) (string, bool) {
	v = c.unwrappedTime(v)
	text, ok := v.text, v.kind == '"'
	if v.kind == '0' {
		text, ok = wholeNumber(text)
	}
	if !ok {
		c.fail(describe(v), n.want(), "")
		return "", false
	}
	if !c.clean(text) {
		return "", false
	}
	written, err := when.Read(text)
	if err != nil {
		c.fail(describe(v), n.want(), hintOf(err))
		return "", false
	}
	at, zone, err := c.instant(n, written)
	if err != nil {
		c.fail(describe(v), n.want(), err.Error())
		return "", false
	}
	if n.role == roleFuture && !at.After(c.now()) {
		c.fail(fmt.Sprintf("%s, which is %s", describe(v), when.Format(at)), "a time in the future", "it is now "+when.Format(c.now().In(at.Location()).Truncate(time.Second)))
		return "", false
	}
	instant := when.Format(at)
	if c.reading != nil && (!written.Zoned || written.Epoch) {
		c.reading.Times = append(c.reading.Times, ReadTime{c.path.String(), written.String(), instant, zone.String(), written.Date, n.role == roleEnd})
	}
	return instant, true
}

// instant places a time in its zone.
func (c *checker) instant(n *node, written when.Value) (time.Time, *time.Location, error) {
	zone, err := c.zoneOf(written)
	if err != nil {
		return time.Time{}, nil, err
	}
	read := written.Start
	if n.role == roleEnd {
		read = written.End
	}
	at, err := read(zone)
	if !written.Zoned {
		at = at.In(zone)
	}
	return at, zone, err
}

// zoneOf returns the zone of a time that names none: that of the arguments beside it, else
// that of the reading.
func (c *checker) zoneOf(written when.Value) (*time.Location, error) {
	switch {
	case written.Zoned || c.zone == nil && (c.reading == nil || c.reading.Zone == nil):
		return time.UTC, nil
	case c.zone != nil:
		return c.zone, nil
	}
	return c.reading.Zone()
}

func (c *checker) now() time.Time {
	if c.reading == nil || c.reading.Now == nil {
		return time.Now()
	}
	return c.reading.Now()
}

// hintOf returns what a message adds to the forms that are taken.
func hintOf(err error) string {
	if errors.Is(err, when.ErrForm) {
		return ""
	}
	return err.Error()
}

// unwrappedTime returns the value inside {"$kind": …, "value": …}, the form in which
// Microsoft Copilot Studio sends dates.
func (c *checker) unwrappedTime(v *value) *value {
	if v.kind != '{' || len(v.kids) != 2 {
		return v
	}
	var inner *value
	kind := false
	for i := range v.kids {
		switch v.kids[i].key {
		case "$kind":
			kind = true
		case "value":
			inner = &v.kids[i].value
		}
	}
	if !kind || inner == nil {
		return v
	}
	return inner
}

// namedZone returns the zone that an object's own argument names, else the given one.
func namedZone(n *node, given []*value, outer *time.Location) *time.Location {
	for i, f := range n.fields {
		if f.node.role != roleZone || given[i] == nil || given[i].kind != '"' {
			continue
		}
		if zone, err := when.Zone(given[i].text); err == nil {
			return zone
		}
	}
	return outer
}
