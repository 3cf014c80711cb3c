package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/events"
)

const (
	// fillEvery is how often Dixa's log of deliveries is read, after a start and later.
	fillEvery = time.Hour
	// fillAgain is when it is read again after a failure.
	fillAgain = 10 * time.Minute
	// fillAtStart is for how long a server that starts lets another one that has begun do it before it does it itself.
	fillAtStart = time.Minute
	// fillPause is the time between two requests, so that agents have Dixa's limit to themselves.
	fillPause = time.Second
	// fillTask is the task that one of several servers does.
	fillTask = "fill"
	// fillMargin is for clocks that differ.
	fillMargin = time.Hour
)

// Filler stores the events of deliveries that were not received: Dixa's log of deliveries has what was sent. An event has the same id there
// as in a delivery, so that none is stored twice.
type Filler struct {
	Secrets Secrets
	API     string // address of the Dixa whose subscriptions are valid
	Client  *dixaclient.Client
	Inbox   events.Store
	Count   func(Outcome) // nil: not counted
	Log     *slog.Logger
	Now     func() time.Time
	Pause   func(context.Context, time.Duration) error
}

// Start fills the inbox now and every hour, until stop, which waits for it to end.
func (f *Filler) Start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { f.run(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}

func (f *Filler) run(ctx context.Context) {
	for others := fillAtStart; ; {
		next := fillEvery
		mine, err := f.fillOnce(ctx, others)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			f.Log.Warn("events that were missed could not be looked for in Dixa's log of deliveries; the next attempt comes soon", "in", fillAgain.String(), "error", err)
			next = fillAgain
		case !mine && others == fillAtStart:
			next = fillAtStart
		}
		if f.Pause(ctx, next) != nil {
			return
		}
		if next != fillAtStart {
			others = next * 9 / 10 // somewhat less, since clocks differ
		}
	}
}

// fillOnce fills the inbox, unless another server began that in the last while.
func (f *Filler) fillOnce(ctx context.Context, while time.Duration) (mine bool, err error) {
	now := f.Now()
	mine, _, err = f.Inbox.ClaimTask(ctx, fillTask, while)
	if err != nil || !mine {
		return false, err
	}
	added, err := f.Fill(ctx)
	if added > 0 {
		f.Log.Info("events that were missed were found in Dixa's log of deliveries", "events", added)
	}
	if err != nil {
		return true, err
	}
	return true, f.Inbox.Done(ctx, fillTask, now)
}

// Fill stores what the log of deliveries has and the inbox has not, and returns how many events that are.
func (f *Filler) Fill(ctx context.Context) (added int, err error) {
	all, err := f.Secrets.Subscriptions()
	if err != nil {
		return 0, err
	}
	var problems []error
	for _, s := range all {
		if s.API != f.API || len(s.current()) == 0 {
			continue
		}
		n, err := f.subscription(ctx, dixaclient.UUID(s.ID))
		added += n
		if err != nil && !dixaclient.IsNotFound(err) { // webhooks status says it
			problems = append(problems, err)
		}
	}
	return added, errors.Join(problems...)
}

// subscription stores what the logs of a subscription have.
func (f *Filler) subscription(ctx context.Context, id dixaclient.UUID) (added int, err error) {
	from, err := f.from(ctx)
	if err != nil {
		return 0, err
	}
	last, err := dixaclient.GetWebhookStatus.Do(ctx, f.Client, dixaclient.WebhookRef{WebhookSubscriptionID: id})
	if err != nil {
		return 0, err
	}
	var missed []events.Event
	for _, e := range last.Value {
		if e.DeliveryStatus.Type != "DeliveryDetail" {
			continue
		}
		if err := f.Pause(ctx, fillPause); err != nil {
			return 0, err
		}
		log, err := dixaclient.ListWebhookDeliveries.Do(ctx, f.Client, dixaclient.ListWebhookDeliveriesIn{
			WebhookRef: dixaclient.WebhookRef{WebhookSubscriptionID: id}, Event: dixaclient.EventName(e.Event),
		})
		if err != nil {
			return 0, fmt.Errorf("read the log of %s: %w", e.Event, err)
		}
		for _, d := range log.Value {
			// What cannot be read would not have been received either.
			if event, err := events.Parse([]byte(d.Payload)); err == nil && event.Time.After(from) {
				missed = append(missed, event)
			}
		}
	}
	slices.SortStableFunc(missed, func(a, b events.Event) int { return a.Time.Compare(b.Time) })
	added, err = f.Inbox.Put(ctx, missed...)
	for range added {
		if f.Count != nil {
			f.Count(Filled)
		}
	}
	return added, err
}

// from returns since when every event that was ever in the inbox is known, so that none which was removed is stored again: for as long as
// ids are known, and where the inbox has older events, from the oldest of them on. An event is not stored before it happened.
func (f *Filler) from(ctx context.Context) (time.Time, error) {
	st, err := f.Inbox.Status(ctx)
	if err != nil {
		return time.Time{}, err
	}
	from := f.Now().Add(-events.Known)
	if !st.Oldest.IsZero() && st.Oldest.Before(from) {
		from = st.Oldest
	}
	return from.Add(fillMargin), nil
}
