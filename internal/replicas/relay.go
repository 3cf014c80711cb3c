package replicas

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// quietFor is how long the server may say nothing to whoever hears before it is asked whether it is still there.
const quietFor = 3 * time.Second

// Tell publishes a message to all replicas that listen, this one included. Each receives it once, or never if its
// connection is broken at that moment.
func (g *Group) Tell(ctx context.Context, message []byte) error {
	if shared, _ := g.link.shared(); !shared {
		return ErrAway
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	// Only the heartbeat decides whether this replica is disconnected: a server may run and just refuse to publish.
	return g.link.client.Publish(ctx, g.link.key("relay"), message).Err()
}

// Hear passes messages of the replicas to take, one after the other, until stop or Close; both wait for the last one.
func (g *Group) Hear(take func(message []byte)) (stop func()) {
	ctx, cancel := context.WithCancel(g.joined)
	ended := make(chan struct{})
	g.done.Go(func() {
		defer close(ended)
		warn := sync.OnceFunc(func() {
			g.link.log.Warn("messages of other servers cannot be received: the Redis user needs permission to subscribe to and publish in the channel " + g.link.key("relay"))
		})
		for ctx.Err() == nil {
			var refused redis.Error
			if errors.As(g.listen(ctx, take), &refused) {
				warn()
			}
			select {
			case <-ctx.Done():
			case <-time.After(beatEvery):
			}
		}
	})
	return func() {
		cancel()
		<-ended
	}
}

// listen receives messages until its connection breaks or ctx ends.
func (g *Group) listen(ctx context.Context, take func(message []byte)) error {
	sub := g.link.client.Subscribe(ctx, g.link.key("relay"))
	defer sub.Close()
	defer context.AfterFunc(ctx, func() { _ = sub.Close() })() // which ends waiting
	for wait := quietFor; ; {
		got, err := sub.ReceiveTimeout(ctx, wait)
		var late net.Error
		switch {
		case err == nil:
			wait = quietFor
			if m, ok := got.(*redis.Message); ok {
				take([]byte(m.Payload))
			}
		case wait == quietFor && errors.As(err, &late) && late.Timeout() && sub.Ping(ctx) == nil:
			wait = callTimeout // for its answer
		default:
			return err
		}
	}
}
