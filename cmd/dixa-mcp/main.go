// Command dixa-mcp serves the Dixa customer-service API to AI agents as MCP tools. Each agent gets exactly what a
// capability file grants it, within Dixa's limits and with a record of every call.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"dixa-mcp/internal/base/safetext"
)

type cli struct {
	Serve      serveCmd      `cmd:"" help:"Serve one agent over stdin and stdout to the MCP client that starts this program, or many agents over HTTP."`
	Login      loginCmd      `cmd:"" help:"Verify a Dixa API token and store it for this user."`
	Logout     logoutCmd     `cmd:"" help:"Delete the stored token."`
	Trust      trustCmd      `cmd:"" help:"Let a capability file outside the configuration directory use the stored token."`
	Config     configCmd     `cmd:"" help:"Print the snippet that connects an MCP client, or write it to the client's file."`
	Tools      toolsCmd      `cmd:"" help:"List all tools, or those of an agent with the line that grants each."`
	Call       callCmd       `cmd:"" help:"Call one tool as an agent, without a model."`
	Check      checkCmd      `cmd:"" help:"Check a capability file, and show which one is in force."`
	Explain    explainCmd    `cmd:"" help:"Explain a call without making it: whether it is granted, by which line, and what would be sent."`
	Diff       diffCmd       `cmd:"" help:"Compare two capability files: who gains and who loses what."`
	Backup     backupCmd     `cmd:"" help:"Copy the state directory, also while servers use it."`
	Drift      driftCmd      `cmd:"" help:"Compare Dixa's OpenAPI document with what this program was built for, and print what to do."`
	Doctor     doctorCmd     `cmd:"" help:"Check the token, capability file, clock and directories."`
	Audit      auditCmd      `cmd:"" help:"Read the records of calls."`
	Approvals  approvalsCmd  `cmd:"" help:"List, approve and deny calls that wait for approval."`
	Console    consoleCmd    `cmd:"" help:"Serve the web console on this machine: what waits for approval, what agents may do, and how the server is."`
	Sessions   sessionsCmd   `cmd:"" help:"List the people who are signed in, and end sign-ins."`
	Key        keyCmd        `cmd:"" help:"Make keys for agents, approvers and the admin port."`
	Freeze     freezeCmd     `cmd:"" help:"Freeze an agent, or all agents: their calls are refused at once."`
	Thaw       thawCmd       `cmd:"" help:"End the freeze of an agent, or of all agents."`
	Offline    offlineCmd    `cmd:"" help:"Run the offline Dixa on a port, for several commands to share."`
	Export     exportCmd     `cmd:"" help:"Export conversations or messages to a file. For people: the capability file does not apply."`
	Archive    archiveCmd    `cmd:"" help:"Keep a local copy of conversations and messages, and search it. For people: the capability file does not apply."`
	Privacy    privacyCmd    `cmd:"" help:"Report or erase what dixa-mcp itself keeps of a customer."`
	Report     reportCmd     `cmd:"" help:"Report on the conversations of a period from the archive: counts, times to the first answer and to closing, by queue, tag, day and so on. For people: the capability file does not apply."`
	Webhooks   webhooksCmd   `cmd:"" help:"Have Dixa send what happens to a server that runs with --webhooks. For people: the capability file does not apply."`
	Events     eventsCmd     `cmd:"" help:"Read the inbox of events, and follow it as an agent."`
	Demo       demoCmd       `cmd:"" help:"Play a short session of an agent against the offline Dixa."`
	Completion completionCmd `cmd:"" help:"Print the script that completes commands in bash, zsh or fish."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
	Complete   completeCmd   `cmd:"" name:"__complete" hidden:""`

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

// run runs the command in the arguments. Without arguments it prints the help.
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
	if len(args) == 0 {
		args = []string{"--help"}
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
			out.err = kong.DefaultHelpPrinter(options, k)
			return out.err
		}),
		kong.Writers(out, os.Stderr),
		kong.Exit(exit),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(out),
	)
}
