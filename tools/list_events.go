package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/vocabulary"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/view"
)

// Events is the inbox of what happened at Dixa, for tools that read it. The cursors are those of the store.
type Events interface {
	List(ctx context.Context, after events.Cursor, most int) (events.Page, error)
	End(context.Context) (events.Cursor, error)
	Wait(ctx context.Context, after events.Cursor, match func(context.Context, events.Event) (bool, error)) (events.Found, error)
}

// ListEventsIn says which events are wanted.
type ListEventsIn struct {
	Since        string        `json:"since,omitzero" jsonschema_description:"cursor of an earlier answer, or now; default: the oldest of 7 days"`
	Types        []d.EventName `json:"types,omitzero" check:"max=32" jsonschema_description:"such as ConversationMessageAdded; default all"`
	Conversation int64         `json:"conversation,omitzero" check:"min=1"`
	Limit        int           `json:"limit,omitzero" check:"min=1,max=50" jsonschema_description:"default 25"`
}

const (
	// eventsByDefault is how many events are shown where no limit is given.
	eventsByDefault = 25
	// eventsRead is how many events are read at a time.
	eventsRead = 200
	// mostEvents is how many events one call looks through.
	mostEvents = 10_000
	// pollMs is after how many milliseconds it is worth asking again where there is nothing more.
	pollMs = "10000"
	// sinceNow begins behind the newest event.
	sinceNow = "now"
)

// errNoEvents says that there is no inbox.
var errNoEvents = errors.New("this server keeps no inbox of events: its operator can start it with --webhooks or --events poll")

// revealing are the operations that tell what an event of a type tells, besides get_conversation. What happened when is what a
// conversation's activity log tells. Nothing in Dixa's API tells of evaluations of an SLA and of deliveries; they are about
// the handling of a conversation, as its activity log is. A type that is not here is shown to no agent: who was banned, and who types.
var revealing = map[d.WebhookEvent][]*d.Spec{
	"ConversationCreated":                      nil,
	"ConversationOpen":                         {d.ListConversationActivity.Spec},
	"ConversationPending":                      {d.ListConversationActivity.Spec},
	"ConversationPendingExpired":               {d.ListConversationActivity.Spec},
	"ConversationClosed":                       {d.ListConversationActivity.Spec},
	"ConversationAbandoned":                    {d.ListConversationActivity.Spec},
	"ConversationEnqueued":                     {d.ListConversationActivity.Spec},
	"ConversationAssigned":                     {d.ListConversationActivity.Spec},
	"ConversationUnassigned":                   {d.ListConversationActivity.Spec},
	"ConversationTransferred":                  {d.ListConversationActivity.Spec},
	"ConversationMessageAdded":                 {d.ListMessages.Spec},
	"ConversationMessageDeliverySent":          {d.ListMessages.Spec, d.ListConversationActivity.Spec},
	"ConversationMessageDeliveryDelivered":     {d.ListMessages.Spec, d.ListConversationActivity.Spec},
	"ConversationMessageDeliverySeen":          {d.ListMessages.Spec, d.ListConversationActivity.Spec},
	"ConversationMessageDeliveryFailed":        {d.ListMessages.Spec, d.ListConversationActivity.Spec},
	"ConversationMessageDeliveryInfo":          {d.ListMessages.Spec, d.ListConversationActivity.Spec},
	"ConversationMessageDeliverySpamComplaint": {d.ListMessages.Spec, d.ListConversationActivity.Spec},
	"ConversationNoteAdded":                    {d.ListNotes.Spec},
	"ConversationTagAdded":                     {d.ListConversationTags.Spec, d.ListConversationActivity.Spec},
	"ConversationTagRemoved":                   {d.ListConversationTags.Spec, d.ListConversationActivity.Spec},
	"ConversationRated":                        {d.ListRatings.Spec},
	"ConversationEndUserReplaced":              {d.ListConversationActivity.Spec},
	"ConversationCustomAttributeUpdated":       {d.ListConversationActivity.Spec},
	"SLAEvaluationPending":                     {d.ListConversationActivity.Spec},
	"SLAEvaluationAchieved":                    {d.ListConversationActivity.Spec},
	"SLAEvaluationBreached":                    {d.ListConversationActivity.Spec},
	"SLAEvaluationVoided":                      {d.ListConversationActivity.Spec},
}

var listEvents = aside(onlyNamed(task("list_events", "listed events",
	"What happened in conversations, oldest first, one line an event. Go on with since and the cursor.",
	[]*d.Spec{d.GetConversation.Spec},
	[]*d.Spec{d.ListConversationActivity.Spec, d.ListMessages.Spec, d.ListNotes.Spec, d.ListConversationTags.Spec, d.ListRatings.Spec, d.ListQueues.Spec, d.ListAgents.Spec},
	func(ctx context.Context, r *Reads, in ListEventsIn) (Output, error) {
		if r.Events == nil {
			return Output{}, errNoEvents
		}
		in.Limit = cmp.Or(in.Limit, eventsByDefault)
		if _, err := r.limitRows(r.RowsLeft, &in.Limit, "more events"); err != nil {
			return Output{}, err
		}
		ctx, err := r.judging(ctx, inbox{r}.judged())
		if err != nil {
			return Output{}, err
		}
		l := &eventList{reads: r, inbox: inbox{r}, in: in, judged: map[int64]bool{}}
		if err := l.read(ctx); err != nil {
			return Output{}, err
		}
		list := view.Part{Name: "events", List: true}
		for _, e := range l.events {
			list.Items = append(list.Items, l.item(e))
		}
		if len(list.Items) > 0 {
			if err := r.ShowRows(len(list.Items)); err != nil {
				return Output{}, err
			}
		} else {
			list = view.Sentence(NonePart, "Nothing happened since then that this agent may see.")
		}
		return Output{Parts: append([]view.Part{list}, l.place()...)}, nil
	})))

// inbox reads events for an agent, which may not see all of them.
type inbox struct{ reads *Reads }

// eventList are the events that an agent may see, and where it goes on.
type eventList struct {
	reads     *Reads
	inbox     inbox
	in        ListEventsIn
	judged    map[int64]bool // conversations that Dixa was asked about, and whether the agent sees them
	events    []events.Event
	next      events.Cursor
	more      bool
	truncated bool
}

// place says where an agent goes on.
func (l *eventList) place() []view.Part {
	facts := []view.Fact{{Key: "cursor", Label: "cursor", Value: l.reads.SealCursor(l.next)}, {Key: "hasMore", Label: "more:", Value: strconv.FormatBool(l.more), Own: true}}
	if l.truncated {
		facts = append(facts, view.Fact{Key: "truncated", Label: "events before these were removed:", Value: "true", Own: true})
	}
	wait := pollMs
	if l.more {
		wait = "0"
	}
	facts = append(facts, view.Fact{Key: "nextPollMs", Label: "ask again in ms:", Value: wait})
	parts := []view.Part{{Name: "next", Items: []view.Item{{Facts: facts}}}}
	if l.inbox.judged() {
		parts = append(parts, view.Sentence("bound", fmt.Sprintf("One call asks Dixa about %d conversations at most; events behind them come with the next call.", mostJudged)))
	}
	return parts
}

// since returns the position that an agent gave.
func (b inbox) since(ctx context.Context, tool, text string) (events.Cursor, error) {
	switch text {
	case "":
		return "", nil
	case sinceNow:
		return b.reads.Events.End(ctx)
	}
	at, err := b.reads.OpenCursor(text)
	if err != nil {
		return "", problem(tool, "since", errors.New("this is no cursor of this server; leave it out to begin with the oldest event, or give now"))
	}
	return at, nil
}

// read reads events that the agent may see. Whether there are more is said of those alone.
func (l *eventList) read(ctx context.Context) (err error) {
	if l.next, err = l.inbox.since(ctx, "list_events", l.in.Since); err != nil {
		return err
	}
	at := l.next // everything before it was looked at; l.next stays before the first event that is seen and not shown
	for read := 0; ; {
		page, err := l.reads.Events.List(ctx, at, eventsRead)
		if err != nil {
			return fmt.Errorf("the inbox of events could not be read: %w", err)
		}
		l.truncated = l.truncated || page.Truncated
		for _, e := range page.Events {
			if read++; read > mostEvents {
				l.more = !l.inbox.judged()
				return nil
			}
			if l.in.wants(e) {
				seen, enough, err := l.sees(ctx, e)
				if err != nil || enough {
					return err
				}
				if seen && len(l.events) == l.in.Limit {
					l.more = true
					return nil
				}
				if seen {
					l.events = append(l.events, e)
				}
			}
			if at = e.Cursor; len(l.events) < l.in.Limit || l.events[len(l.events)-1].Cursor == at {
				l.next = at
			}
		}
		if at = page.Next; !page.More {
			l.next = at
			return nil
		}
	}
}

// wants reports whether an event is one of those that were asked for.
func (in *ListEventsIn) wants(e events.Event) bool {
	return (in.Conversation == 0 || e.Conversation == in.Conversation) && (len(in.Types) == 0 || slices.Contains(in.Types, d.EventName(e.Type)))
}

// sees reports whether the agent may see an event, on what Dixa says now. enough is true, and nothing is said of the event, when it
// would have to ask about too many conversations.
func (l *eventList) sees(ctx context.Context, e events.Event) (seen, enough bool, err error) {
	if !l.inbox.granted(e) || l.reads.Only != 0 && e.Conversation != l.reads.Only {
		return false, false, nil
	}
	if !l.inbox.judged() {
		return true, false, nil
	}
	seen, known := l.judged[e.Conversation]
	if !known {
		if len(l.judged) == mostJudged {
			return false, true, nil
		}
		if seen, err = l.reads.has(ctx, d.ConversationRef{ConversationID: e.Conversation}); err != nil {
			return false, false, err
		}
		l.judged[e.Conversation] = seen
	}
	return seen, false, nil
}

// judged reports whether an agent gets only events of conversations that Dixa shows it now.
func (b inbox) judged() bool { return b.reads.Bounded || b.reads.Limited(d.GetConversation.Spec) }

// granted reports whether the agent may use the operations that tell what an event tells, for its conversation.
func (b inbox) granted(e events.Event) bool {
	needed, known := revealing[e.Type]
	if !known || e.Conversation == 0 {
		return false
	}
	ref := d.ConversationRef{ConversationID: e.Conversation}
	return !slices.ContainsFunc(append(slices.Clip(needed), d.GetConversation.Spec), func(op *d.Spec) bool { return !b.reads.May(op, ref) })
}

// item describes an event in a line: nothing that the operations do not tell which the agent needs to see it.
func (l *eventList) item(e events.Event) view.Item {
	f := e.Fields
	item := view.Item{Facts: []view.Fact{
		{Key: "event", Value: string(e.Type), Word: vocabulary.Events.Word(string(e.Type)), ID: e.ID},
		{Key: "conversation", Label: "conversation", Value: strconv.FormatInt(e.Conversation, 10)},
		{Key: "time", Time: e.Time},
	}}
	add := func(facts ...view.Fact) { item.Facts = append(item.Facts, facts...) }
	if slices.Contains(revealing[e.Type], d.ListConversationActivity.Spec) {
		add(l.reads.named("queue", "queue", d.QueueThing, e.Queue))
	}
	switch e.Type {
	case "ConversationMessageAdded":
		add(view.Fact{Key: "direction", Value: strings.ToLower(f.MessageSide)}, view.Fact{Key: "messageId", Value: f.Message, Program: true}, l.author(f))
	case "ConversationNoteAdded", "ConversationPendingExpired":
		add(l.author(f))
	case "ConversationTagAdded", "ConversationTagRemoved":
		add(view.Fact{Key: "tag", Label: "tag", Value: f.Tag}, l.author(f))
	case "ConversationAssigned", "ConversationTransferred":
		add(l.reads.named("assignedTo", "assigned to", d.AgentThing, f.Assignee))
	case "ConversationRated":
		if f.Score != nil {
			add(view.Fact{Key: "score", Label: "score", Value: strconv.FormatFloat(*f.Score, 'f', -1, 64)}, view.Fact{Key: "ratingType", Value: strings.ToLower(f.RatingType), Word: vocabulary.Kinds.Word(f.RatingType)})
		}
	}
	return item
}

// author returns who caused an event: a Dixa agent by name, or the customer, whose name is not told.
func (l *eventList) author(f events.Fields) view.Fact {
	if f.Author == "" || f.Author == f.Requester || strings.EqualFold(f.AuthorType, "EndUser") || strings.EqualFold(f.AuthorType, "Contact") {
		by := ""
		if f.Author != "" {
			by = "the customer"
		}
		return view.Fact{Key: "by", Label: "by", Value: by, Own: true}
	}
	return l.reads.named("by", "by", d.AgentThing, f.Author)
}
