package records

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/test/seeds"
)

var (
	noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	key  = []byte("0123456789abcdef0123456789abcdef")
)

const customer = "0c1a2b3c-4d5e-4f60-8a7b-0123456789ab"

// desk is a directory of records with its index.
type desk struct {
	*testing.T
	dir   string
	now   time.Time
	logs  []*audit.Log
	index *Index
}

func newDesk(t *testing.T) *desk {
	d := &desk{T: t, dir: filepath.Join(t.TempDir(), "audit"), now: noon}
	d.index = Open(d.dir)
	t.Cleanup(func() {
		require.NoError(t, d.index.Close())
		for _, l := range d.logs {
			require.NoError(t, l.Close())
		}
	})
	return d
}

func (d *desk) begin() *audit.Log {
	l, err := audit.Open(audit.Options{Dir: d.dir, MaxBytes: 3000, Now: func() time.Time { return d.now }})
	require.NoError(d, err)
	d.logs = append(d.logs, l)
	return l
}

func (d *desk) write(l *audit.Log, r audit.Record) {
	require.NoError(d, l.Write(d.Context(), r))
}

// random makes a record as the gate writes them.
func random(r *rand.Rand, at time.Time) audit.Record {
	record := audit.Record{
		Time: at, Event: []audit.Event{audit.EventIntent, audit.EventOutcome, audit.EventRead, audit.EventRefused, audit.EventReload, audit.EventApproved}[r.IntN(6)],
		Agent: []string{"", "triage", "support"}[r.IntN(3)], Person: []string{"", "anna@example.com"}[r.IntN(2)], Key: "k" + fmt.Sprint(r.IntN(3)),
		Tool: []string{"get_conversation", "add_note"}[r.IntN(2)], Access: []string{"read", "write"}[r.IntN(2)], Call: fmt.Sprint("call", r.IntN(9)),
		Level: []string{"", "read", "send"}[r.IntN(3)], Tokens: r.IntN(100), Text: "a record",
	}
	switch r.IntN(4) {
	case 0:
		record.Arguments = audit.Unreduced(fmt.Appendf(nil, `{"conversationId":%d}`, r.IntN(5)))
	case 1:
		record.Arguments = audit.Unreduced(fmt.Appendf(nil, `{"filter":{"csids":[%d,"%d"]},"userId":%q}`, r.IntN(5), r.IntN(5), customer))
	case 2:
		record.Arguments = audit.ReduceJSON([]byte(`{"email":" Anna@example.com"}`), map[string]audit.Kind{"email": audit.Personal}, key)
	}
	if r.IntN(3) == 0 {
		record.Operations = []audit.Operation{{Operation: "get_conversation", Millis: r.Int64N(300), Attempts: r.IntN(3)}}
	}
	if r.IntN(5) == 0 {
		record.Decision = audit.Refused
	}
	if r.IntN(5) == 0 {
		record.Edited = audit.NewEdited("before", "after")
	}
	if r.IntN(4) == 0 {
		record.Approval = fmt.Sprint("A-", r.IntN(3))
	}
	return record
}

// matches reports whether a query picks a record, said the simple way.
func (q Query) matches(r audit.Record) bool {
	text := r.Arguments.String()
	return audit.Filter{Agent: q.Agent, Tool: q.Tool, Key: q.Key, Conversation: q.Conversation, Since: q.Since, Until: q.Until, Writes: q.Changes, Refused: q.Refused}.Match(r) &&
		(q.Person == "" || q.Person == r.Person) && (!q.Edited || r.Edited != nil) && (q.Level == "" || q.Level == r.Level) && (q.Event == "" || q.Event == r.Event) && (q.Call == "" || q.Call == r.Call) && (q.Approval == "" || q.Approval == r.Approval) &&
		(q.Customer == "" || strings.Contains(text, q.Customer) || strings.Contains(text, audit.Hash(key, q.Customer))) &&
		(!q.Told || r.Event != audit.EventIntent && r.Event != audit.EventStart && r.Event != audit.EventStop)
}

func randomQuery(r *rand.Rand) Query {
	q := Query{HashKey: key}
	often := func(set func()) {
		if r.IntN(4) == 0 {
			set()
		}
	}
	often(func() { q.Agent = "triage" })
	often(func() { q.Person = "anna@example.com" })
	often(func() { q.Tool = "add_note" })
	often(func() { q.Key = "k1" })
	often(func() { q.Conversation = fmt.Sprint(r.IntN(6)) })
	often(func() { q.Customer = []string{customer, "ANNA@example.com", "joe@example.com"}[r.IntN(3)] })
	often(func() { q.Call = fmt.Sprint("call", r.IntN(9)) })
	often(func() { q.Approval = "A-1" })
	often(func() { q.Since = noon.Add(time.Duration(r.IntN(100)) * time.Second) })
	often(func() { q.Until = noon.Add(time.Duration(r.IntN(100)) * time.Second) })
	often(func() { q.Level = "send" })
	often(func() { q.Event = []audit.Event{audit.EventOutcome, audit.EventApproved}[r.IntN(2)] })
	often(func() { q.Edited = true })
	often(func() { q.Changes = true })
	often(func() { q.Refused = true })
	often(func() { q.Told = true })
	return q
}

// all reads a query's records page by page.
func (d *desk) all(q Query, page int) (hashes []string) {
	after := ""
	for {
		found, more, err := d.index.Find(d.Context(), q, after, page)
		require.NoError(d, err)
		for _, f := range found {
			require.Empty(d, f.Altered)
			hashes = append(hashes, f.Hash)
			one, ok, err := d.index.Get(d.Context(), f.ID)
			require.NoError(d, err)
			require.True(d, ok)
			require.Equal(d, f.Hash, one.Hash)
			after = f.ID
		}
		if !more {
			return hashes
		}
		require.NotEmpty(d, found)
	}
}

// What the index finds is what reading all files finds, newest first, each record once, whatever was written meanwhile by several
// processes and whichever files are gone.
func TestFindsWhatIsThere(t *testing.T) {
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		d := newDesk(t)
		for range 1 + r.IntN(3) {
			for range 1 + r.IntN(2) {
				d.begin()
			}
			for range r.IntN(40) {
				d.now = d.now.Add(time.Duration(r.IntN(3)) * time.Second)
				d.write(d.logs[r.IntN(len(d.logs))], random(r, d.now))
			}
			if files, _ := filepath.Glob(filepath.Join(d.dir, "audit-*.jsonl")); len(files) > 4 && r.IntN(3) == 0 {
				require.NoError(t, os.Remove(files[r.IntN(len(files)-2)]))
			}
			require.NoError(t, d.index.Update(t.Context()))
		}
		var records []audit.Record
		require.NoError(t, audit.Read(d.dir, func(one audit.Record) error { records = append(records, one); return nil }))
		for range 4 {
			q := randomQuery(r)
			var want []string
			for _, one := range records {
				if q.matches(one) {
					want = append(want, one.Hash)
				}
			}
			got := d.all(q, 1+r.IntN(20))
			slices.Sort(want)
			slices.Sort(got)
			require.Equal(t, want, got, "%+v", q)
		}
		times, err := d.index.Times(t.Context(), Query{Agent: "triage"})
		require.NoError(t, err)
		sample, err := d.index.Sample(t.Context(), Query{Agent: "triage"}, 5, 1)
		require.NoError(t, err)
		require.Len(t, sample, min(5, len(times)))
		again, err := d.index.Sample(t.Context(), Query{Agent: "triage"}, 5, 1)
		require.NoError(t, err)
		require.Equal(t, sample, again)
		found, _, err := d.index.Find(t.Context(), Query{}, "", 1000)
		require.NoError(t, err)
		require.True(t, slices.IsSortedFunc(found, func(a, b Found) int { return b.Time.Compare(a.Time) }))

		// Figures, over files that are all there.
		other := newDesk(t)
		l := other.begin()
		calls, refused, tokens := int64(0), int64(0), int64(0)
		for range 60 {
			other.now = other.now.Add(time.Duration(r.IntN(90)) * time.Second)
			one := random(r, other.now)
			other.write(l, one)
			if one.EndsCall() {
				calls, tokens = calls+1, tokens+int64(one.Tokens)
				if one.IsRefusal() {
					refused++
				}
			}
			if r.IntN(9) == 0 {
				require.NoError(t, other.index.Update(t.Context()))
			}
		}
		require.NoError(t, other.index.Update(t.Context()))
		series, err := other.index.Series(t.Context(), noon, noon.Add(3*time.Hour), time.Duration(1+r.IntN(60))*time.Minute)
		require.NoError(t, err)
		for _, f := range series {
			calls, refused, tokens = calls-f.Calls, refused-f.Refused, tokens-f.Tokens
		}
		require.Zero(t, calls)
		require.Zero(t, refused)
		require.Zero(t, tokens)
	})
}

func TestBeforeTheFirstRecord(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.index.Update(t.Context()))
	found, more, err := d.index.Find(t.Context(), Query{Agent: "triage"}, "", 10)
	require.NoError(t, err)
	require.False(t, more)
	require.Empty(t, found)
	require.NoDirExists(t, d.dir)
	d.write(d.begin(), audit.Record{Event: audit.EventRead, Agent: "triage"})
	require.NoError(t, d.index.Update(t.Context()))
	require.Len(t, d.all(Query{Agent: "triage"}, 10), 1)
	info, err := os.Stat(filepath.Join(d.dir, FileName))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// A line that was altered after it was indexed is shown as such.
func TestAltered(t *testing.T) {
	d := newDesk(t)
	l := d.begin()
	d.write(l, audit.Record{Event: audit.EventRead, Agent: "triage", Text: "read conversation 1234"})
	require.NoError(t, d.index.Update(t.Context()))
	files, err := filepath.Glob(filepath.Join(d.dir, "audit-*.jsonl"))
	require.NoError(t, err)
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(files[0], []byte(strings.Replace(string(text), "1234", "1235", 1)), 0o600))
	found, _, err := d.index.Find(t.Context(), Query{Agent: "triage"}, "", 10)
	require.NoError(t, err)
	require.Contains(t, found[0].Altered, "altered")
	require.Contains(t, found[0].Record.Text, "1235")
}

// A damaged index is made anew from the files.
func TestDamaged(t *testing.T) {
	d := newDesk(t)
	d.write(d.begin(), audit.Record{Event: audit.EventRead, Agent: "triage"})
	require.NoError(t, d.index.Update(t.Context()))
	require.NoError(t, d.index.Close())
	require.NoError(t, os.WriteFile(filepath.Join(d.dir, FileName), []byte(strings.Repeat("no database ", 1000)), 0o600))
	require.ErrorContains(t, d.index.Update(t.Context()), "was damaged and was deleted")
	require.NoError(t, d.index.Update(t.Context()))
	require.Len(t, d.all(Query{Agent: "triage"}, 10), 1)
}

func TestWrongID(t *testing.T) {
	d := newDesk(t)
	_, _, err := d.index.Find(t.Context(), Query{}, "x", 10)
	require.ErrorContains(t, err, `"x" is not the id of a record`)
	for _, id := range []string{"", "x", "1-2-3", "9-9-9999999999999999999"} {
		_, ok, err := d.index.Get(t.Context(), id)
		require.NoError(t, err)
		require.False(t, ok)
	}
}

// Several processes index the same files at the same time, and each record is there once.
func TestTogether(t *testing.T) {
	d := newDesk(t)
	others := []*Index{d.index, Open(d.dir), Open(d.dir)}
	l := d.begin()
	done := make(chan error)
	for _, x := range others {
		go func() {
			for range 20 {
				if err := x.Update(context.Background()); err != nil {
					done <- err
					return
				}
				if _, _, err := x.Find(context.Background(), Query{Agent: "triage"}, "", 10); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 300 {
		d.write(l, audit.Record{Event: audit.EventRead, Agent: "triage", Tokens: 1})
	}
	for range others {
		require.NoError(t, <-done)
	}
	for _, x := range others[1:] {
		require.NoError(t, x.Update(t.Context()))
		require.NoError(t, x.Close())
	}
	require.Len(t, d.all(Query{Agent: "triage"}, 100), 300)
	names, err := d.index.Names(t.Context())
	require.NoError(t, err)
	require.Equal(t, Names{Agents: []string{"triage"}}, names)
	series, err := d.index.Series(t.Context(), noon, noon.Add(time.Hour), time.Hour)
	require.NoError(t, err)
	require.Equal(t, []Figures{{Start: noon, Agent: "triage", Calls: 300, Tokens: 300}}, series)
}

// An update and a search end when they are told to.
func TestCancelled(t *testing.T) {
	d := newDesk(t)
	d.write(d.begin(), audit.Record{Event: audit.EventRead, Agent: "triage"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, d.index.Update(ctx), context.Canceled)
	_, _, err := d.index.Find(ctx, Query{}, "", 10)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, d.index.Update(t.Context()))
}
