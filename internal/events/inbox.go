package events

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// pollEvery is how often an [Inbox] looks for what other processes stored, while a call waits.
	pollEvery = 50 * time.Millisecond
	// pollNotified is the same for a store that tells: a notice can be lost.
	pollNotified = time.Second
	// patientEvery is how often it does while only those wait who have time, as [Heed] does.
	patientEvery = time.Second
)

// batch is how many events are read at a time.
const batch = 200

// Inbox is a store in which goroutines of this process can wait for events. However many wait, one goroutine reads the store, and
// only while somebody does; each of the others waits for it to pass on what it read.
type Inbox struct {
	Store
	every time.Duration

	mu      sync.Mutex
	waiting int
	patient int      // of them
	tail    *batchOf // which is read next

	mute   func()        // ends the notices of the store
	woken  chan struct{} // has something if there is a reason to read now
	closed chan struct{}
	done   chan struct{}
}

// batchOf is a batch of events that was read together. Each waiter goes from one to the next; those that everybody has passed are
// collected as garbage.
type batchOf struct {
	from      Cursor        // the position before it
	ready     chan struct{} // closed when the rest is set
	events    []Event
	to        Cursor // the position behind it
	truncated bool
	err       error
	next      *batchOf
}

// ErrClosed means that the inbox was closed while a call waited.
var ErrClosed = errors.New("the inbox of events was closed")

// NewInbox returns an inbox over a store, which it closes with itself.
func NewInbox(s Store) *Inbox {
	if _, tells := s.(Notifier); tells {
		return newInbox(s, pollNotified)
	}
	return newInbox(s, pollEvery)
}

func newInbox(s Store, every time.Duration) *Inbox {
	in := &Inbox{Store: s, every: every, mute: func() {}, woken: make(chan struct{}, 1), closed: make(chan struct{}), done: make(chan struct{})}
	if n, tells := s.(Notifier); tells {
		in.mute = n.Notify(in.wake)
	}
	go in.run()
	return in
}

// Close ends all waiting and closes the store.
func (in *Inbox) Close() error {
	close(in.closed)
	in.mute()
	<-in.done
	return in.Store.Close()
}

// Put implements [Store], and passes the events on at once.
func (in *Inbox) Put(ctx context.Context, events ...Event) (added int, err error) {
	added, err = in.Store.Put(ctx, events...)
	if added > 0 {
		in.wake()
	}
	return added, err
}

// Found is what a wait ended with.
type Found struct {
	Event *Event // nil if none matched before the context ended
	// Next is the position behind the last event that was looked at. A wait that continues there misses nothing.
	Next Cursor
	// Truncated reports that events behind the given cursor were removed before they were looked at.
	Truncated bool
}

// Wait returns the first event behind a cursor that matches. It looks first at those that were stored before, so that nothing is missed
// between two calls. match may ask Dixa; its error ends the wait. While the store cannot be reached, the wait goes on. When ctx ends, the
// error is that of ctx, and Found says where to continue.
func (in *Inbox) Wait(ctx context.Context, after Cursor, match func(context.Context, Event) (bool, error)) (found Found, err error) {
	return in.wait(ctx, after, match, 0)
}

// wait waits as Wait does. patient is 1 for a caller that has time, as [Heed] has, and 0 for all others.
func (in *Inbox) wait(ctx context.Context, after Cursor, match func(context.Context, Event) (bool, error), patient int) (found Found, err error) {
	found.Next = after
	var to *batchOf
	var leave func()
	if err = in.reach(ctx, func() (err error) { to, leave, err = in.enter(ctx, patient); return err }); err != nil {
		return found, err
	}
	defer leave()
	look := func(events []Event) (bool, error) {
		for _, e := range events {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			ok, err := match(ctx, e)
			if err != nil {
				return false, err
			}
			found.Next = e.Cursor
			if ok {
				found.Event = &e
				return true, nil
			}
		}
		return false, nil
	}
	catchUp := func() (bool, error) {
		for {
			var page Page
			err := in.reach(ctx, func() (err error) { page, err = in.List(ctx, found.Next, batch); return err })
			if err != nil {
				return false, err
			}
			found.Truncated = found.Truncated || page.Truncated
			if ok, err := look(page.Events); ok || err != nil {
				return ok, err
			}
			found.Next = page.Next
			if !page.More {
				return false, nil
			}
		}
	}
	ok, err := catchUp()
	for ; !ok && err == nil; to = to.next {
		select {
		case <-to.ready:
		case <-ctx.Done():
			return found, ctx.Err()
		case <-in.closed:
			return found, ErrClosed
		}
		if to.err != nil {
			return found, to.err
		}
		events, follows := to.after(found.Next)
		if !follows {
			ok, err = catchUp()
			continue
		}
		found.Truncated = found.Truncated || to.truncated
		if ok, err = look(events); !ok && err == nil {
			found.Next = to.to
		}
	}
	return found, err
}

// reach asks the store, again and again while it cannot be reached.
func (in *Inbox) reach(ctx context.Context, ask func() error) error {
	for {
		err := ask()
		if !errors.Is(err, ErrAway) {
			return err
		}
		select {
		case <-time.After(in.every):
		case <-ctx.Done():
			return ctx.Err()
		case <-in.closed:
			return ErrClosed
		}
	}
}

// after returns the events of a batch behind a cursor. It is false if it cannot tell which they are.
func (b *batchOf) after(c Cursor) (events []Event, ok bool) {
	if b.from == c {
		return b.events, true
	}
	for i, e := range b.events {
		if e.Cursor == c {
			return b.events[i+1:], true
		}
	}
	return nil, false
}

// enter counts one who waits, and returns the batch that is read next.
func (in *Inbox) enter(ctx context.Context, patient int) (to *batchOf, leave func(), err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.waiting == 0 {
		end, err := in.End(ctx)
		if err != nil {
			return nil, nil, err
		}
		in.tail = &batchOf{from: end, ready: make(chan struct{})}
	}
	in.waiting++
	in.patient += patient
	in.wake()
	return in.tail, func() {
		in.mu.Lock()
		defer in.mu.Unlock()
		in.waiting--
		in.patient -= patient
	}, nil
}

// wake lets the store be read now.
func (in *Inbox) wake() {
	select {
	case in.woken <- struct{}{}:
	default:
	}
}

// run reads the store while a call waits.
func (in *Inbox) run() {
	defer close(in.done)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for {
		in.mu.Lock()
		var again <-chan time.Time // never, if no call waits
		switch {
		case in.waiting > in.patient:
			again = time.After(in.every)
		case in.waiting > 0:
			again = time.After(patientEvery)
		}
		in.mu.Unlock()
		select {
		case <-in.closed:
			return
		case <-in.woken:
		case <-again:
		}
		for in.read(ctx) {
		}
	}
}

// read passes on a batch of what is new, and reports whether there is more.
func (in *Inbox) read(ctx context.Context) (more bool) {
	in.mu.Lock()
	b, waiting := in.tail, in.waiting
	in.mu.Unlock()
	if waiting == 0 {
		return false
	}
	page, err := in.List(ctx, b.from, batch)
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.tail != b { // all have left, and others came
		return true
	}
	if errors.Is(err, ErrAway) || err == nil && len(page.Events) == 0 && !page.Truncated {
		return false
	}
	b.events, b.to, b.truncated, b.err = page.Events, page.Next, page.Truncated, err
	if err != nil {
		b.to = b.from
	}
	b.next = &batchOf{from: b.to, ready: make(chan struct{})}
	in.tail = b.next
	close(b.ready)
	return page.More
}
