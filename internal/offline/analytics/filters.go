package analytics

import (
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/wire"
)

// filterAttribute is something by which rows can be filtered: its values for a row, and all there are.
type filterAttribute struct {
	name   string
	of     func(row) []string
	values func(*desk.World) []FilterValue
}

// FilterValue is one value of a filter attribute.
type FilterValue struct {
	Value string `json:"value"`
	Label string `json:"label,omitzero"`
}

var filterAttributes = []filterAttribute{
	{"agent_id", func(r row) []string { return []string{r.agent} }, func(w *desk.World) (all []FilterValue) {
		for _, a := range w.Agents.List {
			all = append(all, FilterValue{a.ID, a.DisplayName})
		}
		return all
	}},
	{"queue_id", func(r row) []string { return []string{r.conv.Queue} }, func(w *desk.World) (all []FilterValue) {
		for _, q := range w.Queues.List {
			all = append(all, FilterValue{q.ID, q.Name})
		}
		return all
	}},
	{"channel", func(r row) []string { return []string{r.conv.Channel.Upper} }, func(*desk.World) (all []FilterValue) {
		for _, ch := range desk.Channels {
			all = append(all, FilterValue{ch.Upper, ch.Label})
		}
		return all
	}},
	{"initial_direction", func(r row) []string { return []string{strings.ToUpper(r.conv.Direction)} }, func(*desk.World) []FilterValue {
		return []FilterValue{{"INBOUND", "Inbound"}, {"OUTBOUND", "Outbound"}}
	}},
	{"tag_id", func(r row) []string { return r.conv.Tags }, func(w *desk.World) (all []FilterValue) {
		for _, t := range w.Tags.List {
			all = append(all, FilterValue{t.ID, t.Name})
		}
		return all
	}},
	{"contact_point", func(r row) []string { return []string{r.conv.Endpoint} }, func(w *desk.World) (all []FilterValue) {
		for _, e := range w.Endpoints {
			all = append(all, FilterValue{e.Address + e.Number, e.Name}) // one of the two is empty
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

// FilterValues returns what a filter attribute can be.
func FilterValues(w *desk.World, attribute string) ([]FilterValue, error) {
	f := filterOf(attribute)
	if f == nil {
		return nil, wire.ErrParam.Because("there is no filter attribute %q", attribute)
	}
	return wire.List(f.values(w)), nil
}
