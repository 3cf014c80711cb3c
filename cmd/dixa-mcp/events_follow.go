package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"time"

	"dixa-mcp/internal/base/atomicfile"
	"dixa-mcp/internal/base/pause"
	"dixa-mcp/internal/events/follow"
	"dixa-mcp/internal/gate"
)

type eventsFollowCmd struct {
	Agent       string        `required:"" placeholder:"NAME" env:"DIXA_MCP_AGENT" help:"Agent whose events are followed, which needs list_events. What it may not see is not there."`
	Type        []string      `placeholder:"TYPE" help:"Only events of this type, such as ConversationMessageAdded; can be repeated."`
	From        string        `enum:"now,oldest" default:"now" help:"Where to begin without a --cursor file: now, or oldest for all that are kept."`
	Cursor      string        `placeholder:"FILE" help:"Go on where the last run ended, as this file says, and keep the position there. Each event then comes at least once."`
	Exec        bool          `help:"Run the program that follows for each event, without a shell. It reads the event from its standard input. If it fails it is run again, up to 5 times."`
	ExecTimeout time.Duration `default:"5m" help:"Maximum duration of one run."`
	Server      string        `placeholder:"URL" help:"With --exec: server that the program calls, such as http://127.0.0.1:8080, with the same state directory or Redis. Each run gets its address in MCP_SERVER_URL, and in MCP_SERVER_KEY a key of the agent for which only the event's conversation exists, valid until the run ends."`
	Dead        string        `placeholder:"FILE" help:"With --exec: file to which events are appended, without texts, for which the program failed each time. By default the file of --cursor with .dead."`
	Command     []string      `arg:"" optional:"" passthrough:"" name:"cmd" help:"With --exec: the program and its arguments."`
	dixaFlags   `embed:""`
}

// execAttempts is how often a program is run for one event.
const execAttempts = 5

// Run follows events as the agent.
func (c *eventsFollowCmd) Run(ctx context.Context, out *output) error {
	if err := c.valid(); err != nil {
		return err
	}
	c.Events = cmp.Or(c.Events, eventsInbox)
	s, err := c.assemble(ctx, replicaName(), nil)
	if err != nil {
		return err
	}
	defer s.Close()
	agent, err := agentOf(s.rules, c.Agent)
	if err != nil {
		return err
	}
	defer c.watch(ctx, s.gate, slog.Default())()
	cursor, err := c.begin(ctx, s.gate, agent.Name)
	if err != nil {
		return err
	}
	f := follow.Follower{
		List: func(ctx context.Context, cursor string) (follow.Batch, error) {
			return c.list(ctx, s.gate, agent.Name, cursor)
		},
		Await:    func(ctx context.Context, cursor string) error { return s.gate.AwaitEvents(ctx, cursor, 0) },
		Hand:     func(_ context.Context, event json.RawMessage) error { return printEvent(out, event) },
		Keep:     func(cursor string) error { return c.keep(agent.Name, cursor) },
		Bury:     c.bury,
		Attempts: execAttempts,
		Pause:    pause.For,
		Now:      time.Now,
		Log:      slog.Warn,
	}
	if c.Exec {
		run := follow.Command{Args: c.Command, Timeout: c.ExecTimeout, Env: os.Environ(), Stdout: out, Stderr: os.Stderr}
		if c.Server != "" {
			if run.Grant, err = c.grant(s, agent.Name); err != nil {
				return err
			}
		}
		f.Hand = run.Run
	}
	return f.Run(ctx, cursor)
}

func (c *eventsFollowCmd) valid() error {
	switch {
	case c.Exec && len(c.Command) == 0:
		return usagef("--exec requires a program after it, such as --exec ./handle-event")
	case !c.Exec && len(c.Command) > 0:
		return usagef("unexpected argument %q; to run a program for each event, put --exec before it", c.Command[0])
	case c.ExecTimeout <= 0:
		return usagef("--exec-timeout must be greater than 0, not %s", c.ExecTimeout)
	case c.Server != "" && !c.Exec:
		return usagef("--server requires --exec")
	case c.Dead != "" && !c.Exec:
		return usagef("--dead requires --exec")
	case c.Exec && c.Dead == "" && c.Cursor == "":
		return usagef("--exec requires --cursor FILE, so that no event is lost or handled twice after a restart")
	}
	if c.Exec {
		path, err := exec.LookPath(c.Command[0])
		if err != nil {
			return notFoundf("--exec: %w", err)
		}
		c.Command[0] = path
	}
	return nil
}

// followed is what the file of --cursor holds.
type followed struct {
	Agent  string `json:"agent"`
	Cursor string `json:"cursor"`
}

// begin returns where to begin, and keeps it if it is new.
func (c *eventsFollowCmd) begin(ctx context.Context, g *gate.Gate, agent string) (string, error) {
	if c.Cursor != "" {
		text, err := os.ReadFile(c.Cursor)
		var at followed
		if err == nil {
			err = json.Unmarshal(text, &at)
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return "", fmt.Errorf("--cursor: %s cannot be used: %w; delete it to begin now", c.Cursor, err)
		case at.Agent != agent:
			return "", usagef("--cursor: %s is that of agent %s, not %s", c.Cursor, at.Agent, agent)
		default:
			return at.Cursor, nil
		}
	}
	since := ""
	if c.From == "now" {
		since = "now"
	}
	first, err := c.ask(ctx, g, agent, map[string]any{"since": since, "limit": 1, "types": []string{"TypingStarted"}}, false) // of which no agent sees any
	if err != nil {
		return "", err
	}
	if c.From == "oldest" {
		return "", nil
	}
	return first.Cursor, c.keep(agent, first.Cursor)
}

// ask calls list_events as the agent. A call that the capability file refuses cannot succeed later.
func (c *eventsFollowCmd) ask(ctx context.Context, g *gate.Gate, agent string, arguments map[string]any, goesOn bool) (gate.Happened, error) {
	text, err := json.Marshal(arguments)
	if err != nil {
		return gate.Happened{}, err
	}
	found, answer := g.ListEvents(ctx, gate.Request{Agent: agent, Arguments: text, GoesOn: goesOn})
	switch {
	case answer.Failed && answer.Invalid:
		return found, &exitError{exitUsage, fmt.Errorf("%w: %s", follow.ErrFinal, answer.Text)}
	case answer.Failed:
		err := errors.New(answer.Text)
		if who, unknown := g.Rules().Agent(agent); unknown != nil || !who.Sees("list_events") {
			err = &exitError{exitRefused, fmt.Errorf("%w: %s", follow.ErrFinal, answer.Text)}
		}
		return found, err
	}
	return found, nil
}

// list returns the events behind a cursor. Where a program is run they come one by one, so that the cursor is kept after each.
func (c *eventsFollowCmd) list(ctx context.Context, g *gate.Gate, agent, cursor string) (b follow.Batch, err error) {
	arguments := map[string]any{"limit": 25}
	if c.Exec {
		arguments["limit"] = 1
	}
	if cursor != "" {
		arguments["since"] = cursor
	}
	if len(c.Type) > 0 {
		arguments["types"] = c.Type
	}
	a, err := c.ask(ctx, g, agent, arguments, cursor != "")
	if a.Truncated && cursor != "" {
		slog.Warn("events were removed before they were followed", "agent", agent)
	}
	return follow.Batch{Events: a.Events, Cursor: a.Cursor}, err
}

func printEvent(out *output, event json.RawMessage) error {
	_, _ = out.Write(append(slices.Clone(event), '\n'))
	if out.err != nil {
		return fmt.Errorf("%w: %w", follow.ErrFinal, out.err)
	}
	return nil
}

// keep writes the position to the file of --cursor.
func (c *eventsFollowCmd) keep(agent, cursor string) error {
	if c.Cursor == "" {
		return nil
	}
	text, err := json.Marshal(followed{agent, cursor})
	if err != nil {
		return err
	}
	return atomicfile.Write(c.Cursor, append(text, '\n'))
}

// bury appends a dead letter to its file.
func (c *eventsFollowCmd) bury(d follow.Dead) (err error) {
	path := c.Dead
	if path == "" {
		path = c.Cursor + ".dead"
	}
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("an event for which the program failed could not be noted, so that it comes again: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err = file.Write(append(text, '\n')); err != nil {
		return err
	}
	return file.Sync()
}
