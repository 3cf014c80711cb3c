package gate_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
)

const (
	grants    = "version: 1\nstdio: [a]\nagents: {a: {access: {\"*\": erase}}, b: {access: {\"*\": erase}}}"
	grantsNot = "version: 1\nstdio: [a]\nagents: {a: {access: {conversations: read}}, b: {access: {\"*\": erase}}}"
	within    = "version: 1\nagents: {a: {access: {\"*\": erase}, only: {queue: [" + billing + "]}}, b: {access: {\"*\": erase}}}"
)

// hooked lets a test do something before requests reach Dixa.
type hooked struct {
	http.RoundTripper
	before func(*http.Request)
}

func (h hooked) RoundTrip(r *http.Request) (*http.Response, error) {
	h.before(r)
	return h.RoundTripper.RoundTrip(r)
}

// onRequest puts a hook before the bed's Dixa; a gate has to be made after it.
func (b *bed) onRequest(before func(*http.Request)) {
	b.t.Helper()
	var err error
	b.client, err = dixaclient.New(dixaclient.Config{
		Token: dixaclient.StaticToken("token"), URL: offline.URL, Transport: hooked{direct{b.dixa}, before}, Rate: 1e6, Burst: 1e6,
	})
	require.NoError(b.t, err)
}

// Each call is judged wholly by one file while files are exchanged under it.
func TestReloadStorm(t *testing.T) {
	b := newBed(t, grants)
	files := []*capability.Rules{parse(t, grants), parse(t, grantsNot), parse(t, within)}
	in, out := seeded(t).split(func(c *dixaclient.Conversation) bool { return inQueue(c, billing) })
	inside, outside := in[0].ID, out[0].ID

	ended, reloads := make(chan struct{}), 0
	var storm, callers sync.WaitGroup
	storm.Go(func() {
		for reloads = 0; ; reloads++ {
			select {
			case <-ended:
				return
			default:
				b.gate.Reload(context.Background(), files[reloads%len(files)])
			}
		}
	})
	for caller := range 20 {
		callers.Go(func() {
			for i := range 10 {
				id := []int64{inside, outside}[i%2]
				b.call("a", "add_note", fmt.Sprintf(`{"conversationId":%d,"message":"%d.%d","agentId":%q}`, id, caller, i, bot))
			}
		})
	}
	callers.Wait()
	close(ended)
	storm.Wait()

	digests := map[string]string{files[0].Digest(): "grants", files[1].Digest(): "grants not", files[2].Digest(): "within"}
	ends, notes, told := 0, 0, 0
	for _, r := range b.records.list {
		switch r.Event {
		case audit.EventReload:
			told++
			continue
		case audit.EventIntent:
			continue
		}
		ends++
		file, about := digests[r.FileDigest], strings.Contains(r.Arguments.String(), fmt.Sprint(outside))
		require.NotEmpty(t, file)
		if want := file == "grants" || file == "within" && !about; !want {
			require.Equal(t, audit.OutcomeRefused, r.Outcome, "%s: %s", file, r.Text)
			continue
		}
		require.Equal(t, []string{audit.OutcomeDone, audit.Allowed}, []string{r.Outcome, r.Decision}, "%s: %s", file, r.Text)
		notes++
	}
	require.Equal(t, 200, ends)
	require.Len(t, b.dixa.Effects(), notes)
	require.Equal(t, reloads, told)
}

// What is running ends under the rules with which it began; what comes after goes by the others.
func TestReloadWhileRunning(t *testing.T) {
	b := newBed(t, within)
	in, _ := seeded(t).split(func(c *dixaclient.Conversation) bool { return inQueue(c, billing) })
	note := fmt.Sprintf(`{"conversationId":%d,"message":"x","agentId":%q}`, in[0].ID, bot)
	b.onRequest(func(*http.Request) { b.gate.Reload(context.Background(), parse(t, grantsNot)) }) // with the look-up
	b.govern(within)
	a := b.call("a", "add_note", note)
	require.False(t, a.Failed, a.Text)
	require.Equal(t, parse(t, within).Digest(), b.records.last().FileDigest)
	require.Len(t, b.dixa.Effects(), 1)

	a = b.call("a", "add_note", note)
	require.Contains(t, a.Text, "add_note is not granted to agent a")
	require.Equal(t, parse(t, grantsNot).Digest(), b.records.last().FileDigest)
	list, err := b.gate.List("a", 0)
	require.NoError(t, err)
	for _, l := range list {
		require.Equal(t, dixaclient.Read, l.Level, l.Name)
	}
	require.Len(t, b.dixa.Effects(), 1)
}

func TestReloadTells(t *testing.T) {
	b := newBed(t, grants)
	told := 0
	stop := b.gate.OnReload(func(gate.Reloaded) { told++ })
	b.gate.Reload(t.Context(), parse(t, grantsNot))
	require.Equal(t, 1, told)
	r := b.records.last()
	require.Equal(t, audit.EventReload, r.Event)
	require.Equal(t, parse(t, grantsNot).Digest(), r.FileDigest)
	require.Equal(t, fmt.Sprintf("the capability file %s is in force, in place of %s", parse(t, grantsNot).Digest(), parse(t, grants).Digest()), r.Text)

	before := b.gate.Rules()
	b.gate.NotReloaded(t.Context(), errors.New("line 3: there is no tool"))
	require.Same(t, before, b.gate.Rules())
	require.Equal(t, 1, told, "nothing changed")
	r = b.records.last()
	require.Equal(t, audit.EventReload, r.Event)
	require.Equal(t, "a changed capability file could not be used; "+before.Digest()+" stays in force", r.Text)
	stop()
	b.gate.Reload(t.Context(), parse(t, grants))
	require.Equal(t, 1, told)
}

// mark is a freeze that a test sets.
type mark struct{ agent atomic.Value }

func (m *mark) frozen(agent string) (string, bool) {
	a, _ := m.agent.Load().(string)
	return "an incident", a == agent || a == "everyone"
}

func TestFrozen(t *testing.T) {
	b, m := newBed(t, grants), &mark{}
	b.stand(grants, gate.Config{Frozen: m.frozen})
	note := fmt.Sprintf(`{"conversationId":1234,"message":"x","agentId":%q}`, bot)
	frozen := func(agent string) {
		t.Helper()
		for tool, arguments := range map[string]string{"add_note": note, "get_conversation": `{"conversationId":1234}`} {
			a := b.call(agent, tool, arguments)
			require.True(t, a.Failed)
			require.Equal(t, "agent "+agent+" is frozen by the operator: an incident. Tell the user; trying again does not help until the operator thaws it. Nothing was sent to Dixa.", a.Text)
			r := b.records.last()
			require.Equal(t, []any{audit.EventRefused, "the agent is frozen"}, []any{r.Event, r.Reason})
		}
	}
	m.agent.Store("a")
	frozen("a")
	require.Empty(t, b.dixa.Requests())
	require.False(t, b.call("b", "add_note", note).Failed)
	m.agent.Store("everyone")
	frozen("a")
	frozen("b")
	require.Len(t, b.dixa.Effects(), 1)
	m.agent.Store("")
	require.False(t, b.call("a", "add_note", note).Failed)
	require.Len(t, b.dixa.Effects(), 2)
}

// A freeze stops what is running before its next operation: the write after a look-up, the page after a page, the
// question to Dixa before parking.
func TestFrozenWhileRunning(t *testing.T) {
	in, _ := seeded(t).split(func(c *dixaclient.Conversation) bool { return inQueue(c, billing) })
	b, m := newBed(t, confirming), &mark{}
	b.onRequest(func(*http.Request) { m.agent.Store("everyone") })
	store := parking(t)
	for _, c := range []struct{ file, agent, tool, arguments string }{
		{within, "a", "add_note", fmt.Sprintf(`{"conversationId":%d,"message":"x","agentId":%q}`, in[0].ID, bot)},
		{within, "a", "list_end_user_conversations", fmt.Sprintf(`{"userId":%q}`, in[0].RequesterID)},
		{confirming, "parks_within", "add_note", fmt.Sprintf(`{"conversationId":%d,"message":"x"}`, in[0].ID)},
	} {
		t.Run(c.tool, func(t *testing.T) {
			m.agent.Store("")
			b.dixa.ResetCounts()
			b.stand(c.file, gate.Config{Frozen: m.frozen, Approvals: store})
			a := b.call(c.agent, c.tool, c.arguments)
			require.Contains(t, a.Text, "is frozen by the operator")
			require.Len(t, b.dixa.Requests(), 1)
			require.Empty(t, b.dixa.Effects())
			require.Equal(t, []any{"the agent is frozen", audit.Refused, audit.OutcomeRefused}, []any{b.records.last().Reason, b.records.last().Decision, b.records.last().Outcome})
			parked, err := store.List(t.Context())
			require.NoError(t, err)
			require.Empty(t, parked)
		})
	}
}

// A call that is frozen does not use up its approval.
func TestFrozenKeepsTheYes(t *testing.T) {
	b, m, store := newBed(t, confirming), &mark{}, parking(t)
	b.stand(confirming, gate.Config{Frozen: m.frozen, Approvals: store})
	store.approve(b.waits("parks", note))
	q := b.ask("asks", "add_note", note)
	m.agent.Store("everyone")
	b.refused(b.call("parks", "add_note", note), "is frozen by the operator")
	b.refused(b.answer("asks", "add_note", note, q.State, true), "is frozen by the operator")
	m.agent.Store("")
	require.False(t, b.call("parks", "add_note", note).Failed)
	require.False(t, b.answer("asks", "add_note", note, q.State, true).Failed)
	require.Len(t, b.dixa.Effects(), 2)
}
