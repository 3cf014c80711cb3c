package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"dixa-mcp/internal/admin"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
)

type approvalsCmd struct {
	List    approvalsListCmd    `cmd:"" help:"List the calls that wait."`
	Show    approvalsShowCmd    `cmd:"" help:"Show a call with the whole text that would be sent."`
	Approve approvalsApproveCmd `cmd:"" help:"Say yes. Nothing is sent by that: the agent's next identical call is carried out, once."`
	Deny    approvalsDenyCmd    `cmd:"" help:"Say no. The text is deleted."`
}

// approverFlags say who decides, and about whose calls. All that is here needs a key: it is customers' correspondence.
type approverFlags struct {
	KeyFile     string `required:"" placeholder:"FILE" env:"DIXA_MCP_APPROVER_KEY_FILE" help:"File that holds your key and nothing else."`
	fileFlag    `embed:""`
	recordFlags `embed:""`
	redisFlag   `embed:""`
}

type approvalsListCmd struct {
	All           bool `help:"Also those that were decided or expired, of the last week."`
	approverFlags `embed:""`
}

type approvalsShowCmd struct {
	Number        string `arg:"" help:"The number, such as A-7K2Q."`
	approverFlags `embed:""`
}

type approvalsApproveCmd struct {
	Number        string `arg:"" help:"The number, such as A-7K2Q."`
	Reason        string `placeholder:"TEXT" help:"Why; kept with the decision."`
	approverFlags `embed:""`
}

type approvalsDenyCmd struct {
	Number        string `arg:"" help:"The number, such as A-7K2Q."`
	Reason        string `placeholder:"TEXT" help:"Why; kept with the decision, and the agent is told."`
	approverFlags `embed:""`
}

// Run lists calls, the oldest first.
func (c *approvalsListCmd) Run(ctx context.Context) error {
	d, err := c.desk(ctx, os.Stdout)
	if err != nil {
		return err
	}
	defer d.close()
	return d.list(ctx, c.All)
}

// Run shows a call.
func (c *approvalsShowCmd) Run(ctx context.Context) error {
	d, err := c.desk(ctx, os.Stdout)
	if err != nil {
		return err
	}
	defer d.close()
	r, err := d.Get(ctx, c.Number)
	if err != nil {
		return err
	}
	d.print(r)
	return nil
}

// Run approves a call.
func (c *approvalsApproveCmd) Run(ctx context.Context) error {
	return c.decide(ctx, os.Stdout, c.Number, true, c.Reason)
}

// Run denies a call.
func (c *approvalsDenyCmd) Run(ctx context.Context) error {
	return c.decide(ctx, os.Stdout, c.Number, false, c.Reason)
}

// approvals is the store of the state folder.
func (f reachFlags) approvals() (store *approval.Dir, path string, err error) {
	state, err := f.stateDir()
	path = filepath.Join(state, "approvals")
	return approval.NewDir(path, time.Now), path, err
}

// desk is where an approver sits, with something to print on.
type desk struct {
	*admin.Desk
	close func() // of its store
	out   io.Writer
	zone  *time.Location
}

// desk lets in whoever has an approver's key.
func (f approverFlags) desk(ctx context.Context, out io.Writer) (*desk, error) {
	rules, where, err := f.load()
	if err != nil {
		return nil, err
	}
	if len(rules.ApproverNames()) == 0 {
		return nil, fmt.Errorf("nobody may approve: there is nobody under approvers in the capability file (%s)", where)
	}
	key, err := os.ReadFile(f.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("--key-file: %w", err)
	}
	d, ok := admin.Sit(rules, bytes.TrimSpace(key), nil)
	if !ok {
		return nil, fmt.Errorf("the key in %s belongs to nobody under approvers in the capability file (%s)", f.KeyFile, where)
	}
	store, release, err := f.store(ctx)
	if err != nil {
		return nil, err
	}
	d.Store = store
	return &desk{d, release, out, time.Local}, nil
}

// store is the one that the servers share, or that of the state folder.
func (f approverFlags) store(ctx context.Context) (store approval.Store, release func(), err error) {
	group, err := f.connect(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	if group != nil {
		return group.Approvals(), group.Close, nil
	}
	dir, path, err := reachFlags{State: f.State}.approvals()
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, nil, fmt.Errorf("no call was ever put aside in %s; --state must be the same as the server's, or --redis where it has one", filepath.Dir(path))
	}
	return dir, func() {}, nil
}

func (d *desk) list(ctx context.Context, all bool) error {
	states := []approval.State{approval.Pending}
	if all {
		states = nil
	}
	list, problem := d.Store.List(ctx, states...)
	if len(list) == 0 && problem == nil {
		fmt.Fprintln(d.out, "No call waits.")
		return nil
	}
	w := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NUMBER\tSTATE\tAGENT\tTOOL\tLEVEL\tCONVERSATION\tASKED\tUNTIL")
	for _, r := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Number, r.State, r.Agent, r.Tool, r.Level, conversation(r), d.time(r.Created), d.time(r.Expires))
	}
	return errors.Join(w.Flush(), problem)
}

func (f approverFlags) decide(ctx context.Context, out io.Writer, number string, approve bool, reason string) error {
	d, err := f.desk(ctx, out)
	if err != nil {
		return err
	}
	defer d.close()
	r, err := d.Get(ctx, number)
	if err != nil {
		return err
	}
	if err := d.May(r); err != nil {
		return err
	}
	if r.State != approval.Pending {
		was, err := d.Decide(ctx, nil, r, approve, reason)
		if err == nil {
			fmt.Fprintf(d.out, "%s\nNothing was changed.\n", d.decision(was))
		}
		return err
	}
	d.print(r)
	dir, err := reachFlags{State: f.State, Audit: f.Audit}.auditDir()
	if err != nil {
		return err
	}
	log, err := audit.Open(audit.Options{Dir: dir, Start: audit.Record{FileDigest: d.Rules.Digest()}})
	if err != nil {
		return fmt.Errorf("nothing was decided, because it could not be recorded: %w", err)
	}
	r, err = d.Decide(ctx, log, r, approve, reason)
	if err != nil {
		return errors.Join(err, log.Close())
	}
	if !approve {
		fmt.Fprintf(d.out, "\nDenied by %s. The text was deleted.\n", d.Who.Name)
		return log.Close()
	}
	fmt.Fprintf(d.out, "\nApproved by %s. Nothing was sent: the next identical call of %s is carried out, once, until %s, unless the conversation gets a message before.\n", d.Who.Name, r.Agent, d.time(r.Expires))
	return log.Close()
}
