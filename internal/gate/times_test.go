package gate

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/double"
)

// schedules answers for the schedules of business hours in Dixa's place, with the given ids.
type schedules struct {
	http.RoundTripper
	ids    []string
	status int
	asked  []string
}

const (
	oneSchedule     = "11111111-1111-4111-8111-111111111111"
	anotherSchedule = "22222222-2222-4222-8222-222222222222"
)

func (s *schedules) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.Contains(r.URL.Path, "/business-hours/schedules") {
		return s.RoundTripper.RoundTrip(r)
	}
	s.asked = append(s.asked, r.URL.Path)
	body := `{"data":{"schedule":{"id":"` + oneSchedule + `","name":"n","timezone":"America/New_York","businessHours":[]}}}`
	if strings.HasSuffix(r.URL.Path, "/schedules") {
		var list []string
		for _, id := range s.ids {
			list = append(list, `{"name":"n","id":"`+id+`"}`)
		}
		body = `{"data":{"schedules":[` + strings.Join(list, ",") + `]}}`
	}
	return &http.Response{StatusCode: s.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// A time without a zone is read in the zone of the file, else in that of the only schedule that the agent may read, else
// in UTC; the answer says what it became, and the look-up is recorded.
func TestTimesWithoutZone(t *testing.T) {
	const (
		reader = "agents:\n  a: {access: {conversations: read, business_hours: read}}\n  blind: {access: {conversations: read}}\n"
		search = `{"createdAfter":"2026-03-01","createdBefore":"2026-03-07"}`
	)
	for name, c := range map[string]struct {
		file, agent string
		ids         []string
		want        string
		asked       int
	}{
		"file":              {"version: 1\ntimezone: Asia/Tokyo\n" + reader, "a", []string{oneSchedule}, `"createdBefore":"before 2026-03-08T00:00:00+09:00 (2026-03-07 is included; Asia/Tokyo)"`, 0},
		"only schedule":     {"version: 1\n" + reader, "a", []string{oneSchedule}, `"createdBefore":"before 2026-03-08T00:00:00-05:00 (2026-03-07 is included; America/New_York)"`, 2},
		"several schedules": {"version: 1\n" + reader, "a", []string{oneSchedule, anotherSchedule}, `"createdBefore":"before 2026-03-08T00:00:00Z (2026-03-07 is included; UTC)"`, 1},
		"no schedule":       {"version: 1\n" + reader, "a", nil, `"createdBefore":"before 2026-03-08T00:00:00Z (2026-03-07 is included; UTC)"`, 1},
		"no grant":          {"version: 1\n" + reader, "blind", []string{oneSchedule}, `"createdBefore":"before 2026-03-08T00:00:00Z (2026-03-07 is included; UTC)"`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := setUp(t, settings{file: c.file})
			s := &schedules{RoundTripper: b.wire.RoundTripper, ids: c.ids, status: 200}
			b.wire.RoundTripper = s
			for range 2 { // the second time it is remembered
				a := b.call(c.agent, "search_conversations", search)
				require.False(t, a.Failed, a.Text)
				require.Contains(t, a.Text, c.want)
			}
			require.Len(t, s.asked, c.asked)
			first := b.book.entries[0]
			require.Len(t, first.Operations, c.asked+1, "each look-up is in the record")
		})
	}
}

// Where the zone cannot be found out nothing is guessed, and a time that needs none is not held up.
func TestZoneThatCannotBeRead(t *testing.T) {
	b := setUp(t, settings{file: "version: 1\nagents:\n  a: {access: {conversations: read, business_hours: read}}\n"})
	b.wire.RoundTripper = &schedules{RoundTripper: b.wire.RoundTripper, status: 403}
	a := b.call("a", "search_conversations", `{"createdBefore":"2026-03-07"}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "write the time with its zone: the schedule that tells the organization's zone could not be read")
	a = b.call("a", "search_conversations", `{"createdBefore":"2026-03-07T00:00:00Z"}`)
	require.False(t, a.Failed, a.Text)
	require.NotContains(t, a.Text, `"times"`)
}

// What failed says which instants were understood too, since that may be why.
func TestTimesOfACallThatFails(t *testing.T) {
	b := setUp(t, settings{file: "version: 1\ntimezone: Europe/Copenhagen\nagents:\n  a: {access: {conversations: read}}\n"})
	b.wire.RoundTripper = double.Transport(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 400, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"message":"no"}`))}, nil
	})
	a := b.call("a", "search_conversations", `{"createdBefore":"2026-03-07"}`)
	require.True(t, a.Failed)
	require.Regexp(t, `\nTimes were read as createdBefore: 2026-03-07 24:00 \(Europe/Copenhagen\)\.$`, a.Text)
}

// A follow-up in the past is refused before anything is sent, and the refusal says which instant was understood.
func TestFollowupInThePast(t *testing.T) {
	b := setUp(t, settings{file: "version: 1\ntimezone: Europe/Copenhagen\n" + strings.TrimPrefix(everything, "version: 1\n"), dixa: offline.Options{}})
	for _, past := range []string{"2026-03-07 14:00", "2020-01-01", "1772892000"} {
		a := b.call("admin", "set_followup", `{"conversationId":1234,"timestamp":"`+past+`"}`)
		require.True(t, a.Failed)
		require.Contains(t, a.Text, "want a time in the future; it is now 20")
		require.Contains(t, a.Text, "Nothing was sent to Dixa.")
	}
	require.Empty(t, b.dixa.Requests())
	a := b.call("admin", "set_followup", `{"conversationId":1234,"timestamp":"2099-07-07 14:00"}`)
	require.Contains(t, a.Text, `"times":{"timestamp":"2099-07-07T14:00:00+02:00 (Europe/Copenhagen)"}`)
}
