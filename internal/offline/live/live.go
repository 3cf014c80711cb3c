// Package live plays the days of a help desk: customers begin conversations and write again, and Dixa agents take a part of them, answer
// and close. Everything happens through the API.
package live

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

// Cast is who writes on a day, and what.
type Cast struct {
	Rand     *fiction.RNG
	Patterns []Pattern // the conversations of the day are like these
	Agents   []string  // the Dixa agents who answer
}

// Pattern is a conversation by e-mail that began with a customer.
type Pattern struct {
	Requester, Subject string
	Messages           []Message
}

// Message is what somebody wrote, Out by a Dixa agent.
type Message struct {
	Text string
	Out  bool
}

// Stage is where days are played.
type Stage struct {
	Client *http.Client
	URL    string
	Token  string
	Cast   func(day int64) Cast
}

// Play plays days, one after the other, until ctx ends. length is the time in which a day of twelve hours is played.
func (s Stage) Play(ctx context.Context, length time.Duration) {
	for n := int64(0); ctx.Err() == nil; n++ {
		begun := time.Now()
		ids := map[int]int64{}
		for _, next := range s.Cast(n).day() {
			if !pause(ctx, time.Until(begun.Add(scaled(next.at, length)))) {
				return
			}
			s.step(ctx, next, ids)
		}
		if !pause(ctx, time.Until(begun.Add(length))) {
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
func (s Stage) step(ctx context.Context, next step, ids map[int]int64) {
	path := next.post
	if next.body["_type"] != "Email" {
		id, begun := ids[next.topic]
		if !begun {
			return
		}
		path = fmt.Sprintf(next.post, id)
	}
	method, path, _ := strings.Cut(path, " ")
	body, err := json.Marshal(next.body)
	if err != nil {
		return // cannot be: it is made of strings
	}
	for {
		r, err := http.NewRequestWithContext(ctx, method, s.URL+path, bytes.NewReader(body))
		if err != nil {
			return
		}
		r.Header.Set("Authorization", s.Token)
		r.Header.Set("Content-Type", "application/json")
		res, err := s.Client.Do(r)
		if err != nil {
			return
		}
		answer, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode == http.StatusTooManyRequests && pause(ctx, time.Second) {
			continue
		}
		var created struct{ Data struct{ ID int64 } }
		if err == nil && res.StatusCode == http.StatusCreated && json.Unmarshal(answer, &created) == nil && next.body["_type"] == "Email" {
			ids[next.topic] = created.Data.ID
		}
		return
	}
}

// day returns what happens on a day, in its order.
func (c Cast) day() []step {
	var all []step
	for topic := range dayConversations {
		all = append(all, steps(c.Rand, topic, fiction.Pick(c.Rand, c.Patterns), fiction.Pick(c.Rand, c.Agents))...)
	}
	slices.SortStableFunc(all, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	return slices.DeleteFunc(all, func(s step) bool { return s.at >= dayLength })
}

// steps returns what happens in a conversation, after a pattern.
func steps(r *fiction.RNG, topic int, like Pattern, agent string) (all []step) {
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
	for _, m := range like.Messages {
		switch {
		case m.Text == "" || m.Out && (first || !handled):
			continue
		case first:
			all = append(all, step{at, topic, "POST /v1/conversations", map[string]any{
				"_type": "Email", "requesterId": like.Requester, "emailIntegrationId": "support@email.dixa.io", "subject": like.Subject,
				"message": map[string]any{"_type": "Inbound", "content": words(m.Text)},
			}})
			if first = false; handled {
				at += r.Between(2*time.Minute, 20*time.Minute)
				all = append(all, step{at, topic, "PUT /v1/conversations/%d/claim", map[string]any{"agentId": agent}})
			}
		case m.Out:
			all = append(all, step{at, topic, "POST /v1/conversations/%d/messages", map[string]any{"_type": "Outbound", "agentId": agent, "content": words(m.Text)}})
		default:
			all = append(all, step{at, topic, "POST /v1/conversations/%d/messages", map[string]any{"_type": "Inbound", "content": words(m.Text)}})
		}
		at += r.Between(3*time.Minute, 50*time.Minute)
	}
	if handled && !first {
		all = append(all, step{at, topic, "PUT /v1/conversations/%d/close", map[string]any{"userId": agent}})
	}
	return all
}
