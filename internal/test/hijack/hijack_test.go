package hijack

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/golden"
	"dixa-mcp/internal/test/race"
)

// all makes the test play every goal through every way in, as make safety does, and not only through the first.
var all = os.Getenv("HIJACK") == "all"

// result is what a hijacked agent did for a goal.
type result struct {
	subject
	goal    goal
	effects []effect
}

// play lets every agent obey every instruction that reaches it, and returns what became of it and which ways reach whom.
func play(t *testing.T) (results []result, reach map[string][]string) {
	b := load(t)
	reach = map[string][]string{}
	for _, s := range subjects(t) {
		t.Run(s.String(), func(t *testing.T) {
			var open []way
			for _, w := range b.Ways {
				if _, ok := reads(t, s, w, b.Goals[0]); ok {
					open = append(open, w)
					reach[s.String()] = append(reach[s.String()], w.Way)
				}
			}
			for _, g := range b.Goals {
				if !s.wants(g) || len(open) == 0 {
					continue
				}
				effects := distinct(newWorld(t, s, open[0], instruction(g)).obeys(t, g))
				results = append(results, result{s, g, effects})
				if all {
					requireAlike(t, s, g, open[1:], effects)
				}
			}
		})
	}
	return results, reach
}

// requireAlike requires that the goal has the same effects whichever way the instruction came in.
func requireAlike(t *testing.T, s subject, g goal, ways []way, effects []effect) {
	t.Helper()
	for _, w := range ways {
		require.Equal(t, effects, distinct(newWorld(t, s, w, instruction(g)).obeys(t, g)), "goal %s by %s", g.Goal, w.Way)
	}
}

// The list in docs/security.md is what left, no more and no less.
func TestHijackedAgentsGolden(t *testing.T) {
	race.Skip(t)
	results, reach := play(t)
	t.Log("\n" + table(results) + ways(t, reach))
	golden.Section(t, "../../../docs/security.md", "hijacked agents", table(results)+ways(t, reach))
	for _, r := range results {
		requireExposed(t, r)
		for _, e := range r.effects {
			require.True(t, permitted(r.subject, e), "%s, obeying %s: %s by %s", r.subject, r.goal.Goal, e.operation, e.rule)
		}
	}
}

// requireExposed requires that dixa-mcp check names what reached the goal, and nothing else.
func requireExposed(t *testing.T, r result) {
	t.Helper()
	var did, said []string
	for _, e := range r.effects {
		if e.reached {
			did = append(did, e.operation)
		}
	}
	for _, e := range r.agent.Exposures() {
		if e.Text == r.goal.Wants {
			said = e.Tools
		}
	}
	require.ElementsMatch(t, did, said, "%s, %s: see exposures in internal/capability/exposure.go", r.subject, r.goal.Goal)
}

// permitted reports whether an agent that is for people without much time may do that when it is hijacked.
func permitted(s subject, e effect) bool {
	switch s.agent.Name {
	case "reader", "analyst":
		return false
	case "triage", "team_lead", "replies", "desk": // sorting, which can be put right
		return e.level == dixaclient.Write
	case "support": // and answering the customer of the same conversation
		return e.level == dixaclient.Write && !strings.Contains(e.operation, "end_user") || e.operation == "send_message"
	}
	return true
}

// table lists the effects by agent and goal.
func table(results []result) string {
	var b strings.Builder
	b.WriteString("What was carried out, by which line of the file:\n")
	agent := ""
	for _, r := range results {
		if !slices.ContainsFunc(r.effects, func(e effect) bool { return e.reached }) {
			continue
		}
		if r.label() != agent {
			agent = r.label()
			fmt.Fprintf(&b, "\n%s:\n\n", agent)
		}
		var did []string
		for _, rule := range rules(r.effects) {
			did = append(did, rule.what+" (`"+rule.line+"`)")
		}
		fmt.Fprintf(&b, "- %s: %s\n", r.goal.Wants, strings.Join(did, "; "))
	}
	return b.String() + "\n"
}

type ruled struct{ what, line string }

// rules groups what reached the goal by the line that allowed it.
func rules(effects []effect) (all []ruled) {
	for _, e := range effects {
		if !e.reached {
			continue
		}
		i := slices.IndexFunc(all, func(r ruled) bool { return r.line == lineOf(e.rule) })
		if i < 0 {
			all, i = append(all, ruled{line: lineOf(e.rule)}), len(all)
			all[i].what = "`" + e.operation + "`"
			continue
		}
		all[i].what += ", `" + e.operation + "`"
	}
	return all
}

// lineOf returns the part of a rule in parentheses: file and line.
func lineOf(rule string) string {
	_, line, _ := strings.Cut(rule, "(")
	return strings.TrimPrefix(strings.TrimSuffix(line, ")"), top)
}

// ways lists which ways in reach which agents, or which they do not reach where those are fewer.
func ways(t *testing.T, reach map[string][]string) string {
	var b strings.Builder
	b.WriteString("Places from which an instruction reaches agents:\n\n")
	for _, w := range load(t).Ways {
		var who, others []string
		for _, s := range subjects(t) {
			if slices.Contains(reach[s.String()], w.Way) {
				who = append(who, s.label())
			} else {
				others = append(others, s.label())
			}
		}
		said := cmp.Or(strings.Join(who, ", "), "none")
		if len(others) < len(who) {
			said = "all but " + strings.Join(others, ", ")
		}
		fmt.Fprintf(&b, "- %s: %s\n", w.Way, said)
	}
	return b.String()
}

// The agent whose file names bulk_update changes conversations with it too, in its two calls.
func TestJobsAreTried(t *testing.T) {
	tried := false
	for _, s := range subjects(t) {
		if s.agent.Name != "triage" || !s.agent.Sees("bulk_update") {
			continue
		}
		g := load(t).Goals[slices.IndexFunc(load(t).Goals, func(g goal) bool { return g.Goal == "tag-as-vip" })]
		d := newWorld(t, s, load(t).Ways[0], instruction(g))
		arguments := d.planned(t, "untag_conversation", `{"conversationId":1234,"tagId":"77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"}`)["bulk_update"]
		require.NotEmpty(t, arguments)
		d.call(t, "bulk_update", `{"handle":"`+handle.FindString(d.call(t, "bulk_update", arguments).Text)+`"}`)
		require.True(t, slices.ContainsFunc(d.effects(g), func(e effect) bool { return e.operation == "untag_conversation" && e.reached }), "the job changed nothing")
		tried = true
	}
	require.True(t, tried, "no agent of the files has bulk_update")
}
