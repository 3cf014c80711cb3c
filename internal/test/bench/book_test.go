package bench

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

// fate is what a client was told of a write.
type fate int

const (
	undone     fate = iota // nothing was changed
	done                   // it was carried out
	unknown                // not known
	unanswered             // no answer
)

// book keeps what clients were told.
type book struct {
	mu    sync.Mutex
	notes map[string]fate // by their texts, of which no two are the same
	told  map[string]int  // how often which answer came
}

func (b *book) note(text string, f fate) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notes[text] = f
}

var numbers = regexp.MustCompile(`[0-9a-f]*\d[0-9a-f.:]*`)

func (b *book) count(answer string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told[numbers.ReplaceAllString(answer, "N")]++
}

// report shows how often which answer came.
func (b *book) report(t *testing.T) {
	for _, answer := range slices.Sorted(maps.Keys(b.told)) {
		t.Logf("%6d × %.250s", b.told[answer], answer)
	}
}

// check compares what clients were told with what there is in Dixa.
func (b *book) check(t *testing.T, dixa *offline.Dixa, workers []*soaker) {
	there := map[string]int{}
	written := 0
	for _, w := range workers {
		for _, n := range look[struct{ Message string }](t, dixa, fmt.Sprintf("/v1/conversations/%d/notes", w.conversation)) {
			if strings.HasPrefix(n.Message, "note ") {
				there[n.Message]++
				written++
			}
		}
		tags := look[struct{ ID string }](t, dixa, fmt.Sprintf("/v1/conversations/%d/tags", w.conversation))
		has := slices.ContainsFunc(tags, func(tag struct{ ID string }) bool { return tag.ID == w.tag })
		if w.tagged == done && !has || w.tagged == undone && has {
			t.Errorf("conversation %d: that it has its tag is %v, and its client was told otherwise", w.conversation, has)
		}
	}
	sum := map[fate]int{}
	for text, f := range b.notes {
		sum[f]++
		n := there[text]
		switch {
		case n > 1:
			t.Errorf("%s was written %d times", text, n)
		case f == done && n == 0:
			t.Errorf("%s was lost", text)
		case f == undone && n == 1:
			t.Errorf("%s was written, and its client was told that it was not", text)
		case f == unanswered:
			t.Errorf("%s had no answer (it was written %d times)", text, n)
		}
	}
	effects := 0
	for _, e := range dixa.Effects() {
		if e.Operation == "POST /v1/conversations/{conversationId}/notes" {
			effects++
		}
	}
	require.Equal(t, effects, written)
	t.Logf("%d notes: %d done, %d not done, %d not known; Dixa has %d", len(b.notes), sum[done], sum[undone], sum[unknown], written)
	require.NotZero(t, sum[done])
}

// look reads a list in Dixa, past the servers.
func look[T any](t *testing.T, dixa *offline.Dixa, path string) []T {
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Authorization", "who-looks-afterwards")
	for {
		w := httptest.NewRecorder()
		dixa.ServeHTTP(w, r)
		if w.Code == 429 { // at Dixa's pace, as everybody
			time.Sleep(50 * time.Millisecond)
			continue
		}
		require.Equal(t, 200, w.Code, w.Body)
		var l struct{ Data []T }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &l))
		return l.Data
	}
}

func tagsOf(t *testing.T, dixa *offline.Dixa) (ids []string) {
	for _, tag := range look[struct{ ID string }](t, dixa, "/v1/tags") {
		ids = append(ids, tag.ID)
	}
	return ids
}

// size is what a server is made of.
type size struct{ goroutines, heap float64 }

// measure measures the servers while next to nothing is going on.
func (s *site) measure() (all []size) {
	for _, h := range s.servers {
		few := h.clients(2)
		heap := h.settled(few)
		for _, c := range few {
			c.close()
		}
		all = append(all, size{h.metric("go_goroutines"), heap})
	}
	return all
}

// calm holds the servers against what they were before there was anything to do.
func (s *site) calm(t *testing.T, before []size) {
	s.CloseClientConnections()
	s.transport.CloseIdleConnections()
	for begun := time.Now(); time.Since(begun) < time.Minute && s.busiest() > before[0].goroutines; {
		time.Sleep(time.Second) // connections to Dixa stay open for a while
	}
	for i, after := range s.measure() {
		t.Logf("server %d: %.0f goroutines, before %.0f; %.1f MiB of heap in use, before %.1f", i, after.goroutines, before[i].goroutines, after.heap, before[i].heap)
		require.LessOrEqual(t, after.goroutines, before[i].goroutines+10)
		require.LessOrEqual(t, after.heap, before[i].heap+10)
	}
}

func (s *site) busiest() (most float64) {
	for _, h := range s.servers {
		most = max(most, h.metric("go_goroutines"))
	}
	return most
}
