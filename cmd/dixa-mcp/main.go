// Command dixa-mcp gives AI agents the Dixa customer-service API as MCP tools: each agent exactly what a capability
// file grants it, within Dixa's limits, and with a record of every call.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type cli struct {
	Serve     serveCmd     `cmd:"" help:"Serve an agent to the MCP client that starts this, or many agents over HTTP."`
	Config    configCmd    `cmd:"" help:"Print the snippet that connects an MCP client."`
	Tools     toolsCmd     `cmd:"" help:"List tools: those of an agent and why it has them, or all."`
	Call      callCmd      `cmd:"" help:"Call one tool as an agent, without a model."`
	Check     checkCmd     `cmd:"" help:"Check a capability file, and say which one is in force."`
	Explain   explainCmd   `cmd:"" help:"Say what would become of a call: granted or refused by which line, and what would be sent."`
	Diff      diffCmd      `cmd:"" help:"Say who gains and who loses what between two capability files."`
	Doctor    doctorCmd    `cmd:"" help:"Look at the token, the capability file, the clock and the folders."`
	Audit     auditCmd     `cmd:"" help:"Read the records of calls."`
	Approvals approvalsCmd `cmd:"" help:"Decide about calls that wait for a person's yes."`
	Key       keyCmd       `cmd:"" help:"Make keys."`
	Freeze    freezeCmd    `cmd:"" help:"Stop an agent, or all, at once."`
	Thaw      thawCmd      `cmd:"" help:"Let a frozen agent act again."`
	Offline   offlineCmd   `cmd:"" help:"Run the offline Dixa on a port, for several commands to share."`
	Export    exportCmd    `cmd:"" help:"Write conversations or messages to a file; for people, no capability file is asked."`
	Demo      demoCmd      `cmd:"" help:"Play a short session of an agent against the offline Dixa."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "dixa-mcp:", err)
		os.Exit(1)
	}
}

// run does what the arguments say. Without any it prints the help.
func run(ctx context.Context, args []string) error {
	var commands any = new(cli)
	if len(args) > 0 && args[0] == "serve" { // a client waits for this one: the others' flags take longer than its start
		commands = new(struct {
			Serve serveCmd `cmd:"" help:"Serve an agent to the MCP client that starts this, or many agents over HTTP."`
		})
	}
	parser, err := kong.New(commands,
		kong.Name("dixa-mcp"),
		kong.Description("Dixa for AI agents, over MCP. Without a token, add --offline to try everything on a built-in Dixa."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return parsed.Run()
}
