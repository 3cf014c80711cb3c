package main

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
)

type eventsCmd struct {
	List   eventsListCmd   `cmd:"" help:"Print the newest events of the inbox. For people: the capability file does not apply."`
	Follow eventsFollowCmd `cmd:"" help:"Print the events that an agent may see as they come, one JSON object a line, or run a program for each."`
}

type eventsListCmd struct {
	Lines        int      `short:"n" default:"20" help:"Number of events to print."`
	Type         []string `placeholder:"TYPE" help:"Only events of this type, such as ConversationClosed; can be repeated."`
	Conversation int64    `placeholder:"N" help:"Only events of this conversation."`
	State        string   `placeholder:"DIR" env:"DIXA_MCP_STATE" help:"Directory for persistent state, by default dixa-mcp in the user's state directory."`
	redisFlag    `embed:""`
	jsonFlag     `embed:""`
}

// listedEvent is an event as JSON.
type listedEvent struct {
	EventID      string                  `json:"eventId"`
	Event        dixaclient.WebhookEvent `json:"event"`
	Time         time.Time               `json:"time"`
	Received     time.Time               `json:"received"`
	Conversation int64                   `json:"conversation,omitzero"`
	Queue        string                  `json:"queue,omitzero"`
	events.Fields
}

// Run prints events for a person who can read the state directory.
func (c *eventsListCmd) Run(ctx context.Context, out *output) (err error) {
	if c.Lines < 1 {
		return usagef("--lines must be 1 or more, not %d; nothing was read", c.Lines)
	}
	known := dixaclient.WebhookEvent("").Values()
	for _, t := range c.Type {
		if !slices.Contains(known, t) {
			return usagef("--type %q is not one of Dixa's events, which are %s; nothing was read", t, strings.Join(known, ", "))
		}
	}
	var s system
	defer s.Close()
	store, err := c.store(ctx, &s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	var last []events.Event
	for p := (events.Page{More: true}); p.More; {
		if p, err = store.List(ctx, p.Next, 1000); err != nil {
			return err
		}
		for _, e := range p.Events {
			if (c.Conversation == 0 || e.Conversation == c.Conversation) && (len(c.Type) == 0 || slices.Contains(c.Type, string(e.Type))) {
				last = append(last, e)
				last = last[max(0, len(last)-c.Lines):]
			}
		}
	}
	all := []listedEvent{}
	for _, e := range last {
		all = append(all, listedEvent{e.ID, e.Type, e.Time, e.Received, e.Conversation, e.Queue, e.Fields})
	}
	if c.JSON {
		return out.json(all)
	}
	for _, e := range all {
		conversation := "-"
		if e.Conversation > 0 {
			conversation = strconv.FormatInt(e.Conversation, 10)
		}
		out.printf("%s  %-38s %10s  %s\n", e.Time.Local().Format("2006-01-02 15:04:05"), e.Event, conversation, e.EventID)
	}
	return nil
}

// store opens the inbox, if there is one.
func (c *eventsListCmd) store(ctx context.Context, s *system) (_ events.Store, err error) {
	if s.group, err = c.connect(ctx, ""); err != nil {
		return nil, err
	}
	reach := reachFlags{State: c.State}
	if s.group != nil {
		s.close = append(s.close, s.group.Close)
		return reach.eventStore(s)
	}
	state, err := reach.stateDir()
	if err != nil {
		return nil, err
	}
	exists, err := sqlitestore.Exists(state)
	if err == nil && !exists {
		err = notFoundf("there is no inbox of events in %s; a server with --webhooks makes one", state)
	}
	if err != nil {
		return nil, err
	}
	return reach.eventStore(s)
}
