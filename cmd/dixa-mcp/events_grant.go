package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/events/follow"
	"dixa-mcp/internal/identity"
)

// keyMargin is how much longer than a run may take its key is valid, should it not be taken back.
const keyMargin = time.Minute

// grant returns what gives each run of a program a key that is bound to the conversation of its event.
func (c *eventsFollowCmd) grant(s *system, agent string) (func(context.Context, json.RawMessage) ([]string, func(), error), error) {
	u, err := url.Parse(c.Server)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, usagef("--server must be an address such as https://mcp.example.com, not %q", c.Server)
	case !address.IsConfidential(u):
		return nil, usagef("--server %s: keys would cross the network unencrypted; use https://", c.Server)
	}
	shelf, now, err := c.shelf(s)
	if err != nil {
		return nil, err
	}
	keys := identity.NewBoundKeys(shelf, now)
	server := strings.TrimSuffix(strings.TrimRight(c.Server, "/"), "/mcp") + "/mcp"
	lasts := min(c.ExecTimeout+keyMargin, identity.LongestBound)
	return func(ctx context.Context, event json.RawMessage) ([]string, func(), error) {
		var about follow.Ids
		if err := json.Unmarshal(event, &about); err != nil || about.Conversation == 0 {
			return nil, nil, errors.New("its event names no conversation, for which it could get a key")
		}
		key, made, err := keys.Make(ctx, agent, about.Conversation, lasts)
		if err != nil {
			return nil, nil, err
		}
		return []string{"MCP_SERVER_URL=" + server, "MCP_SERVER_KEY=" + key}, func() {
			if err := keys.End(context.WithoutCancel(ctx), key); err != nil {
				slog.Warn("the key of a run could not be taken back, and is valid until it expires", "key", made.ID, "agent", agent, "conversation", made.Conversation, "expires", made.Expires, "error", err)
			}
		}, nil
	}, nil
}
