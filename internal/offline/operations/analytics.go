package operations

import (
	"cmp"
	"math"
	"slices"
	"time"
	_ "time/tzdata" // queries name time zones, and not every machine knows them

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var analyticsRoutes = []route{
	{Pattern: "GET /v1/analytics/metrics", Status: 200, Query: request.Paging, Handle: listMetrics},
	{Pattern: "POST /v1/analytics/metrics", Status: 200, Handle: queryMetric},
	{Pattern: "GET /v1/analytics/metrics/{metricId}", Status: 200, Handle: getMetric, Plain: []string{"metricId"}},
	{Pattern: "GET /v1/analytics/records", Status: 200, Query: request.Paging, Handle: listRecords},
	{Pattern: "POST /v1/analytics/records", Status: 200, Query: request.Paging, Handle: queryRecords},
	{Pattern: "GET /v1/analytics/records/{recordId}", Status: 200, Handle: getRecord, Plain: []string{"recordId"}},
	{Pattern: "GET /v1/analytics/filter/{filterAttribute}", Status: 200, Query: request.Paging, Handle: listFilterValues, Plain: []string{"filterAttribute"}},
}

// largestRecordPage is what Dixa's own clients stay within.
const largestRecordPage = 300

type filterIn struct {
	Attribute string   `wire:"attribute,required"`
	Values    []string `wire:"values"`
}

// recordsIn is the question for records. It has a period or conversations, not both; the contract's union has no `_type`.
type recordsIn struct {
	ID           string     `wire:"id,required"`
	PeriodFilter periodIn   `wire:"periodFilter"`
	CsidFilter   []int64    `wire:"csidFilter"`
	Filters      []filterIn `wire:"filters"`
	Timezone     string     `wire:"timezone,required"`
}

type metricIn struct {
	recordsIn
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

// rows returns what a question asks about, oldest first.
func (c *call) rows(in recordsIn, all func(*desk.World) []row, attributes []string) ([]row, error) {
	zone, err := time.LoadLocation(in.Timezone)
	if err != nil || in.Timezone == "" {
		return nil, wire.ErrBody.Because("%q is no time zone", in.Timezone)
	}
	if (in.PeriodFilter == nil) == (len(in.CsidFilter) == 0) {
		return nil, wire.ErrBody.Because("one of periodFilter and csidFilter is needed, and not both")
	}
	from, to := time.Time{}, time.Time{}
	if in.PeriodFilter != nil {
		if from, to, err = in.PeriodFilter.span(c.now.In(zone)); err != nil {
			return nil, wire.ErrBody.Because("%v", err)
		}
	}
	for _, f := range in.Filters {
		if filterOf(f.Attribute) == nil {
			return nil, wire.ErrParam.Because("there is no filter attribute %q", f.Attribute)
		}
	}
	rows := slices.DeleteFunc(all(c.World), func(r row) bool {
		if in.PeriodFilter != nil {
			if r.at.Before(from) || !r.at.Before(to) {
				return true
			}
		} else if !slices.Contains(in.CsidFilter, r.conv.ID) {
			return true
		}
		return !c.passes(r, in.Filters, attributes)
	})
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.conv.ID, b.conv.ID)) })
	return rows, nil
}

// passes applies the filters that the metric or record knows; the others are ignored, as Dixa does.
func (c *call) passes(r row, filters []filterIn, attributes []string) bool {
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

type aggregate struct {
	Value   any    `json:"value"`
	Measure string `json:"measure"`
	Type    string `json:"_type"`
}

func queryMetric(c *call) (any, error) {
	in, err := decode[metricIn](c)
	if err != nil {
		return nil, err
	}
	m := metricNamed(in.ID)
	if m == nil {
		return nil, wire.ErrParam.Because("there is no metric %q", in.ID)
	}
	measures := in.Aggregations
	if len(measures) == 0 {
		measures = m.measures
	}
	rows, err := c.rows(in.recordsIn, m.rows, m.filters)
	if err != nil {
		return nil, err
	}
	values := make([]float64, len(rows))
	for i, r := range rows {
		values[i] = r.value
	}
	if m.perAgent {
		values = perAgent(rows)
	}
	aggregates := []aggregate{}
	for _, measure := range measures {
		if !slices.Contains(m.measures, measure) {
			return nil, wire.ErrParam.Because("metric %s has no aggregation %q", m.id, measure)
		}
		aggregates = append(aggregates, compute(measure, values))
	}
	return wire.Data{Data: map[string]any{"id": m.id, "aggregates": aggregates}}, nil
}

// perAgent sums up by Dixa agent: the metric counts groups, and its sum is over all of them.
func perAgent(rows []row) []float64 {
	sums := map[string]float64{}
	for _, r := range rows {
		sums[r.agent] += r.value
	}
	values := []float64{}
	for _, v := range sums {
		values = append(values, v)
	}
	slices.Sort(values) // maps have no order, and sums of floats depend on it
	return values
}

// compute makes one number of many. Of no values all but Count are 0.
func compute(measure string, values []float64) aggregate {
	if measure == "Count" {
		return aggregate{int64(len(values)), measure, "LongAggregateValue"}
	}
	a := aggregate{0.0, measure, "DoubleAggregateValue"}
	if len(values) == 0 {
		return a
	}
	sum, good := 0.0, 0.0
	for _, v := range values {
		sum += v
		if v >= 4 {
			good++
		}
	}
	n := float64(len(values))
	switch measure {
	case "Sum":
		a.Value = sum
	case "Average":
		a.Value = sum / n
	case "Min":
		a.Value = slices.Min(values)
	case "Max":
		a.Value = slices.Max(values)
	case "Percentage": // of csat alone: satisfied are 4 and 5
		a.Value = good / n * 100
	case "StdDev":
		square := 0.0
		for _, v := range values {
			square += (v - sum/n) * (v - sum/n)
		}
		a.Value = math.Sqrt(square / n)
	}
	return a
}
