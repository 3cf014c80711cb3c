package report

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/base/when"
)

// rows is an archive that has some conversations.
type rows []archive.Fact

func (r rows) Facts(_ context.Context, span archive.Span, each func(archive.Fact)) error {
	in := func(ms int64) bool { return ms >= span.From.UnixMilli() && ms < span.To.UnixMilli() }
	for _, f := range r {
		if in(f.CreatedAt) || in(f.ClosedAt) {
			each(f)
		}
	}
	return nil
}

// week makes options for the week of 2 March 2026.
func week(t testing.TB, by By) Options {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Copenhagen")
	require.NoError(t, err)
	now := time.Date(2026, 3, 11, 9, 0, 0, 0, zone)
	p, err := when.ReadPeriod("last week", now)
	require.NoError(t, err)
	return Options{Period: p, Before: p.Before(now), By: by, Zone: zone}
}

// some are conversations of that week and the one before.
func some(o Options) rows {
	at := func(day, hour, minute int) int64 {
		return o.Period.Start.AddDate(0, 0, day).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute).UnixMilli()
	}
	return rows{
		{ID: 1, CreatedAt: at(0, 9, 0), AnsweredAt: at(0, 9, 10), ClosedAt: at(1, 9, 0), Channel: "email", Queue: "Billing", Assignee: "Luis", Customer: "a", Tags: []string{"refund", "urgent"}, Rated: true, Satisfied: true},
		{ID: 2, CreatedAt: at(0, 23, 30), AnsweredAt: at(1, 0, 0), ClosedAt: at(1, 23, 30), Channel: "email", Queue: "Billing", Customer: "a", Tags: []string{"refund"}, Rated: true},
		{ID: 3, CreatedAt: at(6, 23, 59), Channel: "widgetchat", Customer: ""},
		{ID: 4, CreatedAt: at(-1, 12, 0), AnsweredAt: at(-1, 12, 1), ClosedAt: at(0, 0, 0), Channel: "email", Queue: "Returns", Customer: "b"}, // closed in the first moment of the week
		{ID: 5, CreatedAt: at(7, 0, 0), Channel: "email"},
	}
}

func TestReport(t *testing.T) {
	o := week(t, ByQueue)
	o.Handled = func(id int64) bool { return id == 1 }
	r, err := Make(t.Context(), some(o), o)
	require.NoError(t, err)
	require.Equal(t, Row{"all", Figures{Conversations: 3, Closed: 3, Answered: 2, AnswerMedian: 10 * time.Minute, AnswerP90: 30 * time.Minute, CloseMedian: 24 * time.Hour, CloseP90: 24 * time.Hour, Customers: 2, Rated: 2, Satisfied: 1},
		Figures{Conversations: 1, Answered: 1, AnswerMedian: time.Minute, AnswerP90: time.Minute, Customers: 1}}, r.Total)
	var names []string
	for _, row := range r.Rows {
		names = append(names, fmt.Sprint(row.Name, " ", row.Now.Conversations, " ", row.Now.Closed))
	}
	require.Equal(t, []string{"Billing 2 2", "(none) 1 0", "Returns 0 1"}, names)
	require.Equal(t, []int{1, 2}, []int{r.Handled[0].Now.Conversations, r.Handled[1].Now.Conversations})
	require.Equal(t, "50 % of 2", r.Table()[1][8])
	require.Equal(t, "3 (+2)", r.Table()[1][1])
	for _, line := range r.Values() {
		require.Len(t, line, len(r.Columns()))
	}
}

// Each dimension counts every conversation once, but tags, of which a conversation can have several.
func TestDimensions(t *testing.T) {
	want := map[By]string{
		ByQueue: "Billing=2 (none)=1 Returns=0", ByAgent: "(none)=2 Luis=1", ByChannel: "Email=2 Chat=1", ByTag: "refund=2 (none)=1 urgent=1",
		ByDay: "2026-03-02=2 2026-03-03=0 2026-03-04=0 2026-03-05=0 2026-03-06=0 2026-03-07=0 2026-03-08=1", ByWeek: "2026-03-02=3",
	}
	for _, by := range Dimensions() {
		o := week(t, by)
		r, err := Make(t.Context(), some(o), o)
		require.NoError(t, err)
		if by == ByHour {
			require.Len(t, r.Rows, 24)
			require.Equal(t, []int{1, 2}, []int{r.Rows[9].Now.Conversations, r.Rows[23].Now.Conversations})
			continue
		}
		var got []string
		for _, row := range r.Rows {
			if row.Now != (Figures{}) || by == ByDay {
				got = append(got, fmt.Sprint(row.Name, "=", row.Now.Conversations))
			}
		}
		require.Equal(t, want[by], strings.Join(got, " "), by)
		if by == ByDay {
			require.Equal(t, 1, r.Rows[6].Before.Conversations, "the Sunday before")
		}
	}
}

func TestQuantiles(t *testing.T) {
	ten := []int64{10, 1, 9, 2, 8, 3, 7, 4, 6, 5}
	require.Equal(t, 5*time.Millisecond, quantile(ten, 0.5))
	require.Equal(t, 9*time.Millisecond, quantile(ten, 0.9))
	require.Equal(t, time.Millisecond, quantile([]int64{1}, 0.9))
	require.Zero(t, quantile(nil, 0.5))
}

// What Dixa's users wrote is text on the page.
func TestPage(t *testing.T) {
	o := week(t, ByTag)
	facts := some(o)
	facts[0].Tags = []string{"<script>alert(1)</script>"}
	var all []*Report
	for _, by := range []By{ByDay, ByTag} {
		o.By = by
		r, err := Make(t.Context(), facts, o)
		require.NoError(t, err)
		all = append(all, r)
	}
	var page strings.Builder
	require.NoError(t, WritePage(&page, all, o.Period.End))
	require.NotContains(t, page.String(), "<script")
	require.Contains(t, page.String(), "&lt;script&gt;")
	require.Contains(t, page.String(), "2 March to 8 March 2026")
	require.Contains(t, page.String(), "<svg")
}
