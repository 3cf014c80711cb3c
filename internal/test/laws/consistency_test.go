package laws

import (
	"cmp"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	d "dixa-mcp/dixaclient"
)

// The exports stream the conversations that the API shows: the same ones, in the same state.
func TestExportsShowWhatTheAPIShows(t *testing.T) {
	ctx, client := t.Context(), dixa(t, office(t), http.DefaultTransport)
	from, to := d.Time{Time: examplesAnchor.AddDate(0, 0, -7)}, d.Time{Time: examplesAnchor}
	exported := map[int64]d.ExportedConversation{}
	window := d.ExportConversationsIn{CreatedAfter: d.Millis{Time: from}, CreatedBefore: d.Millis{Time: to}}
	answer, err := d.ExportConversations.Do(ctx, client, window)
	require.NoError(t, err)
	for _, c := range answer.Value {
		exported[c.ID] = c
	}
	require.Len(t, exported, len(answer.Value), "each of them once")
	require.NotEmpty(t, exported)

	found := 0
	for page, err := range d.SearchConversations.Pages(ctx, client, d.SearchConversationsIn{CreatedAfter: from, CreatedBefore: to, PageLimit: 50}) {
		require.NoError(t, err)
		for _, hit := range page.Value {
			row, ok := exported[hit.ID]
			require.True(t, ok, "%d is found, but not exported", hit.ID)
			if found++; found%10 != 0 { // to look at some is enough
				continue
			}
			a, err := d.GetConversation.Do(ctx, client, d.GetConversationIn{ConversationRef: d.ConversationRef{ConversationID: hit.ID}})
			require.NoError(t, err)
			shown := a.Value
			require.Equal(t, strings.ToLower(shown.State), row.Status)
			require.Equal(t, shown.RequesterID, row.RequesterID)
			require.Equal(t, shown.Subject, row.Subject)
			require.Equal(t, shown.CreatedAt.UnixMilli()/1000, row.CreatedAt/1000)
			require.Equal(t, cmp.Or(shown.Queue, &d.ConversationQueue{}).ID, row.QueueID)
			require.Equal(t, cmp.Or(shown.Assignment, &d.Assignment{}).AgentID, row.AssigneeID)
		}
	}
	require.Equal(t, len(exported), found, "exported, but not found")
}
