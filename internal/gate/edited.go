package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

// An approver may change the text of a call, and nothing else. The call with the other text is decided from the top: grants, rules
// for arguments, bounds and budget, as the same agent. The agent is told, and gets the text that was sent.

// edited puts the approver's text in place of the agent's, and plans the call again. It must change the same things.
func (a *approving) edited(ctx context.Context, args *tools.Arguments, steps []tools.Step) (*tools.Arguments, []tools.Step, error) {
	c := a.call
	given, err := c.agent.Shape(c.tool).Given(args.JSON)
	if err == nil {
		given, err = c.tool.WithText(given, a.newText)
	}
	if err != nil {
		return nil, nil, editRefused(c.tool.Name, c.record.Approver, err)
	}
	c.request.Arguments = given
	env := args.Env
	if args, err = c.admit(c.context(ctx)); err != nil {
		return nil, nil, editRefused(c.tool.Name, c.record.Approver, err)
	}
	args.Env = env
	again, err := c.tool.Plan(c.context(ctx), c.gate.client, args)
	if err != nil {
		return nil, nil, err
	}
	if !slices.Equal(operationsOf(changing(again)), operationsOf(changing(steps))) {
		return nil, nil, editRefused(c.tool.Name, c.record.Approver, errors.New("with the approver's text it would change something else"))
	}
	if _, err := c.plan.rehearse(ctx, changing(again)); err != nil {
		return nil, nil, err
	}
	a.confirmed.steps = again
	return args, again, nil
}

// operationsOf names the operations of steps.
func operationsOf(steps []tools.Step) []string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.Op.Name
	}
	return names
}

// addingEdited adds to an answer that the approver changed the text, with the text that was sent.
func (a *callAnswer) addingEdited(ctx context.Context, answer string) string {
	by := fmt.Sprintf("%s changed the text before approving it. This is what was used", a.call.record.Approver)
	part := view.Part{Name: "edited", Items: []view.Item{{Facts: []view.Fact{{Key: "by", Value: by + ":", Own: true}}, Text: a.call.approval.newText}}}
	o := view.Options{}
	if !a.inJSON() {
		o.Form = view.AsText
	}
	said, err := view.RenderParts(ctx, []view.Part{part}, o)
	switch {
	case err != nil: // the time is over, and the call was carried out
		return a.adding(answer, "edited", by+" (not shown)")
	case a.inJSON():
		return joined(answer, said.Text)
	}
	return answer + said.Text
}
