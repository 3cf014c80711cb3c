package clients

// standard is the shape that most clients have in common.
var standard = Stdio{Command: "command", Args: "args", Env: "env"}

// with returns the standard shape with a field in front.
func with(key, value string) *Stdio {
	s := standard
	s.Before = Object{{key, value}}
	return &s
}

// Kinds of sources.
const (
	documented = "documented"
	reported   = "reported"
	observed   = "observed"
)

var table = []Client{
	{
		Name: "claude-code", Title: "Claude Code", Format: JSON, Path: []string{"mcpServers"}, Files: map[string]string{"": ".mcp.json"}, Project: true,
		Stdio:  &standard,
		Remote: &Remote{Before: Object{{"type", "http"}}, URL: "url", Headers: "headers", Value: "Bearer ${DIXA_MCP_KEY}"},
		OAuth:  Yes, Asks: Yes, Source: documented, Limits: "a remote call ends after 5 minutes without progress; an answer has at most 25,000 tokens",
		Facts: []Fact{
			{"asks once whether to use the servers of a project's .mcp.json", documented},
			{"2.1.237: shows no tools at all if a list of an older protocol version has resultType; dixa-mcp does not send it", observed},
			{"2.1.280: structuredContent replaces the text of an answer; dixa-mcp sends text only", observed},
		},
	},
	{
		Name: "claude-desktop", Title: "Claude Desktop", Format: JSON, Path: []string{"mcpServers"},
		Files: map[string]string{
			"darwin": "~/Library/Application Support/Claude/claude_desktop_config.json", "windows": "$APPDATA/Claude/claude_desktop_config.json",
			"": "~/.config/Claude/claude_desktop_config.json",
		},
		Stdio:  &standard,
		Remote: &Remote{Bridge: true, Value: "Bearer " + Placeholder},
		OAuth:  Yes, Asks: No, Source: observed, Limits: "calls through a connector end at about 60 s",
		Facts: []Fact{
			{"sends no header of its own: a key needs mcp-remote, which refuses http:// beyond localhost without --allow-http", documented},
			{"tool names have at most 64 characters", documented},
		},
	},
	{
		Name: "vscode", Title: "VS Code", Format: JSON, Path: []string{"servers"}, Files: map[string]string{"": ".vscode/mcp.json"}, Project: true,
		Stdio:  &Stdio{Before: Object{{"type", "stdio"}}, Command: "command", Args: "args", Env: "env", Prompts: true},
		Remote: &Remote{Before: Object{{"type", "http"}}, URL: "url", Headers: "headers", Value: "Bearer ${input:dixa-mcp-key}", Prompts: true},
		OAuth:  Yes, Asks: Yes, Source: documented, Limits: "128 tools in one request",
		Facts: []Fact{{"asks for the values under inputs and keeps them outside the file", documented}, {"for all workspaces: run \"MCP: Open User Configuration\", and name the file with --file", documented}},
	},
	{
		Name: "cursor", Title: "Cursor", Format: JSON, Path: []string{"mcpServers"}, Files: map[string]string{"": "~/.cursor/mcp.json"},
		Stdio:  &standard,
		Remote: &Remote{URL: "url", Headers: "headers", Value: "Bearer ${env:DIXA_MCP_KEY}"},
		OAuth:  Yes, Asks: Yes, Source: documented, Limits: "names of server and tool have at most 60 characters together",
		Facts: []Fact{{"a project has its own file .cursor/mcp.json; name it with --file", documented}, {"ignores configured headers for a server that answers OAuth discovery", reported}},
	},
	{
		Name: "windsurf", Title: "Windsurf", Format: JSON, Path: []string{"mcpServers"}, Files: map[string]string{"": "~/.codeium/windsurf/mcp_config.json"},
		Stdio:  &standard,
		Remote: &Remote{URL: "serverUrl", Headers: "headers", Value: "Bearer ${env:DIXA_MCP_KEY}"},
		OAuth:  Yes, Asks: Unknown, Source: documented, Limits: "100 tools of all servers together",
		Facts: []Fact{{"the address is serverUrl, not url", documented}, {"Enterprise users must turn MCP on in the settings", documented}, {"the plugin for other editors reads ~/.codeium/mcp_config.json; name it with --file", documented}},
	},
	{
		Name: "zed", Title: "Zed", Format: JSON, Path: []string{"context_servers"},
		Files:  map[string]string{"windows": "$APPDATA/Zed/settings.json", "darwin": "~/.config/zed/settings.json", "": "$XDG_CONFIG_HOME/zed/settings.json"},
		Stdio:  &standard,
		Remote: &Remote{URL: "url", Headers: "headers", Value: "Bearer " + Placeholder},
		OAuth:  Yes, Asks: No, Source: documented, Limits: "none documented",
		Facts: []Fact{{"supports tools and prompts of MCP", documented}, {"connects to addresses from version 0.214.5", reported}},
	},
	{
		Name: "gemini-cli", Title: "Gemini CLI", Format: JSON, Path: []string{"mcpServers"}, Files: map[string]string{"": "~/.gemini/settings.json"},
		Stdio:  &standard,
		Remote: &Remote{URL: "httpUrl", Headers: "headers", Value: "Bearer ${DIXA_MCP_KEY}"},
		OAuth:  Yes, Asks: No, Source: reported, Limits: "a call has 10 minutes (timeout); names over 63 characters are cut",
		Facts: []Fact{
			{"the address is httpUrl; url means the legacy HTTP+SSE transport", documented},
			{"a project has its own file .gemini/settings.json; name it with --file", documented},
			{"0.33.1 answers a question of a server with \"Method not found\"", reported},
		},
	},
	{
		Name: "codex", Title: "Codex", Format: TOML, Path: []string{"mcp_servers"}, Files: map[string]string{"": "$CODEX_HOME/config.toml"},
		Stdio:  &standard,
		Remote: &Remote{URL: "url", Token: "bearer_token_env_var"},
		OAuth:  Yes, Asks: Yes, Source: documented, Limits: "10 s to start (startup_timeout_sec), 60 s for a call (tool_timeout_sec)",
		Facts: []Fact{
			{"refuses a token in the file (bearer_token) and ignores headers: the key is read from a variable", documented},
			{"questions of servers are declined without asking where approval_policy is never or sets mcp_elicitations to false", documented},
			{"on Windows its first line begins with a byte order mark, which dixa-mcp skips", observed},
			{"0.144: notifications do not wake the model", observed},
		},
	},
	{
		Name: "opencode", Title: "opencode", Format: JSON, Path: []string{"mcp"}, NewPath: []string{"mcp", "servers"},
		Files: map[string]string{"": "~/.config/opencode/opencode.json"}, Also: []string{"opencode.jsonc"},
		Stdio:  &Stdio{Before: Object{{"type", "local"}}, Command: "command", Env: "environment"},
		Remote: &Remote{Before: Object{{"type", "remote"}}, URL: "url", Headers: "headers", Value: "Bearer {env:DIXA_MCP_KEY}", After: Object{{"oauth", false}}},
		OAuth:  Yes, Asks: Unknown, Source: reported, Limits: "5 s to list the tools (timeout)",
		Facts: []Fact{
			{"version 2 keeps servers under mcp.servers and still reads those of version 1 under mcp; config follows the file", documented},
			{"questions of servers were asked for in issue 23066 of its tracker, which is closed", reported},
			{"oauth: false is needed with a key, or it tries to sign in", documented},
		},
	},
	{
		Name: "goose", Title: "goose", Format: YAML, Path: []string{"extensions"},
		Files:  map[string]string{"windows": "$APPDATA/Block/goose/config/config.yaml", "": "~/.config/goose/config.yaml"},
		Stdio:  &Stdio{Before: Object{{"enabled", true}, {"type", "stdio"}, {"name", Entry}}, Command: "cmd", Args: "args", Env: "envs", After: Object{{"timeout", 300}}},
		Remote: &Remote{Before: Object{{"enabled", true}, {"type", "streamable_http"}, {"name", Entry}}, URL: "uri", Headers: "headers", Value: "Bearer ${DIXA_MCP_KEY}", After: Object{{"env_keys", []string{Variable}}, {"timeout", 300}}},
		OAuth:  Yes, Asks: Yes, Source: reported, Limits: "a call has the timeout of the entry, 300 s",
		Facts: []Fact{
			{"a variable under env_keys comes from its keyring or the environment", documented},
			{"asks its user with protocol versions up to 2025-11-25, not yet with 2026-07-28 (issue 11194 of its tracker)", reported},
			{"runs tools without asking unless GOOSE_MODE is approve or smart_approve", documented},
		},
	},
	{
		Name: "librechat", Title: "LibreChat", Format: YAML, Path: []string{"mcpServers"}, Files: map[string]string{"": "librechat.yaml"}, Project: true,
		Stdio:  with("type", "stdio"),
		Remote: &Remote{Before: Object{{"type", "streamable-http"}}, URL: "url", Headers: "headers", Value: "Bearer ${DIXA_MCP_KEY}"},
		OAuth:  Yes, Asks: Unknown, Source: documented, Limits: "a call has the timeout of the entry, in milliseconds",
		Facts: []Fact{
			{"its server starts the program: in a container, both the program and the paths must exist there", documented},
			{"an address in the local network must be under mcpSettings.allowedDomains", documented},
			{"one entry serves all its users; keys for single users are customUserVars", documented},
		},
	},
	{
		Name: "n8n", Title: "n8n", Where: "a node \"MCP Client Tool\" of a workflow",
		Remote: &Remote{},
		OAuth:  Yes, Asks: Unknown, Source: documented, Limits: "a call has the Timeout of the node, in milliseconds",
		Facts: []Fact{{"starts no programs: host dixa-mcp and connect to its address", documented}, {"has no configuration file for MCP servers: they are nodes of a workflow", documented}},
	},
	{
		Name: "jetbrains", Title: "JetBrains AI Assistant", Format: JSON, Path: []string{"mcpServers"},
		Where:  "Settings > Tools > AI Assistant > Model Context Protocol (MCP) > Add",
		Stdio:  &standard,
		Remote: &Remote{URL: "url", Headers: "headers", Value: "Bearer " + Placeholder},
		OAuth:  Unknown, Asks: Unknown, Source: documented, Limits: "none documented",
		Facts: []Fact{{"its maker documents no file: paste the snippet into its settings", documented}, {"the maker's documentation shows no header; the form with headers comes from other servers' instructions", reported}, {"Junie, JetBrains' other assistant, connects over stdio only", documented}},
	},
	{
		Name: "claude-ai", Title: "claude.ai",
		OAuth: Yes, Asks: No, Source: observed, Limits: "calls end at about 60 s; discovery and token answers within 10 s; port 443 only",
		Facts: []Fact{{"signs in by OAuth only: it sends no static header, so agents' keys cannot be used", documented}, {"can show an old list of tools until it reconnects", observed}},
	},
}
