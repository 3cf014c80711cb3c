package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

// distant is the connection of a client to a hosted server.
type distant struct {
	Type    string            `json:"type,omitempty"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
}

// remote prints the snippet for a hosted server, and where to put the key. The key is in no file if the client can ask for
// it or read it from the environment.
func (c *configCmd) remote(out *output) error {
	u, err := url.Parse(c.URL)
	switch {
	case c.Offline || c.Agent != "" && c.Agent != os.Getenv("DIXA_MCP_AGENT"): // the variable may be set for other commands
		return usagef("--url cannot be combined with --offline or --agent: a hosted server chooses its Dixa, and the key identifies the agent")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return usagef("--url must be the address of a server such as https://mcp.example.com/mcp, not %q", c.URL)
	case strings.Trim(u.Path, "/") == "":
		u.Path = "/mcp"
	}
	snippet, key := c.snippet(u.String())
	if err := c.print(out, snippet); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, key)
	if u.Scheme == "http" && !onThisMachine(u.Host) && !onThisMachine(u.Host+":80") {
		fmt.Fprintln(os.Stderr, "Warning: with http:// the key can be read in transit. Use https:// if the server supports it.")
	}
	return nil
}

// snippet returns the client's configuration, and where to put the key.
func (c *configCmd) snippet(address string) (snippet any, key string) {
	at := distant{URL: address, Headers: map[string]string{}}
	const variable = "Set DIXA_MCP_KEY to the agent's key in the environment in which the client starts."
	switch c.Client {
	case "vscode":
		at.Type, at.Headers["Authorization"] = "http", "Bearer ${input:dixa-mcp-key}"
		return map[string]any{
			"servers": map[string]distant{"dixa": at},
			"inputs":  []input{{"promptString", "dixa-mcp-key", "Key of the dixa-mcp agent", true}},
		}, "VS Code asks for the agent's key."
	case "claude-desktop": // it can only start programs; mcp-remote is one that connects to a server
		l := launch{Command: "npx", Args: []string{"-y", "mcp-remote", address, "--header", "Authorization:${DIXA_MCP_AUTHORIZATION}"}, Env: map[string]string{"DIXA_MCP_AUTHORIZATION": "Bearer (the agent's key)"}}
		return map[string]any{"mcpServers": map[string]launch{"dixa": l}}, "Replace (the agent's key) with the key. npx is part of Node.js."
	case "claude-code":
		at.Type, at.Headers["Authorization"] = "http", "Bearer ${DIXA_MCP_KEY}"
		return map[string]any{"mcpServers": map[string]distant{"dixa": at}}, variable
	}
	at.Headers["Authorization"] = "Bearer ${env:DIXA_MCP_KEY}"
	return map[string]any{"mcpServers": map[string]distant{"dixa": at}}, variable
}
