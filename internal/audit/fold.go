package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// FoldFor is how long repeated refusals are counted before they are recorded.
const FoldFor = time.Minute

// Fold keeps refused calls from filling the disk. Of refusals of one agent, key, person and tool for one reason the first is
// recorded at once; those of the minute after it become one record with their number. Everything else is recorded as it
// comes, also the refusal of a call whose intent was recorded. It is safe for concurrent use.
type Fold struct {
	log     *Log
	onError func(error) // hears of counts that could not be recorded at the end of their minute

	mu      sync.Mutex
	intents map[string]bool // calls that announced a write and have no outcome yet
	folded  map[foldKey]*folded
	timer   *time.Timer // set while anything is folded
	closed  bool
}

type foldKey struct{ agent, key, person, tool, rule, reason string }

// folded is what was refused since the first refusal was recorded.
type folded struct {
	since time.Time
	count int
	last  Record
}

// NewFold returns a Fold before a log.
func NewFold(log *Log, onError func(error)) *Fold {
	return &Fold{log: log, onError: onError, intents: map[string]bool{}, folded: map[foldKey]*folded{}}
}

// Write records r, or counts it.
func (f *Fold) Write(ctx context.Context, r Record) error {
	if f.counted(r) {
		return nil
	}
	return f.log.Write(ctx, r)
}

// counted reports whether r is a repeated refusal, which was counted in place of a record.
func (f *Fold) counted(r Record) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	announced := f.intents[r.Call]
	if delete(f.intents, r.Call); r.Event == EventIntent {
		f.intents[r.Call] = true
	}
	idle := r.Event == EventRead && r.Outcome == OutcomeFailed && len(r.Operations) == 0 // refused before anything was sent
	if r.Event != EventRefused && !idle || announced || r.Approval != "" || f.closed {
		return false
	}
	k := foldKey{r.Agent, r.Key, r.Person, r.Tool, r.Rule, r.Reason}
	if r.Level == "" { // there is no such tool, and its name may be another each time
		k.tool = ""
	}
	known := f.folded[k]
	if known == nil {
		f.folded[k] = &folded{since: time.Now()}
		if f.timer == nil {
			f.timer = time.AfterFunc(FoldFor, f.tick)
		}
		return false
	}
	known.count, known.last = known.count+1, r
	return true
}

// tick records what was counted, and goes on for as long as there is anything to count.
func (f *Fold) tick() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	if err := f.flush(); err != nil {
		f.onError(err)
	}
	if f.timer = nil; len(f.folded) > 0 {
		f.timer = time.AfterFunc(FoldFor, f.tick)
	}
}

// flush records each number, and forgets what was not repeated. What cannot be recorded is counted on. f.mu is held.
func (f *Fold) flush() error {
	var failed []error
	now := time.Now()
	for k, each := range f.folded {
		if each.count == 0 {
			delete(f.folded, k)
			continue
		}
		r := each.last
		r.Repeated = each.count
		r.Text = fmt.Sprintf("%s; %d such calls since %s", r.Text, each.count, each.since.UTC().Format("15:04:05 UTC"))
		if err := f.log.Write(context.Background(), r); err != nil {
			failed = append(failed, err)
			continue
		}
		*each = folded{since: now}
	}
	return errors.Join(failed...)
}

// Close records what was counted. Later refusals are recorded one by one. It does not close the log.
func (f *Fold) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	if f.timer != nil {
		f.timer.Stop()
	}
	return f.flush()
}
