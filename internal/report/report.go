// Package report makes figures about the conversations of a period from the archive.
//
// Dixa's Analytics has figures of its own under other names: these are computed from exported rows, and leave automatic messages out.
package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/base/vocabulary"
	"dixa-mcp/internal/base/when"
)

// By is what a report has a row for each of.
type By string

// What a report can be by. An hour is one of the 24 of the day, and a week begins on Monday.
const (
	ByQueue   By = "queue"
	ByAgent   By = "agent" // Dixa agent that the conversation was assigned to last
	ByChannel By = "channel"
	ByTag     By = "tag"
	ByHour    By = "hour"
	ByDay     By = "day"
	ByWeek    By = "week"
)

// Dimensions lists what a report can be by.
func Dimensions() []By { return []By{ByQueue, ByAgent, ByChannel, ByTag, ByHour, ByDay, ByWeek} }

// None is the name of the row of conversations that have no queue, Dixa agent or tag.
const None = "(none)"

// Options say what is reported.
type Options struct {
	Period  when.Period
	Before  when.Period // that it is compared with
	By      By          // "" for totals alone
	Zone    *time.Location
	Handled func(conversation int64) bool // whether an AI agent wrote in a conversation, for concurrent use; nil where that is not known
}

// Figures are those of some conversations. Durations are 0 where nothing was measured.
type Figures struct {
	Conversations int           `json:"conversations"` // created in the period
	Closed        int           `json:"closed"`        // closed in the period
	Answered      int           `json:"answered"`      // of those created: with an answer that is not automatic
	AnswerMedian  time.Duration `json:"-"`             // from the creation to that answer
	AnswerP90     time.Duration `json:"-"`
	CloseMedian   time.Duration `json:"-"` // from the creation to the closing, of those closed
	CloseP90      time.Duration `json:"-"`
	Customers     int           `json:"customers"` // who wrote them
	Rated         int           `json:"rated"`     // of those closed: with thumbs or a CSAT
	Satisfied     int           `json:"satisfied"` // of those: thumbs up, or a CSAT of 4 or 5
}

// Row is a row of a report.
type Row struct {
	Name   string
	Now    Figures
	Before Figures
}

// Report is the figures of a period.
type Report struct {
	Options
	Total   Row
	Rows    []Row
	Handled []Row // those in which an AI agent wrote, and the others; nil where that is not known
}

// facts reads what a report counts.
type facts interface {
	Facts(ctx context.Context, span archive.Span, each func(archive.Fact)) error
}

// Make makes a report.
func Make(ctx context.Context, store facts, o Options) (*Report, error) {
	now, before, err := both(ctx, store, o)
	if err != nil {
		return nil, err
	}
	r := &Report{Options: o, Total: Row{"all", now.all.figures(), before.all.figures()}}
	names := map[string]bool{}
	for name := range now.rows {
		names[name] = true
	}
	for name := range before.rows {
		if o.By != ByDay && o.By != ByWeek { // a day of a longer month has no counterpart
			names[name] = true
		}
	}
	for name := range names {
		r.Rows = append(r.Rows, Row{name, now.row(name).figures(), before.row(name).figures()})
	}
	slices.SortFunc(r.Rows, func(a, b Row) int {
		switch o.By {
		case ByHour, ByDay, ByWeek:
			return cmp.Compare(a.Name, b.Name)
		}
		return cmp.Or(cmp.Compare(b.Now.Conversations, a.Now.Conversations), cmp.Compare(b.Before.Conversations, a.Before.Conversations), cmp.Compare(a.Name, b.Name))
	})
	if o.Handled != nil {
		r.Handled = []Row{{"with an AI agent", now.handled.figures(), before.handled.figures()}, {"without", now.others.figures(), before.others.figures()}}
	}
	return r, nil
}

// both counts both periods, at once: a database reads them side by side.
func both(ctx context.Context, store facts, o Options) (now, before *counts, err error) {
	var earlier sync.WaitGroup
	var failed error
	earlier.Go(func() { before, failed = count(ctx, store, o, o.Before) })
	now, err = count(ctx, store, o, o.Period)
	earlier.Wait()
	return now, before, errors.Join(err, failed)
}

// counts are what was counted in one period.
type counts struct {
	all, handled, others cell
	rows                 map[string]*cell
}

func (c *counts) row(name string) *cell {
	if c.rows[name] == nil {
		c.rows[name] = &cell{}
	}
	return c.rows[name]
}

// count counts the conversations that were created or closed in a period.
func count(ctx context.Context, store facts, o Options, p when.Period) (*counts, error) {
	c := &counts{rows: map[string]*cell{}}
	switch o.By { // rows without a conversation too
	case ByHour:
		for h := range 24 {
			c.row(hourName(h))
		}
	case ByDay, ByWeek:
		for _, day := range p.Each() {
			c.row(o.time(p, day.Start))
		}
	}
	err := store.Facts(ctx, archive.Span{From: p.Start, To: p.End}, func(f archive.Fact) {
		created, closed := within(p, f.CreatedAt), within(p, f.ClosedAt)
		c.all.add(f, created, closed)
		if o.Handled != nil && o.Handled(f.ID) {
			c.handled.add(f, created, closed)
		} else if o.Handled != nil {
			c.others.add(f, created, closed)
		}
		switch o.By {
		case "":
		case ByHour, ByDay, ByWeek: // each at its own time
			if created {
				c.row(o.time(p, time.UnixMilli(f.CreatedAt))).add(f, true, false)
			}
			if closed {
				c.row(o.time(p, time.UnixMilli(f.ClosedAt))).add(f, false, true)
			}
		default:
			for _, name := range o.names(f) {
				c.row(name).add(f, created, closed)
			}
		}
	})
	return c, err
}

func within(p when.Period, ms int64) bool {
	return ms > 0 && ms >= p.Start.UnixMilli() && ms < p.End.UnixMilli()
}

// names returns the rows that a conversation belongs to.
func (o *Options) names(f archive.Fact) []string {
	name := ""
	switch o.By {
	case ByQueue:
		name = f.Queue
	case ByAgent:
		name = f.Assignee
	case ByChannel:
		name = vocabulary.Channels.Word(f.Channel)
	case ByTag:
		if len(f.Tags) > 0 {
			return f.Tags
		}
	}
	return []string{cmp.Or(name, None)}
}

func hourName(h int) string { return fmt.Sprintf("%02d:00", h) }

// time returns the row of a time in a period. A day of the period before belongs to the same day of the period itself.
func (o *Options) time(p when.Period, t time.Time) string {
	t = t.In(o.Zone)
	switch o.By {
	case ByHour:
		return hourName(t.Hour())
	case ByDay, ByWeek:
		t = t.AddDate(0, 0, int(math.Round(o.Period.Start.Sub(p.Start).Hours()/24)))
	}
	switch o.By {
	case ByWeek:
		t = t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	}
	return t.Format(time.DateOnly)
}

// cell collects what figures are made of.
type cell struct {
	created, closed, rated, satisfied int
	answers, closings                 []int64 // milliseconds
	customers                         map[string]struct{}
}

func (c *cell) add(f archive.Fact, created, closed bool) {
	if created {
		c.created++
		if c.customers == nil {
			c.customers = map[string]struct{}{}
		}
		c.customers[cmp.Or(f.Customer, fmt.Sprint("conversation ", f.ID))] = struct{}{}
		if f.AnsweredAt >= f.CreatedAt && f.AnsweredAt > 0 {
			c.answers = append(c.answers, f.AnsweredAt-f.CreatedAt)
		}
	}
	if closed {
		c.closed++
		c.closings = append(c.closings, max(0, f.ClosedAt-f.CreatedAt))
		if f.Rated {
			c.rated++
			if f.Satisfied {
				c.satisfied++
			}
		}
	}
}

func (c *cell) figures() Figures {
	return Figures{
		Conversations: c.created, Closed: c.closed, Answered: len(c.answers), Customers: len(c.customers), Rated: c.rated, Satisfied: c.satisfied,
		AnswerMedian: quantile(c.answers, 0.5), AnswerP90: quantile(c.answers, 0.9),
		CloseMedian: quantile(c.closings, 0.5), CloseP90: quantile(c.closings, 0.9),
	}
}

// quantile returns the value that a share of the values does not exceed; it sorts them.
func quantile(ms []int64, share float64) time.Duration {
	if len(ms) == 0 {
		return 0
	}
	slices.Sort(ms)
	at := max(0, int(float64(len(ms))*share+0.999999)-1)
	return time.Duration(ms[at]) * time.Millisecond
}
