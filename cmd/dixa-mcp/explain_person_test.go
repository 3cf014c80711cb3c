package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// explain says which agent a person gets, and by which rule; check lists the rules.
func TestExplainPerson(t *testing.T) {
	p := newPlace(t)
	file, err := filepath.Abs("../../testdata/capabilities/people.yaml")
	require.NoError(t, err)
	explain := func(args ...string) outcome {
		return p.run(append([]string{"explain", "read_conversation", `{"conversationId":1234}`, "--offline", "--capabilities", file}, args...)...)
	}
	o := explain("--person", "billing-bot@example.com", "--claim", "groups=staff", "--claim", "groups=support-leads")
	require.Zero(t, o.code, o.stderr)
	require.Contains(t, o.stdout, "billing-bot@example.com uses agent desk, by people (groups support-leads) (people.yaml:7)")
	o = explain("--person", "Billing-Bot@Example.com", "--claim", "groups=support", "--json")
	require.Zero(t, o.code, o.stderr)
	var e struct{ Agent, Person, By string }
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &e))
	require.Equal(t, "desk", e.Agent)
	require.Equal(t, "Billing-Bot@Example.com", e.Person)
	require.Equal(t, "people (groups support, and email_domain example.com) (people.yaml:8)", e.By)

	for _, x := range []struct {
		args []string
		says string
	}{
		{[]string{"--claim", "groups=support"}, "no rule under people gives an agent to this person"},
		{[]string{"--person", "anna@example.com", "--claim", "groups=support", "--agent", "nobody"}, `this person may not use agent "nobody", but desk`},
		{[]string{"--person", "anna"}, "--person must be an e-mail address such as anna@example.com"},
		{[]string{"--claim", "groups"}, "--claim must be NAME=VALUE"},
	} {
		o := explain(x.args...)
		require.NotZero(t, o.code)
		require.Contains(t, o.stderr, x.says)
	}
	o = p.run("explain", "get_conversation", `{"conversationId":1234}`, "--offline", "--person", "anna@example.com")
	require.Contains(t, o.stderr, "the capability file has no people")

	text := p.good("check", file)
	require.Contains(t, text, "People who sign in, by what the provider says of them:\n  groups support-leads: desk (line 7)\n  groups support, and email_domain example.com: desk (line 8)\n")
	require.Contains(t, text, "Over HTTP:  desk\n")
}
