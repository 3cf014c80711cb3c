package endtoend

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/test/seeds"
)

const planFile = `version: 1
stdio: [worker]
agents:
  worker:
    access: {tags: read, conversations: write}
    allow: [add_note, tag_conversation, untag_conversation]
`

// answer reads the answer to a call; ok is false if the process ended without one.
func (s *server) answer(id int) (text string, ok bool) {
	for line := range s.lines {
		var reply struct {
			ID     json.RawMessage
			Result struct{ Content []struct{ Text string } }
		}
		if json.Unmarshal([]byte(line), &reply) == nil && string(reply.ID) == fmt.Sprint(id) && len(reply.Result.Content) > 0 {
			return reply.Result.Content[0].Text, true
		}
	}
	return "", false
}

// Whenever the program is killed between two steps of a plan, the same call to the next process is told what was done, and
// nothing is done twice. Every effect at Dixa was recorded as an intent before.
func TestKilledBetweenSteps(t *testing.T) {
	kills := 100
	if testing.Short() {
		kills = 10
	}
	b := setUp(t)
	require.NoError(t, os.WriteFile(filepath.Join(b.home, "worker.yaml"), []byte(planFile), 0o600))
	effects := func(conversation int) map[string]int {
		done := map[string]int{}
		for _, e := range b.dixa.Effects() {
			if w := writeOf(e.Operation, e.Path); w.conversation == fmt.Sprint(conversation) {
				done[w.tool]++
			}
		}
		return done
	}
	killed := 0
	s := serve(t, b.home, b.env)
	for n := 0; killed < kills; n++ {
		require.Less(t, n, 2*kills, "too many plans ended before they were killed")
		r, conversation := seeds.New(n), 1001+n
		arguments := map[string]any{"conversationId": conversation, "tag": []string{b.tag}, "note": "Looked at it."}
		arguments[[]string{"close", "reopen"}[n%2]] = true

		writes, killAt, before := 0, 1+r.IntN(3), r.IntN(2) == 0
		b.dixa.onWrite = func() (drop bool) {
			if writes++; writes != killAt {
				return writes > killAt
			}
			_ = s.cmd.Process.Kill() // it ends while its request is at Dixa, which carries it out or does not get it
			return before
		}
		s.send(toolCall(1, "update_conversation", arguments))
		_, lived := s.answer(1)
		b.dixa.writing.Lock() // what reached Dixa is carried out, also for a process that is gone
		b.dixa.onWrite = nil
		b.dixa.writing.Unlock()
		if lived {
			continue
		}
		s.kill(t)
		killed++
		done := effects(conversation)

		s = serve(t, b.home, b.env)
		s.send(toolCall(2, "update_conversation", arguments))
		text, ok := s.answer(2)
		require.True(t, ok)
		require.Contains(t, text, "was interrupted", "plan %d, killed at write %d, before: %v", n, killAt, before)
		require.Regexp(t, "Not known whether done: |It is not known whether Dixa did it", text)
		require.Equal(t, killAt > 1, strings.Contains(text, " Done: "), text)
		require.Equal(t, done, effects(conversation), "nothing is sent")

		arguments["again"] = true
		s.send(toolCall(3, "update_conversation", arguments))
		text, ok = s.answer(3)
		require.True(t, ok)
		require.NotContains(t, text, "was interrupted")
		for tool, times := range effects(conversation) {
			if tool != "add_note" || done["add_note"] == 0 { // the caller was told to look, and insisted
				require.Equal(t, 1, times, "plan %d: %s, killed at write %d: %s", n, tool, killAt, text)
			}
		}
	}

	s.end(t)
	require.Empty(t, b.dixa.early, "these came to Dixa before their intent was in a file")
	report, err := audit.Verify(b.dixa.records)
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	require.Empty(t, report.Missing)
	t.Logf("%d kills, %d intents without an outcome", killed, len(report.Unfinished))
}
