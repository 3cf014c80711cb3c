package offline

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/offline/fiction"
)

const (
	// dayLength is how long the help desk is busy on a day.
	dayLength = 12 * time.Hour
	// dayConversations is how many conversations begin on a day.
	dayConversations = 120
	// dayTemplates is among how many of the newest conversations those of a day are chosen: what customers write comes from them.
	dayTemplates = 600
	// handledByPeople is the share of conversations, in percent, that a Dixa agent takes. The others wait for somebody to answer.
	handledByPeople = 40
)

// busy is how many conversations begin in each hour of a day, in relation to each other.
var busy = []int{4, 8, 12, 13, 11, 9, 9, 10, 8, 7, 5, 4}

// step is something that happens on a day.
type step struct {
	at    time.Duration // from the beginning of the day
	topic int           // the conversation of the day
	post  string        // method and path; %d stands for the id of the conversation
	body  map[string]any
}

// Play plays days of a help desk, one after the other, until ctx ends: customers begin conversations and write again, and Dixa agents
// take a part of them, answer and close. Everything happens through the API, so that subscribed webhooks are told. day is the time in
// which a day of twelve hours is played.
func (d *Dixa) Play(ctx context.Context, day time.Duration) {
	client, stop := d.Client()
	defer stop()
	for n := int64(0); ctx.Err() == nil; n++ {
		begun := time.Now()
		ids := map[int]int64{}
		for _, s := range d.api.day(n) {
			if !pause(ctx, time.Until(begun.Add(scaled(s.at, day)))) {
				return
			}
			d.step(ctx, client, s, ids)
		}
		if !pause(ctx, time.Until(begun.Add(day))) {
			return
		}
	}
}

// scaled returns when something happens on a day that is played in so much time.
func scaled(at, day time.Duration) time.Duration {
	return time.Duration(float64(at) / float64(dayLength) * float64(day))
}

// pause waits. It is false if ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// step makes the request of a step. What is refused, because somebody else did something in between, does not happen.
func (d *Dixa) step(ctx context.Context, client *http.Client, s step, ids map[int]int64) {
	path := s.post
	if s.body["_type"] != "Email" {
		id, begun := ids[s.topic]
		if !begun {
			return
		}
		path = fmt.Sprintf(s.post, id)
	}
	method, path, _ := strings.Cut(path, " ")
	body, err := json.Marshal(s.body)
	if err != nil {
		return // cannot be: it is made of strings
	}
	for {
		r, err := http.NewRequestWithContext(ctx, method, URL+path, bytes.NewReader(body))
		if err != nil {
			return
		}
		r.Header.Set("Authorization", cmp.Or(d.token, "live")) // without Token, its own limit
		r.Header.Set("Content-Type", "application/json")
		res, err := client.Do(r)
		if err != nil {
			return
		}
		answer, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode == http.StatusTooManyRequests && pause(ctx, time.Second) {
			continue
		}
		var created struct{ Data struct{ ID int64 } }
		if err == nil && res.StatusCode == http.StatusCreated && json.Unmarshal(answer, &created) == nil && s.body["_type"] == "Email" {
			ids[s.topic] = created.Data.ID
		}
		return
	}
}

// day returns what happens on the n-th day, in its order.
func (a *api) day(n int64) []step {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.world()
	r := w.rand("live", n)
	var templates []*conversation
	for _, c := range w.conversations[seedConversations-dayTemplates : seedConversations] {
		if !c.own && c.channel.name == "Email" && c.direction == "Inbound" && c.anonymized.IsZero() && c.subject != "" {
			templates = append(templates, c)
		}
	}
	agents := slices.DeleteFunc(slices.Clone(w.agents.list[:min(12, len(w.agents.list))]), func(a *person) bool { return a.ID == w.owner() })
	var all []step
	for topic := range dayConversations {
		all = append(all, w.liveSteps(r, topic, fiction.Pick(r, templates), fiction.Pick(r, agents).ID)...)
	}
	slices.SortStableFunc(all, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	return slices.DeleteFunc(all, func(s step) bool { return s.at >= dayLength })
}

// liveSteps returns what happens in a conversation, after the pattern of one in the data.
func (w *world) liveSteps(r *fiction.RNG, topic int, like *conversation, agent string) (all []step) {
	sum := 0
	for _, n := range busy {
		sum += n
	}
	at, hour := r.Between(0, time.Hour), r.N(sum)
	for _, n := range busy {
		if hour -= n; hour < 0 {
			break
		}
		at += time.Hour
	}
	words := func(text string) map[string]any { return map[string]any{"_type": "Text", "value": text} }
	handled, first := r.Chance(handledByPeople), true
	for _, m := range w.thread(like) {
		switch {
		case m.text == "" || m.out && (first || !handled):
			continue
		case first:
			all = append(all, step{at, topic, "POST /v1/conversations", map[string]any{
				"_type": "Email", "requesterId": like.requester, "emailIntegrationId": "support@email.dixa.io", "subject": like.subject,
				"message": map[string]any{"_type": "Inbound", "content": words(m.text)},
			}})
			if first = false; handled {
				at += r.Between(2*time.Minute, 20*time.Minute)
				all = append(all, step{at, topic, "PUT /v1/conversations/%d/claim", map[string]any{"agentId": agent}})
			}
		case m.out:
			all = append(all, step{at, topic, "POST /v1/conversations/%d/messages", map[string]any{"_type": "Outbound", "agentId": agent, "content": words(m.text)}})
		default:
			all = append(all, step{at, topic, "POST /v1/conversations/%d/messages", map[string]any{"_type": "Inbound", "content": words(m.text)}})
		}
		at += r.Between(3*time.Minute, 50*time.Minute)
	}
	if handled && !first {
		all = append(all, step{at, topic, "PUT /v1/conversations/%d/close", map[string]any{"userId": agent}})
	}
	return all
}
