package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
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
	named, heads := map[string]bool{}, make([]Head, len(runs))
	for i, run := range runs {
		first, last := ends(run[0].path)
		named[first.Prev] = true
		for _, h := range first.Heads {
			named[h.Hash] = true
		}
		if heads[i] = (Head{run[0].name, last.Hash}); len(run) > 1 {
			heads[i], _ = headOf(run)
		}
	}
	for _, h := range slices.Backward(heads) {
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
func firstRecord(path string) Record {
	first, _ := ends(path)
	return first
}

// lastRecord returns the record in the last whole line of a file, or the zero Record if none can be read: a new run
// starts all the same.
func lastRecord(path string) Record {
	_, last := ends(path)
	return last
}

// ends returns the records that [firstRecord] and [lastRecord] do. A directory may hold thousands of files, so that a short one is
// opened and read once.
func ends(path string) (first, last Record) {
	f, err := os.Open(path)
	if err != nil {
		return first, last
	}
	defer f.Close()
	const few = 4 << 10 // bytes, which most lines and many files are shorter than
	data := make([]byte, few)
	n, err := f.ReadAt(data, 0)
	whole := errors.Is(err, io.EOF)
	if err != nil && !whole {
		return first, last
	}
	data = data[:n]
	line, _, ended := bytes.Cut(data, []byte("\n"))
	if !ended && !whole {
		line, err = bufio.NewReader(io.NewSectionReader(f, 0, math.MaxInt64)).ReadBytes('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) || json.Unmarshal(line, &first) != nil {
		first = Record{}
	}
	if whole {
		last, _ = lastIn(data, true)
		return first, last
	}
	return first, lastOf(f, few)
}

// lastOf returns the record in the last whole line of a file that is longer than a window. A line that is longer than the last window
// is not looked for.
func lastOf(f *os.File, window int64) Record {
	info, err := f.Stat()
	if err != nil {
		return Record{}
	}
	for ; window <= 1<<20; window *= 16 {
		from := max(0, info.Size()-window)
		data := make([]byte, info.Size()-from)
		n, err := f.ReadAt(data, from)
		if err != nil && !errors.Is(err, io.EOF) {
			return Record{}
		}
		if r, found := lastIn(data[:n], from == 0); found {
			return r
		}
	}
	return Record{}
}

// lastIn returns the record in the last whole line of data, the zero Record if it cannot be read. It is not found if the line may begin
// before the data, which it does not where they are the whole file.
func lastIn(data []byte, whole bool) (r Record, found bool) {
	data = bytes.TrimSuffix(data[:bytes.LastIndexByte(data, '\n')+1], []byte("\n")) // without a torn line
	start := bytes.LastIndexByte(data, '\n') + 1
	if start == 0 && !whole {
		return Record{}, false
	}
	if json.Unmarshal(data[start:], &r) != nil {
		r = Record{}
	}
	return r, true
}
