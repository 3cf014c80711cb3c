package gate_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/test/race"
	"dixa-mcp/internal/test/seeds"
)

// withoutBound is a file whose agent is granted everything and has no bound of its own.
func withoutBound() string {
	return strings.Replace(everythingBut("X"), "    only: X\n", "", 1)
}

// Random keys that are bound to a conversation, of random agents, and random calls of every tool that is granted: nothing of another
// conversation is told, sent or changed, and no request names one.
func TestNothingElseExistsForABoundKey(t *testing.T) {
	race.Skip(t)
	passed := 0
	all := seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		o := newBoundKey(t, r)
		for range 12 {
			o.try()
			for _, request := range o.dixa.Requests() {
				if m := conversationPath.FindStringSubmatch(request.Path); m != nil {
					require.Equal(t, itoa(o.key), m[1]+m[2], "%s %s reached Dixa", request.Method, request.Path)
				}
			}
		}
		passed += o.passed
	})
	if all {
		require.Greater(t, passed, seeds.Least, "oracle.arguments makes too few valid calls to prove anything")
	}
}

func newBoundKey(t *testing.T, r *rand.Rand) *oracle {
	file, h := withoutBound(), seeded(t)
	if r.IntN(2) == 0 {
		file = everythingBut([]string{"{queue: [" + billing + "]}", "{channel: [email, chat]}", "{direction: [inbound]}"}[r.IntN(3)])
	}
	o := oracleOf(t, r, file, h.conversations[r.IntN(len(h.conversations))].ID)
	if o.look(); len(o.inside) == 0 {
		return newBoundKey(t, r) // the conversation is outside the agent's own bound
	}
	require.Equal(t, []string{itoa(o.key)}, o.inside)
	t.Log(o.key, o.known)
	return o
}

// boundCall makes a call with a key that is bound to a conversation.
func (b *bed) boundCall(conversation int64, tool, arguments string) gate.Answer {
	r := request("a", tool, arguments)
	r.Conversation, r.Key = conversation, "bound-"+itoa(conversation)
	return b.gate.Call(context.Background(), r)
}

const keyholder = `version: 1
names: {queue: {billing: ` + billing + `}}
approvers: {anna: {key_sha256: ` + "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae" + `, may: [send]}}
agents:
  a: {access: {"*": send}, allow: [list_events], arguments: {send_message.agentId: ["*"]}, confirm: {send: approver}}
`

// What an agent did, asked for or began elsewhere does not exist for a key that is bound to a conversation. What it did there with an
// earlier key does.
func TestBoundKeyKnowsNothingElse(t *testing.T) {
	b := newBed(t, keyholder)
	approvals := approval.NewDir(filepath.Join(t.TempDir(), "approvals"), time.Now)
	b.stand(keyholder, gate.Config{Approvals: approvals})
	tag := func(conversation, with int64) gate.Answer {
		return b.boundCall(with, "tag_conversation", `{"conversationId":`+itoa(conversation)+`,"tagId":"53a428b3-9772-4115-97fe-73c317e31621"}`)
	}

	require.False(t, tag(1235, 0).Failed, "a key that is not bound")
	require.Contains(t, b.boundCall(1234, "undo", `{}`).Text, "you changed nothing in the last hour")
	require.False(t, tag(1234, 1234).Failed)
	again := tag(1234, 1234)
	require.Contains(t, again.Text, "the same call was carried out", "by an earlier key")
	undone := b.boundCall(1234, "undo", `{}`)
	require.False(t, undone.Failed, undone.Text)
	require.NotContains(t, undone.Text, "1235")

	numbers := map[int64]string{}
	for _, with := range []int64{0, 1234, 1235} {
		id := max(with, 1234)
		a := b.boundCall(with, "send_message", `{"conversationId":`+itoa(id)+`,"text":"Hello.","agentId":"`+bot+`"}`)
		var said struct{ Waiting string }
		require.NoError(t, json.Unmarshal([]byte(a.Text), &said), a.Text)
		require.NotEmpty(t, said.Waiting, a.Text)
		numbers[with] = said.Waiting
	}
	for number, knows := range map[string]bool{numbers[0]: false, numbers[1234]: true, numbers[1235]: false} {
		a := b.boundCall(1234, "wait_for", `{"approval":"`+number+`","seconds":1}`)
		require.Equal(t, knows, strings.Contains(a.Text, "pending"), a.Text)
	}
	parked, err := approvals.Get(t.Context(), numbers[1234])
	require.NoError(t, err)
	require.Equal(t, int64(1234), parked.Bound)

	for _, r := range b.records.list {
		require.Equal(t, r.Key != "bound-0", r.Bound != 0, "%+v", r)
	}
}

// An agent with such a key does not see tools that reach the whole organization, and is told which conversation there is.
func TestToolsOfABoundKey(t *testing.T) {
	b := newBed(t, withoutBound())
	names := func(conversation int64) (all []string) {
		listed, err := b.gate.List("bounded", conversation)
		require.NoError(t, err)
		for _, l := range listed {
			all = append(all, l.Name)
		}
		return all
	}
	narrow := newBed(t, everythingBut("{queue: ["+billing+"]}"))
	bounded, err := narrow.gate.List("bounded", 0)
	require.NoError(t, err)
	require.Len(t, names(1234), len(bounded), "the same tools as of an agent with only")
	require.Less(t, len(names(1234)), len(names(0)))
	require.NotContains(t, names(1234), "query_metric")
	refused := func(tool, arguments string) string {
		r := request("bounded", tool, arguments)
		r.Conversation = 1234
		a := b.gate.Call(t.Context(), r)
		require.True(t, a.Failed)
		return a.Text
	}
	require.Equal(t, "export_conversations reaches the whole organization, and the key of this connection is bound to one conversation. Nothing was sent to Dixa.", refused("export_conversations", `{"createdAfter":"2026-02-01T00:00:00Z","createdBefore":"2026-02-02T00:00:00Z"}`))
	require.Contains(t, b.gate.Instructions(t.Context(), gate.Request{Agent: "bounded", Conversation: 1234}, "", time.Now()), "You see only conversations with number 1234; others look as if they did not exist.")
}

// A key that is bound to a conversation hears of that alone, in one call, and nothing is asked about others.
func TestEventsOfABoundKey(t *testing.T) {
	var all []events.Event
	for n := range 300 {
		all = append(all, event(n, "ConversationMessageAdded", int64(1201+n%100)))
	}
	b := newListening(t, all...)
	for agent, want := range map[string][]int64{"whole": {1234, 1234, 1234}, "bounded": {1234, 1234, 1234}} {
		r := request(agent, "list_events", `{}`)
		r.Conversation = 1234
		b.dixa.ResetCounts()
		a := b.gate.Call(t.Context(), r)
		require.False(t, a.Failed, a.Text)
		var heard eventAnswer
		require.NoError(t, json.Unmarshal([]byte(a.Text), &heard))
		require.Equal(t, want, heard.conversations(), agent)
		require.False(t, heard.Next.HasMore)
		for _, sent := range b.dixa.Requests() {
			require.NotRegexp(t, `conversations/(?:120|121|122|1230|1235)`, sent.Path)
		}
	}
}
