package gate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/jobs"
	"dixa-mcp/internal/view"
)

// prepared answers the call that prepares a job.
func prepared(j *jobs.Job, changes []string, sample []sampleItem, e estimate) []view.Part {
	job := view.Item{Facts: []view.Fact{
		{Key: "handle", Label: "Job", Value: j.Handle, Own: true},
		{Key: "count", Value: lines.Counted(len(j.IDs), "conversation") + " by " + j.Found, Own: true},
	}}
	for _, change := range changes {
		job.Facts = append(job.Facts, view.Fact{Key: "change", Value: change, Own: true})
	}
	parts := []view.Part{{Name: "job", Items: []view.Item{job}}, {Name: "sample", List: true}}
	for _, s := range sample {
		parts[1].Items = append(parts[1].Items, conversationLine(s.id, strings.Join(s.says, " · ")))
	}
	said := fmt.Sprintf("It takes about %s: %s at %s a second, in %s.", lines.Counted(e.requests, "request"), rounded(e.took), lines.Counted(int(e.rate+0.5), "request"), lines.Counted(e.calls, "call"))
	if e.budget != "" {
		said += " " + e.budget
	}
	if e.approval {
		said += " A person has to approve it first and is asked at the next call."
	}
	return append(parts, view.Sentence("next", said+" Nothing was changed yet. To carry it out, within 24 hours: "+nextCall(j)))
}

// reported answers a call about a job that is carried out.
func reported(j *jobs.Job, why string) []view.Part {
	job := view.Item{Facts: []view.Fact{
		{Key: "handle", Label: "Job", Value: j.Handle, Own: true},
		{Key: "count", Value: fmt.Sprintf("%d of %s", min(j.Next, len(j.IDs)), lines.Counted(len(j.IDs), "conversation")), Own: true},
	}}
	for _, f := range []view.Fact{{Key: "changed", Value: "changed"}, {Key: "same", Value: "no change"}, {Key: "failed", Value: "failed"}, {Key: "unknown", Value: "not known whether done"}} {
		if n := map[string]int{"changed": j.Changed, "same": j.Same, "failed": j.Failed, "unknown": j.Unknown}[f.Key]; n > 0 {
			job.Facts = append(job.Facts, view.Fact{Key: f.Key, Value: fmt.Sprintf("%d %s", n, f.Value), Own: true})
		}
	}
	parts := []view.Part{{Name: "job", Items: []view.Item{job}}}
	if len(j.Failures) > 0 {
		failures := view.Part{Name: "failures", List: true}
		for _, f := range j.Failures {
			failures.Items = append(failures.Items, conversationLine(f.ID, f.Why))
		}
		parts = append(parts, failures)
	}
	return append(parts, view.Sentence("next", why))
}

func conversationLine(id int64, says string) view.Item {
	return view.Item{Facts: []view.Fact{{Key: "id", Label: "Conversation", Value: strconv.FormatInt(id, 10)}, {Key: "says", Value: says, Own: true}}}
}

// nextCall returns the call that starts a job or continues it.
func nextCall(j *jobs.Job) string { return fmt.Sprintf(`bulk_update {"handle":"%s"}`, j.Handle) }

func rounded(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()+0.999))
	}
	return fmt.Sprintf("%d min", int(d.Minutes()+0.999))
}

// answer says how far a job got in this call, and why it did not get further.
func (b *bulk) answer(ctx context.Context, from *jobs.Job, run *jobs.Run, stopped error) Answer {
	c := b.call
	j := &run.Job
	c.record.verbs = &audit.Verb{Past: "updated", Infinitive: "update", Object: fmt.Sprintf("conversations of job {handle}, now %d of %d", min(j.Next, len(j.IDs)), len(j.IDs))}
	left := lines.Counted(len(j.IDs)-min(j.Next, len(j.IDs)), "conversation")
	why, outcome := ended(j, j.Stop), audit.OutcomeDone
	switch {
	case j.Cancelled && !j.Done():
		why = "It was cancelled: " + left + " not begun."
	case errors.Is(stopped, errOutOfTime):
		why = fmt.Sprintf("The time of this call is over, and %s are left. To go on: %s", left, nextCall(j))
	case stopped != nil && j.Next == from.Next:
		return c.fail(ctx, jobStopped(c.tool.Name, j.Handle, stopped))
	case stopped != nil:
		why = fmt.Sprintf("It stopped with %s left: %s To go on: %s", left, sentenceOf(b.reason(stopped)), nextCall(j))
		if outcome = audit.OutcomeFailed; errors.Is(stopped, context.Canceled) {
			outcome = audit.OutcomeCancelled
		}
	case j.Errors() >= j.Stop:
		why = fmt.Sprintf("It ended after %s, and %s were not begun. If they are to be changed all the same, give the handle and a larger stopAfter.", lines.Counted(j.Errors(), "error"), left)
	}
	return c.answer.parts(ctx, b.env, outcome, reported(j, why), nil)
}
