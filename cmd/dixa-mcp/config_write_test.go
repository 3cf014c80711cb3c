package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/clients"
)

// file reads a file of the place.
func (p *place) file(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.home, name))
	require.NoError(p.t, err)
	return string(text)
}

// Each client's own file is written where it is not there yet, with its directory; a second time changes nothing.
func TestConfigWrite(t *testing.T) {
	for _, client := range clients.Configurable() {
		if client.Files == nil {
			continue
		}
		t.Run(client.Name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			for _, args := range [][]string{{"--offline"}, {"--url", "https://mcp.example.com"}} {
				args = append([]string{"config", client.Name, "--write", "--yes"}, args...)
				said := p.good(args...)
				require.Contains(t, said, "Restart "+client.Title)
				path := client.File(clients.System{OS: "linux", Home: p.home, Getenv: func(name string) string {
					return map[string]string{"XDG_CONFIG_HOME": filepath.Join(p.home, "config")}[name]
				}, Exists: func(string) bool { return false }})
				if client.Project {
					path = filepath.Join(p.home, path)
				}
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				entryOf(t, client, string(text))
				require.Contains(t, p.good(args...), "No change: "+path)
			}
		})
	}
}

// A file keeps what else is in it, its mode and its place behind a link, and the old one is kept beside it.
func TestConfigWriteKeeps(t *testing.T) {
	const before = "\ufeff// mine\r\n{\r\n\t\"theme\": \"dark\", // at night\r\n\t\"mcpServers\": {\r\n\t\t\"other\": {\"url\": \"x\"}\r\n\t},\r\n}\r\n"
	p := newPlace(t)
	real := p.write("dotfiles/mcp.json", before)
	require.NoError(t, os.Chmod(real, 0o640))
	require.NoError(t, os.MkdirAll(filepath.Join(p.home, ".cursor"), 0o700))
	link := filepath.Join(p.home, ".cursor", "mcp.json")
	require.NoError(t, os.Symlink("../dotfiles/mcp.json", link))
	said := p.good("config", "cursor", "--offline", "--write", "--yes")
	for _, line := range []string{"--- " + real, "+++ " + real, "\n     \"theme\": \"dark\", // at night\n", "\n+        \"dixa\": {\n", "\n-        \"other\": {\"url\": \"x\"}\n+        \"other\": {\"url\": \"x\"},\n"} {
		require.Contains(t, said, line)
	}
	require.Equal(t, strings.Replace(before, "\"x\"}\r\n", "\"x\"},\r\n\t\t\"dixa\": {\r\n\t\t\t\"command\": \""+binary+"\",\r\n\t\t\t\"args\": [\"serve\", \"--agent\", \"reader\", \"--offline\"]\r\n\t\t}\r\n", 1), p.file("dotfiles/mcp.json"))
	require.Equal(t, before, p.file("dotfiles/mcp.json.dixa-mcp.bak"))
	for _, name := range []string{real, real + backupSuffix} {
		info, err := os.Lstat(name)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o640), info.Mode())
	}
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&fs.ModeSymlink)

	require.NoError(t, os.Remove(real)) // the link leads nowhere: what it names is made
	p.good("config", "cursor", "--offline", "--write", "--yes")
	require.Contains(t, p.file("dotfiles/mcp.json"), `"dixa"`)
	require.NoError(t, os.Remove(link))
	require.NoError(t, os.Symlink("mcp.json", link))
	o := p.run("config", "cursor", "--offline", "--write", "--yes")
	require.NotZero(t, o.code)
	require.Contains(t, o.stderr, "too many symbolic links")
}

// opencode's file has two names and two forms.
func TestConfigWriteOpencode(t *testing.T) {
	p := newPlace(t)
	p.write(".config/opencode/opencode.jsonc", "{\n  // mine\n  \"mcp\": {\"servers\": {}},\n}\n")
	p.good("config", "opencode", "--offline", "--write", "--yes")
	require.Contains(t, p.file(".config/opencode/opencode.jsonc"), "\"mcp\": {\"servers\": {\n    \"dixa\": {\n")
	require.NoFileExists(t, filepath.Join(p.home, ".config/opencode/opencode.json"))
}

// A file that is changed while the question stands is not overwritten.
func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	require.NoError(t, os.WriteFile(path, []byte("new"), 0o600))
	require.ErrorContains(t, replace(path, []byte("old"), []byte("ours"), 0o600, false), "was changed by something else meanwhile; run this again")
	require.ErrorContains(t, replace(path, nil, []byte("ours"), 0o600, false), "was changed by something else meanwhile")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "new", string(text))
	require.NoFileExists(t, path+backupSuffix)
}

// Without a terminal to ask on, and without --yes, the change is shown and not made.
func TestConfigWriteUnasked(t *testing.T) {
	p := newPlace(t)
	o := p.run("config", "cursor", "--offline", "--write")
	require.Equal(t, exitUsage, o.code)
	require.Contains(t, o.stdout, "+  \"mcpServers\": {")
	path := filepath.Join(p.home, ".cursor", "mcp.json")
	require.Contains(t, o.stderr, "nothing was changed: standard input is not a terminal to ask on; add --yes to change "+path)
	require.NoFileExists(t, path)
}
