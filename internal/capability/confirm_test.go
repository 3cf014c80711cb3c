package capability

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

const people = `version: 1
stdio: [a]
approvers:
  anna.holm: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [erase, send, send]}
  joe: {key_sha256: FCDE2B2EDBA56BF408601FB721FE9B5C338D10EE429EA04FAE5511B68FBF8FB9, may: [send]}
agents:
  a:
    acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455
    access: {conversations: erase, messages: send, tags: write}
`

func TestConfirm(t *testing.T) {
	type want struct {
		whose Confirm
		rule  string
		line  int
	}
	none := want{}
	for _, c := range []struct {
		confirm string
		want    map[string]want
	}{
		{"{}", map[string]want{"list_tags": none, "add_note": none, "send_message": none, "anonymize_conversation": none}},
		{"{send: approver}", map[string]want{
			"list_tags":              none,
			"add_note":               none,
			"send_message":           {ConfirmApprover, "agents.a.confirm.send", 10},
			"anonymize_conversation": {ConfirmApprover, "agents.a.confirm.send", 10},
		}},
		{"{erase: approver, write: client, send_message: approver, add_note: client}", map[string]want{
			"list_tags":              none,
			"close_conversation":     {ConfirmClient, "agents.a.confirm.write", 10},
			"add_note":               {ConfirmClient, "agents.a.confirm.add_note", 10},
			"publish_article":        {ConfirmClient, "agents.a.confirm.write", 10},
			"send_message":           {ConfirmApprover, "agents.a.confirm.send_message", 10},
			"anonymize_conversation": {ConfirmApprover, "agents.a.confirm.erase", 10},
		}},
	} {
		a, err := mustParse(t, people+"    confirm: "+c.confirm+"\n").Agent("a")
		require.NoError(t, err)
		for name, w := range c.want {
			whose, rule, line := a.Confirm(testCatalog().operations[name].Operations[0])
			require.Equal(t, w, want{whose, rule, line}, "%s under %s", name, c.confirm)
		}
	}
}

func TestParseRefusesConfirm(t *testing.T) {
	for _, c := range []struct{ confirm, want string }{
		{"[send]", "f:10:14: agents.a.confirm: must be a mapping, not a list"},
		{"{send: yes}", `f:10:21: agents.a.confirm.send: must be client or approver, not "yes"`},
		{"{send: aprover}", `f:10:21: agents.a.confirm.send: must be client or approver, not "aprover"; did you mean "approver"?`},
		{"{send: [client]}", "f:10:21: agents.a.confirm.send: must be text, not a list"},
		{"{sent: client}", `f:10:15: agents.a.confirm.sent: there is no level and no tool "sent"; did you mean "send"?`},
		{"{sendmesage: client}", `f:10:15: agents.a.confirm.sendmesage: there is no level and no tool "sendmesage"; did you mean "send_message"?`},
		{"{read: client}", "f:10:15: agents.a.confirm.read: only reads; confirm takes the levels write, send, erase and their operations"},
		{"{list_tags: client}", "f:10:15: agents.a.confirm.list_tags: only reads; confirm takes the levels write, send, erase and their operations"},
		{"{conversation_overview: client}", "f:10:15: agents.a.confirm.conversation_overview: conversation_overview is made of several operations; name those: get_conversation, list_messages, list_tags"},
		{"{write: approver}", "f:10:15: agents.a.confirm.write: waits for an approver, and no one under approvers may decide about write: it could never be carried out"},
		{"{close_conversation: approver}", "f:10:15: agents.a.confirm.close_conversation: waits for an approver, and no one under approvers may decide about write: it could never be carried out"},
		{"{send: client, send: client}", "f:10:29: agents.a.confirm.send: stands here a second time, first on line 10"},
	} {
		_, err := parse("f", []byte(people+"    confirm: "+c.confirm+"\n"), testCatalog())
		require.EqualError(t, err, c.want)
	}
	_, err := parse("f", []byte(head+"    confirm: {send: approver}\n"), testCatalog())
	require.EqualError(t, err, "f:4:15: agents.a.confirm.send: waits for an approver, and no one under approvers may decide about send: it could never be carried out")
}

func TestNotesOfConfirm(t *testing.T) {
	const worth = "client relies on the MCP client to ask its user: one that accepts by itself confirms without a person, and in one that cannot ask (Claude Desktop, Zed, Gemini CLI, claude.ai) these calls are refused; approver asks a person with a key"
	unguessable := strings.NewReplacer("2c26b46b", "9c26b46b", "FCDE2B2E", "9CDE2B2E") // the digests of foo and bar
	erases := Note{7, 3, "agents.a", "may erase (anonymize_conversation), which cannot be undone, without a confirmation; see confirm"}
	idle := func(line int, name string) Note {
		return Note{line, 3, "approvers." + name, "has nothing to decide: no agent's confirm waits for an approver at a level of may"}
	}
	for _, c := range []struct {
		confirm string
		want    []Note
	}{
		{"{send: approver}", nil},
		{"{}", []Note{idle(4, "anna.holm"), idle(5, "joe"), erases, {10, 5, "agents.a.confirm", "is empty: no call needs a person"}}},
		{"{erase: approver}", []Note{idle(5, "joe")}},
		{"{send: approver, erase: client}", []Note{{10, 5, "agents.a.confirm", worth}}},
		{"{send_message: approver}", []Note{erases}},
		{"{send: approver, send_message: approver}", []Note{{10, 31, "agents.a.confirm.send_message", "is said already by agents.a.confirm.send"}}},
		{"{send: approver, publish_article: client}", []Note{
			{10, 31, "agents.a.confirm.publish_article", "changes nothing: publish_article is not granted to agent a: access gives nothing in knowledge, and allow does not name it"},
		}},
		{"{send: client, send_message: approver, erase: approver}", []Note{
			{10, 15, "agents.a.confirm.send", "changes nothing: no operation that is granted to it is at send or above and without an entry of its own"},
		}},
	} {
		require.Equal(t, c.want, mustParse(t, unguessable.Replace(people)+"    confirm: "+c.confirm+"\n").Notes(), c.confirm)
	}
	r := mustParse(t, "version: 1\nstdio: [a]\napprovers: {joe: {key_sha256: 9cde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9, may: [send]}}\n"+
		"agents:\n  a: {acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455, access: {conversations: erase}, allow: [send_message], confirm: {send: approver}}\n")
	require.Equal(t, []Note{{5, 119, "agents.a.confirm.send", "can never be carried out, since no one under approvers may decide about the level: anonymize_conversation (erase)"}}, r.Notes())
}

func TestDiffOfConfirm(t *testing.T) {
	diff := func(old, new string) []string { return Diff(mustParse(t, old), mustParse(t, new)) }
	nobody, send, write := people, people+"    confirm: {send: approver}\n", people+"    confirm: {write: client, send: approver}\n"
	require.Nil(t, diff(send, send))
	require.Equal(t, []string{"a: who is asked before anonymize_conversation, send_message: nobody → an approver"}, diff(nobody, send))
	require.Equal(t, []string{
		"a: who is asked before close_conversation, transfer_conversation, add_note, tag_conversation: the client's user → nobody",
		"a: who is asked before anonymize_conversation, send_message: an approver → nobody",
	}, diff(write, nobody))
}

func TestConfirmIsByOperation(t *testing.T) {
	a, err := mustParse(t, people+"    confirm: {send: client}\n").Agent("a")
	require.NoError(t, err)
	whose, _, _ := a.Confirm(dixaclient.SendMessage.Spec)
	require.Equal(t, ConfirmClient, whose)
	whose, _, _ = a.Confirm(dixaclient.ListMessages.Spec)
	require.Equal(t, ConfirmNobody, whose)
}
