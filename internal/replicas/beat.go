package replicas

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed beat.lua
var beatSource string

var beatScript = redis.NewScript(beatSource)

// How a replica announces itself.
const (
	sharing = "sharing"
	apart   = "alone"
)

// news is what a heartbeat returns.
type news struct {
	sent, got time.Time
	now       int64 // of the server, in microseconds
	replicas  int
	memory    int64 // since when the server remembers all
	version   int64 // of the freezes
	same      bool  // its secret is ours
	used      []string
}

// keepBeating sends heartbeats until the context ends.
func (g *Group) keepBeating(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if shared, term := g.shared(); !shared {
			g.comeBack(ctx)
		} else if err := g.stay(ctx); err != nil && ctx.Err() == nil {
			g.lost(term, err)
		}
	}
}

func (g *Group) stay(ctx context.Context) error {
	n, err := g.beat(ctx, sharing)
	if err != nil {
		return err
	}
	return g.learn(ctx, n)
}

// comeBack reconnects if the server can be reached. The others first learn that this replica is there and what it used
// while it was disconnected; then it shares again, in one step.
func (g *Group) comeBack(ctx context.Context) {
	n, err := g.beat(ctx, apart)
	if err != nil || g.learn(ctx, n) != nil {
		return
	}
	g.alone.Lock()
	defer g.alone.Unlock()
	if g.budgets.push(ctx) != nil {
		return
	}
	if n, err = g.beat(ctx, sharing); err != nil {
		return
	}
	g.mu.Lock()
	g.known, g.knownUntil = g.state.Replicas, n.got.Add(seenFor)
	g.note(n)
	away := time.Since(g.state.Since).Round(time.Millisecond)
	g.state.Shared, g.state.Since = true, time.Now()
	g.mu.Unlock()
	g.log.Info("Redis can be reached again", "away", away, "replicas", n.replicas)
	_ = g.learn(ctx, n) // the next heartbeat tries again
}

// beat sends a heartbeat. One that reaches the server too late is rejected: the replica is disconnected by then.
func (g *Group) beat(ctx context.Context, mode string) (news, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	g.mu.Lock()
	latest, secret, last := int64(0), g.secret, g.lastSeen
	if mode == sharing { // who comes back learns the time first: it may be another server
		if !g.noted.IsZero() {
			latest = time.Now().Add(g.offset + callTimeout).UnixMicro()
		}
		g.noted = time.Now().Add(callTimeout) // until there is an answer
	}
	g.mu.Unlock()
	n := news{sent: time.Now()}
	keys := []string{g.key("replicas"), g.key("group"), g.key("secret"), g.key("used")}
	answer, err := beatScript.Run(ctx, g.client, keys, g.id, mode, latest, seenFor.Microseconds(), freshFor.Microseconds(), secret, last).Slice()
	if err != nil {
		return news{}, err
	}
	n.got = time.Now()
	n.now, n.replicas, n.memory, n.version, n.same = number(answer[0]), int(number(answer[1])), number(answer[2]), number(answer[3]), number(answer[4]) == 1
	for _, agent := range answer[5].([]any) {
		n.used = append(n.used, agent.(string))
	}
	return n, nil
}

// learn takes over what a heartbeat returned.
func (g *Group) learn(ctx context.Context, n news) error {
	g.mu.Lock()
	g.tell(n)
	if g.state.Shared || g.state.Replicas == 0 { // alone, the share stays what it was
		g.note(n)
	}
	if !n.same && !g.differs {
		g.log.Error("another server made a new secret after Redis lost its data: restart the servers one after the other, so that all use the same one")
	}
	g.differs = !n.same
	g.mu.Unlock()
	if err := g.freezes.sync(ctx, n.version); err != nil {
		return err
	}
	if g.id != "" {
		if err := g.budgets.pull(ctx, n.used); err != nil {
			return err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lastSeen = n.now
	return nil
}

// tell sets the offset of the server's clock. g.mu is held.
func (g *Group) tell(n news) {
	g.memory = time.UnixMicro(n.memory)
	g.offset = time.UnixMicro(n.now).Sub(n.sent.Add(n.got.Sub(n.sent) / 2))
}

// note updates the number of replicas, which a share depends on. Replicas that were there before the server was lost
// may not have reconnected yet, and keep their share for a while. g.mu is held.
func (g *Group) note(n news) {
	g.noted, g.state.Replicas = n.got, max(1, n.replicas)
	if n.got.Before(g.knownUntil) {
		g.state.Replicas = max(g.known, n.replicas)
	}
}

// loadSecret reads the secret of the group, or makes it.
func (g *Group) loadSecret(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	if err := g.client.SetNX(ctx, g.key("secret"), random, 0).Err(); err != nil {
		return err
	}
	secret, err := g.client.Get(ctx, g.key("secret")).Result()
	if err == nil && len(secret) != 32 {
		err = fmt.Errorf("the secret under %s is not one", g.key("secret"))
	}
	g.secret = secret
	return err
}

// number converts a number in a script's answer.
func number(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case string:
		n, _ := strconv.ParseInt(v, 10, 64) // the scripts write them
		return n
	}
	return 0
}
