package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/base/vocabulary"
	"dixa-mcp/internal/base/when"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/view"
)

type archiveSearchCmd struct {
	Words                []string `arg:"" help:"Words that must all be in a message, \"phrases\" in quotation marks, or beginnings of words such as refund*."`
	Queue                string   `placeholder:"NAME" help:"Only conversations in this queue: its name or id."`
	Channel              string   `placeholder:"NAME" help:"Only conversations of this channel, such as Email, Chat or Phone."`
	Tag                  string   `placeholder:"NAME" help:"Only conversations with this tag."`
	Agent                string   `placeholder:"NAME" help:"Only conversations assigned to this Dixa agent: the name or id."`
	Since                string   `placeholder:"TIME" help:"Only messages since this time: 2h, 30d, 2026-01-31 or 2026-01-31T14:00:00Z. Dates are in this machine's time zone."`
	Until                string   `placeholder:"TIME" help:"Only messages before this time."`
	Limit                int      `default:"20" help:"Maximum number of messages, from 1 to 1000."`
	jsonFlag             `embed:""`
	recordedArchiveFlags `embed:""`
}

// hit is a message that was found.
type hit struct {
	Conversation int64     `json:"conversation"`
	Message      string    `json:"message"`
	At           time.Time `json:"at"`
	Author       string    `json:"author,omitzero"` // untrusted text; not known of messages that were read one by one
	Automatic    bool      `json:"automatic,omitzero"`
	Channel      string    `json:"channel,omitzero"`
	Queue        string    `json:"queue,omitzero"`
	Assignee     string    `json:"assignee,omitzero"`
	Passage      string    `json:"passage"` // untrusted text
}

// Run prints the messages that match, one a line.
func (c *archiveSearchCmd) Run(ctx context.Context, out *output) error {
	q, err := c.query(time.Now())
	if err != nil {
		return err
	}
	var found []archive.Hit
	asked := map[string]any{"words": strings.Join(c.Words, " "), "queue": c.Queue, "tag": c.Tag, "agent": c.Agent, "channel": q.Channel, "limit": c.Limit, "since": given(q.Since), "until": given(q.Until)}
	maps.DeleteFunc(asked, func(_ string, v any) bool { return v == "" })
	err = c.recorded(ctx, "archive_search", audit.Verb{Past: "searched", Infinitive: "search", Object: "the archive"}, asked, func(store archiveStore) error {
		found, err = store.Search(ctx, q)
		asked["messages"] = len(found)
		return err
	})
	if err != nil {
		return err
	}
	hits := []hit{}
	for _, h := range found {
		hits = append(hits, hit{h.Conversation, h.Message, h.At, h.Author, h.Automated, vocabulary.Channels.Word(h.Channel), h.Queue, h.Assignee, h.Passage})
	}
	if c.JSON {
		return out.json(hits)
	}
	for _, h := range hits {
		out.printf("%s\n", h)
	}
	switch {
	case len(hits) == 0:
		out.printf("No message matches. dixa-mcp archive status says what is in the archive.\n")
		if c.Queue != "" || c.Tag != "" || c.Agent != "" {
			out.printf("Queues, tags and Dixa agents are found by their whole names, as in Dixa.\n")
		}
	case len(hits) == c.Limit:
		out.printf("There may be more: raise --limit, or use --until %s\n", hits[len(hits)-1].At.Format(time.RFC3339))
	}
	return nil
}

// String returns a hit in one line. What Dixa's users wrote is in quotation marks.
func (h hit) String() string {
	fields := []string{fmt.Sprint(h.Conversation), h.At.Local().Format("2006-01-02 15:04")}
	switch {
	case h.Automatic:
		fields = append(fields, "automatic")
	case h.Author != "":
		fields = append(fields, "by "+view.Value(h.Author, true))
	}
	if h.Channel != "" {
		fields = append(fields, h.Channel)
	}
	if h.Queue != "" {
		fields = append(fields, "queue "+view.Value(h.Queue, false))
	}
	if h.Assignee != "" {
		fields = append(fields, "assigned to "+view.Value(h.Assignee, false))
	}
	passage := view.Value(strings.Join(strings.Fields(h.Passage), " "), true)
	if !strings.HasPrefix(passage, `"`) {
		passage = `"` + passage + `"`
	}
	return strings.Join(append(fields, passage), " · ")
}

// given returns a time of a flag for a record, "" for none.
func given(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// query reads the flags.
func (c *archiveSearchCmd) query(now time.Time) (q archive.Query, err error) {
	if c.Limit < 1 || c.Limit > 1000 {
		return q, usagef("--limit must be from 1 to 1000, not %d; nothing was searched", c.Limit)
	}
	q = archive.Query{Filter: archive.Filter{Queue: c.Queue, Tag: c.Tag, Agent: c.Agent}, Limit: c.Limit}
	if q.Words, err = archive.Words(strings.Join(c.Words, " ")); err != nil {
		return q, usagef("%w; nothing was searched", err)
	}
	if c.Channel != "" {
		var ok bool
		if q.Channel, ok = archive.Channel(c.Channel); !ok {
			return q, usagef("--channel must be one of %s, not %q; nothing was searched", strings.Join(vocabulary.Channels.Words(), ", "), c.Channel)
		}
	}
	for _, t := range []struct {
		flag, text string
		to         *time.Time
	}{{"since", c.Since, &q.Since}, {"until", c.Until, &q.Until}} {
		if t.text == "" {
			continue
		}
		if *t.to, err = when.Since(t.text, now, time.Local); err != nil {
			return q, usagef("--%s: %w; nothing was searched", t.flag, err)
		}
	}
	if !q.Until.IsZero() && !q.Since.Before(q.Until) {
		return q, usagef("--until must be later than --since; nothing was searched")
	}
	return q, nil
}

type archiveStatusCmd struct {
	jsonFlag     `embed:""`
	archiveFlags `embed:""`
}

// archiveStatus is what is in the archive.
type archiveStatus struct {
	Archive       string         `json:"archive"` // a path, or an address without user and password
	Bytes         int64          `json:"bytes"`
	Conversations int64          `json:"conversations"`
	Messages      int64          `json:"messages"`
	Erased        int64          `json:"erased"`
	Spans         []archivedSpan `json:"spans"`             // of which all messages are there
	Syncing       string         `json:"syncing,omitempty"` // the process that fills it now
}

type archivedSpan struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Run prints what is in the archive.
func (c *archiveStatusCmd) Run(ctx context.Context, out *output) error {
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	st, err := store.Status(ctx)
	if err = errors.Join(err, store.Close()); err != nil {
		return err
	}
	found := archiveStatus{store.Name(), st.Bytes, st.Conversations, st.Messages, st.Erased, []archivedSpan{}, st.Syncing}
	for _, span := range st.Covered[archive.Messages] {
		found.Spans = append(found.Spans, archivedSpan{span.From, span.To})
	}
	if c.JSON {
		return out.json(found)
	}
	out.printf("Archive:        %s (%s)\n", found.Archive, size(found.Bytes))
	out.printf("Conversations:  %d\n", found.Conversations)
	out.printf("Messages:       %d\n", found.Messages)
	out.printf("Erased:         %s without text, since they were anonymized in Dixa\n", lines.Counted(int(found.Erased), "row"))
	for i, span := range found.Spans {
		age := ""
		if i == len(found.Spans)-1 {
			age = fmt.Sprintf(", %s ago", strings.TrimSuffix(time.Since(span.To).Round(time.Minute).String(), "0s"))
		}
		out.printf("Complete:       %s to %s%s\n", span.From.Local().Format("2006-01-02 15:04"), span.To.Local().Format("2006-01-02 15:04"), age)
	}
	if found.Syncing != "" {
		out.printf("Being filled:   by %s\n", found.Syncing)
	}
	return nil
}

type archiveVerifyCmd struct {
	jsonFlag     `embed:""`
	archiveFlags `embed:""`
}

// Run checks the archive.
func (c *archiveVerifyCmd) Run(ctx context.Context, out *output) error {
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	problems, err := store.Verify(ctx)
	if err = errors.Join(err, store.Close()); err != nil {
		return err
	}
	if c.JSON {
		if err := out.json(map[string]any{"archive": store.Name(), "problems": append([]string{}, problems...)}); err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("the archive %s is not sound: %s; remove it with dixa-mcp archive purge --all, and make it anew", store.Name(), strings.Join(problems, "; "))
	}
	if !c.JSON {
		out.printf("The archive %s is sound, and has no text of what was erased.\n", store.Name())
	}
	return nil
}

type archivePurgeCmd struct {
	Keep                 string `placeholder:"DAYS" help:"How long conversations are kept, such as 30d; by default as archive.keep of the capability file says."`
	All                  bool   `help:"Remove the whole archive."`
	fileFlag             `embed:""`
	jsonFlag             `embed:""`
	recordedArchiveFlags `embed:""`
}

// Run removes what is no longer kept.
func (c *archivePurgeCmd) Run(ctx context.Context, out *output) error {
	if c.All {
		return c.removeAll(ctx, out)
	}
	rules, _, err := c.load()
	if err != nil {
		return err
	}
	kept := rules.ArchiveKept().For
	if c.Keep != "" {
		if kept, err = capability.Days(c.Keep); err != nil {
			return usagef("--keep %w; nothing was removed", err)
		}
	}
	before := time.Now().Add(-kept)
	var removed archive.Removed
	asked := map[string]any{"before": given(before)}
	err = c.recorded(ctx, "archive_purge", audit.Verb{Past: "removed", Infinitive: "remove", Object: "what is no longer kept from the archive"}, asked, func(store archiveStore) error {
		removed, err = store.Purge(ctx, before)
		asked["conversations"], asked["messages"] = removed.Conversations, removed.Messages
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return out.json(map[string]any{"conversations": removed.Conversations, "messages": removed.Messages})
	}
	out.printf("Removed %s and %s.\n", lines.Counted(int(removed.Conversations), "conversation"), lines.Counted(int(removed.Messages), "message"))
	return nil
}

func (c *archivePurgeCmd) removeAll(ctx context.Context, out *output) error {
	if c.Keep != "" {
		return usagef("--all and --keep exclude each other; nothing was removed")
	}
	name := ""
	err := c.recorded(ctx, "archive_purge", audit.Verb{Past: "removed", Infinitive: "remove", Object: "the archive"}, map[string]any{"all": true}, func(store archiveStore) error {
		name = store.Name()
		other, err := store.Remove(ctx)
		if err == nil && other != "" {
			err = refusedf("%s is filling the archive; nothing was removed", other)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case c.JSON:
		return out.json(map[string]any{"removed": name})
	}
	out.printf("Removed %s.\n", name)
	return nil
}
