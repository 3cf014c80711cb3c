package replicas

import (
	"context"
	_ "embed"
	"time"

	"github.com/gomodule/redigo/redis"

	"dixa-mcp/internal/jobs"
)

//go:embed jobs.lua
var jobsSource string

var jobsScript = newScript(jobsSource)

// jobShelf keeps the jobs that all replicas share.
type jobShelf struct {
	link *link
	now  func() time.Time
}

var _ jobs.Shelf = jobShelf{}

// Jobs returns the jobs that all replicas share, encrypted with a key that is derived from their secret.
func (g *Group) Jobs() *jobs.Store {
	return jobs.New(jobShelf{g.link, g.link.now}, g.Secret(), g.link.now)
}

// Insert implements [jobs.Shelf].
func (s jobShelf) Insert(ctx context.Context, agent, handle, text string, expires time.Time) (bool, error) {
	return s.put(ctx, agent, handle, "", text, max(1, expires.Sub(s.now()).Milliseconds()))
}

// Get implements [jobs.Shelf].
func (s jobShelf) Get(ctx context.Context, handle string) (text string, err error) {
	err = s.link.ask(ctx, func(ctx context.Context) error {
		text, err = s.link.get(ctx, "job:"+handle)
		return err
	})
	return text, err
}

// Swap implements [jobs.Shelf].
func (s jobShelf) Swap(ctx context.Context, handle, old, new string) (bool, error) {
	if old == "" {
		return false, nil
	}
	return s.put(ctx, "", handle, old, new, 0)
}

func (s jobShelf) put(ctx context.Context, agent, handle, old, new string, keep int64) (bool, error) {
	keys := []string{s.link.key("job:" + handle), s.link.key("jobs:" + agent), s.link.key("jobs")}
	answer, err := s.link.run(ctx, jobsScript, keys, old, new, keep, s.link.key("job:"), handle, jobs.MostOfAgent)
	return err == nil && answer[0] == "done", err
}

// Process implements [jobs.Shelf].
func (s jobShelf) Process(context.Context) (string, error) { return s.link.id, nil }

// Alive implements [jobs.Shelf].
func (s jobShelf) Alive(ctx context.Context, process string) (alive bool, err error) {
	err = s.link.ask(ctx, func(ctx context.Context) error {
		replicas, err := redis.StringMap(s.link.client.do(ctx, "HGETALL", s.link.key("replicas")))
		alive = writes{link: s.link}.alive(process, replicas)
		return err
	})
	return alive, err
}
