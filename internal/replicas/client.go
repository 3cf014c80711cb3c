package replicas

import (
	"context"
	"crypto/sha1" // by which Redis names scripts
	"encoding/hex"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

const (
	// connections is the maximum number of connections at a time.
	connections = 32
	// unusedFor is how long a connection may be unused before it is checked and used again.
	unusedFor = time.Second
	// idleFor is how long a connection may be unused before it is closed: what is in between may have forgotten it.
	idleFor = 30 * time.Second
)

// client sends requests to the server, or to the node of a cluster that has all keys. No request is sent again unless the
// server rejected it, since one without an answer may have been carried out. Each ends within callTimeout, with all that it
// waits for. It is safe for concurrent use.
//
// It has a pool of its own: with that of redigo, one deadline cannot hold for all that is sent together.
type client struct {
	server endpoint
	within time.Duration // how long a request may take: callTimeout
	slots  chan struct{} // holds a value for each connection in use

	mu      sync.Mutex
	cluster *cluster // nil for a server that is in none
	idle    []*conn  // the last one was used last
	epoch   int      // counts how often all connections were dropped
	closed  bool
}

func newClient(s endpoint) *client {
	return &client{server: s, within: callTimeout, slots: make(chan struct{}, connections)}
}

// do sends a command and returns its answer.
func (c *client) do(ctx context.Context, name string, args ...any) (any, error) {
	answers, err := c.send(ctx, command{name, args})
	if err != nil {
		return nil, err
	}
	return answers[0], nil
}

// transaction sends commands that are carried out together, and returns their answers. If one of them fails, so does the transaction.
func (c *client) transaction(ctx context.Context, list ...command) ([]any, error) {
	all := append([]command{{name: "MULTI"}}, list...)
	answers, err := c.send(ctx, append(all, command{name: "EXEC"})...)
	if err != nil {
		return nil, err
	}
	answers, err = redis.Values(answers[len(answers)-1], nil)
	for _, answer := range answers {
		if refused, ok := answer.(redis.Error); ok {
			return nil, refused
		}
	}
	return answers, err
}

// run runs a script and returns its answer, with strings for texts.
func (c *client) run(ctx context.Context, s script, keys []string, args ...any) ([]any, error) {
	list := []any{s.hash, len(keys)}
	for _, key := range keys {
		list = append(list, key)
	}
	list = append(list, args...)
	answer, err := c.do(ctx, "EVALSHA", list...)
	if err != nil && strings.HasPrefix(refusal(err), "NOSCRIPT ") {
		list[0] = s.source
		answer, err = c.do(ctx, "EVAL", list...)
	}
	return redis.Values(texts(answer), err)
}

// send sends one command or one transaction, and sends it once again if it was rejected because the keys are elsewhere.
func (c *client) send(ctx context.Context, list ...command) (answers []any, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.within)
	defer cancel()
	for range 2 {
		var k *conn
		if k, err = c.get(ctx); err != nil {
			return nil, err
		}
		answers, err = k.send(ctx, list...)
		c.put(k, err)
		if !elsewhere(err) {
			break
		}
	}
	return answers, err
}

// get returns a connection for use by the caller alone, who gives it to put or discard.
func (c *client) get(ctx context.Context) (*conn, error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("all %d connections are in use: %w", connections, ctx.Err())
	}
	for {
		k, err := c.unused()
		if err == nil && k == nil {
			k, err = c.open(ctx)
		}
		if err != nil {
			<-c.slots
			return nil, err
		}
		if time.Since(k.used) > unusedFor {
			if _, err := k.send(ctx, command{name: "PING"}); err != nil {
				_ = k.Close()
				continue
			}
		}
		return k, nil
	}
}

// unused takes the connection that was used last, or returns nil.
func (c *client) unused() (*conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, net.ErrClosed
	}
	last := len(c.idle) - 1
	if last >= 0 && time.Since(c.idle[last].used) > idleFor {
		c.closeIdle()
	}
	if len(c.idle) == 0 {
		return nil, nil
	}
	k := c.idle[last]
	c.idle = c.idle[:last]
	return k, nil
}

// open makes a connection to where the keys are.
func (c *client) open(ctx context.Context) (*conn, error) {
	c.mu.Lock()
	epoch := c.epoch
	c.mu.Unlock()
	addr, err := c.where(ctx)
	if err != nil {
		return nil, err
	}
	k, err := c.server.dial(ctx, addr)
	if err != nil {
		c.drop(epoch)
		return nil, err
	}
	k.epoch = epoch
	return k, nil
}

// put takes a connection back after its use with this result. If answers are missing it is closed, and the others too: what
// ended it concerns them as well.
func (c *client) put(k *conn, err error) {
	defer func() { <-c.slots }()
	said := refusal(err)
	if err != nil && said == "" || elsewhere(err) || strings.HasPrefix(said, "CLUSTERDOWN ") {
		c.drop(k.epoch)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || k.epoch != c.epoch {
		_ = k.Close()
		return
	}
	k.used = time.Now()
	c.idle = append(c.idle, k)
}

// discard closes a connection after its use.
func (c *client) discard(k *conn) {
	_ = k.Close()
	<-c.slots
}

// drop closes all connections of an epoch, those in use after their use, so that others are made to where the keys are then.
func (c *client) drop(epoch int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch != c.epoch {
		return
	}
	c.epoch++
	c.closeIdle()
	if c.cluster != nil {
		c.cluster.owner = ""
	}
}

// closeIdle closes the connections that are not in use. c.mu is held.
func (c *client) closeIdle() {
	for _, k := range c.idle {
		_ = k.Close()
	}
	c.idle = nil
}

// Close closes all connections, those in use after their use.
func (c *client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.closeIdle()
}

// script is a script that the server knows by its hash once it has run there.
type script struct{ source, hash string }

func newScript(source string) script {
	hash := sha1.Sum([]byte(source))
	return script{source, hex.EncodeToString(hash[:])}
}
