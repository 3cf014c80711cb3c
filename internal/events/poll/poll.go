// Package poll fills an inbox of events from Dixa's activity log, for servers that webhooks cannot reach.
package poll

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/events"
)

const (
	// Every is how often the log is read, while a call waits or reads.
	Every = 10 * time.Second
	// overlap is how far back a poll begins before the last one: an entry may be in the log later than its time says.
	overlap = 2 * time.Minute
	// gap is how far back a poll begins at most, to find what happened while no process ran. The ids of events are known for longer, so
	// that nothing is stored twice.
	gap = 24 * time.Hour
	// task is the poll, which one of the processes with the same inbox does at a time.
	task = "poll"
	// pageLimit is how many entries are asked for at a time. Dixa documents no limit.
	pageLimit = 500
)

// Inbox is an inbox that reads Dixa's log while a call reads it or waits in it.
type Inbox struct {
	*events.Inbox
	client *dixaclient.Client
	now    func() time.Time
	logged rate.Sometimes

	reading chan struct{} // has something during a poll
	last    time.Time     // when this process last began one, or let others do it

	mu      sync.Mutex
	waiting int
	kick    chan struct{}
	stop    context.CancelFunc
	done    chan struct{}
}

// New returns an inbox that reads the log with a client, until it is closed.
func New(in *events.Inbox, client *dixaclient.Client, now func() time.Time) *Inbox {
	ctx, stop := context.WithCancel(context.Background())
	p := &Inbox{Inbox: in, client: client, now: now, logged: rate.Sometimes{First: 1, Interval: time.Minute}, reading: make(chan struct{}, 1), kick: make(chan struct{}, 1), stop: stop, done: make(chan struct{})}
	go p.run(ctx)
	return p
}

// Close ends the polls. It does not close the inbox below.
func (p *Inbox) Close() {
	p.stop()
	<-p.done
}

// List returns events behind a cursor. The log is read first if that was not done in the last 10 seconds.
func (p *Inbox) List(ctx context.Context, after events.Cursor, most int) (events.Page, error) {
	p.fresh(ctx)
	return p.Inbox.List(ctx, after, most)
}

// End returns the position behind the newest event that the log has now.
func (p *Inbox) End(ctx context.Context) (events.Cursor, error) {
	p.fresh(ctx)
	return p.Inbox.End(ctx)
}

// Wait waits for an event. The log is read every 10 seconds while a call does.
func (p *Inbox) Wait(ctx context.Context, after events.Cursor, match func(context.Context, events.Event) (bool, error)) (events.Found, error) {
	p.mu.Lock()
	p.waiting++
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.waiting--
		p.mu.Unlock()
	}()
	select {
	case p.kick <- struct{}{}:
	default:
	}
	return p.Inbox.Wait(ctx, after, match)
}

// run polls while a call waits.
func (p *Inbox) run(ctx context.Context) {
	defer close(p.done)
	for {
		p.mu.Lock()
		var again <-chan time.Time // never, if no call waits
		if p.waiting > 0 {
			again = time.After(Every)
		}
		p.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-p.kick:
		case <-again:
		}
		p.fresh(ctx)
	}
}

// fresh reads the log, unless this process or another one did in the last 10 seconds. If it fails, it is logged: the next poll begins
// where this one did.
func (p *Inbox) fresh(ctx context.Context) {
	select {
	case p.reading <- struct{}{}:
		defer func() { <-p.reading }()
	case <-ctx.Done():
		return
	}
	now := p.now()
	if !p.last.IsZero() && now.Sub(p.last) < Every {
		return
	}
	p.last = now
	if err := p.poll(ctx, now); err != nil && ctx.Err() == nil {
		p.logged.Do(func() {
			slog.Warn("Dixa's activity log could not be read, so that events are late; this is logged once a minute", "error", err)
		})
	}
}

// poll stores what the log has since the last poll.
func (p *Inbox) poll(ctx context.Context, now time.Time) error {
	mine, from, err := p.ClaimTask(ctx, task, Every*9/10) // somewhat less, since clocks differ
	if err != nil || !mine {
		return err
	}
	if from.IsZero() {
		status, err := p.Status(ctx)
		if err != nil {
			return err
		}
		from = status.Newest
		if from.IsZero() || from.After(now) {
			from = now
		}
	}
	if oldest := now.Add(-gap + overlap); from.Before(oldest) {
		from = oldest
	}
	var all []events.Event
	in := dixaclient.ListActivityIn{FromDatetime: dixaclient.Time{Time: from.Add(-overlap)}, Page: dixaclient.Page{PageLimit: pageLimit}}
	for page, err := range dixaclient.ListActivity.Pages(ctx, p.client, in) {
		if err != nil {
			return fmt.Errorf("read the activity log: %w", err)
		}
		for i := range page.Value {
			if e, ok := fromLog(&page.Value[i]); ok {
				all = append(all, e)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b events.Event) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Conversation, b.Conversation))
	})
	if _, err := p.Put(ctx, all...); err != nil {
		return err
	}
	return p.Done(ctx, task, now)
}

// byLog finds the type of an event by that of an entry of the log.
var byLog = func() map[string]dixaclient.WebhookEvent {
	m := map[string]dixaclient.WebhookEvent{}
	for _, t := range events.Types {
		for _, kind := range t.Log {
			m[kind] = t.Type
		}
	}
	return m
}()

// fromLog makes an event of an entry of the log: ids, and the fields that an event of its type has. It is false if no event says the same.
func fromLog(a *dixaclient.ActivityEntry) (e events.Event, ok bool) {
	kind, ok := byLog[a.Type]
	if !ok || a.ID == "" || a.ConversationID <= 0 || a.ActivityTimestamp.IsZero() {
		return e, false
	}
	e = events.Event{ID: strings.ToLower(string(a.ID)), Type: kind, Time: a.ActivityTimestamp.UTC(), Conversation: a.ConversationID}
	f := &e.Fields
	if a.Author != nil {
		f.Author = string(a.Author.ID)
	}
	text := func(key string) string {
		s, _ := a.Attributes[key].(string)
		return s
	}
	switch a.Type {
	case "MessageAddedByCustomer", "ConversationCreatedByCustomer":
		f.AuthorType = "Contact"
	case "ConversationAssigned":
		f.Assignee = text("agentId")
	case "TransferSuccessful":
		if text("destinationType") == "Queue" {
			e.Queue = text("destinationId")
		}
	case "TagAdded", "TagRemoved":
		f.Tag = text("tag")
	case "ConversationRated":
		if score, ok := a.Attributes["score"].(float64); ok {
			f.Score = &score
		}
	}
	switch a.Type {
	case "MessageAddedByCustomer":
		f.MessageSide, f.Message = "inbound", text("messageId")
	case "MessageAddedByAgent":
		f.MessageSide, f.Message = "outbound", text("messageId")
	}
	return e, true
}
