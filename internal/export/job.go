// Package export writes Dixa's exports to files, for people: spans longer than one request may ask for, window by
// window. A window that breaks off is fetched again, and an export that was interrupted goes on where it was.
package export

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
)

// What can be exported.
const (
	Conversations = "conversations"
	Messages      = "messages"
)

const (
	// windowSpan is less than the 31 days that Dixa takes: a window that breaks off then costs a week and not a month,
	// and a year is still only 53 requests, six minutes at Dixa's limit of ten a minute.
	windowSpan = 7 * 24 * time.Hour
	// overlap is what neighbouring windows share, since Dixa does not say whether their ends belong to them. Rows that
	// come twice are dropped.
	overlap = time.Millisecond
	// idsPerRequest keeps the address of a request short; Dixa names no limit.
	idsPerRequest = 100
)

// Job is what to export. It is also how an interrupted export is known again.
type Job struct {
	What   string    `json:"what"`            // Conversations or Messages
	By     string    `json:"by,omitzero"`     // the Span.By of After and Before
	After  time.Time `json:"after,omitzero"`  // UTC
	Before time.Time `json:"before,omitzero"` // UTC; zero is the moment in which the export began
	CSIDs  []int32   `json:"csids,omitzero"`  // instead of After and Before; sorted, each once
	From   string    `json:"from"`            // whose data it is: Dixa's address
	Excel  bool      `json:"excel,omitzero"`  // write the CSV file for Excel
}

// String returns the job as its flags, and whose data it exports.
func (j Job) String() string {
	s := j.What
	if j.By != "" {
		s += fmt.Sprintf(" --%s-after %s", j.By, j.After.Format(time.RFC3339Nano))
	}
	if !j.Before.IsZero() {
		s += fmt.Sprintf(" --%s-before %s", j.By, j.Before.Format(time.RFC3339Nano))
	}
	if n := len(j.CSIDs); n > 0 {
		s += fmt.Sprintf(" --csids %d,… (%d)", j.CSIDs[0], n)
	}
	if j.Excel {
		s += " --excel"
	}
	return s + " from " + j.From
}

// Words returns in words what the job exports, such as "conversations updated after T and before U".
func (j Job) Words() string {
	if n := len(j.CSIDs); n > 0 {
		return fmt.Sprintf("%s by %d ids", j.What, n)
	}
	before := "the export began"
	if !j.Before.IsZero() {
		before = j.Before.Format(time.RFC3339Nano)
	}
	by := strings.ReplaceAll(j.By, "last-message-created", "last written in")
	return fmt.Sprintf("%s %s after %s and before %s", j.What, by, j.After.Format(time.RFC3339Nano), before)
}

// Span is a pair of flags. Both may be zero.
type Span struct {
	By            string // updated, created, closed or last-message-created
	After, Before time.Time
}

// NewJob makes a job of flags; its errors name them.
func NewJob(what, from string, now time.Time, csids []int32, spans ...Span) (Job, error) {
	j := Job{What: what, From: from, CSIDs: slices.Compact(slices.Sorted(slices.Values(csids)))}
	for _, s := range spans {
		switch {
		case s.After.IsZero() && s.Before.IsZero():
			continue
		case s.After.IsZero():
			return j, fmt.Errorf("--%s-before needs --%[1]s-after", s.By)
		case j.By != "":
			return j, fmt.Errorf("--%s-after and --%s-after exclude each other: an export is split into windows of one kind", j.By, s.By)
		case !s.Before.IsZero() && s.After.UnixMilli() >= s.Before.UnixMilli():
			return j, fmt.Errorf("--%s-before must be later than --%[1]s-after", s.By)
		case s.After.After(now):
			return j, fmt.Errorf("--%s-after lies in the future", s.By)
		}
		j.By, j.After = s.By, s.After.UTC()
		if !s.Before.IsZero() {
			j.Before = s.Before.UTC()
		}
	}
	switch {
	case j.By == "" && len(j.CSIDs) == 0:
		return j, fmt.Errorf("say which %s: --%s-after, such as 2026-01-31", what, spans[0].By)
	case j.By != "" && len(j.CSIDs) > 0:
		return j, fmt.Errorf("--csids and --%s-after exclude each other", j.By)
	}
	return j, nil
}

// Window is what one request asks for: a span of time, or conversations.
type Window struct {
	After  time.Time `json:"after,omitzero"`
	Before time.Time `json:"before,omitzero"`
	CSIDs  []int32   `json:"csids,omitzero"`
}

// Windows splits the job. What lies behind now is left out: it can still change.
func (j Job) Windows(now time.Time) (all []Window) {
	for ids := range slices.Chunk(j.CSIDs, idsPerRequest) {
		all = append(all, Window{CSIDs: ids})
	}
	if j.By == "" {
		return all
	}
	end := j.Before
	if end.IsZero() || end.After(now) {
		end = now.UTC().Truncate(time.Millisecond)
	}
	for after := j.After; after.Before(end); after = after.Add(windowSpan) {
		w := Window{After: after, Before: after.Add(windowSpan)}
		if w.Before.After(end) {
			w.Before = end
		}
		if after.After(j.After) {
			w.After = after.Add(-overlap)
		}
		all = append(all, w)
	}
	return all
}

// fetch streams the rows of one window.
func (j Job) fetch(ctx context.Context, c *dixaclient.Client, w Window) iter.Seq2[json.RawMessage, error] {
	after, before := dixaclient.Millis{Time: dixaclient.Time{Time: w.After}}, dixaclient.Millis{Time: dixaclient.Time{Time: w.Before}}
	if j.What == Messages {
		return dixaclient.ExportMessages.Stream(ctx, c, dixaclient.ExportMessagesIn{CreatedAfter: after, CreatedBefore: before})
	}
	in := dixaclient.ExportConversationsIn{CSIDs: w.CSIDs}
	switch j.By {
	case "updated":
		in.UpdatedAfter, in.UpdatedBefore = after, before
	case "created":
		in.CreatedAfter, in.CreatedBefore = after, before
	case "closed":
		in.ClosedAfter, in.ClosedBefore = after, before
	case "last-message-created":
		in.LastMessageCreatedAfter, in.LastMessageCreatedBefore = after, before
	}
	return dixaclient.ExportConversations.Stream(ctx, c, in)
}
