package replicas

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

// callTimeout is how long an answer may take. After it, the server is taken to be lost.
const callTimeout = 500 * time.Millisecond

// ErrAway says that what the replicas share cannot be reached, or that it is not known what became of a request to it.
var ErrAway = errors.New("the Redis that the servers share cannot be reached")

// State says whether the replicas share, as far as this one knows.
type State struct {
	Shared   bool
	Replicas int       // seen lately, this one among them
	Since    time.Time // when that began or ended
}

// link is the connection of one replica to the server, which a heartbeat keeps. It knows whether the replica shares or is
// alone, and nothing of what is shared. It is safe for concurrent use.
type link struct {
	id     string // "" for a process that is not a replica
	prefix string // of all keys
	client *client
	log    *slog.Logger
	secret string // of all replicas; join sets it

	// onNews takes over what other replicas changed. Where it fails, the heartbeat has failed.
	onNews func(context.Context, news) error
	// onReturn tells the server what this replica did alone, before it shares again. Nothing is done alone meanwhile. Where
	// it fails, the replica stays alone until the next heartbeat.
	onReturn func(context.Context) error

	// alone is held for reading while something is done that is right only alone, and for writing on coming back.
	alone sync.RWMutex

	mu         sync.Mutex
	state      State
	term       int       // counts how often the server was lost
	noted      time.Time // latest time at which the server may have recorded our heartbeat
	known      int       // replicas before the server was lost, the minimum until knownUntil
	knownUntil time.Time
	offset     time.Duration // the server's clock less ours
	memory     time.Time     // since when the server remembers all, by its clock
	differs    bool          // the server has another secret
	lastSeen   int64         // the server's time, in microseconds, up to which all changes of others are known here
}

// outage is a time in which this replica is alone.
type outage struct {
	term     int       // its number
	replicas int       // among which the limits are divided
	from     time.Time // when the others know that this replica is alone
}

func (l *link) key(name string) string { return l.prefix + name }

// shared reports whether this replica shares, and how often it has lost the server.
func (l *link) shared() (shared bool, term int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.Shared, l.term
}

// State returns whether the replicas share.
func (l *link) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// clockOffset returns the server's clock less this process's, estimated from the last heartbeat.
func (l *link) clockOffset() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.offset
}

// now returns the server's time.
func (l *link) now() time.Time { return time.Now().Add(l.clockOffset()) }

// remembersSince returns since when the server remembers all, by its clock.
func (l *link) remembersSince() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.memory
}

// get returns the text under a key, or "" if there is none.
func (l *link) get(ctx context.Context, name string) (string, error) {
	text, err := redis.String(l.client.do(ctx, "GET", l.key(name)))
	if errors.Is(err, redis.ErrNil) {
		return "", nil
	}
	return text, err
}

// run runs a script, unless this replica is disconnected. Any failure disconnects it: the error is always [ErrAway].
func (l *link) run(ctx context.Context, s script, keys []string, args ...any) ([]any, error) {
	var answer []any
	err := l.ask(ctx, func(ctx context.Context) error {
		var err error
		answer, err = l.client.run(ctx, s, keys, args...)
		return err
	})
	return answer, err
}

// ask sends requests to the server, unless this replica is disconnected. The end of the caller's context does not
// interrupt them: whether they took effect would not be known.
func (l *link) ask(ctx context.Context, do func(context.Context) error) error {
	shared, term := l.shared()
	if !shared {
		return ErrAway
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	err := do(ctx)
	if err == nil {
		return nil
	}
	l.disconnect(term, err)
	return ErrAway
}

// disconnect leaves this replica alone, unless the error belongs to an earlier connection.
func (l *link) disconnect(term int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.state.Shared || l.term != term {
		return
	}
	l.term++
	l.state.Shared, l.state.Since = false, time.Now()
	l.log.Error("Redis cannot be reached: this server keeps to its share, and refuses confirmations and approvals until it is back", "replicas", l.state.Replicas, "error", plain(err))
}

// whileAlone runs do and reports true if this replica is alone. It does not come back before do returns.
func (l *link) whileAlone(do func(outage)) bool {
	l.alone.RLock()
	defer l.alone.RUnlock()
	o, alone := l.outage()
	if alone {
		do(o)
	}
	return alone
}

// outage returns the outage that this replica is in. Where there are others, they learn of it only after a while.
func (l *link) outage() (o outage, alone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o = outage{term: l.term, replicas: l.state.Replicas}
	if o.replicas > 1 {
		o.from = l.noted.Add(freshFor)
	}
	return o, !l.state.Shared
}
