package main

import (
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

// localDesk decides in the store that the servers share, or in that of the state directory.
type localDesk struct {
	*approver.Session
	flags approverFlags
	log   audit.Recorder // nil: it is opened for a decision
	free  func()
}

// localDesk checks an approver's key against the capability file. With whole and a token, it also reads in Dixa and sends.
func (f approverFlags) localDesk(ctx context.Context, key []byte, whole bool) (desk, error) {
	rules, where, err := f.load()
	if err != nil {
		return nil, err
	}
	if len(rules.ApproverNames()) == 0 {
		return nil, refusedf("nothing can be approved: %s has no approvers; add one with dixa-mcp key new --approver NAME", where)
	}
	who, ok := approver.Authenticate(rules, key, nil)
	if !ok {
		return nil, refusedf("the key in %s does not belong to any approver in %s; nothing was decided", f.KeyFile, where)
	}
	d := &localDesk{Session: who, flags: f}
	if whole {
		with, err := f.mayUseToken()
		if err != nil {
			return nil, err
		}
		if with {
			return d, d.assemble(ctx)
		}
	}
	d.Store, d.free, err = f.store(ctx)
	return d, err
}

// mayUseToken reports whether there is a token that may be used with the capability file.
func (f approverFlags) mayUseToken() (bool, error) {
	t, err := f.tokens()
	switch {
	case errors.Is(err, errNoToken):
		return false, nil
	case err != nil:
		return false, err
	case t.stored == "":
		return true, nil
	}
	path, data, err := f.read()
	return err == nil && t.stored.Check(path, data) == nil, err
}

// assemble opens what reads in Dixa and sends, with the store and the records of this process.
func (d *localDesk) assemble(ctx context.Context) error {
	if err := d.flags.parked(); err != nil {
		return err
	}
	s, err := d.flags.dixaFlags.assemble(ctx, replicaName(), nil)
	if err != nil {
		return err
	}
	d.Store, d.Reviewer, d.Sender, d.log, d.free = s.approvals, s.gate, s.gate, s.log, s.Close
	return nil
}

// parked refuses a state directory in which no call was ever parked.
func (f approverFlags) parked() error {
	if address, err := f.address(); err != nil || address != "" {
		return err
	}
	_, path, err := f.approvals()
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return notFoundf("no call was ever parked in %s; use the server's own --state or --redis, or --url for a server on another machine", filepath.Dir(path))
	}
	return nil
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
	if err := f.parked(); err != nil {
		return nil, nil, err
	}
	store, _, err = f.approvals()
	return store, func() {}, err
}

// approvals returns the store of the state directory.
func (f reachFlags) approvals() (store *approval.Dir, path string, err error) {
	state, err := f.stateDir()
	path = filepath.Join(state, "approvals")
	return approval.NewDir(path, time.Now), path, err
}

func (d *localDesk) list(ctx context.Context, all, drafts bool) ([]approver.Item, error) {
	found, problem := d.List(ctx, all, drafts)
	return approver.ItemsOf(found), problem
}

func (d *localDesk) show(ctx context.Context, number string) (approver.Details, error) {
	r, err := d.Get(ctx, number)
	if err != nil {
		return approver.Details{}, approvalError(err)
	}
	return d.Look(ctx, r), nil
}

func (d *localDesk) decide(ctx context.Context, w approver.Details, v approver.Verdict) (approver.Decided, error) {
	r, err := d.Get(ctx, w.Number)
	if err == nil {
		err = d.MayDecide(r)
	}
	if err != nil {
		return approver.Decided{}, approvalError(err)
	}
	log := d.log
	if log == nil && r.State == approval.Pending { // otherwise there is nothing to record
		dir, err := d.flags.auditDir()
		if err != nil {
			return approver.Decided{}, err
		}
		opened, err := audit.Open(audit.Options{Dir: dir, Start: audit.Record{FileDigest: d.Rules.Digest()}})
		if err != nil {
			return approver.Decided{}, fmt.Errorf("nothing was decided, because the decision could not be recorded: %w", err)
		}
		result, err := d.Decide(ctx, opened, r, v)
		return result.Decided(), errors.Join(approvalError(err), opened.Close())
	}
	result, err := d.Decide(ctx, log, r, v)
	return result.Decided(), approvalError(err)
}

func (d *localDesk) close() { d.free() }

// approvalError gives an error about a request its exit code.
func approvalError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.As(err, new(*approver.NotFoundError)):
		return &exitError{exitNotFound, err}
	case errors.As(err, new(*approver.NotAllowedError)), errors.As(err, new(*approver.OwnError)), errors.As(err, new(*approval.DecidedError)), errors.Is(err, approval.ErrExpired),
		errors.As(err, new(*approver.NotAskedError)), errors.As(err, new(*approver.EditError)), errors.As(err, new(*approver.SendError)):
		return &exitError{exitRefused, err}
	}
	return err
}
