package dixaclient

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// at is a moment as an argument has it.
func at(t *testing.T, s string) Millis {
	t.Helper()
	at, err := ParseTime(s)
	require.NoError(t, err)
	return Millis{at}
}

func TestMillis(t *testing.T) {
	for text, want := range map[string]string{
		"2026-02-01T00:00:00Z":          "1769904000000",
		"2026-02-01T01:00:00.250+01:00": "1769904000250",
	} {
		require.Equal(t, want, at(t, text).String(), text)
	}
	var m Millis
	require.NoError(t, json.Unmarshal([]byte(`"2026-02-01T00:00:00Z"`), &m))
	require.Equal(t, "1769904000000", m.String())
	b, err := json.Marshal(m)
	require.NoError(t, err)
	require.Equal(t, `"2026-02-01T00:00:00.000Z"`, string(b))
}

func TestExportWindows(t *testing.T) {
	day := func(n int) Millis { return Millis{Time{time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC)}} }
	type conversations = ExportConversationsIn
	type messages = ExportMessagesIn
	for _, test := range []struct {
		name  string
		in    any
		query string
		err   string
	}{
		{"updated", &conversations{UpdatedAfter: day(1), UpdatedBefore: day(2)}, "updated_after=1767225600000&updated_before=1767312000000", ""},
		{"closed", &conversations{ClosedAfter: day(1), ClosedBefore: day(2)}, "closed_after=1767225600000&closed_before=1767312000000", ""},
		{"last message", &conversations{LastMessageCreatedAfter: day(1), LastMessageCreatedBefore: day(2)},
			"last_message_created_after=1767225600000&last_message_created_before=1767312000000", ""},
		{"two windows", &conversations{CreatedAfter: day(1), CreatedBefore: day(2), UpdatedAfter: day(1), UpdatedBefore: day(2)},
			"created_after=1767225600000&created_before=1767312000000&updated_after=1767225600000&updated_before=1767312000000", ""},
		{"31 days", &conversations{UpdatedAfter: day(1), UpdatedBefore: day(32)}, "updated_after=1767225600000&updated_before=1769904000000", ""},
		{"longer", &conversations{UpdatedAfter: day(1), UpdatedBefore: Millis{Time{day(32).Add(time.Millisecond)}}}, "",
			"export_conversations: updatedBefore must be at most 31 days after updatedAfter. Nothing was sent."},
		{"far apart", &conversations{CreatedAfter: day(1), CreatedBefore: day(2), ClosedAfter: day(32), ClosedBefore: day(33)}, "",
			"export_conversations: the windows must lie within 31 days, all together. Nothing was sent."},
		{"one day twice", &conversations{UpdatedAfter: day(1), UpdatedBefore: day(1)}, "",
			"export_conversations: updatedBefore must be later than updatedAfter; a date means its 00:00 UTC, so the next day's ends a day. Nothing was sent."},
		{"less than a millisecond", &conversations{UpdatedAfter: day(1), UpdatedBefore: Millis{Time{day(1).Add(time.Microsecond)}}}, "", "must be later"},
		{"backwards", &conversations{ClosedAfter: day(2), ClosedBefore: day(1)}, "", "closedBefore must be later than closedAfter"},
		{"no end", &conversations{CreatedAfter: day(1)}, "", "createdBefore is missing beside createdAfter"},
		{"no beginning", &conversations{CreatedBefore: day(1)}, "", "createdAfter is missing beside createdBefore"},
		{"ends of two kinds", &conversations{CreatedAfter: day(1), ClosedBefore: day(2)}, "", "createdBefore is missing"},
		{"before 1970", &messages{Millis{Time{time.Unix(-1, 0)}}, day(1)}, "", "createdAfter must not be before 1970"},
		{"ids", &conversations{CSIDs: []int32{7, 9}}, "csids=7%2C9", ""},
		{"ids and a window", &conversations{CSIDs: []int32{7}, UpdatedAfter: day(1), UpdatedBefore: day(2)}, "", "csids are instead of a window"},
		{"nothing", &conversations{}, "", "export_conversations: needs a window, such as updatedAfter and updatedBefore, or csids. Nothing was sent."},
		{"messages", &messages{day(1), day(2)}, "created_after=1767225600000&created_before=1767312000000", ""},
		{"messages, nothing", &messages{}, "", "export_messages: needs createdAfter and createdBefore. Nothing was sent."},
		{"messages, longer", &messages{day(1), day(40)}, "", "at most 31 days"},
	} {
		t.Run(test.name, func(t *testing.T) {
			op := ExportConversations.Spec
			if _, ok := test.in.(*messages); ok {
				op = ExportMessages.Spec
			}
			r, err := op.Request(test.in)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				require.ErrorAs(t, err, new(*InputError))
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.query, r.Query.Encode())
			require.Nil(t, r.Body)
		})
	}
}

func TestExportsGoToTheirHostAsBearer(t *testing.T) {
	c := testClient(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "Bearer "+testToken, r.Header.Get("Authorization"))
		require.Equal(t, "/v1/conversation_export?csids=7", r.URL.String())
		_, _ = w.Write([]byte(`[{"id":7,"created_at":1767225600000,"ratings":[{"any":1}],"rating_score":0,"new_field":true}]`))
	})
	a, err := ExportConversations.Do(t.Context(), c, ExportConversationsIn{CSIDs: []int32{7}})
	require.NoError(t, err)
	require.Equal(t, int64(1767225600000), a.Value[0].CreatedAt)
	require.Equal(t, 0, *a.Value[0].RatingScore)
	require.Contains(t, string(a.Raw), "new_field")
}
