package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/base/when"
	figures "dixa-mcp/internal/report"
	"dixa-mcp/internal/view"
)

// archiveMetric is the metric that stands for all figures of the archive. Dixa's Analytics has others, with definitions of its own.
const archiveMetric = "archive"

// archiveReportUses are the operations that reveal what the figures of the archive are made of.
var archiveReportUses = []*d.Spec{d.GetConversation.Spec, d.ListMessages.Spec, d.ListRatings.Spec, d.ListQueues.Spec, d.ListAgents.Spec, d.ListConversationTags.Spec}

// mostArchiveGroups is how many lines a report of the archive has.
const mostArchiveGroups = 100

// groupReveals are the operations that tell what a conversation has of a group.
var groupReveals = map[ReportGroup]*d.Spec{"queue": d.ListQueues.Spec, "agent": d.ListAgents.Spec, "tag": d.ListConversationTags.Spec}

// archiveReporter makes a report of the archive.
type archiveReporter struct {
	reads  *Reads
	in     ReportIn
	period when.Period
}

// report makes a report of all figures that the archive has, without a request. An agent that may not see all conversations gets none,
// since each counts the others.
func (a *archiveReporter) report(ctx context.Context) (Output, error) {
	in, p := a.in, a.period
	switch limited := (archiveReader{a.reads}).limited(append(queryArchiveReads, d.QueryMetric.Spec)...); {
	case a.reads.Archive == nil:
		return Output{}, problem("report", "metric", errors.New("this server keeps no archive; give a metric of Dixa's, such as csat or closed_conversations"))
	case limited != "":
		return Output{}, fmt.Errorf("report: metric archive is for agents that may read all conversations, and this one may not: %s; give a metric of Dixa's", limited)
	case !a.reads.Granted(d.GetConversation.Spec):
		return Output{}, problem("report", "metric", errors.New("archive needs get_conversation, which this agent is not granted; give a metric of Dixa's"))
	case in.Comments:
		return Output{}, problem("report", "comments", errors.New("metric archive has none; leave it out, or give metric csat"))
	case groupReveals[in.By] != nil && !a.reads.Granted(groupReveals[in.By]):
		return Output{}, problem("report", "by", fmt.Errorf("%s needs %s, which this agent is not granted; leave it out", in.By, groupReveals[in.By].Name))
	}
	until, err := archive.Until(ctx, a.reads.Archive)
	if err != nil {
		return Output{}, err
	}
	o := figures.Options{Period: p, Before: p.Before(a.reads.Now().In(a.reads.Zone())), By: figures.By(in.By), Zone: a.reads.Zone()}
	made, err := figures.Make(ctx, a.reads.Archive, o)
	if err != nil {
		return Output{}, fmt.Errorf("the archive could not be read: %w", err)
	}
	lacks, err := figures.Lacks(ctx, a.reads.Archive, o, until)
	if err != nil {
		return Output{}, fmt.Errorf("the archive could not be read: %w", err)
	}
	head := view.Item{Facts: []view.Fact{{Key: "metric", Value: archiveMetric}, {Key: "from", Label: "from", Time: p.Start}, {Key: "to", Label: "until", Time: p.End},
		{Key: "comparedFrom", Label: "before: from", Time: o.Before.Start}, {Key: "comparedTo", Label: "until", Time: o.Before.End}}}
	parts, total := []view.Part{{Name: "report", Items: []view.Item{head}}}, a.figures(made.Total)
	switch {
	case len(total) == 0:
		parts = append(parts, view.Sentence(NonePart, "The archive has no conversation of this period, nor of the one before: try a longer one."))
	default:
		parts = append(parts, view.Part{Name: "total", Items: []view.Item{{Facts: append([]view.Fact{{Key: "all", Value: "All", Own: true}}, total...)}}})
		if in.By != "" {
			parts = append(parts, a.groups(made.Rows))
		}
	}
	parts = append(parts, freshness(until),
		view.Sentence("computed", "Computed from exported conversations, not by Dixa's analytics: the first answer is the first message that is not automatic, closed is the last closing, and times are medians from the creation."))
	if !lacks.From.IsZero() {
		parts = append(parts, view.Part{Name: "lacks", Items: []view.Item{{Facts: []view.Fact{{Key: "from", Label: "The archive lacks conversations from", Time: lacks.From}, {Key: "to", Label: "until", Time: lacks.To}}}}})
	}
	return Output{Parts: parts}, nil
}

// groups returns a line for each group.
func (a *archiveReporter) groups(rows []figures.Row) view.Part {
	by := string(a.in.By)
	part := view.Part{Name: "groups", Title: "By " + by + ":", List: true}
	if len(rows) > mostArchiveGroups {
		rows = rows[:mostArchiveGroups]
		a.reads.leave("further groups", fmt.Sprintf("only the first %d are shown", mostArchiveGroups))
	}
	for _, row := range rows {
		name := view.Fact{Key: by, Value: row.Name, Outside: true}
		if all := a.figures(row); len(all) > 0 {
			part.Items = append(part.Items, view.Item{Facts: append([]view.Fact{name}, all...)})
		}
	}
	return part
}

// figures returns the figures of a row, each with that of the period before, without what the agent may not read and what is of nothing.
func (a *archiveReporter) figures(row figures.Row) []view.Fact {
	var facts []view.Fact
	for _, f := range row.Figures() {
		switch {
		case f.Now == "" && f.Before == "",
			slices.Contains([]string{"firstAnswer", "firstAnswerP90"}, f.Name) && !a.reads.may("first answers", d.ListMessages.Spec),
			f.Name == "satisfied" && !a.reads.may("ratings", d.ListRatings.Spec):
			continue
		}
		text := f.Now
		if text == "" {
			text = "none"
		}
		if f.Before != "" {
			text += " (before " + f.Before + ")"
		}
		facts = append(facts, view.Fact{Key: f.Name, Label: cmp.Or(figureNames[f.Name], f.Name), Value: text, Own: true})
	}
	return facts
}

// figureNames are the names of figures of which text says more than their keys.
var figureNames = map[string]string{
	"firstAnswer": "first answer", "firstAnswerP90": "9 of 10 in", "closedAfter": "closed after", "closedAfterP90": "9 of 10 in", "perCustomer": "per customer",
}
