package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

const (
	soakAgents   = 12
	soakReplicas = 3
	soakTrouble  = 0.02 // of the requests to Dixa
	soakSeed     = 7
)

// TestSoak lets agents of both eras read and write for as long as SOAK says, through a balancer before three servers, while
// Dixa fails in every way, servers are restarted one after the other, and their Redis goes and comes. Then it looks in Dixa
// what became of each write. make soak runs it for ten minutes.
func TestSoak(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("make soak, or SOAK=1m, runs it")
	}
	long := duration(t, "SOAK", "")
	dixa := offline.New(offline.Options{Rate: 25, Burst: 10})
	a := crowd(soakAgents, worker)
	a.tokens = "one,two,three"
	s := replicas(t, dixa, soakReplicas, a, "--rate", "25", "--drain", "1s")
	before, tags := s.measure(), tagsOf(t, dixa)

	dixa.Trouble(soakTrouble, soakSeed)
	ctx, cancel := context.WithCancel(t.Context())
	b := &book{notes: map[string]fate{}, told: map[string]int{}}
	var all sync.WaitGroup
	var workers []*soaker
	for i := range 2 * soakAgents {
		w := &soaker{client: s.client(i % soakAgents), old: i >= soakAgents, conversation: 1001 + i, tag: tags[i%len(tags)], tagged: unknown, book: b, rand: rand.New(rand.NewPCG(soakSeed, uint64(i)))}
		workers = append(workers, w)
		all.Go(func() { w.work(ctx, &all) })
	}
	s.disturb(t, time.Now().Add(long))
	cancel()
	all.Wait()
	dixa.Trouble(0, 0)

	b.report(t)
	b.check(t, dixa, workers)
	require.Zero(t, s.lost.Load(), "requests that no server answered")
	s.calm(t, before)
}

// disturb restarts servers and takes Redis away, again and again until the end.
func (s *site) disturb(t *testing.T, end time.Time) {
	step := min(max(time.Until(end)/30, 2*time.Second), 15*time.Second)
	for i := 0; time.Until(end) > 0; i++ {
		time.Sleep(step)
		if i%4 == 3 {
			t.Log("Redis goes")
			s.redis.Kill()
			time.Sleep(step)
			s.redis.Start()
			t.Log("Redis is back")
			continue
		}
		server := s.servers[i%len(s.servers)]
		took := clock(func() {
			server.stop()
			server.start()
		})
		t.Logf("server %d restarted in %s", i%len(s.servers), took.Round(time.Millisecond))
	}
}

// soaker is a client that works, and keeps book of what it was told.
type soaker struct {
	*client
	old          bool
	conversation int // its own
	tag          string
	tagged       fate // whether its conversation has the tag: done, undone, or unknown
	book         *book
	rand         *rand.Rand
	notes        int
}

func (w *soaker) work(ctx context.Context, all *sync.WaitGroup) {
	defer w.close()
	if w.old {
		w.start(ctx, all)
		defer func() { _ = w.end(context.WithoutCancel(ctx)) }()
	}
	for ctx.Err() == nil {
		switch w.rand.IntN(6) {
		case 0, 1:
			w.do("get_conversation", "")
		case 2:
			w.do("list_messages", "")
		case 3:
			w.do("list_conversation_tags", "")
		case 4:
			w.notes++
			text := fmt.Sprintf("note %d of conversation %d", w.notes, w.conversation)
			w.book.note(text, w.do("add_note", fmt.Sprintf(`,"message":%q`, text)))
		case 5:
			tool, after := "tag_conversation", done
			if w.tagged == done {
				tool, after = "untag_conversation", undone
			}
			switch w.do(tool, fmt.Sprintf(`,"tagId":%q`, w.tag)) {
			case done:
				w.tagged = after
			case unknown, unanswered:
				w.tagged = unknown
			}
		}
	}
}

// start begins a session, as often as it takes, and keeps a stream of it open.
func (w *soaker) start(ctx context.Context, all *sync.WaitGroup) {
	for ctx.Err() == nil {
		if err := w.begin(ctx); err != nil {
			w.book.count("no session: " + err.Error())
			time.Sleep(100 * time.Millisecond)
			continue
		}
		break
	}
	listener := *w.client
	all.Go(func() {
		for ctx.Err() == nil {
			res, err := listener.listen(ctx)
			if err != nil {
				return
			}
			_, _ = answerIn(res, -1) // nothing has this id: it reads to the end
			res.Body.Close()
		}
	})
}

// do calls a tool on the soaker's conversation, and tells what is known of it. It is not cut short: each call is answered.
func (w *soaker) do(tool, more string) fate {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	text, failed, err := w.call(ctx, tool, fmt.Sprintf(`{"conversationId":%d%s}`, w.conversation, more))
	var wall *refusal
	switch {
	case errors.As(err, &wall) && wall.why != "":
		w.book.count(fmt.Sprintf("HTTP %d: %s", wall.status, wall.why))
		if wall.status == http.StatusNotFound && w.old {
			_ = w.begin(ctx) // the next call says what is wrong
		}
		time.Sleep(100 * time.Millisecond)
		return undone
	case err != nil:
		w.book.count("no answer: " + err.Error())
		return unanswered
	case !failed:
		w.book.count("done")
		return done
	}
	w.book.count(tool + ": " + text)
	if notKnown.MatchString(text) {
		return unknown
	}
	return undone
}

// notKnown is how an answer says that a write may have been done.
var notKnown = regexp.MustCompile(`not known whether|may have done it`)
