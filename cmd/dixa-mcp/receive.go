package main

import (
	"log/slog"
	"net/http"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/events/webhook"
	"dixa-mcp/internal/telemetry"
)

// receiver returns the handler of Dixa's webhooks, nil without --webhooks. close closes its inbox.
func (c *serveCmd) receiver(s *system, metrics *telemetry.Metrics) (_ http.Handler, close func(), err error) {
	if !c.Webhooks {
		return nil, func() {}, nil
	}
	switch {
	case c.Offline && c.State == "":
		return nil, nil, usagef("--webhooks with --offline requires --state DIR: invented events must not be in the inbox of real ones")
	case s.group != nil:
		return nil, nil, usagef("--webhooks and --redis cannot be combined: the inbox of events is in the state directory of one server; receive webhooks with a server without --redis")
	}
	dir, err := c.stateDir()
	if err != nil {
		return nil, nil, err
	}
	secrets := webhook.In(dir)
	subscriptions, err := secrets.Subscriptions()
	if err != nil {
		return nil, nil, err
	}
	inbox := events.NewInbox(sqlitestore.Open(dir, sqlitestore.Options{}))
	var outcomes []string
	for _, o := range webhook.Outcomes() {
		outcomes = append(outcomes, string(o))
	}
	count := metrics.Webhooks(outcomes)
	if len(subscriptions) == 0 {
		slog.Warn("no webhook is accepted yet, because there is no subscription; make one with dixa-mcp webhooks setup --url https://…", "state", dir)
	}
	slog.Info("receiving webhooks", "path", webhook.Path, "subscriptions", len(subscriptions))
	receiver := webhook.New(webhook.Config{Secrets: secrets, API: c.dixaAddress(), Put: inbox.Put, Count: func(o webhook.Outcome) { count(string(o)) }, Log: slog.Default()})
	return receiver, func() {
		if err := inbox.Close(); err != nil {
			slog.Error("the inbox of events could not be closed", "error", err)
		}
	}, nil
}
