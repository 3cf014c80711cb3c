package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

// Four servers over stdio, as four clients on a laptop start them, share one token's limit at Dixa: none of their calls
// meets a 429. They share an agent's budget, too.
func TestServersShareTheStateDirectory(t *testing.T) {
	dixa := offline.New(offline.Options{Rate: 10, Burst: 4})
	s := httptest.NewServer(dixa)
	t.Cleanup(s.Close)
	p := newPlace(t)
	file := p.write("capabilities.yaml", `
version: 1
stdio: [reader]
agents:
  reader: {access: {conversations: read}, budget: {requests_per_day: 70}}
`)
	env := []string{"DIXA_API_TOKEN=" + token, "DIXA_MCP_BASE_URL=" + s.URL, "DIXA_MCP_CAPABILITIES=" + file}
	const servers, calls = 4, 20
	var all []*connection
	for range servers {
		c := open(t, p.command(env, "serve"))
		c.initialize()
		all = append(all, c)
	}
	for i := range calls {
		for _, c := range all {
			c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"get_conversation","arguments":{"conversationId":1234}}}`, i))
		}
	}
	over := 0
	for i := range calls {
		for _, c := range all {
			if answer := c.wait(fmt.Sprint(i)); strings.Contains(answer, "has used its budget") {
				over++
			} else {
				require.NotContains(t, answer, `"isError":true`)
			}
		}
	}
	require.Equal(t, servers*calls-70, over)
	requests := dixa.Requests()
	require.Len(t, requests, 70)
	for _, r := range requests {
		require.Equal(t, http.StatusOK, r.Status)
	}
}
