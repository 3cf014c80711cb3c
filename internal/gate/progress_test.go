package gate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
)

// Whoever wants to know hears every five seconds what a call waits for, and at the end of each operation, never after
// the answer.
func TestProgress(t *testing.T) {
	const file = `{version: 1, agents: {bot: {access: {conversations: read}, budget: {requests_per_second: 0.02}}}}`
	synctest.Test(t, func(t *testing.T) {
		dixa := offline.New(offline.Options{Latency: 12 * time.Second})
		hc, stop := dixa.Client()
		defer stop()
		client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, Transport: hc.Transport})
		require.NoError(t, err)
		rules, err := capability.Parse("rules.yaml", []byte(file))
		require.NoError(t, err)
		g := gate.New(gate.Config{Rules: rules, Client: client, Audit: &records{}, JSON: true})
		ask := func() (told []string) {
			answered := false
			a := g.Call(t.Context(), gate.Request{
				Agent: "bot", Key: "bot-1", Tool: "get_conversation", Arguments: json.RawMessage(`{"conversationId":1234}`),
				Progress: func(s string) {
					require.False(t, answered)
					told = append(told, s)
				},
			})
			answered = true
			require.False(t, a.Failed, a.Text)
			return told
		}
		dixas := []string{"get_conversation waits for Dixa's answer, 5 s", "get_conversation waits for Dixa's answer, 10 s", "get_conversation came back from Dixa"}
		require.Equal(t, dixas, ask())
		require.Equal(t, dixas, ask())
		require.Equal(t, []string{"get_conversation waits for Dixa's rate limit, 5 s", "get_conversation waits for Dixa's rate limit, 10 s"}, ask()[:2])
	})
}

// The credential's id is in the record.
func TestKeyIsRecorded(t *testing.T) {
	b := newBed(t, `{version: 1, agents: {bot: {access: {conversations: read}}}}`)
	b.gate.Call(context.Background(), gate.Request{Agent: "bot", Key: "bot-1", Tool: "get_conversation", Arguments: json.RawMessage(`{"conversationId":1234}`)})
	require.Equal(t, "bot-1", b.records.last().Key)
}

// A client that cannot be asked here gets an approver in place of its person; without one who may decide it is told so.
func TestAsksApproverInPlaceOfClient(t *testing.T) {
	const (
		agents = `agents: {bot: {acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455, access: {messages: write}, confirm: {write: client}}}`
		anna   = `approvers: {anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [%s]}}`
		note   = `{"conversationId":1234,"message":"Refund agreed."}`
	)
	for may, says := range map[string]string{"write": `"waiting":"A-`, "erase": "has no approver who may decide about it. Tell the user: "} {
		file := "version: 1\n" + fmt.Sprintf(anna, may) + "\n" + agents
		b := newBed(t, file)
		b.stand(file, gate.Config{Approvals: parking(t)})
		a := b.gate.Call(t.Context(), gate.Request{Agent: "bot", Tool: "add_note", Arguments: json.RawMessage(note), CanAsk: true, AskApprover: true})
		require.Contains(t, a.Text, says)
		require.Nil(t, a.Ask)
		require.Empty(t, b.dixa.Effects())
	}
}
