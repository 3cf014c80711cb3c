package tools

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

// ManageMembersIn says which Dixa agents come into queues and teams, and which leave them.
type ManageMembersIn struct {
	Queues []d.UUID `json:"queues,omitzero" names:"queue" of:"add_queue_members.queueId remove_queue_members.queueId" check:"max=10"`
	Teams  []d.UUID `json:"teams,omitzero" names:"team" of:"add_team_members.teamId remove_team_members.teamId" check:"max=10"`
	Add    []d.UUID `json:"add,omitzero" names:"Dixa agent" of:"add_queue_members.agentIds add_team_members.agentIds" check:"max=100"`
	Remove []d.UUID `json:"remove,omitzero" names:"Dixa agent" of:"remove_queue_members.agentIds remove_team_members.agentIds" check:"max=100"`
}

func (in *ManageMembersIn) misfit() (field, problem string) {
	switch {
	case len(in.Queues)+len(in.Teams) == 0:
		return "queues", "or teams must be given, or both"
	case len(in.Add)+len(in.Remove) == 0:
		return "add", "or remove must be given, or both"
	}
	return "", ""
}

// How many Dixa agents one request takes.
const (
	queueMembersMost = 10
	teamMembersMost  = 100
)

var manageMembers = planned("manage_members", "changed members of queues or teams",
	"Put Dixa agents into queues and teams, or take them out. Says who was in already.", d.Write,
	[]*d.Spec{d.ListAgents.Spec}, // people are given by name
	[]*d.Spec{d.ListQueueMembers.Spec, d.ListTeamMembers.Spec, d.AddQueueMembers.Spec, d.RemoveQueueMembers.Spec, d.AddTeamMembers.Spec, d.RemoveTeamMembers.Spec},
	planMembers)

// planMembers plans a step for each request: at most so many people as one takes. First people come in, then they leave, so that
// no queue is without people in between.
func planMembers(ctx context.Context, r *Reads, in ManageMembersIn) ([]Step, error) {
	for _, who := range in.Add {
		if hasID(in.Remove, who) {
			return nil, &d.InputError{Operation: "manage_members", Field: "remove", Problem: "names " + r.shown(d.AgentThing, string(who)) + ", whom add names"}
		}
	}
	p := &membersPlan{reads: r}
	for _, change := range []struct {
		who []d.UUID
		in  bool
	}{{unique(in.Add), true}, {unique(in.Remove), false}} {
		for _, queue := range unique(in.Queues) {
			if err := p.queue(ctx, queue, change.who, change.in); err != nil {
				return nil, err
			}
		}
		for _, team := range unique(in.Teams) {
			if err := p.team(ctx, team, change.who, change.in); err != nil {
				return nil, err
			}
		}
	}
	return p.steps, nil
}

// membersPlan is a plan that changes who belongs to queues and teams.
type membersPlan struct {
	reads *Reads
	steps []Step
}

func (p *membersPlan) queue(ctx context.Context, queue d.UUID, who []d.UUID, in bool) error {
	ref := d.QueueRef{QueueID: queue}
	is := func(ctx context.Context, c *d.Client) ([]d.UUID, error) {
		list, err := d.ListQueueMembers.Do(ctx, c, ref)
		return idsOf(list.Value, func(m d.QueueMember) d.UUID { return m.AgentID }), err
	}
	makes := func(some []d.UUID) Step {
		request := d.QueueMembersIn{QueueRef: ref, AgentIDs: some}
		if in {
			return itemized(d.AddQueueMembers, request, func(i int) string { return p.reads.shown(d.AgentThing, string(some[i])) })
		}
		return step(d.RemoveQueueMembers, request, "")
	}
	return p.change(ctx, "queue "+p.reads.shown(d.QueueThing, string(queue)), d.ListQueueMembers.Spec, is, who, in, queueMembersMost, makes)
}

func (p *membersPlan) team(ctx context.Context, team d.UUID, who []d.UUID, in bool) error {
	ref := d.TeamRef{TeamID: team}
	is := func(ctx context.Context, c *d.Client) ([]d.UUID, error) {
		list, err := d.ListTeamMembers.Do(ctx, c, ref)
		return idsOf(list.Value, func(m d.TeamMember) d.UUID { return m.ID }), err
	}
	makes := func(some []d.UUID) Step {
		request := d.TeamMembersIn{TeamRef: ref, AgentIDs: some}
		if in {
			return step(d.AddTeamMembers, request, "")
		}
		return step(d.RemoveTeamMembers, request, "")
	}
	return p.change(ctx, "team "+p.reads.shown(d.TeamThing, string(team)), d.ListTeamMembers.Spec, is, who, in, teamMembersMost, makes)
}

// change adds the steps for one queue or team. Without a grant for its list of members nothing is compared.
func (p *membersPlan) change(ctx context.Context, what string, list *d.Spec, read func(context.Context, *d.Client) ([]d.UUID, error), who []d.UUID, in bool, most int, makes func([]d.UUID) Step) error {
	if len(who) == 0 {
		return nil
	}
	known := p.reads.Granted(list)
	var members []d.UUID
	if known {
		var err error
		if members, err = read(ctx, p.reads.Client); err != nil {
			return err
		}
	}
	after := "out"
	if in {
		after = "in"
	}
	var moving []d.UUID
	for _, id := range who {
		if known && hasID(members, id) == in {
			p.steps = append(p.steps, Step{Op: list, What: p.reads.shown(d.AgentThing, string(id)) + " " + after + " " + what, Key: "members", Same: true})
			continue
		}
		moving = append(moving, id)
	}
	for some := range slices.Chunk(moving, most) {
		s := makes(some)
		s.What, s.Key, s.After = what, "members", p.people(some, known, in)
		if known {
			of := func(members []d.UUID) string { return membership(members, some) }
			s.State = of(members)
			s.Holds = func(ctx context.Context, c *d.Client, _ time.Time) (bool, error) {
				now, err := read(ctx, c)
				return of(now) == of(members), err
			}
		}
		p.steps = append(p.steps, s)
	}
	return nil
}

// people says what becomes of each: "Signe Toft out → in".
func (p *membersPlan) people(who []d.UUID, known, in bool) string {
	change := " in"
	switch {
	case known && in:
		change = " out → in"
	case known:
		change = " in → out"
	case !in:
		change = " out"
	}
	all := make([]string, len(who))
	for i, id := range who {
		all[i] = p.reads.shown(d.AgentThing, string(id)) + change
	}
	return strings.Join(all, ", ")
}

// membership says which of some are members.
func membership(members, some []d.UUID) string {
	is := make([]bool, len(some))
	for i, id := range some {
		is[i] = hasID(members, id)
	}
	text, _ := json.Marshal(is) // booleans always marshal
	return string(text)
}

func idsOf[T any](list []T, id func(T) d.UUID) []d.UUID {
	ids := make([]d.UUID, len(list))
	for i := range list {
		ids[i] = id(list[i])
	}
	return ids
}

func hasID(ids []d.UUID, id d.UUID) bool {
	return slices.ContainsFunc(ids, func(other d.UUID) bool { return strings.EqualFold(string(other), string(id)) })
}

// itemized returns a step that Dixa answers with one outcome an item, in the order of the items, which name names.
func itemized[In, Out any](op d.Op[In, Out], in In, name func(int) string) Step {
	s := step(op, in, "")
	send := s.send
	s.send = func(ctx context.Context, c *d.Client) (Output, error) {
		out, err := send(ctx, c)
		if err != nil {
			return out, err
		}
		report, err := readOutcomes(out.Body)
		if err != nil {
			return out, err
		}
		out.Done, out.Failed = report.Succeeded, report.Failed
		for _, f := range report.Failures {
			var position int
			var message string
			_, _ = json.Unmarshal(f["position"], &position), json.Unmarshal(f["message"], &message) // "" where Dixa says nothing
			out.Refused = append(out.Refused, name(position-1)+": "+view.Value(message, true))
		}
		return out, nil
	}
	return s
}
