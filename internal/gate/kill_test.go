package gate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/clock"
	"dixa-mcp/internal/test/double"
)

// mortal is a process that is killed at a point of its way: nothing that it does later has an effect.
type mortal struct {
	points int // before and after each thing that leaves the process
	killAt int
	dead   bool
}

var errKilled = errors.New("killed")

// do carries out something that others see, and reports whether the process lives to see it itself.
func (m *mortal) do(act func()) bool {
	m.point()
	if !m.dead {
		act()
		m.point()
	}
	return !m.dead
}

func (m *mortal) point() {
	m.points++
	m.dead = m.dead || m.points == m.killAt
}

// mortalJournal is the journal as a mortal process uses it.
type mortalJournal struct {
	journal.Store
	*mortal
}

func (j mortalJournal) Begin(ctx context.Context, e journal.Entry, again bool) (same *journal.Entry, err error) {
	j.do(func() { same, err = j.Store.Begin(ctx, e, again) })
	return same, err
}

func (j mortalJournal) Save(ctx context.Context, e journal.Entry) (err error) {
	j.do(func() { err = j.Store.Save(ctx, e) })
	return err
}

// mortalRecorder is the audit log as a mortal process uses it.
type mortalRecorder struct {
	*book
	*mortal
}

func (r mortalRecorder) Write(ctx context.Context, record audit.Record) (err error) {
	if !r.do(func() { err = r.book.Write(ctx, record) }) {
		return errKilled
	}
	return err
}

// Wherever between two steps a process is killed, every effect at Dixa was recorded as an intent before, the same call is told what
// was done, and nothing is done twice.
func TestKilledAtEveryPoint(t *testing.T) {
	kills := 0
	for _, c := range []struct{ tool, arguments string }{
		{"add_note", aNote},
		{"send_message", `{"conversationId":1234,"text":"Hello","agentId":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"}`},
		{"update_conversation", `{"conversationId":1234,"tag":["vip"],"untag":["refund"],"queue":"Returns","note":"Moved.","parent":1235}`},
		{"update_conversation", `{"conversationId":1234,"followUp":"2099-03-04T09:00:00Z","tag":["vip","escalated"],"note":"Later."}`},
		{"reply", `{"conversationId":2985,"text":"Hello","answers":"#1","agentId":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"}`},
	} {
		for at := 1; ; at++ {
			lived := false
			synctest.Test(t, func(t *testing.T) { lived = killedAt(t, c.tool, c.arguments, at) })
			if lived {
				break
			}
			kills++
		}
	}
	t.Logf("%d kills", kills)
	require.GreaterOrEqual(t, kills, 100)
}

// killedAt makes a call whose process is killed at a point, and the same call after it. It reports whether the first one ended
// before.
func killedAt(t *testing.T, tool, arguments string, at int) (lived bool) {
	name := fmt.Sprintf("%s, killed at point %d", tool, at)
	clock := &clock.Clock{}
	kept := journal.NewMemory(clock.Now)
	m := &mortal{}
	b := setUp(t, settings{file: repeating, dixa: offline.Options{}, gate: Config{Journal: mortalJournal{kept, m}}})
	records := b.book
	b.audit = mortalRecorder{records, m}
	working := b.wire.RoundTripper
	b.wire.RoundTripper = double.Transport(func(r *http.Request) (res *http.Response, err error) {
		if r.Method == http.MethodGet {
			return working.RoundTrip(r)
		}
		intents := 0
		for _, e := range records.entries {
			if e.Event == audit.EventIntent {
				intents++
			}
		}
		effects := len(b.dixa.Effects())
		if !m.do(func() {
			require.Greater(t, intents, effects, "%s: sent without an intent", name)
			res, err = working.RoundTrip(r)
		}) {
			return nil, errKilled
		}
		return res, err
	})
	m.killAt = at
	b.call("admin", tool, arguments)
	if !m.dead {
		return true
	}
	effects := b.dixa.Effects()

	clock.Advance(DefaultTimeout + afterLimit + time.Second) // until it is known that the process is gone
	b.wire.RoundTripper, b.audit, b.journal = working, records, kept
	a := b.call("admin", tool, arguments)
	switch {
	case strings.Contains(a.Text, "was interrupted"):
		require.NotContains(t, arguments, "answers", name)
		require.True(t, a.Failed)
		require.Equal(t, effects, b.dixa.Effects(), name)
		require.Contains(t, a.Text, "give again: true", name)
	case strings.Contains(a.Text, "nothing was sent; the same call was carried out"), strings.Contains(a.Text, "not sent, since #2 is newer"): // the conversation says it
		require.NotEmpty(t, effects, name)
		require.Equal(t, effects, b.dixa.Effects(), name)
	default:
		require.False(t, a.Failed, a.Text)
		require.Empty(t, effects, "%s: %s", name, a.Text)
	}
	times := map[string]int{}
	for _, e := range b.dixa.Effects() {
		times[e.Operation+" "+e.Path]++
		require.Equal(t, 1, times[e.Operation+" "+e.Path], "%s: done twice", name)
	}
	if !strings.Contains(a.Text, "was interrupted") {
		return false
	}
	a = b.call("admin", tool, insist(arguments))
	require.False(t, a.Failed, "%s: %s", name, a.Text)
	for _, e := range b.dixa.Effects()[len(effects):] {
		times[e.Operation+" "+e.Path]++
		if last := e.Path[strings.LastIndex(e.Path, "/"):]; last != "/notes" && last != "/messages" && last != "/followup" { // the caller insisted; a follow-up is set to the same time
			require.Equal(t, 1, times[e.Operation+" "+e.Path], "%s: %s %s: what is done is not done again", name, e.Operation, e.Path)
		}
	}
	return false
}
