// Package follow hands events to a program one after the other, each at least once, also over restarts.
//
// A [Follower] asks for events behind a cursor, hands on each, and keeps the cursor after that. What cannot be handed on is tried again
// with growing pauses, and is then a dead letter: its ids are kept and its text is not.
package follow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Batch is what there is behind a cursor.
type Batch struct {
	Events []json.RawMessage
	Cursor string // the position behind them
}

// Ids are what a dead letter says of an event.
type Ids struct {
	EventID      string    `json:"eventId"`
	Event        string    `json:"event"`
	Conversation int64     `json:"conversation,omitzero"`
	Time         time.Time `json:"time"`
}

// Dead is an event that could not be handed on.
type Dead struct {
	Ids
	Attempts int       `json:"attempts"`
	Problem  string    `json:"problem"` // in our words
	Given    time.Time `json:"givenUpAt"`
}

// Follower hands on events. All fields but Log must be set.
type Follower struct {
	List     func(ctx context.Context, cursor string) (Batch, error) // the events behind a cursor
	Await    func(ctx context.Context, cursor string) error          // waits until there is something behind a cursor
	Hand     func(ctx context.Context, event json.RawMessage) error  // hands on one
	Keep     func(cursor string) error
	Bury     func(Dead) error
	Attempts int // to hand on one event
	Pause    func(ctx context.Context, d time.Duration) error
	Now      func() time.Time
	Log      func(string, ...any)
}

// The pauses after failures double from the first to the longest.
const (
	firstPause   = time.Second
	longestPause = time.Minute
)

// pause returns the pause after so many failures in a row.
func pause(failures int) time.Duration {
	return min(firstPause<<min(failures-1, 10), longestPause)
}

// ErrFinal is wrapped by errors of List, Hand, Keep and Bury that another attempt does not change.
var ErrFinal = errors.New("cannot go on")

// Run hands on events behind a cursor until ctx ends, or until it cannot go on.
func (f *Follower) Run(ctx context.Context, cursor string) error {
	failures := 0
	for ctx.Err() == nil {
		batch, err := f.List(ctx, cursor)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrFinal):
			return err
		case err != nil:
			failures++
			f.Log("events could not be read; the next attempt comes soon", "in", pause(failures).String(), "error", err)
			if f.Pause(ctx, pause(failures)) != nil {
				return nil
			}
			continue
		}
		failures = 0
		for _, e := range batch.Events {
			if err := f.hand(ctx, e); err != nil || ctx.Err() != nil {
				return err
			}
		}
		if batch.Cursor != cursor {
			cursor = batch.Cursor
			if err := f.Keep(cursor); err != nil {
				return fmt.Errorf("the cursor could not be kept, so that the last events come again: %w", err)
			}
		}
		if err := f.Await(ctx, cursor); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// hand hands on one event. It returns an error if nothing more can be handed on; when ctx ends, the event was perhaps not handed on.
func (f *Follower) hand(ctx context.Context, event json.RawMessage) error {
	for n := 1; ; n++ {
		err := f.Hand(ctx, event)
		switch {
		case err == nil, ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrFinal):
			return err
		case n == f.Attempts:
			dead := Dead{Attempts: n, Problem: err.Error(), Given: f.Now().UTC()}
			_ = json.Unmarshal(event, &dead.Ids) // what it does not have stays empty
			f.Log("an event could not be handed on", "event", dead.EventID, "conversation", dead.Conversation, "attempts", n, "error", err)
			return f.Bury(dead)
		}
		if f.Pause(ctx, pause(n)) != nil {
			return nil
		}
	}
}
