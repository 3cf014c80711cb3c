package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/base/when"
	"dixa-mcp/internal/offline"
)

type archiveCmd struct {
	Sync   archiveSyncCmd   `cmd:"" help:"Fetch what is new since the last time, or since --since, and remove what is no longer kept."`
	Search archiveSearchCmd `cmd:"" help:"Find messages by their words, the newest first."`
	Query  archiveQueryCmd  `cmd:"" help:"Count and compare with one SELECT over the conversations, messages and tags."`
	Status archiveStatusCmd `cmd:"" help:"Print what is in the archive and how fresh it is."`
	Verify archiveVerifyCmd `cmd:"" help:"Check the archive, and that nothing is left of what was erased."`
	Purge  archivePurgeCmd  `cmd:"" help:"Remove what is older than is kept, or the whole archive."`
}

type archiveSyncCmd struct {
	Since       string `placeholder:"TIME" help:"How far back to go: 30d, 2026-01-31 or 2026-01-31T14:00:00Z; by default as far as is kept. Dates are in this machine's time zone."`
	fileFlag    `embed:""`
	jsonFlag    `embed:""`
	reachFlags  `embed:""`
	archiveFlag `embed:""`
}

// Run fills the archive for a person who has the token. The sync is recorded.
func (c *archiveSyncCmd) Run(ctx context.Context, out *output) (err error) {
	if c.Offline && c.State == "" {
		return usagef("--offline requires --state DIR: invented conversations must not be in the archive of real ones; nothing was fetched")
	}
	rules, _, err := c.load()
	if err != nil {
		return err
	}
	kept := rules.ArchiveKept()
	since, err := c.since(time.Now(), kept.For)
	if err != nil {
		return err
	}
	var s system
	defer s.Close()
	client, err := c.client(&s)
	if err != nil {
		return err
	}
	state, err := c.stateDir()
	if err != nil {
		return err
	}
	store, err := c.openArchive(state)
	if err != nil {
		return err
	}
	log, err := c.openRecords("fill the archive")
	if err != nil {
		return err
	}
	m := &syncMeter{meter: newMeter(os.Stderr, redraws(os.Stderr), time.Now)}
	result, err := archive.Sync(ctx, client, store, archive.Options{Since: since, Keep: kept.For, API: c.dixaAddress(),
		Who: fmt.Sprintf("process %d of %s", os.Getpid(), whoami()), Report: m.show})
	m.close()
	err = errors.Join(err, store.Close())
	if unrecorded := errors.Join(syncDeed(since, result).record(ctx, log, audit.EventRead, err), log.Close()); unrecorded != nil {
		err = errors.Join(err, fmt.Errorf("the sync could not be recorded: %w", unrecorded))
	}
	if held := (*archive.HeldError)(nil); errors.As(err, &held) {
		return refusedf("%w; wait until it has ended", err)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return out.json(result)
	}
	out.printf("Received %s and %s. The archive has everything from %s to %s.\n", lines.Counted(result.Conversations, "conversation"), lines.Counted(result.Messages, "message"),
		since.Local().Format("2006-01-02 15:04"), result.To.Local().Format("2006-01-02 15:04"))
	if n := result.Purged.Messages; n > 0 {
		out.printf("Removed %d messages that are no longer kept (kept %s).\n", n, kept)
	}
	if result.Skipped > 0 {
		out.printf("%d rows were not as Dixa documents them and were left out.\n", result.Skipped)
	}
	return nil
}

// dixaAddress returns the address by which files of the state directory know whose data they have.
func (f reachFlags) dixaAddress() string {
	if f.Offline {
		return offline.URL
	}
	return cmp.Or(f.BaseURL, dixaclient.DefaultURL)
}

// since returns how far back to go.
func (c *archiveSyncCmd) since(now time.Time, kept time.Duration) (time.Time, error) {
	if c.Since == "" {
		return now.Add(-kept), nil
	}
	since, err := when.Since(c.Since, now, time.Local)
	switch {
	case err != nil:
		return since, usagef("--since: %w; nothing was fetched", err)
	case since.After(now):
		return since, usagef("--since %s is in the future; nothing was fetched", c.Since)
	case since.Before(now.Add(-kept - 24*time.Hour)):
		return since, usagef("--since %s is further back than the archive keeps (%d days); raise archive.keep in the capability file; nothing was fetched", c.Since, int(kept.Hours()/24))
	}
	return since, nil
}

// syncDeed is a sync of the archive, as it is recorded.
func syncDeed(since time.Time, result archive.Result) deed {
	return deed{tool: "archive_sync", level: "read", verb: audit.Verb{Past: "copied", Infinitive: "copy", Object: "conversations and messages to the archive"},
		arguments: map[string]any{"since": since.UTC(), "conversations": result.Conversations, "messages": result.Messages}}
}

// syncMeter shows the progress of a sync.
type syncMeter struct {
	*meter
	doing string
}

func (m *syncMeter) show(p archive.Progress) {
	now := m.now()
	if m.start.IsZero() {
		m.start = now
	}
	if m.live && p.Doing == m.doing && now.Sub(m.last) < 200*time.Millisecond || !m.live && p.Doing == m.doing {
		return
	}
	m.doing, m.last = p.Doing, now
	line := fmt.Sprintf("%3.0f%% · %d conversations, %d messages", 100*p.Share, p.Conversations, p.Messages)
	if spent := now.Sub(m.start); p.Share > 0.02 && p.Share < 1 {
		line += " · " + left(time.Duration(float64(spent)*(1-p.Share)/p.Share))
	}
	line += " · " + p.Doing
	if m.live {
		fmt.Fprintf(m.to, "\r%s\x1b[K", line)
		m.shown = true
		return
	}
	fmt.Fprintln(m.to, line)
}
