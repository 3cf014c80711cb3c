package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/identity"
)

// boundFor is how long a key that is bound to a conversation is valid by default.
const boundFor = time.Hour

type keyListCmd struct {
	jsonFlag   `embed:""`
	fileFlag   `embed:""`
	sessionsAt `embed:""`
}

type keyRevokeCmd struct {
	ID         string `arg:"" name:"key" help:"Id of the key, as list prints it."`
	Audit      string `placeholder:"DIR" env:"DIXA_MCP_AUDIT" help:"Directory of the records, by default audit in the state directory."`
	jsonFlag   `embed:""`
	sessionsAt `embed:""`
}

// listedKey is a key of an agent as JSON.
type listedKey struct {
	ID           string    `json:"id"`
	Agent        string    `json:"agent"`
	Conversation int64     `json:"conversation,omitzero"` // to which it is bound
	Expires      time.Time `json:"expires,omitzero"`      // absent: never
}

// revokedKey is a key that was revoked, as JSON.
type revokedKey struct {
	ID    string `json:"id"`
	Where string `json:"where"` // such as the state directory
}

// boundKeys opens the keys that servers with the same state directory or Redis share.
func (a sessionsAt) boundKeys(ctx context.Context) (keys *identity.BoundKeys, where string, stop func(), err error) {
	group, err := a.connect(ctx, "")
	if err != nil {
		return nil, "", nil, err
	}
	if group != nil {
		return identity.NewBoundKeys(group.SignIns(), group.Now), "the Redis at " + group.Addr(), group.Close, nil
	}
	f := reachFlags{State: a.State}
	dir, err := f.stateDir()
	if err != nil {
		return nil, "", nil, err
	}
	store, stop, err := f.signInStore()
	if err != nil {
		return nil, "", nil, err
	}
	return identity.NewBoundKeys(store.SignIns(time.Now), time.Now), "the state directory " + dir, stop, nil
}

// shelf returns what the servers share of people and keys: in their Redis, otherwise in the state directory.
func (f *dixaFlags) shelf(s *system) (shelf shelf.Shelf, now func() time.Time, err error) {
	if s.group != nil {
		return s.group.SignIns(), s.group.Now, nil
	}
	store := s.shared
	if store == nil { // with the offline Dixa, which has limits of its own that are not shared
		var stop func()
		if store, stop, err = f.signInStore(); err != nil {
			return nil, nil, err
		}
		s.close = append(s.close, stop)
	}
	return store.SignIns(time.Now), time.Now, nil
}

// forConversation makes a key that is bound to one conversation, which is stored and needs no line in the capability file.
func (c *keyNewCmd) forConversation(ctx context.Context, out, about io.Writer) error {
	lasts := boundFor
	switch {
	case c.Conversation < 1:
		return usagef("--conversation must be the number of a conversation, not %d; no key was made", c.Conversation)
	case c.Agent == "" || c.ID != "" || c.Days != nil:
		return usagef("--conversation requires --agent and takes no --id and no --days; no key was made")
	case c.Expires != "":
		var err error
		if lasts, err = time.ParseDuration(c.Expires); err != nil || lasts <= 0 || lasts > identity.LongestBound {
			return usagef("--expires with --conversation must be a duration such as 1h, at most %dh, not %q; no key was made", int(identity.LongestBound.Hours()), c.Expires)
		}
	}
	rules, _, err := c.load()
	if err != nil {
		return err
	}
	if _, err := rules.Agent(c.Agent); err != nil {
		return notFoundf("--agent: %w; no key was made", err)
	}
	keys, where, stop, err := c.boundKeys(ctx)
	if err != nil {
		return err
	}
	defer stop()
	key, made, err := keys.Make(ctx, c.Agent, c.Conversation, lasts)
	if err != nil {
		return err
	}
	unrecorded := recordBoundKey(ctx, reachFlags{State: c.State, Audit: c.Audit}, audit.EventKeyMade, "made", made)
	if c.JSON {
		return errors.Join(unrecorded, (&output{to: out}).json(madeKey{Key: key, Kind: "bound", Agent: made.Agent, ID: made.ID, Conversation: made.Conversation, Expires: made.Expires.Format(time.RFC3339)}))
	}
	_, err = fmt.Fprintln(out, key)
	fmt.Fprintf(about, `
This is the key %s of agent %s for conversation %d: nothing else exists for it. It is shown once. A program
sends it as Authorization: Bearer to a server that uses
%s.
It expires at %s. To end it before: dixa-mcp key revoke %[1]s
`, made.ID, made.Agent, made.Conversation, where, made.Expires.Format("2006-01-02 15:04:05 UTC"))
	return errors.Join(unrecorded, err)
}

// recordBoundKey records who made or revoked a key that is bound to a conversation.
func recordBoundKey(ctx context.Context, f reachFlags, event audit.Event, did string, k identity.BoundKey) error {
	return f.recordDone(ctx, audit.Record{Event: event, Agent: k.Agent, Key: k.ID, Bound: k.Conversation,
		Text: fmt.Sprintf("%s %s key %s of %s for conversation %d, which expires at %s", whoami(), did, k.ID, k.Agent, k.Conversation, k.Expires.UTC().Format("2006-01-02 15:04 UTC"))})
}

// Run prints the agents' keys, of the capability file and those that are bound to a conversation.
func (c *keyListCmd) Run(ctx context.Context, out *output) error {
	rules, _, err := c.load()
	if err != nil {
		return err
	}
	keys, _, stop, err := c.boundKeys(ctx)
	if err != nil {
		return err
	}
	defer stop()
	bound, err := keys.List(ctx)
	if err != nil {
		return err
	}
	list := []listedKey{}
	for _, k := range rules.Keys() {
		list = append(list, listedKey{ID: k.ID, Agent: k.Agent, Expires: k.Expires})
	}
	for _, k := range bound {
		list = append(list, listedKey{k.ID, k.Agent, k.Conversation, k.Expires})
	}
	if c.JSON {
		return out.json(list)
	}
	if len(list) == 0 {
		out.printf("no agent has a key\n")
		return nil
	}
	rows := [][]string{{"KEY", "AGENT", "CONVERSATION", "EXPIRES"}}
	for _, k := range list {
		conversation, expires := "all", "never"
		if k.Conversation > 0 {
			conversation = strconv.FormatInt(k.Conversation, 10)
		}
		if !k.Expires.IsZero() {
			expires = k.Expires.UTC().Format("2006-01-02 15:04 UTC")
		}
		rows = append(rows, []string{k.ID, k.Agent, conversation, expires})
	}
	out.table(rows)
	return nil
}

// Run makes a key invalid that is bound to a conversation.
func (c *keyRevokeCmd) Run(ctx context.Context, out *output) error {
	keys, where, stop, err := c.boundKeys(ctx)
	if err != nil {
		return err
	}
	defer stop()
	revoked, was, err := keys.Revoke(ctx, c.ID)
	switch {
	case err != nil:
		return fmt.Errorf("it is not certain that the key was revoked: %w", err)
	case !was:
		return notFoundf("%s has no key %q that is bound to a conversation; keys of the capability file end when their line is removed; nothing was changed", where, c.ID)
	}
	unrecorded := recordBoundKey(ctx, reachFlags{State: c.State, Audit: c.Audit}, audit.EventKeyRevoked, "revoked", revoked)
	if c.JSON {
		return errors.Join(unrecorded, out.json(revokedKey{c.ID, where}))
	}
	out.printf("revoked key %s on every server that uses %s\n", c.ID, where)
	return unrecorded
}
