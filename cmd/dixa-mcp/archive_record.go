package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"dixa-mcp/internal/audit"
)

// recordedArchiveFlags name an archive, and where it is recorded who looked into it.
type recordedArchiveFlags struct {
	archiveFlags `embed:""`
	Audit        string `placeholder:"DIR" env:"DIXA_MCP_AUDIT" help:"Directory of the records of calls, by default audit in the state directory."`
}

// archiveKinds say how what people ask the archive is recorded. Words are hashed like those of agents.
var archiveKinds = map[string]audit.Kind{
	"words": audit.Personal, "sql": audit.Text, "queue": audit.Text, "tag": audit.Text, "agent": audit.Text, "channel": audit.Plain,
	"since": audit.Plain, "until": audit.Plain, "before": audit.Plain, "all": audit.Plain, "limit": audit.Plain,
	"from": audit.Plain, "to": audit.Plain, "by": audit.Plain, "rows": audit.Plain, "conversations": audit.Plain, "messages": audit.Plain,
}

// recorded does something with the archive, and records it. If it cannot be recorded, it is not done. do adds to the arguments what came of
// it; whoever prints that does so afterwards.
func (f recordedArchiveFlags) recorded(ctx context.Context, tool string, verb audit.Verb, arguments map[string]any, do func(archiveStore) error) (err error) {
	store, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	reach := reachFlags{State: f.State, Audit: f.Audit}
	key, err := reach.recordKey()
	if err != nil {
		return err
	}
	dir, err := reach.auditDir()
	if err != nil {
		return err
	}
	log, err := audit.Open(audit.Options{Dir: dir, Start: audit.Record{Text: "started to use the archive"}})
	if err != nil {
		return fmt.Errorf("this cannot be recorded, so nothing was done; check --audit: %w", err)
	}
	failed := do(store)
	text, err := json.Marshal(arguments)
	if err != nil {
		return errors.Join(failed, err, log.Close())
	}
	r := audit.Record{Event: audit.EventRead, Call: audit.NewCallID(), Agent: "operator", Tool: tool, Access: "read", Level: "read",
		Arguments: audit.ReduceJSON(text, archiveKinds, key), Decision: audit.Allowed, Outcome: audit.OutcomeDone}
	switch {
	case ctx.Err() != nil:
		r.Outcome = audit.OutcomeCancelled
	case failed != nil:
		r.Outcome = audit.OutcomeFailed
	}
	r.Text = audit.Sentence(r, verb)
	if err := errors.Join(log.Write(context.WithoutCancel(ctx), r), log.Close()); err != nil {
		return errors.Join(failed, fmt.Errorf("what was done could not be recorded: %w", err))
	}
	return failed
}
