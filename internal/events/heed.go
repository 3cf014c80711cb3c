package events

import (
	"context"
	"errors"
	"time"

	"dixa-mcp/internal/base/pause"
)

// heedAgain is how long [Heed] waits before it reads an inbox again that could not be read.
const heedAgain = 5 * time.Second

// Heed tells each event that comes from now on to a function, one after the other, until stop. Events that come while the inbox cannot be
// read are told later; failed is told of each failure. stop waits for the function.
func Heed(in *Inbox, each func(context.Context, Event), failed func(error)) (stop func()) {
	return heedEvery(heedAgain, in, each, failed)
}

func heedEvery(again time.Duration, in *Inbox, each func(context.Context, Event), failed func(error)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		heed(ctx, again, in, each, failed)
	}()
	return func() {
		cancel()
		<-done
	}
}

func heed(ctx context.Context, again time.Duration, in *Inbox, each func(context.Context, Event), failed func(error)) {
	next, known := Cursor(""), false
	for {
		var err error
		if !known {
			next, err = in.End(ctx)
			known = err == nil
		}
		if known {
			var found Found
			found, err = in.wait(ctx, next, func(ctx context.Context, e Event) (bool, error) {
				each(ctx, e)
				return false, nil
			}, 1)
			next = found.Next
		}
		if ctx.Err() != nil || errors.Is(err, ErrClosed) {
			return
		}
		failed(err)
		if pause.For(ctx, again) != nil {
			return
		}
	}
}
