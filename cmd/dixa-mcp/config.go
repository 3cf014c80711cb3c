package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/alecthomas/kong"

	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/clients"
	"dixa-mcp/internal/clients/merge"
	"dixa-mcp/internal/credential"
)

type configCmd struct {
	Client   string `arg:"" enum:"${clients}" help:"Client: ${clientList}."`
	Agent    string `placeholder:"NAME" env:"DIXA_MCP_AGENT" help:"Agent that the client acts as."`
	Offline  bool   `help:"Connect to the built-in offline Dixa, which needs no token."`
	URL      string `name:"url" placeholder:"URL" help:"Connect to a hosted server, such as https://mcp.example.com/mcp, with an agent's key."`
	Write    bool   `help:"Change the client's file, after showing the change. Everything else in the file stays, and a copy of the old one is kept."`
	File     string `placeholder:"FILE" help:"File to change instead of the client's default, such as one of a project."`
	Yes      bool   `help:"Change the file without asking."`
	Link     bool   `help:"Print a link that installs the server when it is opened (VS Code, Cursor)."`
	fileFlag `embed:""`
}

// clientNames gives the parser the names of the clients.
func clientNames() kong.Vars {
	var names []string
	for _, c := range clients.Configurable() {
		names = append(names, c.Name)
	}
	last := len(names) - 1
	return kong.Vars{"clients": strings.Join(names, ","), "clientList": strings.Join(names[:last], ", ") + " or " + names[last]}
}

// configured is what a client needs to connect, and what its user must know.
type configured struct {
	client   clients.Client
	edits    []clients.Edit
	notes    []string
	warnings []string
}

// Run prints the snippet on standard output, and where to put it on standard error. With --write it changes the file.
func (c *configCmd) Run(ctx context.Context, out *output) error {
	client, ok := clients.ByName(c.Client)
	if !ok {
		return usagef("there is no client %q", c.Client) // the parser has refused it before
	}
	switch {
	case c.Link && c.Write:
		return usagef("--link and --write cannot be combined")
	case (c.File != "" || c.Yes) && !c.Write:
		return usagef("--file and --yes require --write")
	}
	with, err := c.configure(client)
	if err != nil {
		return err
	}
	switch {
	case c.Link:
		err = c.link(out, with)
	case c.Write:
		err = c.write(ctx, out, with)
	default:
		err = c.print(out, with)
	}
	if err != nil {
		return err
	}
	for _, text := range append(with.notes, with.warnings...) {
		fmt.Fprintln(os.Stderr, text)
	}
	return nil
}

// configure returns the edits of the client's file.
func (c *configCmd) configure(client clients.Client) (*configured, error) {
	if c.URL != "" {
		return c.remote(client)
	}
	if client.Stdio == nil {
		return nil, usagef("%s starts no programs: host a server (dixa-mcp serve --http) and give its address with --url", client.Title)
	}
	l, agent, err := c.launch(client)
	if err != nil {
		return nil, err
	}
	with := &configured{client: client, edits: client.Start(l, !c.Offline)}
	if asked := agent.AskedAtClient(); len(asked) > 0 && client.Asks != clients.Yes {
		with.warnings = append(with.warnings, silentClient(client, agent.Name, asked))
	}
	if !c.Offline && !client.Stdio.Prompts {
		with.notes = append(with.notes, "Store the token with dixa-mcp login, or set DIXA_API_TOKEN_FILE in the snippet to a file that holds only the token. To try it without a token, add --offline.")
		if c.untrusted() {
			with.notes = append(with.notes, fmt.Sprintf("Run dixa-mcp trust %s, so that this capability file may use the stored token.", c.Capabilities))
		}
	}
	return with, nil
}

// silentClient warns of calls that need a question which the client cannot ask, or may not be able to.
func silentClient(client clients.Client, agent string, asked []string) string {
	names := strings.Join(asked, ", ")
	if client.Asks == clients.No {
		return fmt.Sprintf("Warning: %s cannot ask its user, so that calls which wait for confirm: client are refused for agent %s: %s. Use confirm: approver, or another client.", client.Title, agent, names)
	}
	return fmt.Sprintf("Warning: whether %s can ask its user is not documented. If it cannot, calls that wait for confirm: client are refused for agent %s: %s.", client.Title, agent, names)
}

// print prints the snippet, and where to put it.
func (c *configCmd) print(out *output, with *configured) error {
	if with.client.Format == "" {
		return c.printSteps(out, with.client)
	}
	snippet, err := merge.Apply(with.client.Format, nil, with.edits)
	if err != nil {
		return err
	}
	if _, err := out.Write(snippet); err != nil {
		return err
	}
	if where := with.client.Where; where != "" {
		fmt.Fprintf(os.Stderr, "\nPaste this in %s, and restart the client if it shows no tools.\n", where)
		return nil
	}
	path := with.client.File(thisSystem())
	if with.client.Project {
		path += " of the project"
	}
	fmt.Fprintf(os.Stderr, "\nMerge this into %s and restart the client, or run this again with --write.\n", path)
	return nil
}

// thisSystem decides where clients keep their files.
func thisSystem() clients.System {
	home, _ := os.UserHomeDir() // a path below it is refused when it is written
	return clients.System{OS: runtime.GOOS, Home: home, Getenv: os.Getenv, Exists: func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}}
}

// launch checks that the agent can be served, and returns the command for it.
func (c *configCmd) launch(client clients.Client) (clients.Launch, *capability.Agent, error) {
	rules, _, err := c.load()
	if err != nil {
		return clients.Launch{}, nil, err
	}
	agent, err := agentOverStdio(rules, c.Agent)
	if err != nil {
		return clients.Launch{}, nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return clients.Launch{}, nil, fmt.Errorf("the path of this program is not known: %w", err)
	}
	if strings.Contains(self, "go-build") {
		fmt.Fprintln(os.Stderr, "Note: this program was started with go run, which deletes it afterwards. Build it first with make build.")
	}
	l := clients.Launch{Command: self, Args: []string{"serve", "--agent", agent.Name}}
	if c.Capabilities != "" {
		path, err := filepath.Abs(c.Capabilities)
		if err != nil {
			return clients.Launch{}, nil, err
		}
		l.Args = append(l.Args, "--capabilities", path)
	}
	if c.Offline {
		l.Args = append(l.Args, "--offline")
	} else if !client.Stdio.Prompts {
		if l.Env, err = stored(); err != nil {
			return clients.Launch{}, nil, err
		}
	}
	return l, agent, nil
}

// stored returns the environment with which the program uses the token that dixa-mcp login stores.
func stored() (clients.Object, error) {
	dir, err := credential.UserDir()
	if err != nil {
		return nil, err
	}
	env := clients.Object{{Key: "DIXA_API_TOKEN_FILE", Value: dir.TokenPath()}}
	if xdg := os.Getenv("XDG_CONFIG_HOME"); xdg != "" { // a client may be started without it
		env = append(env, clients.Field{Key: "XDG_CONFIG_HOME", Value: xdg})
	}
	return env, nil
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
