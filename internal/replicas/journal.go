package replicas

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"

	"dixa-mcp/internal/journal"
)

//go:embed journal.lua
var journalSource string

var journalScript = newScript(journalSource)

// writes is the journal of writes that all replicas share. Which call stands for another is decided on what was read, and an
// entry begins only if no other with its digest began meanwhile.
type writes struct {
	link  *link
	codec journal.Codec
	now   func() time.Time
}

var _ journal.Store = writes{}

// Journal returns the journal of writes that all replicas share. What it keeps of customers is encrypted with a key that is
// derived from their secret.
func (g *Group) Journal() journal.Store { return g.journal(g.link.now) }

func (g *Group) journal(now func() time.Time) journal.Store {
	return writes{g.link, journal.NewCodec(g.Secret()), now}
}

func (w writes) call(id string) string       { return w.link.key("journal:call:" + id) }
func (w writes) digest(digest string) string { return w.link.key("journal:digest:" + digest) }
func (w writes) agent(name string) string    { return w.link.key("journal:agent:" + name) }

// Begin implements [journal.Store].
func (w writes) Begin(ctx context.Context, e journal.Entry, again bool) (*journal.Entry, error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	for range 100 {
		list, newest, err := w.list(ctx, w.digest(e.Digest))
		if err != nil {
			return nil, err
		}
		now := w.now()
		if same := journal.Same(list, now); e.Yields(same, again) {
			return same, nil
		}
		e.Start(now)
		said, err := w.put(ctx, e, "begin", newest, true)
		if err != nil || said == "done" {
			return nil, err
		}
	}
	return nil, errors.New("the same call was begun by others at the same time, again and again")
}

// Find implements [journal.Store].
func (w writes) Find(ctx context.Context, digest string) (*journal.Entry, error) {
	list, _, err := w.list(ctx, w.digest(digest))
	return journal.Same(list, w.now()), err
}

// Save implements [journal.Store].
func (w writes) Save(ctx context.Context, e journal.Entry) error {
	list, err := w.read(ctx, []string{e.Call})
	if err != nil || len(list) == 0 {
		return err
	}
	known := list[0] // only this process changes it
	_, err = w.put(ctx, known, "save", "", known.Progress(e, w.now()))
	return err
}

// Recent implements [journal.Store].
func (w writes) Recent(ctx context.Context, agent, key string) ([]journal.Entry, error) {
	list, _, err := w.list(ctx, w.agent(agent))
	return slices.DeleteFunc(list, func(e journal.Entry) bool { return e.Key != key }), err
}

// About implements [journal.Store].
func (w writes) About(ctx context.Context, things ...string) ([]journal.Entry, error) {
	var all []string
	err := w.link.ask(ctx, func(ctx context.Context) error {
		all = nil
		for _, thing := range things {
			calls, err := w.about(ctx, thing)
			if err != nil {
				return err
			}
			all = append(all, calls...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(all)
	list, err := w.read(ctx, slices.Compact(all))
	slices.SortStableFunc(list, func(a, b journal.Entry) int { return b.Begun.Compare(a.Begun) })
	return list, err
}

// about returns the calls that change or name something, also forgotten ones.
func (w writes) about(ctx context.Context, thing string) ([]string, error) {
	return redis.Strings(w.link.client.do(ctx, "SUNION", w.link.key("journal:changes:"+thing), w.link.key("journal:names:"+thing)))
}

// Forget implements [journal.Store].
func (w writes) Forget(ctx context.Context, except string, things ...string) error {
	return w.link.ask(ctx, func(ctx context.Context) error {
		for _, thing := range things {
			calls, err := w.about(ctx, thing)
			if err != nil {
				return err
			}
			for _, call := range calls {
				if call == except {
					continue
				}
				if _, err := w.link.client.do(ctx, "DEL", w.call(call)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// put writes an entry, or deletes it.
func (w writes) put(ctx context.Context, e journal.Entry, what, newest string, keep bool) (said string, err error) {
	var text []byte
	if keep {
		if text, err = w.codec.Encode(e); err != nil {
			return "", err
		}
	}
	wrote := 0
	if e.Wrote() {
		wrote = 1
	}
	keys := []string{w.call(e.Call), w.digest(e.Digest), w.agent(e.Agent), w.link.key("journal:count")}
	args := []any{w.link.prefix, journal.Kept.Milliseconds(), e.Call, text, what, newest, w.link.id, journal.MostOfAgent, wrote, len(e.Changes)}
	for _, thing := range slices.Concat(e.Changes, e.Names) {
		args = append(args, thing)
	}
	answer, err := w.link.run(ctx, journalScript, keys, args...)
	if err != nil {
		return "", err
	}
	said, _ = answer[0].(string)
	return said, nil
}

// list reads the entries that a key names, newest first, and returns the newest call that it names, remembered or not.
func (w writes) list(ctx context.Context, key string) (list []journal.Entry, newest string, err error) {
	var calls []string
	err = w.link.ask(ctx, func(ctx context.Context) (err error) {
		calls, err = redis.Strings(w.link.client.do(ctx, "ZREVRANGE", key, 0, -1))
		return err
	})
	if err != nil || len(calls) == 0 {
		return nil, "", err
	}
	list, err = w.read(ctx, calls)
	return list, calls[0], err
}

// read reads entries that are still remembered.
func (w writes) read(ctx context.Context, calls []string) (list []journal.Entry, err error) {
	reads := []command{{"HGETALL", []any{w.link.key("replicas")}}}
	for _, call := range calls {
		reads = append(reads, command{"HMGET", []any{w.call(call), "entry", "run", "overtaken"}})
	}
	var answers []any
	var replicas map[string]string
	err = w.link.ask(ctx, func(ctx context.Context) (err error) {
		if answers, err = w.link.client.transaction(ctx, reads...); err == nil {
			replicas, err = redis.StringMap(answers[0], nil)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, answer := range answers[1:] {
		fields, err := redis.Strings(answer, nil)
		if err != nil || fields[0] == "" { // forgotten
			continue
		}
		e, err := w.codec.Decode([]byte(fields[0]))
		if err != nil {
			problems = append(problems, err)
			continue
		}
		e.Overtaken = fields[2] != ""
		if e.Age(w.now(), w.alive(fields[1], replicas)) {
			list = append(list, e)
		}
	}
	return list, errors.Join(problems...)
}

// alive reports whether a replica that runs a call is still seen. A command is no replica: only the deadline ends its calls.
func (w writes) alive(run string, replicas map[string]string) bool {
	if run == "" || run == w.link.id {
		return true
	}
	at, _, _ := strings.Cut(replicas[run], " ")
	seen, err := strconv.ParseInt(at, 10, 64)
	return err == nil && w.link.now().Sub(time.UnixMicro(seen)) < seenFor
}
