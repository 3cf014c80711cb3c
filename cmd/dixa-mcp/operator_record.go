package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"dixa-mcp/internal/audit"
)

// recordDone records what a command did, which is done even if it cannot be recorded.
func (f reachFlags) recordDone(ctx context.Context, all ...audit.Record) (err error) {
	if len(all) == 0 {
		return nil
	}
	dir, err := f.auditDir()
	if err != nil {
		return err
	}
	log, err := audit.Open(audit.Options{Dir: dir})
	if err != nil {
		return fmt.Errorf("this was done, but could not be recorded: %w", err)
	}
	for _, r := range all {
		err = errors.Join(err, log.Write(ctx, r))
	}
	return errors.Join(err, log.Close())
}

// openRecords opens the records for what a person is about to do.
func (f reachFlags) openRecords(start string) (*audit.Log, error) {
	dir, err := f.auditDir()
	if err != nil {
		return nil, err
	}
	log, err := audit.Open(audit.Options{Dir: dir, Start: audit.Record{Text: "started to " + start}})
	if err != nil {
		return nil, fmt.Errorf("this cannot be recorded, so nothing was done; check --audit: %w", err)
	}
	return log, nil
}

// deed is what a person does with a command, as it is recorded.
type deed struct {
	call      string // id; "" for a new one
	tool      string
	level     string
	verb      audit.Verb
	arguments any
	sent      []audit.Operation
	reason    string // for the record of a failure
}

// record records that a deed begins or how it ended, also where ctx has ended.
func (d deed) record(ctx context.Context, log *audit.Log, event audit.Event, failed error) error {
	arguments, err := json.Marshal(d.arguments)
	if err != nil {
		return err
	}
	r := audit.Record{Event: event, Call: cmp.Or(d.call, audit.NewCallID()), Agent: "operator", Tool: d.tool, Access: "write", Level: d.level,
		Arguments: audit.Unreduced(arguments), Decision: audit.Allowed, Operations: d.sent}
	if d.level == "read" {
		r.Access = "read"
	}
	switch {
	case event == audit.EventIntent:
	case failed == nil:
		r.Outcome = audit.OutcomeDone
	case ctx.Err() != nil || errors.Is(failed, context.Canceled):
		r.Outcome = audit.OutcomeCancelled
	default:
		r.Outcome, r.Reason = audit.OutcomeFailed, d.reason
	}
	r.Text = audit.Sentence(r, d.verb)
	return log.Write(context.WithoutCancel(ctx), r)
}
