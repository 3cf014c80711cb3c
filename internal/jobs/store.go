package jobs

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/base/shortid"
	"dixa-mcp/internal/base/stored"
	"dixa-mcp/internal/seal"
)

// Shelf keeps the text of each job under its handle. It keeps [MostOfAgent] of an agent.
type Shelf interface {
	shelf.Shelf

	// Process identifies this process, and Alive reports whether another one that is identified so may still run.
	Process(ctx context.Context) (string, error)
	Alive(ctx context.Context, process string) (bool, error)
}

// Store keeps jobs, encrypted. It is safe for concurrent use.
type Store struct {
	shelf Shelf
	box   seal.Box
	now   func() time.Time
}

// New makes a store of a shelf. Those of the same secret read each other's jobs. now tells the time.
func New(shelf Shelf, secret []byte, now func() time.Time) *Store {
	return &Store{shelf, seal.NewBox(secret, "jobs"), now}
}

// kept is a job as it is on a shelf.
type kept struct {
	Lease     *lease `json:"lease,omitzero"` // of the call that carries it out
	Cancelled bool   `json:"cancelled,omitzero"`
	Job       []byte `json:"job"`
}

type lease struct {
	Token   string    `json:"token"`
	Process string    `json:"process"`
	Until   time.Time `json:"until"`
}

// handlePrefix begins every handle.
const handlePrefix = "B-"

// tries is how often something is tried again that others got in the way of.
const tries = 100

// IsHandle reports whether a text has the form of a handle.
func IsHandle(text string) bool { return shortid.Is(handlePrefix, text) }

// Add keeps a new job and gives it its handle.
func (s *Store) Add(ctx context.Context, j Job) (Job, error) {
	j.Expires = s.now().Add(Kept).UTC()
	for try := range tries {
		j.Handle = shortid.Random(handlePrefix, shortid.Least+try/25) // longer where the short ones are nearly used up
		text, err := s.text(kept{}, &j)
		if err != nil {
			return Job{}, err
		}
		if added, err := s.shelf.Insert(ctx, j.Agent, j.Handle, text, j.Expires); err != nil || added {
			return j, err
		}
	}
	return Job{}, errors.New("no free handle was found")
}

// Get returns a job of an agent and a credential, or [ErrNotFound].
func (s *Store) Get(ctx context.Context, handle, agent, key string) (Job, error) {
	_, _, j, err := s.read(ctx, handle, agent, key)
	return j, err
}

// Cancel ends a job for good. A call that carries it out stops before the next item.
func (s *Store) Cancel(ctx context.Context, handle, agent, key string) (j Job, running bool, err error) {
	err = s.update(ctx, handle, agent, key, func(k *kept, read *Job) error {
		k.Cancelled, read.Cancelled = true, true
		j, running = *read, k.Lease != nil && s.now().Before(k.Lease.Until)
		return nil
	})
	return j, running, err
}

// All returns all jobs that can be carried out, of all agents, by their handles. Those of another secret are left out: nothing can read them.
func (s *Store) All(ctx context.Context) ([]Job, error) {
	texts, err := s.shelf.List(ctx, "")
	if err != nil {
		return nil, err
	}
	var all []Job
	for _, handle := range slices.Sorted(maps.Keys(texts)) {
		_, j, err := s.open(handle, texts[handle])
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return nil, err
		case s.now().Before(j.Expires):
			all = append(all, j)
		}
	}
	return all, nil
}

// Remove removes a job for good. A call that carries it out stops before the next item.
func (s *Store) Remove(ctx context.Context, handle string) error {
	for range tries {
		text, err := s.shelf.Get(ctx, handle)
		if err != nil || text == "" {
			return err
		}
		if removed, err := s.shelf.Swap(ctx, handle, text, "", time.Time{}); err != nil || removed {
			return err
		}
	}
	return errBusy
}

var errBusy = errors.New("others changed the job at the same time, again and again")

// Run is a job while one call carries it out.
type Run struct {
	Job
	store *Store
	token string
}

// Begin lets a call carry a job out, for some time at most. The error is a [*RunningError] while another call does.
func (s *Store) Begin(ctx context.Context, handle, agent, key string, most time.Duration) (*Run, error) {
	process, err := s.shelf.Process(ctx)
	if err != nil {
		return nil, err
	}
	r := &Run{store: s, token: rand.Text()}
	err = s.update(ctx, handle, agent, key, func(k *kept, j *Job) error {
		if l := k.Lease; l != nil && s.now().Before(l.Until) {
			alive, err := s.shelf.Alive(ctx, l.Process)
			if err != nil {
				return err
			}
			if alive {
				return &RunningError{l.Until}
			}
		}
		k.Lease = &lease{r.token, process, s.now().Add(most).UTC()}
		r.Job = *j
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Save notes how far the job got. The error is [ErrCancelled] if it was cancelled and [ErrTaken] if another call carries it
// out; nothing must be sent then.
func (r *Run) Save(ctx context.Context) error {
	err := r.save(ctx, false)
	if err == nil && r.Cancelled {
		return ErrCancelled
	}
	return err
}

// End notes how far the job got, and lets other calls go on with it.
func (r *Run) End(ctx context.Context) error { return r.save(ctx, true) }

func (r *Run) save(ctx context.Context, end bool) error {
	return r.store.update(ctx, r.Handle, r.Agent, r.Key, func(k *kept, j *Job) error {
		if k.Lease == nil || k.Lease.Token != r.token {
			return ErrTaken
		}
		if end {
			k.Lease = nil
		}
		r.Cancelled = k.Cancelled
		*j = r.Job
		return nil
	})
}

// update changes a job, again and again until no other call changes it at the same time.
func (s *Store) update(ctx context.Context, handle, agent, key string, change func(*kept, *Job) error) error {
	for range tries {
		old, k, j, err := s.read(ctx, handle, agent, key)
		if err != nil {
			return err
		}
		if err := change(&k, &j); err != nil {
			return err
		}
		text, err := s.text(k, &j)
		if err != nil {
			return err
		}
		if swapped, err := s.shelf.Swap(ctx, handle, old, text, time.Time{}); err != nil || swapped {
			return err
		}
	}
	return errBusy
}

func (s *Store) read(ctx context.Context, handle, agent, key string) (text string, k kept, j Job, err error) {
	if !IsHandle(handle) {
		return "", k, j, ErrNotFound
	}
	if text, err = s.shelf.Get(ctx, handle); err != nil {
		return "", k, j, err
	}
	if text == "" {
		return "", k, j, ErrNotFound
	}
	if k, j, err = s.open(handle, text); err != nil {
		return "", k, j, err
	}
	if j.Agent != agent || j.Key != key || !s.now().Before(j.Expires) {
		return "", k, Job{}, ErrNotFound
	}
	return text, k, j, nil
}

// open reads the text of a job.
func (s *Store) open(handle, text string) (k kept, j Job, err error) {
	if err := stored.Decode([]byte(text), &k); err != nil {
		return k, j, fmt.Errorf("job %s cannot be read: %w", handle, err)
	}
	opened, err := s.box.Open(k.Job, handle)
	if err != nil { // the secret has changed since
		return k, j, ErrNotFound
	}
	if err := stored.Decode(opened, &j); err != nil {
		return k, j, fmt.Errorf("job %s cannot be read: %w", handle, err)
	}
	j.Cancelled = k.Cancelled
	return k, j, nil
}

func (s *Store) text(k kept, j *Job) (string, error) {
	plain, err := json.Marshal(j)
	if err != nil {
		return "", fmt.Errorf("write job: %w", err)
	}
	k.Job = s.box.Close(plain, j.Handle)
	text, err := json.Marshal(k)
	return string(text), err
}
