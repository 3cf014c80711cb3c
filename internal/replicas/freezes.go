package replicas

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"

	"github.com/gomodule/redigo/redis"

	"dixa-mcp/internal/freeze"
)

// freezes are the freezes that all replicas share. Each replica knows all of them, so that they hold while it is
// disconnected.
type freezes struct {
	link *link

	mu      sync.Mutex
	frozen  map[string]freeze.Freeze
	version int64 // of frozen: each change on the server raises it
}

var _ freeze.Store = (*freezes)(nil)

// Freezes returns the freezes that all replicas share. A freeze set by another replica is known here with the next token
// taken from Dixa's rate limit, and with the next heartbeat at the latest.
func (g *Group) Freezes() freeze.Store { return g.freezes }

// Frozen implements [freeze.Store].
func (f *freezes) Frozen(agent string) (reason string, frozen bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range []string{freeze.Everyone, agent} {
		if found, ok := f.frozen[name]; ok {
			return found.Reason, true
		}
	}
	return "", false
}

// Set implements [freeze.Store].
func (f *freezes) Set(ctx context.Context, name string, m freeze.Freeze) error {
	if !freeze.ValidName(name) {
		return fmt.Errorf("%.80q is not the name of an agent", name)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = f.change(ctx, command{"HSET", []any{f.link.key("marks"), name, text}})
	return err
}

// Remove implements [freeze.Store].
func (f *freezes) Remove(ctx context.Context, name string) (bool, error) {
	if !freeze.ValidName(name) {
		return false, fmt.Errorf("%.80q is not the name of an agent", name)
	}
	return f.change(ctx, command{"HDEL", []any{f.link.key("marks"), name}})
}

// change changes the freezes and their version in one transaction, and reads all of them.
func (f *freezes) change(ctx context.Context, do command) (did bool, err error) {
	err = f.link.ask(ctx, func(ctx context.Context) error {
		answers, err := f.link.client.transaction(ctx, do, command{"HINCRBY", []any{f.link.key("group"), "marks", 1}})
		if err != nil {
			return err
		}
		did = number(answers[0]) > 0
		return f.read(ctx, number(answers[1]))
	})
	if err != nil {
		return false, fmt.Errorf("it is not certain that anything was changed: %w", err)
	}
	return did, nil
}

// List implements [freeze.Store]. It asks the server, and fails if the server cannot be reached.
func (f *freezes) List(ctx context.Context) (map[string]freeze.Freeze, error) {
	var frozen map[string]freeze.Freeze
	err := f.link.ask(ctx, func(ctx context.Context) error {
		texts, err := redis.StringMap(f.link.client.do(ctx, "HGETALL", f.link.key("marks")))
		frozen = freezesOf(texts)
		return err
	})
	return frozen, err
}

// saw reads the freezes if their version is newer than that of those known here.
func (f *freezes) saw(ctx context.Context, version int64) {
	f.mu.Lock()
	known := f.version
	f.mu.Unlock()
	if version > known {
		_ = f.link.ask(ctx, func(ctx context.Context) error { return f.read(ctx, version) }) // the heartbeat tries again
	}
}

// sync reads the server's freezes if their version is not the one known here. A server that lost them gets back those
// known here, so that no agent is thawed by the loss.
func (f *freezes) sync(ctx context.Context, version int64) error {
	f.mu.Lock()
	known, frozen := f.version, maps.Clone(f.frozen)
	f.mu.Unlock()
	if version == known {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if version < known {
		version = known + 1
		changes := []command{{"HSET", []any{f.link.key("group"), "marks", version}}}
		for name, found := range frozen {
			text, err := json.Marshal(found)
			if err != nil {
				return err
			}
			changes = append(changes, command{"HSETNX", []any{f.link.key("marks"), name, text}})
		}
		if _, err := f.link.client.transaction(ctx, changes...); err != nil {
			return err
		}
	}
	return f.read(ctx, version)
}

// read reads the freezes, which have this version or a later one.
func (f *freezes) read(ctx context.Context, version int64) error {
	texts, err := redis.StringMap(f.link.client.do(ctx, "HGETALL", f.link.key("marks")))
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if version >= f.version { // answers may overtake each other
		f.frozen, f.version = freezesOf(texts), version
	}
	return nil
}

// freezesOf decodes freezes. One that cannot be decoded is in force all the same.
func freezesOf(texts map[string]string) map[string]freeze.Freeze {
	frozen := make(map[string]freeze.Freeze, len(texts))
	for name, text := range texts {
		var found freeze.Freeze
		if err := json.Unmarshal([]byte(text), &found); err != nil {
			found = freeze.Freeze{Reason: "the freeze in Redis cannot be read"}
		}
		frozen[name] = found
	}
	return frozen
}
