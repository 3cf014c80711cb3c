package wire

import "time"

// Dixa writes times in several ways. A zero time is left out by omitzero tags on strings: these functions give "" for it.

// PlainTime formats the times of conversations, users and webhooks: 2020-12-16T09:41:43Z.
func PlainTime(t time.Time) string { return FormatTime(t, "2006-01-02T15:04:05Z") }

// MilliTime formats the times of new messages, analytics and deliveries: 2021-06-09T08:18:37.284Z.
func MilliTime(t time.Time) string { return FormatTime(t, "2006-01-02T15:04:05.000Z") }

// ZonedTime formats the times of messages, notes, the activity log and anonymization: 2021-12-01T12:46:36.581Z[GMT].
func ZonedTime(t time.Time) string { return FormatTime(t, "2006-01-02T15:04:05.000Z[GMT]") }

// LocalTime formats the times of presence: 2021-12-01T12:46:35.935, without a zone.
func LocalTime(t time.Time) string { return FormatTime(t, "2006-01-02T15:04:05.000") }

func FormatTime(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(layout)
}
