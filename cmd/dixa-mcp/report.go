package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/atomicfile"
	"dixa-mcp/internal/base/when"
	"dixa-mcp/internal/records"
	"dixa-mcp/internal/report"
)

type reportCmd struct {
	Period               string `arg:"" optional:"" help:"Period, by default last week: today, yesterday, this week, last month, last 7 days, 2026-01-05, or 2026-01-01 to 2026-01-31."`
	By                   string `placeholder:"WHAT" help:"A row for each queue, agent (a Dixa agent), channel, tag, hour (of the day), day or week."`
	Format               string `default:"" enum:",table,csv,svg,html" placeholder:"FORMAT" help:"Format: table, csv, svg (a chart, with --by), or html (one page with all of it); by default as the name of --out ends, otherwise table."`
	Out                  string `placeholder:"FILE" help:"File to write instead of standard output."`
	Timezone             string `placeholder:"ZONE" help:"Time zone of days and hours, such as Europe/Copenhagen; by default that of the capability file, then that of this machine."`
	jsonFlag             `embed:""`
	fileFlag             `embed:""`
	recordedArchiveFlags `embed:""`
}

// onThePage is what the page has a part for each of.
var onThePage = []report.By{report.ByDay, report.ByHour, report.ByQueue, report.ByAgent, report.ByChannel, report.ByTag}

// Run reports on the conversations of a period.
func (c *reportCmd) Run(ctx context.Context, out *output) error {
	o, err := c.options(time.Now())
	if err != nil {
		return err
	}
	var all []*report.Report
	var until time.Time
	asked := map[string]any{"from": o.Period.Start.UTC(), "to": o.Period.End.UTC(), "by": c.By}
	err = c.recorded(ctx, "archive_report", audit.Verb{Past: "made a report", Infinitive: "make a report", Object: "from the archive"}, asked, func(store archiveStore) (err error) {
		all, until, err = c.make(ctx, store, o)
		return err
	})
	if err != nil {
		return err
	}
	if c.Out == "" {
		return c.write(out, all, until)
	}
	var text bytes.Buffer
	if err := c.write(&output{to: &text}, all, until); err != nil {
		return err
	}
	if err := atomicfile.Write(c.Out, text.Bytes()); err != nil {
		return fmt.Errorf("the report could not be written: %w", err)
	}
	written := cmp.Or(c.Format, "table")
	if c.JSON {
		written = "JSON"
	}
	fmt.Fprintf(os.Stderr, "Wrote %s (%s).\n", c.Out, written)
	return nil
}

// make makes the reports, and returns up to when the archive has everything.
func (c *reportCmd) make(ctx context.Context, store archiveStore, o report.Options) (all []*report.Report, until time.Time, err error) {
	if until, err = archive.Until(ctx, store); err != nil {
		return nil, until, err
	}
	if o.Handled, err = c.handled(ctx, o); err != nil {
		return nil, until, err
	}
	lacks, err := incomplete(ctx, store, o, until)
	if err != nil {
		return nil, until, err
	}
	if lacks != "" {
		fmt.Fprintln(os.Stderr, lacks)
	}
	dimensions := []report.By{o.By}
	if c.Format == "html" {
		dimensions = onThePage
	}
	for _, by := range dimensions {
		o.By = by
		r, err := report.Make(ctx, store, o)
		if err != nil {
			return nil, until, err
		}
		all = append(all, r)
	}
	return all, until, nil
}

// options reads the flags.
func (c *reportCmd) options(now time.Time) (o report.Options, err error) {
	o.By = report.By(c.By)
	switch ending := strings.ToLower(strings.TrimPrefix(filepath.Ext(c.Out), ".")); {
	case c.Format != "" || c.JSON:
	case ending == "json":
		c.JSON = true
	case slices.Contains([]string{"csv", "svg", "html"}, ending):
		c.Format = ending
	}
	switch {
	case c.By != "" && !slices.Contains(report.Dimensions(), o.By):
		return o, usagef("--by must be one of queue, agent, channel, tag, hour, day and week, not %q", c.By)
	case c.Format == "svg" && c.By == "":
		return o, usagef("svg requires --by: a chart has a bar for each queue, day and so on")
	case c.Format == "html" && c.By != "":
		return o, usagef("html and --by exclude each other: the page has all of them")
	case c.JSON && c.Format != "" && c.Format != "table":
		return o, usagef("--json and --format exclude each other")
	}
	o.Zone = time.Local
	if c.Timezone != "" {
		if o.Zone, err = when.Zone(c.Timezone); err != nil {
			return o, usagef("--timezone: %w", err)
		}
	} else {
		rules, _, err := c.load()
		if err != nil {
			return o, err
		}
		o.Zone = cmp.Or(rules.Timezone(), time.Local)
	}
	now = now.In(o.Zone)
	if o.Period, err = when.ReadPeriod(c.Period, now); err != nil {
		return o, usagef("the period %w, not %q", err, c.Period)
	}
	o.Before = o.Period.Before(now)
	return o, nil
}

// mostHandled is how many records of messages are read to tell apart the conversations in which AI agents wrote.
const mostHandled = 200_000

// handled returns what tells whether an AI agent sent a message in a conversation, by the records; nil if there are none.
func (c *reportCmd) handled(ctx context.Context, o report.Options) (func(int64) bool, error) {
	dir, err := (reachFlags{State: c.State, Audit: c.Audit}).auditDir()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	index := records.Open(dir)
	defer index.Close()
	if err := index.Update(ctx); err != nil {
		return nil, fmt.Errorf("the records cannot be searched: %w; use another --audit", err)
	}
	ids := map[int64]bool{}
	q := records.Query{Level: "send", Event: audit.EventOutcome, Since: o.Before.Start, Until: time.Now()}
	for after, n := "", 0; n < mostHandled; {
		found, more, err := index.Find(ctx, q, after, 1000)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			for _, conversation := range f.Conversations() {
				if id, err := strconv.ParseInt(conversation, 10, 64); err == nil && f.Outcome == audit.OutcomeDone {
					ids[id] = true
				}
			}
			after = f.ID
		}
		if n += len(found); !more {
			break
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return func(id int64) bool { return ids[id] }, nil
}

// incomplete says which part of the periods the archive does not have; "" if it has all up to its end.
func incomplete(ctx context.Context, store archive.Store, o report.Options, until time.Time) (string, error) {
	lacks, err := report.Lacks(ctx, store, o, until)
	if err != nil || lacks.From.IsZero() {
		return "", err
	}
	const day = "2 January 2006"
	return fmt.Sprintf("Incomplete: the archive lacks conversations of %s to %s; fetch them with dixa-mcp archive sync --since %s.",
		lacks.From.In(o.Zone).Format(day), lacks.To.In(o.Zone).Format(day), lacks.From.In(o.Zone).Format(time.DateOnly)), nil
}

func (c *reportCmd) write(out *output, all []*report.Report, until time.Time) error {
	r := all[0]
	switch {
	case c.JSON:
		return out.json(asObjects(r, until))
	case c.Format == "csv":
		return writeCSV(out, r)
	case c.Format == "svg":
		drawing, _ := r.SVG()
		out.printf("%s\n", drawing)
		return out.err
	case c.Format == "html":
		return report.WritePage(out, all, until)
	}
	out.printf("Conversations, %s. In brackets: the difference from %s. Time zone %s. The archive has everything until %s.\n\n",
		r.Period, r.Before, report.ZoneName(r.Zone), until.In(r.Zone).Format("2 January 2006 15:04"))
	out.table(r.Table())
	out.printf("\n%s\n", report.Footer)
	return out.err
}

// asObjects returns a report for JSON: each row with its figures, those of the period before beside them.
func asObjects(r *report.Report, until time.Time) map[string]any {
	rows := []map[string]string{}
	columns := r.Columns()
	for _, values := range r.Values() {
		row := map[string]string{}
		for i, v := range values {
			if v != "" {
				row[columns[i]] = v
			}
		}
		rows = append(rows, row)
	}
	return map[string]any{"from": r.Period.Start, "to": r.Period.End, "beforeFrom": r.Before.Start, "beforeTo": r.Before.End, "by": string(r.By), "timezone": report.ZoneName(r.Zone), "archiveUntil": until, "rows": rows}
}

// writeCSV writes a report for spreadsheets.
func writeCSV(w io.Writer, r *report.Report) error {
	table := archive.Table{Columns: r.Columns()}
	for _, row := range r.Values() {
		cells := make([]any, len(row))
		for i, text := range row {
			cells[i] = text
		}
		table.Rows = append(table.Rows, cells)
	}
	return writeRows(w, table)
}
