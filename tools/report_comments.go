package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

// comments returns what customers wrote with their ratings, the worst first.
func (q *reporter) comments(ctx context.Context) (view.Part, error) {
	part := view.Part{Name: "comments", Title: "Comments, lowest ratings first:", List: true}
	kind := slices.IndexFunc(q.metric.RelatedRecordIDs, func(id d.Name) bool { return strings.Contains(string(id), "rating") })
	if kind < 0 {
		return part, problem("report", "comments", fmt.Errorf("no ratings are behind %s; they are behind csat", q.metric.ID))
	}
	in := d.QueryMetricRecordsIn{AnalyticsQuery: q.query(q.metric.RelatedRecordIDs[kind], q.period, nil), PageLimit: ratingsPage}
	records, ok, err := optional(ctx, q.reads, "comments", d.QueryMetricRecords, in)
	if err != nil || !ok {
		return view.Part{}, err
	}
	commented := slices.DeleteFunc(records.Value, func(m d.MetricRecord) bool { return fieldNamed(&m, "comment") == "" })
	slices.SortStableFunc(commented, func(a, b d.MetricRecord) int {
		switch x, y := scoreOf(&a), scoreOf(&b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	if err := q.reads.ShowRecords(min(len(commented), mostComments)); err != nil {
		return view.Part{}, err
	}
	for i := range commented[:min(len(commented), mostComments)] {
		part.Items = append(part.Items, q.commentItem(&commented[i]))
	}
	switch rest := len(commented) - mostComments; {
	case len(commented) == 0:
		part.Title = fmt.Sprintf("Comments: none with the %d ratings that were looked at. Try a longer period: customers can rate without a comment.", len(records.Value))
	case rest > 0 || records.Next != "":
		q.reads.leave("further comments", fmt.Sprintf("%d of %d are shown, of the first %d ratings; give a shorter period", min(len(commented), mostComments), len(commented), len(records.Value)))
	}
	return part, nil
}

func (q *reporter) commentItem(m *d.MetricRecord) view.Item {
	facts := []view.Fact{{Key: "score", Label: "score", Value: figure(scoreOf(m)), Own: true}}
	if id := fieldNamed(m, "conversation_id", "csid"); id != "" {
		facts = append(facts, view.Fact{Key: "conversation", Label: "conversation", Value: id})
	}
	if agent := fieldNamed(m, "agent_id"); agent != "" {
		facts = append(facts, view.Fact{Key: "agent", Value: labelNamed(m, "agent_id", agent)})
	}
	return view.Item{Facts: append(facts, view.Fact{Key: "at", Time: m.PrimaryTimestampField.Timestamp.Time, Show: view.DayOnly}), Text: fieldNamed(m, "comment")}
}

func scoreOf(m *d.MetricRecord) float64 {
	if m.Value == nil {
		return 0
	}
	n, _ := m.Value.Value.(float64)
	return n
}

// fieldNamed returns the value of the first field of a row that has one of the names; "" where there is none.
func fieldNamed(m *d.MetricRecord, names ...string) string {
	for _, f := range m.Fields {
		if slices.Contains(names, f.Name) && f.Field.Value != nil {
			if n, ok := f.Field.Value.(float64); ok {
				return figure(n)
			}
			return fmt.Sprint(f.Field.Value)
		}
	}
	return ""
}

// labelNamed returns what people call the value of a field.
func labelNamed(m *d.MetricRecord, name, value string) string {
	for _, f := range m.Fields {
		if f.Name == name && f.Field.Label != "" {
			return f.Field.Label
		}
	}
	return value
}
