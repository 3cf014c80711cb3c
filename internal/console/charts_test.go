package console_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
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
	require.Contains(t, page.text(), "Mean time of a request to Dixa in milliseconds", "figures have units")
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

// Approvers read what was sent, as the agent that sent it and on record; nobody else does.
func TestSampleTexts(t *testing.T) {
	b, _ := withRecords(t)
	const sent = `{"conversationId":1234,"text":"Dear Emma, it was <b>refunded</b>\u202e."}`
	number := b.asksAs("desk", "reply", sent)
	b.signIn(annaKey).submits("/requests/"+number, "/requests/"+number+"/approve", "send", "yes")
	require.Equal(t, approval.Done, b.state(number))
	b.pass(7 * 24 * time.Hour)

	reviewed := func() []audit.Record {
		return slices.DeleteFunc(b.recorded(audit.EventRead), func(r audit.Record) bool { return !strings.HasSuffix(r.Text, "to review what was sent") })
	}
	for _, key := range []string{evaKey, adminKey} {
		v := b.signIn(key)
		charts := v.get("/charts?span=week")
		require.Contains(t, charts.text(), "desk replied in conversation 1234")
		require.NotContains(t, charts.body, `href="/sample`)
		page := v.get("/sample")
		require.Equal(t, http.StatusForbidden, page.StatusCode)
		require.NotContains(t, page.body+charts.body, "Dear Emma")
	}
	require.Empty(t, reviewed())

	anna := b.signIn(annaKey)
	require.Contains(t, anna.get("/charts?agent=desk").body, `href="/sample?agent=desk"`)
	for _, path := range []string{"/sample", "/sample?agent=desk"} {
		page := anna.get(path)
		require.Contains(t, page.text(), "#6")
		require.Contains(t, page.text(), "I am afraid that the £84.90 never arrived", "the message before it")
		require.Contains(t, page.text(), "Dear Emma, it was <b>refunded</b>")
		require.NotContains(t, page.text(), "#4 ·")
		require.NotContains(t, page.body, "<b>")
		require.NotContains(t, page.body, "\u202e")
	}
	require.Contains(t, anna.get("/sample?agent=replies").text(), "No reply was sent in that week.")
	read := reviewed()
	require.Len(t, read, 2)
	require.Equal(t, "anna.holm read conversation 1234 as desk, to review what was sent", read[0].Text)
	require.Equal(t, []any{"anna.holm", "desk", audit.OutcomeDone}, []any{read[0].Approver, read[0].Agent, read[0].Outcome})

	// Under the rules in force now the agent may read less.
	b.govern(strings.NewReplacer("EXPIRES", time.Now().AddDate(0, 0, 9).Format(time.DateOnly), "access: {conversations: read, messages: send, end_users: read}", "allow: [send_message, reply]").Replace(file))
	b.gate.Reload(t.Context(), b.inForce())
	page := anna.get("/sample").text()
	require.Contains(t, page, "Not read: the messages (list_messages is not granted to desk).")
	require.NotContains(t, page, "Dear Emma")
}
