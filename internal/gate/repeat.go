package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/journal"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// repeats answers a call that is the same as an earlier one.
func (j *journaling) repeats(ctx context.Context, same *journal.Entry) Answer {
	c := j.call
	switch {
	case same.Outcome == "" && !same.Interrupted:
		return c.refuse(ctx, stillRunning(c.tool.Name, same, howToRepeat(c.agent, c.tool, "To do it twice")))
	case same.Interrupted:
		look := ""
		if with := c.tool.View.Look; with != "" {
			look = clause(c.agent, " with %s", with)
		}
		return c.refuse(ctx, interrupted(c.tool.Name, same, look, howToRepeat(c.agent, c.tool, "If it is still needed")))
	}
	c.record.describe()
	c.record.Reason = "the same call was carried out before, as call " + same.Call
	words := "nothing was sent; the same call was carried out at " + moment(same.Ended) + howToRepeat(c.agent, c.tool, "To do it once more")
	text := c.answer.saying("repeated", words)
	switch {
	case same.Rules != c.rules.Digest(): // the agent may not be allowed to read it any more
	case !c.answer.inJSON():
		text += same.Answer
	case strings.HasPrefix(same.Answer, "{") && json.Valid([]byte(same.Answer)): // in the form of answers that is in force
		text = c.answer.adding(same.Answer, "repeated", words)
	}
	return c.finish(ctx, audit.OutcomeRefused, Answer{Text: text})
}

// howToRepeat says how to make a call of a tool again, if the agent may.
func howToRepeat(a *capability.Agent, t *tools.Tool, what string) string {
	if !slices.ContainsFunc(a.Shape(t).Schema().Properties(), func(p schemas.Property) bool { return p.Name == tools.RepeatArgument }) {
		return "."
	}
	return ". " + what + ", give " + tools.RepeatArgument + ": true."
}

func moment(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }

// stillRunning refuses a call while the same one is running.
func stillRunning(tool string, same *journal.Entry, insist string) *refusal {
	text := fmt.Sprintf("%s: the same call began at %s and is still running. Wait for its answer%s", tool, moment(same.Begun), insist)
	return &refusal{text: text + nothingSent, reason: "the same call is running, as call " + same.Call}
}

// interrupted refuses a call that does not know what became of the same one before it.
func interrupted(tool string, same *journal.Entry, look, insist string) *refusal {
	text := fmt.Sprintf("%s: the same call began at %s and was interrupted when this server stopped. ", tool, moment(same.Begun))
	if len(same.Steps) == 1 {
		text += "It is not known whether Dixa did it."
	} else {
		text += stepsSaid(same.Steps)
	}
	text += fmt.Sprintf(" Check what was done%s%s", look, insist)
	return &refusal{text: text + " Nothing was sent now.", reason: "the same call was interrupted, as call " + same.Call}
}

// stepSays says what a step changes, or which operation it is where that is not known any more.
func stepSays(s journal.Step) string {
	var detail stepDetail
	if json.Unmarshal(s.Detail, &detail) != nil || detail.Says == "" {
		return s.Operation
	}
	return detail.Says
}

// stepsSaid says which steps were done, and which were not.
func stepsSaid(steps []journal.Step) string {
	var said []string
	for _, group := range []struct {
		words  string
		states []journal.State
	}{
		{"Done", []journal.State{journal.Done}},
		{"Not known whether done", []journal.State{journal.Sent, journal.Unknown}},
		{"Not done", []journal.State{journal.NotDone, ""}},
	} {
		var names []string
		for _, s := range steps {
			if slices.Contains(group.states, s.State) {
				names = append(names, stepSays(s))
			}
		}
		if len(names) > 0 {
			said = append(said, group.words+": "+strings.Join(names, " · ")+".")
		}
	}
	return strings.Join(said, " ")
}
