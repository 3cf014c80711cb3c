package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
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
	Agent     *string `placeholder:"NAME" help:"Agent to freeze; by default all agents."`
	Reason    string  `placeholder:"TEXT" help:"Reason that the agent is told."`
	jsonFlag  `embed:""`
	freezeDir `embed:""`
}

type thawCmd struct {
	Agent     *string `placeholder:"NAME" help:"Agent whose freeze ends; by default the freeze of all agents."`
	jsonFlag  `embed:""`
	freezeDir `embed:""`
}

// freezeDir names the place of freezes and records.
type freezeDir struct {
	URL       string `name:"url" placeholder:"URL" env:"DIXA_MCP_ADMIN_URL" help:"Admin port of a hosted server, such as http://127.0.0.1:9090; used instead of the state directory or Redis."`
	KeyFile   string `placeholder:"FILE" env:"DIXA_MCP_ADMIN_KEY_FILE" help:"With --url: file that holds only the admin key."`
	fileFlag  `embed:""`
	State     string `placeholder:"DIR" env:"DIXA_MCP_STATE" help:"Directory for persistent state of the server, by default dixa-mcp in the user's state directory."`
	Audit     string `placeholder:"DIR" env:"DIXA_MCP_AUDIT" help:"Directory of the records of calls, by default audit in the state directory."`
	redisFlag `embed:""`
}

// changed is the result of freeze or thaw.
type changed struct {
	Did   string `json:"did"`   // froze or thawed
	Agent string `json:"agent"` // _all means all agents
	Where string `json:"where"` // such as the state directory
}

func (c changed) print(out *output, asJSON bool) error {
	if asJSON {
		return out.json(c)
	}
	out.printf("%s %s on every server that uses %s\n", c.Did, freeze.Label(c.Agent), c.Where)
	return nil
}

// Run stops an agent, or all agents, in every process that uses this state directory.
func (c *freezeCmd) Run(ctx context.Context, out *output) error {
	did, err := c.change(ctx, c.Agent, audit.EventFreeze, "froze", freezeRequest{http.MethodPut, map[string]string{"reason": c.Reason}}, func(freezes freezesAt, name string) error {
		return freezes.Set(ctx, name, freeze.Freeze{By: whoami(), At: time.Now().UTC(), Reason: c.Reason})
	})
	if did == nil {
		return err
	}
	return errors.Join(did.print(out, c.JSON), err)
}

// Run ends a freeze.
func (c *thawCmd) Run(ctx context.Context, out *output) error {
	did, err := c.change(ctx, c.Agent, audit.EventThaw, "thawed", freezeRequest{method: http.MethodDelete}, func(freezes freezesAt, name string) error {
		was, err := freezes.Remove(ctx, name)
		if err == nil && !was {
			return notThawed(ctx, freezes, name)
		}
		return err
	})
	if did == nil {
		return err
	}
	return errors.Join(did.print(out, c.JSON), err)
}

// freezeRequest is what goes to an admin port.
type freezeRequest struct {
	method string
	body   any
}

// change freezes or thaws an agent, and records who did it. It returns what was done even if the record failed.
func (d freezeDir) change(ctx context.Context, only *string, event audit.Event, did string, r freezeRequest, do func(freezesAt, string) error) (*changed, error) {
	agent, name := "", freeze.Everyone
	if only != nil { // an empty name, as of a variable that is not set, is not all agents
		if agent, name = *only, *only; agent == freeze.Everyone || !freeze.ValidName(agent) {
			return nil, usagef("--agent: %.80q is not the name of an agent; nothing was changed", agent)
		}
	}
	if d.URL != "" {
		return d.remote(ctx, agent, name, did, r)
	}
	if agent != "" {
		if rules, _, err := d.load(); err != nil { // an invalid file must not prevent a freeze
			fmt.Fprintf(os.Stderr, "Warning: the capability file cannot be read, so the name of agent %s was not checked.\n", agent)
		} else if _, err := rules.Agent(agent); err != nil && event == audit.EventFreeze { // a freeze of a removed agent can still end
			return nil, notFoundf("--agent: %w; nothing was changed", err)
		}
	}
	freezes, err := d.place(ctx)
	if err != nil {
		return nil, err
	}
	defer freezes.close()
	if err := do(freezes, name); err != nil {
		return nil, err
	}
	done := &changed{did, name, freezes.name}
	text := fmt.Sprintf("%s %s %s", whoami(), did, freeze.Label(name))
	return done, reachFlags{State: d.State, Audit: d.Audit}.recordDone(ctx, audit.Record{Event: event, Agent: agent, Text: text})
}

// remote freezes or thaws an agent at the admin port of a server, which keeps the record.
func (d freezeDir) remote(ctx context.Context, agent, name, did string, r freezeRequest) (*changed, error) {
	if d.KeyFile == "" {
		return nil, usagef("--url requires --key-file FILE (or DIXA_MCP_ADMIN_KEY_FILE) with the admin key; nothing was changed")
	}
	key, err := readKey("--key-file", d.KeyFile)
	if err != nil {
		return nil, err
	}
	port, err := newAdminClient(d.URL, key)
	if err != nil {
		return nil, err
	}
	defer port.http.CloseIdleConnections()
	path := "/freezes"
	if agent != "" {
		path += "/" + agent
	}
	if err := port.do(ctx, r.method, path, r.body, nil); err != nil {
		return nil, err
	}
	return &changed{did, name, "the state of the server at " + port.base}, nil
}

// notThawed returns the error for a freeze that does not exist, with the freezes that do.
func notThawed(ctx context.Context, freezes freezesAt, name string) error {
	there := ""
	if all, err := freezes.List(ctx); err == nil && len(all) > 0 {
		var labels []string
		for _, other := range slices.Sorted(maps.Keys(all)) {
			labels = append(labels, freeze.Label(other))
		}
		there = "; frozen: " + strings.Join(labels, ", ")
	}
	return notFoundf("there is no freeze of %s in %s; nothing was changed%s", freeze.Label(name), freezes.name, there)
}

// freezesAt is a store of freezes, with its name.
type freezesAt struct {
	freeze.Store
	name  string // "the state directory /var/lib/dixa-mcp"
	close func()
}

// place opens the Redis that the servers share, or the state directory.
func (d freezeDir) place(ctx context.Context) (freezesAt, error) {
	group, err := d.connect(ctx, "")
	if err != nil {
		return freezesAt{}, err
	}
	if group != nil {
		return freezesAt{group.Freezes(), "the Redis at " + group.Addr(), group.Close}, nil
	}
	dir, err := reachFlags{State: d.State}.frozenDir()
	return freezesAt{dir, "the state directory " + filepath.Dir(string(dir)), func() {}}, err
}

// frozenDir returns the freezes of the state directory.
func (f reachFlags) frozenDir() (freeze.Dir, error) {
	state, err := f.stateDir()
	return freeze.Dir(filepath.Join(state, "frozen")), err
}
