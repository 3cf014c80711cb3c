package main

import (
	"context"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/uuid"
	"dixa-mcp/internal/directory"
	"dixa-mcp/internal/events/webhook"
)

type webhooksSetupCmd struct {
	URL           string   `name:"url" required:"" placeholder:"URL" help:"Address of the server for the internet, such as https://mcp.example.com."`
	Channel       []string `placeholder:"CHANNEL" help:"Send only events of conversations in these channels, as Dixa's filters name them: email, pstn_phone, … Or all."`
	Queue         []string `placeholder:"NAME" help:"Send only events of conversations in these queues, by name or id. Or all."`
	Header        []string `sep:"none" placeholder:"NAME: VALUE" help:"Header that Dixa sends with each delivery, such as for a proxy; @FILE in place of the value reads it from a file. Repeat for more."`
	Rotate        bool     `help:"Replace the subscription by a new one, with a new secret and token."`
	DryRun        bool     `help:"Print what would be changed, and change nothing."`
	webhooksFlags `embed:""`
}

// channelName matches the names of channels in Dixa's filters, of which it documents examples.
var channelName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`) })

// Run creates the subscription, or repairs it.
func (c *webhooksSetupCmd) Run(ctx context.Context, out *output) error {
	to, err := webhook.Address(ctx, c.URL, c.here(), webhook.Lookup)
	if err != nil {
		return usagef("--url %w; nothing was changed", err)
	}
	headers, err := webhookHeaders(c.Header)
	if err != nil {
		return err
	}
	for _, name := range c.Channel {
		if !channelName().MatchString(name) {
			return usagef("--channel: %.80q is not a channel as filters name it, such as email or pstn_phone; nothing was changed", name)
		}
	}
	for _, given := range [][]string{c.Channel, c.Queue} {
		if len(given) > 1 && slices.Contains(given, webhook.Everything) {
			return usagef("--channel and --queue: all cannot be combined with others; nothing was changed")
		}
	}
	var s system
	defer s.Close()
	m, err := c.manager(ctx, &s)
	if err != nil {
		return err
	}
	queues, err := queuesNamed(ctx, m.Client, c.Queue)
	if err != nil {
		return err
	}
	p, err := m.Plan(ctx, webhook.Wanted{URL: to, Channels: c.Channel, Queues: queues, Headers: headers, Rotate: c.Rotate})
	if errors.Is(err, webhook.ErrAnotherDixa) {
		return refusedf("%w", err)
	}
	if err != nil {
		return err
	}
	if !c.DryRun && len(p.Changes) > 0 {
		err := c.recorded(ctx, "send", "set up", "set up", map[string]any{"url": p.URL, "changes": p.Changes}, func() error { return p.Apply(ctx) })
		if err != nil {
			return err
		}
	}
	if c.JSON {
		return out.json(struct {
			*webhook.Plan
			DryRun bool `json:"dryRun"`
		}{p, c.DryRun})
	}
	did, name := "Done", p.ID
	if c.DryRun {
		did = "Would be done"
	}
	if name == "" {
		name = "(new)"
	}
	out.printf("Subscription %s to %s\n", name, p.URL)
	for _, change := range p.Changes {
		out.printf("  %s: %s\n", did, change)
	}
	if len(p.Changes) == 0 {
		out.printf("  No change: everything is as it should be.\n")
	}
	for _, note := range p.Notes {
		out.printf("Note: %s.\n", note)
	}
	if !c.DryRun {
		where := "this state directory"
		if s.group != nil {
			where = "this Redis"
		}
		out.printf("Its secrets are in %s. A server that uses %s receives its events with dixa-mcp serve --http ADDRESS --webhooks.\n", m.Secrets.Place(), where)
	}
	return nil
}

// queuesNamed returns the ids of queues that are given by name or id.
func queuesNamed(ctx context.Context, client *dixaclient.Client, given []string) (ids []string, err error) {
	var names []string
	for _, one := range given {
		if uuid.Is(one) || one == webhook.Everything {
			ids = append(ids, one)
		} else {
			names = append(names, one)
		}
	}
	if len(names) == 0 {
		return ids, nil
	}
	list, _ := directory.Of(dixaclient.QueueThing)
	queues, err := directory.New(time.Now).Read(ctx, client, list, func() bool { return true })
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		found, _ := queues.Named(name, false)
		switch len(found) {
		case 1:
			ids = append(ids, found[0].ID)
		case 0:
			var all []string
			for _, q := range queues.All {
				all = append(all, q.Name())
			}
			return nil, usagef("--queue: no queue is called %.80q; there are %s; nothing was changed", name, strings.Join(all, ", "))
		default:
			return nil, usagef("--queue: %d queues are called %.80q: give the id of one; nothing was changed", len(found), name)
		}
	}
	return ids, nil
}

// ownHeaders are the headers that a subscription sets by itself.
var ownHeaders = []string{"Authorization", "Content-Type", "Content-Length", "Host"}

// webhookHeaders reads headers as curl has them, with values that may be in files.
func webhookHeaders(given []string) (all []dixaclient.WebhookHeader, err error) {
	for _, one := range given {
		name, value, ok := strings.Cut(one, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if file, ok := strings.CutPrefix(value, "@"); ok {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, usagef("--header %s: %w; nothing was changed", name, err)
			}
			value = strings.TrimSpace(string(text))
		}
		own := slices.ContainsFunc(ownHeaders, func(own string) bool { return strings.EqualFold(own, name) }) || strings.HasPrefix(strings.ToUpper(name), "X-DIXA-")
		twice := slices.ContainsFunc(all, func(h dixaclient.WebhookHeader) bool { return strings.EqualFold(h.Name, name) })
		switch {
		case !ok || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) || value == "":
			return nil, usagef("--header must be NAME: VALUE, such as 'X-Edge-Key: @edge.key', with a value of one line; nothing was changed")
		case own:
			return nil, usagef("--header %s: Dixa or this subscription sets it; nothing was changed", name)
		case twice:
			return nil, usagef("--header %s is given twice; nothing was changed", name)
		}
		all = append(all, dixaclient.WebhookHeader{Name: name, Value: value})
	}
	return all, nil
}
