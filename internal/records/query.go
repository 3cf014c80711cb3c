package records

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/uuid"
)

// Query picks records. The zero Query picks all; what is set must all hold.
type Query struct {
	Agent, Person, Tool string
	Level               string // "read", "write", "send" or "erase"
	Event               audit.Event
	Key                 string    // id of the credential that was used, an agent's or an approver's
	Conversation        string    // id
	Customer            string    // id, e-mail address or phone number
	Call                string    // id
	Approval            string    // number
	Since, Until        time.Time // from Since on, and before Until
	Changes             bool      // only calls that change something
	Refused             bool      // only refusals
	Edited              bool      // only those in which an approver changed the text
	Told                bool      // only what people read: neither intents nor starts and stops

	HashKey []byte // with which records hash e-mail addresses and phone numbers
}

// Found is a record that was found.
type Found struct {
	audit.Record
	ID      string // for [Index.Get], as long as the index is not made anew
	Text    []byte // the line as it is in the file
	File    string // name of the file
	Altered string // why the line is not as it was written; "" where it is
}

// place is where a record is.
type place struct {
	at, run, seq int64
	part, offset int64
	name         string // of the run
}

func (p place) id() string { return fmt.Sprintf("%d-%d-%d", p.at, p.run, p.seq) }

// Find returns at most limit records, newest first, and whether there are more. after is the ID of the record behind which to
// go on, "" for the newest. What was written since the last [Index.Update] is not found.
func (x *Index) Find(ctx context.Context, q Query, after string, limit int) (found []Found, more bool, err error) {
	var from place
	if after != "" {
		if _, err := fmt.Sscanf(after, "%d-%d-%d", &from.at, &from.run, &from.seq); err != nil {
			return nil, false, fmt.Errorf("%.60q is not the id of a record", after)
		}
	}
	places, err := x.places(ctx, q, from, limit+1)
	if err != nil {
		return nil, false, err
	}
	more = len(places) > limit
	found, err = x.read(places[:min(limit, len(places))])
	return found, more, err
}

// Times returns when the records were written that a query picks, newest first, at most 10,000.
func (x *Index) Times(ctx context.Context, q Query) ([]time.Time, error) {
	places, err := x.places(ctx, q, place{}, 10_000)
	times := make([]time.Time, len(places))
	for i, p := range places {
		times[i] = time.UnixMilli(p.at).UTC()
	}
	return times, err
}

// Sample returns at most n records of those that a query picks, chosen by a seed: the same ones as long as there are no others.
// Of more than 10,000 it looks at the newest.
func (x *Index) Sample(ctx context.Context, q Query, n int, seed uint64) ([]Found, error) {
	places, err := x.places(ctx, q, place{}, 10_000)
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(seed, 0))
	random.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	places = places[:min(n, len(places))]
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(b.at, a.at) })
	return x.read(places)
}

// Get returns a record by its ID. It is not ok where there is none.
func (x *Index) Get(ctx context.Context, id string) (_ Found, ok bool, err error) {
	var p place
	if _, err := fmt.Sscanf(id, "%d-%d-%d", &p.at, &p.run, &p.seq); err != nil {
		return Found{}, false, nil
	}
	p.seq++ // the one that is found after it is the record itself
	places, err := x.places(ctx, Query{}, p, 1)
	if err != nil || len(places) == 0 || places[0].id() != id {
		return Found{}, false, err
	}
	found, err := x.read(places)
	if err != nil || len(found) == 0 {
		return Found{}, false, err
	}
	return found[0], true, nil
}

// places finds where records are.
func (x *Index) places(ctx context.Context, q Query, from place, limit int) (places []place, err error) {
	err = x.view(ctx, func() error {
		places = nil // of an attempt before
		sql, args := q.statement(from, limit)
		return x.file.Rows(sql, func(st *sqlite3.Stmt) {
			places = append(places, place{st.ColumnInt64(0), st.ColumnInt64(1), st.ColumnInt64(2), st.ColumnInt64(3), st.ColumnInt64(4), st.ColumnText(5)})
		}, args...)
	})
	return places, err
}

// words returns the words that a record must mention, the most telling first.
func (q Query) words() (words []string) {
	customer := wordOf(idWord, strings.ToLower(q.Customer))
	if q.Customer != "" && !uuid.Is(q.Customer) {
		customer = wordOf(hashWord, audit.Hash(q.HashKey, q.Customer))
	}
	refused := ""
	if q.Refused {
		refused = string(refusedWord)
	}
	edited, event := "", ""
	if q.Edited {
		edited = string(editedWord)
	}
	if rare(q.Event) {
		event = wordOf(eventWord, string(q.Event))
	}
	all := []string{
		edited, event, wordOf(callWord, q.Call), wordOf(approvalWord, q.Approval), wordOf(conversationWord, q.Conversation), customer, wordOf(personWord, q.Person),
		wordOf(keyWord, q.Key), refused, wordOf(agentWord, q.Agent),
	}
	return slices.DeleteFunc(all, func(word string) bool { return word == "" })
}

// statement returns the SQL that finds records. The first word leads; of each of its records the others are looked up.
func (q Query) statement(from place, limit int) (sql string, args []any) {
	var where []string
	add := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	lead, tables := "r", "record r"
	for i, word := range q.words() {
		m := fmt.Sprintf("m%d", i)
		if i == 0 {
			lead, tables = m, "mention m0 CROSS JOIN record r ON r.at = m0.at AND r.run = m0.run AND r.seq = m0.seq"
			add("m0.word = ?", wordID(word))
			continue
		}
		add("EXISTS (SELECT 1 FROM mention "+m+" WHERE "+m+".word = ? AND "+m+".at = r.at AND "+m+".run = r.run AND "+m+".seq = r.seq)", wordID(word))
	}
	if from != (place{}) {
		add("("+lead+".at, "+lead+".run, "+lead+".seq) < (?, ?, ?)", from.at, from.run, from.seq)
	}
	if !q.Since.IsZero() {
		add(lead+".at >= ?", q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		add(lead+".at < ?", q.Until.UnixMilli())
	}
	if q.Tool != "" {
		add("r.tool = (SELECT id FROM name WHERE text = ?)", wordOf(toolWord, q.Tool))
	}
	if q.Level != "" {
		add("r.level = (SELECT id FROM name WHERE text = ?)", wordOf(levelWord, q.Level))
	}
	if q.Event != "" {
		add("r.event = (SELECT id FROM name WHERE text = ?)", string(q.Event))
	}
	if q.Changes {
		add("r.changes = 1")
	}
	if q.Told {
		add("r.event NOT IN (SELECT id FROM name WHERE text IN (?, ?, ?))", string(audit.EventIntent), string(audit.EventStart), string(audit.EventStop))
	}
	sql = "SELECT r.at, r.run, r.seq, r.part, r.offset, run.name FROM " + tables + " CROSS JOIN run ON run.id = r.run"
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	return sql + " ORDER BY " + lead + ".at DESC, " + lead + ".run DESC, " + lead + ".seq DESC LIMIT ?", append(args, int64(limit))
}

// read reads records from their files. Those whose file was removed are left out.
func (x *Index) read(places []place) ([]Found, error) {
	var found []Found
	open := map[string]*os.File{}
	defer func() {
		for _, f := range open {
			_ = f.Close() // it was only read
		}
	}()
	for _, p := range places {
		path := audit.Entry{Run: p.name, Part: int(p.part)}.Path(x.dir)
		f := open[path]
		if f == nil {
			var err error
			if f, err = os.Open(path); errors.Is(err, os.ErrNotExist) {
				continue
			} else if err != nil {
				return nil, fmt.Errorf("read the audit records: %w", err)
			}
			open[path] = f
		}
		line, err := bufio.NewReader(io.NewSectionReader(f, p.offset, 1<<40)).ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read the audit records: %w", err)
		}
		one := Found{ID: p.id(), File: filepath.Base(path), Text: slices.Clip(line[:max(0, len(line)-1)])}
		if one.Record, one.Altered = audit.Unseal(one.Text); one.Altered != "" {
			_ = json.Unmarshal(one.Text, &one.Record) // what can be read of it
			one.Time, one.Seq = time.UnixMilli(p.at).UTC(), uint64(p.seq)
		}
		found = append(found, one)
	}
	return found, nil
}

// view runs read on one state of the index, which is interrupted when ctx ends.
func (x *Index) view(ctx context.Context, read func() error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, err := os.Stat(x.dir); errors.Is(err, os.ErrNotExist) {
		return nil // no records yet
	}
	err := x.file.View(ctx, read)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("the index of records %s cannot be used: %w", x.file.Path, err)
	}
	return nil
}
