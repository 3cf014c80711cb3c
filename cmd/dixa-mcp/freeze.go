package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"dixa-mcp/internal/audit"
)

// everyAgent is the name of the mark that stops all agents; no agent can be called so, also where the file system does
// not tell upper from lower case.
const everyAgent = "_all"

// agentName is what an agent can be called; it is also the name of a file here.
var agentName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`) })

// freezer keeps a file for each agent that is stopped, in the state folder. It is looked at before each operation, so
// a freeze holds at once, for every process on this folder.
type freezer struct{ dir string }

// freeze is what such a file says.
type freeze struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitzero"`
}

// frozen tells whether an agent is stopped. What cannot be read stops, too.
func (f freezer) frozen(agent string) (reason string, frozen bool) {
	for _, name := range []string{everyAgent, agent} {
		b, err := os.ReadFile(f.path(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var mark freeze
		if err == nil {
			err = json.Unmarshal(b, &mark)
		}
		if err != nil {
			return "the mark in the state folder cannot be read", true
		}
		return mark.Reason, true
	}
	return "", false
}

func (f freezer) path(name string) string { return filepath.Join(f.dir, name+".json") }

// set writes the mark, whole or not at all.
func (f freezer) set(name, reason string) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	b, err := json.Marshal(freeze{By: whoami(), At: time.Now().UTC(), Reason: reason})
	if err != nil {
		return err
	}
	part := f.path(name) + ".part"
	if err := os.WriteFile(part, b, 0o600); err != nil {
		return err
	}
	return os.Rename(part, f.path(name))
}

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
	fileFlag `embed:""`
	State    string `placeholder:"DIR" env:"DIXA_MCP_STATE" help:"Folder of what must survive a restart; the same as the server's."`
	Audit    string `placeholder:"DIR" env:"DIXA_MCP_AUDIT" help:"Folder of the records of calls, by default audit in the state folder."`
}

// Run stops an agent, or all, in every process that uses this state folder.
func (c *freezeCmd) Run(ctx context.Context) error {
	return c.change(ctx, c.Agent, audit.EventFreeze, "froze", func(f freezer, name string) error { return f.set(name, c.Reason) })
}

// Run undoes a freeze.
func (c *thawCmd) Run(ctx context.Context) error {
	return c.change(ctx, c.Agent, audit.EventThaw, "thawed", func(f freezer, name string) error {
		err := os.Remove(f.path(name))
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is not frozen in %s", label(name), f.dir)
		}
		return err
	})
}

// change marks or unmarks an agent, and records who did it.
func (d freezeDir) change(ctx context.Context, agent string, event audit.Event, did string, do func(freezer, string) error) error {
	name := everyAgent
	if agent != "" {
		if !agentName().MatchString(agent) {
			return fmt.Errorf("%.80q is no name of an agent", agent)
		}
		if rules, _, err := d.load(); err != nil { // a broken file must not keep anybody from stopping an agent
			fmt.Fprintf(os.Stderr, "the capability file cannot be read, so whether it has an agent %s is not known\n", agent)
		} else if _, err := rules.Agent(agent); err != nil && event == audit.EventFreeze { // an old mark can always go
			return err
		}
		name = agent
	}
	where := reachFlags{State: d.State, Audit: d.Audit}
	f, err := where.freezer()
	if err != nil {
		return err
	}
	if err := do(f, name); err != nil {
		return err
	}
	fmt.Printf("%s %s, for every server with the state folder %s\n", did, label(name), filepath.Dir(f.dir))
	dir, err := where.auditDir()
	if err != nil {
		return err
	}
	log, err := audit.Open(audit.Options{Dir: dir})
	if err != nil {
		return fmt.Errorf("it is done, but could not be recorded: %w", err)
	}
	text := fmt.Sprintf("%s %s %s", whoami(), did, label(name))
	return errors.Join(log.Write(ctx, audit.Record{Event: event, Agent: agent, Text: text}), log.Close())
}

func label(name string) string {
	if name == everyAgent {
		return "all agents"
	}
	return "agent " + name
}

// freezer is the one of the state folder.
func (f reachFlags) freezer() (freezer, error) {
	state, err := f.stateDir()
	return freezer{filepath.Join(state, "frozen")}, err
}
