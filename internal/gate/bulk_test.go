package gate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/jobs"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/double"
	"dixa-mcp/internal/test/race"
	"dixa-mcp/internal/test/seeds"
	"dixa-mcp/tools"
)

const bulkFile = `version: 1
names: {dixa_agent: {bot: ` + bot + `}, queue: {billing: ` + billing + `}}
approvers: {anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [write]}}
agents:
  lead: {acts_as: bot, access: {"*": write}, allow: [bulk_update]}
  other: {access: {"*": write}, allow: [bulk_update]}
  plain: {access: {"*": erase}}
  tagger: {access: {conversations: read, tags: read}, allow: [bulk_update, tag_conversation], arguments: {tag_conversation.tagId: [77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f]}}
  within: {access: {"*": write}, allow: [bulk_update], only: {queue: [billing]}}
  few: {access: {"*": write}, allow: [bulk_update], budget: {writes_per_hour: 3, requests_per_second: 5}}
  asks: {access: {"*": write}, allow: [bulk_update], confirm: {write: client}}
  parks: {access: {"*": write}, allow: [bulk_update], confirm: {write: approver}}
`

// desk is a bed with a gate that answers with text, and with jobs that outlive the gate.
type desk struct {
	*bed
	jobs   jobs.Shelf
	frozen atomic.Bool
	config gate.Config
}

func newDesk(t testing.TB) *desk {
	d := &desk{bed: newBed(t, bulkFile), jobs: jobs.NewMemory(time.Now)}
	d.restart()
	return d
}

// restart puts another gate in the place of the first, as another process that has the same state.
func (d *desk) restart() {
	d.records = &records{}
	c := d.config
	c.Rules, c.Client, c.Audit = parse(d.t, bulkFile), d.client, d.records
	c.Jobs = jobs.New(d.jobs, []byte("the secret of all processes here"), time.Now)
	c.Frozen = func(string) (string, bool) { return "a test", d.frozen.Load() }
	d.gate = gate.New(c)
}

var handles = regexp.MustCompile(`\bB-[2-9A-Z]{4,8}\b`)

// prepare makes the first call, which changes nothing.
func (d *desk) prepare(agent, arguments string) (handle, text string) {
	d.t.Helper()
	before := len(d.dixa.Effects())
	a := d.call(agent, "bulk_update", arguments)
	require.False(d.t, a.Failed, a.Text)
	require.Len(d.t, d.dixa.Effects(), before, "the first call writes nothing")
	handle = handles.FindString(a.Text)
	require.NotEmpty(d.t, handle, a.Text)
	return handle, a.Text
}

func (d *desk) run(agent, handle string) gate.Answer {
	return d.call(agent, "bulk_update", `{"handle":"`+handle+`"}`)
}

// notes counts the notes in a conversation with a text.
func (d *desk) notes(id int64, text string) (n int) {
	for _, note := range do(d.bed, dixaclient.ListNotes, dixaclient.ListNotesIn{ConversationRef: ref(id)}) {
		if note.Message == text {
			n++
		}
	}
	return n
}

const someIDs = `"conversationIds":[2987,2929,2909,2884]`

// What a job changes, it shows before: the count, a sample with before and after, requests and time, and the call that does it.
func TestBulkUpdate(t *testing.T) {
	d := newDesk(t)
	h, said := d.prepare("lead", `{"find":{"words":"refund","state":"open"},"tag":["urgent"],"note":"Part of the clean-up."}`)
	require.Regexp(t, `^Job B-\w+ · 10 conversations by words, state · tag urgent: add · note: add\nConversation 2987 · tag urgent: added · note: added\n`, said)
	require.Equal(t, 5, strings.Count(said, "\nConversation "), "a sample")
	require.Contains(t, said, "It takes about 40 requests: 4 s at 10 requests a second, in 1 call. Nothing was changed yet. To carry it out, within 24 hours: bulk_update {\"handle\":\""+h+"\"}")
	require.Equal(t, audit.EventRead, d.records.last().Event)
	a := d.run("lead", h)
	require.Equal(t, "Job "+h+" · 10 of 10 conversations · 10 changed\nIt is done.", a.Text)
	require.Len(t, d.dixa.Effects(), 20)
	a = d.run("lead", h)
	require.Contains(t, a.Text, "10 changed\nIt is done.", "it is not done again")
	require.Len(t, d.dixa.Effects(), 20)

	h, _ = d.prepare("lead", `{"conversationIds":[2987,1001,99999,2987],"tag":["urgent"]}`)
	a = d.run("lead", h)
	require.Contains(t, a.Text, "3 of 3 conversations · 1 changed · 1 no change · 1 failed\nConversation 99999 · it does not exist\nIt is done.", "what is so already is not sent")
}

// Each conversation has records of its own, from which a reader of the log finds it: an intent before each write, and an outcome.
func TestBulkRecords(t *testing.T) {
	d := newDesk(t)
	h, _ := d.prepare("lead", `{`+someIDs+`,"tag":["urgent"],"note":"x"}`)
	d.records.list = nil
	require.False(t, d.run("lead", h).Failed)
	calls := map[string][]audit.Record{}
	for _, r := range d.records.list {
		calls[r.Call] = append(calls[r.Call], r)
	}
	items := 0
	for _, list := range calls {
		if list[0].Job == "" {
			require.Equal(t, []audit.Event{audit.EventIntent, audit.EventOutcome}, []audit.Event{list[0].Event, list[1].Event})
			require.Contains(t, list[1].Text, "lead updated conversations of job "+h+", now 4 of 4")
			continue
		}
		items++
		require.Len(t, list, 3)
		for i, e := range []audit.Event{audit.EventIntent, audit.EventIntent, audit.EventOutcome} {
			require.Equal(t, e, list[i].Event)
			require.Equal(t, h, list[i].Job)
			require.Regexp(t, `"conversationId":\d+`, list[i].Arguments.String())
			require.Regexp(t, `conversation \d+, part of job `+h, list[i].Text)
		}
		require.Equal(t, "2/2 add_note", list[1].Step)
	}
	require.Equal(t, 4, items)
}

// No level grants it, and its arguments are those that its operations allow.
func TestBulkIsGrantedByNameOnly(t *testing.T) {
	d := newDesk(t)
	a := d.call("plain", "bulk_update", `{`+someIDs+`,"tag":["urgent"]}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "needs to be named under allow")
	listed, err := d.gate.List("plain", 0)
	require.NoError(t, err)
	require.False(t, slices.ContainsFunc(listed, func(l gate.Listed) bool { return l.Name == "bulk_update" }))
	for _, argument := range []string{`"close":true`, `"queue":"Returns"`, `"note":"x"`, `"tag":["urgent"]`, `"parent":1234`, `"assignee":"Luis Ortega"`} {
		a := d.call("tagger", "bulk_update", `{`+someIDs+`,`+argument+`}`)
		require.True(t, a.Invalid, a.Text)
	}
	d.prepare("tagger", `{`+someIDs+`,"tag":["77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"]}`)
	writes, _ := tools.ByName("bulk_update")
	for _, op := range writes.Writes() {
		require.LessOrEqual(t, op.Level, dixaclient.Write, op.Name)
	}
}

// A job belongs to its agent and its credential.
func TestBulkIsBound(t *testing.T) {
	d := newDesk(t)
	h, _ := d.prepare("lead", `{`+someIDs+`,"tag":["urgent"]}`)
	for _, arguments := range []string{`{"handle":"` + h + `"}`, `{"handle":"` + h + `","cancel":true}`} {
		for _, r := range []gate.Request{request("other", "bulk_update", arguments), {Agent: "lead", Key: "2c26b46b", Tool: "bulk_update", Arguments: json.RawMessage(arguments)}} {
			a := d.gate.Call(t.Context(), r)
			require.True(t, a.Failed)
			require.Contains(t, a.Text, "there is no job "+h)
		}
	}
	require.Empty(t, d.dixa.Effects())
	require.Contains(t, d.run("lead", h).Text, "4 changed")
}

func TestBulkArguments(t *testing.T) {
	d := newDesk(t)
	for arguments, says := range map[string]string{
		`{}`: "find", `{"tag":["urgent"]}`: "find", `{"find":{},"tag":["urgent"]}`: "find", `{` + someIDs + `}`: "give what to change",
		`{` + someIDs + `,"find":{"words":"x"},"tag":["urgent"]}`: "one of them", `{"handle":"B-7K2Q","tag":["urgent"]}`: "handle",
		`{"cancel":true}`: "needs handle", `{"handle":"x"}`: "a handle such as B-7K2Q", `{"conversationIds":[0],"tag":["urgent"]}`: "above 0",
		`{` + someIDs + `,"close":true,"reopen":true}`: "together with reopen", `{"handle":"B-7K2Q"}`: "there is no job B-7K2Q",
		`{"find":{"words":"zzqqxx"},"tag":["urgent"]}`: "no conversation was found by words", `{"find":{"from":"2020-01-01"},"note":"x"}`: "200+ conversations were found by from",
	} {
		a := d.call("lead", "bulk_update", arguments)
		require.True(t, a.Failed, arguments)
		require.Contains(t, a.Text, says, arguments)
	}
	require.Empty(t, d.dixa.Effects())
}

// What is outside an agent's bound is not found, and is answered like what is missing.
func TestBulkWithinABound(t *testing.T) {
	inside, outside := seeded(t).split(func(c *dixaclient.Conversation) bool { return inQueue(c, billing) })
	d := newDesk(t)
	h, said := d.prepare("within", fmt.Sprintf(`{"conversationIds":[%d,%d,%d],"tag":["urgent"]}`, outside[0].ID, noSuch, inside[0].ID))
	require.Contains(t, said, fmt.Sprintf("Conversation %d · cannot be changed: it does not exist\nConversation %d · cannot be changed: it does not exist\n", outside[0].ID, noSuch))
	a := d.run("within", h)
	require.Contains(t, a.Text, fmt.Sprintf("2 failed\nConversation %d · it does not exist\nConversation %d · it does not exist\n", outside[0].ID, noSuch))
	h, _ = d.prepare("within", `{"find":{"words":"refund","state":"open"},"tag":["vip"]}`)
	require.False(t, d.run("within", h).Failed)
	for _, e := range d.dixa.Effects() {
		id, err := strconv.ParseInt(strings.Split(e.Path, "/")[3], 10, 64)
		require.NoError(t, err)
		require.True(t, inQueue(seeded(t).conversation(id), billing), e)
	}
}

// The budget is counted for each write: the first call says that it is not enough, and the job goes on when there is more.
func TestBulkAndBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		h, said := d.prepare("few", `{`+someIDs+`,"tag":["urgent"],"note":"x"}`)
		require.Contains(t, said, "The budget is not enough for all: up to 8 writes are needed, and 3 of 3 writes per UTC hour are left until")
		require.Contains(t, said, "at 5 requests a second")
		a := d.run("few", h)
		require.Contains(t, a.Text, "1 of 4 conversations · 1 changed\nIt stopped with 3 conversations left: agent few has 1 left of 3 writes per UTC hour")
		require.Len(t, d.dixa.Effects(), 2)
		for n := 2; n <= 4; n++ {
			time.Sleep(time.Hour)
			require.Contains(t, d.run("few", h).Text, fmt.Sprintf("%d of 4 conversations", n))
		}
		require.Len(t, d.dixa.Effects(), 8)
		require.Equal(t, 1, d.notes(2987, "x"))
	})
}

// A job stops after some errors, and only with more allowed does it go on.
func TestBulkStopsAfterErrors(t *testing.T) {
	d := newDesk(t)
	h, _ := d.prepare("lead", `{"conversationIds":[99991,99992,2987,99993,2929],"tag":["urgent"],"stopAfter":2}`)
	a := d.run("lead", h)
	require.Contains(t, a.Text, "2 of 5 conversations · 2 failed")
	require.Contains(t, a.Text, "It ended after 2 errors, and 3 conversations were not begun.")
	require.Contains(t, d.run("lead", h).Text, "It ended after 2 errors. If the rest is to be changed all the same, give the handle and a larger stopAfter.")
	require.Empty(t, d.dixa.Effects())
	a = d.call("lead", "bulk_update", `{"handle":"`+h+`","stopAfter":10}`)
	require.Contains(t, a.Text, "5 of 5 conversations · 2 changed · 3 failed")
}

// A frozen agent, a changed capability file, a cancellation and a cancelled request stop a job before the next conversation; a
// conversation that was begun is finished.
func TestBulkStops(t *testing.T) {
	for name, c := range map[string]struct {
		stop func(d *desk, h string, cancel func())
		says string
		done int
		goes bool // on, with the next call
	}{
		"frozen": {func(d *desk, _ string, _ func()) { d.frozen.Store(true) }, "is frozen", 1, true},
		"rules":  {func(d *desk, _ string, _ func()) { d.gate.Reload(context.Background(), parse(d.t, bulkFile+"\n# x\n")) }, "the capability file was changed", 2, true},
		"cancelled": {func(d *desk, h string, _ func()) {
			require.False(d.t, d.call("lead", "bulk_update", `{"handle":"`+h+`","cancel":true}`).Failed)
		}, "It was cancelled: 3 conversations not begun.", 2, false},
		"request": {func(_ *desk, _ string, cancel func()) { cancel() }, "It stopped with 3 conversations left", 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			h, _ := d.prepare("lead", `{`+someIDs+`,"tag":["urgent"],"note":"x"}`)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r := request("lead", "bulk_update", `{"handle":"`+h+`"}`)
			stopped := false
			r.Progress = func(said string) {
				if strings.Contains(said, "1 of 4: tag_conversation came back") && !stopped {
					stopped = true
					c.stop(d, h, cancel)
				}
			}
			a := d.gate.Call(ctx, r)
			require.Contains(t, a.Text, c.says)
			require.True(t, stopped)
			require.Len(t, d.dixa.Effects(), c.done)
			d.frozen.Store(false)
			a = d.run("lead", h)
			if !c.goes {
				require.Contains(t, a.Text, "It was cancelled.")
				require.Len(t, d.dixa.Effects(), c.done)
				return
			}
			require.Contains(t, a.Text, "4 of 4 conversations · 4 changed\nIt is done.")
			require.Len(t, d.dixa.Effects(), 8, "nothing was done twice")
		})
	}
}

// A call goes on as far as its time reaches, and the next one from there.
func TestBulkTakesSeveralCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		slow := dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, ExportsURL: offline.URL, Rate: 1e6, Burst: 1e6,
			Transport: double.Transport(func(r *http.Request) (*http.Response, error) {
				time.Sleep(3 * time.Second)
				return direct{d.dixa}.RoundTrip(r)
			})}
		h, _ := d.prepare("lead", `{"find":{"words":"refund","state":"open"},"tag":["urgent"],"untag":["vip"]}`)
		var err error
		d.client, err = dixaclient.New(slow)
		require.NoError(t, err)
		d.restart()
		calls := 0
		for {
			begun := time.Now()
			a := d.run("lead", h)
			require.False(t, a.Failed, a.Text)
			require.Less(t, time.Since(begun), gate.DefaultTimeout)
			if calls++; strings.Contains(a.Text, "It is done.") {
				require.Regexp(t, `(\d+) of \d+ conversations · \d+ changed\n`, a.Text)
				break
			}
			require.Contains(t, a.Text, `The time of this call is over, and `)
			require.Contains(t, a.Text, `To go on: bulk_update {"handle":"`+h+`"}`)
		}
		require.Greater(t, calls, 1)
		tagged := map[string]int{}
		for _, e := range d.dixa.Effects() {
			tagged[e.Path]++
		}
		require.Greater(t, len(tagged), 5)
		for path, times := range tagged {
			require.Equal(t, 1, times, path)
		}
	})
}

// One call at a time carries a job out.
func TestBulkOneRunner(t *testing.T) {
	d := newDesk(t)
	h, _ := d.prepare("lead", `{`+someIDs+`,"tag":["urgent"]}`)
	r := request("lead", "bulk_update", `{"handle":"`+h+`"}`)
	refused := ""
	r.Progress = func(string) {
		if refused == "" {
			refused = d.run("lead", h).Text
		}
	}
	require.Contains(t, d.gate.Call(t.Context(), r).Text, "4 changed")
	require.Contains(t, refused, "another call is carrying the job out")
	require.Len(t, d.dixa.Effects(), 4)
}

// One approval is for the whole job, and for no other list and no other change. It outlives the call, the process and new messages.
func TestBulkApproval(t *testing.T) {
	store := parking(t)
	d := newDesk(t)
	d.config.Approvals = store
	d.restart()
	h, said := d.prepare("parks", `{`+someIDs+`,"tag":["urgent"],"note":"x"}`)
	require.Contains(t, said, "A person has to approve it first")
	a := d.run("parks", h)
	require.Contains(t, a.Text, "waiting")
	require.Empty(t, d.dixa.Effects())
	list, err := store.List(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "update 4 conversations (tag urgent: add · note: add), for example 2987: tag urgent: added · note: added; 2929: tag urgent: added · note: added; 2909: tag urgent: added · note: added; 2884: tag urgent: added · note: added", list[0].Effect)
	require.JSONEq(t, `{"conversationIds":[2987,2929,2909,2884],"tag":["53a428b3-9772-4115-97fe-73c317e31621"],"note":"x"}`, string(list[0].Arguments))
	store.approve(list[0].Number)

	for _, another := range []string{`{"conversationIds":[2987,2929,2909],"tag":["urgent"],"note":"x"}`, `{"conversationIds":[2987,2929,2909,1234],"tag":["urgent"],"note":"x"}`, `{` + someIDs + `,"tag":["urgent"],"note":"y"}`, `{` + someIDs + `,"tag":["urgent"]}`} {
		h, _ := d.prepare("parks", another)
		require.Contains(t, d.run("parks", h).Text, "waiting", another)
	}
	require.Empty(t, d.dixa.Effects())

	do(d.bed, dixaclient.AddNote, dixaclient.AddNoteIn{ConversationRef: ref(2929), Message: "in between"})
	r := request("parks", "bulk_update", `{"handle":"`+h+`"}`)
	r.Progress = func(said string) {
		if strings.Contains(said, "2 of 4: conversation") {
			d.frozen.Store(true)
		}
	}
	require.Contains(t, d.gate.Call(t.Context(), r).Text, "is frozen")
	d.frozen.Store(false)
	d.restart()
	require.Contains(t, d.run("parks", h).Text, "4 of 4 conversations · 4 changed")
	require.Equal(t, "anna", d.records.last().Approver)
	require.Len(t, d.dixa.Effects(), 1+8)
}

// A person at the client is asked once for a job.
func TestBulkConfirmation(t *testing.T) {
	d := newDesk(t)
	h, _ := d.prepare("asks", `{`+someIDs+`,"tag":["urgent"]}`)
	arguments := `{"handle":"` + h + `"}`
	q := d.ask("asks", "bulk_update", arguments)
	require.Contains(t, q.Text, "The agent asks wants to update 4 conversations (tag urgent: add), for example 2987: tag urgent: added;")
	require.Contains(t, q.Text, "\nconversationIds: [2987,2929,2909,2884]")
	require.Empty(t, d.dixa.Effects())
	require.Contains(t, d.answer("asks", "bulk_update", arguments, q.State, false).Text, "said no")
	q = d.ask("asks", "bulk_update", arguments)
	require.Contains(t, d.answer("asks", "bulk_update", arguments, q.State, true).Text, "4 changed")
}

// However often the process is killed, at whatever request: each conversation is changed once, no note is added twice, and what may
// have been added is reported as not known.
func TestBulkKills(t *testing.T) {
	race.Skip(t)
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		d := newDesk(t)
		d.config.Log = slog.New(slog.DiscardHandler)
		shelf := &mortal{Shelf: d.jobs}
		d.jobs = shelf
		h, _ := d.prepare("lead", `{`+someIDs+`,"tag":["urgent"],"note":"once"}`)
		healthy := d.client
		for range 1 + r.IntN(4) {
			left, before := r.IntN(10), r.IntN(2) == 0
			shelf.dead = false
			var err error
			d.client, err = dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, ExportsURL: offline.URL, Rate: 1e6, Burst: 1e6,
				Transport: double.Transport(func(q *http.Request) (*http.Response, error) {
					if left--; left < 0 && before {
						shelf.dead = true
						panic("killed")
					}
					res, err := direct{d.dixa}.RoundTrip(q)
					if left < 0 {
						shelf.dead = true
						panic("killed")
					}
					return res, err
				})})
			require.NoError(t, err)
			d.restart()
			d.run("lead", h)
			shelf.forget()
		}
		shelf.dead = false
		d.client = healthy
		d.restart()
		a := d.run("lead", h)
		require.Contains(t, a.Text, "It is done.")
		for _, id := range []int64{2987, 2929, 2909, 2884} {
			added := d.notes(id, "once")
			require.LessOrEqual(t, added, 1, "a note was added twice")
			if added == 0 {
				require.Contains(t, a.Text, fmt.Sprintf("Conversation %d · the note may have been added", id))
			}
			tags := do(d.bed, dixaclient.ListConversationTags, ref(id))
			require.True(t, slices.ContainsFunc(tags, func(tag dixaclient.Tag) bool { return tag.Name == "urgent" }), id)
		}
	})
}

// mortal is a shelf whose process can be dead: nothing that it does then is kept.
type mortal struct {
	jobs.Shelf
	dead bool
	run  int
}

func (m *mortal) Swap(ctx context.Context, handle, old, new string, expires time.Time) (bool, error) {
	if m.dead {
		return true, nil // nobody hears of it
	}
	return m.Shelf.Swap(ctx, handle, old, new, expires)
}

func (m *mortal) Process(context.Context) (string, error) { return fmt.Sprint(m.run), nil }

func (m *mortal) Alive(_ context.Context, process string) (bool, error) {
	return process == fmt.Sprint(m.run), nil
}

// forget ends the process.
func (m *mortal) forget() { m.run++ }
