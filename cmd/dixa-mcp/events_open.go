package main

import (
	"log/slog"
	"time"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/poll"
	"dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/events/webhook"
	"dixa-mcp/internal/gate"
)

// eventsFlag says whether agents hear of events.
type eventsFlag struct {
	Events string `enum:",inbox,poll" default:"" placeholder:"SOURCE" env:"DIXA_MCP_EVENTS" help:"Source of the events that agents hear of: inbox, which is that of the state directory or of --redis, filled by a server with --webhooks, or poll, which also fills it from Dixa's activity log, every 10 s while an agent waits or reads. --webhooks implies inbox."`
}

// Where events come from.
const (
	eventsInbox = "inbox"
	eventsPoll  = "poll"
)

// eventStore returns where events are kept: in Redis if servers share one, otherwise in the state directory.
func (f reachFlags) eventStore(s *system) (events.Store, error) {
	if s.group != nil {
		return s.group.Events(), nil
	}
	dir, err := f.stateDir()
	return sqlitestore.Open(dir, sqlitestore.Options{}), err
}

// webhookSecrets returns where the secrets of webhooks are kept.
func (f reachFlags) webhookSecrets(s *system) (webhook.Secrets, error) {
	if s.group != nil {
		return webhook.NewShared(s.group.Webhooks(), s.group.Secret(), "Redis"), nil
	}
	dir, err := f.stateDir()
	return webhook.In(dir), err
}

// inbox opens the inbox, for the tools of agents and for what fills it.
func (f *dixaFlags) inbox(s *system, c *gate.Config) error {
	switch {
	case f.Events == "":
		return nil
	case f.Offline && f.State == "":
		return usagef("--events or --webhooks with --offline requires --state DIR: invented events must not be in the inbox of real ones")
	}
	store, err := f.eventStore(s)
	if err != nil {
		return err
	}
	s.inbox = events.NewInbox(store)
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
