package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const sendingApprovers = `version: 1
stdio: [support]
approvers:
  anna.holm: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [send]}   # of "foo"
agents:
  support: {acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455, access: {"*": send}, confirm: {send: approver}, on_approval: send}
`

var parkedNumber = regexp.MustCompile(`A-[2-9A-Z]{4,8}`)

// An approver sees the conversation, changes the text in an editor, and sends, in processes of their own. Without a token, what is
// stored is shown, and nothing is sent.
func TestApprovalsWithDixa(t *testing.T) {
	p := newPlace(t)
	env, _ := p.offlineDixa()
	p.write("config/dixa-mcp/capabilities.yaml", sendingApprovers)
	p.write("anna", "foo")
	with := func(more ...string) func(args ...string) outcome {
		return func(args ...string) outcome {
			return finish(t, p.command(append(env[:len(env):len(env)], more...), args...))
		}
	}
	run := with()
	approvals := func(args ...string) outcome {
		return run(append(append([]string{"approvals"}, args...), "--key-file", "~/anna")...)
	}
	const hello = `{"conversationId":1234,"text":"Hello Emma"}`
	number := parkedNumber.FindString(run("call", "send_message", hello).stdout)
	require.NotEmpty(t, number)

	shown := approvals("show", number)
	require.Zero(t, shown.code, shown.stderr)
	for _, part := range []string{"Customer       Emma Clarke · emma.clarke@example.com\n", "Subject        Double charge", "To             emma.clarke@example.com\n", "\nThe last messages:\n", "  | I am afraid that", "    | Hello Emma\n"} {
		require.Contains(t, shown.stdout, part)
	}
	stored := p.run("approvals", "show", number, "--key-file", "~/anna")
	require.Zero(t, stored.code, stored.stderr)
	require.Contains(t, stored.stdout, "Note           Dixa was not read, because this process has no token of Dixa")
	require.Contains(t, stored.stdout, "    | Hello Emma\n")
	require.NotContains(t, stored.stdout, "Emma Clarke")
	refused := p.run("approvals", "approve", number, "--send", "--key-file", "~/anna")
	require.Equal(t, exitRefused, refused.code)
	require.Contains(t, refused.stderr, "this process has no token of Dixa")

	for _, wrong := range [][]string{{"--edit", "--text", "x"}, {"--edit"}} {
		o := approvals(append([]string{"approve", number}, wrong...)...)
		require.Equal(t, exitUsage, o.code, o.stderr)
	}
	p.write("empty", " \n")
	require.Equal(t, exitRefused, approvals("approve", number, "--text", "~/empty").code)
	require.Equal(t, exitNotFound, approvals("approve", number, "--text", "~/none").code)
	require.Contains(t, approvals("list").stdout, number, "nothing was decided")

	sent := with("EDITOR=sed -i s/Emma/dear.Emma/")("approvals", "approve", number, "--edit", "--send", "--key-file", "~/anna")
	require.Zero(t, sent.code, sent.stderr)
	require.Contains(t, sent.stdout, "Approved by anna.holm with an edited text and sent by anna.holm at ")
	require.Contains(t, sent.stdout, "Hello dear.Emma")
	again := run("call", "send_message", hello)
	require.Zero(t, again.code, again.stderr)
	require.Contains(t, again.stdout, "sent by anna.holm at ")
	require.Equal(t, 1, strings.Count(run("call", "list_messages", `{"conversationId":1234}`).stdout, "dear.Emma"))
	require.Contains(t, run("audit", "show").stdout, "edited and approved and sent by anna.holm")

	draft := run("call", "draft_reply", `{"conversationId":1234,"text":"A reply for later"}`)
	require.Zero(t, draft.code, draft.stderr)
	d := regexp.MustCompile(`D-[0-9A-Z]{4}`).FindString(draft.stdout)
	require.Contains(t, draft.stdout, "An approver can send it, too: it waits as A-")
	require.Contains(t, approvals("drafts").stdout, d)
	require.NotContains(t, approvals("list").stdout, d)
	require.Contains(t, approvals("approve", d).stdout, "the agent does not wait for a draft")
	out := approvals("approve", d, "--send")
	require.Zero(t, out.code, out.stderr)
	require.Contains(t, out.stdout, "sent by anna.holm at ")
	require.Contains(t, run("call", "list_messages", `{"conversationId":1234}`).stdout, "A reply for later")
}
