package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/offline"
)

const kept = `
version: 1
stdio: [lead]
approvers:
  anna.holm: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [send]}   # of "foo"
agents:
  lead:
    acts_as: 4715b3c3-35e3-4a7b-9443-3ecaf99a14d7
    access: {"*": read, conversations: write, tags: write}
    allow: [send_message, bulk_update]
    confirm: {send: approver}
  night: {access: {conversations: read}}
`

// A copy that is made while a server works, put in another place, has what the server had kept: records that verify, calls that
// wait for approval, freezes, changes that can be undone, and jobs that go on.
func TestBackup(t *testing.T) {
	dixa := httptest.NewServer(offline.New(offline.Options{}))
	t.Cleanup(dixa.Close)
	p := newPlace(t)
	file := p.write("capabilities.yaml", kept)
	p.write("anna", "foo\n")
	env := []string{"DIXA_API_TOKEN=" + token, "DIXA_MCP_BASE_URL=" + dixa.URL, "DIXA_MCP_CAPABILITIES=" + file}
	first := append(env[:len(env):len(env)], "DIXA_MCP_STATE=~/first")
	run := func(env []string, args ...string) outcome {
		return finish(t, p.command(append([]string{}, env...), args...))
	}

	s := open(t, p.command(append([]string{}, first...), "serve"))
	s.initialize()
	ask := func(s *connection, id int, tool, arguments string) string {
		return s.ask(id, "tools/call", fmt.Sprintf(`{"name":%q,"arguments":%s}`, tool, arguments))
	}
	require.Contains(t, ask(s, 1, "update_conversation", `{"conversationId":1234,"tag":["urgent"]}`), "tag urgent")
	parked := regexp.MustCompile(`A-[2-9A-Z]{4,8}`).FindString(ask(s, 2, "send_message", `{"conversationId":1234,"text":"A refund is on its way."}`))
	require.NotEmpty(t, parked)
	job := regexp.MustCompile(`B-[2-9A-Z]{4,8}`).FindString(ask(s, 3, "bulk_update", `{"conversationIds":[1235,1236],"tag":["urgent"]}`))
	require.NotEmpty(t, job)
	require.Zero(t, run(first, "freeze", "--agent", "night", "--reason", "wrong replies").code)

	for id := 10; id < 20; id++ { // calls during the copy
		s.call(id, "add_note", fmt.Sprintf(`{"conversationId":1240,"message":"note %d"}`, id))
	}
	o := run(first, "backup", "~/copy")
	require.Zero(t, o.code, o.stderr)
	require.Contains(t, o.stdout, "Keep the copy secret")
	s.wait("19")
	s.end(0)
	require.NoError(t, os.Rename(filepath.Join(p.home, "copy"), filepath.Join(p.home, "second")))
	require.NoError(t, os.RemoveAll(filepath.Join(p.home, "first")))

	second := append(env[:len(env):len(env)], "DIXA_MCP_STATE=~/second")
	report, err := audit.Verify(filepath.Join(p.home, "second", "audit"))
	require.NoError(t, err)
	require.True(t, report.OK(), "%v", report.Problems)
	require.Empty(t, report.Torn)
	require.Empty(t, report.Missing)
	require.Contains(t, run(second, "approvals", "list", "--key-file", "~/anna").stdout, parked)
	require.Contains(t, run(second, "approvals", "show", parked, "--key-file", "~/anna").stdout, "A refund is on its way.")

	s = open(t, p.command(append([]string{}, second...), "serve"))
	s.initialize()
	require.Contains(t, ask(s, 1, "undo", `{"conversationId":1234}`), "urgent")
	went := ask(s, 2, "bulk_update", fmt.Sprintf(`{"handle":%q}`, job))
	require.Contains(t, went, "2 of 2 conversations · 2 changed")
	s.end(0)
	o = run(second, "call", "get_conversation", id1234, "--agent", "night")
	require.Equal(t, exitRefused, o.code)
	require.Contains(t, o.stderr, "wrong replies")
}

// A copy goes to a new directory, outside of the one that is copied.
func TestBackupRefused(t *testing.T) {
	p := newPlace(t)
	p.good("freeze")
	state := filepath.Join(p.home, "state", "dixa-mcp")
	for dir, says := range map[string]string{
		"~":                         "is not empty: name a new directory; nothing was copied",
		"~/state/dixa-mcp":          "is in the state directory",
		"~/state/dixa-mcp/a/copy":   "is in the state directory",
		"~/state/../state/dixa-mcp": "is in the state directory",
	} {
		o := p.run("backup", dir)
		require.Equal(t, exitFailed, o.code, dir)
		require.Contains(t, o.stderr, says)
	}
	require.Equal(t, exitNotFound, p.run("backup", "~/copy", "--state", "~/absent").code)
	require.NoError(t, os.Symlink("/etc/hostname", filepath.Join(state, "link")))
	require.Contains(t, p.good("backup", "~/copy"), "Not copied, as it is not a regular file: "+filepath.Join(state, "link"))
	entries, err := os.ReadDir(filepath.Join(p.home, "copy"))
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.Equal(t, "audit frozen", strings.Join(names, " "))
}
