package gate

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
)

const memberManagers = `  a: {access: {"*": read}, allow: [add_queue_members, remove_queue_members, add_team_members, remove_team_members]}
  adds: {access: {"*": read}, allow: [add_queue_members]}
  blind: {allow: [add_team_members, list_agents, list_teams]}
  ruled: {access: {"*": read}, allow: [add_queue_members], arguments: {add_queue_members.queueId: [0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11]}}
`

// people says who is in a queue and in a team.
func (w *waitingBench) inQueue(queue, name string) bool {
	w.t.Helper()
	a, err := dixaclient.ListQueueMembers.Do(context.Background(), w.beside, dixaclient.QueueRef{QueueID: dixaclient.UUID(queue)})
	require.NoError(w.t, err)
	for _, m := range a.Value {
		if string(m.AgentID) == w.dixaAgent(name) {
			return true
		}
	}
	return false
}

// writesSince are the requests since a number of them that change something, as routes.
func (w *waitingBench) writesSince(from int) (all []string) {
	for _, r := range w.dixa.Requests()[from:] {
		if r.Method != "GET" {
			all = append(all, route(r.Method, r.Path))
		}
	}
	return all
}

// People come into queues and teams and leave them in one call, which says for each what was before.
func TestManageMembers(t *testing.T) {
	w := waitingIn(t, memberManagers)
	before := len(w.dixa.Requests())
	a := w.call("a", "manage_members", `{"queues":["Billing"],"teams":["Sales"],"add":["Paul Meier","Luis Ortega"],"remove":["Billing Bot"]}`)
	require.False(t, a.Failed, a.Text)
	require.Contains(t, a.Text, "Luis Ortega in queue Billing: no change")
	require.Contains(t, a.Text, "queue Billing: Paul Meier out → in")
	require.Contains(t, a.Text, "queue Billing: Billing Bot in → out")
	require.Contains(t, a.Text, "team Sales: ")
	require.Contains(t, a.Text, "as the API token's user")
	require.True(t, w.inQueue(billingQueue, "Paul Meier"))
	require.False(t, w.inQueue(billingQueue, "Billing Bot"))
	writes := w.writesSince(before)
	require.Subset(t, []string{"PATCH /v1/queues/{queueId}/members", "PATCH /v1/teams/{teamId}/agents", "DELETE /v1/queues/{queueId}/members", "DELETE /v1/teams/{teamId}/agents"}, writes)
	intents := 0
	for _, r := range w.book.all() {
		if r.Event == audit.EventIntent {
			intents++
		}
	}
	require.Equal(t, len(writes), intents)

	before = len(w.dixa.Requests())
	a = w.call("a", "manage_members", `{"queues":["Billing"],"add":["Paul Meier","Luis Ortega"],"remove":["Billing Bot"]}`)
	require.Contains(t, a.Text, "Paul Meier in queue Billing: no change")
	require.Contains(t, a.Text, "Billing Bot out queue Billing: no change")
	require.Empty(t, w.writesSince(before), "nothing is done twice")
}

// A queue takes ten people in a request.
func TestManageMembersKeepsToLimits(t *testing.T) {
	w := waitingIn(t, memberManagers)
	var names []string
	for a, err := range dixaclient.ListAgents.Pages(t.Context(), w.beside, dixaclient.ListAgentsIn{}) {
		require.NoError(t, err)
		for _, agent := range a.Value {
			names = append(names, fmt.Sprintf("%q", agent.ID))
		}
	}
	require.Greater(t, len(names), 25)
	before := len(w.dixa.Requests())
	a := w.call("a", "manage_members", `{"queues":["Billing"],"remove":[`+join(names)+`]}`)
	require.False(t, a.Failed, a.Text)
	left, err := dixaclient.ListQueueMembers.Do(t.Context(), w.beside, dixaclient.QueueRef{QueueID: billingQueue})
	require.NoError(t, err)
	require.Empty(t, left.Value)
	w.call("a", "manage_members", `{"queues":["Billing"],"add":[`+join(names)+`]}`)
	added := 0
	for _, r := range w.writesSince(before) {
		if r == "PATCH /v1/queues/{queueId}/members" {
			added++
		}
	}
	require.Equal(t, (len(names)+9)/10, added)
}

func join(list []string) string {
	all := ""
	for i, s := range list {
		if i > 0 {
			all += ","
		}
		all += s
	}
	return all
}

// Its arguments follow the grants, and a rule for an operation's argument holds for it.
func TestManageMembersFollowsGrants(t *testing.T) {
	w := waitingIn(t, memberManagers)
	for _, c := range []struct{ agent, arguments string }{
		{"adds", `{"queues":["Billing"],"remove":["Luis Ortega"]}`},
		{"adds", `{"teams":["Sales"],"add":["Luis Ortega"]}`},
		{"ruled", `{"queues":["Returns"],"add":["Paul Meier"]}`},
		{"a", `{"queues":["Billing"]}`},
		{"a", `{"add":["Luis Ortega"]}`},
		{"a", `{"queues":["Billing"],"add":["Luis Ortega"],"remove":["Luis Ortega"]}`},
		{"a", `{"queues":["Billing"],"add":["Nobody At All"]}`},
	} {
		before := len(w.dixa.Requests())
		a := w.call(c.agent, "manage_members", c.arguments)
		require.True(t, a.Failed, "%s %s: %s", c.agent, c.arguments, a.Text)
		require.Empty(t, w.writesSince(before))
	}
	a := w.call("ruled", "manage_members", `{"queues":["`+billingQueue+`"],"add":["Paul Meier"]}`)
	require.False(t, a.Failed, a.Text)
	a = w.call("blind", "manage_members", `{"teams":["Sales"],"add":["Paul Meier"]}`)
	require.False(t, a.Failed, a.Text)
	require.Contains(t, a.Text, "team Sales: Paul Meier in")
}

// Of a request of which Dixa does a part, the answer says which part and why, and the record how many.
func TestManageMembersDoneInPart(t *testing.T) {
	const emma = "2ebb7a64-403d-4a3a-a9df-8a9cdbcef43f" // a customer
	w := waitingIn(t, memberManagers)
	a := w.call("adds", "manage_members", `{"queues":["Billing"],"add":["Paul Meier","`+emma+`"]}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "Done in part: queue Billing: Paul Meier out → in, "+emma+" out → in. Dixa did 1 of 2 and refused "+emma+`: "Member is neither Agent or Admin".`)
	require.Contains(t, a.Text, "\nFor the rest: manage_members {\"add\":[\"Paul Meier\",")
	records := w.book.all()
	last := records[len(records)-1]
	require.Equal(t, audit.OutcomeFailed, last.Outcome)
	require.Equal(t, "1 of 2 items failed", last.Operations[len(last.Operations)-1].Error)
}

// A queue whose members were changed since the plan was made is not changed by it.
func TestManageMembersChecksWhatWasBefore(t *testing.T) {
	w := waitingIn(t, memberManagers)
	w.around = func(op *dixaclient.Call) error {
		if op.Op.Name == "add_team_members" { // between the plan and the next step
			_, err := dixaclient.RemoveQueueMembers.Do(context.Background(), w.beside, dixaclient.QueueMembersIn{QueueRef: dixaclient.QueueRef{QueueID: billingQueue}, AgentIDs: dixaclient.Set[dixaclient.UUID]{dixaclient.UUID(w.dixaAgent("Luis Ortega"))}})
			require.NoError(t, err)
		}
		return errAsk
	}
	before := len(w.dixa.Requests())
	a := w.call("a", "manage_members", `{"queues":["Billing"],"teams":["Sales"],"add":["Paul Meier"],"remove":["Luis Ortega"]}`)
	require.True(t, a.Failed, a.Text)
	require.Contains(t, a.Text, "Done: ")
	require.Contains(t, a.Text, "Not done: queue Billing: Luis Ortega in → out.")
	require.NotContains(t, w.writesSince(before)[3:], "DELETE /v1/queues/{queueId}/members")
}
