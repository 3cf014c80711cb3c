package replicas

import (
	"cmp"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/events"
)

//go:embed inbox.lua
var inboxSource string

//go:embed inbox_task.lua
var inboxTaskSource string

var inboxScript, inboxTaskScript = newScript(inboxSource), newScript(inboxTaskSource)

const (
	// eventSize is what an event takes in Redis besides its texts: with its id among the ids, and its part of the stream.
	eventSize = 160
	// putAtATime is how many events one script stores, and removeAtATime how many it removes: others wait meanwhile.
	putAtATime, removeAtATime = 200, 1000
	// inboxIdle is how long the keys of an inbox are kept after the last event.
	inboxIdle = 4 * events.Keep
)

// inboxBounds bound an inbox. A zero value means the bound of package events.
type inboxBounds struct {
	keep          time.Duration
	events, bytes int64
}

// inbox is the inbox of events that all replicas share. The events are a stream of Redis; their numbers there are their positions.
type inbox struct {
	link   *link
	hear   func(channel string, take func([]byte)) (stop func())
	now    func() time.Time
	bounds inboxBounds
	puts   events.Puts
}

var (
	_ events.Store    = (*inbox)(nil)
	_ events.Notifier = (*inbox)(nil)
)

// Events returns the inbox of events that all replicas share.
func (g *Group) Events() events.Store {
	return &inbox{link: g.link, hear: g.hear, now: g.link.now}
}

// inboxEvent is the form of an event in Redis, beside its id and when it was stored.
type inboxEvent struct {
	Type         dixaclient.WebhookEvent `json:"t"`
	Time         int64                   `json:"a"` // in Unix milliseconds
	Conversation int64                   `json:"c,omitzero"`
	Queue        string                  `json:"q,omitzero"`
	Fields       events.Fields           `json:"f,omitzero"`
}

// run runs the script. What it does not finish at once, it is asked to go on with.
func (b *inbox) run(what string, args ...any) ([]any, error) {
	name := make([]byte, 8)
	_, _ = rand.Read(name) // never fails
	keep, most, bytes := cmp.Or(b.bounds.keep, events.Keep), cmp.Or(b.bounds.events, events.MaxEvents), cmp.Or(b.bounds.bytes, events.MaxBytes)
	keys := []string{b.link.key("events"), b.link.key("events:stream"), b.link.key("events:ids"), b.link.key("events:known")}
	all := append([]any{what, hex.EncodeToString(name), b.now().UnixMilli(), keep.Milliseconds(), events.Known.Milliseconds(), most, bytes,
		removeAtATime, inboxIdle.Milliseconds(), b.channel(), eventSize}, args...)
	for {
		answer, err := b.link.run(context.Background(), inboxScript, keys, all...)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", events.ErrAway, err)
		}
		if answer[0] != "again" {
			return answer, nil
		}
	}
}

func (b *inbox) channel() string { return b.link.key("events") }

// Put implements [events.Store].
func (b *inbox) Put(ctx context.Context, all ...events.Event) (added int, err error) {
	return b.puts.Do(ctx, all, b.put)
}

// put stores what several calls of Put brought.
func (b *inbox) put(puts []*events.Waiting) error {
	var args []any
	var of []*events.Waiting
	store := func() error {
		answer, err := b.run("put", args...)
		if err != nil {
			return err
		}
		for i, added := range answer[1].([]any) {
			of[i].Added += int(number(added))
		}
		if number(answer[0]) == 1 {
			_, err = b.run("end")
		}
		args, of = nil, nil
		return err
	}
	for _, p := range puts {
		p.Added = 0
		for _, e := range p.Events {
			text, err := json.Marshal(inboxEvent{e.Type, e.Time.UnixMilli(), e.Conversation, e.Queue, e.Fields})
			if err != nil {
				return err
			}
			args, of = append(args, e.ID, text), append(of, p)
			if len(of) == putAtATime {
				if err := store(); err != nil {
					return err
				}
			}
		}
	}
	if len(of) == 0 {
		return nil
	}
	return store()
}

// List implements [events.Store].
func (b *inbox) List(ctx context.Context, after events.Cursor, most int) (p events.Page, err error) {
	from, err := after.Position()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return p, err
	}
	answer, err := b.run("list", from.Store, from.Number, most+1)
	if err != nil {
		return p, err
	}
	at := events.Position{Store: answer[1].(string), Number: number(answer[2])}
	p.Next, p.Truncated = at.Cursor(), number(answer[3]) == 1
	for _, one := range answer[4].([]any) {
		if len(p.Events) == most {
			p.More = true
			break
		}
		e, err := eventOf(at.Store, one)
		if err != nil {
			return p, err
		}
		p.Events, p.Next = append(p.Events, e), e.Cursor
	}
	return p, nil
}

// eventOf reads an entry of the stream.
func eventOf(name string, entry any) (e events.Event, err error) {
	var at, received int64
	var id, text string
	if parts, _ := entry.([]any); len(parts) == 2 {
		at = streamNumber(parts[0])
		if fields, _ := parts[1].([]any); len(fields) == 6 {
			received = number(fields[1])
			id, _ = fields[3].(string)
			text, _ = fields[5].(string)
		}
	}
	var s inboxEvent
	if err := json.Unmarshal([]byte(text), &s); err != nil || at == 0 || id == "" {
		return e, errors.Join(errors.New("an event in Redis cannot be read"), err)
	}
	return events.Event{ID: id, Type: s.Type, Time: moment(s.Time), Received: moment(received), Conversation: s.Conversation, Queue: s.Queue, Fields: s.Fields,
		Cursor: events.Position{Store: name, Number: at}.Cursor()}, nil
}

// streamNumber returns the number in the id of an entry of a stream, such as 12-0.
func streamNumber(id any) (n int64) {
	text, _ := id.(string)
	_, _ = fmt.Sscanf(text, "%d-0", &n) // the script writes them
	return n
}

// moment returns a time in Unix milliseconds.
func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// End implements [events.Store].
func (b *inbox) End(ctx context.Context) (events.Cursor, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	answer, err := b.run("end")
	if err != nil {
		return "", err
	}
	return events.Position{Store: answer[1].(string), Number: number(answer[2])}.Cursor(), nil
}

// Status implements [events.Store].
func (b *inbox) Status(context.Context) (st events.Status, err error) {
	answer, err := b.run("status")
	if err != nil {
		return st, err
	}
	st = events.Status{Events: number(answer[1]), Bytes: number(answer[2])}
	if st.Events > 0 {
		st.Oldest, st.Newest = moment(number(answer[3])), moment(number(answer[4]))
	}
	return st, nil
}

// ClaimTask implements [events.Store].
func (b *inbox) ClaimTask(_ context.Context, task string, while time.Duration) (mine bool, last time.Time, err error) {
	return b.task(task, while.Milliseconds(), 0)
}

// Done implements [events.Store].
func (b *inbox) Done(_ context.Context, task string, at time.Time) error {
	_, _, err := b.task(task, "", at.UnixMilli())
	return err
}

func (b *inbox) task(name string, while any, done int64) (mine bool, last time.Time, err error) {
	answer, err := b.link.run(context.Background(), inboxTaskScript, []string{b.link.key("events:task:" + name)}, b.now().UnixMilli(), while, done, inboxIdle.Milliseconds())
	if err != nil {
		return false, last, fmt.Errorf("%w: %w", events.ErrAway, err)
	}
	if ms := number(answer[1]); ms > 0 {
		last = moment(ms)
	}
	return number(answer[0]) == 1, last, nil
}

// Notify implements [events.Notifier].
func (b *inbox) Notify(wake func()) (stop func()) {
	return b.hear(b.channel(), func([]byte) { wake() })
}

// Close implements [events.Store].
func (b *inbox) Close() error { return nil }
