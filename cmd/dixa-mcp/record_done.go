package main

import (
	"context"
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
