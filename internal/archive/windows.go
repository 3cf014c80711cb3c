package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/export"
)

const (
	// The span of a window: so long that few requests are needed, and so short that a window that breaks off costs little.
	firstSpan, shortest, longest = 7 * 24 * time.Hour, 24 * time.Hour, 30 * 24 * time.Hour
	// fewRows in a window make the next one twice as long, and manyRows half as long.
	fewRows, manyRows = 5000, 50000
	// overlap is what neighboring windows share, since Dixa does not say whether their ends belong to them.
	overlap = time.Millisecond
	// maxFetches is the maximum number of times that one window is fetched.
	maxFetches = 3
	// rowsAtOnce is how many rows are kept in one transaction.
	rowsAtOnce = 500
)

// rowsOf are the rows of one request.
type rowsOf = iter.Seq2[json.RawMessage, error]

// Gaps returns the parts of a span that others do not cover. covered is sorted.
func Gaps(covered []Span, all Span) (gaps []Span) {
	from := all.From
	for _, c := range covered {
		if c.From.After(from) && from.Before(all.To) {
			to := c.From
			if to.After(all.To) {
				to = all.To
			}
			gaps = append(gaps, Span{from, to})
		}
		if c.To.After(from) {
			from = c.To
		}
	}
	if from.Before(all.To) {
		gaps = append(gaps, Span{from, all.To})
	}
	return gaps
}

// window is what one request of a sync asks for.
type window struct {
	what What
	Span
}

// plan is what is missing, the oldest first. Messages come before the conversations of the same time, whose last messages are then known.
type plan struct {
	missing []window
	total   time.Duration
}

func (s *syncer) plan(ctx context.Context) (p plan, err error) {
	floor, err := s.store.Floor(ctx)
	if err != nil {
		return p, err
	}
	since := s.o.Since
	if floor.After(since) {
		since = floor
	}
	for _, what := range []What{Messages, Conversations} {
		covered, err := s.store.Covered(ctx, what)
		if err != nil {
			return p, err
		}
		for _, gap := range Gaps(covered, Span{since, s.now}) {
			p.missing = append(p.missing, window{what, gap})
			p.total += gap.To.Sub(gap.From)
		}
	}
	return p, nil
}

// next takes a window of at most a span from the plan.
func (p *plan) next(span time.Duration) (w window, ok bool) {
	if len(p.missing) == 0 {
		return window{}, false
	}
	slices.SortStableFunc(p.missing, func(a, b window) int { return a.From.Compare(b.From) })
	w = p.missing[0]
	if w.To.Sub(w.From) > span {
		w.To = w.From.Add(span)
		p.missing[0].From = w.To
	} else {
		p.missing = p.missing[1:]
	}
	return w, true
}

// share returns how much of the plan was taken.
func (p *plan) share() float64 {
	left := time.Duration(0)
	for _, w := range p.missing {
		left += w.To.Sub(w.From)
	}
	return 1 - float64(left)/float64(max(p.total, 1))
}

// windows fetches what is missing.
func (s *syncer) windows(ctx context.Context) error {
	p, err := s.plan(ctx)
	if err != nil {
		return err
	}
	span := firstSpan
	for {
		s.progress.Share = p.share()
		w, ok := p.next(span)
		if !ok {
			break
		}
		before := s.result.Conversations + s.result.Messages
		if err := s.window(ctx, w); err != nil {
			return err
		}
		switch rows := s.result.Conversations + s.result.Messages - before; {
		case w.what == Conversations: // messages are the more
		case rows < fewRows:
			span = min(2*span, longest)
		case rows > manyRows:
			span = max(span/2, shortest)
		}
	}
	s.result.To = s.now.Add(-settle)
	return nil
}

// window fetches one window, and notes that it is kept but for its newest part.
func (s *syncer) window(ctx context.Context, w window) error {
	after, before := millis(w.From.Add(-overlap)), millis(w.To)
	doing := fmt.Sprintf("%s of %s to %s", w.what, w.From.Format(time.DateOnly), w.To.Format(time.DateOnly))
	err := s.export(ctx, w.what, doing, func() rowsOf {
		if w.what == Messages {
			return dixaclient.ExportMessages.Stream(ctx, s.c, dixaclient.ExportMessagesIn{CreatedAfter: after, CreatedBefore: before})
		}
		return dixaclient.ExportConversations.Stream(ctx, s.c, dixaclient.ExportConversationsIn{UpdatedAfter: after, UpdatedBefore: before})
	})
	if err != nil {
		return err
	}
	if settled := s.now.Add(-settle); w.To.After(settled) {
		w.To = settled
	}
	return s.store.Cover(ctx, w.what, w.Span)
}

func millis(t time.Time) dixaclient.Millis {
	return dixaclient.Millis{Time: dixaclient.Time{Time: t}}
}

// export makes a request to the Exports API and keeps its rows. One that breaks off is made again: rows that come twice are kept once.
func (s *syncer) export(ctx context.Context, what What, doing string, rows func() rowsOf) error {
	for fetches := 1; ; fetches++ {
		if err := s.slot(ctx); err != nil {
			return err
		}
		s.report(doing)
		err := s.keep(ctx, what, doing, rows())
		if err == nil {
			return nil
		}
		if fetches == maxFetches || ctx.Err() != nil || !export.Passing(err) && !errors.Is(err, errSoon) {
			return fmt.Errorf("%s could not be fetched; what was fetched before is kept, and the next sync goes on there: %w", doing, err)
		}
	}
}

// keep stores rows as they come.
func (s *syncer) keep(ctx context.Context, what What, doing string, rows rowsOf) error {
	batch := Rows{At: s.now}
	flush := func() error {
		err := s.store.Put(ctx, batch)
		s.result.Conversations += len(batch.Conversations)
		s.result.Messages += len(batch.Messages)
		batch = Rows{At: s.now, Conversations: batch.Conversations[:0], Messages: batch.Messages[:0]}
		s.report(doing)
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := batch.add(what, row); err != nil {
			s.result.Skipped++
			continue
		}
		if len(batch.Conversations)+len(batch.Messages) >= rowsAtOnce {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func (r *Rows) add(what What, row json.RawMessage) error {
	if what == Messages {
		m, err := ReadMessage(row)
		if err == nil {
			r.Messages = append(r.Messages, m)
		}
		return err
	}
	c, err := ReadConversation(row)
	if err == nil {
		r.Conversations = append(r.Conversations, c)
	}
	return err
}
