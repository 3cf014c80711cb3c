package view

import (
	"strings"

	"dixa-mcp/internal/base/uuid"
)

// Trust says who wrote the text in a field of Dixa's answers.
type Trust byte

const (
	// Untrusted text was written by customers or others outside the organization or often holds their words, or its author
	// is not known.
	Untrusted Trust = iota
	// Trusted text was written by the organization, by Dixa or by the caller.
	Trusted
)

// Fields says of the fields of an answer who wrote their text, by the path from an item, such as "assignment.queue". It
// holds for everything below a path that has no entry of its own. Text in a field without an entry is untrusted, except
// for UUIDs, times and what Dixa makes itself: id and _type.
//
// The object that holds an untrusted text is marked with "untrusted":true. Below a field that has an entry as untrusted
// no object is marked by itself: the mark is next to that field.
type Fields map[string]Trust

// at returns who wrote the text at a path.
func (f Fields) at(path string) Trust {
	if last := path[strings.LastIndexByte(path, '.')+1:]; last == "_type" || last == "id" {
		return Trusted
	}
	for {
		if trust, listed := f[path]; listed {
			return trust
		}
		dot := strings.LastIndexByte(path, '.')
		if dot < 0 {
			return f[""]
		}
		path = path[:dot]
	}
}

// trusting is what is known of the text at the place where a walker is.
type trusting struct {
	trust Trust
	below bool // below a field with an entry as untrusted
}

// enter goes to a property and returns what was known before, and the length of the path before.
func (w *walker) enter(p member) (before trusting, length int) {
	before, length = w.trusting, len(w.path)
	if length > 0 {
		w.path = append(w.path, '.')
	}
	w.path = append(w.path, p.key...)
	if trust, listed := w.fields[string(w.path)]; listed {
		w.trust, w.below = trust, trust == Untrusted
	} else if isString(p.value) && (string(p.key) == "_type" || string(p.key) == "id") { // Dixa makes them
		w.trust = Trusted
	}
	return before, length
}

// leave goes back to where enter was called.
func (w *walker) leave(before trusting, length int) {
	w.trusting, w.path = before, w.path[:length]
}

// noteText takes note of a text that was written out.
func (w *walker) noteText(text []byte) {
	if w.trust == Untrusted && !w.unmarked {
		w.unmarked = !uuid.Is(text) && !isTime(text)
	}
}

// markIfNeeded marks the object that is being written if untrusted text is in it, and leaves that to an object around it
// where that one is marked. before tells what was unmarked before this object.
func (w *walker) markIfNeeded(before bool) {
	if w.unmarked && !w.inMessage && !w.below {
		w.mark()
		w.unmarked = false
	}
	w.unmarked = w.unmarked || before
}

// isTime reports whether s has the form of a time, such as 2021-12-01T12:46:36.581Z, which holds no words.
func isTime(s []byte) bool {
	const form = "0000-00-00T00:00"
	if len(s) < len(form) || len(s) > len("2021-12-01T12:46:36.581000000+01:00") {
		return false
	}
	for i := range len(s) {
		switch {
		case i < len(form) && form[i] != '0':
			if s[i] != form[i] {
				return false
			}
		case i < len(form):
			if !isDigit(s[i]) {
				return false
			}
		case !isDigit(s[i]) && strings.IndexByte(":.+-Z", s[i]) < 0:
			return false
		}
	}
	return true
}
