package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"dixa-mcp/internal/credential"
)

type configCmd struct {
	Client   string `arg:"" enum:"claude-code,claude-desktop,vscode,cursor" help:"Client: claude-code, claude-desktop, vscode or cursor."`
	Agent    string `placeholder:"NAME" env:"DIXA_MCP_AGENT" help:"Agent that the client acts as."`
	Offline  bool   `help:"Connect to the built-in offline Dixa, which needs no token."`
	URL      string `name:"url" placeholder:"URL" help:"Connect to a hosted server, such as https://mcp.example.com/mcp, with an agent's key."`
	fileFlag `embed:""`
}

// launch is the command with which a client starts the program.
type launch struct {
	Type    string            `json:"type,omitempty"`
	Command string            `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env,omitempty"`
}

// input is a value that VS Code asks its user for, so that the token is in no file.
type input struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	Description string `json:"description"`
	Password    bool   `json:"password"`
}

// Run prints the snippet on standard output, and where to put it on standard error.
func (c *configCmd) Run(out *output) error {
	if c.URL != "" {
		return c.remote(out)
	}
	l, err := c.launch()
	if err != nil {
		return err
	}
	var snippet any = map[string]any{"mcpServers": map[string]launch{"dixa": l}}
	if c.Client == "vscode" {
		l.Type = "stdio"
		whole := map[string]any{"servers": map[string]launch{"dixa": l}}
		if !c.Offline {
			whole["inputs"] = []input{{"promptString", "dixa-api-token", "Dixa API token", true}}
		}
		snippet = whole
	}
	if err := c.print(out, snippet); err != nil {
		return err
	}
	if !c.Offline && c.Client != "vscode" {
		fmt.Fprintln(os.Stderr, "Store the token with dixa-mcp login, or set DIXA_API_TOKEN_FILE in the snippet to a file that holds only the token. To try it without a token, add --offline.")
		if c.untrusted() {
			fmt.Fprintf(os.Stderr, "Run dixa-mcp trust %s, so that this capability file may use the stored token.\n", c.Capabilities)
		}
	}
	return nil
}

// print prints the snippet, and where to put it.
func (c *configCmd) print(out *output, snippet any) error {
	if err := out.json(snippet); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "\nMerge this into %s and restart the client.\n", c.target())
	return nil
}

// launch checks that the agent can be served, and returns the command for it.
func (c *configCmd) launch() (launch, error) {
	rules, _, err := c.load()
	if err != nil {
		return launch{}, err
	}
	agent, err := agentOverStdio(rules, c.Agent)
	if err != nil {
		return launch{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return launch{}, fmt.Errorf("the path of this program is not known: %w", err)
	}
	if strings.Contains(self, "go-build") {
		fmt.Fprintln(os.Stderr, "Note: this program was started with go run, which deletes it afterwards. Build it first with make build.")
	}
	l := launch{Command: self, Args: []string{"serve", "--agent", agent.Name}}
	if c.Capabilities != "" {
		path, err := filepath.Abs(c.Capabilities)
		if err != nil {
			return launch{}, err
		}
		l.Args = append(l.Args, "--capabilities", path)
	}
	switch {
	case c.Offline:
		l.Args = append(l.Args, "--offline")
	case c.Client == "vscode":
		l.Env = map[string]string{"DIXA_API_TOKEN": "${input:dixa-api-token}"}
	default:
		if err := c.stored(&l); err != nil {
			return launch{}, err
		}
	}
	return l, nil
}

// stored makes the client use the token that dixa-mcp login stores.
func (c *configCmd) stored(l *launch) error {
	dir, err := credential.UserDir()
	if err != nil {
		return err
	}
	l.Env = map[string]string{"DIXA_API_TOKEN_FILE": dir.TokenPath()}
	if xdg := os.Getenv("XDG_CONFIG_HOME"); xdg != "" { // a client may be started without it
		l.Env["XDG_CONFIG_HOME"] = xdg
	}
	return nil
}

// untrusted reports whether the capability file may not use the stored token.
func (c *configCmd) untrusted() bool {
	dir, err := credential.UserDir()
	if err != nil || c.Capabilities == "" {
		return false
	}
	content, err := readSome(c.Capabilities)
	return err == nil && errors.As(dir.Check(c.Capabilities, content), new(*credential.UntrustedError))
}

// target returns the file that the client reads on this operating system.
func (c *configCmd) target() string {
	home, _ := os.UserHomeDir() // only for the message
	switch c.Client {
	case "vscode":
		return ".vscode/mcp.json of the workspace (or run \"MCP: Open User Configuration\")"
	case "claude-code":
		return ".mcp.json of the project"
	case "cursor":
		return filepath.Join(home, ".cursor", "mcp.json")
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "Claude", "claude_desktop_config.json")
	case "windows":
		return filepath.Join(cmp.Or(os.Getenv("AppData"), home), "Claude", "claude_desktop_config.json")
	}
	return filepath.Join(home, ".config", "Claude", "claude_desktop_config.json")
}
