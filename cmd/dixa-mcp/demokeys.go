package main

import (
	"crypto/sha256"
	"fmt"
	"io"

	"dixa-mcp/internal/admin"
	"dixa-mcp/internal/identity"
)

// demoKeys are keys that are valid until the program ends.
type demoKeys struct {
	agents    []demoKey
	approvers []demoKey // of the file, for the console
	operator  string
}

type demoKey struct{ name, key string }

// demoKeys makes a key for each agent of the file's stdio list.
func (c *serveCmd) demoKeys(s *system) (*demoKeys, error) {
	if !c.DemoKeys {
		return nil, nil
	}
	if !c.Offline {
		return nil, usagef("--demo-keys requires --offline; make keys for your organization with dixa-mcp key new --agent NAME")
	}
	all := &demoKeys{operator: newKey("admin")}
	for _, a := range s.rules.Agents() {
		if _, err := s.rules.Stdio(a.Name); err == nil {
			all.agents = append(all.agents, demoKey{a.Name, newKey("agent")})
		}
	}
	for _, name := range s.rules.ApproverNames() {
		all.approvers = append(all.approvers, demoKey{name, newKey("approver")})
	}
	if len(all.agents) == 0 {
		return nil, usagef("--demo-keys makes keys for the agents under stdio, and %s lists none there", s.where)
	}
	return all, nil
}

// digests returns whose the agents' keys are.
func (all *demoKeys) digests() map[[sha256.Size]byte]identity.Principal {
	if all == nil {
		return nil
	}
	m := make(map[[sha256.Size]byte]identity.Principal, len(all.agents))
	for _, k := range all.agents {
		m[sha256.Sum256([]byte(k.key))] = identity.Principal{Agent: k.name, Key: "demo-" + k.name}
	}
	return m
}

// admin returns the key of the admin port, nil if there are no demo keys.
func (all *demoKeys) admin() *admin.Key {
	if all == nil {
		return nil
	}
	return admin.MakeKey(all.operator)
}

// deciding returns whose the approvers' keys are.
func (all *demoKeys) deciding() map[[sha256.Size]byte]string {
	m := map[[sha256.Size]byte]string{}
	if all != nil {
		for _, k := range all.approvers {
			m[sha256.Sum256([]byte(k.key))] = k.name
		}
	}
	return m
}

// printKeys prints keys one below the other.
func printKeys(out io.Writer, keys []demoKey) {
	width := 0
	for _, k := range keys {
		width = max(width, len(k.name))
	}
	for _, k := range keys {
		fmt.Fprintf(out, "  %-*s %s\n", width, k.name, k.key)
	}
}

// print prints how to connect.
func (all *demoKeys) print(out io.Writer, address string, sse bool, link string) {
	fmt.Fprintf(out, "\ndixa-mcp serves the offline Dixa over MCP at %s/mcp. Press ctrl-C to stop it.\n", address)
	if sse {
		fmt.Fprintf(out, "Clients that use the legacy HTTP+SSE transport connect to %s/sse.\n", address)
	}
	fmt.Fprint(out, "\nKeys, valid until it stops:\n\n")
	printKeys(out, all.agents)
	if link != "" {
		fmt.Fprintf(out, "\nThe console, to look at (the link works once, within an hour):\n\n  %s\n\nTo freeze agents or decide about calls, sign in there with one of these keys:\n\n", link)
		printKeys(out, append([]demoKey{{"operator", all.operator}}, all.approvers...))
	}
	k := all.agents[0]
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

`, k.name, address, k.key)
}
