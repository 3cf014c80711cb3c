// Package analytics answers Dixa's analytics questions from the desk: metrics, the records that they count, and the attributes by which
// both can be filtered.
package analytics

import (
	"cmp"
	"reflect"
	"slices"
	"time"
	_ "time/tzdata" // queries name time zones, and not every machine knows them

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/wire"
)

type filterIn struct {
	Attribute string   `wire:"attribute,required"`
	Values    []string `wire:"values"`
}

// Question is the question for records. It has a period or conversations, not both; the contract's union has no `_type`.
type Question struct {
	ID           string     `wire:"id,required"`
	PeriodFilter periodIn   `wire:"periodFilter"`
	CsidFilter   []int64    `wire:"csidFilter"`
	Filters      []filterIn `wire:"filters"`
	Timezone     string     `wire:"timezone,required"`
}

// MetricQuestion is the question for a metric.
type MetricQuestion struct {
	Question
	Aggregations []string `wire:"aggregations"`
}

// row is one thing that analytics counts: when it was, of which conversation and Dixa agent, and what it measures.
type row struct {
	at    time.Time
	conv  *desk.Conversation
	agent string
	value float64
	note  string // comment of a rating
}

// Unions are the members of the union in a question, by their `_type`.
var Unions = map[reflect.Type]map[string]any{
	reflect.TypeFor[periodIn](): {"Preset": presetIn{}, "Interval": intervalIn{}},
}

// rowsOf returns what a question asks about, oldest first.
func rowsOf(w *desk.World, now time.Time, in Question, all func(*desk.World) []row, attributes []string) ([]row, error) {
	zone, err := time.LoadLocation(in.Timezone)
	if err != nil || in.Timezone == "" {
		return nil, wire.ErrBody.Because("%q is no time zone", in.Timezone)
	}
	if (in.PeriodFilter == nil) == (len(in.CsidFilter) == 0) {
		return nil, wire.ErrBody.Because("one of periodFilter and csidFilter is needed, and not both")
	}
	from, to := time.Time{}, time.Time{}
	if in.PeriodFilter != nil {
		if from, to, err = in.PeriodFilter.span(now.In(zone)); err != nil {
			return nil, wire.ErrBody.Because("%v", err)
		}
	}
	for _, f := range in.Filters {
		if filterOf(f.Attribute) == nil {
			return nil, wire.ErrParam.Because("there is no filter attribute %q", f.Attribute)
		}
	}
	rows := slices.DeleteFunc(all(w), func(r row) bool {
		if in.PeriodFilter != nil {
			if r.at.Before(from) || !r.at.Before(to) {
				return true
			}
		} else if !slices.Contains(in.CsidFilter, r.conv.ID) {
			return true
		}
		return !passes(r, in.Filters, attributes)
	})
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.conv.ID, b.conv.ID)) })
	return rows, nil
}

// passes applies the filters that the metric or record knows; the others are ignored, as Dixa does.
func passes(r row, filters []filterIn, attributes []string) bool {
	for _, f := range filters {
		if !slices.Contains(attributes, f.Attribute) {
			continue
		}
		if !slices.ContainsFunc(filterOf(f.Attribute).of(r), func(v string) bool { return wire.Among(f.Values, v) }) {
			return false
		}
	}
	return true
}
