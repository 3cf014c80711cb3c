package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
)

// Cursor says how far each run was read, by the run's name. A run that it does not have was not read at all.
type Cursor map[string]Position

// Position is how far the records of a run were read. With Seq alone, it is after the record of that number.
type Position struct {
	Part   int    `json:"part,omitzero"`   // number of the file
	Offset int64  `json:"offset,omitzero"` // bytes read of it
	Line   int    `json:"line,omitzero"`   // lines read of it
	Seq    uint64 `json:"seq,omitzero"`    // number of the last record read
}

// Entry is a record with its place.
type Entry struct {
	Record
	Text   []byte // the line without its newline
	Run    string
	Part   int   // number of the file
	Offset int64 // of the line in the file
	end    Position
}

// Path returns the path of the file that an entry is in, in a directory of records.
func (e Entry) Path(dir string) string { return partPath(dir, e.Run, e.Part) }

// ReadAfter reads the records after a cursor as [Read] does, and moves the cursor behind each record that each took without an error.
func ReadAfter(path string, after Cursor, each func(Entry) error) error {
	runs, err := findRuns(path)
	if err != nil {
		return err
	}
	m := merger{after: after}
	defer m.close()
	for {
		// A run is opened when its time has come, since a directory may hold hundreds of them.
		for len(runs) > 0 && (len(m.open) == 0 || !runs[0][0].start.After(m.oldest().entry.Time)) {
			m.add(runs[0])
			runs = runs[1:]
		}
		if len(m.open) == 0 {
			return m.skipped.err()
		}
		next := m.oldest()
		if err := each(next.entry); err != nil {
			return err
		}
		after[next.run] = next.entry.end
		m.advance(next)
	}
}

// merger yields the records of several runs by their time.
type merger struct {
	after   Cursor
	open    []*reader
	skipped skipped
}

// reader reads the records of a run one by one.
type reader struct {
	run   string
	entry Entry
	at    Position // behind all that was read, also of lines that are no records
	next  func() (Entry, bool)
	stop  func()
}

func (m *merger) add(run []part) {
	r := &reader{run: run[0].run, at: m.after[run[0].run]}
	r.next, r.stop = iter.Pull(r.entries(run, &m.skipped))
	m.open = append(m.open, r)
	m.advance(r)
}

// advance goes to the next record of a run, or closes it. All that was read of it has been given to each by then.
func (m *merger) advance(r *reader) {
	var ok bool
	if r.entry, ok = r.next(); ok {
		return
	}
	if r.at != (Position{}) {
		m.after[r.run] = r.at
	}
	m.open = slices.DeleteFunc(m.open, func(o *reader) bool { return o == r })
}

func (m *merger) oldest() *reader {
	return slices.MinFunc(m.open, func(a, b *reader) int { return a.entry.Time.Compare(b.entry.Time) })
}

func (m *merger) close() {
	for _, r := range m.open {
		r.stop()
	}
}

// entries yields the records of a run after r.at, in the order they were written.
func (r *reader) entries(run []part, skip *skipped) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		known := r.at.Part == 0 // only the number of the last record, which is looked for from the beginning
		for _, p := range run {
			if p.number < r.at.Part {
				continue
			}
			from := Position{Part: p.number, Seq: r.at.Seq}
			if p.number == r.at.Part {
				from = r.at
			}
			for line, err := range linesFrom(p.path, from) {
				if err == nil && !line.whole {
					break // it may still be written
				}
				e := Entry{Run: p.run, Part: p.number, Offset: line.offset, Text: line.text}
				if err == nil {
					err = json.Unmarshal(line.text, &e.Record)
				}
				if line.number > 0 {
					r.at = Position{p.number, line.offset + int64(len(line.text)) + 1, line.number, max(r.at.Seq, e.Seq)}
				}
				switch {
				case errors.Is(err, fs.ErrNotExist): // removed since the directory was listed
				case err != nil: // number 0: the file itself could not be read
					skip.add(fmt.Errorf("%s:%d: %w", p.name, line.number, err))
				case known && e.Seq <= from.Seq:
				default:
					if e.end = r.at; !yield(e) {
						return
					}
				}
			}
		}
	}
}
