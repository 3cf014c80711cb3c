// Package audit keeps the record of every call: who asked for what, where, and what was decided.
//
// Records are JSON lines. A process writes files of its own, audit-<start, UTC>-<process id>-<part>.jsonl, so
// several processes share one directory without disturbing each other; together, the parts of one process are a run.
// Each record carries the hash of the one before it, through all parts of a run. The first record of a run carries the
// name of the run, the head of the run before it, and the heads of all other runs that no run has named so far. [Verify]
// finds what was altered, removed, reordered or renamed.
//
// The chain shows damage and careless editing; whoever can write the directory can also compute a new chain. Records
// that were written after the newest run began can be cut off unseen, unless a head ([Log.Head]) is known from another
// place ([ExpectHead]); a run that has no stop record at its end is reported.
//
// Records hold ids, numbers and decisions. Text goes through [Reduce] first and is never written.
// Files are kept until [Log.Remove] removes those that are older than the operator wants them kept. It records what it removes, so
// that Verify can tell it from what was removed otherwise.
package audit

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"dixa-mcp/internal/base/safetext"
)

// Event says what a record is about.
type Event string

// The events of a call and of the process. A write is two records of one call, the intent before anything is sent
// and the outcome after it; a read or a refusal is one.
const (
	EventIntent   Event = "intent"
	EventOutcome  Event = "outcome"
	EventRead     Event = "read"
	EventRefused  Event = "refused"
	EventStart    Event = "start"    // written by Open
	EventStop     Event = "stop"     // written by Close
	EventWaiting  Event = "waiting"  // for a person's approval
	EventApproved Event = "approved" // a person approved a call that waits; written before it takes effect
	EventDenied   Event = "denied"   // a person denied it
	EventReload   Event = "reload"
	EventFreeze   Event = "freeze"
	EventThaw     Event = "thaw"
	EventRemoved  Event = "removed" // files older than is kept are removed; the first record of its file

	EventKeyMade    Event = "key_made" // a key that is bound to one conversation
	EventKeyRevoked Event = "key_revoked"

	EventSignIn        Event = "sign_in"         // a person signed in with a client, or to the console
	EventSignInRefused Event = "sign_in_refused" // a client did not get what it asked for, or a sign-in to the console was refused
	EventSignInEnded   Event = "sign_in_ended"
	EventClient        Event = "client_registered"
)

// Decisions, as in [Record].Decision.
const (
	Allowed = "allowed"
	Refused = "refused"
)

// Outcomes, as in [Record].Outcome (all but OutcomeNotDone) and [Operation].Outcome (done, not done, unknown).
const (
	OutcomeDone      = "done"
	OutcomeNotDone   = "not_done"
	OutcomeFailed    = "failed"
	OutcomeRefused   = "refused"
	OutcomeUnknown   = "unknown" // Dixa may or may not have done it
	OutcomeCancelled = "cancelled"
	OutcomeWaiting   = "waiting"
)

// Recorder keeps records: a [Log], or a [Fold] before it. An error means that nothing was recorded.
type Recorder interface {
	Write(context.Context, Record) error
}

// Record is one line. Fields have this order; empty ones are omitted.
type Record struct {
	Time      time.Time `json:"time"` // UTC, RFC 3339 with milliseconds; Write fills in a zero one
	Seq       uint64    `json:"seq"`  // from 1, within one run; set by Write
	Event     Event     `json:"event"`
	Call      string    `json:"call,omitempty"` // from NewCallID; the same in intent and outcome
	Agent     string    `json:"agent,omitempty"`
	Key       string    `json:"key,omitempty"`     // id of the credential, never the credential
	Person    string    `json:"person,omitempty"`  // for whom the agent acts: an employee's verified e-mail address, or their subject at the provider; of a sign-in to the console, the name in the capability file
	Bound     int64     `json:"bound,omitempty"`   // the only conversation that exists for the key; 0 where it is not bound to one
	Client    string    `json:"client,omitempty"`  // of a sign-in: the program that people use
	Session   string    `json:"session,omitempty"` // of a sign-in, as dixa-mcp sessions list prints it
	Tool      string    `json:"tool,omitempty"`
	Access    string    `json:"access,omitempty"` // "read" or "write"
	Level     string    `json:"level,omitempty"`  // "read", "write", "send" or "erase"
	Arguments Arguments `json:"arguments,omitzero"`
	// Names are what the organization calls things that arguments name by their ids, by the arguments' paths; no customers.
	Names       map[string]string `json:"names,omitempty"`
	Decision    string            `json:"decision,omitempty"`
	Rule        string            `json:"rule,omitempty"`        // what decided: "agents.triage.allow (capabilities.yaml:31)"
	Step        string            `json:"step,omitempty"`        // of an intent that is one step of a plan: "2/4 transfer_conversation"
	Job         string            `json:"job,omitempty"`         // of a change of many conversations that it is a part of: "B-7K2Q"
	Reason      string            `json:"reason,omitempty"`      // why it was refused, where it was not the capability file
	Confirm     string            `json:"confirm,omitempty"`     // the line of the file that requires a person's approval
	Approval    string            `json:"approval,omitempty"`    // number of the waiting call that a person decided about: "A-7K2Q"
	Approver    string            `json:"approver,omitempty"`    // who approved it
	ApproverKey string            `json:"approverKey,omitempty"` // id of the approver's key
	Sender      string            `json:"sender,omitempty"`      // the approver who had it carried out, in place of the agent
	Edited      *Edited           `json:"edited,omitempty"`      // the approver changed the text; nil where not
	FileDigest  string            `json:"fileDigest,omitempty"`  // of the capability file in force
	Operations  []Operation       `json:"operations,omitempty"`  // what was sent to Dixa, in order
	Withheld    int               `json:"withheld,omitempty"`    // items that were taken out of the answer, unsaid
	Tokens      int               `json:"tokens,omitempty"`      // size of the answer
	Repeated    int               `json:"repeated,omitempty"`    // how many equal refusals it summarizes, by Fold
	Outcome     string            `json:"outcome,omitempty"`
	Text        string            `json:"text,omitempty"`    // the sentence in plain English
	Run         string            `json:"run,omitempty"`     // first record of a run only: its name, which its files have in theirs
	Follows     string            `json:"follows,omitempty"` // first record of a run only: the file whose head Prev is
	Heads       []Head            `json:"heads,omitempty"`   // first record of a run only: heads of earlier runs that no run had named
	Removed     []Head            `json:"removed,omitempty"` // heads of removed files that are still named by what remains
	Prev        string            `json:"prev,omitempty"`    // Hash of the record before; set by Write
	Hash        string            `json:"hash,omitempty"`    // of this line without its hash; set by Write
}

// IsRefusal reports whether a call was refused, by this program or by Dixa.
func (r *Record) IsRefusal() bool {
	return r.Event == EventRefused || r.Decision == Refused || r.Outcome == OutcomeRefused
}

// EndsCall reports whether the record is the last of an agent's call.
func (r *Record) EndsCall() bool {
	return r.Event == EventOutcome || r.Event == EventRead || r.Event == EventRefused || r.Event == EventWaiting
}

// Operation is one request to Dixa made for a call, with its retries.
type Operation struct {
	Operation string `json:"operation"`          // "close_conversation"
	Status    int    `json:"status,omitempty"`   // HTTP; 0 when no answer came
	Request   string `json:"request,omitempty"`  // Dixa's id of the last request, where it gives one
	Millis    int64  `json:"ms"`                 // with queue and retries
	Attempts  int    `json:"attempts,omitempty"` // requests sent
	Outcome   string `json:"outcome"`            // done, not_done or unknown
	Error     string `json:"error,omitempty"`    // short, without the customer's text
	Read      bool   `json:"-"`                  // it changes nothing

	// Of a file of a message that was fetched; its conversation is in the arguments.
	Message    string `json:"message,omitempty"`    // the message's id
	Attachment string `json:"attachment,omitempty"` // "#3/1"
	Host       string `json:"host,omitempty"`
	Bytes      int    `json:"bytes,omitempty"`
}

// Edited says that an approver changed the text of a call, without any of the texts.
type Edited struct {
	Before TextDigest `json:"before"`
	After  TextDigest `json:"after"`
}

// TextDigest is the length of a text in characters and the start of its SHA-256, as [Reduce] writes them.
type TextDigest struct {
	Chars  int    `json:"chars"`
	SHA256 string `json:"sha256"`
}

// NewEdited describes an edit by the digests of the texts.
func NewEdited(before, after string) *Edited {
	of := func(s string) TextDigest { return TextDigest{utf8.RuneCountInString(s), digest(s)} }
	return &Edited{of(before), of(after)}
}

// NewCallID returns a random id for one call: 12 characters of a-z and 2-7, 60 bits.
func NewCallID() string {
	return strings.ToLower(rand.Text()[:12])
}

// timeLayout always writes three decimals, so that lines sort and align.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// MarshalJSON writes the record as it is in the file, with milliseconds in its time.
func (r Record) MarshalJSON() ([]byte, error) {
	return r.appendJSON(nil)
}

// Most characters of a record's fields.
const (
	mostText  = 2000 // of a sentence
	mostField = 300
)

// brief makes one printable line of limited length of everything in a record that can come from elsewhere.
func (r *Record) brief() {
	for _, field := range []*string{&r.Agent, &r.Key, &r.Person, &r.Client, &r.Session, &r.Tool, &r.Rule, &r.Step, &r.Job, &r.Reason, &r.Confirm, &r.Approval, &r.Approver, &r.ApproverKey, &r.Sender} {
		*field = safetext.Brief(*field, mostField)
	}
	r.Text = safetext.Brief(r.Text, mostText)
	r.Operations = slices.Clone(r.Operations) // the caller's stay as they are
	for i := range r.Operations {
		o := &r.Operations[i]
		o.Request, o.Error = safetext.Brief(o.Request, mostField), safetext.Brief(o.Error, mostField)
	}
}
