package capability

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

const calling = provider + `people: [{groups: [a], agents: [desk]}]
names: {dixa_agent: {bot: ` + bot + `}}
agents:
  desk:
    acts_as: caller
    access: {"*": send}
    only: {assignee: [me, bot]}
`

const anna = "4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"

// Nothing can be done as the agent itself, and for each person it acts as that one and no other.
func TestFor(t *testing.T) {
	r, err := Parse("f", []byte(calling))
	require.NoError(t, err)
	a, err := r.Agent("desk")
	require.NoError(t, err)
	require.True(t, a.NeedsPerson())
	_, name, ok := a.ActsAs()
	require.True(t, ok)
	require.Equal(t, "of the person who signed in", name)
	require.Equal(t, "assignee the person who signed in or bot", a.Bound().String())
	tool, _ := tools.ByName("add_note")
	request := func(id string) []byte { return []byte(`{"conversationId":1,"message":"x","agentId":"` + id + `"}`) }
	for _, id := range []string{anna, bot, "me", "", "Caller"} {
		require.False(t, a.Arguments(dixaclient.AddNote.Spec, request(id)).Allowed, id)
	}
	require.Error(t, dixaclient.ActingAgent(callerActs).Check(), "no request can have it")

	p := a.For(anna, "anna@example.com")
	require.False(t, p.NeedsPerson())
	require.True(t, a.NeedsPerson(), "the agent itself stays as it is")
	for id, allowed := range map[string]bool{anna: true, bot: false, "caller": false} {
		require.Equal(t, allowed, p.Arguments(dixaclient.AddNote.Spec, request(id)).Allowed, id)
		require.Equal(t, allowed || id == bot, p.Bound().Holds(Facts{Assignee: dixaclient.UUID(id)}), id)
	}
	require.Equal(t, "assignee anna@example.com or bot", p.Bound().String())
	args, err := p.Shape(tool).Decode([]byte(`{"conversationId":1,"message":"x"}`), nil)
	require.NoError(t, err)
	require.Contains(t, string(args.JSON), `"agentId":"`+anna+`"`)
	for _, own := range a.Tools() {
		require.Equal(t, string(a.Shape(own).Schema().JSON()), string(p.Shape(own).Schema().JSON()), "the list is that of everybody")
		for _, f := range p.Shape(own).Filled() {
			require.NotContains(t, string(f.Value), callerActs, own.Name)
		}
	}
}

func TestCallerMistakes(t *testing.T) {
	_, err := Parse("f", []byte(strings.Replace(calling, "{bot:", "{caller:", 1)))
	require.ErrorContains(t, err, `names.dixa_agent.caller: "caller" cannot be a name: acts_as: caller stands for the person who signed in`)
	_, err = Parse("f", []byte(calling+"    arguments: {add_note.agentId: [bot]}\n"))
	require.ErrorContains(t, err, "acts_as gives agentId already")

	r := mustParse(t, strings.Replace(calling, "agents: [desk]", "agents: [other]", 1)+"    keys: [{id: desk-1, sha256: "+strings.Repeat("ab", 32)+"}]\n    oidc_claim: desk\n  other: {access: {tags: read}}\nstdio: [desk]\n")
	var notes []string
	for _, n := range r.Notes() {
		if strings.HasSuffix(n.Key, ".acts_as") {
			notes = append(notes, n.Text)
		}
	}
	require.Equal(t, []string{
		"every call is refused over stdin and stdout: caller is the person who signed in, and there is none",
		"every call is refused with a key: caller is the person who signed in, and there is none",
		"every call is refused with a token of oidc_claim: caller is the person who signed in, and there is none",
		"nobody can use desk: caller is a person who signed in, and no rule under people gives it",
	}, notes)
}

// An agent that acts as its caller in one of two files does in neither what the other does not allow.
func TestCallerDiff(t *testing.T) {
	fixed := strings.Replace(calling, "acts_as: caller", "acts_as: bot", 1)
	old, new := mustParse(t, fixed), mustParse(t, calling)
	require.Contains(t, strings.Join(Diff(old, new), "\n"), "desk acts as bot → the person who signed in")
	require.True(t, Widens(Compare(old, new)))
	require.True(t, Widens(Compare(new, old)))
	tool, _ := tools.ByName("add_note")
	for _, both := range []*Rules{Both(old, new), Both(new, old)} {
		a, err := both.Agent("desk")
		require.NoError(t, err)
		require.False(t, a.Tool(tool).Allowed)
	}
	none := mustParse(t, strings.Replace(strings.Replace(calling, "    acts_as: caller\n", "", 1), "[me, bot]", "[bot]", 1))
	a, err := Both(none, new).Agent("desk")
	require.NoError(t, err)
	require.True(t, a.NeedsPerson(), "the stricter of the two")
}

// An approver who is the person for whom an agent asked does not decide.
func TestApproverEmail(t *testing.T) {
	file := func(email string) string {
		return provider + "people: [{groups: [a], agents: [lead]}]\napprovers:\n  anna: {key_sha256: " + strings.Repeat("ab", 32) + ", " + email + "may: [send]}\n" + threeAgents
	}
	r := mustParse(t, file("email: Anna@example.com, "))
	for email, decides := range map[string]bool{"anna@EXAMPLE.com": false, "bo@example.com": true, "": true} {
		require.Equal(t, decides, r.StillDecides("anna", "abababab", dixaclient.Send, who(email, nil)), email)
	}
	require.True(t, r.StillDecides("anna", "abababab", dixaclient.Send, nil))
	_, err := Parse("f", []byte(file("email: anna, ")))
	require.ErrorContains(t, err, `approvers.anna.email: "anna" is not an e-mail address`)

	without := mustParse(t, file(""))
	var notes []string
	for _, n := range without.Notes() {
		notes = append(notes, n.String())
	}
	require.Contains(t, notes, "line 5: approvers.anna: could decide about what an agent asked on the same person's behalf: say with email who it is")
	require.True(t, Widens(Compare(r, without)))
	require.False(t, Widens(Compare(without, r)))
	require.Contains(t, strings.Join(Diff(without, r), "\n"), "approver anna may decide about what agents ask for everybody → everybody but Anna@example.com")
	for _, both := range []*Rules{Both(r, without), Both(without, r)} {
		require.False(t, both.StillDecides("anna", "abababab", dixaclient.Send, who("anna@example.com", nil)))
	}
}
