package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/offline"
)

const followers = `version: 1
agents:
  triage: {access: {conversations: read, messages: read}, allow: [list_events]}
  mine: {access: {conversations: read, messages: read}, allow: [list_events], only: {direction: [inbound]}, budget: {requests_per_day: 2}}
  other: {access: {conversations: read, messages: read}}
`

// mailroom is a state directory with an inbox, and the arguments of commands that use it.
type mailroom struct {
	t     *testing.T
	dir   string
	store *sqlitestore.Store
}

func newMailroom(t *testing.T) *mailroom {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "capabilities.yaml"), []byte(followers), 0o600))
	d := &mailroom{t, dir, sqlitestore.Open(filepath.Join(dir, "state"), sqlitestore.Options{})}
	t.Cleanup(func() { require.NoError(t, d.store.Close()) })
	return d
}

func (d *mailroom) put(n ...int) { putEvents(d.t, d.store, n...) }

func putEvents(t *testing.T, store events.Store, n ...int) {
	t.Helper()
	for _, n := range n {
		_, err := store.Put(context.Background(), messageAdded(n))
		require.NoError(t, err)
	}
}

// messageAdded returns the event with a number.
func messageAdded(n int) events.Event {
	return events.Event{ID: fmt.Sprintf("0c1a2b3c-4d5e-4f60-8a7b-%012d", n), Type: "ConversationMessageAdded", Time: time.Now(), Conversation: int64(1233 + n)}
}

// newInboxIn makes an inbox in a directory.
func newInboxIn(t *testing.T, dir string, n ...int) {
	t.Helper()
	store := sqlitestore.Open(dir, sqlitestore.Options{})
	putEvents(t, store, n...)
	require.NoError(t, store.Close())
}

func (d *mailroom) path(name string) string { return filepath.Join(d.dir, name) }

// follow follows the inbox until so many lines were printed.
func (d *mailroom) follow(lines int, arguments ...string) (printed []string, err error) {
	return d.followAt([]string{"--offline"}, lines, arguments...)
}

// followAt does the same with another Dixa.
func (d *mailroom) followAt(dixa []string, lines int, arguments ...string) (printed []string, err error) {
	ctx, cancel := context.WithCancel(d.t.Context())
	defer cancel()
	r, w := io.Pipe()
	done := make(chan error, 1)
	all := append([]string{"events", "follow", "--capabilities", d.path("capabilities.yaml"), "--state", d.path("state"), "--audit", d.path("audit")}, append(dixa, arguments...)...)
	go func() {
		err := run(ctx, all, &output{to: w})
		w.Close()
		done <- err
	}()
	s := bufio.NewScanner(r)
	for len(printed) < lines && s.Scan() {
		printed = append(printed, s.Text())
	}
	if len(printed) >= lines && lines > 0 {
		cancel()
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	return printed, <-done
}

// whenBegun does something while events are followed, as soon as the file of --cursor says where that began.
func (d *mailroom) whenBegun(cursor string, do func() error) {
	var doing sync.WaitGroup
	doing.Go(func() {
		begun := func() bool { _, err := os.Stat(cursor); return err == nil }
		if assert.Eventually(d.t, begun, time.Minute, time.Millisecond) {
			assert.NoError(d.t, do())
		}
	})
	d.t.Cleanup(doing.Wait)
}

func numbers(t *testing.T, lines []string) (n []int64) {
	for _, line := range lines {
		var e struct {
			Event        dixaclient.WebhookEvent
			Conversation int64
		}
		require.NoError(t, json.Unmarshal([]byte(line), &e), line)
		n = append(n, e.Conversation-1233)
	}
	return n
}

// Events are followed from now on, and over restarts from where the last run ended.
func TestFollow(t *testing.T) {
	d := newMailroom(t)
	d.put(1, 2)
	lines, err := d.follow(2, "--agent", "triage", "--from", "oldest")
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2}, numbers(t, lines))

	cursor := d.path("cursor")
	d.whenBegun(cursor, func() error {
		_, err := d.store.Put(context.Background(), messageAdded(3))
		return err
	})
	lines, err = d.follow(1, "--agent", "triage", "--cursor", cursor)
	require.NoError(t, err)
	require.Equal(t, []int64{3}, numbers(t, lines))
	d.put(4)
	lines, err = d.follow(1, "--agent", "triage", "--cursor", cursor)
	require.NoError(t, err)
	require.Contains(t, []int64{3, 4}, numbers(t, lines)[0], "at least once")

	_, err = d.follow(0, "--agent", "other")
	require.ErrorContains(t, err, "needs to be named under allow")
	require.Equal(t, exitRefused, exitCode(t.Context(), err))
	for want, arguments := range map[string][]string{
		"is that of agent triage":   {"--agent", "other", "--cursor", cursor},
		"--exec requires a program": {"--agent", "triage", "--exec"},
		"--exec requires --cursor":  {"--agent", "triage", "--exec", "true"},
		"unexpected argument":       {"--agent", "triage", "x"},
		"--dead requires --exec":    {"--agent", "triage", "--dead", "x"},
		"--exec-timeout must be":    {"--agent", "triage", "--exec-timeout", "0s"},
		"no-such-program":           {"--agent", "triage", "--cursor", cursor, "--exec", "no-such-program"},
	} {
		_, err := d.follow(0, arguments...)
		require.ErrorContains(t, err, want)
	}
}

// A program is run for each event, in order.
func TestFollowWithAProgram(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs cat")
	}
	d := newMailroom(t)
	d.put(1, 2, 3)
	lines, err := d.follow(3, "--agent", "triage", "--from", "oldest", "--cursor", d.path("cursor"), "--exec", "cat", "-")
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2, 3}, numbers(t, lines))
}

// How often something happens takes nothing of a bounded agent's budget, which would tell of what it does not hear.
func TestFollowCostsNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs cat")
	}
	d := newMailroom(t)
	d.put(1, 2, 3, 4)
	lines, err := d.follow(4, "--agent", "mine", "--from", "oldest", "--cursor", d.path("cursor"), "--exec", "cat", "-")
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2, 3, 4}, numbers(t, lines))
}

// Without webhooks, what happens at Dixa is followed by its log.
func TestFollowPolls(t *testing.T) {
	d := newMailroom(t)
	dixa := offline.New(offline.Options{})
	web := httptest.NewServer(dixa)
	t.Cleanup(web.Close)
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: web.URL})
	require.NoError(t, err)
	cursor := d.path("cursor")
	d.whenBegun(cursor, func() error {
		in := dixaclient.RecordMessageIn{ConversationRef: dixaclient.ConversationRef{ConversationID: 1234}}
		in.Text = "hello"
		_, err := dixaclient.RecordMessage.Do(context.Background(), client, in)
		return err
	})
	t.Setenv("DIXA_API_TOKEN", "token")
	lines, err := d.followAt([]string{"--base-url", web.URL}, 1, "--agent", "triage", "--cursor", cursor, "--events", "poll", "--type", "ConversationMessageAdded")
	require.NoError(t, err)
	require.Equal(t, []int64{1}, numbers(t, lines))
}

// A person sees the newest events, of a type or a conversation.
func TestEventsList(t *testing.T) {
	d := newMailroom(t)
	list := func(arguments ...string) (string, error) {
		var text strings.Builder
		err := run(t.Context(), append([]string{"events", "list", "--state", d.path("state")}, arguments...), &output{to: &text})
		return text.String(), err
	}
	_, err := list()
	require.ErrorContains(t, err, "no inbox of events")
	d.put(1, 2, 3)
	text, err := list("-n", "2")
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(text, "ConversationMessageAdded"))
	require.NotContains(t, text, "1234")
	text, err = list("--json", "--conversation", "1234")
	require.NoError(t, err)
	require.Contains(t, text, `"conversation": 1234`)
	_, err = list("--type", "Closed")
	require.ErrorContains(t, err, "ConversationClosed")
}
