package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/export"
	"dixa-mcp/internal/offline"
)

type exportCmd struct {
	Conversations exportConversationsCmd `cmd:"" help:"Conversations, by when they were updated, created, closed or last written in, or by their ids."`
	Messages      exportMessagesCmd      `cmd:"" help:"Messages, by when they were created. Internal notes are none; they are in conversations."`
}

// exportFlags are those of both exports.
type exportFlags struct {
	Out        string `required:"" placeholder:"FILE" help:"Where to: a new file that ends in .jsonl (rows as Dixa sends them) or .csv (texts that begin with = + - @ get a ' before them)."`
	Force      bool   `help:"Replace the file, once the export is complete."`
	DryRun     bool   `help:"Only say which requests it would make."`
	reachFlags `embed:""`
}

type exportConversationsCmd struct {
	UpdatedAfter             dixaclient.Millis `placeholder:"TIME" help:"2026-01-31 (its 00:00 UTC), 2026-01-31T14:00:00Z or Unix milliseconds. Each span may be of any length."`
	UpdatedBefore            dixaclient.Millis `placeholder:"TIME" help:"By default now. A date is exclusive: a day ends with the next day's."`
	CreatedAfter             dixaclient.Millis `placeholder:"TIME"`
	CreatedBefore            dixaclient.Millis `placeholder:"TIME"`
	ClosedAfter              dixaclient.Millis `placeholder:"TIME"`
	ClosedBefore             dixaclient.Millis `placeholder:"TIME"`
	LastMessageCreatedAfter  dixaclient.Millis `placeholder:"TIME"`
	LastMessageCreatedBefore dixaclient.Millis `placeholder:"TIME"`
	CSIDs                    []int32           `name:"csids" placeholder:"ID,…" help:"Conversation ids, instead of a span."`
	exportFlags              `embed:""`
}

type exportMessagesCmd struct {
	CreatedAfter  dixaclient.Millis `placeholder:"TIME" help:"2026-01-31 (its 00:00 UTC), 2026-01-31T14:00:00Z or Unix milliseconds. The span may be of any length."`
	CreatedBefore dixaclient.Millis `placeholder:"TIME" help:"By default now. A date is exclusive: a day ends with the next day's."`
	exportFlags   `embed:""`
}

// Run writes conversations to a file.
func (c *exportConversationsCmd) Run(ctx context.Context) error {
	return c.run(ctx, export.Conversations, c.CSIDs,
		export.Span{By: "updated", After: c.UpdatedAfter, Before: c.UpdatedBefore},
		export.Span{By: "created", After: c.CreatedAfter, Before: c.CreatedBefore},
		export.Span{By: "closed", After: c.ClosedAfter, Before: c.ClosedBefore},
		export.Span{By: "last-message-created", After: c.LastMessageCreatedAfter, Before: c.LastMessageCreatedBefore})
}

// Run writes messages to a file.
func (c *exportMessagesCmd) Run(ctx context.Context) error {
	return c.run(ctx, export.Messages, nil, export.Span{By: "created", After: c.CreatedAfter, Before: c.CreatedBefore})
}

// run is for a person, who has the token: no capability file is asked. It is recorded all the same.
func (f exportFlags) run(ctx context.Context, what string, csids []int32, spans ...export.Span) error {
	now := time.Now()
	job, err := export.NewJob(what, f.exportsFrom(), now, csids, spans...)
	if err != nil {
		return err
	}
	if f.DryRun {
		return printWindows(os.Stdout, job.Windows(now))
	}
	var s system
	defer s.Close()
	client, err := f.client(&s)
	if err != nil {
		return err
	}
	dir, err := f.auditDir()
	if err != nil {
		return err
	}
	log, err := audit.Open(audit.Options{Dir: dir, Start: audit.Record{Text: "started an export"}})
	if err != nil {
		return fmt.Errorf("the record of the export cannot be kept (see --audit): %w", err)
	}
	var sent []audit.Operation
	m := newMeter(os.Stderr)
	done, err := export.Run(ctx, client.With(noting(&sent)), job, export.Options{Out: f.Out, Force: f.Force, Now: now, Report: m.show})
	m.end()
	if unrecorded := errors.Join(record(ctx, log, job, sent, err), log.Close()); unrecorded != nil {
		err = errors.Join(err, fmt.Errorf("the export could not be recorded: %w", unrecorded))
	}
	if err == nil {
		fmt.Println(summary(done, f.Out))
	}
	return err
}

// exportsFrom names whose data an export has, so that no file mixes two organizations.
func (f exportFlags) exportsFrom() string {
	if f.Offline {
		return offline.URL
	}
	return cmp.Or(f.exportsURL(), dixaclient.DefaultExportsURL)
}

// noting remembers the requests for the record.
func noting(sent *[]audit.Operation) dixaclient.Around {
	return func(ctx context.Context, c *dixaclient.Call, next func(context.Context) error) error {
		start := time.Now()
		err := next(ctx)
		o := audit.Operation{Operation: c.Op.Name, Status: c.Status, Millis: time.Since(start).Milliseconds(), Attempts: c.Attempts, Outcome: audit.OutcomeDone}
		if err != nil {
			o.Outcome = audit.OutcomeNotDone
		}
		*sent = append(*sent, o)
		return err
	}
}

func record(ctx context.Context, log *audit.Log, job export.Job, sent []audit.Operation, failed error) error {
	arguments, err := json.Marshal(job)
	if err != nil {
		return err
	}
	r := audit.Record{Event: audit.EventRead, Call: audit.NewCallID(), Agent: "operator", Tool: "export_" + job.What, Access: "read", Level: "read",
		Arguments: arguments, Decision: audit.Allowed, Operations: sent, Outcome: audit.OutcomeDone}
	switch {
	case ctx.Err() != nil:
		r.Outcome = audit.OutcomeCancelled
	case failed != nil:
		r.Outcome = audit.OutcomeFailed
	}
	r.Text = audit.Sentence(r, audit.Verb{Past: "exported", Infinitive: "export", Object: job.What})
	return log.Write(context.WithoutCancel(ctx), r)
}

const millis = "2006-01-02T15:04:05.000Z"

func printWindows(to io.Writer, windows []export.Window) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for i, x := range windows {
		if len(x.CSIDs) > 0 {
			fmt.Fprintf(w, "%d\t%d conversations\tfrom %d\tto %d\n", i+1, len(x.CSIDs), x.CSIDs[0], x.CSIDs[len(x.CSIDs)-1])
			continue
		}
		fmt.Fprintf(w, "%d\tafter %s\tbefore %s\n", i+1, x.After.Format(millis), x.Before.Format(millis))
	}
	fmt.Fprintf(w, "\nRequests: %d, of which Dixa takes ten a minute. Nothing was sent.\n", len(windows))
	return w.Flush()
}

func summary(p export.Progress, out string) string {
	s := fmt.Sprintf("%s: %d rows, %s", out, p.Rows, size(p.Bytes))
	if p.Rows == 0 {
		s = out + ": Dixa has no rows for this, so the file is empty"
	}
	if p.Twice > 0 {
		s += fmt.Sprintf(" (%d came twice, at the borders of windows, and are in it once)", p.Twice)
	}
	if strings.EqualFold(filepath.Ext(out), ".csv") && p.Rows > 0 {
		s += ". Texts that begin with = + - @ have a ' before them, so that no spreadsheet runs them"
	}
	if !p.Next.IsZero() {
		s += ". For what comes later, begin after " + p.Next.Format(millis)
	}
	return s + "."
}

func size(bytes int64) string {
	if bytes < 1e6 {
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}

// meter shows on standard error how far an export is: in one line that changes, or where that is no terminal in a line
// a window.
type meter struct {
	to     io.Writer
	live   bool
	last   time.Time
	shown  bool
	before export.Progress
}

func newMeter(f *os.File) *meter {
	info, err := f.Stat()
	return &meter{to: f, live: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

func (m *meter) show(p export.Progress) {
	next := p.Done != m.before.Done || p.Waiting != m.before.Waiting
	if !m.live && (!next || p.Waiting) || m.live && !next && time.Since(m.last) < 200*time.Millisecond {
		return
	}
	m.before, m.last = p, time.Now()
	const width = 20
	full := width * p.Done / max(p.Windows, 1)
	line := fmt.Sprintf("[%s%s] %d/%d windows, %d rows, %s", strings.Repeat("#", full), strings.Repeat(".", width-full), p.Done, p.Windows, p.Rows, size(p.Bytes))
	switch {
	case m.live && p.Waiting:
		line += ", waiting for Dixa"
		fallthrough
	case m.live:
		fmt.Fprintf(m.to, "\r%s\x1b[K", line)
		m.shown = true
	default:
		fmt.Fprintln(m.to, line)
	}
}

// end leaves the line as it is.
func (m *meter) end() {
	if m.shown {
		fmt.Fprintln(m.to)
	}
}
