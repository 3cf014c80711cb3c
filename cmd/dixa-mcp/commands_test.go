package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// offlineDixa runs the offline Dixa as a command, and returns the environment with which other commands reach it.
func (p *place) offlineDixa(args ...string) (env []string, c *exec.Cmd) {
	p.t.Helper()
	c = p.command(nil, append([]string{"offline", "--listen", "127.0.0.1:0"}, args...)...)
	out, err := c.StdoutPipe()
	require.NoError(p.t, err)
	require.NoError(p.t, c.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(p.t, err)
	_, url, _ := strings.Cut(line, "offline Dixa at ")
	url, _, _ = strings.Cut(url, " ")
	require.Contains(p.t, url, "http://127.0.0.1:")
	return []string{"DIXA_MCP_BASE_URL=" + url, "DIXA_API_TOKEN=" + token}, c
}

// Commands that use the same offline Dixa see each other's changes.
func TestOfflineIsShared(t *testing.T) {
	p := newPlace(t)
	env, dixa := p.offlineDixa()
	with := func(args ...string) outcome { return finish(t, p.command(env, args...)) }
	id := `{"conversationId":1234}`
	require.Contains(t, with("call", "get_conversation", id).stdout, "Email · Inbound · Open")
	require.Equal(t, outcome{0, "Conversation 1234 · state: Open → Closed · as the API token's user\n", ""}, with("call", "close_conversation", id, "--agent", "support"))
	require.Contains(t, with("call", "get_conversation", id).stdout, "Email · Inbound · Closed")
	require.NoError(t, dixa.Process.Signal(syscall.SIGINT))
	require.NoError(t, dixa.Wait())
	o := with("call", "get_conversation", id)
	require.Equal(t, 1, o.code)
	require.Contains(t, o.stderr, "get_conversation: no answer from Dixa:")
	require.NotContains(t, o.stderr, token)
}

// Arguments can be read from standard input, which avoids quoting in a shell.
func TestArgumentsFromInput(t *testing.T) {
	p := newPlace(t)
	c := p.command(nil, "call", "get_conversation", "-", "--offline", "--json")
	c.Stdin = strings.NewReader("{\"conversationId\":\n 1234}\n")
	o := finish(t, c)
	require.Zero(t, o.code, o.stderr)
	require.True(t, json.Valid([]byte(o.stdout)))
	require.Empty(t, o.stderr, "a call prints what a model would get, and nothing else")
}

// Ctrl-C ends waiting for input.
func TestInterruptedInput(t *testing.T) {
	p := newPlace(t)
	c := p.command(nil, "call", "get_conversation", "-", "--offline")
	in, err := c.StdinPipe()
	require.NoError(t, err)
	defer in.Close()
	require.NoError(t, c.Start())
	_, err = in.Write(bytes.Repeat([]byte(" "), 1<<20)) // more than a pipe holds: it is reading
	require.NoError(t, err)
	require.NoError(t, c.Process.Signal(syscall.SIGINT))
	_ = c.Wait()
	require.Equal(t, exitInterrupted, c.ProcessState.ExitCode())
}

// The output for people and the JSON list the same.
func TestTools(t *testing.T) {
	p := newPlace(t)
	type listed struct {
		Name, Access, Level, Group, Why, Description string
		InputSchema                                  json.RawMessage
	}
	list := func(args ...string) map[string]listed {
		var all []listed
		require.NoError(t, json.Unmarshal([]byte(p.good(append([]string{"tools", "--json"}, args...)...)), &all))
		named := map[string]listed{}
		for _, l := range all {
			named[l.Name] = l
		}
		require.Len(t, named, len(all))
		return named
	}
	all, granted, denied := list(), list("--agent", "reader"), list("--agent", "reader", "--denied")
	require.Len(t, all, len(granted)+len(denied))
	for name, l := range all {
		_, yes := granted[name]
		_, no := denied[name]
		require.NotEqual(t, yes, no, name)
		require.NotEmpty(t, l.InputSchema)
	}
	require.Contains(t, granted["get_conversation"].Why, "agents.reader.access.conversations (line ")
	require.Contains(t, denied["close_conversation"].Why, "access gives conversations only read")
	text := p.good("tools", "--agent", "reader")
	for name := range granted {
		require.Contains(t, text, "\n"+name+" ")
	}
	require.Equal(t, len(granted)+1, strings.Count(text, "\n"))
}

// The printed built-in file is valid.
func TestCheck(t *testing.T) {
	p := newPlace(t)
	printed := p.good("check", "--print")
	file := p.write("mine.yaml", printed)
	said := p.good("check", file)
	require.Contains(t, said, "Valid: "+file)
	for _, agent := range []string{"reader", "triage", "support", "admin"} {
		require.Regexp(t, `(?m)^`+agent+` +\d+`, said)
	}
	p.builtIn()
	in := p.good("check")
	require.Contains(t, in, "In force: the built-in capability file")
	require.Contains(t, p.good("check", "--capabilities", file), "In force: "+file)
}

// The demo works even if the program is already configured.
func TestDemo(t *testing.T) {
	p := newPlace(t)
	p.write("config/dixa-mcp/capabilities.yaml", "{version: 1, stdio: [me], agents: {me: {allow: [get_organization]}}}")
	o := finish(t, p.command([]string{"DIXA_MCP_BASE_URL=https://dixa.example", "DIXA_API_TOKEN=" + token, "DIXA_MCP_AGENT=me", "DIXA_MCP_AUDIT=~/elsewhere", "DIXA_MCP_TIMEOUT=1ns"}, "demo"))
	require.Zero(t, o.code, o.stderr)
	for _, says := range []string{"An MCP client starts", "triage sees ", "tag urgent: added · note: added", "✗ close_conversation is not granted to agent triage", "What was recorded", "triage was refused close_conversation on conversation"} {
		require.Contains(t, o.stdout, says)
	}
	_, archived, _ := strings.Cut(o.stdout, "$ dixa-mcp archive search 'refund* bank'")
	require.Regexp(t, `(?s)\d+ · \d{4}-\d\d-\d\d .* by .*bank`, archived, "a question is answered from the archive")
	require.NotContains(t, o.stdout+o.stderr, token)
	require.NoDirExists(t, filepath.Join(p.home, "elsewhere"))
	require.NoDirExists(t, filepath.Join(p.home, "state"), "it leaves nothing behind")
}

// What a tool of several operations can carry out is explained, also where the call itself is refused.
func TestExplainTaskTool(t *testing.T) {
	p := newPlace(t)
	p.write("config/dixa-mcp/capabilities.yaml", "{version: 1, stdio: [me], agents: {me: {allow: [get_conversation, list_messages, list_notes], arguments: {list_notes.conversationId: [1234, 1235]}}}}")
	text := p.good("explain", "read_conversation", `{"conversationId":1234}`, "--offline")
	require.Contains(t, text, "would send first: GET /v1/conversations/1234\noperations (")
	for _, line := range []string{
		`  required  list_messages +granted  agents\.me\.allow \(capabilities\.yaml:1\)`,
		`  optional  list_notes +granted  agents\.me\.allow \(capabilities\.yaml:1\)\n +conversationId must be 1234 or 1235: agents\.me\.arguments\.list_notes\.conversationId \(capabilities\.yaml:1\)`,
		`  optional  list_ratings +refused  agents\.me \(capabilities\.yaml:1\): list_ratings is not granted to agent me: `,
		`  lookup    list_queues +refused  `,
	} {
		require.Regexp(t, "(?m)^"+line+"", text)
	}
	o := p.run("explain", "overview", "--offline", "--json")
	require.Equal(t, exitRefused, o.code)
	require.Contains(t, o.stdout, `"operation": "list_presence",
      "need": "required",
      "granted": false,`)
	require.NotContains(t, p.good("explain", "list_notes", `{"conversationId":1234}`, "--offline"), "operations (")
}

// The beta version of Dixa's API takes what v1 requires, and schema and requests follow it.
func TestAPIVersion(t *testing.T) {
	p := newPlace(t)
	offer := func(args ...string) outcome {
		return p.run(append([]string{"call", "offer_rating", `{"conversationId":1234,"ratingType":"Csat"}`, "--agent", "admin", "--offline"}, args...)...)
	}
	o := offer()
	require.Equal(t, exitUsage, o.code)
	require.Contains(t, o.stderr, "userId")
	require.Zero(t, offer("--api-version", "beta").code)
	o = p.run("explain", "offer_rating", `{"conversationId":1234,"ratingType":"Csat"}`, "--agent", "admin", "--offline", "--api-version", "beta")
	require.Contains(t, o.stdout, "POST /beta/conversations/1234/ratings/offer")
	require.Contains(t, offer("--api-version", "v2").stderr, `must be v1 or beta, not "v2"`)
}
