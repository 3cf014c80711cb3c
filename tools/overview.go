package tools

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/view"
)

// OverviewIn says of which team the presence is shown, and which part is wanted.
type OverviewIn struct {
	Team d.UUID       `json:"team,omitzero" names:"team" jsonschema_description:"whose presence; default: all" gives:"teamId"`
	Only OverviewPart `json:"only,omitzero"`
}

// OverviewPart is a part of the overview.
type OverviewPart string

// Values returns the parts.
func (OverviewPart) Values() []string { return []string{"queues", "team", "hours"} }

func (in *OverviewIn) misfit() (field, problem string) {
	if in.Team != "" && in.Only != "" && in.Only != "team" {
		return "team", "is for everything or only team"
	}
	return "", ""
}

const (
	// mostCounted is how far conversations are counted: Dixa's search tells no total, only pages.
	mostCounted = 200
	// mostSchedules is how many schedules are asked whether they are open.
	mostSchedules = 10
)

var overview = task("overview", "looked at the queues and the team",
	"Now: waiting conversations of each queue, who is working, business hours.",
	[]*d.Spec{d.ListQueues.Spec, d.SearchConversations.Spec, d.ListPresence.Spec},
	[]*d.Spec{d.ListAgents.Spec, d.ListTeams.Spec, d.ListTeamPresence.Spec, d.ListSchedules.Spec, d.GetScheduleStatus.Spec},
	func(ctx context.Context, r *Reads, in OverviewIn) (Output, error) {
		o := &overviewReader{r, in.Team}
		var team, hours view.Part
		var queues []view.Part
		var err error
		wanted := func(part OverviewPart) bool { return err == nil && (in.Only == "" || in.Only == part) }
		if wanted("team") {
			team, err = o.presence(ctx)
		}
		if wanted("queues") {
			queues, err = o.queues(ctx)
		}
		if wanted("hours") {
			hours, err = o.hours(ctx)
		}
		if err != nil {
			return Output{}, err
		}
		return Output{Parts: slices.DeleteFunc(append(queues, team, hours), func(p view.Part) bool { return p.Name == "" })}, nil
	})

// overviewReader reads the parts of an overview.
type overviewReader struct {
	reads *Reads
	team  d.UUID // whose presence is shown; "" for everybody
}

// queues says what waits in each queue.
func (o *overviewReader) queues(ctx context.Context) ([]view.Part, error) {
	queues, err := d.ListQueues.Do(ctx, o.reads.Client, d.NoArguments{})
	if err != nil {
		return nil, err
	}
	waiting, err := o.waiting(ctx, queues.Value)
	return o.nothingWaits(waiting, len(queues.Value)), err
}

// nothingWaits adds to the waiting conversations, where there are none, why that may be and what to try.
func (o *overviewReader) nothingWaits(waiting view.Part, queues int) []view.Part {
	find := o.reads.clause(" Open conversations, assigned or in no queue, are found with %s.", "find_conversations")
	switch {
	case queues == 0:
		return []view.Part{view.Sentence(NonePart, "There is no queue, so that none has waiting conversations."+find)}
	case slices.ContainsFunc(waiting.Items, func(i view.Item) bool { return i.Facts[0].Key == "queue" }):
		return []view.Part{waiting}
	}
	return []view.Part{waiting, view.Sentence(NonePart, "Nothing waits that is open and assigned to nobody."+find)}
}

// waiting counts the conversations of each queue that are open and assigned to nobody.
func (o *overviewReader) waiting(ctx context.Context, queues []d.Queue) (view.Part, error) {
	part := view.Part{Name: "queues", Title: "Waiting (open, unassigned):", List: true}
	loads, until := o.loads(ctx)
	var empty []view.Fact
	for i := range queues {
		q := &queues[i]
		n, more, oldest := 0, false, archive.Load{}
		if loads != nil {
			oldest = loads[strings.ToLower(string(q.ID))]
			n = oldest.Open
		} else {
			o.reads.tell("counting queue %d of %d", i+1, len(queues))
			var err error
			n, oldest.Oldest, more, err = o.count(ctx, q.ID)
			if notGranted(err) {
				o.reads.leave("some queues", notGrantedFor)
				continue
			}
			if err != nil {
				return part, err
			}
		}
		if n == 0 {
			empty = append(empty, view.Fact{Key: "none", Value: q.Name})
			continue
		}
		facts := []view.Fact{{Key: "queue", Value: q.Name, ID: string(q.ID)}, {Key: "waiting", Value: strconv.Itoa(n)}}
		switch {
		case more: // the lowest number of all is not known
			facts[1].Value = fmt.Sprintf("%d+", mostCounted)
		case oldest.Oldest != 0:
			facts = append(facts, view.Fact{Key: "oldest", Label: "oldest", Value: strconv.FormatInt(oldest.Oldest, 10)}, view.Fact{Key: "waitingSince", Label: "waiting since", Time: oldest.Since})
		}
		part.Items = append(part.Items, view.Item{Facts: facts})
	}
	if len(empty) > 0 {
		empty[0].Label = "none in"
		part.Items = append(part.Items, view.Item{Facts: empty})
	}
	switch {
	case loads != nil:
		part.Items = append(part.Items, view.Item{Facts: []view.Fact{{Key: "note", Value: "Counted in the archive. Oldest is whose customer has waited longest for an answer.", Own: true}, {Key: "until", Label: "It has everything until", Time: until}}})
	case len(part.Items) > 0:
		part.Items = append(part.Items, view.Item{Facts: []view.Fact{{Key: "note", Value: "Oldest is the lowest number: Dixa's search tells no waiting time.", Own: true}}})
	}
	return part, nil
}

// freshFor is how long ago the archive's last sync may be for figures of now.
const freshFor = 10 * time.Minute

// loads returns what waits in the queues by the archive, and until when that has everything. It is nil where Dixa must be asked: the
// archive is missing or older, or the agent may not see all conversations, since it gets no figure that counts the others.
func (o *overviewReader) loads(ctx context.Context) (archive.Loads, time.Time) {
	kept := archiveReader{o.reads}
	if o.reads.Archive == nil || kept.judged() || !kept.tellsMessages() || o.reads.Limited(d.SearchConversations.Spec) || !o.reads.Granted(d.GetConversation.Spec) {
		return nil, time.Time{}
	}
	until, err := archive.Until(ctx, o.reads.Archive)
	if err != nil || o.reads.Now().Sub(archive.Asked(until)) > freshFor {
		return nil, time.Time{}
	}
	loads, err := o.reads.Archive.Loads(ctx)
	if err != nil { // Dixa can answer
		return nil, time.Time{}
	}
	return loads, until
}

// count counts what waits in a queue, up to mostCounted, and finds the lowest number.
func (o *overviewReader) count(ctx context.Context, queue d.UUID) (n int, oldest int64, more bool, err error) {
	in := d.SearchConversationsIn{Status: []d.SearchStatus{"open"}, QueueID: []d.UUID{queue}, Conditions: []d.SearchCondition{{Field: "AgentId", Operator: "IsEmpty"}}, PageLimit: 50}
	for page, err := range d.SearchConversations.Pages(ctx, o.reads.Client, in) {
		if err != nil {
			return n, oldest, more, err
		}
		for _, hit := range page.Value {
			if n++; oldest == 0 || hit.ID < oldest {
				oldest = hit.ID
			}
		}
		if n >= mostCounted {
			return mostCounted, oldest, n > mostCounted || page.Next != "", nil
		}
	}
	return n, oldest, false, nil
}

// presence says who is working.
func (o *overviewReader) presence(ctx context.Context) (view.Part, error) {
	part := view.Part{Name: "team"}
	list, err := o.presences(ctx)
	if err != nil {
		return part, err
	}
	names := o.reads.may("names", d.ListAgents.Spec)
	var working []view.Fact
	away, offline, total := 0, 0, 0
	for _, p := range list {
		name := ""
		if names {
			name = o.reads.Name(d.AgentThing, string(p.UserID))
		}
		switch {
		case p.ConnectionStatus != "Online":
			offline++
		case p.PresenceStatus != "Working":
			away++
		default:
			if total++; name != "" {
				working = append(working, view.Fact{Key: "working", Value: name})
			}
		}
	}
	if len(list) == 0 {
		who := "anybody's presence: check in Dixa whether it has any Dixa agents"
		if o.team != "" {
			who = "the presence of anybody in this team: it may have no members; leave team out for everybody"
		}
		part.Items = []view.Item{{Facts: []view.Fact{{Key: "counts", Value: "Dixa does not list " + who + ".", Own: true}}}}
		return part, nil
	}
	facts := []view.Fact{{Key: "counts", Value: fmt.Sprintf("%d working, %d away, %d offline", total, away, offline), Own: true}}
	if len(working) > 0 {
		working[0].Label = "working:"
	}
	if o.team != "" {
		facts = append([]view.Fact{o.reads.named("team", "Team", d.TeamThing, string(o.team))}, facts...)
	}
	part.Items = []view.Item{{Facts: append(facts, working...)}}
	return part, nil
}

func (o *overviewReader) presences(ctx context.Context) ([]d.Presence, error) {
	if o.team == "" {
		all, err := d.ListPresence.Do(ctx, o.reads.Client, d.NoArguments{})
		return all.Value, err
	}
	if !o.reads.Granted(d.ListTeamPresence.Spec) {
		return nil, problem("overview", "team", errors.New("this agent may not read the presence of one team; leave it out for everybody"))
	}
	var list []d.Presence
	for page, err := range d.ListTeamPresence.Pages(ctx, o.reads.Client, d.ListTeamPresenceIn{TeamRef: d.TeamRef{TeamID: o.team}}) {
		if err != nil {
			return nil, err
		}
		list = append(list, page.Value...)
	}
	return list, nil
}

// hours says which schedules of business hours are open now.
func (o *overviewReader) hours(ctx context.Context) (view.Part, error) {
	part := view.Part{Name: "hours", List: true}
	if !o.reads.may("business hours", d.ListSchedules.Spec, d.GetScheduleStatus.Spec) {
		return part, nil
	}
	list, read, err := optional(ctx, o.reads, "business hours", d.ListSchedules, d.NoArguments{})
	if err != nil {
		return part, err
	}
	if read && len(list.Value.Schedules) == 0 {
		return view.Sentence("hours", "Dixa has no schedule of business hours, so that none is open or closed."), nil
	}
	for i, s := range list.Value.Schedules {
		if i >= mostSchedules {
			o.reads.leave("further schedules", fmt.Sprintf("only %d are shown", mostSchedules)+o.reads.clause("; %s lists them", d.ListSchedules.Spec.Name))
			break
		}
		status, ok, err := optional(ctx, o.reads, "business hours", d.GetScheduleStatus, d.GetScheduleStatusIn{ScheduleID: s.ID})
		if err != nil {
			return part, err
		}
		if !ok {
			continue
		}
		facts := []view.Fact{{Key: "schedule", Label: "Hours", Value: strings.TrimSpace(s.Name), ID: string(s.ID)}, {Key: "status", Value: "closed", Own: true}, {Key: "opens", Label: "opens", Time: status.Value.OpensAt.Time}}
		if status.Value.IsOpen {
			facts[1].Value, facts[2] = "open", view.Fact{Key: "closes", Label: "closes", Time: status.Value.ClosesAt.Time}
		}
		if sameDay(facts[2].Time.In(o.reads.Zone()), o.reads.Now().In(o.reads.Zone())) {
			facts[2].Show = view.ClockOnly
		}
		part.Items = append(part.Items, view.Item{Facts: facts})
	}
	return part, nil
}

func sameDay(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }
