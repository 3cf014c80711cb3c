package audit

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"slices"
)

// Head is the newest record of a run, as a later run found it.
type Head struct {
	File string `json:"file"` // the part that the record is in
	Hash string `json:"hash"`
}

// findHeads looks at all runs in the directory. follows is the head of the newest run that has one; others are the heads
// of further runs that no run has named, which is so for those that began or went on since the last one started. Named by
// the next run, none of them can be cut off unseen.
func findHeads(dir string) (follows Head, others []Head, err error) {
	runs, err := findRuns(dir)
	if err != nil {
		return Head{}, nil, err
	}
	named := map[string]bool{}
	for _, run := range runs {
		first := firstRecord(run[0].path)
		named[first.Prev] = true
		for _, h := range first.Heads {
			named[h.Hash] = true
		}
	}
	for _, run := range slices.Backward(runs) {
		h, _ := headOf(run)
		switch {
		case h.Hash == "":
		case follows.Hash == "":
			follows = h
		case !named[h.Hash]:
			others = append(others, h)
		}
	}
	slices.Reverse(others) // oldest first
	return follows, others, nil
}

// headOf returns the newest record of a run and its event, or the zero Head if no record can be read.
func headOf(run []part) (Head, Event) {
	for _, p := range slices.Backward(run) {
		if r := lastRecord(p.path); r.Hash != "" {
			return Head{p.name, r.Hash}, r.Event
		}
	}
	return Head{}, ""
}

// firstRecord returns the record in the first line of a file, or the zero Record if it cannot be read.
func firstRecord(path string) (r Record) {
	for line, err := range lines(path) {
		if err != nil || json.Unmarshal(line.text, &r) != nil {
			return Record{}
		}
		return r
	}
	return Record{}
}

// lastRecord returns the record in the last whole line of a file, or the zero Record if none can be read: a new run
// starts all the same.
func lastRecord(path string) Record {
	f, err := os.Open(path)
	if err != nil {
		return Record{}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Record{}
	}
	// Most lines are short, and a directory may hold thousands of files. A line longer than the last window is not looked for.
	for window := int64(4 << 10); window <= 1<<20; window *= 16 {
		from := max(0, info.Size()-window)
		data, err := io.ReadAll(io.NewSectionReader(f, from, info.Size()-from))
		if err != nil {
			return Record{}
		}
		data = bytes.TrimSuffix(data[:bytes.LastIndexByte(data, '\n')+1], []byte("\n")) // without a torn line
		start := bytes.LastIndexByte(data, '\n') + 1
		var r Record
		if json.Unmarshal(data[start:], &r) == nil && (start > 0 || from == 0) {
			return r
		}
		if start > 0 || from == 0 {
			return Record{} // the whole line was there
		}
	}
	return Record{}
}
