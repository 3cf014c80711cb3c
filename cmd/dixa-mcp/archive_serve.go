package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
)

// archive opens the archive that --archive names, for the tools of agents. A server keeps it fresh; other commands refuse one that is not
// there.
func (f *dixaFlags) archive(ctx context.Context, s *system, c *gate.Config) error {
	if f.Archive == "" {
		return nil
	}
	if f.Offline && f.State == "" && f.Archive == inState {
		return usagef("--archive %s with --offline requires --state DIR: invented conversations must not be in the archive of real ones", inState)
	}
	state, err := f.stateDir()
	if err != nil {
		return err
	}
	store, err := f.openArchive(state)
	if err != nil {
		return err
	}
	s.close = append(s.close, func() {
		if err := store.Close(); err != nil {
			slog.Error("the archive could not be closed", "error", err)
		}
	})
	c.Archive = store
	if !f.keepsArchive {
		exists, err := store.Exists(ctx)
		if err == nil && !exists {
			err = notFoundf("there is no archive at %s; make one with dixa-mcp archive sync", store.Name())
		}
		return err
	}
	s.keeper = archive.NewKeeper(s.client, store, func() archive.Options {
		kept := s.inForce().ArchiveKept()
		return archive.Options{Since: time.Now().Add(-kept.For), Keep: kept.For, API: f.dixaAddress(), Who: fmt.Sprintf("process %d of %s", os.Getpid(), whoami())}
	}, func(result archive.Result, err error) { s.synced(result, err) })
	s.client = s.client.With(s.keeper.Noting)
	return nil
}

// synced records and logs what a sync of the server did.
func (s *system) synced(result archive.Result, failed error) {
	since := time.Now().Add(-s.inForce().ArchiveKept().For)
	if err := syncDeed(since, result).record(context.Background(), s.log, audit.EventRead, failed); err != nil {
		slog.Error("a sync of the archive could not be recorded", "error", err)
	}
	switch other := (*archive.OriginError)(nil); {
	case errors.As(failed, &other):
		slog.Error("the archive is not kept fresh: it has another organization's data", "error", failed)
	case errors.Is(failed, context.Canceled): // the server ends
	case failed != nil:
		slog.Warn("the archive could not be brought up to date; the next attempt is in "+archive.SyncEvery.String(), "error", failed)
	default:
		slog.Debug("the archive is up to date", "conversations", result.Conversations, "messages", result.Messages)
	}
}
