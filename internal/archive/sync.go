package archive

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/pause"
)

const (
	// exportsAMinute is how many requests to the Exports API all syncs together make in a minute, of the ten that Dixa allows.
	exportsAMinute = 4
	// minute is the span that they are counted in: a request goes out up to six seconds after it was counted, at the client's own pace.
	minute = time.Minute + 6*time.Second
	// settle is how long rows may take to appear in Dixa's exports: what is younger is asked for again by the next sync.
	settle = 10 * time.Minute
	// checkEvery is how often each conversation is compared with Dixa, which does not say whether an anonymization is an update.
	checkEvery = 7 * 24 * time.Hour
	// checkAtOnce is the number of conversations in one such request, and maxChecks of such requests in one sync.
	checkAtOnce, maxChecks = 100, 200
	// unreadAtOnce is how many conversations to read are taken from the store at a time.
	unreadAtOnce = 100
)

// Progress is how far a sync is.
type Progress struct {
	Share         float64 // of the time to fill, from 0 to 1
	Doing         string  // what it does now, such as "messages of 2026-03-01 to 2026-03-08"
	Conversations int     // rows received
	Messages      int
}

// Result is what a sync did.
type Result struct {
	Conversations int       `json:"conversations"` // rows received
	Messages      int       `json:"messages"`
	Read          int       `json:"read"`    // conversations whose messages were read one by one
	Checked       int       `json:"checked"` // conversations compared with Dixa
	Redacted      int       `json:"redacted"`
	Skipped       int       `json:"skipped"` // rows that could not be understood
	Purged        Removed   `json:"purged"`
	To            time.Time `json:"to"` // everything before is in the archive
}

// Options say what a sync does.
type Options struct {
	Since  time.Time     // how far back to go; what is kept already is not asked for again
	Keep   time.Duration // how long rows are kept after the last update, 0 for without end
	API    string        // Dixa's address, by which the archive knows whose data it has
	Who    string        // this process, for other ones
	Report func(Progress)
}

// HeldError is the error of a sync while another process fills the archive.
type HeldError struct{ Who string }

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s is filling the archive; nothing was asked of Dixa", e.Who)
}

// OriginError is the error of a sync of another organization's data.
type OriginError struct{ Has, Wants Origin }

func (e *OriginError) Error() string {
	return fmt.Sprintf("the archive has the data of organization %s at %s, and the token is for organization %s at %s; use another --state directory or --archive, or remove the archive with dixa-mcp archive purge --all; nothing was changed",
		e.Has.Organization, e.Has.API, e.Wants.Organization, e.Wants.API)
}

// Sync fills the store: with all that is missing since a time, oldest first, with messages that the exports left out, and with what was
// anonymized. It can be interrupted at any moment, also by the end of the process: the next one goes on where it was.
//
// Dixa does not say whether the export of messages goes by the time of the message or by that of its conversation. In the first case
// the windows have all messages. In the second they lack new messages of older conversations; these are found by the time of a
// conversation's last message, and are read one conversation at a time.
func Sync(ctx context.Context, c *dixaclient.Client, store Store, o Options) (_ Result, err error) {
	release, other, err := store.Lease(ctx, o.Who)
	if err != nil {
		return Result{}, err
	}
	if release == nil {
		return Result{}, &HeldError{other}
	}
	defer func() { err = errors.Join(err, release()) }()
	s := newSyncer(c, store, o)
	err = s.run(dixaclient.WithFlow(ctx, "archive"))
	return s.result, err
}

// syncer is one run of [Sync].
type syncer struct {
	c        *dixaclient.Client
	store    Store
	o        Options
	now      time.Time // when it began; nothing later is asked for
	result   Result
	progress Progress
}

func newSyncer(c *dixaclient.Client, store Store, o Options) *syncer {
	s := &syncer{store: store, o: o, now: time.Now().UTC().Truncate(time.Millisecond)}
	s.c = c.With(s.counted)
	return s
}

func (s *syncer) run(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{s.windows, s.unread, s.redactions, s.check} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// begin checks whose data the archive has, removes what is no longer kept, and notes how far back it goes.
func (s *syncer) begin(ctx context.Context) error {
	organization, err := dixaclient.GetOrganization.Do(ctx, s.c, dixaclient.NoArguments{})
	if err != nil {
		return fmt.Errorf("the organization of the token could not be read: %w", err)
	}
	wants := Origin{s.o.API, string(organization.Value.ID)}
	has, err := s.store.Origin(ctx, wants)
	if err != nil {
		return err
	}
	if has != wants {
		return &OriginError{has, wants}
	}
	if s.o.Keep > 0 {
		kept := s.now.Add(-s.o.Keep)
		if s.result.Purged, err = s.store.Purge(ctx, kept); err != nil {
			return err
		}
		if s.o.Since.Before(kept) {
			s.o.Since = kept
		}
	}
	return s.store.Lower(ctx, s.o.Since)
}

func (s *syncer) report(doing string) {
	s.progress.Doing, s.progress.Conversations, s.progress.Messages = doing, s.result.Conversations, s.result.Messages
	if s.o.Report != nil {
		s.o.Report(s.progress)
	}
}

// slot waits until a request to the Exports API may be made.
func (s *syncer) slot(ctx context.Context) error {
	for {
		wait, err := s.store.Reserve(ctx, time.Now(), exportsAMinute, minute)
		if err != nil || wait <= 0 {
			return err
		}
		s.report(fmt.Sprintf("waiting: at most %d exports a minute", exportsAMinute))
		if err := pause.For(ctx, wait); err != nil {
			return err
		}
	}
}

// errSoon ends a request that the client would repeat before it is allowed.
var errSoon = errors.New("a request to Dixa failed, and is not repeated yet")

// counted counts the repeated attempts of requests to the Exports API too.
func (s *syncer) counted(ctx context.Context, c *dixaclient.Call, next func(context.Context) error) error {
	if c.Row != nil {
		attempts := 0
		c.Before = func() error {
			if attempts++; attempts == 1 { // was counted
				return nil
			}
			wait, err := s.store.Reserve(ctx, time.Now(), exportsAMinute, minute)
			if err == nil && wait > 0 {
				err = errSoon
			}
			return err
		}
	}
	return next(ctx)
}

// unread reads the messages of conversations that have newer ones than the exports gave.
func (s *syncer) unread(ctx context.Context) error {
	for {
		all, err := s.store.Unread(ctx, unreadAtOnce)
		if err != nil || len(all) == 0 {
			return err
		}
		for _, u := range all {
			s.report(fmt.Sprintf("messages of conversation %d", u.ID))
			if err := s.readLive(ctx, u); err != nil {
				return err
			}
		}
	}
}

// readLive reads the messages of one conversation.
func (s *syncer) readLive(ctx context.Context, u Unread) error {
	answer, err := dixaclient.ListMessages.Do(ctx, s.c, dixaclient.ListMessagesIn{ConversationRef: dixaclient.ConversationRef{ConversationID: u.ID}})
	var refused *dixaclient.Error
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusNotFound: // it was removed since
	case err != nil:
		return fmt.Errorf("the messages of conversation %d could not be read; the next sync reads them: %w", u.ID, err)
	default:
		messages, skipped := readLive(u.ID, answer.Raw)
		s.result.Skipped += skipped
		s.result.Messages += len(messages)
		s.result.Read++
		if err := s.store.Put(ctx, Rows{Messages: messages, At: s.now}); err != nil {
			return err
		}
	}
	return s.store.Read(ctx, u.ID, u.LastMessageAt)
}

// redacted is the type of the entries in the activity log that say that a message lost its text.
const redacted = "ConversationMessageRedacted"

// redactions erases the messages that were redacted since the last sync, as the activity log says.
func (s *syncer) redactions(ctx context.Context) error {
	spans, err := s.store.Covered(ctx, Redactions)
	if err != nil {
		return err
	}
	to := s.now.Add(-settle)
	from := to.Add(-time.Minute) // rows that were exported before lost their texts in the export already
	if len(spans) > 0 {
		from = spans[len(spans)-1].To
	}
	s.report("redacted messages")
	in := dixaclient.ListActivityIn{FromDatetime: dixaclient.Time{Time: from}, ToDatetime: dixaclient.Time{Time: s.now}}
	for page, err := range dixaclient.ListActivity.Pages(ctx, s.c, in) {
		if err != nil {
			return fmt.Errorf("redacted messages could not be read from the activity log; the next sync reads them: %w", err)
		}
		for _, entry := range page.Value {
			id, _ := entry.Attributes["messageId"].(string)
			if entry.Type != redacted || id == "" {
				continue
			}
			rows, err := s.store.Erase(ctx, Erasure{Message: strings.ToLower(id)}, s.now)
			if err != nil {
				return err
			}
			s.result.Redacted += int(rows)
		}
	}
	return s.store.Cover(ctx, Redactions, Span{from, to})
}

// check compares conversations with Dixa that were not compared for a while, so that one that was anonymized is found even if that
// was no update.
func (s *syncer) check(ctx context.Context) error {
	for range maxChecks {
		ids, err := s.store.Unchecked(ctx, s.now.Add(-checkEvery), checkAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := s.exportSome(ctx, ids); err != nil {
			return err
		}
		if err := s.store.Checked(ctx, ids, s.now); err != nil {
			return err
		}
		s.result.Checked += len(ids)
	}
	return nil
}

// exportSome exports conversations by their ids.
func (s *syncer) exportSome(ctx context.Context, ids []int64) error {
	in := dixaclient.ExportConversationsIn{}
	for _, id := range ids {
		if id <= math.MaxInt32 {
			in.CSIDs = append(in.CSIDs, int32(id))
		}
	}
	if len(in.CSIDs) == 0 {
		return nil
	}
	return s.export(ctx, Conversations, fmt.Sprintf("%d conversations to compare", len(in.CSIDs)), func() rowsOf {
		return dixaclient.ExportConversations.Stream(ctx, s.c, in)
	})
}
