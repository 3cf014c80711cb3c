package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Read calls each for every record at path, oldest first. The path is the directory with the records of all runs, which
// are merged by time, or one file, which means all parts of its run. An error from each ends the reading and is
// returned. Lines that are no records are passed over and named in the error at the end; a torn last line is not
// worth one. Read does not check hashes: see [Verify].
func Read(path string, each func(Record) error) error {
	return ReadAfter(path, Cursor{}, func(e Entry) error { return each(e.Record) })
}

// SkippedError reports lines that are no records. All others were read.
type SkippedError struct {
	Lines int
	First error // what is wrong with the first of them
}

// Error names the first line, and the number of the others.
func (e *SkippedError) Error() string {
	if e.Lines == 1 {
		return fmt.Sprintf("audit records could not all be read: %v", e.First)
	}
	return fmt.Sprintf("audit records could not all be read: %v (and %d more)", e.First, e.Lines-1)
}

// Unwrap returns what is wrong with the first line.
func (e *SkippedError) Unwrap() error { return e.First }

// skipped counts the lines that could not be read and keeps what was wrong with the first.
type skipped SkippedError

func (s *skipped) add(err error) {
	if s.Lines++; s.First == nil {
		s.First = err
	}
}

func (s *skipped) err() error {
	if s.Lines == 0 {
		return nil
	}
	return (*SkippedError)(s)
}

// Runs returns the names of the runs in a directory, oldest first.
func Runs(dir string) ([]string, error) {
	runs, err := findRuns(dir)
	names := make([]string, len(runs))
	for i, run := range runs {
		names[i] = run[0].run
	}
	return names, err
}

// Filter picks records. The zero Filter picks all; what is set must all hold.
type Filter struct {
	Agent, Tool  string
	Person       string    // e-mail address, or subject at the provider
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
		(f.Person == "" || strings.EqualFold(f.Person, r.Person) || r.Person == "subject "+f.Person) &&
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
func names(arguments Arguments, id string) bool {
	return bytes.Contains(arguments.text, []byte(id)) && slices.Contains(conversations(arguments), id)
}

// Conversations returns the ids of conversations in the record's arguments, at any depth.
func (r *Record) Conversations() []string { return conversations(r.Arguments) }

func conversations(arguments Arguments) []string {
	return conversationsIn(arguments.Values(), false, nil)
}

func conversationsIn(value any, named bool, ids []string) []string {
	switch v := value.(type) {
	case map[string]any:
		for name, nested := range v {
			ids = conversationsIn(nested, slices.Contains(conversationArguments, name), ids)
		}
	case []any:
		for _, item := range v {
			ids = conversationsIn(item, named, ids)
		}
	case string:
		if named {
			ids = append(ids, v)
		}
	case json.Number:
		if named {
			ids = append(ids, v.String())
		}
	}
	return ids
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
