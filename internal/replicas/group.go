// Package replicas shares what several servers decide together through Redis or Valkey: Dixa's rate limit, budgets, the
// single use of confirmations, parked calls, freezes, sessions and cancellations of older clients, and a secret.
//
// Each decision is one atomic script that goes by the server's clock. A process that cannot reach the server is alone: it
// keeps to its share, which is what there is divided by the replicas that it saw last, and what cannot be shared out is
// refused. A heartbeat brings it back.
package replicas

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	// beatEvery is how often a replica announces itself, learns what changed, and tries to come back.
	beatEvery = 500 * time.Millisecond
	// freshFor is how long after its last heartbeat a replica counts as sharing. Whoever loses the server waits as long
	// before it uses its share, so that the others have left it to them by then.
	freshFor = 1500 * time.Millisecond
	// seenFor is how long after its last heartbeat a replica's share is kept for it.
	seenFor = 5 * time.Second
	// callTimeout is how long an answer may take. After it, the server counts as lost.
	callTimeout = 500 * time.Millisecond
	// connections is how many there are at most at a time.
	connections = 32
)

// ErrAway says that what the replicas share cannot be reached, or that it is not known what became of a request to it.
var ErrAway = errors.New("the Redis that the servers share cannot be reached")

// Options says which group a replica joins.
type Options struct {
	URL     string       // redis://[user:password@]host:port[/database], or rediss:// with TLS, or unix://
	Prefix  string       // in the names of all keys, "dixa-mcp" by default; those with the same prefix belong together
	Replica string       // what this one is called, made unique; "": it only looks and decides, and does not count as a replica
	Log     *slog.Logger // nil means slog.Default()
}

// Group is this process as a member of the replicas. It is safe for concurrent use.
type Group struct {
	id     string // "" for one that does not count
	prefix string
	client redis.UniversalClient
	addr   string
	log    *slog.Logger
	joined context.Context // until Close
	stop   context.CancelFunc
	done   sync.WaitGroup

	// alone is held for reading while something is done that is right only alone, and for writing on coming back.
	alone   sync.RWMutex
	budgets *budgets
	freezes *freezes

	mu         sync.Mutex
	state      State
	term       int       // counts how often the server was lost
	noted      time.Time // the latest that the server may have noted a heartbeat of ours
	known      int       // replicas when the server was lost, which count until
	knownUntil time.Time
	offset     time.Duration // the server's clock less ours
	memory     time.Time     // since when the server remembers all, by its clock
	secret     string        // of all replicas
	differs    bool          // the server has another secret
	lastSeen   int64         // the server's time, in microseconds, up to which all that others counted is known here
}

// State says whether the replicas share, as far as this one knows.
type State struct {
	Shared   bool
	Replicas int       // seen lately, this one among them
	Since    time.Time // when that began or ended
}

// Connect joins the other replicas, or returns why that is not possible. Close leaves them.
func Connect(ctx context.Context, o Options) (*Group, error) {
	redis.SetLogger(silent{}) // what it would write to stderr is in errors, too
	client, addr, err := open(ctx, o.URL)
	if err != nil {
		return nil, err
	}
	if o.Prefix == "" {
		o.Prefix = "dixa-mcp"
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	g := &Group{prefix: "{" + o.Prefix + "}:", client: client, addr: addr, log: o.Log}
	g.budgets, g.freezes = &budgets{group: g, agents: map[string]*account{}}, &freezes{group: g}
	if o.Replica != "" {
		g.id = o.Replica + "-" + rand.Text()[:8]
	}
	if err := g.join(ctx); err != nil {
		return nil, errors.Join(unusable(addr, err), client.Close())
	}
	g.joined, g.stop = context.WithCancel(context.WithoutCancel(ctx))
	if g.id != "" {
		g.done.Go(func() { g.keepBeating(g.joined) })
	}
	return g, nil
}

func (g *Group) join(ctx context.Context) error {
	if err := g.loadSecret(ctx); err != nil {
		return err
	}
	answer, err := g.beat(ctx, sharing)
	if err != nil {
		return err
	}
	if err := g.learn(ctx, answer); err != nil {
		return err
	}
	g.state.Shared, g.state.Since = true, time.Now()
	return nil
}

// open connects to the server at an address, and finds out whether it is part of a cluster. No error contains the
// password, or anything of an address that cannot be parsed.
func open(ctx context.Context, address string) (client redis.UniversalClient, addr string, err error) {
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, "", errors.New("the address of the Redis cannot be read: it must look like redis://user:password@host:6379, or rediss:// with TLS")
	}
	o.Protocol, o.DisableIdentity = 2, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = callTimeout, callTimeout, callTimeout, callTimeout
	o.MaxRetries, o.DialerRetries = -1, 1
	o.PoolSize, o.MaxActiveConns, o.PipelinePoolSize = connections, connections, -1
	o.ContextTimeoutEnabled = true
	single := redis.NewClient(o)
	info, err := single.Info(ctx, "cluster").Result()
	if err != nil {
		return nil, "", errors.Join(unusable(o.Addr, err), single.Close())
	}
	if !strings.Contains(info, "cluster_enabled:1") {
		return single, o.Addr, nil
	}
	// All keys have the same hash tag, so that one node has them all.
	return redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: []string{o.Addr}, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig,
		Protocol: o.Protocol, DisableIdentity: true, MaintNotificationsConfig: o.MaintNotificationsConfig,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout, PoolTimeout: o.PoolTimeout,
		MaxRetries: -1, DialerRetries: 1, PoolSize: connections, MaxActiveConns: connections, PipelinePoolSize: -1, ContextTimeoutEnabled: true,
	}), o.Addr, single.Close()
}

func unusable(addr string, err error) error {
	return fmt.Errorf("the Redis at %s cannot be used: %s. Check --redis, that the server runs, and that it accepts this user and password", addr, plain(err))
}

// Close leaves the group, so that the others do not keep this replica's share for it.
func (g *Group) Close() {
	g.stop()
	g.done.Wait()
	if shared, _ := g.shared(); shared && g.id != "" {
		ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
		defer cancel()
		_ = g.client.HDel(ctx, g.key("replicas"), g.id).Err() // they notice by themselves
	}
	_ = g.client.Close() // nothing is on its way any more
}

// State says whether the replicas share.
func (g *Group) State() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state
}

// Addr returns the host and port of the server.
func (g *Group) Addr() string { return g.addr }

// Secret returns 32 random bytes that only the replicas know.
func (g *Group) Secret() []byte { return []byte(g.secret) }

// Now returns the server's time, estimated from the last heartbeat.
func (g *Group) Now() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Now().Add(g.offset)
}

func (g *Group) key(name string) string { return g.prefix + name }

func (g *Group) shared() (bool, int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state.Shared, g.term
}

// run runs a script, unless this replica is disconnected. Any failure disconnects it: the error is always [ErrAway].
func (g *Group) run(ctx context.Context, script *redis.Script, keys []string, args ...any) ([]any, error) {
	var answer []any
	err := g.ask(ctx, func(ctx context.Context) error {
		var err error
		answer, err = script.Run(ctx, g.client, keys, args...).Slice()
		return err
	})
	return answer, err
}

// ask sends requests to the server, unless this replica is disconnected. The end of the caller's context does not
// interrupt them: whether they took effect would not be known.
func (g *Group) ask(ctx context.Context, do func(context.Context) error) error {
	shared, term := g.shared()
	if !shared {
		return ErrAway
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	err := do(ctx)
	if err == nil || errors.Is(err, redis.Nil) {
		return err
	}
	g.lost(term, err)
	return ErrAway
}

// lost disconnects this replica, unless the loss belongs to an earlier connection.
func (g *Group) lost(term int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.state.Shared || g.term != term {
		return
	}
	g.term++
	g.state.Shared, g.state.Since = false, time.Now()
	g.log.Error("Redis cannot be reached: this server keeps to its share, and refuses confirmations and approvals until it is back", "replicas", g.state.Replicas, "error", plain(err))
}

// plain returns the text of an error in one line. Errors of the Redis client contain addresses, never passwords.
func plain(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
