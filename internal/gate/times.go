package gate

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/when"
	"dixa-mcp/internal/capability"
	"dixa-mcp/schemas"
)

// zoneFor is how long the zone of the only schedule is remembered.
const zoneFor = 10 * time.Minute

// schedulesZone remembers the zone of the only schedule of business hours. It is the same for every agent.
type schedulesZone struct {
	mu    sync.Mutex
	known *time.Location
	until time.Time
}

func (z *schedulesZone) get(now time.Time) *time.Location {
	z.mu.Lock()
	defer z.mu.Unlock()
	if now.After(z.until) {
		return nil
	}
	return z.known
}

func (z *schedulesZone) put(zone *time.Location, until time.Time) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.known, z.until = zone, until
}

// times reads the times in a call's arguments, and says how they were read.
type times struct {
	call *call
	read []schemas.ReadTime // arguments that did not say which instant they are
}

// reading says how the times in the call's arguments are read.
func (t *times) reading(ctx context.Context) *schemas.Reading {
	return &schemas.Reading{Zone: sync.OnceValues(func() (*time.Location, error) { return t.zone(ctx) })}
}

// zone returns the zone in which a time without a zone is read: that of the capability file, else that of the only
// schedule of business hours, else UTC. The schedules are read as the agent, and only if it may read them.
func (t *times) zone(ctx context.Context) (*time.Location, error) {
	c := t.call
	if zone := c.gate.knownZone(c.rules, c.agent); zone != nil {
		return zone, nil
	}
	zone, err := zoneOfSchedule(ctx, c.gate.lookups)
	if err != nil {
		return nil, errors.New("write the time with its zone: the schedule that tells the organization's zone could not be read")
	}
	c.gate.zone.put(zone, time.Now().Add(zoneFor))
	return zone, nil
}

// knownZone returns the zone in which an agent's times without a zone are read, nil where a request would tell it.
func (g *Gate) knownZone(r *capability.Rules, a *capability.Agent) *time.Location {
	if zone := r.Timezone(); zone != nil {
		return zone
	}
	if !a.Operation(dixaclient.ListSchedules.Spec.Name).Allowed || !a.Operation(dixaclient.GetSchedule.Spec.Name).Allowed {
		return time.UTC
	}
	return g.zone.get(time.Now())
}

// zoneKnown reports whether zone answers without a request.
func (t *times) zoneKnown() bool { return t.call.gate.knownZone(t.call.rules, t.call.agent) != nil }

// shownIn returns the zone in which times are shown, which is the one in which they are read. It is UTC where that
// cannot be found out. For the answer to a write nothing is read.
func (t *times) shownIn(ctx context.Context) *time.Location {
	if t.call.tool.Level > dixaclient.Read && !t.zoneKnown() {
		return time.UTC
	}
	zone, err := t.zone(ctx)
	if err != nil {
		return time.UTC
	}
	return zone
}

// zoneOfSchedule reads the zone of the only schedule of business hours; UTC where there is none, or several.
func zoneOfSchedule(ctx context.Context, client *dixaclient.Client) (*time.Location, error) {
	list, err := dixaclient.ListSchedules.Do(ctx, client, dixaclient.NoArguments{})
	if err != nil {
		return nil, err
	}
	all := list.Value.Schedules
	if len(all) != 1 || dixaclient.UUID(all[0].ID).Check() != nil {
		return time.UTC, nil
	}
	hours, err := dixaclient.GetSchedule.Do(ctx, client, dixaclient.ScheduleRef{ScheduleID: dixaclient.UUID(all[0].ID)})
	if err != nil {
		return nil, err
	}
	if zone, err := when.Zone(hours.Value.Schedule.Timezone); err == nil {
		return zone, nil
	}
	return time.UTC, nil
}

// added returns the text of an answer together with the instants that arguments without a zone became: as the
// member "times" of a result, or as a last line behind what failed, which may have failed for that reason.
func (t *times) added(a Answer) string {
	if a.Failed || !t.call.answer.inJSON() {
		text := strings.TrimSuffix(a.Text, "\n") + t.said(a.Text)
		if !a.Failed {
			text += "\n"
		}
		return text
	}
	times := make(map[string]string, len(t.read))
	for _, one := range t.read {
		times[one.Field] = one.String()
	}
	text, _ := json.Marshal(map[string]any{"times": times}) // strings always marshal
	return joined(a.Text, string(text))
}

// said says how times were read, behind a text. The zone is said once: an answer with times ends with it.
func (t *times) said(text string) string {
	zone, said := t.read[0].Zone, make([]string, len(t.read))
	for i, one := range t.read {
		said[i] = one.Field + ": " + one.Brief()
		if one.Zone != zone {
			said[i] += " (" + one.Zone + ")"
		}
	}
	all := strings.Join(said, "; ")
	if strings.HasSuffix(text, "Times: "+zone+"\n") {
		return "; read as " + all
	}
	return "\nTimes were read as " + all + " (" + zone + ")."
}
