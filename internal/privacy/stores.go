package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/base/plainjson"
	"dixa-mcp/internal/base/sqlitefile"
	"dixa-mcp/internal/base/uuid"
	"dixa-mcp/internal/events"
	eventstore "dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/jobs"
	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/records"
	"dixa-mcp/internal/sharedstate"
)

func (s *Search) inArchive(ctx context.Context) (*Place, error) {
	p := &Place{Place: "archive", Holds: "conversations and messages, with names, addresses and texts, also those of others that name an address of the customer",
		Kept:  fmt.Sprintf("%s after the last update, by the next sync or purge (archive.keep)", s.ArchiveKept),
		Stays: "Numbers, times, queue, tags and the customer's id remain for as long, without text; later syncs bring no text back."}
	store, err := s.OpenArchive()
	if err != nil {
		p.Where = "archive"
		return p, err
	}
	p.Where = store.Name()
	s.closers = append(s.closers, store.Close)
	exists, err := store.Exists(ctx)
	if err != nil || !exists {
		return p, err
	}
	found, err := archive.FindAbout(ctx, store, s.Person, slices.Sorted(maps.Keys(s.Conversations))...)
	if err != nil {
		return p, err
	}
	s.Person, s.Names = found.Person, found.Names
	own := map[int64]bool{}
	for _, c := range found.Conversations {
		what := "conversation"
		if own[c.ID] = slices.Contains(found.Customers, c.RequesterID) || s.Conversations[c.ID]; own[c.ID] {
			s.Conversations[c.ID] = true
		} else {
			what = "conversation of another customer, which names an address"
		}
		if c.Rest == nil {
			what += ", text erased"
		}
		p.Items = append(p.Items, Item{ID: strconv.FormatInt(c.ID, 10), At: moment(c.CreatedAt), What: fmt.Sprintf("%s in %s", what, c.QueueName), Data: c.Rest})
	}
	for _, m := range found.Messages {
		what := fmt.Sprintf("%s message of conversation %d", m.Direction, m.Conversation)
		if !own[m.Conversation] {
			what += ", of another customer"
		}
		if m.Rest == nil {
			what += ", text erased"
		}
		p.Items = append(p.Items, Item{ID: m.ID, At: moment(m.CreatedAt), What: what, Text: m.Text, Data: m.Rest})
	}
	p.forget = func(ctx context.Context) error {
		_, err := archive.EraseAbout(ctx, store, found, time.Now())
		return err
	}
	return p, nil
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func (s *Search) inApprovals(ctx context.Context, store approval.Store, where string, local bool) (*Place, error) {
	p := &Place{Place: "approvals and drafts", Where: where, Holds: "calls that wait for approval, with their texts; decided ones without texts, with the reason",
		Kept:  "texts until the call is carried out, denied or expired, at most 24 hours unless confirm.expires says otherwise; the rest for 7 days more",
		Stays: "Agent, tool, conversation number, who decided and a digest of the call remain until the times above. What waited has expired."}
	if local {
		if exists, err := sqlitefile.Exists(where); err != nil || !exists {
			return p, err
		}
	}
	list, err := store.List(ctx)
	var numbers []string
	for _, r := range list {
		about, failed := s.about(r)
		if failed != nil {
			return p, failed
		}
		if !about && !s.Conversations[r.Conversation] {
			continue
		}
		text, failed := plainjson.Marshal(struct {
			Effect, Text, NewText, Reason string
			Arguments, Shown              json.RawMessage
			Steps                         []approval.Step
		}{r.Effect, r.Text, r.NewText, r.Reason, r.Arguments, r.Shown, r.Steps})
		if failed != nil {
			return p, failed
		}
		gone := r.Expires.Add(approval.Kept)
		what := fmt.Sprintf("%s of %s, %s", r.Tool, r.Agent, r.State)
		if r.Draft != "" {
			what += ", draft " + r.Draft
		}
		numbers = append(numbers, r.Number)
		p.Items = append(p.Items, Item{ID: r.Number, At: r.Created, What: what, Until: &gone, Data: text})
	}
	p.forget = func(ctx context.Context) (err error) {
		for _, number := range numbers {
			if failed := store.Forget(ctx, number); !errors.Is(failed, approval.ErrNotFound) {
				err = errors.Join(err, failed)
			}
		}
		return err
	}
	return p, err
}

// inShared looks into the file that the processes of this machine share.
func (s *Search) inShared(ctx context.Context) {
	path := filepath.Join(s.State, sharedstate.FileName)
	exists, err := sqlitefile.Exists(path)
	if err != nil || !exists {
		s.add(&Place{Place: "last hour's writes", Where: path}, err)
		s.add(&Place{Place: "jobs", Where: path}, err)
		return
	}
	shared := sharedstate.New(s.State, dixaclient.DefaultURL, slog.Default())
	s.closers = append(s.closers, shared.Close)
	s.add(s.inJournal(ctx, shared.Journal(s.Key, time.Now), path))
	s.add(s.inJobs(ctx, shared.Jobs(s.Key, time.Now), path))
}

func (s *Search) inJournal(ctx context.Context, store journal.Store, where string) (*Place, error) {
	p := &Place{Place: "last hour's writes", Where: where, Holds: "what agents wrote, for undo and against repetitions: ids, and encrypted answers and previous values",
		Kept: "1 hour after the write", Stays: "Nothing remains."}
	var things []string
	for _, id := range s.Person.Customers {
		things = append(things, fmt.Sprintf("%s:%s", dixaclient.EndUserThing, id))
	}
	for _, id := range slices.Sorted(maps.Keys(s.Conversations)) {
		things = append(things, fmt.Sprintf("%s:%d", dixaclient.ConversationThing, id))
	}
	list, err := store.About(ctx, things...)
	for _, e := range list {
		gone := e.Changed.Add(journal.Kept)
		p.Items = append(p.Items, Item{ID: e.Call, At: e.Begun, What: fmt.Sprintf("%s of %s", e.Tool, e.Agent), Until: &gone, Text: e.Answer})
	}
	p.forget = func(ctx context.Context) error { return store.Forget(ctx, "", things...) }
	return p, err
}

func (s *Search) inJobs(ctx context.Context, store *jobs.Store, where string) (*Place, error) {
	p := &Place{Place: "jobs", Where: where, Holds: "changes of many conversations: their numbers and what is to be changed, encrypted",
		Kept: "24 hours", Stays: "Nothing remains: an agent must prepare the whole job again."}
	list, err := store.All(ctx)
	var handles []string
	for _, j := range list {
		about, failed := s.about(j)
		if failed != nil {
			return p, failed
		}
		if !about && !slices.ContainsFunc(j.IDs, func(id int64) bool { return s.Conversations[id] }) {
			continue
		}
		handles = append(handles, j.Handle)
		p.Items = append(p.Items, Item{ID: j.Handle, What: fmt.Sprintf("change of %s by %s", lines.Counted(len(j.IDs), "conversation"), j.Agent), Until: &j.Expires, Data: j.Change})
	}
	p.forget = func(ctx context.Context) (err error) {
		for _, handle := range handles {
			err = errors.Join(err, store.Remove(ctx, handle))
		}
		return err
	}
	return p, err
}

// inEventFile looks into the inbox of the state directory.
func (s *Search) inEventFile(ctx context.Context) (*Place, error) {
	path := filepath.Join(s.State, eventstore.FileName)
	exists, err := sqlitefile.Exists(path)
	if err != nil || !exists {
		return &Place{Place: "inbox of events", Where: path}, err
	}
	return s.inEvents(ctx, eventstore.Open(s.State, eventstore.Options{}), path)
}

func (s *Search) inEvents(ctx context.Context, store events.Store, where string) (p *Place, err error) {
	p = &Place{Place: "inbox of events", Where: where, Holds: "events: ids, states and times; no texts, names or addresses",
		Kept: "7 days", Stays: "They have ids and times only, and are removed by themselves."}
	defer func() { err = errors.Join(err, store.Close()) }()
	for page := (events.Page{More: true}); page.More; {
		if page, err = store.List(ctx, page.Next, 1000); err != nil {
			return p, err
		}
		for _, e := range page.Events {
			if s.Conversations[e.Conversation] || slices.Contains(s.Person.Customers, strings.ToLower(e.Fields.Requester)) || slices.Contains(s.Person.Customers, strings.ToLower(e.Fields.Author)) {
				gone := e.Received.Add(events.Keep)
				p.Items = append(p.Items, Item{ID: e.ID, At: e.Time, What: fmt.Sprintf("%s of conversation %d", e.Type, e.Conversation), Until: &gone})
			}
		}
	}
	return p, nil
}

func (s *Search) inRecords(ctx context.Context) (p *Place, err error) {
	p = &Place{Place: "records", Where: s.Records, Holds: "calls: ids, keyed hashes of addresses, lengths and digests of texts; no texts, names or addresses of customers",
		Kept: "until audit prune removes them (records.keep is not set)", Stays: "They prove who did what, and their chain could not be verified without them."}
	if s.RecordsKept.For > 0 {
		p.Kept = s.RecordsKept.String() + " (records.keep)"
	}
	index := records.Open(s.Records)
	defer func() { err = errors.Join(err, index.Close()) }()
	if err := index.Update(ctx); err != nil {
		return p, err
	}
	seen := map[string]bool{}
	find := func(q records.Query) error {
		for after, more := "", true; more; {
			found, further, err := index.Find(ctx, q, after, 1000)
			if err != nil {
				return err
			}
			for _, f := range found {
				if after = f.ID; seen[f.ID] || f.Call == s.Call {
					continue
				}
				seen[f.ID] = true
				what := f.Record.Text
				if what == "" {
					what = audit.Sentence(f.Record, audit.Verb{})
				}
				p.Items = append(p.Items, Item{ID: fmt.Sprintf("%s:%d", f.File, f.Seq), At: f.Time, What: what})
			}
			more = further && len(found) > 0
		}
		return nil
	}
	for _, name := range slices.Concat(s.Person.Customers, s.Person.Addresses) {
		keys := s.HashKeys
		if uuid.Is(name) {
			keys = keys[:1]
		}
		for _, key := range keys {
			if err := find(records.Query{Customer: name, HashKey: key}); err != nil {
				return p, err
			}
		}
	}
	for id := range s.Conversations {
		if err := find(records.Query{Conversation: strconv.FormatInt(id, 10)}); err != nil {
			return p, err
		}
	}
	slices.SortFunc(p.Items, func(a, b Item) int { return a.At.Compare(b.At) })
	return p, nil
}

// about reports whether one of the texts in a value names the customer's id or an address.
func (s *Search) about(v any) (bool, error) {
	text, err := plainjson.Marshal(v)
	return slices.ContainsFunc(slices.Concat(s.Person.Customers, s.Person.Addresses), func(name string) bool { return archive.FieldsName(text, name) }), err
}
