package main

import (
	"archive/zip"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// started is what a host of bundles runs.
type started struct {
	Command string
	Args    []string
	Env     map[string]string
}

// unpack packs a bundle that starts the program that the tests built, and unpacks it as a host does.
func unpack(t *testing.T) (dir string) {
	t.Helper()
	const deploy = "../../deploy/mcpb"
	if _, err := os.Stat(filepath.Join(deploy, "node_modules")); err != nil {
		require.Empty(t, os.Getenv("CI"), "run npm ci --prefix deploy/mcpb")
		t.Skip("npm ci --prefix deploy/mcpb installs what this test needs")
	}
	programs, out := t.TempDir(), t.TempDir()
	for _, target := range []string{"dixa-mcp_linux_amd64_v1", "windows_arm64"} { // as goreleaser names them, and as people do
		require.NoError(t, os.Mkdir(filepath.Join(programs, target), 0o700))
	}
	starts := "#!/bin/sh\nexec " + binary + ` "$@"` + "\n" // compressing the program itself takes half a minute
	require.NoError(t, os.WriteFile(filepath.Join(programs, "dixa-mcp_linux_amd64_v1", "dixa-mcp"), []byte(starts), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(programs, "windows_arm64", "dixa-mcp.exe"), []byte("MZ"), 0o600))
	said, err := exec.Command(filepath.Join(deploy, "pack"), "v1.2.3", programs, out).Output()
	require.NoError(t, err)
	bundle := filepath.Join(out, "dixa-mcp_1.2.3_linux_amd64.mcpb")
	require.Equal(t, bundle+"\n"+filepath.Join(out, "dixa-mcp_1.2.3_windows_arm64.mcpb")+"\n", string(said))

	dir = t.TempDir()
	z, err := zip.OpenReader(bundle)
	require.NoError(t, err)
	defer z.Close()
	for _, f := range z.File {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		r, err := f.Open()
		require.NoError(t, err)
		w, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, f.Mode().Perm())
		require.NoError(t, err)
		_, err = io.Copy(w, r)
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	return dir
}

// configured fills in the bundle's manifest for what users entered, with the library that hosts use.
func configuredBy(t *testing.T, dir string, entered []map[string]any) []started {
	t.Helper()
	library, err := filepath.Abs("../../deploy/mcpb/node_modules/@anthropic-ai/mcpb/dist/index.js")
	require.NoError(t, err)
	in, err := json.Marshal(map[string]any{"dir": dir, "entered": entered, "library": library})
	require.NoError(t, err)
	c := exec.Command("node", "--input-type=module", "-e", `
		import { readFileSync } from "node:fs";
		const { dir, entered, library } = JSON.parse(readFileSync(0, "utf8"));
		const { getMcpConfigForManifest } = await import(library);
		const manifest = JSON.parse(readFileSync(dir + "/manifest.json", "utf8"));
		const all = entered.map((userConfig) => getMcpConfigForManifest({ manifest, extensionPath: dir, systemDirs: {}, userConfig: userConfig ?? undefined, pathSeparator: "/" }));
		process.stdout.write(JSON.stringify(await Promise.all(all)));`)
	c.Stdin = strings.NewReader(string(in))
	text, err := c.Output()
	require.NoError(t, err)
	var all []started
	require.NoError(t, json.Unmarshal(text, &all), "%s", text)
	return all
}

// A bundle that was unpacked starts as its manifest says, whatever its user entered, and lists the agent's tools.
func TestBundle(t *testing.T) {
	dir := unpack(t)
	p := newPlace(t)
	p.builtIn()
	mine := p.write("mine.yaml", "{version: 1, stdio: [me], agents: {me: {allow: [get_organization]}}}")
	cases := []struct {
		name    string
		entered map[string]any
		agent   string // "": it does not start
	}{
		{"nothing", nil, ""},
		{"offline", map[string]any{"offline": true}, "reader"},
		{"offline, with fields left empty", map[string]any{"offline": true, "token": "", "agent": "", "capabilities": ""}, "reader"},
		{"a token and an agent", map[string]any{"token": token, "agent": "triage", "offline": false}, "triage"},
		{"a capability file", map[string]any{"token": token, "offline": true, "capabilities": mine}, "me"},
		{"an agent that there is not", map[string]any{"offline": true, "agent": "tirage"}, ""},
	}
	var entered []map[string]any
	for _, c := range cases {
		entered = append(entered, c.entered)
	}
	for i, s := range configuredBy(t, dir, entered) {
		c := cases[i]
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, filepath.Join(dir, "server", "dixa-mcp"), s.Command)
			run := exec.Command(s.Command, s.Args...)
			run.Env, run.Dir = slices.Clone(p.env), dir
			for name, value := range s.Env {
				run.Env = append(run.Env, name+"="+value)
			}
			if c.agent == "" {
				o := finish(t, run)
				require.NotZero(t, o.code)
				require.Regexp(t, `no Dixa API token|did you mean "triage"`, o.stderr)
				return
			}
			session := open(t, run)
			require.Contains(t, session.initialize(), `agent \"`+c.agent+`\"`)
			args := []string{"tools", "--agent", c.agent, "--json"}
			if c.agent == "me" {
				args = append(args, "--capabilities", mine)
			}
			var granted []any
			require.NoError(t, json.Unmarshal([]byte(p.good(args...)), &granted))
			require.Equal(t, len(granted), len(session.tools()), "the agent's own tools")
			session.end(0)
		})
	}
}
