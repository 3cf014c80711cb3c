package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/pgtest"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/events"
	eventstore "dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/jobs"
	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/privacy"
	"dixa-mcp/internal/replicas/redistest"
	"dixa-mcp/internal/sharedstate"
)

// What is planted of one customer. Each planted text has "geheimnis" in it, and each of another customer "bleibt".
const (
	plantedID   = "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"
	plantedMail = "anna.geheimnis@example.org"
	plantedTel  = "+4511112222"
	otherID     = "1f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e22"
	otherMail   = "bob.bleibt@example.org"
)

// filesWith returns the files below a directory that have a text in them, in either case.
func filesWith(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(strings.ToLower(string(b)), text) {
			found = append(found, filepath.Base(path))
		}
		return err
	}))
	return found
}

// redisHas returns all that a Redis has.
func redisHas(s *redistest.Server) string {
	var all strings.Builder
	for key := range strings.Lines(s.CLI("KEYS", "*")) {
		key = strings.TrimSpace(key)
		read := map[string][]string{"string": {"GET", key}, "hash": {"HGETALL", key}, "set": {"SMEMBERS", key}, "zset": {"ZRANGE", key, "0", "-1"}}[strings.TrimSpace(s.CLI("TYPE", key))]
		all.WriteString(key + "\n" + s.CLI(read...))
	}
	return strings.ToLower(all.String())
}

// plantArchive puts a customer's conversation into an archive, another one's that names the address, and one that stays.
func plantArchive(t *testing.T, flag archiveFlag, state string) {
	store, err := flag.openArchive(state)
	require.NoError(t, err)
	now := time.Now()
	conversation := func(id int64, customer, mail string) archive.Conversation {
		return archive.Conversation{ID: id, CreatedAt: now.UnixMilli(), UpdatedAt: now.UnixMilli(), Channel: "email", RequesterID: customer,
			Rest: json.RawMessage(fmt.Sprintf(`{"requester_email":%q,"requester_name":"Name of %[1]s","subject":"Subject of %[1]s"}`, mail))}
	}
	message := func(id string, of int64, text string) archive.Message {
		return archive.Message{ID: id, Conversation: of, CreatedAt: now.UnixMilli(), Direction: "inbound", Text: text, Rest: json.RawMessage(`{"author_name":"x"}`)}
	}
	require.NoError(t, store.Put(t.Context(), archive.Rows{At: now,
		Conversations: []archive.Conversation{conversation(7001, plantedID, plantedMail), conversation(7002, otherID, otherMail)},
		Messages: []archive.Message{message("m1", 7001, "My geheimnis, call "+plantedTel), message("m2", 7002, "Please tell "+plantedMail+" too"),
			message("m3", 7002, "this bleibt")}}))
	require.NoError(t, store.Close())
}

func plantApprovals(t *testing.T, store approval.Store) {
	for i, text := range []string{"Dear Anna, the geheimnis", "write to " + plantedMail, "this bleibt"} {
		r := approval.Request{Agent: "support", Tool: "send_message", Level: "send", Conversation: []int64{7001, 7002, 7002}[i], Digest: fmt.Sprintf("%064x", i), Rules: "x",
			Effect: "send a message to " + text, Text: text, Arguments: json.RawMessage(fmt.Sprintf(`{"message":%q}`, text))}
		if i == 0 {
			r.Draft = "D-7K2Q"
		}
		_, err := store.Park(t.Context(), r)
		require.NoError(t, err)
	}
	denied, err := store.Park(t.Context(), approval.Request{Agent: "support", Tool: "send_message", Level: "send", Conversation: 7001, Digest: fmt.Sprintf("%064x", 9), Text: "no"})
	require.NoError(t, err)
	_, err = store.Decide(t.Context(), denied.Number, approval.Verdict{Approver: "anna", KeyID: "2c26b46b", Reason: "not with this geheimnis"})
	require.NoError(t, err)
}

func plantShared(t *testing.T, j journal.Store, b *jobs.Store) {
	for i, thing := range []string{"conversation:7001", "conversation:7002"} {
		e := journal.Entry{Call: fmt.Sprint("call", i), Agent: "support", Tool: "add_note", Digest: fmt.Sprintf("%064x", i), Changes: []string{thing}, Within: time.Minute,
			Steps: []journal.Step{{Operation: "add_note"}}}
		_, err := j.Begin(t.Context(), e, false)
		require.NoError(t, err)
		e.Steps[0].State, e.Outcome, e.Answer = journal.Done, journal.OutcomeDone, "answer with a geheimnis"
		require.NoError(t, j.Save(t.Context(), e))
	}
	for _, ids := range [][]int64{{7001, 7002}, {7002}} {
		_, err := b.Add(t.Context(), jobs.Job{Agent: "support", Found: "queue", Change: json.RawMessage(`{"note":"geheimnis"}`), IDs: ids})
		require.NoError(t, err)
	}
}

// leftShared returns how much of the customer, and of all, the shared state still has.
func leftShared(t *testing.T, j journal.Store, b *jobs.Store) (entries, others, all int) {
	of, err := j.About(t.Context(), "conversation:7001")
	require.NoError(t, err)
	rest, err := j.About(t.Context(), "conversation:7002")
	require.NoError(t, err)
	list, err := b.All(t.Context())
	require.NoError(t, err)
	return len(of), len(rest), len(list)
}

// What dixa-mcp keeps of a customer is reported, and erased from all files of the state directory and from Redis; the records keep
// their hashes and can be verified.
func TestPrivacy(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) { erases(t, "", nil) })
	t.Run("PostgreSQL", func(t *testing.T) { erases(t, pgtest.Get(t).Database(t), nil) })
	t.Run("Redis", func(t *testing.T) { erases(t, "", redistest.Start(t)) })
}

func erases(t *testing.T, address string, redis *redistest.Server) {
	p := newPlace(t)
	state := filepath.Join(p.home, "s")
	reach := reachFlags{State: state}
	key, err := reach.recordKey()
	require.NoError(t, err)
	flag := archiveFlag{address}
	plantArchive(t, flag, state)
	plantApprovals(t, approval.NewDir(filepath.Join(state, "approvals"), time.Now))
	shared := sharedstate.New(state, dixaclient.DefaultURL, slog.Default())
	plantShared(t, shared.Journal(key, time.Now), shared.Jobs(key, time.Now))
	inbox := eventstore.Open(state, eventstore.Options{})
	_, err = inbox.Put(t.Context(), events.Event{ID: "2f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e33", Type: "CONVERSATION_CREATED", Time: time.Now(), Conversation: 7001, Fields: events.Fields{Requester: plantedID}})
	require.NoError(t, err)
	require.NoError(t, inbox.Close())
	log, err := audit.Open(audit.Options{Dir: filepath.Join(state, "audit")})
	require.NoError(t, err)
	arguments := audit.ReduceJSON(json.RawMessage(`{"email":"`+plantedMail+`","text":"a geheimnis"}`), map[string]audit.Kind{"email": audit.Personal, "text": audit.Text}, key)
	require.NoError(t, log.Write(t.Context(), audit.Record{Event: audit.EventRead, Call: "c1", Agent: "support", Tool: "find_customer", Arguments: arguments, Text: "support looked up a customer"}))
	require.NoError(t, log.Close())
	env := []string{"DIXA_MCP_ARCHIVE=" + address}
	if redis != nil {
		env = append(env, "DIXA_MCP_REDIS="+redis.URL())
		g := server(t, redis.URL())
		plantApprovals(t, g.Approvals())
		plantShared(t, g.Journal(), g.Jobs())
		require.Contains(t, redisHas(redis), "geheimnis")
		defer func() {
			require.NotContains(t, redisHas(redis), "geheimnis")
			require.NotContains(t, redisHas(redis), plantedTel)
			require.Contains(t, redisHas(redis), "bleibt")
			of, others, all := leftShared(t, g.Journal(), g.Jobs())
			require.Equal(t, []int{0, 1, 1}, []int{of, others, all})
		}()
	}
	run := func(args ...string) outcome {
		t.Helper()
		return finish(t, p.command(env, append([]string{"privacy"}, append(args, "--state", "~/s")...)...))
	}

	before := filesWith(t, state, "geheimnis")
	require.NotEmpty(t, before)
	for _, who := range []string{plantedID, plantedMail} {
		o := run("report", who)
		require.Zero(t, o.code, o.stderr)
		for _, part := range []string{"Customer ids:  " + plantedID, plantedMail, "Name of " + plantedMail, "Conversations: 7001\n", "| My geheimnis, call " + plantedTel, "| Please tell " + plantedMail,
			"Dear Anna, the geheimnis", "draft D-7K2Q", "not with this geheimnis", "| answer with a geheimnis", `| note: geheimnis`, "inbox of events", "support looked up a customer", "until audit prune"} {
			require.Contains(t, o.stdout, part, who)
		}
		require.NotContains(t, o.stdout, "bleibt")
	}
	o := run("report", plantedMail, "--json")
	require.Zero(t, o.code, o.stderr)
	var report privacy.Report
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &report))
	require.Equal(t, []int64{7001}, report.Conversations)
	counts := map[string]int{}
	for _, place := range report.Places {
		require.NotEmpty(t, place.Where)
		counts[place.Place] += len(place.Items)
	}
	times := 1
	if redis != nil {
		times = 2
	}
	require.Equal(t, 3, counts["approvals and drafts"]/times)
	require.Equal(t, 1, counts["last hour's writes"]/times)
	require.Equal(t, 1, counts["jobs"]/times)
	require.Equal(t, 3, counts["archive"])
	require.Equal(t, 1, counts["inbox of events"])
	require.GreaterOrEqual(t, counts["records"], 1)

	o = run("erase", plantedMail)
	require.Equal(t, exitUsage, o.code)
	require.Contains(t, o.stderr, "nothing was erased: standard input is not a terminal to ask on; add --yes to erase")
	o = run("erase", plantedMail, "--dry-run")
	require.Zero(t, o.code, o.stderr)
	require.Contains(t, o.stdout, "Nothing was erased.\n")
	require.Equal(t, before, filesWith(t, state, "geheimnis"))

	o = run("erase", plantedMail, "--yes")
	require.Zero(t, o.code, o.stderr)
	require.Contains(t, o.stdout, "Nothing was erased in Dixa. That is done by the tool erase_customer")
	for _, text := range []string{"geheimnis", plantedMail, plantedTel} {
		require.Empty(t, filesWith(t, state, text), text)
	}
	require.NotEmpty(t, filesWith(t, state, "bleibt"))
	of, others, all := leftShared(t, shared.Journal(key, time.Now), shared.Jobs(key, time.Now))
	require.Equal(t, []int{0, 1, 1}, []int{of, others, all})
	require.NoError(t, shared.Close())
	store, err := flag.openArchive(state)
	require.NoError(t, err)
	found, err := archive.FindAbout(context.Background(), store, archive.Person{Customers: []string{plantedID}, Addresses: []string{plantedMail, plantedTel}})
	require.NoError(t, err)
	require.Len(t, found.Conversations, 1)
	require.Nil(t, found.Conversations[0].Rest)
	require.Len(t, found.Messages, 1)
	require.Empty(t, found.Messages[0].Text)
	rest, err := store.Of(context.Background(), []string{otherID}, nil)
	require.NoError(t, err)
	require.NotNil(t, rest.Conversations[0].Rest)
	require.NoError(t, store.Close())

	require.Contains(t, p.good("audit", "verify", "--state", "~/s"), "No record was altered")
	show := p.good("audit", "show", "--state", "~/s")
	require.Contains(t, show, "operator erased what dixa-mcp keeps of a customer")
	require.Contains(t, show, "operator read what dixa-mcp keeps of a customer")
	o = run("report", plantedMail)
	require.Zero(t, o.code, o.stderr)
	require.Contains(t, o.stdout, "operator erased what dixa-mcp keeps of a customer", "records are found by the hash of the address")
	require.Regexp(t, `(?s)\nNothing is kept in:\n  .*approvals and drafts \(`, run("report", "somebody.else@example.com").stdout)
}

// A part that cannot be erased is named, and the others are erased nevertheless.
func TestPrivacyInPart(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	state := filepath.Join(p.home, "s")
	plantArchive(t, archiveFlag{}, state)
	plantApprovals(t, approval.NewDir(filepath.Join(state, "approvals"), time.Now))
	require.NoError(t, os.Chmod(filepath.Join(state, "approvals"), 0o755))
	o := p.run("privacy", "erase", plantedID, "--yes", "--state", "~/s")
	require.Equal(t, exitFailed, o.code)
	require.Contains(t, o.stderr, "the approvals and drafts ("+state)
	require.Contains(t, o.stdout, "NOT ERASED: ")
	require.Contains(t, o.stdout, "archive.db): erased 3 items")
	require.NotContains(t, filesWith(t, state, "geheimnis"), "archive.db")
	require.Contains(t, p.good("audit", "show", "--state", "~/s"), "operator tried to erase what dixa-mcp keeps of a customer: a part failed")
	require.NoError(t, os.Chmod(filepath.Join(state, "approvals"), 0o700))
	p.good("privacy", "erase", plantedID, plantedMail, "--yes", "--state", "~/s")
	require.Empty(t, filesWith(t, state, "geheimnis"))
}

func TestPrivacyArguments(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	for _, bad := range [][]string{{"anna"}, {"@x"}, {"12"}, {"a b@example.org"}, {plantedMail, "--conversation", "-1"}, {}} {
		o := p.run(append([]string{"privacy", "report"}, bad...)...)
		require.Equal(t, exitUsage, o.code, bad)
	}
	require.Contains(t, p.run("privacy", "report", "anna").stderr, "CUSTOMER must be an id (a UUID), an e-mail address or a phone number")
	s := &privacy.Search{}
	require.True(t, s.Add("+45 11 11 22-22"))
	require.Equal(t, []string{"+4511112222", "+45 11 11 22-22"}, s.Person.Addresses)
}
