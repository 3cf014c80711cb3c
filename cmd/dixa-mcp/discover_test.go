package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A client of an agent that finds its tools sees two, finds a third with one and calls it with the other. The records name it.
func TestSessionOfDiscover(t *testing.T) {
	p := newPlace(t)
	env, _ := p.offlineDixa("--rate", "0")
	file := filepath.Join(p.home, "discover.yaml")
	text, err := os.ReadFile("../../testdata/capabilities/discover.yaml")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
	s := open(t, p.command(env, "serve", "--capabilities", file))
	require.Contains(t, s.initialize(), "find_tools finds what the operator granted; call_tool calls it")

	var list struct {
		Result struct {
			Tools []struct {
				Name        string
				Annotations struct{ ReadOnlyHint, DestructiveHint, IdempotentHint, OpenWorldHint bool }
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(s.ask(1, "tools/list", "{}")), &list))
	require.Len(t, list.Result.Tools, 2)
	find, call := list.Result.Tools[0], list.Result.Tools[1]
	require.Equal(t, []string{"find_tools", "call_tool"}, []string{find.Name, call.Name})
	require.True(t, find.Annotations.ReadOnlyHint)
	require.False(t, call.Annotations.ReadOnlyHint || call.Annotations.IdempotentHint)
	require.True(t, call.Annotations.DestructiveHint && call.Annotations.OpenWorldHint)

	answer := func(id int, tool, arguments string) string {
		s.call(id, tool, arguments)
		return s.wait(fmt.Sprint(id))
	}
	require.Contains(t, answer(2, "find_tools", `{"what":"close a ticket"}`), `close_conversation · Close a conversation. · write · (conversationId: integer, again?: boolean)`)
	require.Contains(t, answer(3, "call_tool", `{"tool":"close_conversation","arguments":{"conversationId":1234}}`), "Open → Closed")
	require.Contains(t, answer(4, "close_conversation", id1234), "is not listed for agent assistant: call it with call_tool")
	require.Contains(t, answer(5, "call_tool", `{"tool":"delete_tag","arguments":{}}`), "delete_tag is not granted to agent assistant")
	require.Contains(t, answer(6, "call_tool", `{"tool":"send_message","arguments":{"conversationId":1234,"channel":"email","content":{"value":"Hi","_type":"Text"}}}`), `"isError":true`)
	s.end(0)
	require.Equal(t, []string{"find_tools done", "close_conversation done", "close_conversation refused", "delete_tag refused", "send_message refused", "stop"}, outcomes(p.records()))
}
