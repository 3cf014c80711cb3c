package capability

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Note is a remark about a place in the file.
type Note struct {
	Line, Column int    // counted from 1; 0 when unknown
	Key          string // the path of the key, such as agents.triage.allow; "" for the file as a whole
	Text         string
}

// FileError lists everything that is wrong with a capability file, in the order of the lines. None of the file is in
// force.
type FileError struct {
	File     string
	Problems []Note // at least one
}

// Error gives each problem a line: file:line:column: key: what is wrong.
func (e *FileError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.In(e.File)
	}
	return strings.Join(lines, "\n")
}

// String writes the note as "line 28: agents.support: text", for where the file is named already.
func (n Note) String() string {
	return strings.TrimPrefix(Note{Key: n.Key, Text: n.Text}.In(fmt.Sprintf("line %d", n.Line)), "line 0: ")
}

// In writes the note as file:line:column: key: text, leaving out what is unknown.
func (n Note) In(file string) string {
	var b strings.Builder
	b.WriteString(file)
	for _, number := range []int{n.Line, n.Column} {
		if number > 0 {
			fmt.Fprintf(&b, ":%d", number)
		}
	}
	if n.Key != "" {
		b.WriteString(": " + n.Key)
	}
	return b.String() + ": " + n.Text
}

func sortNotes(notes []Note) []Note {
	slices.SortStableFunc(notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return notes
}
