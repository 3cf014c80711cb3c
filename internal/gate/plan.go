package gate

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

// A tool of several writes says in a plan what it would do. All steps are decided before the first is sent: grants, arguments,
// bounds, budget, and approval of the whole list. Then each is recorded, decided again like any operation, held against what the
// plan was made from, and sent. A step that fails ends the plan; the answer says what was done, what was not, and the call for
// the rest.

// running is the step that is on its way.
type running struct {
	*tools.Step
	number, of int
}

// planRun is a plan that is carried out, or rehearsed.
type planRun struct {
	call  *call
	step  *running                    // the one on its way; nil between them
	moved *moved                      // the conversation that a step took out of the agent's bound
	once  func(context.Context) error // is called before a step that cannot be repeated is sent; nil for none
}

// carryOut carries out the steps of a plan that change something.
func (p *planRun) carryOut(ctx context.Context, args *tools.Arguments, steps []tools.Step) Answer {
	c := p.call
	changes := changing(steps)
	if len(changes) == 0 {
		v := c.record.verb()
		v.Past = "did not have to " + v.Infinitive
		c.record.verbs = &v
	}
	if _, err := p.rehearse(ctx, changes); err != nil {
		c.record.describe()
		return c.fail(ctx, err)
	}
	c.record.describe()
	if c.tool.Undoes() && len(changes) > 0 {
		c.journal.rememberOnce(ctx, changes)
	}
	c.journal.rememberSteps(changes)
	for i := range changes {
		p.step = &running{&changes[i], i + 1, len(changes)}
		if err := p.intend(ctx); err != nil {
			if i == 0 {
				return c.unrecorded(ctx, err)
			}
			c.log().Error("a step was not sent because it could not be recorded", "call", c.record.Call, "agent", c.agentName, "tool", c.tool.Name, "error", err)
			return p.stopped(ctx, changes, i, errors.New("the audit record cannot be written, and no write is carried out without one; the operator of dixa-mcp must fix this"))
		}
		if p.once != nil && changes[i].Once {
			if err := p.once(ctx); err != nil {
				return p.stopped(ctx, changes, i, err)
			}
		}
		if tell := c.request.Progress; tell != nil && len(changes) > 1 {
			tell(fmt.Sprintf("%d of %d: %s", i+1, len(changes), changes[i].What))
		}
		out, err := changes[i].Send(c.context(ctx), c.gate.client)
		if err == nil && out.Failed > 0 {
			err = p.partly(out)
		}
		if err != nil && !c.tool.Plans() {
			return c.fail(ctx, c.values().diagnose(c.context(ctx), args, err))
		}
		if err != nil {
			return p.stopped(ctx, changes, i, err)
		}
		drafting{c}.observe(changes[i].Draft)
		if i+1 < len(changes) {
			p.followMove(c.context(ctx), &changes[i])
		}
	}
	p.step = nil
	drafting{c}.offerAll(ctx, steps)
	return p.changed(ctx, args, steps)
}

// moved is a conversation that a step of a plan took out of the agent's bound. The whole plan was decided while it was inside, so
// that its other steps may be carried out as long as the conversation is where the step took it.
type moved struct {
	id    int64
	facts capability.Facts
}

// followMove looks where a step took the conversation. If that cannot be read, it counts as outside.
func (p *planRun) followMove(ctx context.Context, s *tools.Step) {
	c := p.call
	id, ok := dixaclient.ConversationOf(s.In)
	if c.agent.Bound() == nil || !ok {
		return
	}
	ctx = unpriced(ctx)
	b := &bounds{call: c, bound: c.agent.Bound()}
	a, err := dixaclient.GetConversation.Do(ctx, c.gate.lookups, dixaclient.GetConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: id}})
	if err != nil {
		return
	}
	if f, err := b.factsOf(ctx, id, &a.Value); err == nil && !b.bound.Holds(f) {
		p.moved = &moved{id, f}
	}
}

// holds reports whether a conversation is inside the bound, or where the call's own plan took it.
func (b *bounds) holds(id int64, f capability.Facts) bool {
	m := b.call.plan.moved
	return b.bound.Holds(f) || m != nil && m.id == id && reflect.DeepEqual(m.facts, f)
}

// namesChanges reports whether the steps of a call of a tool say what they change.
func namesChanges(t *tools.Tool, steps []tools.Step) bool {
	return t.Plans() || len(steps) > 0 && steps[0].What != ""
}

// changing returns the steps that change something.
func changing(steps []tools.Step) []tools.Step {
	var changes []tools.Step
	for _, s := range steps {
		if !s.Same {
			changes = append(changes, s)
		}
	}
	return changes
}

// intend records a step before it is sent.
func (p *planRun) intend(ctx context.Context) error {
	c := p.call
	if !c.tool.Plans() {
		return c.record.announce(ctx)
	}
	r := c.record.Record
	r.Event = audit.EventIntent
	r.Step = fmt.Sprintf("%d/%d %s", p.step.number, p.step.of, p.step.Op.Name)
	if d := c.agent.Operation(p.step.Op.Name); d.Rule != "" {
		r.Rule = ruleOf(c.rules, d)
	}
	r.Text = audit.Sentence(r, c.record.verb())
	return c.gate.audit.Write(context.WithoutCancel(ctx), r)
}

// changed answers with what the plan changed, and what was so already.
func (p *planRun) changed(ctx context.Context, args *tools.Arguments, steps []tools.Step) Answer {
	as := ""
	if len(changing(steps)) > 0 {
		as = actsAs(args.Env, steps)
	}
	return p.call.answer.parts(ctx, args.Env, audit.OutcomeDone, tools.Outcome(p.call.arguments.Values, steps, as), nil)
}

// actsAs says in whose name the steps acted: all that can say it act in the same.
func actsAs(env tools.Env, steps []tools.Step) string {
	for _, s := range changing(steps) {
		if as := dixaclient.ActorOf(s.Op, s.In); as != "" {
			if name := env.Name(dixaclient.AgentThing, string(as)); name != "" {
				return view.Value(name, false)
			}
			return string(as)
		}
	}
	return "the API token's user"
}

// rehearse goes the way of the steps without sending them, and gives the requests that they would send. A person is not
// asked about a call for which the budget is used up: the approval would be used up on it.
func (p *planRun) rehearse(ctx context.Context, steps []tools.Step) ([]string, error) {
	levels := map[dixaclient.Level]int{}
	for _, s := range steps {
		for level := dixaclient.Read; level <= s.Op.Level; level++ { // a send is also a write and a request
			levels[level]++
		}
	}
	for level, several := range levels {
		if err := p.call.budget.checkFor(ctx, level, several); err != nil {
			return nil, err
		}
	}
	return p.decide(ctx, steps)
}

// decide decides about the steps as [planRun.rehearse] does, whatever the budget is.
func (p *planRun) decide(ctx context.Context, steps []tools.Step) ([]string, error) {
	var sent rehearsal
	for i := range steps {
		if _, err := steps[i].Send(p.call.context(ctx), p.call.gate.plans.With(sent.around)); err != nil && !errors.Is(err, errRehearsed) {
			return nil, err
		}
	}
	return sent.requests, nil
}

// stillHolds refuses a step that no longer fits what Dixa has: the plan was made from something else.
func (d *departure) stillHolds(ctx context.Context) error {
	s := d.call.plan.step
	if s == nil || s.Holds == nil || d.op.Op != s.Op {
		return nil
	}
	age := decisionAge(d.op)
	holds, err := s.Holds(unpriced(withCall(ctx, d.call)), d.call.gate.lookups, time.Now().Add(-age))
	if err != nil {
		return err
	}
	switch {
	case !holds && d.op.Attempts > 0:
		return fmt.Errorf("the %s has changed since, perhaps by this request", s.What)
	case !holds:
		return overtaken(d.call.tool.Name, s.What)
	}
	return nil
}
