package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/audit"
)

type approvalsCmd struct {
	List    approvalsListCmd    `cmd:"" help:"List the calls that wait for approval."`
	Show    approvalsShowCmd    `cmd:"" help:"Show a call, with the whole text that would be sent."`
	Approve approvalsApproveCmd `cmd:"" help:"Approve a call. This sends nothing: the agent's next identical call is carried out, once."`
	Deny    approvalsDenyCmd    `cmd:"" help:"Deny a call. The text is deleted."`
}

// approverFlags identify the approver, and the store of waiting calls. Every approvals command needs a key, since it shows
// customers' correspondence.
type approverFlags struct {
	KeyFile     string `required:"" placeholder:"FILE" env:"DIXA_MCP_APPROVER_KEY_FILE" help:"File that holds only your key."`
	URL         string `name:"url" placeholder:"URL" env:"DIXA_MCP_ADMIN_URL" help:"Admin port of a hosted server, such as http://127.0.0.1:9090; used instead of the state directory or Redis."`
	jsonFlag    `embed:""`
	fileFlag    `embed:""`
	recordFlags `embed:""`
	redisFlag   `embed:""`
}

type approvalsListCmd struct {
	All           bool `help:"Include calls of the last week that were decided or expired."`
	approverFlags `embed:""`
}

type approvalsShowCmd struct {
	Number        string `arg:"" help:"Number of the call, such as A-7K2Q."`
	approverFlags `embed:""`
}

type approvalsApproveCmd struct {
	Number        string `arg:"" help:"Number of the call, such as A-7K2Q."`
	Reason        string `placeholder:"TEXT" help:"Reason, kept with the decision."`
	approverFlags `embed:""`
}

type approvalsDenyCmd struct {
	Number        string `arg:"" help:"Number of the call, such as A-7K2Q."`
	Reason        string `placeholder:"TEXT" help:"Reason, kept with the decision and told to the agent."`
	approverFlags `embed:""`
}

// Run lists calls, the oldest first.
func (c *approvalsListCmd) Run(ctx context.Context, out *output) error {
	d, err := c.desk(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	list, problem := d.list(ctx, c.All)
	if problem != nil && len(list) == 0 {
		return problem
	}
	if c.JSON {
		return errors.Join(out.json(approver.Items{Approvals: list, Unreadable: problem != nil}), problem)
	}
	c.printer(out).list(list)
	return problem
}

// Run shows a call.
func (c *approvalsShowCmd) Run(ctx context.Context, out *output) error {
	d, err := c.desk(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	r, err := d.show(ctx, c.Number)
	if err != nil {
		return err
	}
	if c.JSON {
		return out.json(r)
	}
	c.printer(out).whole(r)
	return nil
}

// Run approves a call.
func (c *approvalsApproveCmd) Run(ctx context.Context, out *output) error {
	return c.decide(ctx, c.printer(out), c.Number, true, c.Reason)
}

// Run denies a call.
func (c *approvalsDenyCmd) Run(ctx context.Context, out *output) error {
	return c.decide(ctx, c.printer(out), c.Number, false, c.Reason)
}

func (f approverFlags) printer(out *output) approvalPrinter { return approvalPrinter{out, time.Local} }

// decide shows a call and decides about it.
func (f approverFlags) decide(ctx context.Context, p approvalPrinter, number string, approve bool, reason string) error {
	d, err := f.desk(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	r, err := d.show(ctx, number)
	if err != nil {
		return err
	}
	waits := r.State == approval.Pending
	if waits && r.MayDecide && !f.JSON {
		p.whole(r)
	}
	if p.out.err != nil {
		return errors.New("nothing was decided, because the call could not be shown")
	}
	now, err := d.decide(ctx, r, approve, reason)
	switch {
	case err != nil:
		return err
	case f.JSON:
		return p.out.json(now)
	case !waits:
		p.out.printf("%s\nNothing was changed.\n", p.decision(now))
	case !approve:
		p.out.printf("\nDenied by %s. The text was deleted.\n", now.Approver)
	default:
		p.out.printf("\nApproved by %s. Nothing was sent yet. The next identical call of %s is carried out, once, until %s, unless the conversation gets a message before then.\n", now.Approver, r.Agent, p.time(r.Expires))
	}
	return nil
}

// desk lists and decides calls for an approver: in the state directory, in Redis, or at the admin port of a server.
type desk interface {
	list(ctx context.Context, all bool) ([]approver.Item, error)
	show(ctx context.Context, number string) (approver.Details, error)
	decide(ctx context.Context, r approver.Details, approve bool, reason string) (approver.Item, error)
	close()
}

// desk opens the approver's desk.
func (f approverFlags) desk(ctx context.Context) (desk, error) {
	key, err := readKey("--key-file", f.KeyFile)
	if err != nil {
		return nil, err
	}
	if f.URL != "" {
		port, err := newAdminClient(f.URL, key)
		if err != nil {
			return nil, err
		}
		return remoteDesk{port}, nil
	}
	return f.localDesk(ctx, key)
}

// readKey reads a key from a file that holds nothing else.
func readKey(flag, path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	if b = bytes.TrimSpace(b); len(b) == 0 || bytes.ContainsAny(b, " \t\r\n") {
		return nil, fmt.Errorf("%s: %s must hold one key and nothing else", flag, path)
	}
	return b, nil
}

// localDesk decides in the store that the servers share, or in that of the state directory.
type localDesk struct {
	*approver.Session
	flags approverFlags
	free  func() // of its store
}

// localDesk checks an approver's key against the capability file.
func (f approverFlags) localDesk(ctx context.Context, key []byte) (desk, error) {
	rules, where, err := f.load()
	if err != nil {
		return nil, err
	}
	if len(rules.ApproverNames()) == 0 {
		return nil, refusedf("nothing can be approved: the capability file (%s) has no approvers; add one with dixa-mcp key new --approver NAME", where)
	}
	d, ok := approver.Authenticate(rules, key, nil)
	if !ok {
		return nil, refusedf("the key in %s does not belong to any approver in the capability file (%s); nothing was decided", f.KeyFile, where)
	}
	store, free, err := f.store(ctx)
	if err != nil {
		return nil, err
	}
	d.Store = store
	return &localDesk{d, f, free}, nil
}

// store opens the store that the servers share, or that of the state directory.
func (f approverFlags) store(ctx context.Context) (store approval.Store, free func(), err error) {
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
		return nil, nil, notFoundf("no call was ever parked in %s; use the server's own --state or --redis, or --url for a server on another machine", filepath.Dir(path))
	}
	return dir, func() {}, nil
}

// approvals returns the store of the state directory.
func (f reachFlags) approvals() (store *approval.Dir, path string, err error) {
	state, err := f.stateDir()
	path = filepath.Join(state, "approvals")
	return approval.NewDir(path, time.Now), path, err
}

func (d *localDesk) list(ctx context.Context, all bool) ([]approver.Item, error) {
	states := []approval.State{approval.Pending}
	if all {
		states = nil
	}
	found, problem := d.Store.List(ctx, states...)
	return approver.ItemsOf(found), problem
}

func (d *localDesk) show(ctx context.Context, number string) (approver.Details, error) {
	r, err := d.Get(ctx, number)
	if err != nil {
		return approver.Details{}, approvalError(err)
	}
	return d.Details(r), nil
}

func (d *localDesk) decide(ctx context.Context, w approver.Details, approve bool, reason string) (approver.Item, error) {
	r, err := d.Get(ctx, w.Number)
	if err == nil {
		err = d.MayDecide(r)
	}
	if err != nil {
		return approver.Item{}, approvalError(err)
	}
	if r.State != approval.Pending { // nothing to record
		r, err = d.Decide(ctx, nil, r, approve, reason)
		return approver.ItemOf(r), approvalError(err)
	}
	dir, err := reachFlags{State: d.flags.State, Audit: d.flags.Audit}.auditDir()
	if err != nil {
		return approver.Item{}, err
	}
	log, err := audit.Open(audit.Options{Dir: dir, Start: audit.Record{FileDigest: d.Rules.Digest()}})
	if err != nil {
		return approver.Item{}, fmt.Errorf("nothing was decided, because the decision could not be recorded: %w", err)
	}
	r, err = d.Decide(ctx, log, r, approve, reason)
	if err = approvalError(err); err != nil {
		return approver.Item{}, errors.Join(err, log.Close())
	}
	return approver.ItemOf(r), log.Close()
}

func (d *localDesk) close() { d.free() }

// approvalError gives an error about a request its exit code.
func approvalError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.As(err, new(*approver.NotFoundError)):
		return &exitError{exitNotFound, err}
	case errors.As(err, new(*approver.NotAllowedError)), errors.As(err, new(*approver.OwnError)), errors.As(err, new(*approval.DecidedError)), errors.Is(err, approval.ErrExpired):
		return &exitError{exitRefused, err}
	}
	return err
}
