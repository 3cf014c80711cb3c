package main

import (
	"log/slog"
	"time"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/poll"
	"dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/gate"
)

// eventsFlag says whether agents hear of events.
type eventsFlag struct {
	Events string `enum:",inbox,poll" default:"" placeholder:"SOURCE" env:"DIXA_MCP_EVENTS" help:"Source of the events that agents hear of: inbox, which is that of the state directory, filled by the server with --webhooks, or poll, which also fills it from Dixa's activity log, every 10 s while an agent waits or reads. --webhooks implies inbox."`
}

// Where events come from.
const (
	eventsInbox = "inbox"
	eventsPoll  = "poll"
)

// inbox opens the inbox of the state directory, for the tools of agents and for what fills it.
func (f *dixaFlags) inbox(s *system, c *gate.Config) error {
	switch {
	case f.Events == "":
		return nil
	case f.Offline && f.State == "":
		return usagef("--events or --webhooks with --offline requires --state DIR: invented events must not be in the inbox of real ones")
	case s.group != nil:
		return usagef("--events or --webhooks cannot be combined with --redis: the inbox of events is in the state directory of one server; use a server without --redis")
	}
	dir, err := f.stateDir()
	if err != nil {
		return err
	}
	s.inbox = events.NewInbox(sqlitestore.Open(dir, sqlitestore.Options{}))
	s.close = append(s.close, func() {
		if err := s.inbox.Close(); err != nil {
			slog.Error("the inbox of events could not be closed", "error", err)
		}
	})
	c.Events = s.inbox
	if f.Events == eventsPoll {
		polled := poll.New(s.inbox, s.client, time.Now)
		s.close = append(s.close, polled.Close)
		c.Events = polled
	}
	return nil
}
