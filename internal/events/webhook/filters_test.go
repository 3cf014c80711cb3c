package webhook

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

// Filters are set where they are wanted, and otherwise stay as they are, also in a rotation; so do headers and further events.
func TestFilters(t *testing.T) {
	d := newDesk(t)
	const queue = "0b9f0a57-2f3c-4c1e-9d6c-000000000001"
	apply := func(w Wanted) *Plan {
		p, err := d.Plan(t.Context(), w)
		require.NoError(t, err)
		require.NoError(t, p.Apply(t.Context()))
		return p
	}
	p := apply(Wanted{URL: here, Channels: []string{"email"}})
	require.Len(t, p.Changes, 2)
	require.Equal(t, map[string]filter{"Conversation": {"All", []condition{{"IsOneOf", "InitialChannel", []string{"email"}}}}}, d.live(p.ID).Filters)
	both := Wanted{URL: here, Channels: []string{"widget_chat", "email"}, Queues: []string{queue}}
	require.Len(t, apply(both).Changes, 2)
	require.Len(t, d.live(p.ID).Filters["Conversation"].Conditions, 2)
	both.Channels = []string{"email", "widget_chat", "email"}
	require.Empty(t, apply(both).Changes, "neither the order nor a repetition says anything")
	d.done(here)
	require.Len(t, d.live(p.ID).Filters["Conversation"].Conditions, 2)
	require.Len(t, apply(Wanted{URL: here, Queues: []string{queue}}).Changes, 1)
	d.update(dixaclient.UpdateWebhookIn{
		WebhookRef: dixaclient.WebhookRef{WebhookSubscriptionID: dixaclient.UUID(p.ID)}, WebhookSettings: dixaclient.WebhookSettings{Filters: []dixaclient.WebhookFilter{}},
	})
	st, err := d.Status(t.Context())
	require.NoError(t, err)
	require.Len(t, st.Problems, 1, "somebody removed the filters")
	require.Contains(t, st.Problems[0].What, "send only events of conversations whose QueueId is one of "+queue)
	require.Len(t, apply(Wanted{URL: here}).Changes, 1, "the filters of the last set-up are wanted")
	require.Len(t, d.live(p.ID).Filters["Conversation"].Conditions, 1)
	require.True(t, d.accepts(d.live(p.ID)))
	d.update(dixaclient.UpdateWebhookIn{
		WebhookRef: dixaclient.WebhookRef{WebhookSubscriptionID: dixaclient.UUID(p.ID)}, Events: dixaclient.Set[dixaclient.WebhookEvent]{"TypingStarted"},
		WebhookSettings: dixaclient.WebhookSettings{CustomHeaders: []dixaclient.WebhookHeader{{Name: "X-Proxy", Value: "1"}}},
	})
	before := d.live(p.ID)
	after := d.live(apply(Wanted{URL: here, Rotate: true}).ID)
	require.NotEqual(t, before.ID, after.ID)
	require.Equal(t, before.Filters, after.Filters)
	require.Equal(t, "1", after.Headers["X-Proxy"])
	require.Contains(t, after.SubscribedEvents, dixaclient.WebhookEvent("TypingStarted"))
	require.True(t, d.accepts(after))
	d.done(here)
	require.Equal(t, []string{"send events of all conversations"}, apply(Wanted{URL: here, Queues: []string{Everything}}).Changes)
	require.Empty(t, d.live(string(after.ID)).Filters)
	d.done(here)
}

// Headers are sent beside those that people chose, and their values are in no plan.
func TestHeaders(t *testing.T) {
	d := newDesk(t)
	apply := func(headers ...dixaclient.WebhookHeader) *Plan {
		p, err := d.Plan(t.Context(), Wanted{URL: here, Headers: headers})
		require.NoError(t, err)
		require.NoError(t, p.Apply(t.Context()))
		return p
	}
	p := apply(dixaclient.WebhookHeader{Name: "X-Edge", Value: "s3cret"})
	require.Equal(t, "s3cret", d.live(p.ID).Headers["X-Edge"])
	require.NotContains(t, strings.Join(p.Changes, " "), "s3cret")
	require.Empty(t, apply(dixaclient.WebhookHeader{Name: "X-Edge", Value: "s3cret"}).Changes)
	require.Empty(t, apply().Changes)
	require.Equal(t, []string{"send the headers X-Edge, X-Other"}, apply(dixaclient.WebhookHeader{Name: "X-Edge", Value: "new"}, dixaclient.WebhookHeader{Name: "X-Other", Value: "1"}).Changes)
	require.Equal(t, "new", d.live(p.ID).Headers["X-Edge"])
	apply(dixaclient.WebhookHeader{Name: "x-other", Value: "2"})
	live := d.live(p.ID)
	require.Len(t, live.Headers, 3)
	require.Equal(t, "2", live.Headers["x-other"])
	require.True(t, d.accepts(live), "the token stays")
}
