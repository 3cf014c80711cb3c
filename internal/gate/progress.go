package gate

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// progressEvery is how often an operation that takes long is mentioned: clients expect to hear something within ten seconds.
const progressEvery = 5 * time.Second

// reportProgress tells whoever wants to know how far the call is: every few seconds that an operation takes, and when it is
// done. The returned function ends that and waits for it, so that nothing is told after the answer. Of look-ups for a bound it tells
// nothing: how many are needed depends on what is outside.
func (d *departure) reportProgress(ctx context.Context) (done func()) {
	op, tell := d.op, d.call.request.Progress
	if tell == nil || isUntold(ctx) {
		return func() {}
	}
	var sent atomic.Bool
	before, start := op.Before, time.Now()
	op.Before = func() error {
		sent.Store(true)
		return before()
	}
	over := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				waitsFor := "Dixa's rate limit"
				if sent.Load() {
					waitsFor = "Dixa's answer"
				}
				tell(fmt.Sprintf("%s waits for %s, %d s", op.Op.Name, waitsFor, int(time.Since(start).Seconds())))
			}
		}
	})
	return func() {
		close(over)
		ticking.Wait()
		if op.Attempts > 0 {
			tell(op.Op.Name + " came back from Dixa")
		}
	}
}
