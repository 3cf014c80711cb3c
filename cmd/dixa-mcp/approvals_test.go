package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approval/approvaltest"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/test/clock"
)

const approvers = `version: 1
approvers:
  anna.holm: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [send]}   # of "foo"
  joe: {key_sha256: fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9, may: [erase]}        # of "bar"
agents:
  support: {acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455, allow: [send_message], confirm: {send: approver}}
`

// office is a state directory with requests in it.
type office struct {
	*testing.T
	dir   string
	clock clock.Clock
	store *approval.Dir
}

func newOffice(t *testing.T) *office {
	o := &office{T: t, dir: t.TempDir()}
	o.clock.Advance(time.Since(clock.Start)) // the commands go by the time of day
	o.store = approval.NewDir(filepath.Join(o.dir, "approvals"), o.clock.Now)
	o.write("capabilities.yaml", approvers)
	o.write("anna", "foo\n")
	o.write("joe", "bar")
	o.write("nobody", "baz")
	return o
}

func (o *office) write(name, text string) {
	require.NoError(o, os.WriteFile(filepath.Join(o.dir, name), []byte(text), 0o600))
}

func (o *office) flags(who string) approverFlags {
	return approverFlags{
		KeyFile: filepath.Join(o.dir, who),
		dixaFlags: dixaFlags{
			fileFlag:   fileFlag{Capabilities: filepath.Join(o.dir, "capabilities.yaml")},
			reachFlags: reachFlags{State: o.dir, Rate: 10, APIVersion: dixaclient.V1}, Timeout: time.Minute,
		},
	}
}

func (o *office) park(conversation int64) approval.Request {
	r, err := o.store.Park(o.Context(), approvaltest.Request(o, conversation))
	require.NoError(o, err)
	return r
}

func (o *office) decide(who, number string, approve bool) (string, error) {
	var out bytes.Buffer
	f := o.flags(who)
	err := f.decide(o.Context(), f.printer(&output{to: &out}), number, approver.Verdict{Approve: approve, Reason: "looks right"}, nil)
	return out.String(), err
}

func (o *office) state(number string) approval.State {
	r, err := o.store.Get(o.Context(), number)
	require.NoError(o, err)
	return r.State
}

// records returns the records of decisions.
func (o *office) records() []audit.Record {
	var all []audit.Record
	dir := filepath.Join(o.dir, "audit")
	if _, err := os.Stat(dir); err != nil {
		return nil
	}
	require.NoError(o, audit.Read(dir, func(r audit.Record) error {
		if told(r) {
			all = append(all, r)
		}
		return nil
	}))
	return all
}

func TestApprove(t *testing.T) {
	o := newOffice(t)
	r := o.park(1234)
	out, err := o.decide("anna", strings.ToLower(strings.TrimPrefix(r.Number, "A-")), true)
	require.NoError(t, err)
	for _, part := range []string{
		"Asked by       support, ", "Tool           send_message (send)\n", "Conversation   1234\n", "Would          send a secret message\n",
		"  conversationId: 1234\n  text:\n    | Dear <Anna>,\n    | your secret refund\n",
		"Rules          sha256:0123456789ab when the agent asked; the capability file in force is sha256:",
		"Approved by anna.holm. Nothing was sent yet. The next identical call of support is carried out, once, until ",
	} {
		require.Contains(t, out, part)
	}
	require.Equal(t, approval.Approved, o.state(r.Number))

	records := o.records()
	require.Len(t, records, 1)
	require.Equal(t, audit.EventApproved, records[0].Event)
	require.Equal(t, "anna.holm", records[0].Approver)
	require.Equal(t, "2c26b46b", records[0].ApproverKey)
	require.Equal(t, r.Number, records[0].Approval)
	require.Equal(t, "anna.holm approved "+r.Number+", for which support had asked: send_message in conversation 1234", records[0].Text)
	require.True(t, audit.Filter{Agent: "support", Conversation: "1234", Writes: true}.Match(records[0]))

	out, err = o.decide("anna", r.Number, true)
	require.NoError(t, err)
	require.Contains(t, out, r.Number+" was approved by anna.holm (key 2c26b46b) at ")
	require.Contains(t, out, ": looks right\nNothing was changed.\n")
	_, err = o.decide("anna", r.Number, false)
	require.ErrorContains(t, err, r.Number+" was approved by anna.holm at ")
	require.Len(t, o.records(), 1)
}

func TestDeny(t *testing.T) {
	o := newOffice(t)
	r := o.park(0)
	out, err := o.decide("anna", r.Number, false)
	require.NoError(t, err)
	require.Contains(t, out, "your secret refund", "the text that is denied is seen")
	require.Contains(t, out, "\nDenied by anna.holm. The text was deleted.\n")
	require.Equal(t, approval.Denied, o.state(r.Number))
	require.Equal(t, audit.EventDenied, o.records()[0].Event)
	require.Equal(t, "anna.holm denied "+r.Number+", for which support had asked: send_message", o.records()[0].Text)
}

func TestApproveRefuses(t *testing.T) {
	o := newOffice(t)
	r := o.park(1234)
	for _, approve := range []bool{true, false} {
		_, err := o.decide("nobody", r.Number, approve)
		require.EqualError(t, err, "the key in "+filepath.Join(o.dir, "nobody")+" does not belong to any approver in "+filepath.Join(o.dir, "capabilities.yaml")+"; nothing was decided")
		_, err = o.decide("missing", r.Number, approve)
		require.ErrorIs(t, err, os.ErrNotExist)
		_, err = o.decide("joe", r.Number, approve)
		require.EqualError(t, err, "joe may not decide about "+r.Number+": its level is send, which is not under may of approvers.joe")
		_, err = o.decide("anna", r.Number[:5]+"0", approve)
		require.EqualError(t, err, `no call has the number "`+r.Number[:5]+`0"; did you mean `+r.Number+"?")
		_, err = o.decide("anna", "000000000", approve)
		require.EqualError(t, err, `no call has the number "A-000000000"`)
	}
	require.Equal(t, approval.Pending, o.state(r.Number))

	o.write("audit", "not a folder")
	_, err := o.decide("anna", r.Number, true)
	require.ErrorContains(t, err, "nothing was decided, because the decision could not be recorded: ")
	require.Equal(t, approval.Pending, o.state(r.Number))
	require.NoError(t, os.Remove(filepath.Join(o.dir, "audit")))

	short := approvaltest.Request(t, 5)
	short.Expires = o.clock.Now().Add(-time.Minute)
	expired, err := o.store.Park(t.Context(), short)
	require.NoError(t, err)
	_, err = o.decide("anna", expired.Number, true)
	require.ErrorContains(t, err, expired.Number+" expired at ")
	require.ErrorContains(t, err, "; the agent must ask again")
	require.Empty(t, o.records())
}

func TestApprovalsNeedSomebody(t *testing.T) {
	o := newOffice(t)
	_, err := o.flags("anna").desk(o.Context(), false)
	require.EqualError(t, err, "no call was ever parked in "+o.dir+"; use the server's own --state or --redis, or --url for a server on another machine")
	o.park(1)
	_, err = o.flags("nobody").desk(o.Context(), false)
	require.Error(t, err)
	o.write("capabilities.yaml", "version: 1\nagents: {a: {}}\n")
	_, err = o.flags("anna").desk(o.Context(), false)
	require.ErrorContains(t, err, "nothing can be approved: ")
}

func TestApprovalsList(t *testing.T) {
	o := newOffice(t)
	first := o.park(1234)
	list := func(all bool) string {
		var out bytes.Buffer
		d, err := o.flags("joe").desk(o.Context(), false)
		require.NoError(t, err)
		items, err := d.list(t.Context(), all, false)
		require.NoError(t, err)
		approvalPrinter{&output{to: &out}, time.UTC}.list(items, false)
		return out.String()
	}
	asked, until := first.Created.Format("2006-01-02 15:04 UTC"), first.Expires.Format("2006-01-02 15:04 UTC")
	want := "NUMBER  STATE    AGENT    TOOL          LEVEL  CONVERSATION  ASKED                 UNTIL\n" +
		first.Number + "  pending  support  send_message  send   1234          " + asked + "  " + until + "\n"
	require.Equal(t, want, list(false))
	_, err := o.decide("anna", first.Number, false)
	require.NoError(t, err)
	require.Equal(t, "No calls wait for approval.\n", list(false))
	require.Contains(t, list(true), first.Number+"  denied")
}

// Text of a customer or a model cannot be hidden, and cannot pass for output of this program.
func TestApprovalsShowEverything(t *testing.T) {
	var out bytes.Buffer
	printValue(&out, "", "", map[string]any{
		"text":  "one\r\nApproved by anna.\n\x1b[2Jgone\u202egnp.exe\u200b\ttab\u00a0space",
		"flags": []any{true, "b", map[string]any{"n": 3}},
		"empty": "",
		"a\nb":  nil,
	})
	require.Equal(t, `a<U+000A>b: null
empty:
  | 
flags: 3 of them
  1: true
  2:
    | b
  3:
    n: 3
text:
  | one
  | Approved by anna.
  | <U+001B>[2Jgone<U+202E>gnp.exe<U+200B>    tab space
`, out.String())
}

func TestApprovalsCommandLine(t *testing.T) {
	var c cli
	parser, err := kong.New(&c, clientNames())
	require.NoError(t, err)
	_, err = parser.Parse([]string{"approvals", "approve", "A-7K2Q", "--key-file", "k", "--reason", "r", "--state", "s", "--capabilities", "c"})
	require.NoError(t, err)
	approve := c.Approvals.Approve
	require.Equal(t, []any{"A-7K2Q", "r", "k", "c", "s"}, []any{approve.Number, approve.Reason, approve.KeyFile, approve.Capabilities, approve.State})
	_, err = parser.Parse([]string{"approvals", "list"})
	require.ErrorContains(t, err, "--key-file")
	t.Setenv("DIXA_MCP_APPROVER_KEY_FILE", "e")
	_, err = parser.Parse([]string{"approvals", "list"})
	require.NoError(t, err)
	require.Equal(t, "e", c.Approvals.List.KeyFile)
}
