// Package jobs keeps changes of many conversations, which take several calls: what is to be changed, and how far it got.
//
// A job is prepared under a short handle. Of all calls in all processes one at a time carries it out, and notes before each
// item how far it got: whoever goes on after a crash knows which item may be half done. A job is forgotten after a day.
package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

const (
	// Kept is how long a job can be carried out.
	Kept = 24 * time.Hour
	// MostOfAgent is how many jobs of one agent are kept. The oldest make room.
	MostOfAgent = 100
	// MostFailures is how many failures are kept with their reasons.
	MostFailures = 5
)

// Job is one change of many conversations.
type Job struct {
	Handle  string    `json:"handle"` // given by Add: "B-7K2Q"
	Agent   string    `json:"agent"`
	Key     string    `json:"key,omitzero"` // id of the credential
	Expires time.Time `json:"expires"`      // given by Add

	Found  string          `json:"found"`  // by what the items were found, in our words
	Change json.RawMessage `json:"change"` // arguments that say what is to be different
	IDs    []int64         `json:"ids"`    // the items, in order
	Stop   int             `json:"stop"`   // how many errors end it

	Approval *Approval `json:"approval,omitzero"`

	Next int  `json:"next"`          // index of the item that is next, or was begun
	Once bool `json:"once,omitzero"` // a step of it that cannot be repeated was about to leave

	Changed  int       `json:"changed,omitzero"`
	Same     int       `json:"same,omitzero"`
	Failed   int       `json:"failed,omitzero"`
	Unknown  int       `json:"unknown,omitzero"`
	Failures []Failure `json:"failures,omitzero"` // the first

	Cancelled bool `json:"-"` // given by the store
}

// Approval is a person's approval of a job.
type Approval struct {
	Digest   string `json:"digest"` // of what it is for
	Number   string `json:"number,omitzero"`
	Approver string `json:"approver"`
	KeyID    string `json:"keyId,omitzero"` // of the approver; "" for the person at the client
}

// Failure is an item that was not changed, or is not known to be.
type Failure struct {
	ID  int64  `json:"id"`
	Why string `json:"why"`
}

// Done reports whether all items were seen to.
func (j *Job) Done() bool { return j.Next >= len(j.IDs) }

// Errors returns how many items failed or are not known to be done.
func (j *Job) Errors() int { return j.Failed + j.Unknown }

// Fail notes that the next item was not changed, or is not known to be.
func (j *Job) Fail(why string, unknown bool) {
	if unknown {
		j.Unknown++
	} else {
		j.Failed++
	}
	if len(j.Failures) < MostFailures {
		j.Failures = append(j.Failures, Failure{j.IDs[j.Next], why})
	}
	j.Advance()
}

// Advance goes on to the next item.
func (j *Job) Advance() { j.Next, j.Once = j.Next+1, false }

// Errors of a store.
var (
	ErrNotFound  = errors.New("there is no such job")
	ErrCancelled = errors.New("the job was cancelled")
	ErrTaken     = errors.New("another call took the job over")
)

// RunningError says that another call carries the job out.
type RunningError struct{ Until time.Time } // it has ended by then, whatever happens

func (e *RunningError) Error() string {
	return fmt.Sprintf("another call is carrying the job out, until %s at the latest", e.Until.UTC().Format("15:04:05 UTC"))
}
