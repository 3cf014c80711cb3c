package gate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/seal"
	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

// env returns the call's agent as a tool of several operations knows it. Names are looked up as the agent, with its grants, its
// bound and its budget.
func (c *call) env(ctx context.Context) tools.Env {
	names, wait := c.names.lookUp(ctx), waiting{c}
	var person string
	if c.request.Person != nil {
		person = c.request.Person.Email
	}
	return tools.Env{
		Agent:    c.agentName,
		Key:      c.request.Key,
		Person:   person,
		Seal:     c.gate.seal,
		Granted:  func(op *dixaclient.Spec) bool { return c.agent.Operation(op.Name).Allowed },
		Name:     func(thing dixaclient.Thing, id string) string { return names(string(thing), id) },
		May:      func(op *dixaclient.Spec, in any) bool { return may(c.agent, op, in) },
		Tools:    toolsFor(c.agent),
		Left:     func() int { return c.budget.left(ctx) },
		Zone:     sync.OnceValue(func() *time.Location { return c.times.shownIn(ctx) }),
		Now:      c.gate.now,
		Wrote:    c.journal.changesMade,
		Progress: c.request.Progress,
		Sleep:    wait.sleep,
		Decided:  wait.untilDecided,
		Decision: wait.decisionOf,
		Find:     func(what string, most int) []tools.Found { return findTools(c.agent, what, most) },
		Groups:   func() []string { return groupsOf(c.agent) },
		Articles: c.gate.articlesOf(c.rules, c.agentName),
		Archive:  c.gate.archive,
		Bounded:  c.agent.Bound() != nil,
		Within:   c.agent.Bound().Values,
		Only:     c.request.Conversation,
		Limited:  c.agent.LimitsArguments,
		Judging:  c.budget.judging,
		RowsLeft: func() (int, error) { return c.budget.rowsLeft(ctx) },
		ShowRows: func(n int) error { return c.budget.showRows(ctx, n) },
		Events:   wait.inbox(),

		RecordsLeft: func() (int, error) { return c.budget.recordsLeft(ctx) },
		ShowRecords: func(n int) error { return c.budget.showRecords(ctx, n) },

		SealCursor: c.gate.cursors.seal,
		OpenCursor: c.gate.cursors.open,
	}
}

// may reports whether the capability file allows an agent a request; bounds are decided when it is sent.
func may(a *capability.Agent, op *dixaclient.Spec, in any) bool {
	request, err := json.Marshal(in)
	return err == nil && a.Operation(op.Name).Allowed && a.Arguments(op, request).Allowed
}

// seal proves that a text was written by a server with the same token of Dixa.
func (g *Gate) seal(text string) (string, error) {
	key, err := g.client.DeriveKey("drafts")
	if err != nil {
		return "", err
	}
	return seal.MAC(key, text), nil
}

// articlesOf returns those that an agent has read under the rules.
func (g *Gate) articlesOf(rules *capability.Rules, agent string) *tools.Articles {
	return g.articles.of(rules.Digest()+" "+agent, g.now())
}

// ofTask makes the answer of a tool of several operations, and records it before it leaves.
func (a *callAnswer) ofTask(ctx context.Context, env tools.Env, out tools.Output) Answer {
	for _, p := range out.Parts {
		if b := a.call.agent.Bound(); b != nil && p.Name == tools.NonePart && !a.inJSON() {
			p.Items[0].Facts[0].Value += onlyWithin(b)
		}
	}
	return a.parts(ctx, env, audit.OutcomeDone, out.Parts, out.Image)
}

// parts makes an answer of parts, with an image beside them if there is one, and records it before it leaves.
func (a *callAnswer) parts(ctx context.Context, env tools.Env, outcome string, parts []view.Part, image *tools.Image) Answer {
	c := a.call
	o := view.Options{Zone: env.Zone, Names: func(thing, id string) string { return env.Name(dixaclient.Thing(thing), id) }}
	if !a.inJSON() {
		o.Form, o.IDs = view.AsText, c.agent.Answers() == capability.AnswersIDs
	}
	r, err := view.RenderParts(ctx, parts, o)
	if err != nil {
		return c.fail(ctx, fmt.Errorf("%s: %w", c.tool.Name, err))
	}
	return c.finish(ctx, outcome, Answer{Text: r.Text, Image: image, tokens: r.Tokens})
}

// libraries are the articles that agents have read. An agent's are its own, under one state of the capability file: what
// was read with one set of grants is never searched with another.
type libraries struct {
	mu   sync.Mutex
	kept map[string]library
}

// library is what one agent has read.
type library struct {
	*tools.Articles
	used time.Time
}

const (
	// librariesMost is how many agents' articles are kept at once.
	librariesMost = 32
	// libraryFor is how long they are kept after they were used last.
	libraryFor = 10 * time.Minute
)

// of returns the articles under a key, and forgets those that were not used for long.
func (l *libraries) of(key string, now time.Time) *tools.Articles {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == nil {
		l.kept = map[string]library{}
	}
	for k, v := range l.kept {
		if now.Sub(v.used) > libraryFor || len(l.kept) > librariesMost && k != key {
			delete(l.kept, k)
		}
	}
	kept := library{cmp.Or(l.kept[key].Articles, new(tools.Articles)), now}
	l.kept[key] = kept
	return kept.Articles
}
