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

// tailPause is the time between two reads of the directory.
const tailPause = 300 * time.Millisecond

type auditTailCmd struct {
	Follow      bool `short:"f" help:"Print new records as they are written, until ctrl-C."`
	Lines       int  `short:"n" default:"20" help:"Number of records to print first."`
	JSON        bool `name:"json" help:"Print the records as in the file, one JSON object a line."`
	recordFlags `embed:""`
}

// Run prints the newest records, and new ones.
func (c *auditTailCmd) Run(ctx context.Context, out *output) error {
	if c.Lines < 0 {
		return usagef("--lines must be 0 or more, not %d; nothing was read", c.Lines)
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
		if info, err := os.Stat(name); err == nil { // a file that is gone has no end
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

// added prints the complete lines of one file after what was read of it.
func (c *auditTailCmd) added(out *output, name string, read map[string]int64) error {
	f, err := os.Open(name)
	if err != nil {
		return nil // it was removed meanwhile
	}
	defer f.Close()
	if _, err := f.Seek(read[name], io.SeekStart); err != nil {
		return err
	}
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil // the next call reads the rest of the line
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

// told reports whether a record is printed for people. Intents are not, since the outcome says more. Starts and stops are
// only in the JSON.
func told(r audit.Record) bool {
	return r.Event != audit.EventIntent && r.Event != audit.EventStart && r.Event != audit.EventStop
}
