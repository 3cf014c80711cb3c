package serve

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// into reads a result.
func into[T any](t *testing.T, r reply) T {
	t.Helper()
	require.Nil(t, r.Error)
	var v T
	require.NoError(t, json.Unmarshal(r.Result, &v), "%s", r.Result)
	return v
}

const modern = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

type meta struct {
	ServerInfo struct{ Name, Version string } `json:"io.modelcontextprotocol/serverInfo"`
}

// The handshake of the protocol before 2026-07-28.
func TestInitialize(t *testing.T) {
	for asked, got := range map[string]string{"2025-11-25": "2025-11-25", "2025-06-18": "2025-06-18", "2024-11-05": "2024-11-05", "2026-07-28": "2025-11-25", "1999-01-01": "2025-11-25"} {
		bubble(t, asked, func(t *testing.T) {
			p := connect(t, settings{})
			r := into[struct {
				ProtocolVersion, Instructions string
				ServerInfo                    struct{ Name, Version string }
				Capabilities                  map[string]json.RawMessage
			}](t, p.ask("1", "initialize", fmt.Sprintf(`{"protocolVersion":%q,"capabilities":{},"clientInfo":{"name":"test","version":"1"}}`, asked)))
			require.Equal(t, got, r.ProtocolVersion)
			require.Equal(t, "dixa-mcp test", r.ServerInfo.Name+" "+r.ServerInfo.Version)
			require.Contains(t, r.Instructions, `as agent "support". Works on`)
			require.Contains(t, r.Capabilities, "tools")
			require.Contains(t, r.Capabilities, "prompts")
			require.Len(t, r.Capabilities, 2, "nothing is promised that is not there")
			p.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
			require.False(t, said(t, p.ask("2", "tools/call", `{"name":"get_conversation","arguments":{"conversationId":1234}}`)).IsError)
			p.end()
		})
	}
}

// Requests of 2026-07-28, over the same pipe as those before it.
func TestModern(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p := connect(t, settings{})
		discovered := into[struct {
			SupportedVersions []string
			Instructions      string
			ResultType        string
			TTLMs             *int `json:"ttlMs"`
			CacheScope        string
			Meta              meta `json:"_meta"`
		}](t, p.ask("1", "server/discover", "{"+modern+"}"))
		require.Contains(t, discovered.SupportedVersions, "2026-07-28")
		require.Contains(t, discovered.SupportedVersions, "2025-11-25")
		require.Contains(t, discovered.Instructions, `as agent "support"`)
		require.Equal(t, "complete", discovered.ResultType)
		require.Equal(t, "private", discovered.CacheScope)
		require.NotNil(t, discovered.TTLMs)
		require.Equal(t, "dixa-mcp", discovered.Meta.ServerInfo.Name)

		list := into[struct {
			ResultType, CacheScope string
			TTLMs                  int `json:"ttlMs"`
			Tools                  []any
			Meta                   meta `json:"_meta"`
		}](t, p.ask("2", "tools/list", "{"+modern+"}"))
		require.Equal(t, []any{"complete", "private", listTTL, "dixa-mcp"}, []any{list.ResultType, list.CacheScope, list.TTLMs, list.Meta.ServerInfo.Name})

		got := into[struct{ ResultType string }](t, p.ask("3", "tools/call", `{"name":"get_conversation","arguments":{"conversationId":1234},`+modern+`}`))
		require.Equal(t, "complete", got.ResultType)

		// the other era beside it, on the same pipe
		require.Len(t, into[struct{ Tools []any }](t, p.ask("4", "tools/list", "")).Tools, len(list.Tools))

		unserved := `{"_meta":{"io.modelcontextprotocol/protocolVersion":"2099-01-01","io.modelcontextprotocol/clientCapabilities":{}}}`
		require.Equal(t, -32022, p.ask("5", "tools/list", unserved).Error.Code)
		require.Equal(t, -32602, p.ask("6", "tools/list", `{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}`).Error.Code)
		require.Equal(t, -32601, p.ask("7", "ping", "{"+modern+"}").Error.Code)
		require.Equal(t, -32602, p.ask("8", "tools/call", `{"name":"frobnicate",`+modern+`}`).Error.Code)
		p.end()
	})
}

const changed = "notifications/tools/list_changed"

// A changed file is told to those who want to hear of it: always before 2026-07-28, since then to those who listen.
func TestListChanged(t *testing.T) {
	narrow, err := capability.Parse("narrow.yaml", []byte(`{version: 1, stdio: [support], agents: {support: {allow: [get_conversation]}}}`))
	require.NoError(t, err)
	away, err := capability.Parse("away.yaml", []byte(`{version: 1, stdio: [other], agents: {other: {allow: [get_conversation]}, support: {allow: [get_conversation]}}}`))
	require.NoError(t, err)

	bubble(t, "before 2026-07-28", func(t *testing.T) {
		p := connect(t, settings{})
		p.gate.Reload(t.Context(), narrow) // not yet: nobody has said hello
		synctest.Wait()
		require.Nil(t, p.ask("1", "initialize", `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}`).Error)
		p.gate.Reload(t.Context(), narrow)
		p.wait(changed)
		require.Len(t, into[struct{ Tools []any }](t, p.ask("2", "tools/list", "")).Tools, 1)
		p.gate.Reload(t.Context(), away)
		p.wait(changed)
		require.Empty(t, into[struct{ Tools []any }](t, p.ask("3", "tools/list", "")).Tools)
		a := said(t, p.ask("4", "tools/call", `{"name":"get_conversation","arguments":{"conversationId":1234}}`))
		require.True(t, a.IsError)
		require.Contains(t, a.Content[0].Text, "no longer authorizes this connection. Tell the user: ")
		p.silent(changed)
		p.end()
	})
	bubble(t, "2026-07-28", func(t *testing.T) {
		p := connect(t, settings{})
		p.ask("1", "tools/list", "{"+modern+"}")
		p.gate.Reload(t.Context(), narrow)
		synctest.Wait()
		p.silent(changed)
		p.send(rpc(`"l"`, "subscriptions/listen", `{"notifications":{"toolsListChanged":true},`+modern+`}`))
		ack := string(p.wait("notifications/subscriptions/acknowledged").Params)
		require.Contains(t, ack, `"toolsListChanged":true`)
		require.Contains(t, ack, `"io.modelcontextprotocol/subscriptionId":"l"`)
		p.gate.Reload(t.Context(), away)
		require.Contains(t, string(p.wait(changed).Params), `"io.modelcontextprotocol/subscriptionId":"l"`)
		require.Empty(t, into[struct{ Tools []any }](t, p.ask("2", "tools/list", "{"+modern+"}")).Tools)
		p.silent(`"l"`)
		start := time.Now()
		p.end()
		require.Zero(t, time.Since(start), "who only listens is not waited for")
		require.Nil(t, p.wait(`"l"`).Error)
	})
	bubble(t, "nothing to listen to", func(t *testing.T) {
		p := connect(t, settings{})
		require.Nil(t, p.ask("1", "subscriptions/listen", `{"notifications":{"resourcesListChanged":true},`+modern+`}`).Error)
		require.Contains(t, string(p.wait("notifications/subscriptions/acknowledged").Params), `"notifications":{}`)
		p.send(rpc("2", "subscriptions/listen", `{"notifications":{"toolsListChanged":true},`+modern+`}`))
		p.wait("notifications/subscriptions/acknowledged")
		p.send(cancel("2"))
		synctest.Wait()
		p.gate.Reload(t.Context(), narrow)
		synctest.Wait()
		p.silent("2")
		p.silent(changed)
		p.end()
	})
}

const promptsChanged = "notifications/prompts/list_changed"

// Prompts that come or go with a changed file are told to those who want to hear of it; other changes are not.
func TestPromptsListChanged(t *testing.T) {
	parsed := func(file string) *capability.Rules {
		rules, err := capability.Parse("changed.yaml", []byte(file))
		require.NoError(t, err)
		return rules
	}
	none := parsed(`{version: 1, stdio: [support], agents: {support: {allow: [get_conversation]}}}`)
	still := parsed(`{version: 1, stdio: [support], agents: {support: {allow: [get_queue]}}}`)
	one := parsed(`{version: 1, stdio: [support], agents: {support: {allow: [list_messages, add_note]}}}`)
	other := parsed(`{version: 1, stdio: [support], agents: {support: {allow: [list_messages, tag_conversation]}}}`)
	names := func(p *peer, id, params string) string { return string(p.ask(id, "prompts/list", params).Result) }

	bubble(t, "before 2026-07-28", func(t *testing.T) {
		p := connect(t, settings{})
		hello := p.ask("1", "initialize", `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}`)
		require.Contains(t, string(hello.Result), `"prompts":{"listChanged":true}`)
		p.gate.Reload(t.Context(), none)
		p.wait(promptsChanged)
		require.Contains(t, names(p, "2", ""), `"prompts":[]`)
		p.gate.Reload(t.Context(), still)
		synctest.Wait()
		p.silent(promptsChanged)
		p.gate.Reload(t.Context(), one)
		p.wait(promptsChanged)
		require.Contains(t, names(p, "3", ""), "hand_over")
		p.gate.Reload(t.Context(), other) // as many, and another one
		p.wait(promptsChanged)
		require.Contains(t, names(p, "4", ""), "triage")
		p.gate.Hold(t.Context(), none, one)
		p.wait(promptsChanged)
		p.end()
	})
	bubble(t, "2026-07-28", func(t *testing.T) {
		p := connect(t, settings{})
		p.send(rpc(`"tools"`, "subscriptions/listen", `{"notifications":{"toolsListChanged":true},`+modern+`}`))
		p.wait("notifications/subscriptions/acknowledged")
		p.gate.Reload(t.Context(), none)
		synctest.Wait()
		p.silent(promptsChanged)
		p.send(rpc(`"prompts"`, "subscriptions/listen", `{"notifications":{"promptsListChanged":true},`+modern+`}`))
		require.Contains(t, string(p.wait("notifications/subscriptions/acknowledged").Params), `"promptsListChanged":true`)
		p.gate.Reload(t.Context(), one)
		require.Contains(t, string(p.wait(promptsChanged).Params), `"io.modelcontextprotocol/subscriptionId":"prompts"`)
		p.send(cancel(`"prompts"`)) // the other one still listens
		synctest.Wait()
		p.gate.Reload(t.Context(), none)
		require.Contains(t, string(p.wait(changed).Params), `"io.modelcontextprotocol/subscriptionId":"tools"`)
		synctest.Wait()
		p.silent(promptsChanged)
		p.end()
	})
}

// listedTool is a tool as a client sees it.
type listedTool struct {
	Name, Description string
	InputSchema       json.RawMessage
	Annotations       struct {
		Title                                                        string
		ReadOnlyHint, DestructiveHint, IdempotentHint, OpenWorldHint *bool
	}
}

// Each agent sees its own tools, in the same order every time, with annotations that follow from the level.
func TestLists(t *testing.T) {
	rules, err := capability.Parse("capabilities.yaml", operations)
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, agent := range rules.Agents() {
		bubble(t, agent.Name, func(t *testing.T) {
			p := connect(t, settings{agent: agent.Name})
			first, again := p.ask("1", "tools/list", ""), p.ask("2", "tools/list", "")
			require.Equal(t, string(first.Result), string(again.Result))
			require.False(t, seen[string(first.Result)], "two agents that see the same")
			seen[string(first.Result)] = true
			list := into[struct{ Tools []listedTool }](t, first).Tools
			require.Len(t, list, len(agent.Tools()))
			for i, l := range list {
				tool := agent.Tools()[i]
				require.Equal(t, tool.Name, l.Name)
				require.Equal(t, agent.Shape(tool).Description(), l.Description)
				require.Equal(t, tool.Title(), l.Annotations.Title)
				annotated(t, tool, l)
			}
			p.end()
		})
	}
}

func annotated(t *testing.T, tool *tools.Tool, l listedTool) {
	t.Helper()
	a := l.Annotations
	require.Equal(t, tool.Level == dixaclient.Read, *a.ReadOnlyHint, l.Name)
	require.Equal(t, tool.Idempotent, *a.IdempotentHint, l.Name)
	require.Equal(t, tool.Level == dixaclient.Send, *a.OpenWorldHint, l.Name)
	require.False(t, *a.ReadOnlyHint && *a.DestructiveHint, l.Name)
	if tool.Level >= dixaclient.Send || slices.Contains([]string{"replace_end_user", "delete_tag"}, l.Name) {
		require.True(t, *a.DestructiveHint, l.Name)
	}
	var schema struct {
		Type       string
		Properties map[string]any
	}
	require.NoError(t, json.Unmarshal(l.InputSchema, &schema))
	require.Equal(t, "object", schema.Type)
	require.NotNil(t, schema.Properties)
}

// What is refused or fails is an answer that a model can read, not an error of the protocol.
func TestErrorsAreAnswers(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p := connect(t, settings{agent: "reader"})
		for i, c := range []struct{ tool, arguments, says string }{
			{"close_conversation", conversation, "close_conversation is not granted to agent reader: access gives conversations only read, and close_conversation is write. If it is needed, tell the user: the operator can change agents.reader"},
			{"get_conversation", `{"conversationID":1234}`, "conversationID: got an unknown argument, want one of conversationId, offset; did you mean conversationId?"},
			{"get_conversation", `{"conversationId":99999999}`, "get_conversation: Dixa answered 404"},
			{"get_conversation", `"{}"`, "want one JSON object of arguments"},
		} {
			r := p.ask(fmt.Sprint(i), "tools/call", fmt.Sprintf(`{"name":%q,"arguments":%s}`, c.tool, c.arguments))
			a := said(t, r)
			require.True(t, a.IsError)
			require.Contains(t, a.Content[0].Text, c.says)
			require.Nil(t, a.StructuredContent)
		}
		require.Equal(t, map[string]int{"close_conversation refused": 1, "get_conversation refused": 2, "get_conversation failed": 1}, p.book.outcomes())
		require.Equal(t, -32602, p.ask("9", "tools/call", `{"name":"frobnicate","arguments":{}}`).Error.Code)
		require.Equal(t, 1, p.book.outcomes()[" refused"], "the library answers it; it is recorded all the same, without a name that may be somebody's words")
		p.end()
	})
}
