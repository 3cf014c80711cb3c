package replicas

import (
	"context"
	_ "embed"
	"errors"
	"strings"
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
	return s.put(ctx, agent, handle, "", text, expiry(expires, s.now()))
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
func (s jobShelf) Swap(ctx context.Context, handle, old, new string, expires time.Time) (bool, error) {
	if old == "" {
		return false, nil
	}
	return s.put(ctx, "", handle, old, new, expiry(expires, s.now()))
}

// List implements [jobs.Shelf]. It looks through all keys of the server, since agents of earlier capability files have jobs too.
func (s jobShelf) List(ctx context.Context, begins string) (map[string]string, error) {
	all, prefix := map[string]string{}, s.link.key("job:")
	for cursor, first := "0", true; first || cursor != "0"; first = false {
		err := s.link.ask(ctx, func(ctx context.Context) error {
			answer, err := redis.Values(s.link.client.do(ctx, "SCAN", cursor, "MATCH", prefix+begins+"*", "COUNT", 1000))
			if err != nil {
				return err
			}
			var keys []string
			if _, err := redis.Scan(answer, &cursor, &keys); err != nil {
				return err
			}
			for _, key := range keys {
				text, err := redis.String(s.link.client.do(ctx, "GET", key))
				if err == nil {
					all[strings.TrimPrefix(key, prefix)] = text
				} else if !errors.Is(err, redis.ErrNil) {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// expiry returns in how many milliseconds a text expires, 0 to leave when it does.
func expiry(expires, now time.Time) int64 {
	if expires.IsZero() {
		return 0
	}
	return max(1, expires.Sub(now).Milliseconds())
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
