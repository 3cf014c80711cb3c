package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/freeze"
)

func whoami() string {
	u, err := user.Current()
	if err != nil {
		return "unknown"
	}
	return u.Username
}

type freezeCmd struct {
	Agent     string `placeholder:"NAME" help:"Only this agent; by default all."`
	Reason    string `help:"What the agent is told."`
	freezeDir `embed:""`
}

type thawCmd struct {
	Agent     string `placeholder:"NAME" help:"Only this agent; by default what was frozen for all."`
	freezeDir `embed:""`
}

// freezeDir is where marks and records are.
type freezeDir struct {
	fileFlag  `embed:""`
	State     string `placeholder:"DIR" env:"DIXA_MCP_STATE" help:"Folder of what must survive a restart; the same as the server's."`
	Audit     string `placeholder:"DIR" env:"DIXA_MCP_AUDIT" help:"Folder of the records of calls, by default audit in the state folder."`
	redisFlag `embed:""`
}

// marksAt are marks and where they are.
type marksAt struct {
	freeze.Store
	name  string // "the state folder /var/lib/dixa-mcp"
	close func()
}

// Run stops an agent, or all, in every process that uses this state folder.
func (c *freezeCmd) Run(ctx context.Context) error {
	return c.change(ctx, c.Agent, audit.EventFreeze, "froze", func(marks marksAt, name string) error {
		return marks.Set(ctx, name, freeze.Mark{By: whoami(), At: time.Now().UTC(), Reason: c.Reason})
	})
}

// Run undoes a freeze.
func (c *thawCmd) Run(ctx context.Context) error {
	return c.change(ctx, c.Agent, audit.EventThaw, "thawed", func(marks marksAt, name string) error {
		was, err := marks.Remove(ctx, name)
		if err == nil && !was {
			return fmt.Errorf("%s is not frozen in %s", freeze.Label(name), marks.name)
		}
		return err
	})
}

// change marks or unmarks an agent, and records who did it.
func (d freezeDir) change(ctx context.Context, agent string, event audit.Event, did string, do func(marksAt, string) error) error {
	name := freeze.Everyone
	if agent != "" {
		if agent == freeze.Everyone || !freeze.CanBeMarked(agent) {
			return fmt.Errorf("%.80q is no name of an agent", agent)
		}
		if rules, _, err := d.load(); err != nil { // a broken file must not keep anybody from stopping an agent
			fmt.Fprintf(os.Stderr, "the capability file cannot be read, so whether it has an agent %s is not known\n", agent)
		} else if _, err := rules.Agent(agent); err != nil && event == audit.EventFreeze { // an old mark can always go
			return err
		}
		name = agent
	}
	marks, err := d.place(ctx)
	if err != nil {
		return err
	}
	defer marks.close()
	if err := do(marks, name); err != nil {
		return err
	}
	fmt.Printf("%s %s, for every server with %s\n", did, freeze.Label(name), marks.name)
	dir, err := reachFlags{State: d.State, Audit: d.Audit}.auditDir()
	if err != nil {
		return err
	}
	log, err := audit.Open(audit.Options{Dir: dir})
	if err != nil {
		return fmt.Errorf("it is done, but could not be recorded: %w", err)
	}
	text := fmt.Sprintf("%s %s %s", whoami(), did, freeze.Label(name))
	return errors.Join(log.Write(ctx, audit.Record{Event: event, Agent: agent, Text: text}), log.Close())
}

// place is the Redis that the servers share, or the state folder.
func (d freezeDir) place(ctx context.Context) (marksAt, error) {
	group, err := d.connect(ctx, "")
	if err != nil {
		return marksAt{}, err
	}
	if group != nil {
		return marksAt{group.Freezes(), "the Redis at " + group.Addr(), group.Close}, nil
	}
	dir, err := reachFlags{State: d.State}.marks()
	return marksAt{dir, "the state folder " + filepath.Dir(string(dir)), func() {}}, err
}

// marks are those of the state folder.
func (f reachFlags) marks() (freeze.Dir, error) {
	state, err := f.stateDir()
	return freeze.Dir(filepath.Join(state, "frozen")), err
}
