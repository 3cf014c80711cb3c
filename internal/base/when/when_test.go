package when

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/seeds"
)

func zone(t testing.TB, name string) *time.Location {
	z, err := Zone(name)
	require.NoError(t, err)
	return z
}

func TestRead(t *testing.T) {
	copenhagen := zone(t, "Europe/Copenhagen")
	for text, want := range map[string]string{
		// an instant, in every common spelling
		"2026-03-07T14:00:00Z":                 "2026-03-07T14:00:00Z",
		"2026-03-07t14:00:00z":                 "2026-03-07T14:00:00Z",
		"2026-03-07T14:00Z":                    "2026-03-07T14:00:00Z",
		"2026-03-07 14:00:00.123Z":             "2026-03-07T14:00:00.123Z",
		"2026-03-07T14:00:00,5Z":               "2026-03-07T14:00:00.5Z",
		"2026-03-07T14:00:00+02:00":            "2026-03-07T12:00:00Z",
		"2026-03-07T14:00:00 +02:00":           "2026-03-07T12:00:00Z",
		"2026-03-07T14:00+0200":                "2026-03-07T12:00:00Z",
		"2026-03-07T14:00-05":                  "2026-03-07T19:00:00Z",
		"2026-03-07 14:00 UTC":                 "2026-03-07T14:00:00Z",
		"2026-03-07 14:00:00 GMT":              "2026-03-07T14:00:00Z",
		"2021-12-01T12:46:36.581Z[GMT]":        "2021-12-01T12:46:36.581Z",
		"2026-03-07T14:00+01:00[Europe/Paris]": "2026-03-07T13:00:00Z",
		"2026-03-07T14:00[America/New_York]":   "2026-03-07T19:00:00Z",
		"  \u200e2026-03-07T14:00:00Z\u202c\n": "2026-03-07T14:00:00Z",
		// without a zone
		"2026-03-07T14:00":        "2026-03-07T13:00:00Z",
		"2026-03-07 14:00":        "2026-03-07T13:00:00Z",
		"2026-07-07T14:00:00.001": "2026-07-07T12:00:00.001Z",
		"2026-03-07":              "2026-03-06T23:00:00Z",
		"2028-02-29":              "2028-02-28T23:00:00Z",
		"2028-02-29T10:00":        "2028-02-29T09:00:00Z",
		// since 1970
		"1772892000":    "2026-03-07T14:00:00Z",
		"1772892000123": "2026-03-07T14:00:00.123Z",
		"999999999":     "2001-09-09T01:46:39Z",
		// the ends of what can be written
		"1970-01-01T00:00:00Z": "1970-01-01T00:00:00Z",
		"9999-12-31T23:59:59Z": "9999-12-31T23:59:59Z",
		"9999-12-31":           "9999-12-30T23:00:00Z",
	} {
		v, err := Read(text)
		require.NoError(t, err, text)
		got, err := v.Start(copenhagen)
		require.NoError(t, err, text)
		require.Equal(t, want, Format(got.UTC()), text)
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "not a date",
		"soon":                            "not a date",
		"yesterday":                       "not a date",
		"07.03.2026":                      "not a date",
		"3/7/2026":                        "not a date",
		"2026-03":                         "not a date",
		"2026-3-7":                        "not a date",
		"2026-03-07T25:00":                "not a date",
		"2026-03-07T14:00:60":             "not a date",
		"2026-03-07T14:00+25:00":          "not a date",
		"2026-02-29":                      "there is no day 2026-02-29",
		"2026-02-29T10:00:00Z":            "there is no day 2026-02-29",
		"2026-04-31 10:00":                "there is no day 2026-04-31",
		"0000-01-01":                      "the year must be 1970 to 9999",
		"0001-01-01T00:00:00Z":            "the year must be 1970 to 9999",
		"1969-12-31T23:59:59Z":            "the year must be 1970 to 9999",
		"10000-01-01":                     "not a date",
		"2026":                            "10 digits",
		"20260307":                        "write the date as 2026-03-07",
		"17728920001":                     "10 digits",
		"99999999999999999999":            "10 digits",
		"2026-03-07T14:00[Nowhere]":       `"Nowhere" is not a time zone`,
		"2026-03-07T14:00[Local]":         `"Local" is not a time zone`,
		"2026-03-07[Europe/Paris]":        "not a date",
		"2026-03-07T14:00[":               "not a date",
		strings.Repeat("2026-03-07 ", 50): "not a date",
	} {
		_, err := Read(text)
		require.ErrorContains(t, err, want, text)
	}
}

// Clocks that change: nothing is guessed.
func TestClockChanges(t *testing.T) {
	for _, c := range []struct{ zone, text, want string }{
		{"Europe/Copenhagen", "2026-03-29T01:59:59", "2026-03-29T01:59:59+01:00"},
		{"Europe/Copenhagen", "2026-03-29T02:00", "2026-03-29 02:00:00 does not exist in Europe/Copenhagen, where the clocks were put forward; write 2026-03-29T03:00:00+02:00 or 2026-03-29T01:00:00+01:00"},
		{"Europe/Copenhagen", "2026-03-29T02:59:59.999", "does not exist in Europe/Copenhagen"},
		{"Europe/Copenhagen", "2026-03-29T03:00", "2026-03-29T03:00:00+02:00"},
		{"Europe/Copenhagen", "2026-10-25T01:59:59", "2026-10-25T01:59:59+02:00"},
		{"Europe/Copenhagen", "2026-10-25T02:30", "2026-10-25 02:30:00 comes twice in Europe/Copenhagen, where the clocks were put back; write 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00"},
		{"Europe/Copenhagen", "2026-10-25T02:30+01:00", "2026-10-25T02:30:00+01:00"},
		{"Europe/Copenhagen", "2026-10-25T03:00", "2026-10-25T03:00:00+01:00"},
		{"Australia/Lord_Howe", "2026-10-04T02:15", "does not exist in Australia/Lord_Howe"}, // half an hour
		{"Australia/Lord_Howe", "2026-04-05T01:45", "comes twice in Australia/Lord_Howe"},
		{"UTC", "2026-03-29T02:30", "2026-03-29T02:30:00Z"},
	} {
		v, err := Read(c.text)
		require.NoError(t, err)
		at, err := v.Start(zone(t, c.zone))
		if err != nil {
			require.ErrorContains(t, err, c.want)
			continue
		}
		require.Equal(t, c.want, Format(at.In(zone(t, c.zone))))
	}
}

// A day is as long as it is where it is: it begins when its date does, and ends when the next one does.
func TestDays(t *testing.T) {
	for _, c := range []struct{ zone, day, start, end string }{
		{"Europe/Copenhagen", "2026-03-07", "2026-03-07T00:00:00+01:00", "2026-03-08T00:00:00+01:00"},
		{"Europe/Copenhagen", "2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"}, // 23 hours
		{"Europe/Copenhagen", "2026-10-25", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"}, // 25 hours
		{"Africa/Cairo", "2025-04-25", "2025-04-25T01:00:00+03:00", "2025-04-26T00:00:00+03:00"},      // no midnight
		{"America/Havana", "2025-11-02", "2025-11-02T00:00:00-04:00", "2025-11-03T00:00:00-05:00"},    // two midnights
		{"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00", "2011-12-31T00:00:00+14:00"},      // no such day
		{"UTC", "9999-12-31", "9999-12-31T00:00:00Z", "9999-12-31T23:59:59.999Z"},
		{"America/New_York", "9999-12-31", "9999-12-31T05:00:00Z", "9999-12-31T23:59:59.999Z"},
	} {
		v, err := Read(c.day)
		require.NoError(t, err)
		require.True(t, v.Date)
		for want, read := range map[string]func(*time.Location) (time.Time, error){c.start: v.Start, c.end: v.End} {
			got, err := read(zone(t, c.zone))
			require.NoError(t, err)
			expected, err := time.Parse(time.RFC3339, want)
			require.NoError(t, err)
			require.True(t, expected.Equal(got), "%s in %s: want %s, got %s", c.day, c.zone, want, got)
		}
	}
}

// What was read is, in its zone, what was written: for random local times of zones with all kinds of clock changes.
func TestReadingsShowWhatWasWritten(t *testing.T) {
	zones := []string{"Europe/Copenhagen", "America/St_Johns", "Africa/Cairo", "Africa/Casablanca", "Africa/Monrovia", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia", "Pacific/Kiritimati", "UTC"}
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		z := zone(t, zones[r.IntN(len(zones))])
		for range 100 {
			text := time.Unix(r.Int64N(80*365*86400), 0).UTC().Format("2006-01-02T15:04:05")
			v, err := Read(text)
			require.NoError(t, err)
			got, err := v.Start(z)
			if err != nil {
				require.Regexp(t, "does not exist|comes twice", err, text)
				continue
			}
			require.Equal(t, text, got.In(z).Format("2006-01-02T15:04:05"), "%s", z)
			d, err := Read(text[:10])
			require.NoError(t, err)
			start, err := d.Start(z)
			require.NoError(t, err)
			end, err := d.End(z)
			require.NoError(t, err)
			require.False(t, got.Before(start) || !got.Before(end), "%s lies in its day (%s)", text, z)
			require.Less(t, start.Add(-time.Nanosecond).In(z).Format(time.DateOnly), text[:10], "%s", z)
		}
	})
}

func TestSince(t *testing.T) {
	copenhagen := zone(t, "Europe/Copenhagen")
	now := time.Date(2026, 3, 29, 10, 30, 0, 0, copenhagen) // the clocks were put forward this night
	for text, want := range map[string]string{
		"2d":                   "2026-03-27T09:30:00+01:00",
		"2 days ago":           "2026-03-27T09:30:00+01:00",
		"1 day":                "2026-03-28T09:30:00+01:00",
		"12h":                  "2026-03-28T21:30:00+01:00",
		"90m":                  "2026-03-29T09:00:00+02:00",
		"1h30m":                "2026-03-29T09:00:00+02:00",
		"30s":                  "2026-03-29T10:29:30+02:00",
		"1w":                   "2026-03-22T09:30:00+01:00",
		"now":                  "2026-03-29T10:30:00+02:00",
		"Today":                "2026-03-29T00:00:00+01:00",
		" yesterday ":          "2026-03-28T00:00:00+01:00",
		"2026-03-07":           "2026-03-07T00:00:00+01:00",
		"2026-03-07 14:00":     "2026-03-07T14:00:00+01:00",
		"2026-03-07T14:00:00Z": "2026-03-07T15:00:00+01:00",
	} {
		got, err := Since(text, now, copenhagen)
		require.NoError(t, err, text)
		require.Equal(t, want, Format(got.In(copenhagen)), text)
	}
	for _, text := range []string{"", "2", "d", "-2d", "2y", "-1h", "last week", "tomorrow", "99999999d", "2026-02-30"} {
		_, err := Since(text, now, copenhagen)
		require.ErrorContains(t, err, "2d", text)
	}
}

func TestZone(t *testing.T) {
	for _, name := range []string{"", "Local", "local", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "CEST", "+02:00", "Europe/Copenhagen\x00"} {
		_, err := Zone(name)
		require.ErrorContains(t, err, "Europe/Copenhagen", name)
	}
}

// FuzzRead: no text makes a panic, and what is written of an instant reads as the same one.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"2026-03-07", "2026-03-07T14:00", "2026-03-29 02:30", "1772892000", "9999-12-31", "2026-03-07T14:00[Europe/Paris]", "2d", "2026-03-07T14:00:00.123+02:00", "1970-01-01T00:00+14:00", "9999-12-31T23:59:59-12:00"} {
		f.Add(s, "Europe/Copenhagen")
		f.Add(s, "Africa/Monrovia")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		z, err := Zone(name)
		if err != nil {
			z = time.UTC
		}
		_, _ = Since(text, time.Unix(1772892000, 0), z)
		v, err := Read(text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		for _, read := range []func(*time.Location) (time.Time, error){v.Start, v.End} {
			at, err := read(z)
			if err != nil {
				continue
			}
			again, err := Read(Format(at))
			require.NoError(t, err)
			same, err := again.End(time.UTC)
			require.NoError(t, err)
			require.True(t, at.Equal(same), "%q: %s became %s", text, at, same)
		}
	})
}
