package replicas

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"dixa-mcp/internal/gate"
)

//go:embed once.lua
var onceSource string

var onceScript = redis.NewScript(onceSource)

// once makes confirmations single-use across replicas.
type once struct{ group *Group }

var _ gate.Once = once{}

// Once returns what makes confirmations single-use across all replicas.
func (g *Group) Once() gate.Once { return once{g} }

// Use implements [gate.Once]. It refuses a confirmation older than the server's memory, which may have been used.
func (o once) Use(ctx context.Context, nonce string, made, expires time.Time) error {
	g := o.group
	g.mu.Lock()
	offset := g.offset
	g.mu.Unlock()
	keys := []string{g.key("replicas"), g.key("group"), g.key("once:" + nonce)}
	answer, err := g.run(ctx, onceScript, keys, g.id, made.Add(offset).UnixMicro(), expires.Add(offset).UnixMicro())
	switch {
	case err != nil:
		return err
	case answer[0] == "first":
		return nil
	case answer[0] == "used":
		return gate.ErrUsed
	}
	return errors.New("the Redis that the servers share was started after the question was asked, and may have forgotten its answer")
}
