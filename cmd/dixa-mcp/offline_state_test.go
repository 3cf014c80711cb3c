package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// With --state the changes of the offline Dixa survive, even if the process is killed. Without it every session begins with
// the same data. The model is told that it is offline, and whether changes are kept.
func TestOfflineState(t *testing.T) {
	const note, list = `{"name":"add_note","arguments":{"conversationId":1234,"message":"a note that stays"}}`, `{"name":"list_notes","arguments":{"conversationId":1234}}`
	for _, c := range []struct {
		args []string
		kept bool
		says string
	}{
		{[]string{"serve", "--offline", "--agent", "support"}, false, "changes are lost when the server stops"},
		{[]string{"serve", "--offline", "--agent", "support", "--state", "~/state dir"}, true, "changes are kept"},
	} {
		p := newPlace(t)
		s := open(t, p.command(nil, append([]string{}, c.args...)...))
		var said struct{ Result struct{ Instructions string } }
		require.NoError(t, json.Unmarshal([]byte(s.initialize()), &said))
		require.Contains(t, said.Result.Instructions, "This is the offline Dixa of Havbris, an invented shop")
		require.Contains(t, said.Result.Instructions, c.says)
		require.NotContains(t, s.ask(1, "tools/call", note), `"isError":true`)
		require.NoError(t, s.c.Process.Kill())
		_ = s.c.Wait() // it was killed

		s = open(t, p.command(nil, append([]string{}, c.args...)...))
		s.initialize()
		notes := s.ask(1, "tools/call", list)
		if c.kept {
			require.Contains(t, notes, "a note that stays")
		} else {
			require.NotContains(t, notes, "a note that stays")
		}
		s.end(0)
	}
}

// A server of Dixa itself does not mention the offline Dixa.
func TestNoticeIsOfTheOfflineDixa(t *testing.T) {
	require.Empty(t, reachFlags{State: "x"}.notice())
}
