package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/events/webhook"
	"dixa-mcp/internal/offline"
)

// oneAgentKey is the key of the agent of oneAgent.
var oneAgentKey = "dixa-mcp-agent-" + strings.Repeat("k", 43)

const oneAgent = `version: 1
archive: {keep: 1d} # a first sync of few requests
agents:
  triage: {access: {conversations: read, messages: read}, allow: [list_events], keys: [{id: k, sha256: 8c44380a31d17a9901618b49192d68c47647a84bd4effbff512a38017457cd41}]}
`

// receiver starts a server that receives webhooks.
func (p *place) receiver(env []string, args ...string) (c *exec.Cmd, url string) {
	p.t.Helper()
	file := p.write("hosted.yaml", oneAgent)
	c = p.command(env, append([]string{"serve", "--http", "127.0.0.1:0", "--webhooks", "--capabilities", file}, args...)...)
	logged, err := c.StderrPipe()
	require.NoError(p.t, err)
	require.NoError(p.t, c.Start())
	lines := bufio.NewScanner(logged)
	for lines.Scan() {
		if found := regexp.MustCompile(`url=(http://\S+)/mcp`).FindStringSubmatch(lines.Text()); found != nil {
			go io.Copy(io.Discard, logged) //nolint:errcheck // it ends with the process
			return c, found[1]
		}
	}
	require.Fail(p.t, "the server did not start")
	return nil, ""
}

// From setup to removal: what happens at the offline Dixa comes into the inbox, and every change is recorded.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	dixa, desk := p.offlineDixa("--live", "--live-day", "1m")
	t.Cleanup(func() { _ = desk.Process.Kill(); _ = desk.Wait() })
	env := append(dixa, "DIXA_MCP_STATE=~/s")
	run := func(args ...string) outcome {
		return finish(t, p.command(append([]string{}, env...), append([]string{"webhooks"}, args...)...))
	}
	o := run("status")
	require.Equal(t, exitFailed, o.code)
	require.Contains(t, o.stdout, "Dixa has no subscription")
	server, url := p.receiver(append([]string{}, env...), "--archive", "sqlite")
	o = run("setup", "--url", url, "--dry-run")
	require.Zero(t, o.code, o.stderr)
	require.Contains(t, o.stdout, "Would be done: create a subscription")
	require.NoFileExists(t, filepath.Join(p.home, "s", webhook.FileName))
	o = run("setup", "--url", url)
	require.Zero(t, o.code, o.stderr)
	require.Contains(t, o.stdout, "Done: create a subscription")
	subscribed := time.Now().Add(time.Second)
	o = run("setup", "--url", url, "--json")
	require.Zero(t, o.code, o.stderr)
	require.Contains(t, o.stdout, `"changes": []`)
	require.Eventually(t, func() bool {
		st, err := webhooksFlags{reachFlags: reachFlags{State: filepath.Join(p.home, "s")}}.inboxStatus(t.Context(), &system{})
		return err == nil && st.Events >= 5
	}, time.Minute, 20*time.Millisecond)
	// What an event tells of is in the archive within seconds; the next sync comes after five minutes.
	require.Eventually(t, func() bool {
		o := finish(t, p.command(append([]string{}, env...), "archive", "query", "--csv", fmt.Sprintf("SELECT count(*) FROM conversations WHERE created_at > '%s'", subscribed.UTC().Format(time.DateTime))))
		return o.code == 0 && !strings.HasSuffix(strings.TrimSpace(o.stdout), "\n0")
	}, time.Minute, 200*time.Millisecond)
	o = run("status")
	require.Zero(t, o.code, o.stderr)
	require.Regexp(t, `ConversationCreated +\S+ \S+ +delivered`, o.stdout)
	o = run("setup", "--url", url, "--rotate")
	require.Zero(t, o.code, o.stderr)
	o = run("status")
	require.Zero(t, o.code, o.stdout)

	other := finish(t, p.command([]string{"DIXA_API_TOKEN=" + token, "DIXA_MCP_STATE=~/s"}, "webhooks", "remove"))
	require.Equal(t, exitRefused, other.code)
	require.Contains(t, other.stderr, "another Dixa")
	for bad, want := range map[string]string{"http://mcp.example.com": "https://", "https://10.0.0.1": "public internet", "nonsense": "such as"} {
		o := finish(t, p.command([]string{"DIXA_API_TOKEN=" + token, "DIXA_MCP_STATE=~/other"}, "webhooks", "setup", "--url", bad))
		require.Equal(t, exitUsage, o.code)
		require.Contains(t, o.stderr, want)
	}
	require.Contains(t, run("setup", "--url", url, "--queue", "Refundz").stderr, `no queue is called "Refundz"; there are Billing, Returns, `)
	o = run("setup", "--url", url, "--queue", "returns")
	require.Contains(t, o.stdout, "QueueId is one of 5b0c9d1e-", o.stderr)
	for header, want := range map[string]string{"X-Edge": "must be NAME: VALUE", "X Edge: 1": "must be NAME: VALUE", "Authorization: Bearer x": "sets it", "x-dixa-signature: 1": "sets it", "X-Edge: @missing": "missing"} {
		require.Contains(t, run("setup", "--url", url, "--header", header).stderr, want, header)
	}
	require.Contains(t, run("setup", "--url", url, "--header", "X-Edge: a,b").stdout, "send the headers X-Edge")
	require.Contains(t, run("setup", "--url", url, "--channel", "E-Mail").stderr, "not a channel")
	require.Contains(t, run("setup", "--url", url, "--queue", "Billing,all").stderr, "all cannot be combined with others")
	o = run("setup", "--url", url, "--channel", "email,widget_chat")
	require.Contains(t, o.stdout, "InitialChannel is one of email, widget_chat", o.stderr)
	o = run("remove")
	require.Zero(t, o.code, o.stderr)
	require.NoFileExists(t, filepath.Join(p.home, "s", webhook.FileName))
	require.Contains(t, run("remove").stdout, "No change")
	records := p.good("audit", "show", "--state", "~/s")
	require.Equal(t, 5, strings.Count(records, "operator set up the webhook subscription"))
	require.Contains(t, records, "operator deleted the webhook subscription")
	require.NoError(t, server.Process.Kill())
	_ = server.Wait()
}

// Without --webhooks there is no receiver, and the flag is refused where events would be mixed or missed.
func TestWebhooksAreOff(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	file := p.write("hosted.yaml", oneAgent)
	c := p.command(nil, "serve", "--offline", "--http", "127.0.0.1:0", "--capabilities", file)
	logged, err := c.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	line, err := bufio.NewReader(logged).ReadString('\n')
	require.NoError(t, err)
	url := regexp.MustCompile(`url=(http://\S+)/mcp`).FindStringSubmatch(line)
	require.NotNil(t, url, line)
	res, err := http.Post(url[1]+webhook.Path, "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, res.StatusCode)
	require.NoError(t, res.Body.Close())
	require.NoError(t, c.Process.Kill())
	_ = c.Wait()
	require.Contains(t, p.wrong("serve", "--offline", "--webhooks", "--http", "127.0.0.1:0", "--capabilities", file), "--state DIR")
	require.Contains(t, p.wrong("serve", "--offline", "--webhooks"), "add --http ADDRESS")
}

// deliver makes a delivery of the event with a number, signed now.
func deliver(client *http.Client, url, subscription, secret, token string, n int) (status int, err error) {
	body := fmt.Sprintf(`{"event_id":"0c1a2b3c-4d5e-4f60-8a7b-%012d","event_fqn":"CONVERSATION_MESSAGE_ADDED","event_version":"1","event_timestamp":"2026-11-30T12:00:00.000Z",
		"data":{"conversation":{"csid":%d,"status":"OPEN"},"message_id":"m%d","direction":"inbound"}}`, n, n+1, n)
	key, err := hex.DecodeString(secret)
	if err != nil {
		return 0, err
	}
	at := time.Now().UnixMilli()
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%d.%s", at, body)
	r, err := http.NewRequest(http.MethodPost, url+webhook.Path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, err
	}
	r.Header.Set("X-DIXA-SUBSCRIPTION-ID", subscription)
	r.Header.Set("X-DIXA-SIGNATURE", fmt.Sprintf("t=%d,v1=%x", at, mac.Sum(nil)))
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// What proves deliveries in tests.
const (
	hookID     = "cb452b81-6748-40ab-af85-6559b371bc5d"
	hookSecret = "00112233445566778899aabbccddeeff"
	hookToken  = "the bearer token of the subscription"
)

// hooks is the subscription of a Dixa.
func hooks(dixa string) []webhook.Subscription {
	sum := sha256.Sum256([]byte(hookToken))
	return []webhook.Subscription{{ID: hookID, API: dixa, Secret: []webhook.Key{{Value: hookSecret}}, Token: []webhook.Key{{Value: hex.EncodeToString(sum[:])}}}}
}

// flood delivers so many events by 16 connections, each until it is acknowledged, and some again after that. until returns when so many
// are acknowledged, and wait when all are.
func flood(t *testing.T, all int, url func() string) (until func(n int), wait func()) {
	var next, acknowledged atomic.Int64
	var sending sync.WaitGroup
	for range 16 {
		sending.Go(func() {
			client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
			defer client.CloseIdleConnections()
			for n := int(next.Add(1)) - 1; n < all; n = int(next.Add(1)) - 1 {
				for {
					status, err := deliver(client, url(), hookID, hookSecret, hookToken, n)
					if err == nil && status == http.StatusOK {
						acknowledged.Add(1)
						break
					}
					if err == nil && status != http.StatusServiceUnavailable && status != http.StatusBadGateway {
						t.Errorf("event %d was answered with %d", n, status)
						return
					}
					time.Sleep(5 * time.Millisecond) // Dixa's redelivery
				}
				if n%10 == 0 { // and a delivery whose acknowledgement was lost
					_, _ = deliver(client, url(), hookID, hookSecret, hookToken, n)
				}
			}
		})
	}
	until = func(n int) {
		require.Eventually(t, func() bool { return acknowledged.Load() >= int64(n) }, time.Minute, time.Millisecond)
	}
	return until, func() {
		sending.Wait()
		require.EqualValues(t, all, acknowledged.Load())
	}
}

// eachOnce requires that the events of flood are in an inbox, each once.
func eachOnce(t *testing.T, store events.Store, all int) {
	page, err := store.List(t.Context(), "", 2*all)
	require.NoError(t, err)
	seen := map[int64]int{}
	for _, e := range page.Events {
		seen[e.Conversation]++
	}
	require.Equal(t, all, len(seen), "acknowledged events are missing")
	require.Equal(t, all, len(page.Events), "an event is there twice")
}

// A server is killed under load, several times, while Dixa sends what was not acknowledged again. Every event that was acknowledged is
// in the inbox once.
func TestWebhooksKilled(t *testing.T) {
	t.Parallel()
	const all, kills = 3000, 3
	p := newPlace(t)
	dixa := newDixa(t)
	require.NoError(t, webhook.In(filepath.Join(p.home, "s")).Write(t.Context(), hooks(dixa)))
	env := func() []string {
		return []string{"DIXA_API_TOKEN=" + token, "DIXA_MCP_BASE_URL=" + dixa, "DIXA_MCP_STATE=~/s"}
	}
	server, url := p.receiver(env())
	var at atomic.Value
	at.Store(url)
	until, wait := flood(t, all, func() string { return at.Load().(string) })
	for i := range kills {
		until((i + 1) * all / (kills + 2))
		require.NoError(t, server.Process.Kill())
		_ = server.Wait()
		server, url = p.receiver(env())
		at.Store(url)
	}
	wait()
	require.NoError(t, server.Process.Kill())
	_ = server.Wait()
	store := sqlitestore.Open(filepath.Join(p.home, "s"), sqlitestore.Options{})
	defer store.Close()
	eachOnce(t, store, all)
}

// newDixa starts an offline Dixa in this process, and returns its address.
func newDixa(t *testing.T) string {
	s := httptest.NewServer(offline.New(offline.Options{}))
	t.Cleanup(s.Close)
	return s.URL
}

// What happened while no server ran, or before Dixa reached it, is in the inbox after a start.
func TestMissedWebhooksAreFilled(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	dixa := newDixa(t) // which sends nothing
	env := []string{"DIXA_API_TOKEN=" + token, "DIXA_MCP_BASE_URL=" + dixa, "DIXA_MCP_STATE=~/s"}
	o := finish(t, p.command(append([]string{}, env...), "webhooks", "setup", "--url", "http://127.0.0.1:1"))
	require.Zero(t, o.code, o.stderr)
	file := p.write("writer.yaml", "version: 1\nagents: {writer: {access: {messages: write}}}\nstdio: [writer]\n")
	o = finish(t, p.command(append([]string{}, env...), "call", "add_note", `{"conversationId":1234,"message":"while nobody listened"}`, "--capabilities", file))
	require.Zero(t, o.code, o.stderr)
	server, _ := p.receiver(append([]string{}, env...))
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	store := sqlitestore.Open(filepath.Join(p.home, "s"), sqlitestore.Options{})
	defer store.Close()
	require.Eventually(t, func() bool {
		page, err := store.List(t.Context(), "", 10)
		return err == nil && len(page.Events) == 1 && page.Events[0].Type == "ConversationNoteAdded"
	}, time.Minute, 20*time.Millisecond)
}
