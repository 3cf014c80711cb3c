package serve

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/offline"
)

// An address with the name of an agent is that of this agent alone, and its metadata says so.
func TestChosenAgent(t *testing.T) {
	s := host(t, offline.Options{})
	h, list := today("1", "tools/list", "", "")
	for _, path := range []string{"/mcp", "/mcp/", "/mcp/support", "/mcp/support/"} {
		require.Equal(t, 200, s.ask("POST", path, list, h...).StatusCode, path)
	}
	for path, status := range map[string]int{"/mcp/reader": 403, "/mcp/nobody": 403, "/mcp/Support": 403, "/mcp/support/x": 404} {
		require.Equal(t, status, s.ask("POST", path, list, h...).StatusCode, path)
	}
	s.gate.Reload(t.Context(), parseRules(t, `
version: 1
oidc: {issuer: "https://login.example.com", audience: dixa-mcp}
people: [{groups: [a], agents: [support]}]
agents:
  support: {access: {"*": read}}
`))
	for agent, written := range map[string]string{"support": "support", "a%20b": "a%20b", "%2e%2e%2fx": "..%2Fx"} {
		var told struct{ Resource string }
		require.NoError(t, json.Unmarshal([]byte(text(t, s.ask("GET", identity.MetadataPath+"/mcp/"+agent, ""))), &told))
		require.Equal(t, s.url+"/mcp/"+written, told.Resource)
	}
	res := s.ask("POST", "/mcp/support", list, "Authorization: ")
	require.Contains(t, res.Header.Get("WWW-Authenticate"), `resource_metadata="`+s.url+identity.MetadataPath+`/mcp/support"`)
}

// A session is that of one person, also where others use the same agent.
func TestSessionOfPerson(t *testing.T) {
	s := host(t, offline.Options{})
	id := s.begin("{}", "Key: anna")
	for key, status := range map[string]int{"anna": 200, "bo": 404, "support-key": 404} {
		require.Equal(t, status, s.ask("POST", "/mcp", rpc("2", "ping", ""), "Key: "+key, id).StatusCode, key)
	}
	require.Equal(t, 404, s.ask("DELETE", "/mcp", "", "Key: bo", id).StatusCode)
	require.Equal(t, 200, s.ask("POST", "/mcp", rpc("3", "ping", ""), "Key: anna", id).StatusCode)

	messages, ok := eventsOf(t, s.ask("GET", "/sse", "", "Key: anna")).data()
	require.True(t, ok)
	for key, status := range map[string]int{"anna": 202, "bo": 404, "support-key": 404} {
		require.Equal(t, status, s.ask("POST", messages, rpc("2", "ping", ""), "Key: "+key).StatusCode, key)
	}
}
