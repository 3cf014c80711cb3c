package schemas

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/when"
)

type spans struct {
	After  time.Time   `json:"after,omitzero"`
	Before time.Time   `json:"before,omitzero" time:"end"`
	Due    time.Time   `json:"due,omitzero" time:"future"`
	Days   []time.Time `json:"days,omitzero" time:"end"`
	Zoned  zoned       `json:"zoned,omitzero"`
}

type zoned struct {
	Zone string    `json:"timezone,omitzero" time:"zone"`
	End  time.Time `json:"end,omitzero" time:"end"`
}

// copenhagen reads times as in Copenhagen, on 7 March 2026 at 12:00 there.
func copenhagen(t *testing.T) *Reading {
	zone, err := when.Zone("Europe/Copenhagen")
	require.NoError(t, err)
	return &Reading{
		Zone: func() (*time.Location, error) { return zone, nil },
		Now:  func() time.Time { return time.Date(2026, 3, 7, 12, 0, 0, 0, zone) },
	}
}

func TestTimes(t *testing.T) {
	for in, want := range map[string]struct{ out, said string }{
		`{"after":"2026-03-07"}`:                {`{"after":"2026-03-07T00:00:00+01:00"}`, "after: 2026-03-07T00:00:00+01:00 (Europe/Copenhagen)"},
		`{"before":"2026-03-07"}`:               {`{"before":"2026-03-08T00:00:00+01:00"}`, "before: before 2026-03-08T00:00:00+01:00 (2026-03-07 is included; Europe/Copenhagen)"},
		`{"before":"2026-03-07 14:00"}`:         {`{"before":"2026-03-07T14:00:00+01:00"}`, "before: 2026-03-07T14:00:00+01:00 (Europe/Copenhagen)"},
		`{"before":"2026-03-28"}`:               {`{"before":"2026-03-29T00:00:00+01:00"}`, "before: before 2026-03-29T00:00:00+01:00 (2026-03-28 is included; Europe/Copenhagen)"},
		`{"before":"2026-03-29"}`:               {`{"before":"2026-03-30T00:00:00+02:00"}`, "before: before 2026-03-30T00:00:00+02:00 (2026-03-29 is included; Europe/Copenhagen)"},
		`{"days":["2026-07-07"]}`:               {`{"days":["2026-07-08T00:00:00+02:00"]}`, "days[0]: before 2026-07-08T00:00:00+02:00 (2026-07-07 is included; Europe/Copenhagen)"},
		`{"after":1772892000}`:                  {`{"after":"2026-03-07T14:00:00Z"}`, "after: 2026-03-07T14:00:00Z (UTC)"},
		`{"after":1772892000123}`:               {`{"after":"2026-03-07T14:00:00.123Z"}`, "after: 2026-03-07T14:00:00.123Z (UTC)"},
		`{"after":1.772892e9}`:                  {`{"after":"2026-03-07T14:00:00Z"}`, "after: 2026-03-07T14:00:00Z (UTC)"},
		`{"after":"1772892000"}`:                {`{"after":"2026-03-07T14:00:00Z"}`, "after: 2026-03-07T14:00:00Z (UTC)"},
		`{"after":"2026-03-07T14:00:00Z"}`:      {`{"after":"2026-03-07T14:00:00Z"}`, ""},
		`{"after":"2026-03-07 14:00:00+02:00"}`: {`{"after":"2026-03-07T14:00:00+02:00"}`, ""},
		`{"due":"2026-03-07T12:01"}`:            {`{"due":"2026-03-07T12:01:00+01:00"}`, "due: 2026-03-07T12:01:00+01:00 (Europe/Copenhagen)"},
		`{"due":"2026-03-07T11:01:00Z"}`:        {`{"due":"2026-03-07T11:01:00Z"}`, ""},

		// Microsoft Copilot Studio
		`{"after":{"$kind":"DateTime","value":"2026-03-07T14:00:00Z"}}`: {`{"after":"2026-03-07T14:00:00Z"}`, ""},
		`{"before":{"value":"2026-03-07","$kind":"date"}}`:              {`{"before":"2026-03-08T00:00:00+01:00"}`, "before: before 2026-03-08T00:00:00+01:00 (2026-03-07 is included; Europe/Copenhagen)"},
		`{"days":[{"$kind":"date","value":"2026-07-07"}]}`:              {`{"days":["2026-07-08T00:00:00+02:00"]}`, "days[0]: before 2026-07-08T00:00:00+02:00 (2026-07-07 is included; Europe/Copenhagen)"},

		// an argument that names the zone beside it
		`{"zoned":{"end":"2026-03-07","timezone":"America/New_York"},"after":"2026-03-07"}`: {`{"after":"2026-03-07T00:00:00+01:00","zoned":{"timezone":"America/New_York","end":"2026-03-08T00:00:00-05:00"}}`,
			"after: 2026-03-07T00:00:00+01:00 (Europe/Copenhagen)"},
	} {
		t.Run(in, func(t *testing.T) {
			r := copenhagen(t)
			out, err := Of[spans]().Check([]byte(in), r)
			require.NoError(t, err)
			require.Equal(t, want.out, string(out.JSON))
			requireValues(t, out)
			if want.said == "" {
				require.Empty(t, r.Times)
			} else {
				require.Equal(t, want.said, r.Times[0].Field+": "+r.Times[0].String())
			}
			again := copenhagen(t)
			same, err := Of[spans]().Check(out.JSON, again)
			require.NoError(t, err)
			require.Equal(t, want.out, string(same.JSON))
			require.Empty(t, again.Times, "what was read once says which instant it is")
		})
	}
}

func TestTimesRefused(t *testing.T) {
	const want = "want a date and time such as 2026-01-31T09:30:00Z, or a date such as 2026-01-31"
	for in, message := range map[string]string{
		`{"after":12}`:                                      `after: got 12, ` + want + `; a number is read as seconds since 1970 (10 digits) or milliseconds (13 digits); write `,
		`{"after":20260307}`:                                `after: got 20260307, ` + want + `; write the date as 2026-03-07`,
		`{"after":1.5}`:                                     `after: got 1.5, ` + want,
		`{"after":-1772892000}`:                             `after: got -1772892000, ` + want,
		`{"after":1e999}`:                                   `after: got 1e999, ` + want,
		`{"after":true}`:                                    `after: got true, ` + want,
		`{"after":"2026-03-29T02:30"}`:                      `after: got "2026-03-29T02:30", ` + want + `; 2026-03-29 02:30:00 does not exist in Europe/Copenhagen, where the clocks were put forward; write 2026-03-29T03:30:00+02:00 or 2026-03-29T01:30:00+01:00`,
		`{"before":"2026-10-25T02:30"}`:                     `before: got "2026-10-25T02:30", ` + want + `; 2026-10-25 02:30:00 comes twice in Europe/Copenhagen, where the clocks were put back; write 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00`,
		`{"before":"0001-01-01T00:00:00Z"}`:                 `before: got "0001-01-01T00:00:00Z", ` + want + `; the year must be 1970 to 9999`,
		`{"due":"2026-03-07T12:00"}`:                        `due: got "2026-03-07T12:00", which is 2026-03-07T12:00:00+01:00, want a time in the future; it is now 2026-03-07T12:00:00+01:00`,
		`{"due":"2026-03-07"}`:                              `due: got "2026-03-07", which is 2026-03-07T00:00:00+01:00, want a time in the future; it is now 2026-03-07T12:00:00+01:00`,
		`{"due":"2025-12-31T23:59:59Z"}`:                    `due: got "2025-12-31T23:59:59Z", which is 2025-12-31T23:59:59Z, want a time in the future; it is now 2026-03-07T11:00:00Z`,
		`{"after":{"$kind":"date"}}`:                        `after: got an object, ` + want,
		`{"after":{"$kind":"date","value":[]}}`:             `after: got an array, ` + want,
		`{"after":{"value":"2026-03-07"}}`:                  `after: got an object, ` + want,
		`{"after":{"$kind":"date","value":"soon"}}`:         `after: got "soon", ` + want,
		`{"zoned":{"timezone":"Copenhagen"}}`:               `zoned.timezone: got "Copenhagen", want an IANA time zone such as Europe/Copenhagen`,
		`{"zoned":{"timezone":"Local","end":"2026-03-07"}}`: `zoned.timezone: got "Local", want an IANA time zone such as Europe/Copenhagen`,
	} {
		_, err := Of[spans]().Check([]byte(in), copenhagen(t))
		require.ErrorContains(t, err, message, in)
	}
}

// Where the zone cannot be found out, a time that needs one is refused, and no other.
func TestZoneUnknown(t *testing.T) {
	asked := 0
	r := &Reading{Zone: func() (*time.Location, error) { asked++; return nil, errors.New("write the time with its zone") }}
	_, err := Of[spans]().Check([]byte(`{"before":"2026-03-07"}`), r)
	require.ErrorContains(t, err, "; write the time with its zone")
	require.Equal(t, 1, asked)
	_, err = Of[spans]().Check([]byte(`{"before":"2026-03-07T00:00:00Z","after":1772892000}`), r)
	require.NoError(t, err)
	require.Equal(t, 1, asked)
}

func TestRefusedTimeTags(t *testing.T) {
	require.PanicsWithValue(t, `schemas: schemas.bad.x: the tag time:"end" is for dates, not for integer`, func() {
		type bad struct {
			X int `json:"x" time:"end"`
		}
		Of[bad]().JSON()
	})
	require.PanicsWithValue(t, `schemas: schemas.bad.x: the tag time is end, future or zone, not "soon"`, func() {
		type bad struct {
			X time.Time `json:"x" time:"soon"`
		}
		Of[bad]().JSON()
	})
}

func TestBriefTimes(t *testing.T) {
	for want, read := range map[string]ReadTime{
		"2026-03-07 00:00":          {Written: "2026-03-07", Instant: "2026-03-07T00:00:00+01:00", Date: true},
		"2026-03-07 24:00":          {Written: "2026-03-07", Instant: "2026-03-08T00:00:00+01:00", Date: true, End: true},
		"2026-03-29T01:00:00+01:00": {Written: "2026-03-29", Instant: "2026-03-29T01:00:00+01:00", Date: true},
		"2026-03-07T14:00:00+01:00": {Written: "2026-03-07 14:00", Instant: "2026-03-07T14:00:00+01:00"},
	} {
		require.Equal(t, want, read.Brief())
	}
}
