package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const inspector = "js/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"

// inspect runs MCP Inspector's command line, whose arguments after the target are given, and tells what it printed.
func (p *place) inspect(t *testing.T, transport, era, address string, arguments ...string) (result json.RawMessage, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	target := []string{inspector, "--cli"}
	if transport == "stdio" {
		target = append(target, must(t, program), "serve", "--agent", "everything")
		for name, value := range p.env() {
			target = append(target, "-e", name+"="+value)
		}
	} else {
		target = append(target, "--transport", transport, "--server-url", address, "--header", "Authorization: Bearer "+keyToAll)
	}
	arguments = append(append(target, "--protocol-era", era, "--format", "json"), arguments...)
	out, errs, code := finish(t, p.command(ctx, node(t), arguments...))
	var printed struct{ Result json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(out), &printed), "%s\n%s", out, errs)
	t.Log(errs)
	return printed.Result, code
}

// MCP Inspector finds every tool portable, and reads through it, in each era and over each transport.
func TestInspector(t *testing.T) {
	node(t)
	t.Parallel()
	p := newPlace(t)
	address := p.serve(must(t, program), "--sse")
	for _, transport := range []string{"stdio", "http", "sse"} {
		for _, era := range []string{"legacy", "modern", "auto"} {
			t.Run(fmt.Sprintf("%s/%s", transport, era), func(t *testing.T) {
				t.Parallel()
				url := address + map[string]string{"http": "/mcp", "sse": "/sse"}[transport]

				listed, code := p.inspect(t, transport, era, url, "--method", "tools/list", "--strict")
				require.Zero(t, code, "a schema is not portable")
				var list struct{ Tools []struct{ Name string } }
				require.NoError(t, json.Unmarshal(listed, &list))
				require.Greater(t, len(list.Tools), 100)

				called, code := p.inspect(t, transport, era, url, "--method", "tools/call", "--tool-name", "get_conversation", "--tool-arg", "conversationId=1234")
				require.Zero(t, code)
				require.Contains(t, string(called), "Conversation 1234 ")

				refused, code := p.inspect(t, transport, era, url, "--method", "tools/call", "--tool-name", "close_conversation", "--tool-arg", "conversationId=1234")
				require.NotZero(t, code)
				require.Contains(t, string(refused), "close_conversation needs a person's confirmation, and this client cannot ask for one")
			})
		}
	}
}
