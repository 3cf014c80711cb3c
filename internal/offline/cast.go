package offline

import (
	"cmp"
	"context"
	"slices"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/live"
)

// Play plays days of a help desk, one after the other, until ctx ends: customers begin conversations and write again, and Dixa agents
// take a part of them, answer and close. Everything happens through the API, so that subscribed webhooks are told. day is the time in
// which a day of twelve hours is played.
func (d *Dixa) Play(ctx context.Context, day time.Duration) {
	client, stop := d.Client()
	defer stop()
	token := cmp.Or(d.token, "live") // without Token, its own limit
	live.Stage{Client: client, URL: URL, Token: token, Cast: d.cast}.Play(ctx, day)
}

const (
	// castPatterns is among how many of the newest conversations those of a day are chosen: what customers write comes from them.
	castPatterns = 600
	// castAgents is how many Dixa agents answer.
	castAgents = 12
)

// cast returns who writes on the n-th day, and what.
func (d *Dixa) cast(n int64) (cast live.Cast) {
	d.api.Look(func(w *desk.World) { cast = castOf(w, n) })
	return cast
}

func castOf(w *desk.World, n int64) live.Cast {
	cast := live.Cast{Rand: w.Rand("live", n)}
	for _, c := range w.Conversations[desk.SeededConversations-castPatterns : desk.SeededConversations] {
		if !c.Own && c.Channel.Name == "Email" && c.Direction == "Inbound" && c.Anonymized.IsZero() && c.Subject != "" {
			cast.Patterns = append(cast.Patterns, pattern(w, c))
		}
	}
	for _, agent := range w.Agents.List[:min(castAgents, len(w.Agents.List))] {
		cast.Agents = append(cast.Agents, agent.ID)
	}
	cast.Agents = slices.DeleteFunc(cast.Agents, func(id string) bool { return id == w.Owner() })
	return cast
}

func pattern(w *desk.World, c *desk.Conversation) live.Pattern {
	p := live.Pattern{Requester: c.Requester, Subject: c.Subject}
	for _, m := range w.Thread(c) {
		p.Messages = append(p.Messages, live.Message{Text: m.Text, Out: m.Out})
	}
	return p
}
