// Package replicas shares what several servers decide together through Redis or Valkey. That is Dixa's rate limit, budgets, the
// single use of confirmations, parked calls, freezes, sessions and cancellations of older clients, and a secret.
//
// Each decision is one atomic script that goes by the server's clock. A process that cannot reach the server is alone: it
// keeps to its share, which is what there is divided by the replicas that it saw last, and what cannot be shared out is
// refused. A heartbeat brings it back.
package replicas

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"
)

// Options says which group a replica joins.
type Options struct {
	URL     string       // redis://[user:password@]host:port[/database], or rediss:// with TLS, or unix://
	Prefix  string       // in the names of all keys, "dixa-mcp" by default; those with the same prefix belong together
	Replica string       // what this one is called, made unique; "": it only reads and decides, and is not counted as a replica
	Log     *slog.Logger // nil means slog.Default()
}

// Group is this process as a member of the replicas. It is safe for concurrent use.
type Group struct {
	link    *link
	budgets *budgets
	freezes *freezes
	joined  context.Context // until Close
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// Connect joins the other replicas, or returns why that is not possible. Close leaves them.
func Connect(ctx context.Context, o Options) (*Group, error) {
	if o.Prefix == "" {
		o.Prefix = "dixa-mcp"
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	prefix := "{" + o.Prefix + "}:"
	client, err := dial(ctx, o.URL, prefix)
	if err != nil {
		return nil, err
	}
	l := &link{prefix: prefix, client: client, log: o.Log}
	if o.Replica != "" {
		l.id = o.Replica + "-" + rand.Text()[:8]
	}
	g := &Group{link: l, budgets: &budgets{link: l, agents: map[string]*account{}}, freezes: &freezes{link: l}}
	l.onNews, l.onReturn = g.update, g.budgets.push
	if err := l.join(ctx); err != nil {
		client.Close()
		return nil, unusable(client.server.addr, err)
	}
	g.joined, g.stop = context.WithCancel(context.WithoutCancel(ctx))
	if l.id != "" {
		g.done.Go(func() { l.keepBeating(g.joined) })
	}
	return g, nil
}

// update reads the freezes and budgets that other replicas changed.
func (g *Group) update(ctx context.Context, n news) error {
	if err := g.freezes.sync(ctx, n.freezes); err != nil {
		return err
	}
	if g.link.id == "" {
		return nil
	}
	return g.budgets.pull(ctx, n.used)
}

// Close leaves the group, so that the others do not keep this replica's share for it.
func (g *Group) Close() {
	g.stop()
	g.done.Wait()
	g.link.leave()
	g.link.client.Close()
}

// State says whether the replicas share.
func (g *Group) State() State { return g.link.State() }

// Addr returns the host and port of the server.
func (g *Group) Addr() string { return g.link.client.server.addr }

// Secret returns 32 random bytes that only the replicas know.
func (g *Group) Secret() []byte { return []byte(g.link.secret) }

// Now returns the server's time, estimated from the last heartbeat.
func (g *Group) Now() time.Time { return g.link.now() }
