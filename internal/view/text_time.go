package view

import "time"

// appendTime writes a time in the zone of the answer, with its year where that is not the one of the time before.
func (t *texter) appendTime(dst []byte, at time.Time) []byte {
	t.timed = true
	at = at.In(t.o.zone())
	form := "Mon 2 Jan 15:04"
	if at.Year() != t.year {
		form, t.year = "Mon 2 Jan 2006 15:04", at.Year()
	}
	return at.AppendFormat(dst, form)
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
