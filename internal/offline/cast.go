package offline

import (
	"cmp"
	"context"
	"slices"
	"time"

	"dixa-mcp/internal/offline/live"
)

// Play plays days of a help desk, one after the other, until ctx ends: customers begin conversations and write again, and Dixa agents
// take a part of them, answer and close. Everything happens through the API, so that subscribed webhooks are told. day is the time in
// which a day of twelve hours is played.
func (d *Dixa) Play(ctx context.Context, day time.Duration) {
	client, stop := d.Client()
	defer stop()
	token := cmp.Or(d.token, "live") // without Token, its own limit
	live.Stage{Client: client, URL: URL, Token: token, Cast: d.api.cast}.Play(ctx, day)
}

const (
	// castPatterns is among how many of the newest conversations those of a day are chosen: what customers write comes from them.
	castPatterns = 600
	// castAgents is how many Dixa agents answer.
	castAgents = 12
)

// cast returns who writes on the n-th day, and what.
func (a *api) cast(n int64) live.Cast {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.world()
	cast := live.Cast{Rand: w.rand("live", n)}
	for _, c := range w.conversations[seedConversations-castPatterns : seedConversations] {
		if !c.own && c.channel.name == "Email" && c.direction == "Inbound" && c.anonymized.IsZero() && c.subject != "" {
			cast.Patterns = append(cast.Patterns, w.pattern(c))
		}
	}
	for _, agent := range w.agents.list[:min(castAgents, len(w.agents.list))] {
		cast.Agents = append(cast.Agents, agent.ID)
	}
	cast.Agents = slices.DeleteFunc(cast.Agents, func(id string) bool { return id == w.owner() })
	return cast
}

func (w *world) pattern(c *conversation) live.Pattern {
	p := live.Pattern{Requester: c.requester, Subject: c.subject}
	for _, m := range w.thread(c) {
		p.Messages = append(p.Messages, live.Message{Text: m.text, Out: m.out})
	}
	return p
}
