package main

import (
	"log/slog"
	"net/http"

	"dixa-mcp/internal/events/webhook"
	"dixa-mcp/internal/telemetry"
)

// receiver returns the handler of Dixa's webhooks, nil without --webhooks.
func (c *serveCmd) receiver(s *system, metrics *telemetry.Metrics) (http.Handler, error) {
	if !c.Webhooks {
		return nil, nil
	}
	secrets, err := c.webhookSecrets(s)
	if err != nil {
		return nil, err
	}
	subscriptions, err := secrets.Subscriptions()
	if err != nil {
		return nil, err
	}
	var outcomes []string
	for _, o := range webhook.Outcomes() {
		outcomes = append(outcomes, string(o))
	}
	count := metrics.Webhooks(outcomes)
	if len(subscriptions) == 0 {
		slog.Warn("no webhook is accepted yet, because there is no subscription; make one with dixa-mcp webhooks setup --url https://…", "secrets", secrets.Place())
	}
	slog.Info("receiving webhooks", "path", webhook.Path, "subscriptions", len(subscriptions))
	return webhook.New(webhook.Config{Secrets: secrets, API: c.dixaAddress(), Put: s.inbox.Put, Count: func(o webhook.Outcome) { count(string(o)) }, Log: slog.Default()}), nil
}
