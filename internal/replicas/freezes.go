package replicas

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/redis/go-redis/v9"

	"dixa-mcp/internal/freeze"
)

// freezes are the freezes that all replicas share. Each replica knows all of them, so that they hold while it is
// disconnected.
type freezes struct{ *Group }

var _ freeze.Store = freezes{}

// Freezes returns the freezes that all replicas share. A freeze set by another replica is known here with the next
// token taken from Dixa's rate limit, and with the next heartbeat at the latest.
func (g *Group) Freezes() freeze.Store { return freezes{g} }

// Frozen implements [freeze.Store].
func (f freezes) Frozen(agent string) (reason string, frozen bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range []string{freeze.Everyone, agent} {
		if mark, ok := f.marks[name]; ok {
			return mark.Reason, true
		}
	}
	return "", false
}

// Set implements [freeze.Store].
func (f freezes) Set(ctx context.Context, name string, m freeze.Mark) error {
	if !freeze.CanBeMarked(name) {
		return fmt.Errorf("%.80q is no name of an agent", name)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = f.change(ctx, func(p redis.Pipeliner) *redis.IntCmd { return p.HSet(ctx, f.key("marks"), name, text) })
	return err
}

// Remove implements [freeze.Store].
func (f freezes) Remove(ctx context.Context, name string) (bool, error) {
	if !freeze.CanBeMarked(name) {
		return false, fmt.Errorf("%.80q is no name of an agent", name)
	}
	return f.change(ctx, func(p redis.Pipeliner) *redis.IntCmd { return p.HDel(ctx, f.key("marks"), name) })
}

// change changes the freezes and their version in one transaction, and reads all of them.
func (f freezes) change(ctx context.Context, do func(redis.Pipeliner) *redis.IntCmd) (did bool, err error) {
	err = f.ask(ctx, func(ctx context.Context) error {
		var changed, version *redis.IntCmd
		if _, err := f.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
			changed, version = do(p), p.HIncrBy(ctx, f.key("group"), "marks", 1)
			return nil
		}); err != nil {
			return err
		}
		did = changed.Val() > 0
		return f.readMarks(ctx, version.Val())
	})
	if err != nil {
		return false, fmt.Errorf("it is not certain that anything was changed: %w", err)
	}
	return did, nil
}

// List implements [freeze.Store]. It asks the server, and fails if the server cannot be reached.
func (f freezes) List(ctx context.Context) (map[string]freeze.Mark, error) {
	var marks map[string]freeze.Mark
	err := f.ask(ctx, func(ctx context.Context) error {
		texts, err := f.client.HGetAll(ctx, f.key("marks")).Result()
		marks = marksOf(texts)
		return err
	})
	return marks, err
}

// sawMarks looks at the marks again if they have another version than those that are known here.
func (g *Group) sawMarks(ctx context.Context, version int64) {
	g.mu.Lock()
	known := g.version
	g.mu.Unlock()
	if version > known {
		_ = g.ask(ctx, func(ctx context.Context) error { return g.readMarks(ctx, version) }) // the heartbeat tries again
	}
}

// syncMarks takes over the server's marks. A server that lost them gets those back that are known here: nobody is let go
// by that.
func (g *Group) syncMarks(ctx context.Context, version int64) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	g.mu.Lock()
	known, marks := g.version, maps.Clone(g.marks)
	g.mu.Unlock()
	if version < known {
		version = known + 1
		if _, err := g.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
			for name, mark := range marks {
				text, err := json.Marshal(mark)
				if err != nil {
					return err
				}
				p.HSetNX(ctx, g.key("marks"), name, text)
			}
			p.HSet(ctx, g.key("group"), "marks", version)
			return nil
		}); err != nil {
			return err
		}
	}
	return g.readMarks(ctx, version)
}

// readMarks takes over the marks, which have this version or a later one.
func (g *Group) readMarks(ctx context.Context, version int64) error {
	texts, err := g.client.HGetAll(ctx, g.key("marks")).Result()
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if version >= g.version { // answers may overtake each other
		g.marks, g.version = marksOf(texts), version
	}
	return nil
}

// marksOf reads marks. One that cannot be read stops, too: it was put there to stop.
func marksOf(texts map[string]string) map[string]freeze.Mark {
	marks := make(map[string]freeze.Mark, len(texts))
	for name, text := range texts {
		var mark freeze.Mark
		if err := json.Unmarshal([]byte(text), &mark); err != nil {
			mark = freeze.Mark{Reason: "the mark in Redis cannot be read"}
		}
		marks[name] = mark
	}
	return marks
}
