package replicas

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"

	"dixa-mcp/internal/base/pause"
)

// quietFor is how long the server may say nothing to whoever hears before it is asked whether it is still there.
const quietFor = 3 * time.Second

// Tell publishes a message to all replicas that listen, this one included. Each receives it once, or never if its
// connection is broken at that moment.
func (g *Group) Tell(ctx context.Context, message []byte) error {
	if shared, _ := g.link.shared(); !shared {
		return ErrAway
	}
	// Only the heartbeat decides whether this replica is disconnected: a server may run and just refuse to publish.
	_, err := g.link.client.do(context.WithoutCancel(ctx), "PUBLISH", g.link.key("relay"), message)
	return err
}

// Hear passes messages of the replicas to take, one after the other, until stop or Close; both wait for the last one.
func (g *Group) Hear(take func(message []byte)) (stop func()) {
	return g.hear(g.link.key("relay"), take)
}

// hear passes what is published in a channel to take.
func (g *Group) hear(channel string, take func(message []byte)) (stop func()) {
	ctx, cancel := context.WithCancel(g.joined)
	ended := make(chan struct{})
	g.done.Go(func() {
		defer close(ended)
		warn := sync.OnceFunc(func() {
			g.link.log.Warn("messages of other servers cannot be received: the Redis user needs permission to subscribe to and publish in the channel " + channel)
		})
		for ctx.Err() == nil {
			var refused redis.Error
			if errors.As(g.listen(ctx, channel, take), &refused) {
				warn()
			}
			_ = pause.For(ctx, beatEvery)
		}
	})
	return func() {
		cancel()
		<-ended
	}
}

// listen receives messages until its connection breaks or ctx ends.
func (g *Group) listen(ctx context.Context, channel string, take func(message []byte)) error {
	c := g.link.client
	within, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	k, err := c.get(within)
	if err != nil {
		return err
	}
	defer c.discard(k)
	defer context.AfterFunc(ctx, func() { _ = k.net.Close() })() // which ends waiting
	sub := redis.PubSubConn{Conn: k.Conn}
	var asking sync.Mutex // each question is asked by a goroutine of its own
	// ask sends something that the server answers.
	ask := func(send func() error) error {
		asking.Lock()
		defer asking.Unlock()
		if err := k.net.SetWriteDeadline(time.Now().Add(callTimeout)); err != nil {
			return err
		}
		return send()
	}
	if err := ask(func() error { return sub.Subscribe(channel) }); err != nil {
		return err
	}
	quiet := time.AfterFunc(quietFor, func() { _ = ask(func() error { return sub.Ping("") }) }) // if it fails, there is no answer
	defer quiet.Stop()
	for {
		switch got := sub.ReceiveWithTimeout(quietFor + callTimeout).(type) {
		case error:
			return got
		case redis.Message:
			take(got.Data)
		}
		quiet.Reset(quietFor)
	}
}
