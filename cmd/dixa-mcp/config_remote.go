package main

import (
	"net/url"
	"os"
	"strings"

	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/clients"
)

// remote returns the edits for a hosted server, and where to put the key. The key is in no file if the client can ask for it
// or read it from the environment.
func (c *configCmd) remote(client clients.Client) (*configured, error) {
	u, err := url.Parse(c.URL)
	switch {
	case c.Offline || c.Agent != "" && c.Agent != os.Getenv("DIXA_MCP_AGENT"): // the variable may be set for other commands
		return nil, usagef("--url cannot be combined with --offline or --agent: a hosted server chooses its Dixa, and the key identifies the agent")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, usagef("--url must be the address of a server such as https://mcp.example.com/mcp, not %q", c.URL)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, usagef("--url must not hold a name, password, ? or #: the key is sent in a header, and this address is stored in a file")
	case strings.Trim(u.Path, "/") == "":
		u.Path = "/mcp"
	}
	c.URL = u.String()
	insecure := !address.IsConfidential(u)
	with := &configured{client: client}
	if client.Format != "" {
		with.edits = client.Connect(c.URL, insecure)
		with.notes = []string{client.Key()}
	}
	if insecure {
		with.warnings = []string{"Warning: with http:// the key can be read in transit. Use https:// if the server supports it."}
	}
	return with, nil
}

// printSteps prints what to enter in a client that has no file.
func (c *configCmd) printSteps(out *output, client clients.Client) error {
	out.printf("Add %s, with:\n\n  Endpoint          %s\n  Server Transport  HTTP Streamable\n  Authentication    Bearer Auth; a credential with the agent's key\n", client.Where, c.URL)
	return nil
}
