package gate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/gate"
)

const figuring = `version: 1
names: {queue: {billing: ` + billing + `}}
agents:
  whole: {access: {"*": read}}
  bounded: {access: {"*": read}, only: {queue: [billing]}}
  ruled: {access: {"*": read}, arguments: {get_conversation.conversationId: [1234]}}
  searches: {access: {"*": read}, arguments: {search_conversations.queueId: [billing]}}
  metrics: {access: {"*": read}, arguments: {query_metric.id: [csat]}}
  few: {access: {"*": read}, deny: [list_messages, list_ratings, list_queues]}
  unread: {access: {"*": read}, deny: [list_messages, list_conversation_activity]}
  none: {access: {"*": read}, deny: [get_conversation]}
`

// counted is an archive with figures, that has everything until some minutes ago.
func counted(t *testing.T, minutes int) *bed {
	s := archived()
	s.loads = archive.Loads{billing: {Open: 412, Oldest: 1234, Since: s.until.Add(-50 * time.Hour)}}
	at := func(days int) int64 { return s.until.AddDate(0, 0, -days).Add(time.Hour).UnixMilli() }
	for i, days := range []int{2, 2, 3, 9} { // of last week and the one before
		s.facts = append(s.facts, archive.Fact{ID: int64(i), CreatedAt: at(days), AnsweredAt: at(days) + 600_000, ClosedAt: at(days) + 7_200_000, Channel: "email", Queue: "Billing | x", Customer: "c", Rated: true, Satisfied: true})
	}
	now := s.until.Add(time.Duration(minutes) * time.Minute)
	b := newBed(t, figuring)
	b.stand(figuring, gate.Config{Archive: s, Now: func() time.Time { return now }})
	return b
}

// The archive counts what waits where it is fresh, for agents that may see all conversations and when messages were written. Others have Dixa count.
func TestOverviewOfTheArchive(t *testing.T) {
	searches := func(b *bed) bool {
		return slices.ContainsFunc(b.requests(), func(r string) bool { return strings.Contains(r, "search") })
	}
	b := counted(t, 20) // a sync 10 minutes ago has all but the newest 10
	a := b.call("whole", "overview", `{}`)
	require.False(t, a.Failed, a.Text)
	require.Contains(t, a.Text, `"waiting":412,"oldest":1234,"waitingSince":"2026-02-27T22:00:00Z"`)
	require.Contains(t, a.Text, "Counted in the archive. Oldest is whose customer has waited longest for an answer.")
	require.Contains(t, a.Text, `"until":"2026-03-02T00:00:00Z"`)
	require.False(t, searches(b))
	for _, agent := range []string{"bounded", "ruled", "searches", "unread"} {
		b := counted(t, 10)
		a := b.call(agent, "overview", `{}`)
		require.False(t, a.Failed, a.Text)
		require.NotContains(t, a.Text, "412", agent)
		require.Contains(t, a.Text, "Oldest is the lowest number")
		require.True(t, searches(b))
	}
	b = counted(t, 21)
	require.Contains(t, b.call("whole", "overview", `{}`).Text, "Oldest is the lowest number", "it is too old")
	require.True(t, searches(b))
}

// The figures of the archive are for agents that may see all conversations, have names of their own, and say how they are computed.
func TestReportOfTheArchive(t *testing.T) {
	b := counted(t, 60)
	a := b.call("whole", "report", `{"metric":"archive","period":"last 7 days","by":"queue"}`)
	require.False(t, a.Failed, a.Text)
	require.Contains(t, a.Text, `"conversations":"3 (before 1)","closed":"3 (before 1)","firstAnswer":"10 min (before 10 min)","firstAnswerP90":"10 min (before 10 min)","closedAfter":"2.0 h (before 2.0 h)"`)
	require.Contains(t, a.Text, `"perCustomer":"3.00 (before 1.00)","satisfied":"100 % of 3 (before 100 % of 1)"`)
	require.Contains(t, a.Text, `"queue":"Billing | x"`)
	require.Contains(t, a.Text, "not by Dixa's analytics")
	require.Contains(t, a.Text, `"archive":{"until":"2026-03-02T00:00:00Z"}`)
	require.Equal(t, []string{"GET /v1/business-hours/schedules"}, b.requests(), "for the time zone")
	require.Contains(t, b.call("whole", "report", `{"metric":"archive","period":"last month","by":"week"}`).Text, `"week":"2026-02-23","conversations":3`)
	require.Contains(t, b.call("whole", "report", `{"metric":"archive","period":"2025-06-01 to 2025-06-30"}`).Text, "The archive has no conversation of this period")
	require.Contains(t, b.call("whole", "report", `{"metric":"archive","period":"2025-06-01 to 2026-02-28"}`).Text, `"lacks":{"from":"20`)
	require.Contains(t, b.call("whole", "report", `{"metric":"csat","by":"hour"}`).Text, "csat is not told by hour in Dixa")

	few := b.call("few", "report", `{"metric":"archive","period":"last 7 days"}`).Text
	require.Contains(t, few, "first answers (not granted); ratings (not granted)")
	require.NotContains(t, few, `"firstAnswer"`)
	require.NotContains(t, few, "satisfied")
	for call, want := range map[[2]string]string{
		{"bounded", `{"metric":"archive"}`}: "only bounds this agent", {"ruled", `{"metric":"Archive"}`}: "rules for the arguments of get_conversation",
		{"searches", `{"metric":"archive"}`}: "rules for the arguments of search_conversations", {"metrics", `{"metric":"archive"}`}: "query_metric",
		{"none", `{"metric":"archive"}`}: "needs get_conversation", {"few", `{"metric":"archive","by":"queue"}`}: "queue needs list_queues", {"whole", `{"metric":"archive","comments":true}`}: "comments: metric archive has none",
	} {
		b := counted(t, 1)
		a := b.call(call[0], "report", call[1])
		require.True(t, a.Failed, "%v %s", call, a.Text)
		require.Contains(t, a.Text, want)
		require.NotContains(t, a.Text, "before 1")
	}
	require.Contains(t, newBed(t, figuring).call("whole", "report", `{"metric":"archive"}`).Text, "keeps no archive; give a metric of Dixa's")
}

// A rating is found in the archive, and shown as Dixa has it now to an agent that may read it.
func TestFindConversationsByRating(t *testing.T) {
	b := newSearches(t, searching, archived())
	var bad, good, none int64
	for id := int64(1001); bad == 0 || good == 0 || none == 0; id++ {
		ratings := do(b, dixaclient.ListRatings, ref(id))
		switch {
		case len(ratings) != 1 || ratings[0].Score == nil:
			none = id
		case *ratings[0].Score <= 2:
			bad = id
		case *ratings[0].Score >= 4:
			good = id
		}
	}
	s := archived(bad, good, none)
	b = newSearches(t, searching, s)
	a := b.call("whole", "find_conversations", `{"rating":"bad"}`)
	require.Equal(t, []int64{bad}, conversationsOf(t, a), "what Dixa has now decides")
	require.Contains(t, a.Text, `"rating":"Csat `)
	require.Equal(t, archive.Bad, s.found[0].Rating)
	require.Equal(t, []int64{good}, conversationsOf(t, b.call("whole", "find_conversations", `{"rating":"good"}`)))
	require.Contains(t, b.call("whole", "find_conversations", `{"rating":"poor"}`).Text, "good, bad")
	for _, agent := range []string{"asks-few", "limited"} {
		b := newSearches(t, searching, s)
		a := b.call(agent, "find_conversations", fmt.Sprintf(`{"rating":%q}`, "bad"))
		require.True(t, a.Failed, a.Text)
		require.Empty(t, b.requests())
	}
}
