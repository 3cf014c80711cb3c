package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/atomicfile"
	"dixa-mcp/internal/base/pause"
)

// tailPause is the time between two reads of the directory.
const tailPause = 300 * time.Millisecond

type auditTailCmd struct {
	Follow      bool     `short:"f" help:"Print new records as they are written, until ctrl-C. Waits for the first record where there is none."`
	Lines       int      `short:"n" default:"20" help:"Number of records to print first; not with --after or --cursor."`
	After       []string `placeholder:"SEQ" help:"Print what was written after this record: a number of the newest run, or RUN:SEQ of any run, also several."`
	Cursor      string   `placeholder:"FILE" help:"Print what was written since the last time, as this file says, and keep it there. Without the file, everything."`
	JSON        bool     `name:"json" help:"Print all records as in the file, one JSON object a line."`
	recordFlags `embed:""`
}

// Run prints the newest records, and new ones.
func (c *auditTailCmd) Run(ctx context.Context, out *output) error {
	switch {
	case c.Lines < 0:
		return usagef("--lines must be 0 or more, not %d; nothing was read", c.Lines)
	case c.After != nil && c.Cursor != "":
		return usagef("--after and --cursor cannot be given together: each says where to begin; nothing was read")
	}
	after, err := parseAfter(c.After)
	if err != nil {
		return err
	}
	dir, err := c.dir()
	if c.Follow && errors.Is(err, fs.ErrNotExist) {
		dir, err = c.wait(ctx)
	}
	if err != nil || dir == "" {
		return err
	}
	read, before, err := c.begin(out, dir, after)
	for err == nil && out.err == nil {
		if err = c.more(out, dir, read, before); err != nil || !c.Follow {
			return err
		}
		before = nil
		if pause.For(ctx, tailPause) != nil {
			return nil
		}
	}
	return err
}

// wait waits for the directory of records. It returns "" when ctx is done.
func (c *auditTailCmd) wait(ctx context.Context) (string, error) {
	fmt.Fprintln(os.Stderr, "No records yet: waiting for the first one.")
	for {
		if pause.For(ctx, tailPause) != nil {
			return "", nil
		}
		if dir, err := c.dir(); !errors.Is(err, fs.ErrNotExist) {
			return dir, err
		}
	}
}

// afterRecord is a value of --after.
type afterRecord struct {
	run string // "" for the newest
	seq uint64
}

func parseAfter(values []string) ([]afterRecord, error) {
	var after []afterRecord
	for _, v := range values {
		run, number := "", v
		if i := strings.LastIndexByte(v, ':'); i >= 0 {
			run, number = v[:i], v[i+1:]
		}
		seq, err := strconv.ParseUint(number, 10, 64)
		if err != nil || run == "" && len(values) > 1 {
			return nil, usagef("--after must be the seq of a record, such as 41, or RUN:SEQ where there are several, such as 20260131T140000.000Z-4711:41, not %q; nothing was read", v)
		}
		after = append(after, afterRecord{run, seq})
	}
	return after, nil
}

// begin returns where to begin, and which of the records there are not to be printed. Where nothing says so, it prints the
// newest records and begins behind them.
func (c *auditTailCmd) begin(out *output, dir string, after []afterRecord) (read audit.Cursor, before func(audit.Entry) bool, err error) {
	switch {
	case c.Cursor != "":
		read, err = readCursor(c.Cursor)
		return read, nil, err
	case after != nil:
		before, err = beforeRecords(dir, after)
		return audit.Cursor{}, before, err
	}
	read = audit.Cursor{}
	var last []audit.Entry
	err = audit.ReadAfter(dir, read, func(e audit.Entry) error {
		if c.JSON || told(e.Record) {
			last = append(last, e)
			last = last[max(0, len(last)-c.Lines):]
		}
		return nil
	})
	if err = warnSkipped(err); err != nil {
		return nil, nil, err
	}
	for _, e := range last {
		if err := c.print(out, e); err != nil {
			return nil, nil, err
		}
	}
	return read, nil, nil
}

// beforeRecords returns what tells the records up to these, in their runs, and those of the same time or earlier in other runs.
func beforeRecords(dir string, after []afterRecord) (func(audit.Entry) bool, error) {
	runs, err := audit.Runs(dir)
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, nil
	}
	last := map[string]uint64{}
	for _, a := range after {
		last[cmp.Or(a.run, runs[len(runs)-1])] = a.seq
	}
	newest := map[string]uint64{} // of the runs that were named
	var at time.Time
	err = warnSkipped(audit.ReadAfter(dir, audit.Cursor{}, func(e audit.Entry) error {
		if seq, named := last[e.Run]; named {
			newest[e.Run] = e.Seq
			if e.Seq <= seq && e.Time.After(at) {
				at = e.Time
			}
		}
		return nil
	}))
	for run, seq := range last {
		switch n, known := newest[run]; {
		case err != nil:
		case !known:
			err = usagef("--after names the run %q, which is not in %s; nothing was printed", run, dir)
		case seq > n:
			err = usagef("--after %d: the newest record of the run %s is %d; nothing was printed", seq, run, n)
		}
	}
	return func(e audit.Entry) bool {
		seq, named := last[e.Run]
		return named && e.Seq <= seq || !named && !e.Time.After(at)
	}, err
}

// readCursor reads the file of --cursor. Without a file nothing was read yet.
func readCursor(file string) (audit.Cursor, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return audit.Cursor{}, nil
	}
	cursor := audit.Cursor{}
	if err == nil {
		err = json.Unmarshal(text, &cursor)
	}
	if err != nil {
		return nil, fmt.Errorf("--cursor: %s cannot be used: %w; delete it to begin with the first record; nothing was read", file, err)
	}
	return cursor, nil
}

// cursorEvery is how often the cursor is kept while much is printed.
const cursorEvery = time.Second

// more prints what was added after the cursor but for what was before, moves the cursor, and keeps it.
func (c *auditTailCmd) more(out *output, dir string, read audit.Cursor, before func(audit.Entry) bool) error {
	moved, kept := false, time.Now()
	err := audit.ReadAfter(dir, read, func(e audit.Entry) error {
		if moved && time.Since(kept) > cursorEvery {
			kept = time.Now()
			if err := c.keep(read); err != nil {
				return err
			}
		}
		moved = true
		if before != nil && before(e) || !c.JSON && !told(e.Record) {
			return nil
		}
		return c.print(out, e)
	})
	err = warnSkipped(err)
	if moved {
		err = errors.Join(err, c.keep(read))
	}
	return err
}

// keep writes the cursor to the file of --cursor.
func (c *auditTailCmd) keep(read audit.Cursor) error {
	if c.Cursor == "" {
		return nil
	}
	text, err := json.Marshal(read)
	if err == nil {
		err = atomicfile.Write(c.Cursor, append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("--cursor could not be written, so that the last records will be printed again: %w", err)
	}
	return nil
}

// warnSkipped prints which lines are no records, and returns any other error.
func warnSkipped(err error) error {
	if skipped, ok := errors.AsType[*audit.SkippedError](err); ok {
		fmt.Fprintln(os.Stderr, skipped)
		return nil
	}
	return err
}

func (c *auditTailCmd) print(out *output, e audit.Entry) error {
	if c.JSON {
		_, _ = out.Write(append(bytes.Clone(e.Text), '\n')) // as it is in the file, so that its hash can be checked
		return out.err
	}
	out.printf("%s\n", audit.Line(e.Record, time.Local))
	return out.err
}

// told reports whether a record is printed for people. Intents are not, since the outcome says more. Starts and stops are
// only in the JSON.
func told(r audit.Record) bool {
	return r.Event != audit.EventIntent && r.Event != audit.EventStart && r.Event != audit.EventStop
}
