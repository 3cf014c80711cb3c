package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"time"

	"dixa-mcp/internal/audit"
)

// tailPause is how often the folder is looked at.
const tailPause = 300 * time.Millisecond

type auditTailCmd struct {
	Follow      bool `short:"f" help:"Print new records as they come, until ctrl-C."`
	Lines       int  `short:"n" default:"20" help:"Number of records to begin with."`
	JSON        bool `name:"json" help:"Print the records as they are in the file, one JSON object a line."`
	recordFlags `embed:""`
}

// Run prints the newest records, and what comes.
func (c *auditTailCmd) Run(ctx context.Context, out *output) error {
	if c.Lines < 0 {
		return usagef("--lines must not be negative, not %d", c.Lines)
	}
	dir, err := c.dir()
	if err != nil {
		return err
	}
	read := map[string]int64{} // how far each file was read
	if err := ends(dir, read); err != nil {
		return err
	}
	var last []audit.Record
	err = audit.Read(dir, func(r audit.Record) error {
		if told(r) {
			last = append(last, r)
			last = last[max(0, len(last)-max(c.Lines, 0)):]
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range last {
		if err := c.print(out, r); err != nil {
			return err
		}
	}
	for c.Follow && out.err == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(tailPause):
		}
		if err := c.more(out, dir, read); err != nil {
			return err
		}
	}
	return nil
}

func (c *auditTailCmd) print(out *output, r audit.Record) error {
	if c.JSON {
		return out.jsonLine(r)
	}
	out.printf("%s\n", audit.Line(r, time.Local))
	return out.err
}

// ends notes where each file ends.
func ends(dir string, read map[string]int64) error {
	files, err := filepath.Glob(filepath.Join(dir, "audit-*.jsonl"))
	for _, name := range files {
		if info, err := os.Stat(name); err == nil { // one that is gone has no end
			read[name] = info.Size()
		}
	}
	return err
}

// more prints what was added to the files since.
func (c *auditTailCmd) more(out *output, dir string, read map[string]int64) error {
	files, err := filepath.Glob(filepath.Join(dir, "audit-*.jsonl"))
	if err != nil {
		return err
	}
	for _, name := range files {
		if err := c.added(out, name, read); err != nil {
			return err
		}
	}
	return nil
}

// added prints the whole lines of one file behind what was read of it.
func (c *auditTailCmd) added(out *output, name string, read map[string]int64) error {
	f, err := os.Open(name)
	if err != nil {
		return nil // it was taken away meanwhile
	}
	defer f.Close()
	if _, err := f.Seek(read[name], io.SeekStart); err != nil {
		return err
	}
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil // the rest of a line comes with the next look
		}
		read[name] += int64(len(line))
		var r audit.Record
		if json.Unmarshal(line, &r) == nil && told(r) {
			if err := c.print(out, r); err != nil {
				return err
			}
		}
	}
}

// told is false for what says nothing to people: the outcome says more than the intent, and starts and stops are in
// the JSON.
func told(r audit.Record) bool {
	return r.Event != audit.EventIntent && r.Event != audit.EventStart && r.Event != audit.EventStop
}
