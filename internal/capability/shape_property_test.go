package capability

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/schemalint"
	"dixa-mcp/internal/test/seeds"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// pool are values that an argument can have, as canonical JSON. None: it cannot be made here.
func pool(t *tools.Tool, p schemas.Property) []string {
	key := t.Name + "." + p.Name
	if _, made := pools[key]; !made {
		for _, full := range t.Schema().Properties() { // an agent's own can have fewer values
			if full.Name == p.Name {
				pools[key] = newPool(t, full)
			}
		}
	}
	return pools[key]
}

var pools = map[string][]string{}

func newPool(t *tools.Tool, p schemas.Property) []string {
	var candidates []any
	switch item := strings.TrimPrefix(p.Type, "array of "); {
	case len(p.Enum) > 0:
		for _, word := range p.Enum[:min(3, len(p.Enum))] {
			candidates = append(candidates, word)
		}
	case kindOf[p.Name] == tagIDs:
		candidates = []any{refund, billing, returns}
	case item == "string":
		candidates = []any{billing, returns, bot, "2026-01-31T09:30:00Z", "a@example.com"}
	case item == "integer":
		candidates = []any{1, 2, 7}
	case item == "boolean":
		candidates = []any{true, false}
	}
	var others, values []string
	for _, o := range t.Schema().Properties() {
		if o.Name != p.Name {
			others = append(others, o.Name)
		}
	}
	alone := t.Schema().Without(others...)
	for _, c := range candidates {
		v, _ := json.Marshal(c)
		if out, err := alone.Normalize(fmt.Appendf(nil, "{%q:%s}", p.Name, v)); err == nil && (isList(p) || strings.Contains(string(out), ":"+string(v))) {
			values = append(values, string(v))
		}
	}
	return values
}

// written is a value as a file or a caller writes it: by the name that the file gives it, or as it is.
func written(r *rand.Rand, p schemas.Property, v string) string {
	byKind := map[string]map[string]string{
		queueIDs: {billing: "billing", returns: "returns"}, tagIDs: {refund: "refund"}, agentIDs: {bot: "billing-bot"},
	}
	if name := byKind[kindOf[p.Name]][strings.Trim(v, `"`)]; name != "" && r.IntN(2) == 0 {
		return `"` + name + `"`
	}
	return v
}

// naive is what a file says about one argument.
type naive struct {
	free bool
	may  []string // canonical JSON
}

// says evaluates the file in the plainest way.
func says(t *tools.Tool, p schemas.Property, acts bool, rules map[string]naive) naive {
	if acts && slices.Contains(t.Actors(), p.Name) {
		return naive{may: []string{`"` + bot + `"`}}
	}
	if rule, ok := rules[p.Name]; ok {
		return rule
	}
	for _, n := range t.Operations[0].Named() {
		if n.Argument != p.Name {
			continue
		}
		rest := naive{}
		for _, v := range p.Enum {
			if n.Values[0] != "*" && !slices.Contains(n.Values, v) {
				rest.may = append(rest.may, `"`+v+`"`)
			}
		}
		return rest
	}
	return naive{free: true}
}

func randomRules(r *rand.Rand, t *tools.Tool, acts bool) (rules map[string]naive, text string) {
	rules = map[string]naive{}
	for _, p := range t.Schema().Properties() {
		values := pool(t, p)
		if r.IntN(3) > 0 || acts && slices.Contains(t.Actors(), p.Name) {
			continue
		}
		rule, list := naive{}, []string{}
		if r.IntN(5) == 0 {
			rule.free, list = true, []string{`"*"`}
		} else if len(values) > 0 {
			for range r.IntN(4) {
				v := values[r.IntN(len(values))]
				list = append(list, written(r, p, v))
				if !slices.Contains(rule.may, v) {
					rule.may = append(rule.may, v)
				}
			}
		}
		rules[p.Name] = rule
		text += fmt.Sprintf("      %s.%s: [%s]\n", t.Name, p.Name, strings.Join(list, ", "))
	}
	if text != "" {
		text = "    arguments:\n" + text
	}
	if acts {
		text = "    acts_as: billing-bot\n" + text
	}
	return rules, text
}

// A value that the file does not give never comes out of a call, one that it fills in always does, and nothing that it
// gives is refused.
func TestShapesFollowTheRules(t *testing.T) {
	all := slices.DeleteFunc(tools.All(), (*tools.Tool).Task)
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		for range 3 {
			tool := all[r.IntN(len(all))]
			acts := r.IntN(2) == 0
			rules, text := randomRules(r, tool, acts)
			a := agentWith(t, text)
			var impossible bool
			for _, p := range tool.Schema().Properties() {
				s := says(tool, p, acts, rules)
				impossible = impossible || p.Required && !s.free && len(s.may) == 0
			}
			require.Equal(t, !impossible, a.Tool(tool).Allowed, "%s\n%s", tool.Name, text)
			if impossible {
				require.Nil(t, a.Shape(tool))
				continue
			}
			require.NoError(t, schemalint.Check(a.Shape(tool).Schema().JSON()))
			for range 5 {
				callOnce(t, r, a.Shape(tool), acts, rules, text)
			}
		}
	})
}

func callOnce(t *testing.T, r *rand.Rand, s *Shape, acts bool, rules map[string]naive, text string) {
	t.Helper()
	var given []string
	good := true
	for _, p := range s.tool.Schema().Properties() {
		rule := says(s.tool, p, acts, rules)
		mine := rule.free || len(rule.may) > 1 // the caller's to give
		values := pool(s.tool, p)
		if (p.Required && mine && r.IntN(20) == 0) || !(p.Required && mine) && r.IntN(6) > 0 || len(values) == 0 {
			good = good && !(p.Required && mine)
			continue
		}
		v := values[r.IntN(len(values))]
		if len(rule.may) > 1 && r.IntN(4) > 0 {
			v = rule.may[r.IntN(len(rule.may))]
		}
		good = good && mine && (rule.free || slices.Contains(rule.may, v))
		if rule.free { // without a rule there are no names
			given = append(given, fmt.Sprintf("%q:%s", p.Name, v))
		} else {
			given = append(given, fmt.Sprintf("%q:%s", p.Name, written(r, p, v)))
		}
	}
	raw := "{" + strings.Join(given, ",") + "}"
	args, err := s.Decode(json.RawMessage(raw), nil)
	require.Equal(t, good, err == nil, "%s %s: %v\n%s", s.tool.Name, raw, err, text)
	if err == nil {
		within(t, s, args, acts, rules)
	}
}

// within holds what comes out against the naive reading of the file.
func within(t *testing.T, s *Shape, args *tools.Arguments, acts bool, rules map[string]naive) {
	t.Helper()
	out := members(args.JSON)
	for _, p := range s.tool.Schema().Properties() {
		rule := says(s.tool, p, acts, rules)
		v, there := out[p.Name]
		list := []json.RawMessage{v}
		if isList(p) {
			list = items(v)
		}
		switch {
		case rule.free:
		case len(rule.may) == 0:
			require.False(t, there, "%s of %s", p.Name, args.JSON)
		case len(rule.may) == 1:
			require.Len(t, list, 1)
			require.Equal(t, rule.may[0], string(list[0]))
		case there:
			for _, item := range list {
				require.Contains(t, rule.may, string(item), "%s of %s", p.Name, args.JSON)
			}
		}
	}
	direct, err := s.tool.Decode(s.tool.Schema(), args.JSON, nil)
	require.NoError(t, err)
	require.Equal(t, direct.In, args.In)
}

func FuzzDecode(f *testing.F) {
	const text = `    acts_as: billing-bot
    arguments:
      transfer_conversation.queueId: [billing, returns]
      search_conversations.queueId: [billing, returns]
      search_conversations.status: [open, pending]
      search_conversations.pageLimit: [1, 2]
      search_conversations.conditions: []
      search_conversations.exactMatch: [true]
      send_message.cc: [a@example.com, 2026-01-31T09:30:00Z]
`
	rules := map[string]map[string]naive{
		"transfer_conversation": {"queueId": {may: []string{`"` + billing + `"`, `"` + returns + `"`}}},
		"search_conversations": {
			"queueId":    {may: []string{`"` + billing + `"`, `"` + returns + `"`}},
			"status":     {may: []string{`"open"`, `"pending"`}},
			"pageLimit":  {may: []string{"1", "2"}},
			"conditions": {},
			"exactMatch": {may: []string{"true"}},
		},
		"send_message": {"cc": {may: []string{`"a@example.com"`, `"2026-01-31T09:30:00Z"`}}},
	}
	a := agentWith(f, strings.Replace(text, "2026-01-31T09:30:00Z", `"2026-01-31T09:30:00Z"`, 1))
	for _, seed := range []string{
		`{"conversationId":1,"queueId":"billing"}`, `{"queueId":["RETURNS","x"],"status":"open","pageLimit":"2"}`, `{"queueId":"[\"billing\"]"}`,
		`{"conversationId":1,"text":"<>","cc":["a@example.com"],"bcc":["x"]}`, `{"pageLimit":1.0e0,"pageLimit":3}`, `null`, `{"conditions":[]}`,
		`{"conversationId":1,"queueId":"` + strings.ToUpper(billing) + `","agentId":"` + billing + `"}`,
	} {
		for i := range 3 {
			f.Add(uint8(i), []byte(seed))
		}
	}
	names := []string{"transfer_conversation", "search_conversations", "send_message"}
	f.Fuzz(func(t *testing.T, which uint8, raw []byte) {
		s := a.Shape(toolNamed(t, names[int(which)%len(names)]))
		args, err := s.Decode(raw, nil)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		within(t, s, args, true, rules[s.tool.Name])
		if slices.Contains(s.tool.Actors(), "agentId") {
			require.Equal(t, `"`+bot+`"`, string(members(args.JSON)["agentId"]))
		}
	})
}

// BenchmarkShape is what a call costs before its arguments are read, in a file of 100 agents with 1,000 rules.
func BenchmarkShape(b *testing.B) {
	r, err := Parse("f", manyAgents())
	require.NoError(b, err)
	tool, _ := tools.ByName(dixaclient.TransferConversation.Spec.Name)
	for i := 0; b.Loop(); i++ {
		a, _ := r.Agent("agent99")
		if !a.Operation(tool.Name).Allowed || a.Shape(tool) == nil || a.Bound() == nil || a.Budget().WritesPerHour != 50 {
			b.Fatal("not granted")
		}
	}
}

// BenchmarkDecode reads a call's arguments, of which one is a name and one is filled in.
func BenchmarkDecode(b *testing.B) {
	s := agentWith(b, "    acts_as: billing-bot\n    arguments: {transfer_conversation.queueId: [billing, returns]}\n").Shape(toolNamed(b, "transfer_conversation"))
	raw := json.RawMessage(`{"conversationId":1,"queueId":"billing"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Decode(raw, nil); err != nil {
			b.Fatal(err)
		}
	}
}
