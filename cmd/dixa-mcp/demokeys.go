package main

import (
	"crypto/sha256"
	"fmt"
	"io"

	"dixa-mcp/internal/identity"
)

// demoKeys are keys that are valid until the program ends.
type demoKeys []demoKey

type demoKey struct{ agent, key string }

// demoKeys makes a key for each agent of the file's stdio list.
func (c *serveCmd) demoKeys(s *system) (demoKeys, error) {
	if !c.DemoKeys {
		return nil, nil
	}
	if !c.Offline {
		return nil, usagef("--demo-keys requires --offline; make keys for your organization with dixa-mcp key new --agent NAME")
	}
	var all demoKeys
	for _, a := range s.rules.Agents() {
		if _, err := s.rules.Stdio(a.Name); err == nil {
			all = append(all, demoKey{a.Name, newKey("agent")})
		}
	}
	if len(all) == 0 {
		return nil, usagef("--demo-keys makes keys for the agents under stdio, and the capability file (%s) lists none there", s.where)
	}
	return all, nil
}

func (all demoKeys) digests() map[[sha256.Size]byte]identity.Principal {
	m := make(map[[sha256.Size]byte]identity.Principal, len(all))
	for _, k := range all {
		m[sha256.Sum256([]byte(k.key))] = identity.Principal{Agent: k.agent, Key: "demo-" + k.agent}
	}
	return m
}

// print prints how to connect.
func (all demoKeys) print(out io.Writer, address string, sse bool) {
	fmt.Fprintf(out, "\ndixa-mcp serves the offline Dixa over MCP at %s/mcp. Press ctrl-C to stop it.\n", address)
	if sse {
		fmt.Fprintf(out, "Clients that use the legacy HTTP+SSE transport connect to %s/sse.\n", address)
	}
	fmt.Fprint(out, "\nKeys, valid until it stops:\n\n")
	for _, k := range all {
		fmt.Fprintf(out, "  %-10s %s\n", k.agent, k.key)
	}
	k := all[0]
	fmt.Fprintf(out, `
To connect as %[1]s:

  Claude Code   claude mcp add --transport http dixa %[2]s/mcp --header "Authorization: Bearer %[3]s"

  VS Code       .vscode/mcp.json
                {"servers": {"dixa": {"type": "http", "url": "%[2]s/mcp", "headers": {"Authorization": "Bearer %[3]s"}}}}

  Cursor        ~/.cursor/mcp.json
                {"mcpServers": {"dixa": {"url": "%[2]s/mcp", "headers": {"Authorization": "Bearer %[3]s"}}}}

  curl          curl -s %[2]s/mcp -H "Authorization: Bearer %[3]s" -H "Content-Type: application/json" \
                  -H "MCP-Protocol-Version: 2026-07-28" -H "Mcp-Method: tools/list" \
                  -d '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}'

`, k.agent, address, k.key)
}
