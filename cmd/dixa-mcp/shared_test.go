package main

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/offline"
)

// Four servers over stdio, as four clients on a laptop start them, share one token's rate limit and an agent's budget.
func TestServersShareTheStateDirectory(t *testing.T) {
	dixa := offline.New(offline.Options{})
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
	begun := time.Now()
	for i := range calls {
		for _, c := range all {
			c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"get_conversation","arguments":{"conversationId":1234}}}`, i))
		}
	}
	over := 0
	for i := range calls {
		for _, c := range all {
			if answer := c.wait(fmt.Sprint(i)); strings.Contains(answer, "has used up its budget") {
				over++
			} else {
				require.NotContains(t, answer, `"isError":true`)
			}
		}
	}
	require.Equal(t, servers*calls-70, over)
	require.Len(t, dixa.Requests(), 70)
	least := time.Duration(70-dixaclient.DefaultBurst) * time.Second / dixaclient.DefaultRate
	require.GreaterOrEqual(t, time.Since(begun), least, "each server kept to the limit by itself")
}
