package replicas

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"strconv"
	"time"

	"github.com/gomodule/redigo/redis"

	"dixa-mcp/internal/base/stored"
)

const (
	// beatEvery is how often a replica announces itself, learns what changed, and tries to come back.
	beatEvery = 500 * time.Millisecond
	// freshFor is how long after its last heartbeat the others take a replica to share. A replica that loses the server waits
	// as long before it uses its share, so that the others have left it to it by then.
	freshFor = 1500 * time.Millisecond
	// seenFor is how long after its last heartbeat a replica's share is kept for it.
	seenFor = 5 * time.Second
)

//go:embed beat.lua
var beatSource string

var beatScript = newScript(beatSource)

// How a replica announces itself.
const (
	sharing = "sharing"
	apart   = "alone"
)

// beat is the server's answer to a heartbeat.
type beat struct {
	sent, got time.Time
	now       int64 // of the server, in microseconds
	replicas  int
	memory    int64 // since when the server remembers all
	same      bool  // its secret is ours
	news
}

// news is what other replicas changed.
type news struct {
	freezes int64    // version of the freezes
	used    []string // agents that used their budgets since the last heartbeat
}

// join announces this replica to the others for the first time.
func (l *link) join(ctx context.Context) error {
	err := checkFormat(ctx, l.client, l.key("format"))
	if err != nil {
		return err
	}
	if l.secret, err = loadSecret(ctx, l.client, l.key("secret")); err != nil {
		return err
	}
	if err := l.exchange(ctx, sharing); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.Shared, l.state.Since = true, time.Now()
	return nil
}

// leave tells the others not to keep a share for this replica.
func (l *link) leave() {
	if shared, _ := l.shared(); !shared || l.id == "" {
		return
	}
	_, _ = l.client.do(context.Background(), "HDEL", l.key("replicas"), l.id) // they notice by themselves
}

// keepBeating sends heartbeats until the context ends.
func (l *link) keepBeating(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if shared, term := l.shared(); !shared {
			l.comeBack(ctx)
		} else if err := l.exchange(ctx, sharing); err != nil && ctx.Err() == nil {
			l.disconnect(term, err)
		} else {
			l.client.learn(ctx)
		}
	}
}

// exchange sends a heartbeat and takes over what it returns.
func (l *link) exchange(ctx context.Context, mode string) error {
	b, err := l.send(ctx, mode)
	if err != nil {
		return err
	}
	return l.receive(ctx, b)
}

// comeBack reconnects if the server can be reached. The others first learn that this replica is there and what it used
// while it was disconnected; then it shares again, in one step.
func (l *link) comeBack(ctx context.Context) {
	if l.exchange(ctx, apart) != nil {
		return
	}
	l.alone.Lock()
	defer l.alone.Unlock()
	if l.onReturn(ctx) != nil {
		return
	}
	b, err := l.send(ctx, sharing)
	if err != nil {
		return
	}
	l.mu.Lock()
	l.known, l.knownUntil = l.state.Replicas, b.got.Add(seenFor)
	l.countReplicas(b)
	away := time.Since(l.state.Since).Round(time.Millisecond)
	l.state.Shared, l.state.Since = true, time.Now()
	l.mu.Unlock()
	l.log.Info("Redis can be reached again", "away", away, "replicas", b.replicas)
	_ = l.receive(ctx, b) // the next heartbeat tries again
}

// send sends a heartbeat. One that reaches the server too late is rejected: the replica is disconnected by then.
func (l *link) send(ctx context.Context, mode string) (beat, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	l.mu.Lock()
	latest, last := int64(0), l.lastSeen
	if mode == sharing { // a replica that is alone learns the time first: the server may be another one
		if !l.noted.IsZero() {
			latest = time.Now().Add(l.offset + callTimeout).UnixMicro()
		}
		l.noted = time.Now().Add(callTimeout) // until there is an answer
	}
	l.mu.Unlock()
	b := beat{sent: time.Now()}
	keys := []string{l.key("replicas"), l.key("group"), l.key("secret"), l.key("used")}
	answer, err := l.client.run(ctx, beatScript, keys, l.id, mode, latest, seenFor.Microseconds(), freshFor.Microseconds(), l.secret, last)
	if err != nil {
		return beat{}, err
	}
	b.got = time.Now()
	b.now, b.replicas, b.memory, b.freezes, b.same = number(answer[0]), int(number(answer[1])), number(answer[2]), number(answer[3]), number(answer[4]) == 1
	for _, agent := range answer[5].([]any) {
		b.used = append(b.used, agent.(string))
	}
	return b, nil
}

// receive takes over the answer to a heartbeat.
func (l *link) receive(ctx context.Context, b beat) error {
	l.mu.Lock()
	l.memory = time.UnixMicro(b.memory)
	l.offset = time.UnixMicro(b.now).Sub(b.sent.Add(b.got.Sub(b.sent) / 2))
	if l.state.Shared || l.state.Replicas == 0 { // alone, the share stays what it was
		l.countReplicas(b)
	}
	if !b.same && !l.differs {
		l.log.Error("another server made a new secret after Redis lost its data: restart the servers one after the other, so that all use the same one")
	}
	l.differs = !b.same
	l.mu.Unlock()
	if err := l.onNews(ctx, b.news); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastSeen = b.now
	return nil
}

// countReplicas updates the number of replicas, which a share depends on. Replicas that were there before the server was
// lost may not have reconnected yet, and keep their share for a while. l.mu is held.
func (l *link) countReplicas(b beat) {
	l.noted, l.state.Replicas = b.got, max(1, b.replicas)
	if b.got.Before(l.knownUntil) {
		l.state.Replicas = max(l.known, b.replicas)
	}
}

// loadSecret reads the secret of all replicas, or makes it.
func loadSecret(ctx context.Context, client *client, key string) (string, error) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	if _, err := client.do(ctx, "SETNX", key, random); err != nil {
		return "", err
	}
	secret, err := redis.String(client.do(ctx, "GET", key))
	if err == nil && len(secret) != 32 {
		err = fmt.Errorf("the secret under %s is not 32 bytes long", key)
	}
	return secret, err
}

// format is the number of what the keys hold. It is raised only for a change that servers of an older version cannot live
// with: they then refuse to join, and keep to another Redis until they are replaced.
const format = 1

// checkFormat refuses keys of a newer format, and notes the format of new ones.
func checkFormat(ctx context.Context, client *client, key string) error {
	if _, err := client.do(ctx, "SETNX", key, format); err != nil {
		return err
	}
	found, err := redis.Int(client.do(ctx, "GET", key))
	if err == nil && found > format {
		err = fmt.Errorf("%w: the format under %s is %d, and this version knows %d", stored.ErrNewer, key, found, format)
	}
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
