package main

import (
	"context"
	"log/slog"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
)

// removeEvery is how often a server removes records that are no longer kept.
const removeEvery = 24 * time.Hour

// keepRecords removes records that are no longer kept, now and each day. The returned function stops it.
func keepRecords(log *audit.Log, rules func() *capability.Rules) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(removeEvery)
		defer tick.Stop()
		for {
			removeRecords(ctx, log, rules().RecordsKept())
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

func removeRecords(ctx context.Context, log *audit.Log, kept capability.Kept) {
	if kept.For == 0 {
		return
	}
	removed, err := log.Remove(ctx, time.Now().Add(-kept.For), kept.Rule)
	if err != nil {
		slog.Error("records that are no longer kept could not all be removed; the next attempt is tomorrow", "kept", kept.String(), "error", err)
	}
	if removed.Files > 0 {
		slog.Info("removed records that are no longer kept", "files", removed.Files, "records", removed.Records, "kept", kept.String())
	}
}

type auditPruneCmd struct {
	Keep        string `placeholder:"DAYS" help:"How long records are kept, such as 90d; by default as records.keep of the capability file says."`
	DryRun      bool   `help:"Print what would be removed, and remove nothing."`
	jsonFlag    `embed:""`
	fileFlag    `embed:""`
	recordFlags `embed:""`
}

// pruned is the result of audit prune.
type pruned struct {
	Directory string    `json:"directory"`
	Before    time.Time `json:"before"`
	Files     int       `json:"files"`
	Records   uint64    `json:"records"`
	Bytes     int64     `json:"bytes"`
	Removed   bool      `json:"removed"` // not with --dry-run
}

// Run removes the files of which all records are older than is kept.
func (c *auditPruneCmd) Run(ctx context.Context, out *output) error {
	kept, err := c.kept()
	if err != nil {
		return err
	}
	dir, err := c.dir()
	if err != nil {
		return err
	}
	p := pruned{Directory: dir, Before: time.Now().Add(-kept.For).UTC().Truncate(time.Second), Removed: !c.DryRun}
	would, err := audit.ToRemove(dir, p.Before)
	if err == nil && would.Files > 0 && !c.DryRun {
		would, err = prune(ctx, dir, p.Before, kept)
	}
	if err != nil {
		return err
	}
	p.Files, p.Records, p.Bytes = would.Files, would.Records, would.Bytes
	if c.JSON {
		return out.json(p)
	}
	switch {
	case p.Files == 0:
		out.printf("Nothing to remove: every file in %s has records from %s or later.\n", dir, p.Before.Format(time.RFC3339))
	case c.DryRun:
		out.printf("Would remove %d files with %d records (%.1f MB) from before %s in %s.\n", p.Files, p.Records, float64(p.Bytes)/1e6, p.Before.Format(time.RFC3339), dir)
	default:
		out.printf("Removed %d files with %d records (%.1f MB) from before %s in %s. That is recorded, and what remains can be verified.\n",
			p.Files, p.Records, float64(p.Bytes)/1e6, p.Before.Format(time.RFC3339), dir)
	}
	return nil
}

// prune removes records with a run of its own, which records that.
func prune(ctx context.Context, dir string, before time.Time, kept capability.Kept) (audit.Removal, error) {
	log, err := audit.Open(audit.Options{Dir: dir, Start: audit.Record{Text: "started to remove records"}})
	if err != nil {
		return audit.Removal{}, err
	}
	removed, err := log.Remove(ctx, before, kept.Rule)
	if closed := log.Close(); err == nil {
		err = closed
	}
	return removed, err
}

// kept returns how long records are kept: as --keep says, or the capability file.
func (c *auditPruneCmd) kept() (capability.Kept, error) {
	if c.Keep != "" {
		span, err := capability.Days(c.Keep)
		if err != nil {
			return capability.Kept{}, usagef("--keep %w; nothing was removed", err)
		}
		return capability.Kept{For: span, Rule: "--keep"}, nil
	}
	rules, where, err := c.load()
	if err != nil {
		return capability.Kept{}, err
	}
	kept := rules.RecordsKept()
	if kept.For == 0 {
		return kept, usagef("--keep is missing, and %s has no records.keep: records are kept without end; nothing was removed", where)
	}
	return kept, nil
}
