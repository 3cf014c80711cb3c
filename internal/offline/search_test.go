package offline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
)

// Each field and operator finds exactly what passes it.
func TestSearchFields(t *testing.T) {
	o := open(t, Options{})
	agent, tag, number, reason := o.agent(9), o.tag("refund"), o.attribute("order_number"), o.attribute("contact_reason")
	user := o.user(0)
	since := anchor.AddDate(0, 0, -10)
	value := func(c *desk.Conversation, attribute string) any { return c.Attributes[attribute] }
	for _, c := range []struct {
		name, field, operator string
		pass                  func(*desk.Conversation) bool
	}{
		{"agent", `AgentId`, `"IsOneOf","values":["` + agent + `"]`, func(c *desk.Conversation) bool { return c.Agent == agent }},
		{"no agent", `AgentId`, `"IsEmpty"`, func(c *desk.Conversation) bool { return c.Agent == "" }},
		{"some agent", `AgentId`, `"IsNotEmpty"`, func(c *desk.Conversation) bool { return c.Agent != "" }},
		{"not agent", `AgentId`, `"IsNotOneOf","values":["` + agent + `"]`, func(c *desk.Conversation) bool { return c.Agent != agent }},
		{"queue", `QueueId`, `"IsOneOf","values":["` + strings.ToUpper(billingQueueID) + `","` + returnsQueueID + `"]`, func(c *desk.Conversation) bool {
			return c.Queue == billingQueueID || c.Queue == returnsQueueID
		}},
		{"contact", `ContactId`, `"IsOneOf","values":["` + user + `"]`, func(c *desk.Conversation) bool { return c.Requester == user }},
		{"not contact", `ContactId`, `"IsNotOneOf","values":["` + user + `"]`, func(c *desk.Conversation) bool { return c.Requester != user }},
		{"conversation", `ConversationId`, `"IsOneOf","values":["1234","1500"]`, func(c *desk.Conversation) bool { return c.ID == 1234 || c.ID == 1500 }},
		{"tag", `TagId`, `"IncludesOne","values":["` + tag + `","` + noID + `"]`, func(c *desk.Conversation) bool { return c.HasTag(tag) }},
		{"all tags", `TagId`, `"IncludesAll","values":["` + tag + `","` + o.tag("double-charge") + `"]`, func(c *desk.Conversation) bool { return c.HasTag(tag) && c.HasTag(o.tag("double-charge")) }},
		{"without one tag", `TagId`, `"ExcludesOne","values":["` + tag + `","` + noID + `"]`, func(c *desk.Conversation) bool { return true }},
		{"without tags", `TagId`, `"ExcludesAll","values":["` + tag + `"]`, func(c *desk.Conversation) bool { return !c.HasTag(tag) }},
		{"no tags", `TagId`, `"IsEmpty"`, func(c *desk.Conversation) bool { return len(c.Tags) == 0 }},
		{"some tags", `TagId`, `"IsNotEmpty"`, func(c *desk.Conversation) bool { return len(c.Tags) > 0 }},
		{"channel", `Channel`, `"IsOneOf","values":["phone","sms"]`, func(c *desk.Conversation) bool { return c.Channel.Label == "Phone" || c.Channel.Label == "SMS" }},
		{"not channel", `Channel`, `"IsNotOneOf","values":["email"]`, func(c *desk.Conversation) bool { return c.Channel.Label != "Email" }},
		{"direction", `Direction`, `"IsOneOf","values":["outbound"]`, func(c *desk.Conversation) bool { return c.Direction == "Outbound" }},
		{"not direction", `Direction`, `"IsNotOneOf","values":["inbound"]`, func(c *desk.Conversation) bool { return c.Direction != "Inbound" }},
		{"pending", `Status`, `"IsOneOf","values":["pending"]`, func(c *desk.Conversation) bool {
			return c.State == desk.StatePending || c.State == desk.StateAwaitingPending
		}},
		{"not closed", `Status`, `"IsNotOneOf","values":["closed"]`, func(c *desk.Conversation) bool { return c.State != desk.StateClosed }},
		{"created since", `CreationDate`, `"Since","timestamp":"2026-02-20T00:00:00Z"`, func(c *desk.Conversation) bool { return !c.Created.Before(since) }},
		{"created until", `CreationDate`, `"Until","timestamp":"2026-02-20T00:00:00Z"`, func(c *desk.Conversation) bool { return !c.Created.After(since) }},
		{"closed between", `ClosedDate`, `"Between","timestampFrom":"2026-02-20T00:00:00Z","timestampTo":"2026-02-21T00:00:00Z"`, func(c *desk.Conversation) bool {
			return !c.Closed.IsZero() && !c.Closed.Before(since) && !c.Closed.After(since.AddDate(0, 0, 1))
		}},
		{"assigned since", `AssignedDate`, `"Since","timestamp":"2026-02-20T00:00:00Z"`, func(c *desk.Conversation) bool { return !c.Assigned.Before(since) }},
		{"active since", `LastActivity`, `"Since","timestamp":"2026-02-20T00:00:00Z"`, func(c *desk.Conversation) bool { return !c.Touched.Before(since) }},
		{"written until", `LastMessage`, `"Until","timestamp":"2026-02-20T00:00:00Z"`, func(c *desk.Conversation) bool { return !c.LastMessage.After(since) }},
		{"long", `Duration`, `"LongerThanOrEqualTo","duration":432000000`, func(c *desk.Conversation) bool { return !c.Closed.IsZero() && c.Closed.Sub(c.Created) >= 120*time.Hour }},
		{"short", `Duration`, `"ShorterThanOrEqualTo","duration":3600000`, func(c *desk.Conversation) bool { return !c.Closed.IsZero() && c.Closed.Sub(c.Created) <= time.Hour }},
		{"between", `Duration`, `"Between","min":3600000,"max":7200000`, func(c *desk.Conversation) bool {
			return !c.Closed.IsZero() && c.Closed.Sub(c.Created) >= time.Hour && c.Closed.Sub(c.Created) <= 2*time.Hour
		}},
		{"attribute", `CustomAttribute`, `"IsOneOf","values":[["HB-204518"]]},"attributeId":"` + number + `","_":{"_":""`, func(c *desk.Conversation) bool { return value(c, number) == "HB-204518" }},
		{"option", `CustomAttribute`, `"IsOneOf","values":[["payment"]]},"attributeId":"` + reason + `","_":{"_":""`, func(c *desk.Conversation) bool {
			path, _ := value(c, reason).([]string)
			return len(path) > 0 && path[0] == "payment"
		}},
		{"nested option", `CustomAttribute`, `"IsNotOneOf","values":[["payment","invoice"]]},"attributeId":"` + reason + `","_":{"_":""`, func(c *desk.Conversation) bool {
			path, _ := value(c, reason).([]string)
			return len(path) < 2 || path[1] != "invoice"
		}},
		{"no attribute", `CustomAttribute`, `"IsEmpty"},"attributeId":"` + number + `","_":{"_":""`, func(c *desk.Conversation) bool { return value(c, number) == nil }},
		{"some attribute", `CustomAttribute`, `"IsNotEmpty"},"attributeId":"` + number + `","_":{"_":""`, func(c *desk.Conversation) bool { return value(c, number) != nil }},
	} {
		o.run(c.name, func(t *testing.T) {
			field := strings.Replace(`{"_type":"`+c.field+`","operator":{"_type":`+c.operator+`}}`, `,"_":{"_":""}`, "", 1)
			ids, _ := o.walk("POST", "/v1/search/conversations", filter(field))
			want := 0
			found := map[string]bool{}
			for _, id := range ids {
				found[id] = true
			}
			for _, cv := range o.dixa.world().Conversations {
				if c.pass(cv) {
					want++
					require.True(t, found[fmt.Sprint(cv.ID)], cv.ID)
				}
			}
			require.Len(t, ids, want)
			require.NotZero(t, want, "nothing in the data passes: the case says little")
		})
	}
}

func TestSearchStrategies(t *testing.T) {
	o := open(t, Options{})
	one, two := `{"_type":"ConversationId","operator":{"_type":"IsOneOf","values":["1234"]}}`, `{"_type":"ConversationId","operator":{"_type":"IsOneOf","values":["1500"]}}`
	require.Empty(t, o.found(filter(one, two)))
	require.Equal(t, []any{1500.0, 1234.0}, o.found(strings.Replace(filter(one, two), "All", "Any", 1)), "newest first")
	require.Len(t, o.found(`{"filters":{"strategy":"Any"}}`), 50)
	require.Len(t, o.found(""), 50)
}

func TestSearchText(t *testing.T) {
	o := open(t, Options{})
	hits := o.ok(200, "POST", "/v1/search/conversations", `{"query":{"value":"DOUBLE hb-204518"}}`)
	require.Equal(t, []any{1234.0}, pluck(t, hits, "id"))
	require.Equal(t, []any{`<em class="highlight">Double</em> charge on order <em class="highlight">HB-204518</em>, please refund`}, at(t, hits, 0, "highlights", "subject"))
	require.Equal(t, []any{1234.0}, o.found(`{"query":{"value":"charge on order HB-204518","exactMatch":true}}`))
	require.Empty(t, o.found(`{"query":{"value":"order charge HB-204518","exactMatch":true}}`))
	require.Empty(t, o.found(`{"query":{"value":"charge on order HB-20451","exactMatch":true}}`), "a phrase ends with a word")
	require.Empty(t, o.found(`{"query":{"value":""}}`))
	require.Empty(t, o.found(`{"query":{"value":" ","exactMatch":true}}`))
	for _, hit := range o.ok(200, "POST", "/v1/search/conversations", `{"query":{"value":"facture"}}`).([]any) {
		require.NotEmpty(t, at(t, hit, "highlights"))
	}
	require.Equal(t, map[string]any{}, at(t, o.ok(200, "POST", "/v1/search/conversations", `{}`), 0, "highlights"))

	old := o.ok(200, "GET", "/v1/search/conversations?query=HB-204518&exactMatch=true", "")
	require.Equal(t, 1234.0, at(t, old, 0, "id"))
	require.Contains(t, at(t, old, 0, "innerHits", 0, "highlight", "text"), `<em class="highlight">HB-204518</em>`)
	o.refused(400, badValue, "GET", "/v1/search/conversations", "")
}
