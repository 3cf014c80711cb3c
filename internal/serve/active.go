package serve

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"sync"
)

// dialog is a session of an older client while something of it is going on here: what ends it, and where its answers to
// questions and its cancellations belong. Of a session that only waits for its client's next message nothing is kept
// but its mark in [Sessions].
type dialog struct {
	name   string
	users  int // of dialogs.mu
	asking asking
	ended  context.Context
	end    context.CancelFunc

	mu      sync.Mutex
	running map[string]*request // by id: those whose answer is wanted
}

// dialogs are those that are going on.
type dialogs struct {
	mu  sync.Mutex
	all map[string]*dialog // by name
}

// nameOf is what the dialog of a session is called: nobody can make the session's id of it.
func nameOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// enter gives the dialog of a session, until leave.
func (s *dialogs) enter(id string) (d *dialog, leave func()) {
	name := nameOf(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]*dialog{}
	}
	d = s.all[name]
	if d == nil {
		d = &dialog{name: name, running: map[string]*request{}}
		d.ended, d.end = context.WithCancel(context.Background())
		s.all[name] = d
	}
	d.users++
	return d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if d.users--; d.users == 0 {
			d.end()
			delete(s.all, name)
		}
	}
}

// find gives a dialog that is going on, or nil.
func (s *dialogs) find(name string) *dialog {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[name]
}

func (s *dialogs) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

// begin notes a request that can be cancelled. It is not ok when one of the same id is running.
func (d *dialog) begin(ctx context.Context, id string) (_ context.Context, wanted func() bool, ok bool) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(d.ended, cancel)
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, twice := d.running[id]; twice {
		stop()
		cancel()
		return nil, nil, false
	}
	r := &request{cancel: cancel}
	d.running[id] = r
	return ctx, func() bool { // called once, at the end
		stop()
		cancel()
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.running[id] != r { // it was cancelled, and its id may be that of another one by now
			return false
		}
		delete(d.running, id)
		return true
	}, true
}

// cancel ends a request, to which no answer is expected then. It is false where none of this id is running.
func (d *dialog) cancel(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, ok := d.running[id]
	if ok {
		delete(d.running, id)
		r.cancel()
	}
	return ok
}
