package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
)

// week writes records of some days, as agents and approvers make them.
func (b *bed) week(log *audit.Log) {
	write := func(ago time.Duration, r audit.Record) {
		r.Time = b.now().Add(-ago)
		require.NoError(b, log.Write(b.Context(), r))
	}
	for hour := range 8 * 24 {
		for n := range 1 + hour%5 {
			r := audit.Record{Event: audit.EventRead, Agent: []string{"triage", "reader"}[n%2], Tool: "get_conversation", Access: "read", Level: "read", Decision: audit.Allowed, Outcome: audit.OutcomeDone, Tokens: 200 + 10*n,
				Operations: []audit.Operation{{Operation: "get_conversation", Status: 200, Millis: int64(80 + 5*n), Attempts: 1, Outcome: audit.OutcomeDone}}, Text: "read a conversation"}
			if n == 3 {
				r.Event, r.Decision, r.Outcome, r.Operations, r.Text = audit.EventRefused, audit.Refused, audit.OutcomeRefused, nil, "was refused"
			}
			write(time.Duration(hour)*time.Hour+30*time.Minute, r)
		}
		if hour%7 == 0 {
			r := audit.Record{Event: audit.EventApproved, Agent: "replies", Tool: "reply", Approver: "anna.holm", Text: "anna.holm approved it"}
			switch hour % 3 {
			case 1:
				r.Edited = audit.NewEdited("a", "b")
			case 2:
				r.Event = audit.EventDenied
			}
			write(time.Duration(hour)*time.Hour, r)
		}
		write(time.Duration(hour)*24*time.Hour/8, audit.Record{Event: audit.EventOutcome, Agent: "replies", Tool: "reply", Access: "write", Level: "send", Outcome: audit.OutcomeDone, Text: "replies replied in conversation 1234"})
	}
}

// Charts say in numbers what was done in an hour, a day and a week, by agent, and choose the same replies for everybody.
func TestCharts(t *testing.T) {
	b, log := withRecords(t)
	v := b.signIn(evaKey)
	require.Contains(t, v.get("/charts").text(), "All agents in the last 24 hours")
	b.week(log)
	page := v.get("/charts?span=week")
	for _, want := range []string{"Calls", "Share of Dixa's limit", "Time of a request", "Tokens", "Decisions of approvers", "unchanged", "edited", "denied", "By agent", "triage", "reader"} {
		require.Contains(t, page.text(), want)
	}
	require.Equal(t, 5, strings.Count(page.body, `<svg class="chart"`))
	sample := regexp.MustCompile(`href="/records/[^"]+"`)
	_, chosen, _ := strings.Cut(page.body, `id="sample"`)
	require.Len(t, sample.FindAllString(chosen, -1), 10)
	_, again, _ := strings.Cut(b.signIn(annaKey).get("/charts?span=day").body, `id="sample"`)
	require.Equal(t, sample.FindAllString(chosen, -1), sample.FindAllString(again, -1))

	row := regexp.MustCompile(`triage</a></th><td>(\d+)</td>`)
	all, day, hour := row.FindStringSubmatch(page.body), row.FindStringSubmatch(v.get("/charts").body), row.FindStringSubmatch(v.get("/charts?span=hour").body)
	require.NotEqual(t, all[1], day[1])
	require.NotEqual(t, day[1], hour[1])
	one := v.get("/charts?span=week&agent=reader").text()
	require.Contains(t, one, "reader in the last 7 days")
	require.NotContains(t, one[strings.Index(one, "By agent"):], "triage")
	require.Equal(t, http.StatusOK, v.get("/charts?span=x&agent=%3Cscript%3E").StatusCode)
	require.NotContains(t, v.get("/charts?agent=%3Cscript%3E").body, "<script>")
	require.Equal(t, http.StatusUnauthorized, b.visitor().get("/charts").StatusCode)
}
