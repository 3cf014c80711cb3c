package tools

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/bm25"
	"dixa-mcp/internal/base/vocabulary"
	"dixa-mcp/internal/base/when"
	"dixa-mcp/internal/view"
)

// ReportIn asks a metric for a period.
type ReportIn struct {
	Metric   string      `json:"metric" jsonschema_description:"such as csat; archive: its counts and times" gives:"id"`
	Period   string      `json:"period,omitzero" jsonschema_description:"default last week; this month, 2026-01-01 to 2026-01-31" gives:"start end"`
	By       ReportGroup `json:"by,omitzero" gives:"filters"`
	Comments bool        `json:"comments,omitzero" jsonschema_description:"given with ratings"`
}

// ReportGroup is what a report has a line for.
type ReportGroup string

// Values returns what reports are grouped by.
func (ReportGroup) Values() []string {
	return []string{"queue", "tag", "agent", "channel", "day", "hour", "week"}
}

// groupFilters are the attributes of Dixa's analytics by which groups are told apart.
var groupFilters = map[ReportGroup]d.Name{"queue": "queue_id", "tag": "tag_id", "agent": "agent_id", "channel": "channel"}

const (
	// mostGroups is how many groups a report has; each costs two requests.
	mostGroups = 20
	// mostDays is how many days a report by day has; each costs a request.
	mostDays = 31
	// mostComments is how many comments are shown.
	mostComments = 10
	// ratingsPage is how many ratings are looked through for comments.
	ratingsPage = 300
)

var report = beside(task("report", "made a report on {metric}",
	"A metric of Dixa's analytics for a period, compared with the one before.",
	[]*d.Spec{d.ListMetrics.Spec, d.QueryMetric.Spec},
	append([]*d.Spec{d.ListMetricFilterValues.Spec, d.QueryMetricRecords.Spec}, archiveReportUses...),
	func(ctx context.Context, r *Reads, in ReportIn) (Output, error) {
		now := r.Now().In(r.Zone())
		p, err := when.ReadPeriod(in.Period, now)
		if err != nil {
			return Output{}, problem("report", "period", err)
		}
		if strings.EqualFold(strings.TrimSpace(in.Metric), archiveMetric) {
			return (&archiveReporter{r, in, p}).report(ctx)
		}
		metric, err := findMetric(ctx, r.Client, in.Metric)
		if err != nil {
			return Output{}, err
		}
		q := &reporter{reads: r, metric: metric, period: p, before: p.Before(now), measures: measuresOf(metric)}
		total, err := q.compared(ctx, nil)
		if err != nil {
			return Output{}, err
		}
		head := view.Item{Facts: []view.Fact{{Key: "metric", Value: string(metric.ID)}, {Key: "description", Value: metric.Description, Program: saysNoMore(metric.Description, metric.ID)},
			{Key: "from", Label: "from", Time: p.Start, Show: view.DayOnly}, {Key: "to", Label: "to", Time: p.End, Show: view.LastDay},
			{Key: "comparedFrom", Label: "before: from", Time: q.before.Start, Show: view.DayOnly}, {Key: "comparedTo", Label: "to", Time: q.before.End, Show: view.LastDay}}}
		parts := []view.Part{{Name: "report", Items: []view.Item{head}}, {Name: "total", Items: []view.Item{{Facts: append([]view.Fact{{Key: "all", Value: "All", Own: true}}, total...)}}}}
		if !slices.ContainsFunc(total, isSomething) {
			parts = append(parts, view.Sentence(NonePart, whyNothing(p, metric.ID, now)))
		}
		groups, err := q.groups(ctx, in.By)
		if err != nil {
			return Output{}, err
		}
		parts = append(parts, groups)
		if in.Comments {
			comments, err := q.comments(ctx)
			if err != nil {
				return Output{}, err
			}
			parts = append(parts, comments)
		}
		return Output{Parts: slices.DeleteFunc(parts, func(p view.Part) bool { return len(p.Items) == 0 && p.Title == "" })}, nil
	}), archiveReportUses...)

// saysNoMore reports whether a description has only the words of the metric's id: "Closed conversation data".
func saysNoMore(description string, id d.Name) bool {
	return !slices.ContainsFunc(bm25.Words(description), func(word string) bool {
		return word != "data" && !slices.ContainsFunc(bm25.Words(strings.ReplaceAll(string(id), "_", " ")), func(of string) bool { return sameWord(word, of) })
	})
}

// isSomething reports whether a value is of more than nothing.
func isSomething(f view.Fact) bool {
	return !strings.HasPrefix(f.Value, "0 (before ") && f.Value != "0" && f.Value != ""
}

// whyNothing says why a metric may have no value in a period, and what to try.
func whyNothing(p when.Period, id d.Name, now time.Time) string {
	if p.Start.After(now) {
		return "The period has not begun: give one that has, such as last week."
	}
	return fmt.Sprintf("Nothing was counted for %s in this period. It may be too short, or too recent for Dixa's analytics: try a longer one, such as last month, or another metric.", id)
}

// findMetric finds a metric by its id, or words of it.
func findMetric(ctx context.Context, c *d.Client, name string) (d.Metric, error) {
	plain := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "_")
	var ids []string
	var found []d.Metric
	for page, err := range d.ListMetrics.Pages(ctx, c, d.Page{PageLimit: 50}) {
		if err != nil {
			return d.Metric{}, err
		}
		for _, m := range page.Value {
			if strings.EqualFold(string(m.ID), plain) {
				return m, nil
			}
			if plain != "" && strings.Contains(strings.ToLower(string(m.ID)), plain) {
				found = append(found, m)
			}
			ids = append(ids, string(m.ID))
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(ids) == 0 {
		return d.Metric{}, problem("report", "metric", errors.New("there is none at all in Dixa, so that nothing can be reported; tell the user: the organization may be without analytics"))
	}
	slices.Sort(ids)
	return d.Metric{}, problem("report", "metric", fmt.Errorf("there is no such metric; Dixa has %s", strings.Join(ids, ", ")))
}

// measuresOf returns the aggregations that are shown of a metric.
func measuresOf(m d.Metric) []d.Aggregation {
	offered := func(a d.Aggregation) bool {
		return slices.ContainsFunc(m.Aggregations, func(o d.Measure) bool { return o.Measure == a })
	}
	var shown []d.Aggregation
	for _, a := range []d.Aggregation{"Percentage", "Average", "Sum", "Count"} {
		if offered(a) && (a != "Sum" || !offered("Average")) {
			shown = append(shown, a)
		}
	}
	return shown
}

// reporter asks one metric.
type reporter struct {
	reads          *Reads
	metric         d.Metric
	period, before when.Period
	measures       []d.Aggregation
}

// ask gives the values of a period.
func (q *reporter) ask(ctx context.Context, p when.Period, filters []d.AnalyticsFilter) (map[d.Aggregation]float64, error) {
	in := d.QueryMetricIn{AnalyticsQuery: q.query(q.metric.ID, p, filters), Aggregations: q.measures}
	a, err := d.QueryMetric.Do(ctx, q.reads.Client, in)
	if err != nil {
		return nil, err
	}
	values := map[d.Aggregation]float64{}
	for _, v := range a.Value.Aggregates {
		if n, ok := v.Value.(float64); ok {
			values[v.Measure] = n
		}
	}
	return values, nil
}

func (q *reporter) query(id d.Name, p when.Period, filters []d.AnalyticsFilter) d.AnalyticsQuery {
	return d.AnalyticsQuery{ID: id, Timezone: q.reads.Zone().String(), Start: d.Time{Time: p.Start}, End: d.Time{Time: p.End}, Filters: filters}
}

// compared gives the values of the period, each with that of the period before; none where there is nothing.
func (q *reporter) compared(ctx context.Context, filters []d.AnalyticsFilter) ([]view.Fact, error) {
	now, err := q.ask(ctx, q.period, filters)
	if err != nil {
		return nil, err
	}
	before, err := q.ask(ctx, q.before, filters)
	if err != nil {
		return nil, err
	}
	if filters != nil && nothing(now) && nothing(before) {
		return nil, nil
	}
	return q.facts(now, before), nil
}

func nothing(values map[d.Aggregation]float64) bool {
	for _, v := range values {
		if v != 0 {
			return false
		}
	}
	return true
}

func (q *reporter) facts(now, before map[d.Aggregation]float64) []view.Fact {
	var facts []view.Fact
	for _, m := range q.measures {
		value, ok := now[m]
		if n, has := now["Count"]; !ok || has && n == 0 && m != "Count" { // of nothing there is no average
			continue
		}
		text := figure(value)
		if was, ok := before[m]; ok {
			text += " (before " + figure(was) + ")"
		}
		facts = append(facts, view.Fact{Key: string(m), Label: string(m), Value: text, Own: true})
	}
	return facts
}

// figure writes a number with at most one decimal.
func figure(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// groups returns a line for each group that there is something of.
func (q *reporter) groups(ctx context.Context, by ReportGroup) (view.Part, error) {
	part := view.Part{Name: "groups", List: true}
	switch by {
	case "":
		return part, nil
	case "day":
		return q.days(ctx)
	}
	attribute := groupFilters[by]
	if !slices.ContainsFunc(q.metric.Filters, func(f d.FilterAttribute) bool { return f.FilterAttribute == attribute }) {
		var can []string
		for _, g := range by.Values() {
			if a := groupFilters[ReportGroup(g)]; slices.ContainsFunc(q.metric.Filters, func(f d.FilterAttribute) bool { return f.FilterAttribute == a }) {
				can = append(can, g)
			}
		}
		return part, problem("report", "by", fmt.Errorf("%s is not told by %s in Dixa; it can be by %s", q.metric.ID, by, strings.Join(append(can, "day"), ", ")))
	}
	values, ok, err := optional(ctx, q.reads, "by "+string(by), d.ListMetricFilterValues, d.ListMetricFilterValuesIn{FilterAttribute: attribute, Page: d.Page{PageLimit: 50}})
	if err != nil || !ok {
		return part, err
	}
	part.Title = "By " + string(by) + ":"
	list := values.Value
	if most := min(mostGroups, (q.reads.Left()-1)/2); len(list) > most || values.Next != "" {
		q.reads.leave("further groups", fmt.Sprintf("the first %d of Dixa's list are shown, since each takes two requests", min(most, len(list))))
		list = list[:min(most, len(list))]
	}
	for i, v := range list {
		q.reads.tell("%d of %d groups, two requests each", i+1, len(list))
		facts, err := q.compared(ctx, []d.AnalyticsFilter{{Attribute: attribute, Values: []string{v.Value}}})
		if err != nil {
			return part, err
		}
		if facts != nil {
			name := view.Fact{Key: string(by), Value: v.Label, ID: v.Value}
			if by == "channel" {
				name.Value = vocabulary.Channels.Word(v.Value)
			}
			if name.Value == "" {
				name.Value, name.ID = v.Value, ""
			}
			part.Items = append(part.Items, view.Item{Facts: append([]view.Fact{name}, facts...)})
		}
	}
	if len(part.Items) == 0 {
		part.Title = "By " + string(by) + ": nothing in either period. Try a longer period, or the report without by."
	}
	return part, nil
}

// days returns a line for each day.
func (q *reporter) days(ctx context.Context) (view.Part, error) {
	part := view.Part{Name: "groups", Title: "By day:", List: true}
	days := q.period.Each()
	if len(days) > mostDays {
		return part, problem("report", "by", fmt.Errorf("day is for at most %d days; give a shorter period", mostDays))
	}
	now := q.reads.Now()
	for i, day := range days {
		if day.Start.After(now) {
			break
		}
		q.reads.tell("%d of %d days, a request each", i+1, len(days))
		values, err := q.ask(ctx, day, nil)
		if err != nil {
			return part, err
		}
		facts := append([]view.Fact{{Key: "day", Value: day.Start.Format("Mon 2 Jan"), Own: true}}, q.facts(values, nil)...)
		part.Items = append(part.Items, view.Item{Facts: facts})
	}
	return part, nil
}
