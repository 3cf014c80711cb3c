package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/identity"
)

// authenticates says whom a server with a state directory and a capability file authenticates by a key.
func authenticates(t *testing.T, state, file, key string) (identity.Principal, error) {
	t.Helper()
	keys, _, stop, err := sessionsAt{State: state}.boundKeys(t.Context())
	require.NoError(t, err)
	defer stop()
	rules, err := capability.Load(file)
	require.NoError(t, err)
	who := identity.New(identity.Options{Rules: func() *capability.Rules { return rules }, Bound: keys})
	defer who.Close()
	r := httptest.NewRequest(http.MethodPost, "https://mcp.example.com/mcp", nil)
	r.Header.Set("Authorization", "Bearer "+key)
	return who.Identify(r)
}

// A key that is bound to a conversation is valid in every server of the state directory as soon as it is printed, is listed, and ends.
func TestKeyForAConversation(t *testing.T) {
	d := newMailroom(t)
	at := []string{"--capabilities", d.path("capabilities.yaml"), "--state", d.path("state")}
	do := func(arguments ...string) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), append(arguments, at...), &output{to: &out})
		return out.String(), err
	}
	text, err := do("key", "new", "--agent", "triage", "--conversation", "1234", "--json")
	require.NoError(t, err)
	var made madeKey
	require.NoError(t, json.Unmarshal([]byte(text), &made))
	expires, err := time.Parse(time.RFC3339, made.Expires)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(time.Hour), expires, time.Minute, "an hour by default")
	who, err := authenticates(t, d.path("state"), d.path("capabilities.yaml"), made.Key)
	require.NoError(t, err)
	require.Equal(t, []any{"triage", int64(1234), made.ID}, []any{who.Agent, who.Conversation, who.Key})

	other, err := do("key", "new", "--agent", "triage", "--conversation", "1235", "--expires", "90m")
	require.NoError(t, err)
	listed, err := do("key", "list")
	require.NoError(t, err)
	require.Regexp(t, `(?s)KEY +AGENT +CONVERSATION +EXPIRES\n`+made.ID+` +triage +1234 +.* UTC\nbound-\w{8} +triage +1235 `, listed)
	require.NotContains(t, listed, strings.TrimPrefix(made.Key, identity.BoundPrefix))
	ended, err := outputOf(t, "key", "revoke", made.ID, "--state", d.path("state"))
	require.NoError(t, err)
	require.Contains(t, ended, "revoked key "+made.ID)
	_, err = authenticates(t, d.path("state"), d.path("capabilities.yaml"), made.Key)
	require.Error(t, err)
	_, err = authenticates(t, d.path("state"), d.path("capabilities.yaml"), strings.TrimSpace(other))
	require.NoError(t, err)
	_, err = outputOf(t, "key", "revoke", made.ID, "--state", d.path("state"))
	require.Equal(t, exitNotFound, exitCode(t.Context(), err))

	recorded, err := outputOf(t, "audit", "show", "--key", made.ID, "--state", d.path("state"))
	require.NoError(t, err)
	require.Regexp(t, `(?s)`+whoami()+` made key `+made.ID+` of triage for conversation 1234, which expires at .*`+whoami()+` revoked key `+made.ID+` of triage for conversation 1234`, recorded)
	require.NotContains(t, recorded, "conversation 1235", "of another key")
	records, err := outputOf(t, "audit", "show", "--json", "--state", d.path("state"))
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(records, `"bound":`), "what was refused is no record")
	require.NotContains(t, records, strings.TrimPrefix(made.Key, identity.BoundPrefix))

	for want, arguments := range map[string][]string{
		`has no agent "tirage"`:                       {"--agent", "tirage", "--conversation", "1234"},
		"--conversation must be the number":           {"--agent", "triage", "--conversation=-5"},
		"--conversation requires --agent":             {"--admin", "--conversation", "1234"},
		"takes no --id and no --days":                 {"--agent", "triage", "--conversation", "1234", "--days", "3"},
		"must be a duration such as 1h, at most 168h": {"--agent", "triage", "--conversation", "1234", "--expires", "2027-02-01"},
		`not "169h"`: {"--agent", "triage", "--conversation", "1234", "--expires", "169h"},
	} {
		_, err := do(append([]string{"key", "new"}, arguments...)...)
		require.ErrorContains(t, err, want)
	}
}

// outputOf runs a command and returns what it prints.
func outputOf(t *testing.T, arguments ...string) (string, error) {
	var out bytes.Buffer
	err := run(t.Context(), arguments, &output{to: &out})
	return out.String(), err
}

// Each run of a program gets a key for the conversation of its event, which is valid while it runs and not afterwards.
func TestFollowGivesEachRunAKey(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs sh")
	}
	d := newMailroom(t)
	d.put(1, 2)
	program := d.path("program")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\necho $MCP_SERVER_URL $MCP_SERVER_KEY\nread -r event\nwhile [ ! -e "+d.path("go")+" ]; do sleep 0.01; done\n"), 0o700))
	done := make(chan []string, 1)
	go func() {
		lines, _ := d.follow(2, "--agent", "triage", "--from", "oldest", "--cursor", d.path("cursor"), "--server", "http://127.0.0.1:8080", "--exec", program)
		done <- lines
	}()
	list := func() (all []listedKey) {
		text, err := outputOf(t, "key", "list", "--json", "--capabilities", d.path("capabilities.yaml"), "--state", d.path("state"))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal([]byte(text), &all))
		return all
	}
	var running []listedKey
	require.Eventually(t, func() bool { running = list(); return len(running) > 0 }, 20*time.Second, 10*time.Millisecond)
	require.Len(t, running, 1, "only while it runs")
	require.Equal(t, int64(1234), running[0].Conversation)
	require.WithinDuration(t, time.Now().Add(6*time.Minute), running[0].Expires, time.Minute, "the time limit of a run, and one minute")
	require.NoError(t, os.WriteFile(d.path("go"), nil, 0o600))
	lines := <-done
	require.Len(t, lines, 2)
	for _, line := range lines {
		address, key, _ := strings.Cut(line, " ")
		require.Equal(t, "http://127.0.0.1:8080/mcp", address)
		_, err := authenticates(t, d.path("state"), d.path("capabilities.yaml"), key)
		require.Error(t, err, "it was taken back")
	}
	require.Empty(t, list())
	for want, server := range map[string]string{"use https://": "http://mcp.example.com", "must be an address": "mcp.example.com"} {
		_, err := d.follow(0, "--agent", "triage", "--cursor", filepath.Join(d.dir, "c"), "--server", server, "--exec", program)
		require.ErrorContains(t, err, want)
	}
	_, err := d.follow(0, "--agent", "triage", "--server", "https://mcp.example.com")
	require.ErrorContains(t, err, "--server requires --exec")
}
