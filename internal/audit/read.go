package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Read calls each for every record at path, oldest first. The path is the directory with the records of all runs, which
// are merged by time, or one file, which means all parts of its run. An error from each ends the reading and is
// returned. Lines that are no records are passed over and named in the error at the end; a torn last line is not
// worth one. Read does not check hashes: see [Verify].
func Read(path string, each func(Record) error) error {
	runs, err := findRuns(path)
	if err != nil {
		return err
	}
	var m merger
	defer m.close()
	for {
		// A run is opened when its time has come, since a directory may hold hundreds of them.
		for len(runs) > 0 && (len(m.open) == 0 || !runs[0][0].start.After(m.oldest().record.Time)) {
			m.add(runs[0])
			runs = runs[1:]
		}
		if len(m.open) == 0 {
			return m.skipped.err()
		}
		if err := each(m.take()); err != nil {
			return err
		}
	}
}

// merger yields the records of several runs by their time.
type merger struct {
	open    []*cursor
	skipped skipped
}

// cursor reads the records of a run one by one.
type cursor struct {
	record Record
	next   func() (Record, bool)
	stop   func()
}

func (m *merger) add(run []part) {
	c := &cursor{}
	c.next, c.stop = iter.Pull(records(run, &m.skipped))
	m.open = append(m.open, c)
	m.advance(c)
}

func (m *merger) advance(c *cursor) {
	var ok bool
	if c.record, ok = c.next(); !ok {
		m.open = slices.DeleteFunc(m.open, func(o *cursor) bool { return o == c })
	}
}

func (m *merger) oldest() *cursor {
	return slices.MinFunc(m.open, func(a, b *cursor) int { return a.record.Time.Compare(b.record.Time) })
}

func (m *merger) take() Record {
	c := m.oldest()
	r := c.record
	m.advance(c)
	return r
}

func (m *merger) close() {
	for _, c := range m.open {
		c.stop()
	}
}

// skipped counts the lines that could not be read and keeps what was wrong with the first.
type skipped struct {
	lines int
	first error
}

func (s *skipped) add(err error) {
	if s.lines++; s.first == nil {
		s.first = err
	}
}

func (s *skipped) err() error {
	switch s.lines {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("audit records could not all be read: %w", s.first)
	}
	return fmt.Errorf("audit records could not all be read: %w (and %d more)", s.first, s.lines-1)
}

// records yields the records of a run in the order they were written.
func records(run []part, skip *skipped) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for _, p := range run {
			for line, err := range lines(p.path) {
				var r Record
				if err == nil {
					err = json.Unmarshal(line.text, &r)
				}
				switch {
				case err == nil:
					if !yield(r) {
						return
					}
				case line.whole || line.number == 0: // number 0: the file itself could not be read
					skip.add(fmt.Errorf("%s:%d: %w", p.name, line.number, err))
				}
			}
		}
	}
}

// Filter picks records. The zero Filter picks all; what is set must all hold.
type Filter struct {
	Agent, Tool  string
	Key          string    // id of the credential that was used, an agent's or an approver's
	Conversation string    // id, in any argument that names a conversation
	Since, Until time.Time // from Since on, and before Until
	Writes       bool      // only calls that change something
	Refused      bool      // only refusals
}

// Match reports whether the filter picks the record.
func (f Filter) Match(r Record) bool {
	return (f.Agent == "" || f.Agent == r.Agent) &&
		(f.Tool == "" || f.Tool == r.Tool) &&
		(f.Key == "" || f.Key == r.Key || f.Key == r.ApproverKey) &&
		(f.Since.IsZero() || !r.Time.Before(f.Since)) &&
		(f.Until.IsZero() || r.Time.Before(f.Until)) &&
		(!f.Writes || r.Access == "write") &&
		(!f.Refused || r.Event == EventRefused || r.Decision == Refused) &&
		(f.Conversation == "" || names(r.Arguments, f.Conversation))
}

// conversationArguments are the arguments that hold conversation ids; csid is Dixa's other word for one.
var conversationArguments = []string{"conversationId", "conversationIds", "csid", "csids", "csidFilter", "parentId"}

// names reports whether arguments hold the id in an argument for conversations, at any depth.
func names(arguments json.RawMessage, id string) bool {
	if !bytes.Contains(arguments, []byte(id)) {
		return false
	}
	var value any
	dec := json.NewDecoder(bytes.NewReader(arguments))
	dec.UseNumber()
	return dec.Decode(&value) == nil && holds(value, id, false)
}

func holds(value any, id string, conversation bool) bool {
	switch v := value.(type) {
	case map[string]any:
		for name, nested := range v {
			if holds(nested, id, slices.Contains(conversationArguments, name)) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return holds(item, id, conversation) })
	case string:
		return conversation && v == id
	case json.Number:
		return conversation && v.String() == id
	}
	return false
}

// Line returns a record for people: the time of day in loc, then its sentence.
// "14:02:11 triage closed conversation 1234: allowed by agents.triage.allow (Dixa 204, 212 ms)"
func Line(r Record, loc *time.Location) string {
	said := r.Text
	if strings.TrimSpace(said) == "" {
		said = Sentence(r, Verb{})
	}
	return r.Time.In(loc).Format(time.TimeOnly) + " " + printable(said)
}
