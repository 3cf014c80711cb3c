package capability

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/race"
	"dixa-mcp/internal/test/seeds"
	"dixa-mcp/tools"
)

// randomFile is a file with two agents, few of whose keys are likely to be the same in another one.
func randomFile(r *rand.Rand) string {
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	some := func(from ...string) string {
		var list []string
		for _, w := range from {
			if r.IntN(2) == 0 {
				list = append(list, w)
			}
		}
		if list == nil {
			list = from[:1]
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("version: 1\nnames: {queue: {billing: %s, returns: %s}, tag: {refund: %s}, dixa_agent: {billing-bot: %s}}", billing, returns, refund, bot)
	line("approvers:")
	for _, who := range []string{"anna", "bo"} {
		if who == "anna" || r.IntN(2) == 0 {
			line("  %s: {key_sha256: %x, may: %s}", who, sha256.Sum256([]byte(who+pick("", "", "2"))), pick("[write, send, erase]", "[erase, write, send]"))
		}
	}
	line("stdio: %s\nagents:", pick("[a]", "[a, b]", "[b, a]"))
	for _, name := range []string{"a", "b", "c"} {
		if name == "c" && r.IntN(3) > 0 {
			continue
		}
		line("  %s:\n    about: x", name)
		acts := r.IntN(2) == 0
		if acts {
			line("    acts_as: %s", pick("billing-bot", billing))
		}
		line("    access: {tags: %s, messages: %s, queues: %s}", pick("read", "write"), pick("read", "write", "send"), pick("read", "write"))
		line("    allow: %s", some("transfer_conversation", "search_conversations", "close_conversation", "create_end_user"))
		if r.IntN(2) == 0 {
			line("    deny: %s", some("add_notes", "list_tags", "tag_conversation", "create_tag"))
		}
		if r.IntN(2) == 0 {
			line("    only: {%s}", pick("queue: [billing]", "queue: [returns]", "queue: [billing, returns], channel: [email]", "direction: [inbound], tag: [refund]"))
		}
		line("    surface: %s", pick("operations", "tasks", "discover"))
		line("%s", randomArguments(r, acts))
		if r.IntN(2) == 0 {
			line("    confirm: {%s}", pick("write: client", "send: approver", "write: approver, add_note: client", "write: client, send: approver, close_conversation: approver"))
		}
		if r.IntN(2) == 0 {
			line("    budget: {%s}", pick("writes_per_hour: 5", "writes_per_hour: 9, requests_per_second: 2", "sends_per_day: 3, requests_per_second: 0.5"))
		}
		line("    keys:")
		for i := range 2 {
			line("      - {id: %s-%d, sha256: %x%s}", name, i, sha256.Sum256(fmt.Appendf(nil, "%s%d%s", name, i, pick("", "", "new"))), pick("", ", expires: 2027-01-01", ", expires: 2028-01-01"))
		}
	}
	return b.String()
}

func randomArguments(r *rand.Rand, acts bool) string {
	var lines []string
	for _, name := range []string{"transfer_conversation", "tag_conversation", "add_note", "search_conversations", "send_message", "close_conversation"} {
		t, _ := tools.ByName(name)
		if _, text := randomRules(r, t, acts); r.IntN(3) == 0 {
			for l := range strings.Lines(text) {
				if strings.HasPrefix(l, "      ") {
					lines = append(lines, l)
				}
			}
		}
	}
	if lines == nil {
		return ""
	}
	return "    arguments:\n" + strings.Join(lines, "")
}

// facets is everything that rules allow, asked question by question of what decides at run time.
func facets(t *testing.T, r *Rules) map[string]bool {
	t.Helper()
	is := map[string]bool{}
	for _, name := range []string{"a", "b", "c"} {
		if _, err := r.Stdio(name); err == nil {
			is["stdio "+name] = true
		}
		a, err := r.Agent(name)
		if err != nil {
			continue
		}
		for _, tool := range tools.All() {
			if a.Tool(tool).Allowed {
				toolFacets(t, a, tool, is)
			}
		}
		for _, key := range []string{"0", "1", "0new", "1new"} {
			for _, year := range []int{2026, 2027, 2028} {
				if k, ok := r.Key(sha256.Sum256([]byte(name+key)), time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)); ok {
					is[fmt.Sprint("key ", name, key, k.Agent, year)] = true
				}
			}
		}
	}
	for _, key := range []string{"anna", "bo", "anna2", "bo2"} {
		if who, id, ok := r.Approver([]byte(key)); ok {
			for _, l := range who.May {
				is[fmt.Sprint("approver ", who.Name, id, l)] = r.StillDecides(who.Name, id, l, nil)
			}
		}
	}
	return is
}

// toolFacets is what an agent may do with a tool: in which conversations, with whose confirmation, how often, and with
// which values.
func toolFacets(t *testing.T, a *Agent, tool *tools.Tool, is map[string]bool) {
	name := a.Name + " " + tool.Name + " "
	var where []string
	for _, queue := range []dixaclient.UUID{billing, returns, bot} {
		for _, f := range []Facts{{Channel: "email"}, {Channel: "chat", Direction: "inbound"}, {Direction: "inbound", Tags: []dixaclient.UUID{refund}}} {
			f.Queue = queue
			if a.Bound() == nil || a.Bound().Holds(f) {
				where = append(where, fmt.Sprint(name, "in ", f))
			}
		}
	}
	if where == nil {
		return
	}
	for _, w := range where {
		is[w] = true
	}
	for _, op := range tool.Operations {
		whose, _, _ := a.Confirm(op)
		for rank := whose.rank(); rank < 3; rank++ {
			is[fmt.Sprint(name, op.Name, " confirmed ", rank)] = true
		}
	}
	for _, l := range a.Budget().lines() {
		for _, n := range []float64{.5, 2, 3, 5, 9, 1000} {
			is[fmt.Sprint(name, l.key, n)] = l.most == 0 || n <= l.most
		}
	}
	shape := a.Shape(tool)
	base := map[string]json.RawMessage{}
	for _, p := range shape.Schema().Properties() {
		if values := pool(tool, p); p.Required && len(values) > 0 {
			base[p.Name] = json.RawMessage(values[0])
		}
	}
	got, err := shape.Decode(object(base), nil)
	if err != nil {
		return // an argument whose values cannot be made here
	}
	for _, p := range tool.Schema().Properties() {
		v, given := members(got.JSON)[p.Name]
		if !given {
			is[name+p.Name+" absent"] = true
		} else if _, chosen := base[p.Name]; !chosen {
			is[name+p.Name+"="+single(v)] = true
		}
		for _, v := range pool(tool, p) {
			all := members(object(base))
			all[p.Name] = json.RawMessage(v)
			if isList(p) {
				all[p.Name] = array([]json.RawMessage{json.RawMessage(v)})
			}
			if got, err := shape.Decode(object(all), nil); err == nil {
				is[name+p.Name+"="+single(members(got.JSON)[p.Name])] = true
			}
		}
	}
}

// single is the item of a list of one.
func single(v json.RawMessage) string {
	if list := items(v); len(list) == 1 {
		return string(list[0])
	}
	return string(v)
}

// Rules that Compare does not call wider allow nothing new, those that it does not call narrower take nothing away, and
// what Both makes of two rules allows nothing that one of them does not.
func TestCompareAgainstDecisions(t *testing.T) {
	race.Skip(t)
	var wider, narrower, equal int
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		oldText := randomFile(r)
		newText := oldText
		if r.IntN(8) > 0 {
			newText = edit(r, oldText, randomFile(r))
		}
		old, err := Parse("old", []byte(oldText))
		require.NoError(t, err, oldText)
		new, err := Parse("new", []byte(newText))
		require.NoError(t, err, newText)
		was, is := facets(t, old), facets(t, new)
		changes := Compare(old, new)
		gained, lost := beyond(is, was), beyond(was, is)
		if !Widens(changes) {
			narrower++
			require.Empty(t, gained, "%v\n%s\n%s", changes, oldText, newText)
		} else {
			wider++
		}
		if !slices.ContainsFunc(changes, func(c Change) bool { return c.Narrows }) {
			require.Empty(t, lost, "%v\n%s\n%s", changes, oldText, newText)
		}
		if len(changes) == 0 {
			equal++
		}
		both := facets(t, Both(old, new))
		require.Empty(t, beyond(both, was), "%s\n%s", oldText, newText)
		require.Empty(t, beyond(both, is), "%s\n%s", oldText, newText)
		if !Widens(changes) {
			require.Empty(t, beyond(is, both), "what only narrows is in force as it is\n%s\n%s", oldText, newText)
		}
		require.False(t, Widens(Compare(old, Both(old, new))), "%v\n%s\n%s", Compare(old, Both(old, new)), oldText, newText)
	})
	require.Positive(t, equal)
	require.Greater(t, narrower, seeds.Least/10)
	require.Greater(t, wider, seeds.Least/10)
}

// edit takes some lines of another file of the same form, or removes one.
func edit(r *rand.Rand, text, other string) string {
	lines, others := strings.Split(text, "\n"), strings.Split(other, "\n")
	for range 1 + r.IntN(2) {
		i := r.IntN(len(lines))
		key, _, ok := strings.Cut(lines[i], ":")
		if r.IntN(2) == 0 && (strings.HasPrefix(key, "    ") && !strings.HasSuffix(lines[i], ":") && !strings.Contains(lines[i-1], "arguments:") && !strings.Contains(lines[i-1], "keys:")) {
			lines = slices.Delete(lines, i, i+1)
			continue
		}
		if j := slices.IndexFunc(others, func(l string) bool { return ok && strings.HasPrefix(l, key+":") }); j >= 0 && !strings.HasSuffix(lines[i], ":") && !strings.HasSuffix(others[j], ":") && !strings.Contains(key, "acts_as") && !strings.Contains(key, "id") {
			lines[i] = others[j]
		}
	}
	if _, err := Parse("x", []byte(strings.Join(lines, "\n"))); err != nil {
		return other
	}
	return strings.Join(lines, "\n")
}

func beyond(these, others map[string]bool) []string {
	var more []string
	for k, is := range these {
		if is && !others[k] {
			more = append(more, k)
		}
	}
	slices.Sort(more)
	return more
}
