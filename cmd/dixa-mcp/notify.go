package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"dixa-mcp/internal/notify"
)

// minNotifySecret is the length below which a secret is refused: one that a person thought of can be guessed.
const minNotifySecret = 32

// notifyFlags name the webhook that is told of calls that wait for approval.
type notifyFlags struct {
	NotifyURLFile    string `name:"notify-url-file" placeholder:"FILE" env:"DIXA_MCP_NOTIFY_URL_FILE" help:"File with the https:// address of a webhook that is told of calls that wait for an approver. Such an address can be a secret, so no flag takes it."`
	NotifyForm       string `enum:",json,slack" default:"" placeholder:"FORM" env:"DIXA_MCP_NOTIFY_FORM" help:"Form of notifications: json, which is the default, or slack."`
	NotifySecretFile string `placeholder:"FILE" env:"DIXA_MCP_NOTIFY_SECRET_FILE" help:"File with the secret that signs notifications, at least 32 characters."`
	NotifyConsole    string `placeholder:"URL" env:"DIXA_MCP_NOTIFY_CONSOLE" help:"Address of the console as approvers know it, for the link in notifications; by default --console-url."`
	NotifyText       bool   `env:"DIXA_MCP_NOTIFY_TEXT" help:"Also tell the webhook what would be done and the text that would be sent, which is customers' correspondence."`
}

// notify starts to notify people, if there is a webhook. The returned function stops it.
func (c *serveCmd) notify(s *system) (stop func(), err error) {
	n, err := c.notifier(s)
	if n == nil || err != nil {
		return func() {}, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.Run(ctx)
	}()
	slog.Info("notifying a webhook of calls that wait for approval", "form", n.Form, "signed", n.Secret != nil, "text", c.NotifyText)
	return func() { cancel(); <-done }, nil
}

// notifier returns what notifies people, nil where no webhook is named.
func (c *serveCmd) notifier(s *system) (*notify.Notifier, error) {
	if c.NotifyURLFile == "" {
		if c.NotifySecretFile != "" || c.NotifyText || c.NotifyConsole != "" {
			return nil, usagef("--notify-secret-file, --notify-text and --notify-console require --notify-url-file")
		}
		return nil, nil
	}
	if u, err := url.Parse(c.NotifyConsole); c.NotifyConsole != "" && (err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "") {
		return nil, usagef("--notify-console must be the address of the console, such as https://console.example.com, not %q", c.NotifyConsole)
	}
	address, err := os.ReadFile(c.NotifyURLFile)
	if err != nil {
		return nil, fmt.Errorf("--notify-url-file: %w", err)
	}
	config := notify.Config{
		URL: strings.TrimSpace(string(address)), Form: notify.Form(cmp.Or(c.NotifyForm, "json")), Text: c.NotifyText, Console: cmp.Or(c.NotifyConsole, c.ConsoleURL),
		Store: s.approvals, Rules: s.inForce, Log: slog.Default(), Now: time.Now,
	}
	if c.NotifySecretFile != "" {
		secret, err := os.ReadFile(c.NotifySecretFile)
		if err != nil {
			return nil, fmt.Errorf("--notify-secret-file: %w", err)
		}
		if config.Secret = bytes.TrimSpace(secret); len(config.Secret) < minNotifySecret {
			return nil, fmt.Errorf("--notify-secret-file: the secret in %s has fewer than %d characters", c.NotifySecretFile, minNotifySecret)
		}
	}
	n, err := notify.New(config)
	if err != nil {
		return nil, fmt.Errorf("--notify-url-file: %w", err)
	}
	return n, nil
}
