// Package journal remembers for an hour which calls wrote to Dixa, and how far they got.
//
// It serves the repeat guard, which answers the same call within two minutes with the first result; calls that a crash
// interrupted, which the next call of the same kind is told; and taking back what was done. It decides nothing about access
// and is no record: that is the audit log.
package journal

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

const (
	// Kept is how long after its last change an entry is remembered.
	Kept = time.Hour
	// Window is how long after its end a call stands for the same call.
	Window = 2 * time.Minute
	// MostOfAgent is how many entries of one agent are remembered. The oldest make room.
	MostOfAgent = 500
	// MostPrivate is the maximum size of the private part of an entry, in bytes.
	MostPrivate = 64 << 10
)

// OutcomeDone is the outcome of a call that did all that it was made for, as in the audit log.
const OutcomeDone = "done"

// State is how far a step of a call got.
type State string

// The states of a step. One that was not begun has none.
const (
	Sent    State = "sent"     // the request is about to leave, or has left
	Done    State = "done"     //
	NotDone State = "not_done" // Dixa refused it, or it was not sent
	Unknown State = "unknown"  // Dixa may or may not have done it
)

// Wrote reports whether something may have been done at Dixa.
func (s State) Wrote() bool { return s != "" && s != NotDone }

// Step is one operation of a call that writes.
type Step struct {
	Operation string          `json:"operation"`
	State     State           `json:"state,omitzero"`
	Detail    json.RawMessage `json:"-"` // what is needed to take it back; private
}

// Entry is one call that writes. Its private part is the answer and the details of the steps: other stores than that in
// memory encrypt it.
type Entry struct {
	Call    string        `json:"call"`           // id of the call in the audit log
	Agent   string        `json:"agent"`          // who made it
	Key     string        `json:"key,omitzero"`   // and with which credential
	Tool    string        `json:"tool"`           //
	Digest  string        `json:"digest"`         // of who made it, the tool and the arguments: what makes two calls the same
	Rules   string        `json:"rules,omitzero"` // digest of the capability file in force
	Changes []string      `json:"changes"`        // what it changes: "conversation:1234", "customer:<uuid>"
	Names   []string      `json:"names,omitzero"` // what else it names, and is forgotten with
	Within  time.Duration `json:"within"`         // a call that has not ended so long after its last change was interrupted
	Begun   time.Time     `json:"begun"`          // given by Begin
	Changed time.Time     `json:"changed"`        // given by Begin and Save
	Ended   time.Time     `json:"ended,omitzero"` // given by Save
	Outcome string        `json:"outcome,omitzero"`
	Steps   []Step        `json:"steps"`
	Answer  string        `json:"-"` // private; "" where it was too long

	Resumes     bool `json:"-"` // it finds out itself what an interrupted one did, which therefore does not stand for it
	Interrupted bool `json:"-"` // it did not end: its process is gone, or its time is over. Given by the store
	Overtaken   bool `json:"-"` // another call wrote to what it changes after it began. Given by the store
}

// Wrote reports whether the call may have done something at Dixa.
func (e *Entry) Wrote() bool {
	return slices.ContainsFunc(e.Steps, func(s Step) bool { return s.State.Wrote() })
}

// Store remembers calls. It is safe for concurrent use, also by several processes.
type Store interface {
	// Begin notes a call before anything is sent for it. If another call stands for it (see Find), it is returned and nothing
	// is noted, unless the call is to be made again nevertheless, or resumes one that was interrupted. Of several same calls at once,
	// exactly one begins.
	Begin(ctx context.Context, e Entry, again bool) (same *Entry, err error)

	// Find returns the call that stands for another one with this digest, nil where there is none: it runs, it was
	// interrupted after it wrote and was not made again since, or it was done within [Window] and no other call has written to
	// what it changes since.
	Find(ctx context.Context, digest string) (*Entry, error)

	// Save stores how far a call got: its steps and, once it has ended, outcome and answer. A call that ended without having
	// written is forgotten. It does nothing for a call that was forgotten meanwhile.
	Save(ctx context.Context, e Entry) error

	// Recent returns the calls that an agent made with a credential, newest first.
	Recent(ctx context.Context, agent, key string) ([]Entry, error)

	// About returns the calls that change or name any of these, newest first.
	About(ctx context.Context, things ...string) ([]Entry, error)

	// Forget deletes all calls that change or name any of these, except one.
	Forget(ctx context.Context, except string, things ...string) error
}

var errIncomplete = errors.New("journal: an entry needs its call, agent, tool, digest and time limit")

// Check refuses an entry that cannot begin.
func (e *Entry) Check() error {
	if e.Call == "" || e.Agent == "" || e.Tool == "" || e.Digest == "" || e.Within <= 0 {
		return errIncomplete
	}
	return nil
}

// Start gives a new entry its times.
func (e *Entry) Start(now time.Time) {
	e.Begun, e.Changed, e.Ended, e.Outcome = now.UTC(), now.UTC(), time.Time{}, ""
	e.Interrupted, e.Overtaken = false, false
}

// Progress takes over from e how far a call got, and reports whether it is to be remembered.
func (e *Entry) Progress(from Entry, now time.Time) bool {
	e.Steps, e.Outcome, e.Answer, e.Changed = from.Steps, from.Outcome, from.Answer, now.UTC()
	if e.Outcome == "" {
		return true
	}
	if e.Ended.IsZero() {
		e.Ended = e.Changed
	}
	return e.Wrote()
}

// Age brings an entry up to the time and reports whether it is still remembered. alive says whether its process is.
func (e *Entry) Age(now time.Time, alive bool) bool {
	e.Interrupted = e.Outcome == "" && (!alive || now.After(e.Changed.Add(e.Within)))
	return now.Before(e.Changed.Add(Kept))
}

// Yields reports whether an entry that is about to begin does not, since another one stands for it; nil is none. again says
// that it is made again nevertheless.
func (e *Entry) Yields(to *Entry, again bool) bool {
	return to != nil && !again && !(e.Resumes && to.Interrupted)
}

// Same returns the entry that stands for a call among those with its digest, newest first; nil for none.
func Same(list []Entry, now time.Time) *Entry {
	for i := range list {
		e := &list[i]
		switch {
		case e.Interrupted && (i > 0 || !e.Wrote()): // it was made again since, or can be
		case e.Outcome == "":
			return e
		case e.Outcome == OutcomeDone && !e.Overtaken && now.Before(e.Ended.Add(Window)):
			return e
		}
	}
	return nil
}

// Trim leaves out of the private part what is too large: details that are too large by themselves, otherwise the answer.
func (e *Entry) Trim() {
	size := 0
	for _, s := range e.Steps {
		size += len(s.Detail)
	}
	if size > MostPrivate {
		e.Steps, size = slices.Clone(e.Steps), 0
		for i := range e.Steps {
			e.Steps[i].Detail = nil
		}
	}
	if size+len(e.Answer) > MostPrivate {
		e.Answer = ""
	}
}
