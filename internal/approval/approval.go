// Package approval keeps calls that wait for a person's approval.
//
// A call that must be approved is parked under a short number. An approver decides; approving sends nothing. The same
// agent's next identical call takes the approval, which works once, carries the call out, and finishes it, whereupon the
// parked text is deleted. What stays for a week says who decided what, without the text.
//
// A store is shared by all processes that serve or decide, and keeps its promises between them.
package approval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

const (
	// Lifetime is how long a parked call can be decided about and carried out.
	Lifetime = 24 * time.Hour
	// Kept is how long after its expiry a request is remembered, without its text.
	Kept = 7 * 24 * time.Hour
	// MostPending is how many requests of one agent can wait at a time: what a person can read, and no flood. As many of its drafts
	// can be kept.
	MostPending = 100
	// SentFor is how long a call that an approver had carried out is recognized when the agent makes it.
	SentFor = 24 * time.Hour
)

// State is the state of a request.
type State string

// The states of a request. Only pending ones can be decided about, and only approved ones carried out.
const (
	Pending  State = "pending"
	Approved State = "approved"
	Denied   State = "denied"
	Done     State = "done"    // the approval was used
	Expired  State = "expired" // no approver decided, or the approval was not used, in time or before the next message
)

// OutcomeUnknown is the outcome of a request that was used and never finished: the process ended in the middle.
const OutcomeUnknown = "unknown"

// OutcomeOvertaken is the outcome of a request that expired early, since its conversation got a newer message than the approver was shown.
const OutcomeOvertaken = "overtaken"

// Request is a call that waits, or waited, for a person's approval.
type Request struct {
	Number       string          `json:"number"`                // given by Park: "A-7K2Q", short and without letters that sound or look alike
	Agent        string          `json:"agent"`                 // who asks
	Person       string          `json:"person,omitzero"`       // and for whom: by the verified e-mail address or the subject, "" for none
	Key          string          `json:"key,omitzero"`          // id of the credential with which it asked, "" where there is none
	PersonID     string          `json:"personId,omitzero"`     // of Person, at the provider; an address can be that of several accounts
	SignedIn     json.RawMessage `json:"signedIn,omitzero"`     // Person as the provider said it; part of the text
	Bound        int64           `json:"bound,omitzero"`        // the only conversation that exists for the key with which it asked; 0: it was not bound to one
	Tool         string          `json:"tool"`                  // send_message
	Level        string          `json:"level"`                 // write, send or erase: the highest of what would be done
	Effect       string          `json:"effect,omitzero"`       // what would be done, a sentence in plain English; part of the text
	Conversation int64           `json:"conversation,omitzero"` // the one that it is about; 0 where there is none
	Arguments    json.RawMessage `json:"arguments,omitzero"`    // whole, since the person must see what would be sent; part of the text
	Shown        json.RawMessage `json:"shown,omitzero"`        // Arguments as people read them, with names in place of ids; part of the text
	Text         string          `json:"text,omitzero"`         // the whole text that would be sent or left, "" for none; part of the text
	Steps        []Step          `json:"steps,omitempty"`       // what would change, in order, where that is known; part of the text
	NewText      string          `json:"newText,omitzero"`      // what the approver put in place of Text, "" where it stays; part of the text
	Draft        string          `json:"draft,omitzero"`        // number of the draft that would be sent: the agent wrote it and does not wait
	Digest       string          `json:"digest"`                // what the approval is for: a SHA-256, as 64 hex digits, of agent, tool, arguments and whatever else the caller binds it to
	Call         string          `json:"call,omitzero"`         // a SHA-256 of agent, person, tool and arguments alone: of the same call whatever the conversation is like
	Rules        string          `json:"rules"`                 // digest of the capability file in force when it was parked
	Created      time.Time       `json:"created"`               // given by Park
	Expires      time.Time       `json:"expires"`               // Park gives Created plus Lasts where it is zero
	Lasts        time.Duration   `json:"-"`                     // given to Park; 0 is [Lifetime]
	Confirm      string          `json:"confirm,omitzero"`      // the entry of the agent's confirm by which it waits: send
	Escalates    time.Time       `json:"escalates,omitzero"`    // when more approvers are asked; Park gives Created plus Widens
	Widens       time.Duration   `json:"-"`                     // given to Park; 0 is never
	LastMessage  string          `json:"lastMessage,omitzero"`  // id of the conversation's newest message when it was parked; "" for none
	Told         time.Time       `json:"told,omitzero"`         // when people were notified that it waits, by one process for all
	ToldAgain    time.Time       `json:"toldAgain,omitzero"`    // and that it escalated
	State        State           `json:"state"`                 // given by the store, like all that follows
	Approver     string          `json:"approver,omitzero"`     // who decided
	KeyID        string          `json:"keyId,omitzero"`        // and with which key
	Decided      time.Time       `json:"decided,omitzero"`      // and when
	Reason       string          `json:"reason,omitzero"`       // and why, in the approver's words
	Edited       bool            `json:"edited,omitzero"`       // the approver changed the text; remains when the text is deleted
	Sent         time.Time       `json:"sent,omitzero"`         // when an approver had it carried out; zero where the agent did
	SentBy       string          `json:"sentBy,omitzero"`       // which approver
	Outcome      string          `json:"outcome,omitzero"`      // what came of it, as given to Finish
}

// Errors of a store; to be told apart with [errors.Is]. A conflicting decision is a [*DecidedError].
var (
	ErrNotFound    = errors.New("no such request")
	ErrExpired     = errors.New("expired")
	ErrNotApproved = errors.New("not approved")
	ErrTaken       = errors.New("the approval was used already: a new one is needed")
	ErrTooMany     = fmt.Errorf("%d requests of this agent wait for an approver already", MostPending)
)

// DecidedError reports that another approver decided otherwise before.
type DecidedError struct{ Request Request }

// Error names who decided what, and when.
func (e *DecidedError) Error() string {
	r, what := e.Request, "approved"
	if r.State == Denied {
		what = "denied"
	}
	used := ""
	if r.Edited {
		used = " with an edited text"
	}
	if r.State == Done {
		used += ", and the call was carried out or begun"
	}
	return fmt.Sprintf("%s was %s by %s at %s%s", r.Number, what, r.Approver, r.Decided.UTC().Format("2006-01-02 15:04 UTC"), used)
}

// Verdict is what an approver decides.
type Verdict struct {
	Approve  bool
	Approver string
	KeyID    string // of the approver's key
	Reason   string
	Text     string // in place of the request's own; "" leaves that as it is
}

// Store keeps requests. It is safe for concurrent use, also by several processes. Requests that expired remain there as
// [Expired] until they are forgotten; their text is deleted when they are next come by.
type Store interface {
	// Park keeps a new request as pending and gives it its number. Where the agent has one with the same digest that
	// is pending or approved, that one is returned and nothing is kept. The error is [ErrTooMany] where [MostPending]
	// of the agent's wait.
	Park(ctx context.Context, r Request) (Request, error)

	// Find returns the newest request of the agent with this digest that is pending, approved or denied, nil where there
	// is none.
	Find(ctx context.Context, agent, digest string) (*Request, error)

	// Get returns a request by its number, or [ErrNotFound].
	Get(ctx context.Context, number string) (Request, error)

	// List returns the requests in these states, or all, oldest first. The error names those that could not be read;
	// the others are returned all the same.
	List(ctx context.Context, states ...State) ([]Request, error)

	// Decide approves or denies a pending request. The same decision again changes nothing and returns the request
	// with the name of the first who decided; another, or one with another text, is a [*DecidedError]. What expired is
	// [ErrExpired]. A denied request loses its text. Whether the approver may decide is the caller's to know, except that an
	// agent may not.
	Decide(ctx context.Context, number string, v Verdict) (Request, error)

	// Take uses an approval: of all callers in all processes exactly one gets it, with its text. The others get
	// [ErrTaken] where it was used, and [ErrNotApproved] where there is none. It cannot be given back: where nothing
	// came of the call, also because Dixa refused it, a new approval is needed, since what the person saw may have changed.
	Take(ctx context.Context, agent, digest string) (*Request, error)

	// Send uses an approval as Take does, for an approver who has the call carried out.
	Send(ctx context.Context, agent, digest, by string) (*Request, error)

	// SentCall returns the newest request of the agent whose call has this digest ([Request].Call) and which an approver had
	// carried out, or began to, within [SentFor]; nil where there is none.
	SentCall(ctx context.Context, agent, call string) (*Request, error)

	// Claim notes that the caller notifies people that a pending request waits, or with escalated that it escalated. It is false
	// for all callers but the first, and where the request is not pending any more or does not escalate yet.
	Claim(ctx context.Context, number string, escalated bool) (bool, error)

	// Finish says what came of a request that was taken, and deletes its text.
	Finish(ctx context.Context, number, outcome string) error

	// Overtake ends what waits for a decision, or is approved and was not used, since its conversation has a newer message. Of
	// others it changes nothing.
	Overtake(ctx context.Context, number string) error

	// Forget deletes the text of a request and the approver's reason before their time. One that was not used expires; what is being carried out goes on.
	Forget(ctx context.Context, number string) error
}

// Forgotten reports whether nothing of a request is remembered any more.
func (r *Request) Forgotten(now time.Time) bool { return !now.Before(r.Expires.Add(Kept)) }

// Void makes an approval worth nothing, where it cannot be told that it was not used.
func (r *Request) Void() {
	r.State = Expired
	r.forget()
}

// forget deletes the text.
func (r *Request) forget() {
	r.Arguments, r.Shown, r.Effect, r.Text, r.NewText, r.Steps, r.SignedIn = nil, nil, "", "", "", nil, nil
}

// Age brings a request up to the time, and tells whether that changed it.
func (r *Request) Age(now time.Time) bool {
	if now.Before(r.Expires) {
		return false
	}
	switch {
	case r.State == Pending || r.State == Approved:
		r.State = Expired
	case r.State == Done && r.Outcome == "":
		r.Outcome = OutcomeUnknown
	default:
		return false
	}
	r.forget()
	return true
}

// decide changes a pending request, and tells whether it did.
func (r *Request) decide(now time.Time, v Verdict) (bool, error) {
	said := r.State == Approved || r.State == Done
	if v.Text == r.Text {
		v.Text = ""
	}
	switch {
	case v.Approver == "" || v.KeyID == "":
		return false, errors.New("approval: a decision needs its approver and the id of the key")
	case v.Approver == r.Agent:
		return false, fmt.Errorf("%s asked for %s: a requester cannot approve", r.Agent, r.Number)
	case v.Text != "" && (!v.Approve || r.Text == "" && r.State == Pending):
		return false, errors.New("approval: only a request with a text, which is approved, can be edited")
	case r.State == Expired && r.Outcome == OutcomeOvertaken:
		return false, fmt.Errorf("%s %w: a newer message came into the conversation; the agent must ask again", r.Number, ErrExpired)
	case r.State == Expired:
		return false, fmt.Errorf("%s %w at %s; the agent must ask again", r.Number, ErrExpired, r.Expires.UTC().Format("2006-01-02 15:04 UTC"))
	case r.State != Pending && said == v.Approve && (v.Text == "" || v.Text == r.NewText):
		return false, nil
	case r.State != Pending:
		return false, &DecidedError{*r}
	}
	r.State, r.Approver, r.KeyID, r.Reason, r.Decided = Approved, v.Approver, v.KeyID, v.Reason, now
	r.NewText, r.Edited = v.Text, v.Text != ""
	if !v.Approve {
		r.State = Denied
		r.forget()
	}
	return true, nil
}
