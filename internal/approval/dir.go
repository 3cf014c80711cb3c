package approval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Dir is a store in a folder: one JSON file a request, written whole and renamed. One process at a time is in it, by a
// lock of the operating system, which ends with the process, however that ends.
type Dir struct {
	path string
	now  func() time.Time
	turn chan struct{}     // holds one value while somebody in this process is in the folder
	step func(name string) // for tests, between the steps of a write
}

var _ Store = (*Dir)(nil)

// NewDir is the store in the folder at path, which is made when it is first used, for this user alone. now tells the
// time.
func NewDir(path string, now func() time.Time) *Dir {
	return &Dir{path: path, now: now, turn: make(chan struct{}, 1), step: func(string) {}}
}

// Park implements [Store].
func (d *Dir) Park(ctx context.Context, r Request) (Request, error) {
	if r.Agent == "" || r.Tool == "" || !isDigest().MatchString(r.Digest) {
		return Request{}, errors.New("approval: a request needs its agent, its tool and the digest of its arguments")
	}
	err := d.within(ctx, func(f *folder) error {
		same, err := f.same(r.Agent, r.Digest)
		if err != nil {
			return err
		}
		for _, old := range same {
			if old.State == Pending || old.State == Approved {
				r = old
				return nil
			}
		}
		all, _ := f.all() // those that cannot be read are not waiting
		pending := 0
		for _, old := range all {
			if old.Agent == r.Agent && old.State == Pending {
				pending++
			}
		}
		if pending >= MostPending {
			return ErrTooMany
		}
		r.Created = f.now
		if r.Expires.IsZero() {
			r.Expires = r.Created.Add(Lifetime)
		}
		r.State, r.Approver, r.KeyID, r.Decided, r.Reason, r.Outcome = Pending, "", "", time.Time{}, "", ""
		if r.Number, err = f.unused(); err != nil {
			return err
		}
		return f.write(r)
	})
	if err != nil {
		return Request{}, fmt.Errorf("the call was not put aside for an approver: %w", err)
	}
	return r, nil
}

// Find implements [Store].
func (d *Dir) Find(ctx context.Context, agent, digest string) (found *Request, err error) {
	err = d.within(ctx, func(f *folder) error {
		same, err := f.same(agent, digest)
		for i := range same {
			if s := same[i].State; found == nil && (s == Pending || s == Approved || s == Denied && f.now.Before(same[i].Expires)) {
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
func (d *Dir) Get(ctx context.Context, number string) (r Request, err error) {
	err = d.within(ctx, func(f *folder) error {
		r, err = f.get(number)
		return err
	})
	return r, err
}

// List implements [Store].
func (d *Dir) List(ctx context.Context, states ...State) (list []Request, err error) {
	err = d.within(ctx, func(f *folder) error {
		list, err = f.all()
		return err
	})
	list = slices.DeleteFunc(list, func(r Request) bool { return len(states) > 0 && !slices.Contains(states, r.State) })
	slices.SortFunc(list, func(a, b Request) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Number, b.Number))
	})
	return list, err
}

// Decide implements [Store].
func (d *Dir) Decide(ctx context.Context, number string, approve bool, approver, keyID, reason string) (r Request, err error) {
	err = d.within(ctx, func(f *folder) error {
		if r, err = f.get(number); err != nil {
			return err
		}
		changed, err := r.decide(f.now, approve, approver, keyID, reason)
		if err != nil || !changed {
			return err
		}
		return f.write(r)
	})
	if err != nil {
		return Request{}, err
	}
	return r, nil
}

// Take implements [Store].
func (d *Dir) Take(ctx context.Context, agent, digest string) (taken *Request, err error) {
	err = d.within(ctx, func(f *folder) error {
		same, err := f.same(agent, digest)
		if err != nil {
			return err
		}
		for _, r := range same {
			if r.State == Approved {
				r.State = Done
				taken = &r
				return f.write(r)
			}
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

// Finish implements [Store].
func (d *Dir) Finish(ctx context.Context, number, outcome string) error {
	return d.within(ctx, func(f *folder) error {
		r, err := f.get(number)
		if err != nil {
			return err
		}
		if r.State != Done {
			return fmt.Errorf("%s cannot be finished: %w", number, ErrNotApproved)
		}
		r.Outcome = outcome
		r.forget()
		return f.write(r)
	})
}
