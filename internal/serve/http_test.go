package serve

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/offline"
)

// Each agent sees its own tools and is who its credential says, whatever else the client says.
func TestHTTPIdentity(t *testing.T) {
	s := host(t, offline.Options{})
	names := func(key string) (all []string) {
		h, body := today("1", "tools/list", "", "")
		r := replies(t, s.ask("POST", "/mcp", body, append(h, "Key: "+key)...))
		list := into[struct{ Tools []struct{ Name string } }](t, r[0])
		for _, tool := range list.Tools {
			all = append(all, tool.Name)
		}
		return all
	}
	require.Contains(t, names("support-key"), "send_message")
	require.NotContains(t, names("reader-key"), "send_message")
	res := s.call("close_conversation", conversation, "Key: reader-key", "X-Agent: support")
	a := said(t, replies(t, res)[0])
	require.True(t, a.IsError)
	require.Contains(t, a.Content[0].Text, "close_conversation is not granted to agent reader")
	last := s.book.records[len(s.book.records)-1]
	require.Equal(t, "reader reader-key", last.Agent+" "+last.Key)
	require.False(t, said(t, replies(t, s.call("close_conversation", conversation))[0]).IsError)
	for _, key := range []string{"Bearer nobody", ""} {
		res := s.call("get_conversation", conversation, "Authorization: "+key)
		require.Equal(t, 401, res.StatusCode)
	}
	rules, err := capability.Parse("capabilities.yaml", []byte(keyed(string(operations), "support-key")))
	require.NoError(t, err)
	s.gate.Reload(t.Context(), rules)
	require.Equal(t, 401, s.call("get_conversation", conversation).StatusCode)
}

// A client of an MCP version before 2026-07-28 has a session, which is its agent's alone.
func TestHTTPSessions(t *testing.T) {
	s := host(t, offline.Options{})
	session := s.begin("{}")
	list := func(headers ...string) int {
		return s.ask("POST", "/mcp", rpc("1", "tools/list", ""), headers...).StatusCode
	}
	require.Equal(t, 200, list(session))
	require.Equal(t, 400, list())
	require.Equal(t, 404, list(session+"x"))
	require.Equal(t, 404, list("Mcp-Session-Id: made-up"))
	require.Equal(t, 404, list(session, "Key: reader-key"))
	require.Equal(t, 200, list(session, "Key: other-key"), "another key of the same agent: keys rotate")
	require.Equal(t, 404, s.ask("DELETE", "/mcp", "", session, "Key: reader-key").StatusCode)
	require.Equal(t, 204, s.ask("DELETE", "/mcp", "", session).StatusCode)
	require.Equal(t, 404, list(session))
	require.Equal(t, 404, s.ask("GET", "/mcp", "", session).StatusCode)
	res := s.ask("POST", "/mcp", rpc("0", "initialize", `{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}`))
	r := into[struct{ ProtocolVersion, Instructions string }](t, replies(t, res)[0])
	require.Equal(t, "2025-06-18", r.ProtocolVersion)
	require.Contains(t, r.Instructions, `as agent "support"`)
}

// What is told on the way comes before the answer, all of it, in both eras.
func TestHTTPProgress(t *testing.T) {
	s := host(t, offline.Options{})
	session := s.begin("{}")
	params := `"name":"get_conversation","arguments":{"conversationId":1234}`
	h, body := todayWith("7", "tools/call", "get_conversation", params, "{}", `,"progressToken":"p"`)
	for range 200 {
		for era, all := range map[string][]reply{
			"modern": replies(t, s.ask("POST", "/mcp", body, h...)),
			"legacy": replies(t, s.ask("POST", "/mcp", rpc("7", "tools/call", `{"_meta":{"progressToken":"p"},`+params+`}`), session)),
		} {
			require.Len(t, all, 2, era)
			require.Equal(t, "notifications/progress", all[0].Method)
			var told struct {
				ProgressToken, Message string
				Progress               float64
			}
			require.NoError(t, json.Unmarshal(all[0].Params, &told))
			require.Equal(t, "p: get_conversation came back from Dixa", told.ProgressToken+": "+told.Message)
			require.Positive(t, told.Progress)
			require.Equal(t, "7", string(all[1].ID))
			require.False(t, said(t, all[1]).IsError)
		}
	}
	require.Equal(t, "application/json", s.call("get_conversation", conversation).Header.Get("Content-Type"), "nobody asked")
}

// Who calls a tool that does not exist hears which one may be meant, and it is recorded.
func TestUnknownTool(t *testing.T) {
	s := host(t, offline.Options{})
	r := replies(t, s.call("get_conversatoin", conversation))[0]
	require.Equal(t, -32602, r.Error.Code)
	require.Equal(t, `there is no tool "get_conversatoin"; did you mean get_conversation?`, r.Error.Message)
	require.Equal(t, map[string]int{" refused": 1}, s.book.outcomes())
}
