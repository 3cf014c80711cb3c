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
		left, err := r.RowsLeft()
		if err != nil {
			return Output{}, err
		}
		if left < in.Limit {
			in.Limit = left
			r.leave("more events", "the agent's budget allows no more rows")
		}
		found, err := r.listEvents(ctx, in)
		if err != nil {
			return Output{}, err
		}
		list := view.Part{Name: "events", List: true}
		for _, e := range found.events {
			list.Items = append(list.Items, r.eventItem(e))
		}
		if len(list.Items) > 0 {
			if err := r.ShowRows(len(list.Items)); err != nil {
				return Output{}, err
			}
		} else {
			list = view.Sentence(NonePart, "Nothing happened since then that this agent may see.")
		}
		return Output{Parts: append([]view.Part{list}, r.place(found)...)}, nil
	})))

// listed are the events that an agent may see, and where it goes on.
type listed struct {
	events    []events.Event
	next      events.Cursor
	more      bool
	truncated bool
}

// place says where an agent goes on.
func (r *Reads) place(l listed) []view.Part {
	facts := []view.Fact{{Key: "cursor", Label: "cursor", Value: r.SealCursor(l.next)}, {Key: "hasMore", Label: "more:", Value: strconv.FormatBool(l.more), Own: true}}
	if l.truncated {
		facts = append(facts, view.Fact{Key: "truncated", Label: "events before these were removed:", Value: "true", Own: true})
	}
	wait := pollMs
	if l.more {
		wait = "0"
	}
	facts = append(facts, view.Fact{Key: "nextPollMs", Label: "ask again in ms:", Value: wait})
	parts := []view.Part{{Name: "next", Items: []view.Item{{Facts: facts}}}}
	if r.judgedEvents() {
		parts = append(parts, view.Sentence("bound", fmt.Sprintf("One call asks Dixa about %d conversations at most; events behind them come with the next call.", mostJudged)))
	}
	return parts
}

// since returns the position that an agent gave.
func (r *Reads) since(ctx context.Context, tool, text string) (events.Cursor, error) {
	switch text {
	case "":
		return "", nil
	case sinceNow:
		return r.Events.End(ctx)
	}
	at, err := r.OpenCursor(text)
	if err != nil {
		return "", problem(tool, "since", errors.New("this is no cursor of this server; leave it out to begin with the oldest event, or give now"))
	}
	return at, nil
}

// listEvents returns events that the agent may see. Whether there are more is said of those alone.
func (r *Reads) listEvents(ctx context.Context, in ListEventsIn) (l listed, err error) {
	if l.next, err = r.since(ctx, "list_events", in.Since); err != nil {
		return l, err
	}
	sees := r.seesEvents()
	at := l.next // everything before it was looked at; l.next stays before the first event that is seen and not shown
	for read := 0; ; {
		page, err := r.Events.List(ctx, at, eventsRead)
		if err != nil {
			return l, fmt.Errorf("the inbox of events could not be read: %w", err)
		}
		l.truncated = l.truncated || page.Truncated
		for _, e := range page.Events {
			if read++; read > mostEvents {
				l.more = !r.judgedEvents()
				return l, nil
			}
			if in.wants(e) {
				seen, enough, err := sees(ctx, e)
				if err != nil || enough {
					return l, err
				}
				if seen && len(l.events) == in.Limit {
					l.more = true
					return l, nil
				}
				if seen {
					l.events = append(l.events, e)
				}
			}
			if at = e.Cursor; len(l.events) < in.Limit || l.events[len(l.events)-1].Cursor == at {
				l.next = at
			}
		}
		if at = page.Next; !page.More {
			l.next = at
			return l, nil
		}
	}
}

// wants reports whether an event is one of those that were asked for.
func (in *ListEventsIn) wants(e events.Event) bool {
	return (in.Conversation == 0 || e.Conversation == in.Conversation) && (len(in.Types) == 0 || slices.Contains(in.Types, d.EventName(e.Type)))
}

// seesEvents returns a function that reports whether the agent may see an event, on what Dixa says now. enough is true, and nothing
// is said of the event, when it would have to ask about too many conversations.
func (r *Reads) seesEvents() func(ctx context.Context, e events.Event) (seen, enough bool, err error) {
	judged := map[int64]bool{}
	return func(ctx context.Context, e events.Event) (seen, enough bool, err error) {
		if !r.granted(e) || r.Only != 0 && e.Conversation != r.Only {
			return false, false, nil
		}
		if !r.judgedEvents() {
			return true, false, nil
		}
		inside, known := judged[e.Conversation]
		if !known {
			if len(judged) == mostJudged {
				return false, true, nil
			}
			if inside, err = r.has(ctx, e.Conversation); err != nil {
				return false, false, err
			}
			judged[e.Conversation] = inside
		}
		return inside, false, nil
	}
}

// judgedEvents reports whether an agent gets only events of conversations that Dixa shows it now.
func (r *Reads) judgedEvents() bool { return r.Bounded || r.Limited(d.GetConversation.Spec) }

// granted reports whether the agent may use the operations that tell what an event tells, for its conversation.
func (r *Reads) granted(e events.Event) bool {
	needed, known := revealing[e.Type]
	if !known || e.Conversation == 0 {
		return false
	}
	ref := d.ConversationRef{ConversationID: e.Conversation}
	return !slices.ContainsFunc(append(slices.Clip(needed), d.GetConversation.Spec), func(op *d.Spec) bool { return !r.May(op, ref) })
}

// has reports whether Dixa shows the agent a conversation now.
func (r *Reads) has(ctx context.Context, conversation int64) (bool, error) {
	_, err := d.GetConversation.Do(ctx, r.Client, d.GetConversationIn{ConversationRef: d.ConversationRef{ConversationID: conversation}})
	if d.IsNotFound(err) || notGranted(err) {
		return false, nil
	}
	return err == nil, err
}

// eventItem describes an event in a line: nothing that the operations do not tell which the agent needs to see it.
func (r *Reads) eventItem(e events.Event) view.Item {
	f := e.Fields
	item := view.Item{Facts: []view.Fact{
		{Key: "event", Value: string(e.Type), ID: e.ID},
		{Key: "conversation", Label: "conversation", Value: strconv.FormatInt(e.Conversation, 10)},
		{Key: "time", Time: e.Time},
	}}
	add := func(facts ...view.Fact) { item.Facts = append(item.Facts, facts...) }
	if slices.Contains(revealing[e.Type], d.ListConversationActivity.Spec) {
		add(r.named("queue", "queue", d.QueueThing, e.Queue))
	}
	switch e.Type {
	case "ConversationMessageAdded":
		add(view.Fact{Key: "direction", Value: strings.ToLower(f.MessageSide)}, view.Fact{Key: "messageId", Value: f.Message, Program: true}, r.eventAuthor(f))
	case "ConversationNoteAdded", "ConversationPendingExpired":
		add(r.eventAuthor(f))
	case "ConversationTagAdded", "ConversationTagRemoved":
		add(view.Fact{Key: "tag", Label: "tag", Value: f.Tag}, r.eventAuthor(f))
	case "ConversationAssigned", "ConversationTransferred":
		add(r.named("assignedTo", "assigned to", d.AgentThing, f.Assignee))
	case "ConversationRated":
		if f.Score != nil {
			add(view.Fact{Key: "score", Label: "score", Value: strconv.FormatFloat(*f.Score, 'f', -1, 64)}, view.Fact{Key: "ratingType", Value: strings.ToLower(f.RatingType)})
		}
	}
	return item
}

// eventAuthor returns who caused an event: a Dixa agent by name, or the customer, whose name is not told.
func (r *Reads) eventAuthor(f events.Fields) view.Fact {
	if f.Author == "" || f.Author == f.Requester || strings.EqualFold(f.AuthorType, "EndUser") || strings.EqualFold(f.AuthorType, "Contact") {
		by := ""
		if f.Author != "" {
			by = "the customer"
		}
		return view.Fact{Key: "by", Label: "by", Value: by, Own: true}
	}
	return r.named("by", "by", d.AgentThing, f.Author)
}
