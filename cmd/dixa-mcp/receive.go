package main

import (
	"log/slog"
	"net/http"
	"time"

	"dixa-mcp/internal/base/pause"
	"dixa-mcp/internal/events/webhook"
	"dixa-mcp/internal/telemetry"
)

// receiver returns the handler of Dixa's webhooks, nil without --webhooks, and begins to look for those that were missed, until stop.
func (c *serveCmd) receiver(s *system, metrics *telemetry.Metrics) (h http.Handler, stop func(), err error) {
	if !c.Webhooks {
		return nil, func() {}, nil
	}
	secrets, err := c.webhookSecrets(s)
	if err != nil {
		return nil, nil, err
	}
	subscriptions, err := secrets.Subscriptions()
	if err != nil {
		return nil, nil, err
	}
	var outcomes []string
	for _, o := range webhook.Outcomes() {
		outcomes = append(outcomes, string(o))
	}
	counted := metrics.Webhooks(outcomes)
	count := func(o webhook.Outcome) { counted(string(o)) }
	if len(subscriptions) == 0 {
		slog.Warn("no webhook is accepted yet, because there is no subscription; make one with dixa-mcp webhooks setup --url https://…", "secrets", secrets.Place())
	}
	slog.Info("receiving webhooks", "path", webhook.Path, "subscriptions", len(subscriptions))
	filler := webhook.Filler{Secrets: secrets, API: c.dixaAddress(), Client: s.client, Inbox: s.inbox, Count: count, Log: slog.Default(), Now: time.Now, Pause: pause.For}
	return webhook.New(webhook.Config{Secrets: secrets, API: c.dixaAddress(), Put: s.inbox.Put, Count: count, Log: slog.Default()}), filler.Start(), nil
}
