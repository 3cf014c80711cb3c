package capability

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnApproval(t *testing.T) {
	file := func(more string) *Rules { return mustParse(t, people+"    confirm: {send: approver}\n"+more) }
	sends := func(r *Rules) bool {
		a, err := r.Agent("a")
		require.NoError(t, err)
		return a.SendsOnApproval()
	}
	none, agent, send := file(""), file("    on_approval: agent\n"), file("    on_approval: send\n")
	require.Equal(t, []bool{false, false, true}, []bool{sends(none), sends(agent), sends(send)})
	require.False(t, sends(Both(send, none)), "both must say so")
	require.False(t, sends(Both(none, send)))
	require.True(t, sends(Both(send, send)))

	require.Empty(t, Compare(none, agent))
	require.Equal(t, []Change{{Text: "a: an approver may have an approved call carried out at once", Widens: true}}, Compare(none, send))
	require.Equal(t, []Change{{Text: "a: only the agent carries out an approved call", Narrows: true}}, Compare(send, agent))

	_, err := parse("f", []byte(people+"    on_approval: always\n"), testCatalog())
	require.ErrorContains(t, err, `agents.a.on_approval: must be one of agent, send, not "always"`)
	var notes []string
	for _, n := range mustParse(t, people+"    confirm: {send: client}\n    on_approval: send\n").Notes() {
		notes = append(notes, n.String())
	}
	require.Contains(t, notes, "line 11: agents.a.on_approval: changes nothing: no call of the agent waits for an approver; see confirm")
}
