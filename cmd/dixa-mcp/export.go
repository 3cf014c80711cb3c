package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/when"
	"dixa-mcp/internal/export"
	"dixa-mcp/internal/offline"
)

type exportCmd struct {
	Conversations exportConversationsCmd `cmd:"" help:"Export conversations by the time of their update, creation, closing or last message, or by their ids."`
	Messages      exportMessagesCmd      `cmd:"" help:"Export messages by the time of their creation. Internal notes are not messages; export conversations for them."`
}

// exportFlags are those of both exports.
type exportFlags struct {
	Out        string `required:"" placeholder:"FILE" help:"New file to write. It ends in .jsonl (rows as Dixa sends them) or .csv (a text that a spreadsheet would run as a formula, such as one that begins with = + - @, gets a ' before it)."`
	Excel      bool   `help:"Write the CSV file for Excel: UTF-8 with a byte order mark, and no ' before phone numbers, so that +45… stays readable."`
	Force      bool   `help:"Replace an existing file once the export is complete."`
	Timezone   string `placeholder:"ZONE" help:"Time zone of dates and times without one, such as Europe/Copenhagen; by default that of this machine."`
	DryRun     bool   `help:"Print the requests, and send none."`
	jsonFlag   `embed:""`
	reachFlags `embed:""`
}

type exportConversationsCmd struct {
	UpdatedAfter             timeFlag `placeholder:"TIME" help:"Updated after this time: 2026-01-31, 2026-01-31T14:00:00Z or Unix milliseconds. A span may have any length."`
	UpdatedBefore            timeFlag `placeholder:"TIME" help:"Updated before this time, by default now. A date includes that day."`
	CreatedAfter             timeFlag `placeholder:"TIME" help:"Created after this time."`
	CreatedBefore            timeFlag `placeholder:"TIME" help:"Created before this time."`
	ClosedAfter              timeFlag `placeholder:"TIME" help:"Closed after this time."`
	ClosedBefore             timeFlag `placeholder:"TIME" help:"Closed before this time."`
	LastMessageCreatedAfter  timeFlag `placeholder:"TIME" help:"Last message created after this time."`
	LastMessageCreatedBefore timeFlag `placeholder:"TIME" help:"Last message created before this time."`
	CSIDs                    []int32  `name:"csids" placeholder:"ID" help:"Conversation ids, instead of a span."`
	exportFlags              `embed:""`
}

type exportMessagesCmd struct {
	CreatedAfter  timeFlag `placeholder:"TIME" help:"Created after this time: 2026-01-31, 2026-01-31T14:00:00Z or Unix milliseconds. The span may have any length."`
	CreatedBefore timeFlag `placeholder:"TIME" help:"Created before this time, by default now. A date includes that day."`
	exportFlags   `embed:""`
}

// Run writes conversations to a file.
func (c *exportConversationsCmd) Run(ctx context.Context, out *output) error {
	return c.run(ctx, out, export.Conversations, c.CSIDs,
		span{"updated", c.UpdatedAfter, c.UpdatedBefore},
		span{"created", c.CreatedAfter, c.CreatedBefore},
		span{"closed", c.ClosedAfter, c.ClosedBefore},
		span{"last-message-created", c.LastMessageCreatedAfter, c.LastMessageCreatedBefore})
}

// Run writes messages to a file.
func (c *exportMessagesCmd) Run(ctx context.Context, out *output) error {
	return c.run(ctx, out, export.Messages, nil, span{"created", c.CreatedAfter, c.CreatedBefore})
}

// run exports for a person who has the token: the capability file does not apply. The export is recorded.
func (f exportFlags) run(ctx context.Context, out *output, what string, csids []int32, spans ...span) error {
	now := time.Now()
	placed, err := f.place(spans)
	if err != nil {
		return usagef("%w; nothing was sent to Dixa", err)
	}
	if err := export.CheckName(f.Out, f.Excel); err != nil {
		return usagef("%w; nothing was sent to Dixa", err)
	}
	job, err := export.NewJob(what, f.exportsFrom(), now, csids, placed...)
	if err != nil {
		return usagef("%w; nothing was sent to Dixa", err)
	}
	job.Excel = f.Excel
	if f.DryRun {
		return f.printWindows(out, job.Windows(now))
	}
	var s system
	defer s.Close()
	client, err := f.client(&s)
	if err != nil {
		return err
	}
	log, err := f.openRecords("export")
	if err != nil {
		return err
	}
	var sent []audit.Operation
	m := newMeter(os.Stderr, redraws(os.Stderr), time.Now)
	done, err := export.Run(ctx, client.With(noting(&sent)), job, export.Options{Out: f.Out, Force: f.Force, Now: now, Report: m.show})
	m.close()
	if unrecorded := errors.Join(exportDeed(job, sent).record(ctx, log, audit.EventRead, err), log.Close()); unrecorded != nil {
		err = errors.Join(err, fmt.Errorf("the export could not be recorded: %w", unrecorded))
	}
	if err == nil {
		err = f.printSummary(out, done)
	}
	return err
}

// span is a pair of flags.
type span struct {
	by            string // export.Span.By
	after, before timeFlag
}

// timeFlag is a date or time as written, nil if the flag was not given.
type timeFlag struct{ written *when.Value }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (f *timeFlag) UnmarshalText(text []byte) error {
	v, err := when.Read(string(text))
	if err != nil {
		return fmt.Errorf("%q: %w", text, err)
	}
	f.written = &v
	return nil
}

// place converts the times to instants. A date begins a span at its beginning, and ends one at its end. Errors name the
// flag.
func (f exportFlags) place(spans []span) ([]export.Span, error) {
	zone := time.Local
	if f.Timezone != "" {
		var err error
		if zone, err = when.Zone(f.Timezone); err != nil {
			return nil, fmt.Errorf("--timezone: %w", err)
		}
	}
	var placed []export.Span
	for _, s := range spans {
		to := export.Span{By: s.by}
		var err error
		if s.after.written != nil {
			if to.After, err = s.after.written.Start(zone); err != nil {
				return nil, fmt.Errorf("--%s-after: %w", s.by, err)
			}
		}
		if s.before.written != nil {
			if to.Before, err = s.before.written.End(zone); err != nil {
				return nil, fmt.Errorf("--%s-before: %w", s.by, err)
			}
		}
		placed = append(placed, to)
	}
	return placed, nil
}

// exportsFrom returns the address that an export reads from, so that no file mixes two organizations.
func (f exportFlags) exportsFrom() string {
	if f.Offline {
		return offline.URL
	}
	return cmp.Or(f.exportsURL(), dixaclient.DefaultExportsURL)
}

// noting collects the requests for the record.
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

// exportDeed is an export, as it is recorded.
func exportDeed(job export.Job, sent []audit.Operation) deed {
	return deed{tool: "export_" + job.What, level: "read", verb: audit.Verb{Past: "exported", Infinitive: "export", Object: job.Words()}, arguments: job, sent: sent}
}

const millis = "2006-01-02T15:04:05.000Z"

func (f exportFlags) printWindows(out *output, windows []export.Window) error {
	if f.JSON {
		return out.json(map[string]any{"windows": windows})
	}
	var rows [][]string
	for i, x := range windows {
		n := strconv.Itoa(i + 1)
		if len(x.CSIDs) > 0 {
			rows = append(rows, []string{n, fmt.Sprintf("%d conversations", len(x.CSIDs)), fmt.Sprintf("from %d", x.CSIDs[0]), fmt.Sprintf("to %d", x.CSIDs[len(x.CSIDs)-1])})
			continue
		}
		rows = append(rows, []string{n, "after " + x.After.Format(millis), "before " + x.Before.Format(millis)})
	}
	out.table(rows)
	out.printf("\nRequests: %d. Dixa accepts ten of them a minute. Nothing was sent.\n", len(windows))
	return nil
}

// printSummary prints what was written to the file.
func (f exportFlags) printSummary(out *output, p export.Progress) error {
	if !f.JSON {
		out.printf("%s\n", summary(p, f.Out))
		return nil
	}
	facts := map[string]any{"file": f.Out, "rows": p.Rows, "bytes": p.Bytes, "windows": p.Windows, "twice": p.Twice}
	if !p.Next.IsZero() {
		facts["next"] = p.Next.UTC().Format(time.RFC3339Nano)
	}
	return out.json(facts)
}

func summary(p export.Progress, out string) string {
	s := fmt.Sprintf("%s: %d rows, %s", out, p.Rows, size(p.Bytes))
	if p.Rows == 0 {
		s = out + ": Dixa has no matching rows, so the file is empty"
	}
	if p.Twice > 0 {
		s += fmt.Sprintf(" (%d were received twice, at the borders of windows, and are in the file once)", p.Twice)
	}
	if strings.EqualFold(filepath.Ext(out), ".csv") && p.Rows > 0 {
		s += ". Texts that a spreadsheet would run as a formula have a ' before them"
	}
	if !p.Next.IsZero() {
		s += ". To continue later, use a start time of " + p.Next.Format(millis)
	}
	return s + "."
}

func size(bytes int64) string {
	if bytes < 1e6 {
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
