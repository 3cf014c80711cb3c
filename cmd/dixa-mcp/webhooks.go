package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/events/webhook"
)

type webhooksCmd struct {
	Setup  webhooksSetupCmd  `cmd:"" help:"Create or repair the subscription of a server."`
	Status webhooksStatusCmd `cmd:"" help:"Print how the subscription and its deliveries are, what is wrong, and what to do."`
	Remove webhooksRemoveCmd `cmd:"" help:"Delete the subscription. Events that were stored stay."`
}

// webhooksFlags are those of all commands about the subscription.
type webhooksFlags struct {
	jsonFlag   `embed:""`
	reachFlags `embed:""`
	redisFlag  `embed:""`
}

// manager returns what keeps the subscription.
func (f webhooksFlags) manager(ctx context.Context, s *system) (*webhook.Manager, error) {
	if f.Offline && f.State == "" {
		return nil, usagef("--offline requires --state DIR: invented subscriptions must not be among real ones; nothing was changed")
	}
	client, err := f.client(s)
	if err != nil {
		return nil, err
	}
	if s.group, err = f.connect(ctx, ""); err != nil {
		return nil, err
	}
	if s.group != nil {
		s.close = append(s.close, s.group.Close)
	}
	secrets, err := f.webhookSecrets(s)
	return &webhook.Manager{Client: client, Secrets: secrets, API: f.dixaAddress(), Now: time.Now}, err
}

// here reports whether Dixa is on this machine.
func (f webhooksFlags) here() bool {
	u, err := url.Parse(f.BaseURL)
	return f.Offline || err == nil && f.BaseURL != "" && address.IsLoopback(u.Hostname())
}

// recorded does what changes a subscription, and records it: before it is done, and what became of it.
func (f webhooksFlags) recorded(ctx context.Context, level, infinitive, past string, arguments map[string]any, do func() error) (err error) {
	log, err := f.openRecords(infinitive + " the webhook subscription")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	arguments["by"] = whoami()
	change := deed{call: audit.NewCallID(), tool: "webhooks", level: level, verb: audit.Verb{Past: past, Infinitive: infinitive, Object: "the webhook subscription"}, arguments: arguments}
	if err := change.record(ctx, log, audit.EventIntent, nil); err != nil {
		return fmt.Errorf("the change cannot be recorded, so nothing was changed: %w", err)
	}
	failed := do()
	return errors.Join(failed, change.record(ctx, log, audit.EventOutcome, failed))
}

type webhooksStatusCmd struct {
	webhooksFlags `embed:""`
}

// Run prints how the subscription is. It fails if something is wrong.
func (c *webhooksStatusCmd) Run(ctx context.Context, out *output) error {
	var s system
	defer s.Close()
	m, err := c.manager(ctx, &s)
	if err != nil {
		return err
	}
	st, err := m.Status(ctx)
	if err != nil {
		return err
	}
	inbox, err := c.inboxStatus(ctx, &s)
	if err != nil {
		return err
	}
	if c.JSON {
		err = out.json(struct {
			webhook.Status
			Inbox events.Status `json:"inbox"`
		}{st, inbox})
	} else {
		printWebhooks(out, st, inbox)
	}
	if err == nil && len(st.Problems) > 0 {
		return fmt.Errorf("%s with the webhook subscription", lines.Counted(len(st.Problems), "problem"))
	}
	return err
}

// inboxStatus returns what is in the inbox.
func (f webhooksFlags) inboxStatus(ctx context.Context, s *system) (st events.Status, err error) {
	if s.group == nil {
		dir, err := f.stateDir()
		if err != nil {
			return st, err
		}
		if exists, err := sqlitestore.Exists(dir); err != nil || !exists {
			return st, err
		}
	}
	store, err := f.eventStore(s)
	if err != nil {
		return st, err
	}
	st, err = store.Status(ctx)
	return st, errors.Join(err, store.Close())
}

func printWebhooks(out *output, st webhook.Status, inbox events.Status) {
	if st.ID != "" {
		state := "enabled"
		if !st.Enabled {
			state = "disabled"
		}
		out.printf("Subscription %s to %s, %s\n", st.ID, st.URL, state)
		rows, quiet := [][]string{}, 0
		for _, d := range st.Events {
			if d.At.IsZero() {
				quiet++
				continue
			}
			result := "delivered"
			if !d.Success {
				result = strings.TrimSpace(fmt.Sprintf("failed: %d %s (%d of the last %d failed)", d.Code, d.Text, d.Failed, d.Logged))
			}
			rows = append(rows, []string{"  " + string(d.Event), d.At.Local().Format("2006-01-02 15:04:05"), result})
		}
		out.table(rows)
		out.printf("  No recent delivery: %s\n", lines.Counted(quiet, "event"))
	}
	if inbox.Events == 0 {
		out.printf("Inbox: empty\n")
	} else {
		out.printf("Inbox: %s, the newest from %s\n", lines.Counted(int(inbox.Events), "event"), inbox.Newest.Local().Format("2006-01-02 15:04:05"))
	}
	for _, p := range st.Problems {
		out.printf("Problem: %s.\n  To do: %s.\n", p.What, p.Do)
	}
}

type webhooksRemoveCmd struct {
	DryRun        bool `help:"Print what would be deleted, and delete nothing."`
	webhooksFlags `embed:""`
}

// Run deletes the subscription.
func (c *webhooksRemoveCmd) Run(ctx context.Context, out *output) error {
	var s system
	defer s.Close()
	m, err := c.manager(ctx, &s)
	if err != nil {
		return err
	}
	ids, err := m.Ours()
	if errors.Is(err, webhook.ErrAnotherDixa) {
		return refusedf("%w", err)
	}
	if err == nil && len(ids) > 0 && !c.DryRun {
		err = c.recorded(ctx, "erase", "delete", "deleted", map[string]any{"subscriptions": ids}, func() error { return m.Remove(ctx) })
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return out.json(map[string]any{"deleted": append([]string{}, ids...), "dryRun": c.DryRun})
	}
	switch {
	case len(ids) == 0:
		out.printf("No change: no subscription was set up here.\n")
	case c.DryRun:
		out.printf("Would delete subscription %s.\n", strings.Join(ids, ", "))
	default:
		out.printf("Deleted subscription %s.\n", strings.Join(ids, ", "))
	}
	return nil
}
