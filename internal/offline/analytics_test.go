package offline

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ask queries a metric and gives its values by measure.
func (o *office) ask(id, rest string) map[string]float64 {
	o.t.Helper()
	v := o.ok(200, "POST", "/v1/analytics/metrics", `{"id":"`+id+`","timezone":"Europe/Copenhagen",`+rest+`}`)
	values := map[string]float64{}
	for _, a := range at(o.t, v, "aggregates").([]any) {
		values[at(o.t, a, "measure").(string)] = at(o.t, a, "value").(float64)
	}
	return values
}

const lastWeek = `"periodFilter":{"_type":"Preset","value":{"_type":"PreviousWeek"}}`

// Metrics and records of the same thing agree with each other and with the conversations.
func TestAnalyticsAgree(t *testing.T) {
	o := open(t, Options{})
	zone, err := time.LoadLocation("Europe/Copenhagen")
	require.NoError(t, err)
	from, to := time.Date(2026, 2, 23, 0, 0, 0, 0, zone), time.Date(2026, 3, 2, 0, 0, 0, 0, zone)
	closed := 0
	for _, c := range o.dixa.world().Conversations {
		if !c.Closed.IsZero() && !c.Closed.Before(from) && c.Closed.Before(to) {
			closed++
		}
	}
	require.Equal(t, map[string]float64{"Count": float64(closed)}, o.ask("closed_conversations", lastWeek))
	interval := fmt.Sprintf(`"periodFilter":{"_type":"Interval","start":"%s","end":"%s"}`, from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
	require.Equal(t, o.ask("closed_conversations", lastWeek), o.ask("closed_conversations", interval))

	rows, pages := o.rows(`{"id":"ratings","timezone":"Europe/Copenhagen",` + lastWeek + `}`)
	require.Greater(t, pages, 1)
	good := 0
	for _, r := range rows {
		if at(t, r, "value", "value").(float64) >= 4 {
			good++
		}
	}
	csat := o.ask("csat", lastWeek)
	require.Equal(t, float64(len(rows)), csat["Count"])
	require.InDelta(t, float64(good)/float64(len(rows))*100, csat["Percentage"], 1e-9)

	agents := o.ask("conversation_assignments_per_agent", lastWeek)
	require.InDelta(t, agents["Sum"]/agents["Count"], agents["Average"], 1e-9)
	one := o.ask("conversation_assignments_per_agent", lastWeek+`,"filters":[{"attribute":"agent_id","values":["`+o.agent(3)+`"]}]`)
	require.Equal(t, 1.0, one["Count"])
	answers := o.ask("first_response_time", lastWeek+`,"aggregations":["Min","Max","Average","StdDev"]`)
	require.Less(t, answers["Min"], answers["Average"])
	require.Less(t, answers["Average"], answers["Max"])
}

// rows walks all pages of a record query.
func (o *office) rows(body string) (rows []any, pages int) {
	o.t.Helper()
	path := "/v1/analytics/records?pageLimit=20"
	for {
		var v struct {
			Data []any
			Meta struct{ Next string }
		}
		res := o.do("POST", path, body)
		require.Equal(o.t, 200, res.status, res.body)
		require.NoError(o.t, json.Unmarshal([]byte(res.body), &v))
		rows, pages = append(rows, v.Data...), pages+1
		if v.Meta.Next == "" {
			return rows, pages
		}
		path = v.Meta.Next
	}
}

// Filters narrow; those that a metric does not have are ignored, and case does not count.
func TestAnalyticsFilters(t *testing.T) {
	o := open(t, Options{})
	by := func(filters string) float64 {
		return o.ask("closed_conversations", lastWeek+`,"filters":[`+filters+`]`)["Count"]
	}
	all := by("")
	channels := 0.0
	for _, v := range pluck(t, o.get("/v1/analytics/filter/channel"), "value") {
		channels += by(`{"attribute":"channel","values":["` + v.(string) + `"]}`)
	}
	require.Equal(t, all, channels)
	require.Equal(t, by(`{"attribute":"channel","values":["EMAIL"]}`), by(`{"attribute":"channel","values":["email"]}`))
	require.Equal(t, all, by(`{"attribute":"agent_id","values":["`+noID+`"]}`), "not a filter of this metric")
	require.Less(t, by(`{"attribute":"tag_id","values":["`+o.tag("refund")+`"]},{"attribute":"queue_id","values":["`+billingQueueID+`"]}`), all)
	require.Equal(t, all, by(`{"attribute":"initial_direction","values":["INBOUND","OUTBOUND"]}`))
	o.refused(400, badValue, "POST", "/v1/analytics/metrics", `{"id":"csat","timezone":"UTC",`+lastWeek+`,"filters":[{"attribute":"weekday","values":["1"]}]}`)
	o.refused(400, badValue, "GET", "/v1/analytics/filter/weekday", "")
}

// A conversation that is closed is counted at once.
func TestAnalyticsSeeWrites(t *testing.T) {
	o := open(t, Options{})
	one := `"csidFilter":[1234]`
	require.Equal(t, 0.0, o.ask("closed_conversations", one)["Count"])
	o.ok(204, "PUT", demoPath+"/close", "{}")
	require.Equal(t, 1.0, o.ask("closed_conversations", one)["Count"])
	rows, _ := o.rows(`{"id":"closed_conversations","timezone":"UTC",` + one + `}`)
	require.Equal(t, "2026-03-02T10:00:00.000Z", at(t, rows, 0, "primaryTimestampField", "timestamp"))
}
