package replicas

import (
	"cmp"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"github.com/gomodule/redigo/redis"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/base/pause"
	"dixa-mcp/internal/base/stored"
)

//go:embed approvals.lua
var approvalsSource string

var approvalsScript = newScript(approvalsSource)

// approvals keeps calls that wait for approval on the server. Decisions are made on what was read, and written only if
// nothing has changed since.
type approvals struct {
	link   *link
	now    func() time.Time
	memory func() time.Time // since when the server remembers all
	turn   chan struct{}    // holds a value while a goroutine of this process uses the approvals
}

// Approvals returns the store of calls that wait for approval, shared by all replicas and by processes that only
// decide.
func (g *Group) Approvals() approval.Store {
	return g.approvals(g.link.now, g.link.remembersSince)
}

func (g *Group) approvals(now, memory func() time.Time) approval.Store {
	a := &approvals{g.link, now, memory, make(chan struct{}, 1)}
	return approval.Shelves(a.within)
}

var errChanged = errors.New("others changed the approvals at the same time, again and again")

// within runs do on the requests, and runs it again if another process changed them meanwhile.
func (a *approvals) within(ctx context.Context, do func(approval.Shelf) error) error {
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	for range 100 {
		var said error
		err := a.link.ask(ctx, func(ctx context.Context) error {
			s := &approvalsTry{approvals: a, ctx: ctx, at: a.now()}
			said = s.begin()
			if s.broken == nil {
				said = do(s)
			}
			if s.broken == nil && len(s.puts) > 0 {
				said = cmp.Or(s.commit(), said)
			}
			return s.broken
		})
		if err != nil || !errors.Is(said, errChanged) {
			return cmp.Or(err, said)
		}
		if err := pause.For(ctx, mathrand.N(4*time.Millisecond)); err != nil { // so that two do not meet again
			return err
		}
	}
	return errChanged
}

// approvalsTry is one attempt of [approvals.within]: what was read, and what will be written.
type approvalsTry struct {
	*approvals
	ctx     context.Context
	at      time.Time
	version string
	puts    []any
	broken  error // the server could not be asked
}

func (s *approvalsTry) begin() error {
	version, err := s.link.get(s.ctx, "approvals:version")
	s.version = version
	return s.check(err)
}

// check separates failures of the server from reasons to refuse a request.
func (s *approvalsTry) check(err error) error {
	if err == nil {
		return nil
	}
	s.broken = cmp.Or(s.broken, err)
	return err
}

func (s *approvalsTry) commit() error {
	l := s.link
	args := append([]any{s.version, rand.Text(), l.prefix, s.at.UnixMilli()}, s.puts...)
	answer, err := l.client.run(s.ctx, approvalsScript, []string{l.key("approvals:version"), l.key("approvals"), l.key("group")}, args...)
	if err := s.check(err); err != nil {
		return err
	}
	if answer[0] != "done" {
		return errChanged
	}
	return nil
}

// Now implements [approval.Shelf], as do the others.
func (s *approvalsTry) Now() time.Time { return s.at }

func (s *approvalsTry) Get(number string) (approval.Request, error) {
	list, err := s.read([]string{number})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%.20q: %w", number, approval.ErrNotFound)
	}
	if err != nil {
		return approval.Request{}, err
	}
	return list[0], nil
}

func (s *approvalsTry) Same(agent, digest string) ([]approval.Request, error) {
	list, err := s.members("approvals:" + agent + ":" + digest)
	slices.SortFunc(list, func(a, b approval.Request) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.Number, b.Number))
	})
	return list, err
}

func (s *approvalsTry) Of(agent string) ([]approval.Request, error) {
	return s.members("pending:" + agent)
}

func (s *approvalsTry) All() ([]approval.Request, error) {
	numbers, err := redis.Strings(s.link.client.do(s.ctx, "ZRANGE", s.link.key("approvals"), 0, -1))
	if err := s.check(err); err != nil {
		return nil, err
	}
	return s.read(numbers)
}

func (s *approvalsTry) Has(number string) (bool, error) {
	n, err := redis.Int(s.link.client.do(s.ctx, "EXISTS", s.link.key("approval:"+number)))
	return n > 0, s.check(err)
}

func (s *approvalsTry) Put(r approval.Request) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	forgotten, pending := r.Expires.Add(approval.Kept), 0
	if r.State == approval.Pending {
		pending = 1
	}
	s.puts = append(s.puts, r.Number, text, max(1, forgotten.Sub(s.at).Milliseconds()), forgotten.UnixMilli(), r.Agent, r.Digest, pending, r.Call)
	return nil
}

func (s *approvalsTry) members(key string) ([]approval.Request, error) {
	numbers, err := redis.Strings(s.link.client.do(s.ctx, "SMEMBERS", s.link.key(key)))
	if err := s.check(err); err != nil {
		return nil, err
	}
	return s.read(numbers)
}

// read reads requests and brings their state up to date. Forgotten requests are left out. An approval from before the
// server began to remember may have been used, and becomes void.
func (s *approvalsTry) read(numbers []string) ([]approval.Request, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	keys := make([]any, len(numbers))
	for i, number := range numbers {
		keys[i] = s.link.key("approval:" + number)
	}
	texts, err := redis.Strings(s.link.client.do(s.ctx, "MGET", keys...))
	if err := s.check(err); err != nil {
		return nil, err
	}
	var list []approval.Request
	var problems []error
	for i, text := range texts {
		if text == "" {
			continue
		}
		var r approval.Request
		err := stored.Decode([]byte(text), &r)
		if errors.Is(err, stored.ErrNewer) {
			problems = append(problems, fmt.Errorf("the request under %s cannot be used: %w", keys[i], err))
			continue
		}
		if err != nil || r.Number != numbers[i] {
			problems = append(problems, fmt.Errorf("the request under %s is not as it was written; remove it, and the agent asks again", keys[i]))
			continue
		}
		if r.Forgotten(s.at) {
			continue
		}
		changed := r.Age(s.at)
		if r.State == approval.Approved && r.Decided.Before(s.memory()) {
			r.Void()
			changed = true
		}
		if changed {
			if err := s.Put(r); err != nil {
				return nil, err
			}
		}
		list = append(list, r)
	}
	return list, errors.Join(problems...)
}
