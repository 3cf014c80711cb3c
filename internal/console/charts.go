package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/chart"
	"dixa-mcp/internal/records"
)

// chartPages show figures over time.
type chartPages struct {
	config  *Config
	records recordPages
	sample  samplePages
}

// span is a length of time that charts show.
type span struct {
	Name, Says string
	length     time.Duration
	read       time.Duration // of the figures that are read
	label      string        // layout of the time below a chart; figures with one label are summed up
}

var spans = []span{
	{"hour", "the last hour", time.Hour, time.Minute, "15:04"},
	{"day", "the last 24 hours", 24 * time.Hour, time.Hour, "15:00"},
	{"week", "the last 7 days", 7 * 24 * time.Hour, time.Hour, "Mon 2 Jan"},
}

// drawn is a chart with its table.
type drawn struct {
	Title, About, ID string
	Chart, Table     template.HTML
}

// chartsPage is the page of charts.
type chartsPage struct {
	Spans  []span
	Span   string
	Says   string
	Agent  string
	Names  []string
	Charts []drawn
	Agents []agentFigures
	Sample []recordLine
	Week   string // of the sample
	Read   string // address of the texts of the sample; "" for who may not read them
	Zone   string
	Behind bool
}

// agentFigures are those of an agent in all of the time.
type agentFigures struct {
	Name string
	records.Figures
	Share float64 // of Dixa's limit, in percent
	Mean  int64   // ms of a request
}

// show shows figures over time.
func (c chartPages) show(v *visit) {
	query := v.URL.Query()
	i := max(0, slices.IndexFunc(spans, func(s span) bool { return s.Name == cmp.Or(query.Get("span"), "day") }))
	page := chartsPage{Spans: spans, Span: spans[i].Name, Says: spans[i].Says, Agent: query.Get("agent"), Zone: v.zone().String()}
	if err := c.fill(v, &page, spans[i]); err != nil {
		v.broken("the charts cannot be drawn", err)
		return
	}
	v.show(http.StatusOK, "charts.html", "/charts", "Charts", true, page)
}

func (c chartPages) fill(v *visit, page *chartsPage, s span) (err error) {
	if page.Behind, err = c.records.update(v.Context()); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(v.Context(), searchFor)
	defer stop()
	axis := newAxis(c.config.Now(), s, v.zone())
	figures, err := c.config.Records.Series(ctx, axis.since, axis.until, s.read)
	if err != nil {
		return err
	}
	for _, f := range figures {
		if !slices.Contains(page.Names, f.Agent) && f.Agent != "" {
			page.Names = append(page.Names, f.Agent)
		}
	}
	slices.Sort(page.Names)
	if page.Agent != "" {
		figures = slices.DeleteFunc(figures, func(f records.Figures) bool { return f.Agent != page.Agent })
	}
	page.Charts = c.figures(axis, figures)
	page.Agents = c.byAgent(figures, s)
	decided, err := c.decisions(ctx, axis, page.Agent)
	if err != nil {
		return err
	}
	page.Charts = append(page.Charts, decided)
	sample, week, err := c.sample.choose(ctx, v, page.Agent)
	page.Sample, page.Week = c.records.lines(v, sample), week
	if v.who.Role == approvers && c.config.Sent != nil && len(sample) > 0 {
		page.Read = sampleAddress(page.Agent)
	}
	return err
}

// axis is the time below a chart.
type axis struct {
	since, until time.Time
	labels       []string
	seconds      []float64 // of each label that have passed
	span         span
	zone         *time.Location
}

// newAxis returns the axis of a span that ends now.
func newAxis(now time.Time, s span, zone *time.Location) axis {
	until := now.Truncate(s.read).Add(s.read)
	a := axis{since: until.Add(-s.length), until: until, span: s, zone: zone}
	for t := a.since; t.Before(until); t = t.Add(s.read) {
		label := a.label(t)
		if len(a.labels) == 0 || a.labels[len(a.labels)-1] != label {
			a.labels, a.seconds = append(a.labels, label), append(a.seconds, 0)
		}
		a.seconds[len(a.seconds)-1] += min(s.read, now.Sub(t)).Seconds()
	}
	return a
}

func (a axis) label(t time.Time) string { return t.In(a.zone).Format(a.span.label) }

// at returns the place of a time. A day on which the clocks change has the same label for two hours.
func (a axis) at(t time.Time) int {
	return max(0, slices.Index(a.labels, a.label(t)))
}

// sums adds up a value of figures for each label.
func (a axis) sums(figures []records.Figures, value func(records.Figures) float64) []float64 {
	sums := make([]float64, len(a.labels))
	for _, f := range figures {
		sums[a.at(f.Start)] += value(f)
	}
	return sums
}

// figures draws calls, the share of Dixa's limit, waiting time and tokens.
func (c chartPages) figures(a axis, figures []records.Figures) []drawn {
	refused := a.sums(figures, func(f records.Figures) float64 { return float64(f.Refused) })
	answered := a.sums(figures, func(f records.Figures) float64 { return float64(f.Calls - f.Refused) })
	requests := a.sums(figures, func(f records.Figures) float64 { return float64(f.Requests) })
	waited := a.sums(figures, func(f records.Figures) float64 { return float64(f.Waited.Milliseconds()) })
	tokens := a.sums(figures, func(f records.Figures) float64 { return float64(f.Tokens) })
	share, mean := make([]float64, len(requests)), make([]float64, len(requests))
	for i, n := range requests {
		if c.config.Rate > 0 && a.seconds[i] > 0 {
			share[i] = 100 * n / (c.config.Rate * a.seconds[i])
		}
		if n > 0 {
			mean[i] = waited[i] / n
		}
	}
	all := []drawn{bars("Calls", "Calls of agents, and how many of them were refused.", "calls", a, chart.Series{Name: "answered", Values: answered}, chart.Series{Name: "refused", Values: refused})}
	if c.config.Rate > 0 {
		all = append(all, lines("Share of Dixa's limit", fmt.Sprintf("Requests to Dixa in percent of %g a second.", c.config.Rate), "%", a, share))
	}
	return append(all,
		lines("Time of a request", "Mean time of a request to Dixa in milliseconds, with queue and retries.", "ms", a, mean),
		bars("Tokens", "Tokens of answers, estimated.", "tokens", a, chart.Series{Name: "tokens", Values: tokens}))
}

func bars(title, about, unit string, a axis, series ...chart.Series) drawn {
	c := chart.Chart{Title: title, About: about, Unit: unit, Labels: a.labels, Series: series}
	return drawn{title, about, identifier(title), c.Bars(), c.Table()}
}

func lines(title, about, unit string, a axis, values []float64) drawn {
	c := chart.Chart{Title: title, About: about, Unit: unit, Labels: a.labels, Series: []chart.Series{{Name: title, Values: values}}}
	return drawn{title, about, identifier(title), c.Lines(), c.Table()}
}

// identifier makes the id of an element of a title.
func identifier(title string) string {
	id := []byte("chart-")
	for _, c := range []byte(title) {
		if c >= 'a' && c <= 'z' {
			id = append(id, c)
		}
	}
	return string(id)
}

// decisions draws what approvers decided.
func (c chartPages) decisions(ctx context.Context, a axis, agent string) (drawn, error) {
	count := func(q records.Query) ([]float64, error) {
		q.Agent, q.Since, q.Until = agent, a.since, a.until
		times, err := c.config.Records.Times(ctx, q)
		sums := make([]float64, len(a.labels))
		for _, t := range times {
			sums[a.at(t)]++
		}
		return sums, err
	}
	approved, err := count(records.Query{Event: audit.EventApproved})
	edited, err2 := count(records.Query{Event: audit.EventApproved, Edited: true})
	denied, err3 := count(records.Query{Event: audit.EventDenied})
	for i := range approved {
		approved[i] -= edited[i]
	}
	return bars("Decisions of approvers", "Calls that were approved as they were, denied, and approved with another text.", "calls", a,
		chart.Series{Name: "unchanged", Values: approved}, chart.Series{Name: "denied", Values: denied}, chart.Series{Name: "edited", Values: edited}), errors.Join(err, err2, err3)
}

// byAgent sums up figures by agent, most calls first.
func (c chartPages) byAgent(figures []records.Figures, s span) []agentFigures {
	sums := map[string]*agentFigures{}
	for _, f := range figures {
		a := sums[f.Agent]
		if a == nil {
			a = &agentFigures{Name: f.Agent}
			sums[f.Agent] = a
		}
		a.Calls, a.Refused, a.Changes, a.Requests, a.Tokens, a.Waited = a.Calls+f.Calls, a.Refused+f.Refused, a.Changes+f.Changes, a.Requests+f.Requests, a.Tokens+f.Tokens, a.Waited+f.Waited
	}
	var all []agentFigures
	for _, a := range sums {
		if c.config.Rate > 0 {
			a.Share = 100 * float64(a.Requests) / (c.config.Rate * s.length.Seconds())
		}
		if a.Requests > 0 {
			a.Mean = a.Waited.Milliseconds() / a.Requests
		}
		all = append(all, *a)
	}
	slices.SortFunc(all, func(a, b agentFigures) int { return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Name, b.Name)) })
	return all
}
