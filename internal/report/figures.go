package report

import (
	"context"
	"strconv"
	"time"

	"dixa-mcp/internal/archive"
)

// Figure is one figure of a row as a text, and that of the period before; "" where there is nothing to tell.
type Figure struct{ Name, Now, Before string }

// Figures returns the figures of a row, by the names that they have for models.
func (r Row) Figures() (all []Figure) {
	for _, f := range []struct {
		name string
		of   func(Figures) string
	}{
		{"conversations", func(f Figures) string { return counted(f.Conversations) }},
		{"closed", func(f Figures) string { return counted(f.Closed) }},
		{"firstAnswer", func(f Figures) string { return took(f.AnswerMedian, f.Answered) }},
		{"firstAnswerP90", func(f Figures) string { return took(f.AnswerP90, f.Answered) }},
		{"closedAfter", func(f Figures) string { return took(f.CloseMedian, f.Closed) }},
		{"closedAfterP90", func(f Figures) string { return took(f.CloseP90, f.Closed) }},
		{"perCustomer", perCustomer},
		{"satisfied", satisfied},
	} {
		figure := Figure{f.name, f.of(r.Now), f.of(r.Before)}
		for _, text := range []*string{&figure.Now, &figure.Before} {
			if *text == unmeasured {
				*text = ""
			}
		}
		all = append(all, figure)
	}
	return all
}

// counted writes a number, "" for none.
func counted(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// Lacks returns the span, as far as the archive goes, of which it has not all conversations that a report counts; the zero span if it has.
func Lacks(ctx context.Context, store interface {
	Covered(context.Context, archive.What) ([]archive.Span, error)
}, o Options, until time.Time) (archive.Span, error) {
	covered, err := store.Covered(ctx, archive.Conversations)
	if err != nil {
		return archive.Span{}, err
	}
	all := archive.Span{From: o.Before.Start, To: o.Period.End}
	if all.To.After(until) {
		all.To = until
	}
	gaps := archive.Gaps(covered, all)
	if len(gaps) == 0 {
		return archive.Span{}, nil
	}
	return archive.Span{From: gaps[0].From, To: gaps[len(gaps)-1].To}, nil
}
