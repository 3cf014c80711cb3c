package main

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"dixa-mcp/internal/clients"
)

// launcher is the entry of a client's configuration that starts the program.
type launcher struct {
	Type    string
	Command string
	Args    []string
	Env     map[string]string
}

// configuration reads the text of a client's configuration.
func configuration(t *testing.T, format clients.Format, text string) map[string]any {
	t.Helper()
	whole := map[string]any{}
	switch format {
	case clients.JSON:
		require.NoError(t, json.Unmarshal([]byte(text), &whole))
	case clients.TOML:
		require.NoError(t, toml.Unmarshal([]byte(text), &whole))
	case clients.YAML:
		require.NoError(t, yaml.Unmarshal([]byte(text), &whole))
	}
	return whole
}

// entryOf returns the entry in the text of a client's configuration.
func entryOf(t *testing.T, c clients.Client, text string) map[string]any {
	t.Helper()
	var at any = configuration(t, c.Format, text)
	for _, key := range c.Path {
		at = at.(map[string]any)[key]
	}
	require.Len(t, at, 1)
	return at.(map[string]any)[clients.Entry].(map[string]any)
}

// launcherOf reads an entry by the names that the client has for its fields.
func launcherOf(t *testing.T, c clients.Client, text string) launcher {
	t.Helper()
	entry, l := entryOf(t, c, text), launcher{}
	words := func(v any) (all []string) {
		for _, word := range v.([]any) {
			all = append(all, word.(string))
		}
		return all
	}
	if c.Stdio.Args == "" {
		all := words(entry[c.Stdio.Command])
		l.Command, l.Args = all[0], all[1:]
	} else {
		l.Command, l.Args = entry[c.Stdio.Command].(string), words(entry[c.Stdio.Args])
	}
	l.Type, _ = entry["type"].(string)
	if env, ok := entry[c.Stdio.Env].(map[string]any); ok {
		l.Env = map[string]string{}
		for name, value := range env {
			l.Env[name] = value.(string)
		}
	}
	require.NotContains(t, text, token)
	return l
}

// The printed snippet has the form that the client expects, and its command works.
func TestConfig(t *testing.T) {
	for _, client := range clients.Configurable() {
		if client.Stdio == nil {
			continue
		}
		t.Run(client.Name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			file := p.write("my.yaml", "{version: 1, stdio: [me, you], agents: {me: {allow: [get_organization]}, you: {allow: [get_conversation, list_messages]}}}")
			l := launcherOf(t, client, p.good("config", client.Name, "--offline", "--agent", "you", "--capabilities", "my.yaml"))
			require.Equal(t, binary, l.Command)
			require.Equal(t, []string{"serve", "--agent", "you", "--capabilities", file, "--offline"}, l.Args)
			require.Empty(t, l.Env)
			c := p.command(nil, l.Args...)
			c.Dir = t.TempDir() // clients start it anywhere
			s := open(t, c)
			require.Contains(t, s.initialize(), `agent \"you\"`)
			require.Len(t, s.tools(), 4, "with read_conversation and wait_for, which are made of the two")
			s.end(0)

			l = launcherOf(t, client, p.good("config", client.Name))
			require.Equal(t, []string{"serve", "--agent", "reader"}, l.Args)
			if client.Stdio.Prompts {
				require.Equal(t, map[string]string{"DIXA_API_TOKEN": "${input:dixa-api-token}"}, l.Env)
			} else {
				require.True(t, filepath.IsAbs(l.Env["DIXA_API_TOKEN_FILE"]))
			}
		})
	}
}

// What each client's configuration for a hosted server must hold, and what its user is told.
var hosted = map[string][2]string{
	"claude-code":    {`"Authorization": "Bearer ${DIXA_MCP_KEY}"`, "Set DIXA_MCP_KEY to the agent's key"},
	"claude-desktop": {`"DIXA_MCP_AUTHORIZATION": "Bearer (the agent's key)"`, "Claude Desktop itself sends no header: mcp-remote does"},
	"cursor":         {`"Authorization": "Bearer ${env:DIXA_MCP_KEY}"`, "Set DIXA_MCP_KEY to the agent's key"},
	"vscode":         {`"Authorization": "Bearer ${input:dixa-mcp-key}"`, "VS Code asks for the agent's key"},
	"windsurf":       {`"serverUrl": `, "Set DIXA_MCP_KEY to the agent's key"},
	"zed":            {`"Authorization": "Bearer (the agent's key)"`, "no way is documented by which Zed reads a header from the environment"},
	"gemini-cli":     {`"httpUrl": `, "Set DIXA_MCP_KEY to the agent's key"},
	"codex":          {`bearer_token_env_var = "DIXA_MCP_KEY"`, "Set DIXA_MCP_KEY to the agent's key"},
	"opencode":       {`"Authorization": "Bearer {env:DIXA_MCP_KEY}"`, "Set DIXA_MCP_KEY to the agent's key"},
	"goose":          {`env_keys: ["DIXA_MCP_KEY"]`, "Set DIXA_MCP_KEY to the agent's key"},
	"librechat":      {`type: "streamable-http"`, "Set DIXA_MCP_KEY to the agent's key"},
	"n8n":            {"Bearer Auth", ""},
	"jetbrains":      {`"Authorization": "Bearer (the agent's key)"`, "Paste this in Settings"},
}

// The snippet for a hosted server has the whole address, and config says where to put the key.
func TestConfigOfAHostedServer(t *testing.T) {
	p := newPlace(t)
	for _, client := range clients.Configurable() {
		want, ok := hosted[client.Name]
		require.True(t, ok, "%s has no row in hosted", client.Name)
		for url, whole := range map[string]string{
			"https://mcp.example.com":          "https://mcp.example.com/mcp",
			"https://example.com/support/mcp":  "https://example.com/support/mcp",
			"http://127.0.0.1:8080/":           "http://127.0.0.1:8080/mcp",
			"http://mcp.example.com:8080/mcp/": "http://mcp.example.com:8080/mcp/",
		} {
			o := p.run("config", client.Name, "--url", url)
			require.Zero(t, o.code, o.stderr)
			if client.Format != "" {
				entryOf(t, client, o.stdout)
				whole = `"` + whole + `"`
			}
			require.Contains(t, o.stdout, whole)
			require.Contains(t, o.stdout, want[0])
			require.Contains(t, o.stderr, want[1])
			insecure := strings.Contains(whole, "http://mcp")
			require.Equal(t, insecure, strings.Contains(o.stderr, "can be read in transit"))
			require.Equal(t, insecure && client.Name == "claude-desktop", strings.Contains(o.stdout, "--allow-http"), "which mcp-remote wants beyond this machine")
		}
	}
}

// The links that install the server hold the same entry as the snippet.
func TestConfigLink(t *testing.T) {
	p := newPlace(t)
	link, err := url.Parse(strings.TrimSpace(p.good("config", "cursor", "--offline", "--link")))
	require.NoError(t, err)
	require.Equal(t, "cursor://anysphere.cursor-deeplink/mcp/install", link.Scheme+"://"+link.Host+link.Path)
	text, err := base64.StdEncoding.DecodeString(link.Query().Get("config"))
	require.NoError(t, err)
	cursor, _ := clients.ByName("cursor")
	var entry map[string]any
	require.NoError(t, json.Unmarshal(text, &entry))
	require.Equal(t, entryOf(t, cursor, p.good("config", "cursor", "--offline")), entry)

	text2, ok := strings.CutPrefix(strings.TrimSpace(p.good("config", "vscode", "--link")), "vscode:mcp/install?")
	require.True(t, ok)
	require.NotContains(t, text2, "+")
	plain, err := url.PathUnescape(text2)
	require.NoError(t, err)
	vscode, _ := clients.ByName("vscode")
	want := entryOf(t, vscode, p.good("config", "vscode"))
	want["name"] = clients.Entry
	want["inputs"] = configuration(t, clients.JSON, p.good("config", "vscode"))["inputs"]
	entry = nil
	require.NoError(t, json.Unmarshal([]byte(plain), &entry))
	require.Equal(t, want, entry)
}

// config warns where an agent's calls wait for a question that the client cannot ask.
func TestConfigOfASilentClient(t *testing.T) {
	p := newPlace(t)
	p.write("asks.yaml", "version: 1\nstdio: [a, b]\nagents:\n  a: {acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455, access: {messages: read}, allow: [send_message], confirm: {send: client}}\n  b: {access: {messages: read}, confirm: {send: client}}\n")
	said := func(client, agent string) string {
		return p.run("config", client, "--offline", "--agent", agent, "--capabilities", "asks.yaml").stderr
	}
	require.Contains(t, said("claude-desktop", "a"), "Warning: Claude Desktop cannot ask its user, so that calls which wait for confirm: client are refused for agent a: send_message.")
	require.Contains(t, said("windsurf", "a"), "Warning: whether Windsurf can ask its user is not documented.")
	require.NotContains(t, said("cursor", "a"), "Warning")
	require.NotContains(t, said("claude-desktop", "b"), "Warning", "nothing of its waits")
}
