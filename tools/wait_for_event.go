package tools

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/vocabulary"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/view"
)

// cameToQueue are the events after which a conversation can be new in a queue.
var cameToQueue = []d.WebhookEvent{"ConversationCreated", "ConversationEnqueued", "ConversationTransferred", "ConversationOpen"}

// breached is the event that an SLA was breached.
const breached = d.WebhookEvent("SLAEvaluationBreached")

// awaitEvent waits for what only the inbox tells: a new conversation in a queue, or the breach of an SLA. What is found is what Dixa shows
// the agent of the conversation now.
func (w *waiter) awaitEvent(ctx context.Context) (Output, error) {
	in, inbox := w.in, inbox{w.reads}
	if w.reads.Events == nil {
		return Output{}, errNoEvents
	}
	if in.For == AwaitedBreach && !w.reads.Granted(d.ListConversationActivity.Spec) {
		return Output{}, fmt.Errorf("wait_for: for: breach needs %s, which is not granted", d.ListConversationActivity.Spec.Name)
	}
	if _, err := w.reads.RowsLeft(); err != nil {
		return Output{}, err
	}
	ctx, err := w.reads.judging(ctx, inbox.judged())
	if err != nil {
		return Output{}, err
	}
	at, err := w.reads.Events.End(ctx)
	if in.Since != "" {
		at, err = inbox.since(ctx, "wait_for", in.Since)
	}
	if err != nil {
		return Output{}, err
	}
	most, begun := time.Duration(in.Seconds)*time.Second, w.reads.Now()
	if deadline, ok := ctx.Deadline(); ok {
		most = min(most, time.Until(deadline)-answerTime)
	}
	short, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	w.reads.tell("waiting for %s, up to %d s", in.what(), int(most.Seconds()))
	var c d.Conversation
	found, err := w.reads.Events.Wait(short, at, w.looking(&c))
	enough := errors.Is(err, errEnough)
	if err != nil && !enough && !(outOfTime(err) && ctx.Err() == nil) {
		return Output{}, err
	}
	if enough && inbox.judged() { // how soon that was would tell of the others
		if err := w.reads.Sleep(ctx, most-w.reads.Now().Sub(begun)); err != nil && !outOfTime(err) {
			return Output{}, err
		}
	}
	in.Since = w.reads.SealCursor(found.Next)
	said := view.Fact{Key: "waited", Own: true}
	var facts []view.Fact
	switch {
	case found.Event != nil:
		if err := w.reads.ShowRows(1); err != nil {
			return Output{}, err
		}
		facts = append(w.reads.conversationFacts(&c, "Conversation"), view.Fact{Key: "event", Value: string(found.Event.Type), Word: vocabulary.Events.Word(string(found.Event.Type)), ID: found.Event.ID}, view.Fact{Key: "time", Label: "at", Time: found.Event.Time})
	default:
		said.Value = fmt.Sprintf("no %s in %d s", in.what(), int(w.reads.Now().Sub(begun).Seconds()))
	}
	if found.Truncated {
		facts = append(facts, view.Fact{Key: "truncated", Label: "events before were removed:", Value: "true", Own: true})
	}
	facts = append(facts, said)
	in.Seconds = in.shorter()
	w.reads.name(&in.Queue, d.QueueThing)
	return Output{Parts: []view.Part{{Name: "conversation", Items: []view.Item{{Facts: facts}}}, {Name: "next", Items: []view.Item{{Facts: []view.Fact{
		{Key: "text", Value: "To wait on: " + called("wait_for", in), Own: true}}}}}}}, nil
}

// what says what is waited for.
func (in *WaitForIn) what() string {
	if in.For == AwaitedBreach {
		return "breach of an SLA"
	}
	return "new conversation in the queue"
}

// errEnough ends a wait that has asked Dixa about enough conversations.
var errEnough = errors.New("enough conversations were looked at")

// looking returns what decides whether an event is the one that is waited for. It asks Dixa about a conversation, and puts it into c.
func (w *waiter) looking(c *d.Conversation) func(context.Context, events.Event) (bool, error) {
	in, looks := w.in, 0
	return func(ctx context.Context, e events.Event) (bool, error) {
		switch {
		case in.For == AwaitedBreach && (e.Type != breached || !(inbox{w.reads}).granted(e)), in.For != AwaitedBreach && !slices.Contains(cameToQueue, e.Type):
			return false, nil
		case e.Conversation == 0, in.ConversationID != 0 && e.Conversation != in.ConversationID:
			return false, nil
		case in.Queue != "" && e.Queue != "" && !strings.EqualFold(e.Queue, string(in.Queue)):
			return false, nil
		}
		if looks++; looks > mostJudged {
			return false, errEnough
		}
		a, err := d.GetConversation.Do(ctx, w.reads.Client, d.GetConversationIn{ConversationRef: d.ConversationRef{ConversationID: e.Conversation}})
		switch {
		case d.IsNotFound(err), notGranted(err):
			return false, nil
		case err != nil:
			return false, err
		}
		*c = a.Value
		return in.Queue == "" || isOpen(c) && c.Queue != nil && strings.EqualFold(string(c.Queue.ID), string(in.Queue)), nil
	}
}
