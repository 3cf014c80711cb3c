// Command dixa-mcp serves the Dixa customer-service API to AI agents as MCP tools. Each agent gets exactly what a
// capability file grants it, within Dixa's limits and with a record of every call.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"

	"dixa-mcp/internal/base/safetext"
)

// cli has the commands in the order and under the headings of the help.
type cli struct {
	Demo   demoCmd   `cmd:"" group:"Start" help:"Play a short session of an agent against the offline Dixa."`
	Login  loginCmd  `cmd:"" group:"Start" help:"Verify a Dixa API token and store it for this user."`
	Logout logoutCmd `cmd:"" group:"Start" help:"Delete the stored token."`
	Trust  trustCmd  `cmd:"" group:"Start" help:"Let a capability file outside the configuration directory use the stored token."`
	Config configCmd `cmd:"" group:"Start" help:"Print the snippet that connects an MCP client, or write it to the client's file."`
	Doctor doctorCmd `cmd:"" group:"Start" help:"Check the token, capability file, clock and directories."`

	Serve   serveCmd   `cmd:"" group:"Serve" help:"Serve one agent over stdin and stdout to the MCP client that starts this program, or many agents over HTTP."`
	Console consoleCmd `cmd:"" group:"Serve" help:"Serve the web console on this machine: what waits for approval, what agents may do, and how the server is."`
	Offline offlineCmd `cmd:"" group:"Serve" help:"Run the offline Dixa on a port, for several commands to share."`

	Check   checkCmd   `cmd:"" group:"Rules and tools" help:"Check a capability file, and show which one is in force."`
	Explain explainCmd `cmd:"" group:"Rules and tools" help:"Explain a call without making it: whether it is granted, by which line, and what would be sent."`
	Diff    diffCmd    `cmd:"" group:"Rules and tools" help:"Compare two capability files: who gains and who loses what."`
	Tools   toolsCmd   `cmd:"" group:"Rules and tools" help:"List all tools, or those of an agent with the line that grants each."`
	Call    callCmd    `cmd:"" group:"Rules and tools" help:"Call one tool as an agent, without a model."`

	Approvals approvalsCmd `cmd:"" group:"Agents and people" help:"List, approve and deny calls that wait for approval."`
	Freeze    freezeCmd    `cmd:"" group:"Agents and people" help:"Freeze an agent, or all agents: their calls are refused at once."`
	Thaw      thawCmd      `cmd:"" group:"Agents and people" help:"End the freeze of an agent, or of all agents."`
	Key       keyCmd       `cmd:"" group:"Agents and people" help:"Make, list and revoke keys of agents, people and the admin port."`
	Sessions  sessionsCmd  `cmd:"" group:"Agents and people" help:"List the people who are signed in, and end sign-ins."`

	Audit   auditCmd   `cmd:"" group:"Records and state" help:"Print, verify and prune the records of calls."`
	Backup  backupCmd  `cmd:"" group:"Records and state" help:"Copy the state directory, also while servers use it."`
	Privacy privacyCmd `cmd:"" group:"Records and state" help:"Report or erase what dixa-mcp itself keeps of a customer."`

	Archive  archiveCmd  `cmd:"" group:"Conversations and events" help:"Keep a local copy of conversations and messages, and search it. For people: the capability file does not apply."`
	Report   reportCmd   `cmd:"" group:"Conversations and events" help:"Report on the conversations of a period from the archive: counts, times to the first answer and to closing, by queue, tag, day and so on. For people: the capability file does not apply."`
	Export   exportCmd   `cmd:"" group:"Conversations and events" help:"Export conversations or messages to a file. For people: the capability file does not apply."`
	Webhooks webhooksCmd `cmd:"" group:"Conversations and events" help:"Have Dixa send what happens to a server that runs with --webhooks. For people: the capability file does not apply."`
	Events   eventsCmd   `cmd:"" group:"Conversations and events" help:"Read the inbox of events, and follow it as an agent."`

	Drift      driftCmd      `cmd:"" group:"This program" help:"Compare Dixa's OpenAPI document with what this program was built for, and print what to do."`
	Completion completionCmd `cmd:"" group:"This program" help:"Print the script that completes commands in bash, zsh or fish."`
	Version    versionCmd    `cmd:"" group:"This program" help:"Print the version."`

	Complete completeCmd `cmd:"" name:"__complete" hidden:""`

	ShowVersion versionFlag `name:"version" help:"Print the version."`
}

func main() {
	forgetUnfilled()
	signal.Ignore(syscall.SIGPIPE) // a write to a closed pipe is an error instead, so that everything is closed properly
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	out := standardOutput()
	err := out.failed(run(ctx, os.Args[1:], out))
	code := exitCode(ctx, err)
	stop()
	switch {
	case code == exitInterrupted && errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "dixa-mcp: interrupted")
	case err != nil && !errors.Is(err, errReaderGone):
		fmt.Fprintln(os.Stderr, "dixa-mcp:", safetext.Lines(err.Error()))
	}
	os.Exit(code)
}

// run runs the command in the arguments. Without arguments it prints the help, as with --help and help.
func run(ctx context.Context, args []string, out *output) error {
	var commands any = new(cli)
	if len(args) > 0 && args[0] == "serve" { // a client waits for this command, and parsing all commands' flags would take longer than its start
		commands = new(struct {
			Serve serveCmd `cmd:"" help:"Serve one agent over stdin and stdout to the MCP client that starts this program, or many agents over HTTP."`
		})
	}
	done := false // by a flag such as --help, after which nothing is left to run
	parser, err := newParser(commands, ctx, out, func(int) { done = true })
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		args = []string{"--help"}
	case args[0] == "help":
		args = append(slices.Clone(args[1:]), "--help")
	}
	parsed, err := parser.Parse(args)
	switch {
	case done:
		return nil
	case out.err != nil:
		return nil // [output.failed] reports it
	case err != nil:
		return commandLineError(err)
	}
	return parsed.Run()
}

// newParser makes the parser of a grammar.
func newParser(grammar any, ctx context.Context, out *output, exit func(int)) (*kong.Kong, error) {
	return kong.New(grammar,
		kong.Name("dixa-mcp"),
		kong.Description("An MCP server that gives AI agents access to Dixa. To try it without a token, add --offline, which uses a built-in Dixa."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		clientNames(),
		kong.Help(func(options kong.HelpOptions, k *kong.Context) error {
			if f, ok := out.to.(*os.File); ok {
				k.Stdout = f // so that help is as wide as the terminal
			}
			tidyHelp(k)
			out.err = kong.DefaultHelpPrinter(options, k)
			return out.err
		}),
		kong.Writers(out, os.Stderr),
		kong.Exit(exit),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(out),
	)
}
