package archive

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/pause"
)

const (
	// SyncEvery is how often a server fills its archive.
	SyncEvery = 5 * time.Minute
	// gather is how long changes of our own are collected before their conversations are read.
	gather = 2 * time.Second
	// mostChanged is how many changed conversations are read at once; the next sync reads the others.
	mostChanged = 100
)

// Keeper keeps an archive fresh while a server runs: it fills it again and again, and at once with the conversations that were changed
// through the server. It is safe for concurrent use.
type Keeper struct {
	client  *dixaclient.Client
	store   Store
	options func() Options
	done    func(Result, error)

	mu      sync.Mutex
	changed []int64
	wake    chan struct{} // has a value when changed has some
}

// NewKeeper makes a keeper, which begins with Start. options returns the options of the next sync; done is told what each did, and of each failure. A
// sync that another process does already is no failure, and not told.
func NewKeeper(c *dixaclient.Client, store Store, options func() Options, done func(Result, error)) *Keeper {
	return &Keeper{client: c, store: store, options: options, done: done, wake: make(chan struct{}, 1)}
}

// Start begins to keep the archive fresh, until stop. A sync that runs then is interrupted, and the next one goes on there.
func (k *Keeper) Start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

func (k *Keeper) run(ctx context.Context) {
	tick := time.NewTicker(SyncEvery)
	defer tick.Stop()
	k.sync(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			k.sync(ctx)
		case <-k.wake:
			k.refresh(ctx)
		}
	}
}

func (k *Keeper) sync(ctx context.Context) {
	result, err := Sync(ctx, k.client, k.store, k.options())
	if _, held := errors.AsType[*HeldError](err); !held {
		k.done(result, err)
	}
}

// Noting notes which conversations requests change, so that their messages are read at once.
func (k *Keeper) Noting(ctx context.Context, c *dixaclient.Call, next func(context.Context) error) error {
	err := next(ctx)
	if id, ok := dixaclient.ConversationOf(c.In); ok && err == nil && c.Op.Level > dixaclient.Read {
		k.Changed(id)
	}
	return err
}

// Changed notes that a conversation changed, so that it is read at once.
func (k *Keeper) Changed(conversation int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.changed) < mostChanged && !slices.Contains(k.changed, conversation) {
		k.changed = append(k.changed, conversation)
	}
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// refresh reads the conversations that were changed, and their messages. It needs no lease: what it keeps is newer than what is there, or
// the same.
func (k *Keeper) refresh(ctx context.Context) {
	if pause.For(ctx, gather) != nil {
		return
	}
	k.mu.Lock()
	changed := k.changed
	k.changed = nil
	k.mu.Unlock()
	s := newSyncer(k.client, k.store, k.options())
	err := s.refresh(dixaclient.WithFlow(ctx, "archive"), changed)
	if err != nil {
		k.done(s.result, err)
	}
}

// refresh reads conversations and their messages again.
func (s *syncer) refresh(ctx context.Context, conversations []int64) error {
	has, err := s.store.Origin(ctx, Origin{})
	if err != nil || has == (Origin{}) || has.API != s.o.API { // nothing was filled yet, or another organization's data
		return err
	}
	if err := s.exportSome(ctx, conversations); err != nil {
		return err
	}
	for _, id := range conversations {
		if err := s.readLive(ctx, Unread{ID: id}); err != nil {
			return err
		}
	}
	return nil
}
