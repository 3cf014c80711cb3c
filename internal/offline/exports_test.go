package offline

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
)

// export reads an export with the Bearer header that it wants.
func (o *office) export(query string) (int, string) {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), "GET", URL+"/v1/"+query, nil)
	require.NoError(o.t, err)
	req.Header.Set("Authorization", "Bearer token")
	res, err := o.http.Do(req)
	require.NoError(o.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(o.t, err)
	return res.StatusCode, string(b)
}

func (o *office) exported(query string) []map[string]any {
	o.t.Helper()
	status, body := o.export(query)
	require.Equal(o.t, 200, status, body)
	var rows []map[string]any
	require.NoError(o.t, json.Unmarshal([]byte(body), &rows))
	return rows
}

// The exports show what the API shows.
func TestExports(t *testing.T) {
	o := open(t, Options{})
	rows := o.exported("conversation_export?csids=1234,1077,9")
	require.Len(t, rows, 2)
	demo := rows[1]
	require.Equal(t, "open", demo["status"])
	require.Equal(t, "email", demo["initial_channel"])
	require.Equal(t, "Billing", demo["queue_name"])
	require.Equal(t, at(t, o.get(demoPath), "subject"), demo["subject"])
	require.Len(t, demo["conversation_wrapup_notes"], 1)
	require.Contains(t, demo["tags"], "refund")

	from, to := anchor.AddDate(0, 0, -30), anchor.AddDate(0, 0, 1)
	window := fmt.Sprintf("created_after=%d&created_before=%d", from.UnixMilli(), to.UnixMilli())
	conversations, messages := 0, 0
	for _, c := range o.dixa.world().Conversations {
		if !c.Created.Before(from) {
			conversations++
		}
		for _, m := range o.dixa.world().Thread(c) {
			if !m.At.Before(from) && m.At.Before(to) {
				messages++
			}
		}
	}
	require.Len(t, o.exported("conversation_export?"+window), conversations)
	require.Len(t, o.exported("message_export?"+window), messages)
	o.ok(204, "PUT", demoPath+"/close", "{}")
	closed := o.exported(fmt.Sprintf("conversation_export?closed_after=%d&closed_before=%d", today.UnixMilli(), today.Add(time.Second).UnixMilli()))
	require.Len(t, closed, 1)
	require.Equal(t, 1234.0, closed[0]["id"])
}

// A rating that was given has its score, also if that is 0, as of a thumb down; one that was offered has none.
func TestExportedScores(t *testing.T) {
	o := open(t, Options{})
	w := o.dixa.world()
	c := w.Conversations[0]
	c.Own, c.Ratings = true, []*desk.Rating{{Kind: "ThumbsUpOrDown", Offered: today, Rated: today}, {Kind: "Csat", Offered: today}}
	ratings := o.exported(fmt.Sprintf("conversation_export?csids=%d", c.ID))[0]["ratings"].([]any)
	require.Equal(t, 0.0, ratings[0].(map[string]any)["rating_score"])
	require.NotContains(t, ratings[1], "rating_score")
}

// A day as _before leaves the day itself out, so the same day twice is nothing.
func TestExportDays(t *testing.T) {
	o := open(t, Options{})
	day := o.exported("conversation_export?created_after=2026-02-20&created_before=2026-02-21")
	require.NotEmpty(t, day)
	for _, row := range day {
		require.Equal(t, "2026-02-20", time.UnixMilli(int64(row["created_at"].(float64))).UTC().Format(time.DateOnly))
	}
	status, body := o.export("conversation_export?created_after=2026-02-20&created_before=2026-02-20")
	require.Equal(t, 200, status)
	require.Equal(t, "[]", body)
	require.Len(t, o.exported("conversation_export?updated_after=2026-02-19&updated_before=2026-03-02&created_after=2026-02-20&created_before=2026-02-21"), len(day))
}

func TestExportRules(t *testing.T) {
	o := open(t, Options{})
	o.loose = true
	for _, c := range []struct {
		name, query string
		status      int
	}{
		{"31 days", "conversation_export?created_after=2026-01-01&created_before=2026-02-01", 200},
		{"32 days", "conversation_export?created_after=2026-01-01&created_before=2026-02-02", 400},
		{"no end", "conversation_export?updated_after=2026-01-01", 400},
		{"no beginning", "conversation_export?updated_before=2026-01-01", 400},
		{"ends of two kinds", "conversation_export?updated_after=2026-01-01&created_before=2026-01-20", 200},
		{"nothing", "conversation_export", 400},
		{"no day", "conversation_export?created_after=monday&created_before=2026-01-20", 400},
		{"no number", "conversation_export?csids=1,x", 400},
		{"unknown parameter", "conversation_export?csids=1&fields=id", 400},
		{"messages by conversation", "message_export?csids=1", 400},
		{"messages without end", "message_export?created_after=2026-01-01", 400},
		{"messages", "message_export?created_after=2026-01-01&created_before=2026-01-03", 200},
	} {
		o.run(c.name, func(t *testing.T) {
			status, body := o.export(c.query)
			require.Equal(t, c.status, status, body)
		})
	}
	o.refused(401, "Unauthorized", "GET", "/v1/conversation_export?csids=1234", "")
	req, err := http.NewRequestWithContext(t.Context(), "GET", URL+"/v1/conversation_export?csids=1234", nil)
	require.NoError(t, err)
	req.SetBasicAuth("bearer", "token")
	res, err := o.http.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, 200, res.StatusCode)
	o.dixa.Inject(Fault{Match: "GET /v1/conversation_export", Kind: CutBody, Times: 1})
	req.Header.Set("Authorization", "Bearer token")
	res, err = o.http.Do(req)
	if err == nil {
		_, err = io.ReadAll(res.Body)
		require.NoError(t, res.Body.Close())
	}
	require.Error(t, err)
}

// raw is a field of an answer as it stands.
func raw(t *testing.T, body, field string) json.RawMessage {
	t.Helper()
	var v map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(body), &v))
	return v[field]
}
