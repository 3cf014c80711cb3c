package replicas

import (
	"context"
	_ "embed"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/signin"
)

//go:embed signin.lua
var signInSource string

var signInScript = newScript(signInSource)

// signInLists is how long the lists of an owner's keys are kept after the last addition: longer than any of its texts.
const signInLists = 2 * signin.Longest

// signIns keeps what people signed in with, for all replicas.
type signIns struct {
	link *link
	now  func() time.Time
}

var _ shelf.Shelf = signIns{}

// SignIns returns the sign-ins that all replicas share.
func (g *Group) SignIns() shelf.Shelf { return signIns{g.link, g.link.now} }

// Insert implements [shelf.Shelf].
func (s signIns) Insert(ctx context.Context, owner, key, text string, expires time.Time) (bool, error) {
	return s.put(ctx, owner, key, "", text, expires)
}

// Get implements [shelf.Shelf].
func (s signIns) Get(ctx context.Context, key string) (text string, err error) {
	err = s.link.ask(ctx, func(ctx context.Context) error {
		text, err = s.link.get(ctx, "signin:"+key)
		return err
	})
	return text, err
}

// Swap implements [shelf.Shelf].
func (s signIns) Swap(ctx context.Context, key, old, new string, expires time.Time) (bool, error) {
	if old == "" {
		return false, nil
	}
	return s.put(ctx, "", key, old, new, expires)
}

// List implements [shelf.Shelf], for a kind and a colon.
func (s signIns) List(ctx context.Context, prefix string) (map[string]string, error) {
	all, kind := map[string]string{}, strings.TrimSuffix(prefix, ":")
	err := s.link.ask(ctx, func(ctx context.Context) error {
		keys, err := redis.Strings(s.link.client.do(ctx, "ZRANGE", s.link.key("signin-keys:"+kind), 0, -1))
		if err != nil || len(keys) == 0 {
			return err
		}
		names := make([]any, len(keys))
		for i, key := range keys {
			names[i] = s.link.key("signin:" + key)
		}
		texts, err := redis.Strings(s.link.client.do(ctx, "MGET", names...))
		if err != nil {
			return err
		}
		for i, text := range texts {
			if text != "" {
				all[keys[i]] = text
			}
		}
		return nil
	})
	return all, err
}

func (s signIns) put(ctx context.Context, owner, key, old, new string, expires time.Time) (bool, error) {
	kind, _, _ := strings.Cut(key, ":")
	keys := []string{s.link.key("signin:" + key), s.link.key("signin-owner:" + owner), s.link.key("signins"), s.link.key("signin-keys:" + kind)}
	now := s.now()
	answer, err := s.link.run(ctx, signInScript, keys, old, new, expiry(expires, now), now.UnixMilli(), s.link.key("signin:"), key,
		signin.MostOfOwner, signInLists.Milliseconds())
	return err == nil && answer[0] == "done", err
}
