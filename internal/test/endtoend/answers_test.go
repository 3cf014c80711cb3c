package endtoend

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/race"
)

// A key is needed in the file for the server to start; nobody has it.
const answeringFile = `version: 1
agents:
  reply:
    acts_as: 4715b3c3-35e3-4a7b-9443-3ecaf99a14d7
    access: {conversations: read, messages: send}
    allow: [list_events]
    budget: {rows_per_hour: 100000}
    keys: [{id: nobody, sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae}]
`

// answersEnv names, for this test's own binary, the file in which it notes its runs: it then answers one event by rule and ends.
const answersEnv = "ANSWERED_EVENTS"

const answerWords = "Answer to "

// answerEvent is the program that events follow runs: it answers a customer's message by its id, with the key that it was given. Each run
// words its answer anew, as a model does.
func answerEvent(runs string) error {
	note := func(what string) error {
		f, err := os.OpenFile(runs, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteString(what + "\n")
		return err
	}
	var e struct {
		Event, EventID, Direction, MessageID string
		Conversation                         int64
	}
	if err := json.NewDecoder(os.Stdin).Decode(&e); err != nil {
		return err
	}
	if err := note("began"); err != nil {
		return err
	}
	message := "#1" // with which a conversation begins
	if e.Event == "ConversationMessageAdded" {
		message = e.MessageID
	}
	if e.Event == "ConversationCreated" || e.Direction == "inbound" {
		text := fmt.Sprintf("%s%s, run %d of %d.", answerWords, message, rand.IntN(1e6), os.Getpid())
		if err := callReply(map[string]any{"conversationId": e.Conversation, "text": text, "answers": message}); err != nil {
			return err
		}
	}
	return note("done " + e.EventID)
}

// callReply calls reply at the server, with the address and the key of the run.
func callReply(arguments map[string]any) error {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{
		"name": "reply", "arguments": arguments,
		"_meta": map[string]any{"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": map[string]any{}},
	}})
	if err != nil {
		return err
	}
	r, err := http.NewRequest(http.MethodPost, os.Getenv("MCP_SERVER_URL"), bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"Authorization": "Bearer " + os.Getenv("MCP_SERVER_KEY"), "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "reply",
	} {
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || bytes.Contains(said, []byte(`"isError":true`)) {
		return fmt.Errorf("%d: %s", res.StatusCode, said)
	}
	return nil
}

// badNetwork passes deliveries on late, in another order, and some of them twice.
type badNetwork struct {
	to string

	mu   sync.Mutex
	rand *rand.Rand
	held []*http.Request // to be sent after the next ones
	wait sync.WaitGroup
}

func (n *badNetwork) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	delivery, err := http.NewRequest(r.Method, n.to+r.URL.Path, bytes.NewReader(body))
	if err != nil {
		return
	}
	delivery.Header = r.Header.Clone()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held = append(n.held, delivery)
	n.release(n.rand.IntN(4) + n.rand.IntN(2)) // 2 at a time on average: some wait for long
}

// release sends so many of the deliveries that are held, in any order. n.mu is held.
func (n *badNetwork) release(most int) {
	for range min(most, len(n.held)) {
		i := n.rand.IntN(len(n.held))
		delivery := n.held[i]
		if n.rand.IntN(4) > 0 { // otherwise it is sent once more
			n.held = slices.Delete(n.held, i, i+1)
		}
		n.wait.Go(func() {
			again := delivery.Clone(context.Background())
			again.Body, _ = delivery.GetBody()
			if res, err := http.DefaultClient.Do(again); err == nil {
				res.Body.Close()
			}
		})
	}
}

// flush sends all that is held.
func (n *badNetwork) flush() {
	n.mu.Lock() // until all have arrived: a WaitGroup must not be added to from zero while somebody waits for it
	defer n.mu.Unlock()
	for len(n.held) > 0 {
		n.release(len(n.held))
	}
	n.wait.Wait()
}

// served starts a server that receives webhooks, and returns its address.
func served(t *testing.T, home string, env []string) string {
	t.Helper()
	c := command(context.Background(), home, env, "serve", "--http", "127.0.0.1:0", "--webhooks")
	logged, err := c.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	for lines := bufio.NewScanner(logged); lines.Scan(); {
		if found := regexp.MustCompile(`url=(http://\S+)/mcp`).FindStringSubmatch(lines.Text()); found != nil {
			go func() { _, _ = io.Copy(io.Discard, logged) }()
			return found[1]
		}
	}
	require.Fail(t, "the server did not start")
	return ""
}

// lineCount returns how many lines of a file begin with a word.
func lineCount(path, word string) (n int) {
	text, _ := os.ReadFile(path) // none yet: no line
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, word) {
			n++
		}
	}
	return n
}

// A program that answers by rule is run for each event while a day at a help desk is played. Deliveries come late, twice and in
// another order, and events follow is killed again and again, in the middle of runs that go on without it or
// are killed as well. No message of a customer is missed,
// and none is answered twice.
func TestEveryCustomerMessageIsAnsweredOnce(t *testing.T) {
	race.Skip(t)
	if runtime.GOOS == "windows" {
		t.Skip("processes cannot be killed as here")
	}
	const messages, kills = 40, 8
	home := t.TempDir()
	dixa := offline.New(offline.Options{})
	url, stop, err := dixa.Listen("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	file, state, runs := filepath.Join(home, "capabilities.yaml"), filepath.Join(home, "state"), filepath.Join(home, "runs")
	require.NoError(t, os.WriteFile(file, []byte(answeringFile), 0o600))
	env := []string{"DIXA_MCP_BASE_URL=" + url, "DIXA_API_TOKEN=offline", "DIXA_MCP_STATE=" + state, "DIXA_MCP_CAPABILITIES=" + file, "DIXA_MCP_RATE=1000", answersEnv + "=" + runs}
	server := served(t, home, env)
	r := rand.New(rand.NewPCG(19, 40))
	network := &badNetwork{to: server, rand: rand.New(rand.NewPCG(40, 19))}
	between := httptest.NewServer(network)
	t.Cleanup(between.Close)
	_, stderr, code := run(t, home, env, "webhooks", "setup", "--url", between.URL)
	require.Zero(t, code, stderr)

	self, err := os.Executable()
	require.NoError(t, err)
	follow := func() *exec.Cmd {
		c := command(context.Background(), home, env, "events", "follow", "--agent", "reply", "--type", "ConversationCreated", "--type", "ConversationMessageAdded",
			"--from", "oldest", "--cursor", filepath.Join(home, "cursor"), "--server", server, "--exec", self)
		ownGroup(c)
		require.NoError(t, c.Start())
		return c
	}
	day, over := context.WithCancel(t.Context())
	var playing sync.WaitGroup
	playing.Go(func() { dixa.Play(day, 20*time.Second) })
	count := func(what string) (n int) { // of what happened so far
		for _, e := range dixa.Effects() {
			if strings.Contains(e.Detail, what) {
				n++
			}
		}
		return n
	}
	killed := 0
	for killed < kills || count("inbound message") < messages {
		began := lineCount(runs, "began") + 1 + r.IntN(6)
		c := follow()
		require.Eventually(t, func() bool { return lineCount(runs, "began") >= began }, time.Minute, time.Millisecond)
		kill := c.Process.Kill // while a program runs, which goes on
		if killed%2 == 1 {
			kill = func() error { return killGroup(c) } // and ends, too
		}
		require.NoError(t, kill())
		_ = c.Wait()
		killed++
	}
	over()
	playing.Wait()
	last := follow()
	defer func() { _ = last.Process.Kill(); _ = last.Wait() }()
	require.Eventually(t, func() bool { // every event, those of the answers too, had a run that ended well
		network.flush()
		return distinctLines(runs, "done ") >= count("conversation created")+count(" message on ")
	}, 2*time.Minute, 50*time.Millisecond)
	require.NoFileExists(t, filepath.Join(home, "cursor.dead"))
	judgeAnswers(t, url, dixa, messages)
	t.Logf("%d customer messages, %d kills, %d runs, %d events", count("inbound message"), killed, lineCount(runs, "began"), count("conversation created")+count(" message on "))
}

func distinctLines(path, word string) int {
	text, _ := os.ReadFile(path)
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, word) {
			seen[line] = true
		}
	}
	return len(seen)
}

// writtenMessage is a message as Dixa has it.
type writtenMessage struct {
	ID         string
	Attributes struct {
		Direction    string
		EmailContent struct{ Content struct{ Value string } }
	}
}

// judgeAnswers holds every conversation of the day to the rule: each message of a customer has an answer after it, of the program or of a
// colleague, and the program answered none twice.
func judgeAnswers(t *testing.T, url string, dixa *offline.Dixa, least int) {
	t.Helper()
	conversations := map[string]bool{}
	for _, e := range dixa.Effects() {
		if _, id, ok := strings.Cut(e.Detail, " message on conversation "); ok {
			conversations[id] = true
		}
	}
	asked := 0
	for id := range conversations {
		r, err := http.NewRequest(http.MethodGet, url+"/v1/conversations/"+id+"/messages", nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "offline")
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		var said struct{ Data []writtenMessage }
		require.NoError(t, json.NewDecoder(res.Body).Decode(&said))
		require.NoError(t, res.Body.Close())
		answers, answered := map[string]int{}, false
		for i, m := range slices.Backward(said.Data) {
			if m.Attributes.Direction == "Outbound" {
				answered = true
				if what, is := strings.CutPrefix(m.Attributes.EmailContent.Content.Value, answerWords); is {
					to, _, _ := strings.Cut(what, ",")
					if n, err := strconv.Atoi(strings.TrimPrefix(to, "#")); err == nil {
						to = said.Data[n-1].ID
					}
					answers[to]++
					is := func(before writtenMessage) bool { return before.ID == to }
					require.True(t, slices.ContainsFunc(said.Data[:i], is), "an answer comes after what it answers")
				}
				continue
			}
			asked++
			require.True(t, answered, "message %s of conversation %s was missed: %+v", m.ID, id, said.Data)
		}
		for message, n := range answers {
			require.Equal(t, 1, n, "message %s of conversation %s was answered twice: %+v", message, id, said.Data)
		}
	}
	require.GreaterOrEqual(t, asked, least)
}
