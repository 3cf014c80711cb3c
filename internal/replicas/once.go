package replicas

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"dixa-mcp/internal/gate"
)

//go:embed once.lua
var onceSource string

var onceScript = newScript(onceSource)

// once makes confirmations single-use across replicas.
type once struct{ link *link }

var _ gate.Once = once{}

// Once returns what makes confirmations single-use across all replicas.
func (g *Group) Once() gate.Once { return once{g.link} }

// Use implements [gate.Once]. It refuses a confirmation older than the server's memory, which may have been used.
func (o once) Use(ctx context.Context, nonce string, made, expires time.Time) error {
	l, offset := o.link, o.link.clockOffset()
	keys := []string{l.key("replicas"), l.key("group"), l.key("once:" + nonce)}
	answer, err := l.run(ctx, onceScript, keys, l.id, made.Add(offset).UnixMicro(), expires.Add(offset).UnixMicro())
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
