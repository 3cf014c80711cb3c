package tools

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

// alwaysShort are the reads whose items hold names, addresses, numbers and states alone.
var alwaysShort = strings.Fields(`list_flows list_tags get_tag list_conversation_tags get_agent get_agent_presence list_presence list_agent_teams
	list_teams get_team list_team_members list_queues get_queue list_queue_members get_queue_position get_anonymization list_contact_endpoints
	get_contact_endpoint get_organization get_schedule_status get_category list_webhooks get_webhook`)

// Only reads whose answer can be longer than one answer have an offset.
func TestOffsetOnlyWhereAnAnswerCanBeLong(t *testing.T) {
	for _, tool := range slices.DeleteFunc(All(), (*Tool).Task) {
		given := false
		for _, p := range tool.Schema().Properties() {
			given = given || p.Name == "offset"
		}
		long := tool.Level == dixaclient.Read && !tool.View.PageLimit && tool.Operations[0].Host != dixaclient.Exports && !slices.Contains(alwaysShort, tool.Name)
		require.Equal(t, long, given, "%s: what its answer type says (canBeLong in tools/long.go) and alwaysShort in tools/long_test.go differ", tool.Name)
		if tool.View.Short {
			require.Contains(t, alwaysShort, tool.Name)
		}
	}
}

// An answer of a short read that is long all the same is cut, and names no argument that the tool does not have.
func TestShortAnswersThatAreLong(t *testing.T) {
	long, err := json.Marshal(strings.Repeat("long name ", 20_000))
	require.NoError(t, err)
	for name, body := range map[string]string{
		"get_organization": `{"data":{"name":` + string(long) + `}}`,
		"list_tags":        `{"data":[{"name":` + string(long) + `},{"name":"VIP"}]}`,
	} {
		tool, ok := ByName(name)
		require.True(t, ok)
		r, err := view.Render(t.Context(), []byte(body), tool.View)
		require.NoError(t, err)
		require.Contains(t, r.Text, "is cut: it is longer than an answer can be")
		require.NotContains(t, r.Text, "offset")
	}
	tags, _ := ByName("list_tags")
	r, err := view.Render(t.Context(), []byte(`{"data":[{"name":`+string(long)+`},{"name":"VIP"}]}`), tags.View)
	require.NoError(t, err)
	require.Contains(t, r.Text, "for the items after it: call again with skip=1")
}
