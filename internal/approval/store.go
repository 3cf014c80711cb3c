package approval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dixa-mcp/internal/base/shortid"
)

// Shelf is where requests stand. All that it gives is brought up to the time; what is forgotten is not there.
type Shelf interface {
	Now() time.Time
	Get(number string) (Request, error)           // [ErrNotFound] where there is none
	Same(agent, digest string) ([]Request, error) // with that as their Digest or Call, newest first
	Of(agent string) ([]Request, error)           // at least those that are pending, and that can be read
	All() ([]Request, error)                      // the error names those that could not be read
	Put(r Request) error                          // writes a request, whole
	Has(number string) (bool, error)
}

// Shelves makes a [Store] of a place to keep requests in: what it is given is done while no other process changes anything
// there, in this process or in another. It may be done again from the beginning, and then nothing is left of the first
// time.
type Shelves func(ctx context.Context, do func(Shelf) error) error

var _ Store = Shelves(nil)

// Park implements [Store].
func (within Shelves) Park(ctx context.Context, r Request) (Request, error) {
	if r.Agent == "" || r.Tool == "" || !isDigest().MatchString(r.Digest) || r.Call != "" && !isDigest().MatchString(r.Call) {
		return Request{}, errors.New("approval: a request needs its agent, its tool and the digest of its arguments")
	}
	var parked Request
	err := within(ctx, func(s Shelf) error {
		same, err := ofDigest(s, r.Agent, r.Digest)
		if err != nil {
			return err
		}
		for _, old := range same {
			if old.State == Pending || old.State == Approved {
				parked = old
				return nil
			}
		}
		mine, err := s.Of(r.Agent)
		if err != nil {
			return err
		}
		pending := 0
		for _, old := range mine {
			if old.Agent == r.Agent && old.State == Pending && (old.Draft == "") == (r.Draft == "") {
				pending++
			}
		}
		if pending >= MostPending {
			return ErrTooMany
		}
		parked = r
		parked.Created = s.Now()
		if parked.Expires.IsZero() {
			parked.Expires = parked.Created.Add(cmp.Or(parked.Lasts, Lifetime))
		}
		parked.State, parked.Approver, parked.KeyID, parked.Decided, parked.Reason, parked.Outcome = Pending, "", "", time.Time{}, "", ""
		if parked.Escalates = (time.Time{}); parked.Widens > 0 {
			parked.Escalates = parked.Created.Add(parked.Widens)
		}
		parked.Told, parked.ToldAgain = time.Time{}, time.Time{}
		parked.NewText, parked.Edited, parked.Sent, parked.SentBy = "", false, time.Time{}, ""
		if parked.Number, err = unused(s); err != nil {
			return err
		}
		return s.Put(parked)
	})
	if err != nil {
		return Request{}, fmt.Errorf("the call was not put aside for an approver: %w", err)
	}
	return parked, nil
}

// Find implements [Store].
func (within Shelves) Find(ctx context.Context, agent, digest string) (found *Request, err error) {
	err = within(ctx, func(s Shelf) error {
		found = nil
		same, err := ofDigest(s, agent, digest)
		for i := range same {
			if state := same[i].State; found == nil && (state == Pending || state == Approved || state == Denied && s.Now().Before(same[i].Expires)) {
				found = &same[i]
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Get implements [Store].
func (within Shelves) Get(ctx context.Context, number string) (r Request, err error) {
	err = within(ctx, func(s Shelf) error {
		r, err = s.Get(number)
		return err
	})
	return r, err
}

// List implements [Store].
func (within Shelves) List(ctx context.Context, states ...State) (list []Request, err error) {
	err = within(ctx, func(s Shelf) error {
		list, err = s.All()
		return err
	})
	list = slices.DeleteFunc(list, func(r Request) bool { return len(states) > 0 && !slices.Contains(states, r.State) })
	slices.SortFunc(list, func(a, b Request) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Number, b.Number))
	})
	return list, err
}

// Decide implements [Store].
func (within Shelves) Decide(ctx context.Context, number string, v Verdict) (r Request, err error) {
	err = within(ctx, func(s Shelf) error {
		var err error
		if r, err = s.Get(number); err != nil {
			return err
		}
		changed, err := r.decide(s.Now(), v)
		if err != nil || !changed {
			return err
		}
		return s.Put(r)
	})
	if err != nil {
		return Request{}, err
	}
	return r, nil
}

// Take implements [Store].
func (within Shelves) Take(ctx context.Context, agent, digest string) (taken *Request, err error) {
	return within.take(ctx, agent, digest, "")
}

// Send implements [Store].
func (within Shelves) Send(ctx context.Context, agent, digest, by string) (taken *Request, err error) {
	if by == "" {
		return nil, errors.New("approval: whoever sends needs a name")
	}
	return within.take(ctx, agent, digest, by)
}

// take uses an approval, for the agent itself or for the approver who sends.
func (within Shelves) take(ctx context.Context, agent, digest, by string) (taken *Request, err error) {
	err = within(ctx, func(s Shelf) error {
		same, err := ofDigest(s, agent, digest)
		if err != nil {
			return err
		}
		for _, r := range same {
			if r.State != Approved {
				continue
			}
			r.State = Done
			if by != "" {
				r.Sent, r.SentBy = s.Now(), by
			}
			taken = &r
			return s.Put(r)
		}
		if len(same) > 0 && same[0].State == Done {
			return ErrTaken
		}
		return ErrNotApproved
	})
	if err != nil {
		return nil, err
	}
	return taken, nil
}

// SentCall implements [Store].
func (within Shelves) SentCall(ctx context.Context, agent, call string) (found *Request, err error) {
	err = within(ctx, func(s Shelf) error {
		found = nil
		same, err := s.Same(agent, call)
		for i := range same {
			r := &same[i]
			if r.Call == call && !r.Sent.IsZero() && s.Now().Before(r.Sent.Add(SentFor)) && (found == nil || r.Sent.After(found.Sent)) {
				found = r
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// ofDigest reads the agent's requests for what has the digest, newest first.
func ofDigest(s Shelf, agent, digest string) ([]Request, error) {
	same, err := s.Same(agent, digest)
	return slices.DeleteFunc(same, func(r Request) bool { return r.Digest != digest }), err
}

// Claim implements [Store].
func (within Shelves) Claim(ctx context.Context, number string, escalated bool) (claimed bool, err error) {
	err = within(ctx, func(s Shelf) error {
		claimed = false
		r, err := s.Get(number)
		if err != nil || r.State != Pending {
			return err
		}
		told := &r.Told
		if escalated {
			told = &r.ToldAgain
		}
		if !told.IsZero() || escalated && (r.Escalates.IsZero() || s.Now().Before(r.Escalates)) {
			return nil
		}
		*told, claimed = s.Now(), true
		return s.Put(r)
	})
	return claimed && err == nil, err
}

// Finish implements [Store].
func (within Shelves) Finish(ctx context.Context, number, outcome string) error {
	return within(ctx, func(s Shelf) error {
		r, err := s.Get(number)
		if err != nil {
			return err
		}
		if r.State != Done {
			return fmt.Errorf("%s cannot be finished: %w", number, ErrNotApproved)
		}
		r.Outcome = outcome
		r.forget()
		return s.Put(r)
	})
}

// Overtake implements [Store].
func (within Shelves) Overtake(ctx context.Context, number string) error {
	return within(ctx, func(s Shelf) error {
		r, err := s.Get(number)
		if err != nil || r.State != Pending && r.State != Approved {
			return err
		}
		r.State, r.Outcome = Expired, OutcomeOvertaken
		r.forget()
		return s.Put(r)
	})
}

// Forget implements [Store].
func (within Shelves) Forget(ctx context.Context, number string) error {
	return within(ctx, func(s Shelf) error {
		r, err := s.Get(number)
		if err != nil {
			return err
		}
		if r.Reason = ""; r.State == Pending || r.State == Approved {
			r.State = Expired
		}
		r.forget()
		return s.Put(r)
	})
}

// unused returns a random number that no request has. It is not a secret.
func unused(s Shelf) (string, error) {
	for tries := range 100 {
		number := shortid.Random("A-", shortid.Least+tries/20) // longer where the short ones are nearly used up
		if has, err := s.Has(number); err != nil || !has {
			return number, err
		}
	}
	return "", errors.New("no free number was found")
}
