package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// stopped answers when the step at failed ended the plan. What was done is said, and the call for the rest: steps that cannot be
// repeated come last, so that the same call again does nothing twice.
func (p *planRun) stopped(ctx context.Context, changes []tools.Step, failed int, err error) Answer {
	c := p.call
	p.step, c.failure = nil, err
	partly, isPart := errors.AsType[*partlyDone](err)
	if failed == 0 && effect(err) == audit.OutcomeNotDone && !isPart {
		return c.fail(ctx, err)
	}
	c.inToolsOf(err)
	why := sentenceOf(strings.TrimSuffix(err.Error(), nothingSent))
	outcome := audit.OutcomeFailed
	var said []string
	if done := listed(changes[:failed]); done != "" {
		said = append(said, "Done: "+done+".")
	}
	if effect(err) == audit.OutcomeUnknown {
		outcome = audit.OutcomeUnknown
		said = append(said, "Not known whether done: "+listed(changes[failed:failed+1])+". "+why)
	} else if isPart && partly.done > 0 {
		said = append(said, "Done in part: "+listed(changes[failed:failed+1])+". "+why)
	} else {
		said = append(said, "Not done: "+listed(changes[failed:failed+1])+". "+why)
	}
	if rest := listed(changes[failed+1:]); rest != "" {
		said = append(said, "Not begun: "+rest+".")
	}
	switch {
	case outcome == audit.OutcomeUnknown && changes[failed].Once:
		said = append(said, "Check whether it was done before you call again without it.")
	case slices.ContainsFunc(changes[:failed], func(s tools.Step) bool { return s.Once }):
		said = append(said, "Do not make the same call again, which would do twice what is done. For the rest: "+insteadOf(c.agent, c.tool, changes[failed:])+".")
	default:
		said = append(said, "For the rest: "+c.answer.again(0, 0)+"; what is done already is not done twice.")
	}
	if errors.Is(err, context.Canceled) && outcome != audit.OutcomeUnknown {
		outcome = audit.OutcomeCancelled
	}
	return c.finish(ctx, outcome, Answer{Text: strings.Join(said, "\n"), Failed: true})
}

// partlyDone is a step on several items of which Dixa did not do all.
type partlyDone struct {
	done, failed int
	refused      []string
}

func (p *partlyDone) Error() string {
	return fmt.Sprintf("Dixa did %d of %d and refused %s", p.done, p.done+p.failed, strings.Join(p.refused, ", "))
}

// partly returns the error of a step that was not done for all its items, and notes it for the record.
func (p *planRun) partly(out tools.Output) error {
	c := p.call
	part := &partlyDone{out.Done, out.Failed, out.Refused}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.operations[len(c.operations)-1].Error = fmt.Sprintf("%d of %d items failed", part.failed, part.done+part.failed)
	return part
}

// insteadOf names the agent's tools other than t that do what steps do, one by one.
func insteadOf(a *capability.Agent, t *tools.Tool, steps []tools.Step) string {
	var names []string
	for i := range steps {
		others := slices.DeleteFunc(a.With(steps[i].Op.Name), func(name string) bool { return name == t.Name })
		if len(others) > 0 {
			names = append(names, others[0]+" ("+steps[i].What+")")
		}
	}
	if len(names) == 0 {
		return "a colleague in Dixa"
	}
	return strings.Join(names, ", ")
}

func listed(steps []tools.Step) string {
	var all []string
	for _, said := range tools.Said(steps) {
		all = append(all, said)
	}
	return strings.Join(all, " · ")
}
