package capability

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

const waits = "    confirm: {send: approver}\n"

func TestApprover(t *testing.T) {
	r := mustParse(t, people+waits)
	require.Equal(t, []string{"anna.holm", "joe"}, r.ApproverNames())

	who, id, ok := r.Approver([]byte("foo")) // the keys of the file are foo and bar
	require.True(t, ok)
	require.Equal(t, "2c26b46b", id)
	require.Equal(t, &Approver{Name: "anna.holm", May: []dixaclient.Level{dixaclient.Send, dixaclient.Erase}}, who)
	require.True(t, who.Decides(dixaclient.Erase))

	who, id, ok = r.Approver([]byte("bar"))
	require.True(t, ok)
	require.Equal(t, "joe", who.Name)
	require.Equal(t, "fcde2b2e", id)
	require.False(t, who.Decides(dixaclient.Erase))

	for _, wrong := range []string{"", "fo", "foo\n", "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"} {
		_, _, ok = r.Approver([]byte(wrong))
		require.False(t, ok, wrong)
	}
	_, _, ok = mustParse(t, valid).Approver(nil)
	require.False(t, ok)
}

func TestStillDecides(t *testing.T) {
	r := mustParse(t, people+waits)
	require.True(t, r.StillDecides("joe", "fcde2b2e", dixaclient.Send, nil))
	require.False(t, r.StillDecides("joe", "fcde2b2e", dixaclient.Erase, nil))
	require.False(t, r.StillDecides("joe", "2c26b46b", dixaclient.Send, nil))
	require.False(t, r.StillDecides("jim", "fcde2b2e", dixaclient.Send, nil))
}

// An approver who signed in with the company's login decides until the file has another address.
func TestApproverByEmail(t *testing.T) {
	named := strings.Replace(people+waits, "may: [send]}", "may: [send], email: Joe@example.com}", 1)
	r := mustParse(t, named)
	who, id, ok := r.ApproverByEmail("joe@EXAMPLE.com")
	require.True(t, ok)
	require.Equal(t, "joe", who.Name)
	require.Regexp(t, "^sign-in-[0-9a-f]{8}$", id)
	require.True(t, r.StillDecides("joe", id, dixaclient.Send, nil))
	require.False(t, r.StillDecides("joe", id, dixaclient.Send, &Person{Email: "joe@example.com"}))
	require.False(t, r.StillDecides("anna.holm", id, dixaclient.Send, nil))
	require.False(t, r.StillDecides("anna.holm", "", dixaclient.Send, nil))
	require.False(t, mustParse(t, strings.Replace(named, "Joe@", "jo@", 1)).StillDecides("joe", id, dixaclient.Send, nil))
	for _, email := range []string{"", "joe", "jim@example.com", "joe@example.com, jim@example.com"} {
		_, _, ok = r.ApproverByEmail(email)
		require.False(t, ok, email)
	}
}

func TestParseRefusesApprovers(t *testing.T) {
	const key = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
	const form = "must be the SHA-256 of a key, 64 hex digits; `dixa-mcp key new --approver joe` makes a key and the line for it"
	for _, c := range []struct{ approvers, want string }{
		{"[joe]", "f:2:12: approvers: must be a mapping, not a list"},
		{"{joe: {}}", "f:2:18: approvers.joe.key_sha256: is missing\nf:2:18: approvers.joe.may: is missing"},
		{"{Joe: {key_sha256: " + key + ", may: [send]}}", "f:2:13: approvers.Joe: must be a letter, then up to 39 letters, digits, ., _ and -, all lower case"},
		{"{a: {key_sha256: " + key + ", may: [send]}}", "f:2:13: approvers.a: is an agent, too (line 4): a requester cannot approve"},
		{"{joe: {key_sha256: " + key[1:] + ", may: [send]}}", "f:2:31: approvers.joe.key_sha256: " + form},
		{"{joe: {key_sha256: x" + key[1:] + ", may: [send]}}", "f:2:31: approvers.joe.key_sha256: " + form},
		{"{joe: {key_sha256: \"\", may: [send]}}", "f:2:31: approvers.joe.key_sha256: " + form},
		{"{joe: {key_sha256: [], may: [send]}}", "f:2:31: approvers.joe.key_sha256: must be text, not a list"},
		{"{joe: {key_sha256: " + key + ", may: []}}", "f:2:97: approvers.joe.may: must list at least one of write, send, erase"},
		{"{joe: {key_sha256: " + key + ", may: [read, sned]}}", `f:2:103: approvers.joe.may: "read" is not a level that can wait for approval; they are write, send, erase` + "\n" +
			`f:2:109: approvers.joe.may: "sned" is not a level that can wait for approval; did you mean "send"?; they are write, send, erase`},
		{"{ann: {key_sha256: " + key + ", may: [send]}, joe: {key_sha256: " + strings.ToUpper(key) + ", may: [send]}}",
			"f:2:129: approvers.joe.key_sha256: is the key of ann, too: each needs a key of their own"},
	} {
		_, err := parse("f", []byte("version: 1\napprovers: "+c.approvers+"\nagents:\n  a: {}\n"), testCatalog())
		require.EqualError(t, err, c.want)
	}
}

func TestDiffOfApprovers(t *testing.T) {
	old := people + waits
	change := func(pairs ...string) []string {
		return Diff(mustParse(t, old), mustParse(t, strings.NewReplacer(pairs...).Replace(old)))
	}
	require.Nil(t, change("may: [erase, send, send]", "may: [send, erase]"))
	require.Equal(t, []string{"approver joe has another key"}, change("FCDE", "FCDF"))
	require.Equal(t, []string{"approver anna.holm may decide about send, erase → send"}, change("[erase, send, send]", "[send]"))
	require.Equal(t, []string{"new approver jim may decide about send", "approver joe is gone"}, change("joe:", "jim:"))
}
