package operations

import (
	"fmt"
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

// filterAttribute is something by which rows can be filtered: its values for a row, and all there are.
type filterAttribute struct {
	name   string
	of     func(row) []string
	values func(*desk.World) []filterValue
}

type filterValue struct {
	Value string `json:"value"`
	Label string `json:"label,omitzero"`
}

var filterAttributes = []filterAttribute{
	{"agent_id", func(r row) []string { return []string{r.agent} }, func(w *desk.World) (all []filterValue) {
		for _, a := range w.Agents.List {
			all = append(all, filterValue{a.ID, a.DisplayName})
		}
		return all
	}},
	{"queue_id", func(r row) []string { return []string{r.conv.Queue} }, func(w *desk.World) (all []filterValue) {
		for _, q := range w.Queues.List {
			all = append(all, filterValue{q.ID, q.Name})
		}
		return all
	}},
	{"channel", func(r row) []string { return []string{r.conv.Channel.Upper} }, func(*desk.World) (all []filterValue) {
		for _, ch := range desk.Channels {
			all = append(all, filterValue{ch.Upper, ch.Label})
		}
		return all
	}},
	{"initial_direction", func(r row) []string { return []string{strings.ToUpper(r.conv.Direction)} }, func(*desk.World) []filterValue {
		return []filterValue{{"INBOUND", "Inbound"}, {"OUTBOUND", "Outbound"}}
	}},
	{"tag_id", func(r row) []string { return r.conv.Tags }, func(w *desk.World) (all []filterValue) {
		for _, t := range w.Tags.List {
			all = append(all, filterValue{t.ID, t.Name})
		}
		return all
	}},
	{"contact_point", func(r row) []string { return []string{r.conv.Endpoint} }, func(w *desk.World) (all []filterValue) {
		for _, e := range w.Endpoints {
			all = append(all, filterValue{e.Address + e.Number, e.Name}) // one of the two is empty
		}
		return all
	}},
}

func filterOf(name string) *filterAttribute {
	for i := range filterAttributes {
		if filterAttributes[i].name == name {
			return &filterAttributes[i]
		}
	}
	return nil
}

func listFilterValues(c *call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	f := filterOf(c.Vars["filterAttribute"])
	if f == nil {
		return nil, wire.ErrParam.Because("there is no filter attribute %q", c.Vars["filterAttribute"])
	}
	return request.Paged(c.Request, p, wire.List(f.values(c.World))), nil
}

// The bodies of a period, by `_type`.
type (
	periodIn interface {
		span(now time.Time) (from, to time.Time, err error)
	}
	presetIn struct {
		Value any `wire:"value,required"` // a string in the schema, an object with `_type` in every example
	}
	intervalIn struct {
		Start time.Time `wire:"start,required"`
		End   time.Time `wire:"end,required"`
	}
)

func (i intervalIn) span(time.Time) (from, to time.Time, err error) {
	if i.End.Before(i.Start) {
		return from, to, fmt.Errorf("the period ends before it starts")
	}
	return i.Start, i.End, nil
}

// span returns the period of a preset in the time zone of now. Weeks begin on Monday.
func (p presetIn) span(now time.Time) (from, to time.Time, err error) {
	name, _ := p.Value.(string)
	if object, ok := p.Value.(map[string]any); ok {
		name, _ = object["_type"].(string)
	}
	y, m, d := now.Date()
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, now.Location()) }
	monday := d - (int(now.Weekday())+6)%7
	quarter := (m-1)/3*3 + 1
	switch name {
	case "Today":
		return day(y, m, d), day(y, m, d+1), nil
	case "Yesterday":
		return day(y, m, d-1), day(y, m, d), nil
	case "ThisWeek":
		return day(y, m, monday), day(y, m, monday+7), nil
	case "PreviousWeek":
		return day(y, m, monday-7), day(y, m, monday), nil
	case "ThisMonth":
		return day(y, m, 1), day(y, m+1, 1), nil
	case "PreviousMonth":
		return day(y, m-1, 1), day(y, m, 1), nil
	case "ThisQuarter":
		return day(y, quarter, 1), day(y, quarter+3, 1), nil
	case "PreviousQuarter":
		return day(y, quarter-3, 1), day(y, quarter, 1), nil
	case "ThisYear":
		return day(y, 1, 1), day(y+1, 1, 1), nil
	default:
		return from, to, fmt.Errorf("there is no preset %q", name)
	}
}
