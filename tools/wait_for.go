package tools

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/view"
)

// WaitForIn says what to wait for: something in a conversation or a queue, or the decision about a call that waits for approval.
type WaitForIn struct {
	ConversationID int64   `json:"conversationId,omitzero" check:"min=1"`
	Queue          d.UUID  `json:"queue,omitzero" names:"queue" jsonschema_description:"a new conversation in it"`
	For            Awaited `json:"for,omitzero" jsonschema_description:"default answer"`
	After          int     `json:"after,omitzero" check:"min=1" jsonschema_description:"this message; default: from now on"`
	Assignee       d.UUID  `json:"assignee,omitzero" names:"Dixa agent" jsonschema_description:"default anybody"`
	Approval       string  `json:"approval,omitzero" jsonschema_description:"such as A-7K2Q"`
	Since          string  `json:"since,omitzero" jsonschema_description:"cursor of the last answer, with queue or breach"`
	Seconds        int     `json:"seconds,omitzero" check:"min=1,max=40" jsonschema_description:"default 40"`
}

// Awaited is what can happen in a conversation.
type Awaited string

// What wait_for waits for in a conversation.
const (
	AwaitedAnswer     Awaited = "answer"
	AwaitedAssignment Awaited = "assignment"
	AwaitedBreach     Awaited = "breach" // of an SLA
)

// Values returns what can be waited for.
func (Awaited) Values() []string {
	return []string{string(AwaitedAnswer), string(AwaitedAssignment), string(AwaitedBreach)}
}

// OfConversation returns the conversation's id, 0 where an approval is waited for.
func (in *WaitForIn) OfConversation() int64 { return in.ConversationID }

func (in *WaitForIn) misfit() (field, problem string) {
	switch {
	case in.ConversationID == 0 && in.Queue == "" && in.Approval == "":
		return "conversationId", "must be given, or in its place queue to wait for a new conversation in it, or approval to wait for its decision"
	case in.Queue != "" && (in.ConversationID != 0 || in.Approval != "" || in.For != "" && in.For != AwaitedBreach || in.After > 0 || in.Assignee != ""):
		return "queue", "must be given alone, or with for breach, since or seconds"
	case in.Since != "" && in.Queue == "" && in.For != AwaitedBreach:
		return "since", "is for queue, or for breach; for an answer give after"
	case in.Approval != "" && (in.ConversationID != 0 || in.For != "" || in.After > 0 || in.Assignee != ""):
		return "approval", "must be given alone, or with seconds"
	case in.After > 0 && in.awaited() != AwaitedAnswer:
		return "after", "is for an answer; leave out for and assignee, or after"
	case in.Assignee != "" && in.For != "" && in.For != AwaitedAssignment:
		return "assignee", "is for an assignment; set for to assignment, or leave it out"
	}
	return "", ""
}

// awaited says what is waited for in the conversation.
func (in *WaitForIn) awaited() Awaited {
	switch {
	case in.Assignee != "":
		return AwaitedAssignment
	case in.For != "":
		return in.For
	}
	return AwaitedAnswer
}

const (
	// longestWait is how many seconds one call waits. With the time of the requests it stays below the limit of a call.
	longestWait = 40
	// mostLooks is how many times one call asks Dixa.
	mostLooks = 9
	// storeEvery is the time between looks at an approval, which is not kept at Dixa.
	storeEvery = 2 * time.Second
	// seldom is the time between looks where events tell when to look.
	seldom = 20 * time.Second
	// answerTime is what is left of a call's time for its answer, when the waiting ends.
	answerTime = 3 * time.Second
)

var waitFor = aside(task("wait_for", "waited for news",
	"Wait up to 40 s for a customer's answer, an assignment, a new conversation in a queue, an SLA's breach or an approval's decision.",
	[]*d.Spec{d.GetConversation.Spec, d.ListMessages.Spec}, nil,
	func(ctx context.Context, r *Reads, in WaitForIn) (Output, error) {
		if in.Seconds == 0 {
			in.Seconds = longestWait
		}
		w := &waiter{r, in}
		switch {
		case in.Approval != "":
			return w.awaitDecision(ctx)
		case in.Queue != "" || in.awaited() == AwaitedBreach:
			return w.awaitEvent(ctx)
		case in.awaited() == AwaitedAssignment:
			return r.asRecord(ctx, w.awaitAssignment)
		}
		return r.asRecord(ctx, w.awaitAnswer)
	}))

// waiter waits for what its caller asked for.
type waiter struct {
	reads *Reads
	in    WaitForIn
}

// watch says how something is waited for.
type watch struct {
	every time.Duration
	what  string // that has not happened yet, for progress
	look  func(context.Context) (happened bool, err error)
	wakes func(events.Event) bool                    // an event after which to look at once; nil: none
	pause func(context.Context, time.Duration) error // between looks, without wakes; nil: Sleep
}

// asking returns a watch that asks Dixa about a conversation. It takes at most half of the requests that the agent's budget still allows. Where the
// server hears of events it looks when one of these types says that there may be something to see, and seldom otherwise.
func (w *waiter) asking(what string, look func(context.Context) (bool, error), types ...d.WebhookEvent) watch {
	looks := min(mostLooks, max(w.reads.Left()/2, 2))
	on := watch{every: time.Duration(longestWait) * time.Second / time.Duration(looks-1), what: what, look: look}
	if w.reads.Events != nil {
		on.every = max(on.every, seldom)
		on.wakes = func(e events.Event) bool {
			return e.Conversation == w.in.ConversationID && slices.Contains(types, e.Type)
		}
	}
	return on
}

// wait looks until something happened or the time is over, and returns for how long it waited. Between two looks it holds
// nothing.
func (w *waiter) wait(ctx context.Context, on watch) (waited, error) {
	var done waited
	begun, most := w.reads.Now(), time.Duration(w.in.Seconds)*time.Second
	if on.pause == nil {
		on.pause = w.reads.Sleep
	}
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline) - answerTime
		most = min(most, left)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, left)
		defer cancel()
	}
	var at events.Cursor
	if on.wakes != nil { // before the first look, so that nothing happens unnoticed between the two
		var err error
		if at, err = w.reads.Events.End(ctx); errors.Is(err, events.ErrAway) {
			on.wakes = nil // Dixa tells, if seldom
		} else if err != nil {
			return done, fmt.Errorf("the inbox of events could not be read: %w", err)
		}
	}
	for {
		happened, err := on.look(ctx)
		done.took = w.reads.Now().Sub(begun)
		if done.looks > 0 && outOfTime(err) {
			return done, nil
		}
		done.looks, done.happened = done.looks+1, happened
		pause := min(on.every, most-done.took)
		if happened || err != nil || pause <= 0 {
			return done, err
		}
		w.reads.tell("%s, %d of %d s", on.what, int(done.took.Seconds()), int(most.Seconds()))
		if on.wakes == nil || done.looks >= mostLooks {
			err = on.pause(ctx, pause)
		} else {
			at, err = w.sleepUntil(ctx, pause, at, on.wakes)
		}
		if outOfTime(err) {
			return done, nil
		} else if err != nil {
			return done, err
		}
	}
}

// sleepUntil waits for an event, and not longer than a pause. It returns where to go on.
func (w *waiter) sleepUntil(ctx context.Context, pause time.Duration, at events.Cursor, wakes func(events.Event) bool) (events.Cursor, error) {
	short, cancel := context.WithTimeout(ctx, pause)
	defer cancel()
	found, err := w.reads.Events.Wait(short, at, func(_ context.Context, e events.Event) (bool, error) { return wakes(e), nil })
	if errors.Is(err, context.DeadlineExceeded) {
		err = ctx.Err()
	}
	return found.Next, err
}

// waited is what came of a wait.
type waited struct {
	took     time.Duration
	looks    int
	happened bool
}

// nothing says for how long nothing happened, and what that took.
func (w waited) nothing() string {
	return fmt.Sprintf("in %d s, looked %d times", int(w.took.Seconds()), w.looks)
}

// when says when it happened.
func (w waited) when() string {
	if w.looks == 1 {
		return "before this call"
	}
	return fmt.Sprintf("within %d s", max(int(w.took.Seconds()), 1))
}

// outOfTime reports whether a look ended, or could not be made, because the time was over.
func outOfTime(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(*d.BusyError))
}

// shorter returns the seconds of a wait, 0 where they are the usual ones.
func (in *WaitForIn) shorter() int {
	if in.Seconds == longestWait {
		return 0
	}
	return in.Seconds
}

// again returns the call that waits on.
func again(in WaitForIn) view.Part {
	return view.Sentence("next", "To wait on: "+called("wait_for", in))
}
