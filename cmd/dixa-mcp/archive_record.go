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
	log, err := reach.openRecords("use the archive")
	if err != nil {
		return err
	}
	failed := do(store)
	text, err := json.Marshal(arguments)
	if err != nil {
		return errors.Join(failed, err, log.Close())
	}
	done := deed{tool: tool, level: "read", verb: verb, arguments: audit.ReduceJSON(text, archiveKinds, key)}
	if err := errors.Join(done.record(ctx, log, audit.EventRead, failed), log.Close()); err != nil {
		return errors.Join(failed, fmt.Errorf("what was done could not be recorded: %w", err))
	}
	return failed
}
