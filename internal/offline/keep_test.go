package offline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// kept opens an office whose changes are kept in a directory, as a process does; end is the end of that process.
func kept(t *testing.T, dir string, o Options) (off *office, end func()) {
	t.Helper()
	off = open(t, o)
	stop, err := off.dixa.Keep(dir)
	require.NoError(t, err)
	return off, stop
}

// change makes changes of many kinds, and gives what is read of them.
func changeMuch(o *office) (read []string) {
	agent := o.agent(3)
	o.ok(200, "POST", "/v1/tags", `{"name":"kept"}`)
	o.refused(400, "Agent was not found", "POST", demoPath+"/notes", `{"message":"x","agentId":"`+noID+`"}`)
	o.ok(200, "POST", demoPath+"/notes", `{"message":"A note that stays","agentId":"`+agent+`"}`)
	o.ok(200, "POST", demoPath+"/messages", `{"_type":"Outbound","agentId":"`+agent+`","content":{"_type":"Text","value":"Hello"}}`)
	o.ok(204, "PUT", demoPath+"/close", "{}")
	o.ok(201, "POST", "/v1/conversations", `{"_type":"Email","requesterId":"`+o.user(0)+`","emailIntegrationId":"support@email.dixa.io","subject":"New","message":{"_type":"Inbound","content":{"_type":"Text","value":"One more"}}}`)
	o.ok(202, "PATCH", "/v1/conversations/1001/anonymize", "")
	o.clock.at = o.clock.at.Add(time.Minute)
	o.ok(204, "PUT", "/v1/conversations/3001/followup", `{"timestamp":"2026-03-03T09:00:00Z"}`)
	return readAll(o)
}

func readAll(o *office) (read []string) {
	for _, path := range []string{"/v1/tags", demoPath, demoPath + "/notes", demoPath + "/messages", demoPath + "/activitylog", "/v1/conversations/3001",
		"/v1/conversations/3001/messages", "/v1/conversations/1001", "/v1/conversations/1001/messages"} {
		read = append(read, o.do("GET", path, "").body)
	}
	return read
}

// Changes survive a restart with their ids and times; without a directory, and in another one, they do not.
func TestKeep(t *testing.T) {
	dir := t.TempDir()
	o, end := kept(t, dir, Options{})
	before := readAll(o)
	want := changeMuch(o)
	require.NotEqual(t, before, want)
	end()

	again, end := kept(t, dir, Options{})
	again.clock.at = o.clock.at.Add(time.Minute)
	require.Equal(t, want, readAll(again))
	require.Empty(t, again.dixa.Effects(), "what was done before the restart is not done by it")
	made := at(t, again.ok(200, "POST", "/v1/tags", `{"name":"later"}`), "id")
	end()

	third, end := kept(t, dir, Options{})
	defer end()
	require.Contains(t, pluck(t, third.get("/v1/tags"), "id"), made)
	other, end := kept(t, t.TempDir(), Options{})
	defer end()
	require.Equal(t, before, readAll(other))
	require.Equal(t, before, readAll(open(t, Options{})))
}

// A change that only the beta version of the API takes is taken again after a restart.
func TestKeepBeta(t *testing.T) {
	dir := t.TempDir()
	o, end := kept(t, dir, Options{})
	o.loose = true // Dixa's documents here are those of v1
	require.Equal(t, 201, o.do("POST", "/beta/conversations/1234/ratings/offer", `{"ratingType":"Csat"}`).status)
	want := o.do("GET", demoPath+"/ratings", "").body
	end()
	again, end := kept(t, dir, Options{})
	defer end()
	require.Equal(t, want, again.do("GET", demoPath+"/ratings", "").body)
}

// A process can be killed at any moment: whatever is left of the file, the start works, and all whole lines of it hold.
func TestKeepAfterAKill(t *testing.T) {
	dir := t.TempDir()
	o, end := kept(t, dir, Options{})
	for _, name := range []string{"one", "two", "three"} {
		o.ok(200, "POST", "/v1/tags", `{"name":"`+name+`"}`)
	}
	end()
	whole, err := os.ReadFile(filepath.Join(dir, "offline.jsonl"))
	require.NoError(t, err)
	lines := strings.SplitAfter(string(whole), "\n")
	cuts, begin := []int{0}, 0
	for _, line := range lines[:len(lines)-1] { // at its first byte, within it, before and behind its end
		cuts = append(cuts, begin+1, begin+len(line)/2, begin+len(line)-1, begin+len(line))
		begin += len(line)
	}
	for _, cut := range cuts {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "offline.jsonl"), whole[:cut], 0o600))
		o, end := kept(t, dir, Options{})
		names := pluck(t, o.get("/v1/tags"), "name")
		left := cut
		for i, name := range []string{"", "one", "two", "three"} {
			left -= len(lines[i])
			require.Equal(t, name != "" && left >= 0, strings.Contains(strings.Join(strs(names), " "), name) && name != "", "%d bytes, %s", cut, name)
		}
		o.ok(200, "POST", "/v1/tags", `{"name":"four"}`)
		end()
		o, end = kept(t, dir, Options{})
		require.Contains(t, pluck(t, o.get("/v1/tags"), "name"), "four", "%d bytes", cut)
		end()
	}
}

func strs(list []any) (all []string) {
	for _, v := range list {
		all = append(all, v.(string))
	}
	return all
}

// What was changed in other data begins anew, and is moved aside. What two processes change at once is recorded for one.
func TestKeepFits(t *testing.T) {
	dir := t.TempDir()
	o, end := kept(t, dir, Options{})
	o.ok(200, "POST", "/v1/tags", `{"name":"first"}`)
	second, endSecond := kept(t, dir, Options{})
	require.Contains(t, pluck(t, second.get("/v1/tags"), "name"), "first")
	second.ok(200, "POST", "/v1/tags", `{"name":"second"}`)
	endSecond()
	end()
	third, end := kept(t, dir, Options{})
	require.NotContains(t, pluck(t, third.get("/v1/tags"), "name"), "second")
	end()

	for name, o := range map[string]Options{"seed": {Seed: 2}, "age": {Now: func() time.Time { return today.Add(40 * 24 * time.Hour) }}} {
		dir := t.TempDir()
		first, end := kept(t, dir, Options{})
		first.ok(200, "POST", "/v1/tags", `{"name":"first"}`)
		end()
		other, end := kept(t, dir, o)
		require.NotContains(t, pluck(t, other.get("/v1/tags"), "name"), "first", name)
		require.FileExists(t, filepath.Join(dir, "offline.jsonl.old"))
		end()
	}
	_, err := New(Options{}).Keep(filepath.Join(dir, "offline.jsonl", "below a file"))
	require.ErrorContains(t, err, "offline Dixa: state")
}

// A follow-up is in the future, on a conversation that is not closed.
func TestFollowupRefused(t *testing.T) {
	o := open(t, Options{})
	for _, at := range []string{"2026-03-02T10:00:00Z", "2026-03-01T10:00:00Z", "1990-01-01T00:00:00Z"} {
		o.refused(400, badValue, "PUT", demoPath+"/followup", `{"timestamp":"`+at+`"}`)
	}
	o.ok(204, "PUT", demoPath+"/close", "{}")
	o.dixa.ResetCounts()
	o.refused(400, badValue, "PUT", demoPath+"/followup", `{"timestamp":"2026-03-03T09:00:00Z"}`)
	require.Empty(t, o.dixa.Effects())
}
