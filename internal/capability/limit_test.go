package capability

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// TestArgumentsOfEveryOperation gives each argument of each operation a rule, and holds the typed request to it.
func TestArgumentsOfEveryOperation(t *testing.T) {
	for _, op := range dixaclient.Operations() {
		tool, ok := tools.ByName(op.Name)
		require.True(t, ok)
		for _, p := range tool.Schema().Properties() {
			_, own := members(request(t, op, p.Name, firstValues(op, p)[0]))[p.Name]
			if !own { // the tool's own, such as offset
				rule := fmt.Sprintf("arguments: {%s.%s: [%s]}", op.Name, p.Name, firstValues(op, p)[0])
				d := parsedAgent(t, rule).Arguments(op, request(t, op, "", nil))
				require.NotEqual(t, "agents.a.arguments."+op.Name+"."+p.Name, d.Rule, "no request has it: the rule holds for what the caller gives")
				continue
			}
			t.Run(op.Name+"."+p.Name, func(t *testing.T) {
				one, other := request(t, op, p.Name, firstValues(op, p)[0]), request(t, op, p.Name, firstValues(op, p)[1])
				decide := func(rule string, r json.RawMessage) Decision {
					rules := fmt.Sprintf("%s.%s: %s", op.Name, p.Name, rule)
					for _, n := range op.Named() { // some are in every request
						if n.Argument != p.Name {
							rules += fmt.Sprintf(`, %s.%s: ["*"]`, op.Name, n.Argument)
						}
					}
					a := parsedAgent(t, "arguments: {"+rules+"}")
					return a.Arguments(op, r)
				}
				key := "agents.a.arguments." + op.Name + "." + p.Name
				refused := decide("[]", one)
				require.False(t, refused.Allowed)
				require.Equal(t, key, refused.Rule)
				require.True(t, decide(`["*"]`, one).Allowed)
				if item := strings.TrimPrefix(p.Type, "array of "); item == "object" || strings.HasPrefix(item, "array") {
					return
				}
				rule := "[" + strings.Trim(string(firstValues(op, p)[0]), "[]") + "]"
				require.True(t, decide(rule, one).Allowed, "%s %s", rule, one)
				d := decide(rule, other)
				require.False(t, d.Allowed, "%s %s", rule, other)
				require.Equal(t, key, d.Rule)
				absent := decide(rule, request(t, op, "", nil))
				_, always := members(request(t, op, "", nil))[p.Name]
				require.False(t, absent.Allowed || always && absent.Rule != key, "a single value is always given")
			})
		}
	}
}

// TestActsAsOfEveryOperation holds every argument that says who acts to acts_as, in whichever request it is.
func TestActsAsOfEveryOperation(t *testing.T) {
	const bot, other = `"c2a1d9e8-7b6a-4d5c-8e9f-001122334455"`, `"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"`
	a := parsedAgent(t, `access: {"*": erase}, arguments: {create_conversation.direction: ["*"]}, acts_as: `+strings.Trim(bot, `"`))
	seen := 0
	for _, op := range dixaclient.Operations() {
		for _, actor := range op.Actors() {
			seen++
			d := a.Arguments(op, request(t, op, actor, json.RawMessage(bot)))
			require.True(t, d.Allowed, d.Why)
			for _, in := range []json.RawMessage{request(t, op, actor, json.RawMessage(other)), request(t, op, "", nil)} {
				d = a.Arguments(op, in)
				require.False(t, d.Allowed, op.Name)
				require.Equal(t, "agents.a.acts_as", d.Rule)
			}
		}
	}
	require.GreaterOrEqual(t, seen, 10, "operations with such arguments are missing from the walk")
}

// TestNamedArgumentsOfEveryOperation refuses what reaches further than the level where no rule names it.
func TestNamedArgumentsOfEveryOperation(t *testing.T) {
	a := parsedAgent(t, `access: {"*": erase}`)
	seen := 0
	for _, op := range dixaclient.Operations() {
		for _, n := range op.Named() {
			for _, p := range toolNamed(t, op.Name).Schema().Properties() {
				if p.Name != n.Argument {
					continue
				}
				seen++
				v := firstValues(op, p)[0]
				if n.Values[0] != anyValue {
					v, _ = json.Marshal(n.Values[0])
				}
				d := a.Arguments(op, request(t, op, p.Name, v))
				require.False(t, d.Allowed, "%s.%s", op.Name, p.Name)
				require.Equal(t, "agents.a", d.Rule)
			}
		}
	}
	require.GreaterOrEqual(t, seen, 10, "operations with such arguments are missing from the walk")
}

// request makes a request of an operation with one argument.
func request(t *testing.T, op *dixaclient.Spec, argument string, v json.RawMessage) json.RawMessage {
	t.Helper()
	in := reflect.New(op.In()).Interface()
	if argument != "" {
		require.NoError(t, json.Unmarshal(object(map[string]json.RawMessage{argument: v}), in))
	}
	raw, err := json.Marshal(in)
	require.NoError(t, err)
	return raw
}

// parsedAgent is an agent of the real catalog.
func parsedAgent(t *testing.T, text string) *Agent {
	t.Helper()
	r, err := Parse("f", []byte("version: 1\nagents:\n  a: {"+text+"}\n"))
	require.NoError(t, err)
	return r.Agents()[0]
}

// firstValues are two values that an argument takes.
func firstValues(op *dixaclient.Spec, p schemas.Property) [2]json.RawMessage {
	var two [2]string
	item := strings.TrimPrefix(p.Type, "array of ")
	switch {
	case len(p.Enum) > 1:
		two = [2]string{`"` + p.Enum[0] + `"`, `"` + p.Enum[1] + `"`}
	case len(p.Enum) == 1:
		two = [2]string{`"` + p.Enum[0] + `"`, `"other"`}
	case item == "string" && isTime(op.In(), p.Name):
		two = [2]string{`"2099-01-31T10:00:00Z"`, `"2098-01-31T10:00:00Z"`}
	case strings.Contains(strings.ToLower(p.Name), "timezone"):
		two = [2]string{`"Europe/Copenhagen"`, `"UTC"`}
	case op.Name == "list_webhook_deliveries" && p.Name == "event":
		two = [2]string{`"ConversationCreated"`, `"ConversationClosed"`}
	case strings.Contains(strings.ToLower(p.Name), "phone"):
		two = [2]string{`"+4520000001"`, `"+4520000002"`}
	case item == "string":
		two = [2]string{`"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"`, `"5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02"`}
	case item == "integer", item == "number":
		two = [2]string{"7", "8"}
	case item == "boolean":
		two = [2]string{"true", "false"}
	case item == "object":
		two = [2]string{"{}", "{}"}
	default:
		two = [2]string{"[]", "[]"}
	}
	if p.Type != item {
		two[0], two[1] = "["+two[0]+"]", "["+two[1]+"]"
	}
	return [2]json.RawMessage{json.RawMessage(two[0]), json.RawMessage(two[1])}
}

// isTime reports whether a field of a request holds a time.
func isTime(in reflect.Type, argument string) bool {
	for _, f := range reflect.VisibleFields(in) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == argument {
			t := f.Type
			for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
				t = t.Elem()
			}
			return t == reflect.TypeFor[dixaclient.Time]() || t == reflect.TypeFor[dixaclient.Millis]()
		}
	}
	return false
}
