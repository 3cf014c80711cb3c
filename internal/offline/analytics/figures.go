package analytics

import (
	"math"
	"slices"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/wire"
)

type aggregate struct {
	Value   any    `json:"value"`
	Measure string `json:"measure"`
	Type    string `json:"_type"`
}

// Figures returns the aggregates of a metric at a moment.
func Figures(w *desk.World, now time.Time, in MetricQuestion) (any, error) {
	m := metricNamed(in.ID)
	if m == nil {
		return nil, wire.ErrParam.Because("there is no metric %q", in.ID)
	}
	measures := in.Aggregations
	if len(measures) == 0 {
		measures = m.measures
	}
	rows, err := rowsOf(w, now, in.Question, m.rows, m.filters)
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
	return map[string]any{"id": m.id, "aggregates": aggregates}, nil
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
