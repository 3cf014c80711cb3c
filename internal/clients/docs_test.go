package clients

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/golden"
)

// TestDocsClients holds the tables of docs/clients.md to the clients.
func TestDocsClients(t *testing.T) {
	const file = "../../docs/clients.md"
	row := func(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }
	kind := func(yes bool) string {
		if yes {
			return "yes"
		}
		return "no"
	}
	all := row("client", "starts the program", "key in a header", "sign-in (OAuth)", "asks its user", "limits") + "|---|---|---|---|---|---|\n"
	files, facts := row("client", "file")+"|---|---|\n", ""
	for _, c := range table {
		name := c.Title
		if c.Stdio != nil || c.Remote != nil {
			name += " (`" + c.Name + "`)"
		}
		header := kind(c.Remote != nil)
		if c.Remote != nil && c.Remote.Bridge {
			header = "by mcp-remote"
		}
		all += row(name, kind(c.Stdio != nil), header, string(c.OAuth), fmt.Sprintf("%s (%s)", c.Asks, c.Source), c.Limits)
		if c.Stdio != nil || c.Remote != nil {
			files += row("`"+c.Name+"`", c.where())
		}
		facts += "\n**" + c.Title + "**\n\n"
		for _, f := range c.Facts {
			require.NotContains(t, f.Text, "|")
			facts += "- " + f.Text + " (" + f.Source + ")\n"
		}
	}
	golden.Section(t, file, "clients", all)
	golden.Section(t, file, "files", files)
	golden.Section(t, file, "facts", strings.TrimPrefix(facts, "\n"))
}

// where returns where the client's configuration is.
func (c Client) where() string {
	if c.Files == nil {
		return c.Where
	}
	path := "`" + c.Files[""] + "`"
	if c.Project {
		path += " of the project"
	}
	for _, system := range []struct{ name, title string }{{"darwin", "macOS"}, {"windows", "Windows"}} {
		if other := c.Files[system.name]; other != "" {
			path += ", on " + system.title + " `" + other + "`"
		}
	}
	return path
}

// The table is whole: what a row needs for config and the documentation is there.
func TestTable(t *testing.T) {
	names := map[string]bool{}
	for _, c := range All() {
		require.False(t, names[c.Name], c.Name)
		names[c.Name] = true
		require.NotEmpty(t, c.Facts, c.Name)
		require.NotEmpty(t, c.Limits, c.Name)
		require.Contains(t, []string{documented, reported, observed}, c.Source)
		for _, f := range c.Facts {
			require.Contains(t, []string{documented, reported, observed}, f.Source)
		}
		if c.Format != "" {
			require.NotEmpty(t, c.Path, c.Name)
			require.True(t, c.Files != nil || c.Where != "", c.Name)
		}
	}
	require.Len(t, Configurable(), 13)
	require.Equal(t, []string{"Claude Desktop", "Zed", "Gemini CLI", "claude.ai"}, Silent())
	_, ok := ByName("claude-ai")
	require.False(t, ok, "nothing can be configured for it")
}

// The file of each system is where its documentation says.
func TestFile(t *testing.T) {
	at := func(name, system string, env map[string]string, there ...string) string {
		c, ok := ByName(name)
		require.True(t, ok)
		return c.File(System{OS: system, Home: "/home/a", Getenv: func(v string) string { return env[v] }, Exists: func(path string) bool {
			return strings.Contains(strings.Join(there, " "), path)
		}})
	}
	none := map[string]string{}
	require.Equal(t, "/home/a/.config/Claude/claude_desktop_config.json", at("claude-desktop", "linux", none))
	require.Equal(t, "/home/a/Library/Application Support/Claude/claude_desktop_config.json", at("claude-desktop", "darwin", none))
	require.Equal(t, "/home/a/AppData/Roaming/Claude/claude_desktop_config.json", at("claude-desktop", "windows", none))
	require.Equal(t, "/data/Block/goose/config/config.yaml", at("goose", "windows", map[string]string{"APPDATA": "/data"}))
	require.Equal(t, "/x/zed/settings.json", at("zed", "linux", map[string]string{"XDG_CONFIG_HOME": "/x"}))
	require.Equal(t, "/home/a/.config/zed/settings.json", at("zed", "darwin", map[string]string{"XDG_CONFIG_HOME": "/x"}))
	require.Equal(t, "/c/config.toml", at("codex", "linux", map[string]string{"CODEX_HOME": "/c"}))
	require.Equal(t, "/home/a/.codex/config.toml", at("codex", "linux", none))
	require.Equal(t, "/home/a/.config/opencode/opencode.json", at("opencode", "linux", none))
	require.Equal(t, "/home/a/.config/opencode/opencode.jsonc", at("opencode", "linux", none, "/home/a/.config/opencode/opencode.jsonc"))
	require.Equal(t, ".mcp.json", at("claude-code", "linux", none))
	require.Empty(t, at("jetbrains", "linux", none))
}
