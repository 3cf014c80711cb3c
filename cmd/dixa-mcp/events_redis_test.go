package main

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/events/webhook"
	"dixa-mcp/internal/replicas"
	"dixa-mcp/internal/replicas/redistest"
)

// pair is two servers that receive webhooks into one Redis, behind a balancer that gives each the next request.
type pair struct {
	t        *testing.T
	place    *place
	env      []string
	group    *replicas.Group
	servers  [2]*exec.Cmd
	urls     [2]atomic.Value
	next     atomic.Int64
	balancer string
}

func newPair(t *testing.T, redis *redistest.Server) *pair {
	p := &pair{t: t, place: newPlace(t), group: server(t, redis.URL())}
	dixa := newDixa(t)
	require.NoError(t, webhook.NewShared(p.group.Webhooks(), p.group.Secret(), "Redis").Write(t.Context(), hooks(dixa)))
	p.env = []string{"DIXA_API_TOKEN=" + token, "DIXA_MCP_BASE_URL=" + dixa, "DIXA_MCP_REDIS=" + redis.URL()}
	for i := range p.servers {
		p.start(i)
		t.Cleanup(func() { p.kill(i) })
	}
	front := httptest.NewServer(&httputil.ReverseProxy{FlushInterval: -1, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		Rewrite: func(r *httputil.ProxyRequest) {
			u, _ := url.Parse(p.url(int(p.next.Add(1)) % 2)) // the server printed it
			r.SetURL(u)
			r.Out.Host = u.Host
		}})
	t.Cleanup(front.Close)
	p.balancer = front.URL
	return p
}

func (p *pair) url(i int) string { return p.urls[i].Load().(string) }

func (p *pair) start(i int) {
	c, url := p.place.receiver(append([]string{"DIXA_MCP_STATE=~/" + []string{"a", "b"}[i]}, p.env...))
	p.servers[i] = c
	p.urls[i].Store(url)
}

func (p *pair) kill(i int) {
	_ = p.servers[i].Process.Kill()
	_ = p.servers[i].Wait()
}

// heard is a stream of GET /events.
type heard struct {
	t    *testing.T
	stop func()
	read *bufio.Scanner
	last string // the last id
}

// listen follows events at a server, from an id on.
func (p *pair) listen(i int, from string) *heard {
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url(i)+"/events", nil)
	require.NoError(p.t, err)
	r.Header.Set("Authorization", "Bearer "+oneAgentKey)
	r.Header.Set("Accept", "text/event-stream")
	if from != "" {
		r.Header.Set("Last-Event-ID", from)
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(p.t, err)
	require.Equal(p.t, http.StatusOK, res.StatusCode)
	p.t.Cleanup(func() { cancel(); _ = res.Body.Close() })
	return &heard{t: p.t, stop: cancel, read: bufio.NewScanner(res.Body)}
}

// until reads the stream until there was an event about a conversation, if one is given, and until there was an id. It returns what it read.
func (h *heard) until(conversation string) (data string) {
	h.t.Helper()
	for h.read.Scan() {
		line := h.read.Text()
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			h.last = id
		}
		data += line + "\n"
		if line == "" && h.last != "" && strings.Contains(data, conversation) {
			return data
		}
	}
	require.Fail(h.t, "the stream ended", "%s: %v", data, h.read.Err())
	return ""
}

// Deliveries that reach both servers are stored once, who waits at either hears of them, and who began at one goes on at the other.
func TestTwoServersShareTheInbox(t *testing.T) {
	t.Parallel()
	p := newPair(t, redistest.Start(t))
	at := [2]*heard{p.listen(0, ""), p.listen(1, "")}
	for _, h := range at {
		h.until("")
	}
	send := func(n int) {
		for range 2 {
			status, err := deliver(http.DefaultClient, p.balancer, hookID, hookSecret, hookToken, n)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, status)
		}
	}
	send(1233)
	for _, h := range at {
		require.Equal(t, 1, strings.Count(h.until(`"conversation":1234`), `"conversation":1234`))
		h.stop()
	}
	send(1234)
	require.NotContains(t, p.listen(1, at[0].last).until(`"conversation":1235`), `"conversation":1234`)
	page, err := p.group.Events().List(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, page.Events, 2)
	o := finish(t, p.place.command(append([]string{}, p.env...), "events", "list", "--type", "ConversationMessageAdded"))
	require.Zero(t, o.code, o.stderr)
	require.Equal(t, 2, strings.Count(o.stdout, "ConversationMessageAdded"))
	file := p.place.write("hosted.yaml", oneAgent)
	o = finish(t, p.place.command(append([]string{}, p.env...), "call", "list_events", "{}", "--events", "inbox", "--agent", "triage", "--capabilities", file))
	require.Zero(t, o.code, o.stderr)
	require.Equal(t, 2, strings.Count(o.stdout, "Message added"))
	require.NotContains(t, o.stderr, "cannot be reached")
}

// A server of two is killed under load, several times, while Dixa sends what was not acknowledged again. Every event that was acknowledged
// is in the inbox once.
func TestOneOfTwoServersKilled(t *testing.T) {
	t.Parallel()
	const all, kills = 3000, 3
	p := newPair(t, redistest.Start(t))
	until, wait := flood(t, all, func() string { return p.balancer })
	for i := range kills {
		until((i + 1) * all / (kills + 2))
		p.kill(i % 2)
		p.start(i % 2)
	}
	wait()
	eachOnce(t, p.group.Events(), all)
}

// While Redis is away nothing is acknowledged, and when it is back everything goes on: the receiver, the subscription that only the
// servers still know, and who waits.
func TestInboxWithoutRedis(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	p := newPair(t, redis)
	status := func() int {
		status, err := deliver(http.DefaultClient, p.url(0), hookID, hookSecret, hookToken, 1233)
		require.NoError(t, err)
		return status
	}
	require.Equal(t, http.StatusOK, status())
	h := p.listen(1, "")
	h.until("")
	redis.Kill()
	require.Eventually(t, func() bool { return status() == http.StatusServiceUnavailable }, limit, 5*time.Millisecond)
	redis.Start() // it remembers nothing
	require.Eventually(t, func() bool { return status() == http.StatusOK }, limit, 5*time.Millisecond)
	h.until(`"conversation":1234`)
	var st events.Status
	require.Eventually(t, func() bool {
		var err error
		st, err = p.group.Events().Status(t.Context())
		return err == nil
	}, limit, 5*time.Millisecond, "this group, too")
	require.EqualValues(t, 1, st.Events)
}

// From setup to removal with Redis: what happens at the offline Dixa comes into the inbox that servers share, and the state directory has
// nothing of it.
func TestWebhooksOverRedis(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	redis := redistest.Start(t)
	dixa, desk := p.offlineDixa("--live", "--live-day", "1m")
	t.Cleanup(func() { _ = desk.Process.Kill(); _ = desk.Wait() })
	env := append(dixa, "DIXA_MCP_STATE=~/s", "DIXA_MCP_REDIS="+redis.URL())
	run := func(want string, args ...string) {
		t.Helper()
		o := finish(t, p.command(append([]string{}, env...), append([]string{"webhooks"}, args...)...))
		require.Zero(t, o.code, o.stderr)
		require.Contains(t, o.stdout, want)
	}
	receiving, url := p.receiver(append([]string{}, env...))
	t.Cleanup(func() { _ = receiving.Process.Kill(); _ = receiving.Wait() })
	run("Its secrets are in Redis. A server that uses this Redis", "setup", "--url", url)
	run("No change", "setup", "--url", url)
	inbox := server(t, redis.URL()).Events()
	require.Eventually(t, func() bool {
		st, err := inbox.Status(t.Context())
		return err == nil && st.Events >= 3
	}, time.Minute, 20*time.Millisecond)
	run("the newest from", "status")
	secret := redis.CLI("get", "{dixa-mcp}:webhooks")
	require.NotEmpty(t, secret)
	require.NotContains(t, secret, "secrets")
	run("Deleted subscription", "remove")
	for _, name := range []string{webhook.FileName, sqlitestore.FileName} {
		require.NoFileExists(t, filepath.Join(p.home, "s", name))
	}
}
