package gate

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/tools"
)

const acting = `version: 1
names: {dixa_agent: {bot: ` + actingAgent + `}}
agents:
  bot: {acts_as: bot, access: {"*": erase}, allow: [record_message]}
  free: {access: {"*": erase}, arguments: {send_message.agentId: ["*"]}}
`

// In whose name a tool acts is no argument of an agent whose rules say it, and Dixa gets the rules' answer.
func TestActsAs(t *testing.T) {
	b := setUp(t, settings{file: acting})
	for _, c := range []struct{ tool, arguments, wire string }{
		{"add_note", `{"conversationId":1234,"message":"hello"}`, `{"message":"hello","agentId":"` + actingAgent + `"}`},
		{"add_notes", `{"conversationId":1234,"items":[{"message":"a"},{"message":"b"}]}`,
			`{"data":[{"message":"a","agentId":"` + actingAgent + `"},{"message":"b","agentId":"` + actingAgent + `"}]}`},
		{"close_conversation", `{"conversationId":1234}`, `{"userId":"` + actingAgent + `"}`},
		{"send_message", `{"conversationId":1234,"text":"hi"}`, `{"_type":"Outbound","content":{"value":"hi","_type":"Text"},"agentId":"` + actingAgent + `"}`},
		{"transfer_conversation", `{"conversationId":1234,"queueId":"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"}`,
			`{"queueId":"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11","userId":"` + actingAgent + `"}`},
	} {
		t.Run(c.tool, func(t *testing.T) {
			b.wire.bodies()
			b.call("bot", c.tool, c.arguments)
			require.Equal(t, []string{c.wire}, compact(t, written(b.wire.bodies()), c.wire))
			b.book.all()

			as := `,"agentId":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"}`
			answer := b.call("bot", c.tool, c.arguments[:len(c.arguments)-1]+as)
			require.True(t, answer.Failed)
			require.Contains(t, answer.Text, c.tool+": agentId: got an unknown argument, want ")
			require.Contains(t, answer.Text, "Nothing was sent to Dixa.")
			require.Empty(t, b.wire.bodies())
			require.Equal(t, "its arguments are not valid", only(t, b.book.all()).Reason)

			b := setUp(t, settings{file: acting}) // where nothing has changed yet
			b.call("free", c.tool, c.arguments[:len(c.arguments)-1]+as)
			require.Contains(t, written(b.wire.bodies())[0], "4715b3c3-35e3-4a7b-9443-3ecaf99a14d7")
		})
	}
}

// written leaves out the bodies of reads.
func written(bodies []string) []string {
	return slices.DeleteFunc(bodies, func(body string) bool { return body == "" })
}

// compact gives bodies whose properties have another order the wanted one.
func compact(t *testing.T, bodies []string, want string) []string {
	for i, body := range bodies {
		require.JSONEq(t, want, body)
		bodies[i] = want
	}
	return bodies
}

// No tool has a second way to say in whose name it acts: neither in its schema nor deeper in its type, which the rules
// would not fill.
func TestActsAsReachesEveryActor(t *testing.T) {
	b := setUp(t, settings{file: acting})
	listed, err := b.List("bot", 0)
	require.NoError(t, err)
	require.NotEmpty(t, listed)
	for _, l := range listed {
		var schema struct{ Properties map[string]json.RawMessage }
		require.NoError(t, json.Unmarshal(l.Schema, &schema))
		for _, actor := range l.Actors() {
			require.NotContains(t, schema.Properties, actor, l.Name)
		}
	}
	for _, tool := range tools.All() {
		require.Len(t, slices.Compact(actorsIn(tool.In())), len(tool.Actors()), tool.Name)
	}
}

// actorsIn lists the fields at any depth that hold an acting agent.
func actorsIn(t reflect.Type) []string {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type == reflect.TypeFor[dixaclient.ActingAgent]() {
			names = append(names, f.Name)
		} else if f.IsExported() || f.Anonymous {
			names = append(names, actorsIn(f.Type)...)
		}
	}
	return names
}

// What an agent is shown is what its calls are checked against, in a fixed order.
func TestListIsWhatIsGranted(t *testing.T) {
	b := setUp(t, settings{})
	_, err := b.List("nobody", 0)
	require.Error(t, err)
	first, err := b.List("reader", 0)
	require.NoError(t, err)
	again, err := b.List("reader", 0)
	require.NoError(t, err)
	require.Equal(t, len(first), len(again))
	names := map[string]bool{}
	for i, l := range first {
		require.Equal(t, l.Name, again[i].Name)
		require.Equal(t, string(l.Schema), string(again[i].Schema))
		names[l.Name] = true
	}
	for _, tool := range tools.All() {
		answer := b.call("reader", tool.Name, `{"bogus":1}`)
		require.True(t, answer.Failed)
		r := only(t, b.book.all())
		require.Equal(t, names[tool.Name], r.Decision == audit.Allowed, "%s: %s", tool.Name, answer.Text)
		if names[tool.Name] {
			require.Contains(t, answer.Text, "bogus: got an unknown argument")
		} else {
			require.NotContains(t, answer.Text, "bogus", "the refusal says nothing about the arguments")
		}
	}
	require.Empty(t, b.dixa.Requests())
}
