package records

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/sqlitefile"
)

// writer indexes records in a transaction.
type writer struct {
	file    *sqlitefile.File
	cursor  audit.Cursor
	before  audit.Cursor     // as it was stored
	runs    map[string]int64 // ids
	names   map[string]int64
	mention []mention
	minutes map[minute]*figures
	parts   map[[2]int64][2]int64 // of run and number: times of the first and the last record
}

type (
	mention struct{ word, at, run, seq int64 }
	minute  struct{ at, agent int64 }
)

// figures are those of an agent's calls in some time.
type figures struct{ calls, refused, changes, requests, waited, tokens int64 }

func newWriter(file *sqlitefile.File) *writer {
	return &writer{file, audit.Cursor{}, audit.Cursor{}, map[string]int64{}, map[string]int64{}, nil, map[minute]*figures{}, map[[2]int64][2]int64{}}
}

// begin reads how far each run was indexed.
func (w *writer) begin() error {
	var failed error
	err := w.file.Rows(`SELECT id, name, position FROM run`, func(st *sqlite3.Stmt) {
		var p audit.Position
		failed = errors.Join(failed, json.Unmarshal([]byte(st.ColumnText(2)), &p))
		name := st.ColumnText(1)
		w.runs[name], w.cursor[name], w.before[name] = st.ColumnInt64(0), p, p
	})
	return errors.Join(err, failed)
}

// end stores how far each run was read, and the sums.
func (w *writer) end() error {
	for name, p := range w.cursor {
		if p == w.before[name] {
			continue
		}
		text, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if err := w.file.Exec(`INSERT INTO run (name, position) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET position = excluded.position`, name, string(text)); err != nil {
			return err
		}
	}
	slices.SortFunc(w.mention, func(a, b mention) int { // many are side by side in the file then
		return cmp.Or(cmp.Compare(a.word, b.word), cmp.Compare(a.at, b.at), cmp.Compare(a.run, b.run), cmp.Compare(a.seq, b.seq))
	})
	for _, m := range w.mention {
		if err := w.file.Exec(`INSERT OR IGNORE INTO mention (word, at, run, seq) VALUES (?, ?, ?, ?)`, m.word, m.at, m.run, m.seq); err != nil {
			return err
		}
	}
	for part, span := range w.parts {
		err := w.file.Exec(`INSERT INTO part (run, part, first, last) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
			first = min(first, excluded.first), last = max(last, excluded.last)`, part[0], part[1], span[0], span[1])
		if err != nil {
			return err
		}
	}
	for m, f := range w.minutes {
		err := w.file.Exec(`INSERT INTO minute (at, agent, calls, refused, changes, requests, waited, tokens) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, refused = refused + excluded.refused, changes = changes + excluded.changes,
			requests = requests + excluded.requests, waited = waited + excluded.waited, tokens = tokens + excluded.tokens`,
			m.at, m.agent, f.calls, f.refused, f.changes, f.requests, f.waited, f.tokens)
		if err != nil {
			return err
		}
	}
	return nil
}

// add indexes a record.
func (w *writer) add(e audit.Entry) error {
	run, err := w.run(e.Run)
	if err != nil {
		return err
	}
	at, seq := e.Time.UnixMilli(), int64(e.Seq)
	ids := make([]int64, 5)
	for i, text := range []string{string(e.Event), wordOf(agentWord, e.Agent), wordOf(personWord, e.Person), wordOf(toolWord, e.Tool), wordOf(levelWord, e.Level)} {
		if ids[i], err = w.name(text); err != nil {
			return err
		}
	}
	refused, changes := flag(e.IsRefusal()), flag(e.Access == "write")
	if err := w.file.Exec(`INSERT OR REPLACE INTO record (at, run, seq, part, offset, event, agent, person, tool, refused, changes, level) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		at, run, seq, int64(e.Part), e.Offset, ids[0], ids[1], ids[2], ids[3], refused, changes, ids[4]); err != nil {
		return err
	}
	for word := range mentions(e.Record) {
		w.mention = append(w.mention, mention{wordID(word), at, run, seq})
	}
	part := [2]int64{run, int64(e.Part)}
	span, known := w.parts[part]
	if !known {
		span = [2]int64{at, at}
	}
	w.parts[part] = [2]int64{min(span[0], at), max(span[1], at)}
	w.count(e.Record, at, ids[1])
	return nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// count adds a call to the sums of its minute. The calls of an agent are counted when they end.
func (w *writer) count(r audit.Record, at, agent int64) {
	if !r.EndsCall() {
		return
	}
	m := minute{at - at%60_000, agent}
	f := w.minutes[m]
	if f == nil {
		f = &figures{}
		w.minutes[m] = f
	}
	calls := max(1, int64(r.Repeated))
	f.calls += calls
	if r.IsRefusal() {
		f.refused += calls
	}
	if r.Access == "write" {
		f.changes += calls
	}
	for _, o := range r.Operations {
		f.requests += int64(max(o.Attempts, 1))
		f.waited += o.Millis
	}
	f.tokens += int64(r.Tokens)
}

// run returns the id of a run.
func (w *writer) run(name string) (int64, error) {
	if id, known := w.runs[name]; known {
		return id, nil
	}
	if err := w.file.Exec(`INSERT INTO run (name, position) VALUES (?, '{}')`, name); err != nil {
		return 0, err
	}
	w.runs[name] = w.file.Inserted()
	return w.runs[name], nil
}

// name returns the id of a name, and 0 for none.
func (w *writer) name(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if id, known := w.names[text]; known {
		return id, nil
	}
	var id int64
	found, err := w.file.Row(`SELECT id FROM name WHERE text = ?`, func(st *sqlite3.Stmt) { id = st.ColumnInt64(0) }, text)
	if err == nil && !found {
		err = w.file.Exec(`INSERT INTO name (text) VALUES (?)`, text)
		id = w.file.Inserted()
	}
	w.names[text] = id
	return id, err
}
