package gate

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// marker is in every text that a random call makes up, so that it can be looked for where it must not be.
const marker = "Zq8 customer text"

// grant is what a random file says about one agent, kept apart from the program's own reading of the file.
type grant struct {
	name        string
	access      map[string]string
	allow, deny []string
	acts        bool
	named       []string // arguments that reach further than their tool's level, such as send_message.cc
}

var order = []string{"", "read", "write", "send", "erase"}

// granted is a second, naive opinion on what the file means.
func (g grant) granted(t *tools.Tool) bool {
	if t.Plans() && !slices.ContainsFunc(t.Writes(), func(op *dixaclient.Spec) bool {
		own, _ := tools.ByName(op.Name)
		return g.granted(own)
	}) {
		return false
	}
	if t.Task() {
		return !slices.Contains(g.deny, t.Name) && !slices.ContainsFunc(t.Operations, func(op *dixaclient.Spec) bool {
			own, _ := tools.ByName(op.Name)
			return !g.granted(own)
		})
	}
	switch {
	case slices.Contains(g.deny, t.Name):
		return false
	case t.Name == "send_message" && !g.acts && !g.mayGive(t.Name, "agentId"), t.Name == "create_webhook" && !g.mayGive(t.Name, "url"):
		return false // it cannot be done without
	}
	if slices.Contains(g.allow, t.Name) {
		return true
	}
	level, own := g.access[t.Group]
	if !own {
		level = g.access["*"]
	}
	return !t.Named && slices.Index(order, level) >= slices.Index(order, t.Level.String())
}

// reaching are the arguments that do not exist for an agent before its part of the file names them.
var reaching = map[string][]string{
	"send_message":           {"agentId", "attachments", "integrationEmail", "cc", "bcc"},
	"create_conversation":    {"agentId", "attachments", "integrationEmail", "cc", "bcc"},
	"record_message":         {"attachments", "integrationEmail"},
	"create_webhook":         {"url"},
	"update_webhook":         {"url"},
	"claim_conversation":     {"force"},
	"anonymize_conversation": {"force"},
	"anonymize_end_user":     {"force"},
	"anonymize_entity":       {"forceAnonymization"},
}

// mayGive tells whether an argument that reaches further exists for the agent.
func (g grant) mayGive(tool, argument string) bool {
	return slices.Contains(g.named, tool+"."+argument)
}

const actingAgent = "c2a1d9e8-7b6a-4d5c-8e9f-001122334455"

// randomFile makes a capability file, and says what it grants.
func randomFile(r *rand.Rand) (string, []grant) {
	var b strings.Builder
	b.WriteString("version: 1\nnames: {dixa_agent: {bot: " + actingAgent + "}}\nagents:\n")
	var grants []grant
	for i := range 1 + r.IntN(3) {
		g := grant{name: fmt.Sprintf("agent-%d", i), access: map[string]string{}, acts: r.IntN(3) == 0}
		for _, group := range append(tools.Groups(), "*") {
			if r.IntN(3) == 0 && (group == "*" || coverable(group)) {
				g.access[group] = order[1+r.IntN(4)]
			}
		}
		g.allow, g.deny = someTools(r), someTools(r)
		fmt.Fprintf(&b, "  %s:\n    about: random\n", g.name)
		if g.acts {
			b.WriteString("    acts_as: bot\n")
		}
		g.named = someArguments(r, g.acts)
		access, _ := json.Marshal(g.access) // JSON is YAML too
		allow, _ := json.Marshal(g.allow)
		deny, _ := json.Marshal(g.deny)
		fmt.Fprintf(&b, "    access: %s\n    allow: %s\n    deny: %s\n    arguments:\n", access, allow, deny)
		for _, name := range g.named {
			fmt.Fprintf(&b, "      %s: [\"*\"]\n", name)
		}
		grants = append(grants, g)
	}
	return b.String(), grants
}

// coverable tells whether a level can grant anything in a group; the file refuses groups where it cannot.
func coverable(group string) bool {
	return slices.ContainsFunc(slices.DeleteFunc(tools.All(), (*tools.Tool).Task), func(t *tools.Tool) bool { return t.Group == group && !t.Named })
}

func someTools(r *rand.Rand) []string {
	names := []string{}
	for _, t := range tools.All() {
		if r.IntN(12) == 0 {
			names = append(names, t.Name)
		}
	}
	return names
}

// someArguments names some of those that must be named; acts_as gives who acts already.
func someArguments(r *rand.Rand, acts bool) []string {
	named := []string{"update_webhook.url"}
	for _, tool := range slices.Sorted(maps.Keys(reaching)) {
		for _, argument := range reaching[tool] {
			if r.IntN(2) == 0 && !(acts && argument == "agentId") && tool != "update_webhook" {
				named = append(named, tool+"."+argument)
			}
		}
	}
	return named
}

// ids are things that exist in the offline Dixa.
type ids struct{ uuids []string }

var anyUUID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// harvest collects ids, so that random calls reach what there is.
func harvest(b *bench) *ids {
	known := &ids{}
	for _, c := range [][2]string{{"get_conversation", `{"conversationId":1234}`}, {"list_queues", ""}, {"list_agents", ""}, {"list_tags", ""}, {"list_teams", ""}, {"list_custom_attributes", ""}} {
		found := anyUUID.FindAllString(b.call("admin", c[0], c[1]).Text, -1)
		known.uuids = append(known.uuids, found[:min(len(found), 6)]...)
	}
	return known
}

// arguments makes arguments that look right for a tool.
func (k *ids) arguments(r *rand.Rand, t *tools.Tool) string {
	var schema map[string]any
	if err := json.Unmarshal(t.Schema().JSON(), &schema); err != nil {
		panic(err)
	}
	out, _ := json.Marshal(k.value(r, "", schema))
	return string(out)
}

func (k *ids) value(r *rand.Rand, name string, schema map[string]any) any {
	switch schema["type"] {
	case "object":
		return k.object(r, schema)
	case "array":
		items := make([]any, 1+r.IntN(2))
		for i := range items {
			items[i] = k.value(r, strings.TrimSuffix(name, "s"), schema["items"].(map[string]any))
		}
		return items
	case "integer":
		return k.integer(r, name)
	case "number":
		return float64(r.IntN(1000)) / 10
	case "boolean":
		return r.IntN(2) == 0
	}
	if enum, ok := schema["enum"].([]any); ok {
		return enum[r.IntN(len(enum))]
	}
	switch {
	case schema["format"] == "date-time":
		return "2026-11-02T10:00:00Z"
	case strings.HasSuffix(name, "Id") || name == "id":
		return k.uuids[r.IntN(len(k.uuids))]
	}
	return fmt.Sprintf("%s %d", marker, r.IntN(10))
}

func (k *ids) object(r *rand.Rand, schema map[string]any) map[string]any {
	out := map[string]any{}
	required, _ := schema["required"].([]any)
	properties, _ := schema["properties"].(map[string]any)
	names := make([]string, 0, len(properties))
	for name := range properties {
		names = append(names, name)
	}
	slices.Sort(names) // so that a seed gives the same call
	for _, name := range names {
		if slices.Contains(required, any(name)) || r.IntN(4) == 0 {
			out[name] = k.value(r, name, properties[name].(map[string]any))
		}
	}
	return out
}

func (k *ids) integer(r *rand.Rand, name string) int {
	if strings.HasPrefix(name, "conversationId") || name == "parentId" {
		return []int{1234, 1, 99_999_999}[r.IntN(3)]
	}
	return 1 + r.IntN(20)
}

// garbage is what is no call, or only looks like one.
func garbage(r *rand.Rand) string {
	all := []string{
		``, `null`, `[]`, `{`, `"` + marker + `"`, `{}`, `{"` + marker + `":1}`, `{"conversationId":"` + marker + `"}`,
		`{"conversationId":1e400}`, `{"conversationId":-1,"conversationId":1234}`, `{"conversationId":{"a":[1,{"b":"` + marker + `"}]}}`,
		`{"agentId":"../../v1/agents"}`, strings.Repeat("[", 200), `{"conversationId":1234,"` + strings.Repeat("x", 5000) + `":"` + marker + `"}`, "\x00\xff",
	}
	return all[r.IntN(len(all))]
}

// randomTool picks a tool, or something that is none.
func randomTool(r *rand.Rand) string {
	all := tools.All()
	switch r.IntN(10) {
	case 1, 2: // where there is most to get wrong
		names := slices.Sorted(maps.Keys(reaching))
		return names[r.IntN(len(names))]
	case 0:
		return []string{"", "close_conversations", "../close_conversation", "CLOSE_CONVERSATION", "drop table; " + marker, strings.Repeat("a", 3000)}[r.IntN(6)]
	}
	return all[r.IntN(len(all))].Name
}
