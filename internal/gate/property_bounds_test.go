package gate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/test/race"
	"dixa-mcp/internal/test/seeds"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// Random bounds and random calls of every tool that is granted: nothing of a conversation outside is told, sent or
// changed. What is inside is computed from what a client reads that nothing guards.
func TestNothingOutsideIsReachedByRandomCalls(t *testing.T) {
	race.Skip(t)
	passed := 0
	all := seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		o := newOracle(t, r)
		for range 12 {
			o.try()
		}
		passed += o.passed
	})
	if all {
		require.Greater(t, passed, 3*seeds.Least, "oracle.arguments makes too few valid calls to prove anything")
	}
}

// oracle knows which conversations and end users are inside a random bound.
type oracle struct {
	*bed
	*rand.Rand
	file    string
	key     int64 // the conversation to which the key is bound; 0: to none
	bound   *capability.Bound
	tools   []*tools.Tool
	truth   *truth
	inside  []string
	outside []string
	known   []string
	others  []string          // end users with nothing inside
	secrets map[string]string // texts that stand only outside → where
	passed  int
}

func newOracle(t *testing.T, r *rand.Rand) *oracle {
	h := seeded(t)
	pick := func(values ...string) string {
		n := 1 + r.IntN(min(3, len(values)))
		return "[" + strings.Join(func() []string { r.Shuffle(len(values), reflect.Swapper(values)); return values[:n] }(), ", ") + "]"
	}
	queues, tags, agents := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range h.conversations {
		c := &h.conversations[i]
		if c.Queue != nil {
			queues[string(c.Queue.ID)] = true
		}
		if c.Assignment != nil {
			agents[string(c.Assignment.AgentID)] = true
		}
		for _, tag := range h.tags[c.ID] {
			tags[tag] = true
		}
	}
	keys := []string{
		"queue: " + pick(slices.Sorted(maps.Keys(queues))...), "channel: " + pick("email", "chat", "phone", "contactform", "whatsapp"),
		"tag: " + pick(slices.Sorted(maps.Keys(tags))...), "assignee: " + pick(slices.Sorted(maps.Keys(agents))...), "direction: [inbound]",
	}
	r.Shuffle(len(keys), reflect.Swapper(keys))
	file := everythingBut("{" + strings.Join(keys[:1+r.IntN(2)], ", ") + "}")
	t.Log(file[strings.Index(file, "only:"):])
	o := oracleOf(t, r, file, 0)
	if o.look(); len(o.inside) < 10 {
		return newOracle(t, r) // too narrow to find anything
	}
	return o
}

// oracleOf makes an oracle for the agent of a file and a key that is bound to a conversation, if that is not 0.
func oracleOf(t *testing.T, r *rand.Rand, file string, key int64) *oracle {
	agent, err := parse(t, file).Agent("bounded")
	require.NoError(t, err)
	agent = agent.Within(key)
	o := &oracle{bed: newBed(t, file), Rand: r, file: file, key: key, bound: agent.Bound(), truth: seeded(t)}
	for _, tool := range agent.Tools() {
		if tool.Operations[0].Scope != dixaclient.Shared {
			o.tools = append(o.tools, tool)
		}
	}
	return o
}

// answer makes a call with the oracle's key.
func (o *oracle) answer(tool, arguments string) gate.Answer {
	r := request("bounded", tool, arguments)
	r.Conversation = o.key
	return o.gate.Call(context.Background(), r)
}

// look finds out what is inside, and which texts stand outside alone.
func (o *oracle) look() {
	h := o.truth
	inside, outside := h.split(func(c *dixaclient.Conversation) bool { return o.holds(c) })
	known := map[dixaclient.UUID]bool{}
	var visible strings.Builder
	for _, c := range inside {
		o.inside = append(o.inside, itoa(c.ID))
		known[c.RequesterID] = true
		visible.WriteString(c.Subject + "\n")
	}
	o.secrets = map[string]string{}
	for _, c := range outside {
		o.outside = append(o.outside, itoa(c.ID))
		if len(c.Subject) > 12 && !strings.Contains(visible.String(), c.Subject) {
			o.secrets[c.Subject] = itoa(c.ID)
		}
	}
	for id := range known {
		u := h.users[id]
		visible.WriteString(u.Email + "\n" + u.PhoneNumber + "\n" + u.ExternalID + "\n")
	}
	for id, u := range h.users {
		if known[id] {
			o.known = append(o.known, string(id))
			continue
		}
		o.others = append(o.others, string(id))
		for _, secret := range []string{string(id), u.Email, u.PhoneNumber, u.ExternalID} {
			if len(secret) > 6 && !strings.Contains(visible.String(), secret) { // two people may share an address
				o.secrets[secret] = string(id)
			}
		}
	}
	slices.Sort(o.known)
	slices.Sort(o.others)
	require.NotEmpty(o.t, o.outside)
}

// holds tells whether a conversation is inside: by what Dixa says of it, or, where Dixa has forgotten that, by whether
// Dixa's search finds it.
func (o *oracle) holds(c *dixaclient.Conversation) bool {
	if o.bound.Holds(o.truth.facts(c)) {
		return true
	}
	if c.Type != "AnonymizedConversation" {
		return false
	}
	in := dixaclient.SearchConversationsIn{Conditions: []dixaclient.SearchCondition{{Field: "ConversationId", Operator: "IsOneOf", Values: []string{itoa(c.ID)}}}}
	require.NoError(o.t, o.bound.Narrow(&in))
	return len(do(o.bed, dixaclient.SearchConversations, in)) > 0
}

// moved tells which conversation a call was about that left the bound by it, so that it counts as outside from then on.
func (o *oracle) moved(id int64) {
	a, err := dixaclient.GetConversation.Do(context.Background(), o.client, dixaclient.GetConversationIn{ConversationRef: ref(id)})
	require.NoError(o.t, err)
	o.truth = o.truth.with(a.Value)
	o.truth.tags[id] = nil
	for _, tag := range do(o.bed, dixaclient.ListConversationTags, ref(id)) {
		o.truth.tags[id] = append(o.truth.tags[id], string(tag.ID))
	}
}

// with is the truth with another state of one conversation.
func (h *truth) with(c dixaclient.Conversation) *truth {
	next := *h
	next.conversations, next.tags = slices.Clone(h.conversations), maps.Clone(h.tags)
	next.conversations[c.ID-1001] = c
	return &next
}

var conversationPath = regexp.MustCompile(`/v1/conversations/(\d+)|conversation-position/(\d+)`)
var userPath = regexp.MustCompile(`/v1/endusers/([0-9a-f-]{36})`)
var userID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)

// try makes one call and holds it to the truth.
func (o *oracle) try() {
	tool := o.tools[o.IntN(len(o.tools))]
	arguments := o.arguments(tool)
	o.dixa.ResetCounts()
	a := o.answer(tool.Name, arguments)
	if !a.Failed {
		o.passed++
	}
	for _, r := range o.dixa.Requests() {
		if r.Method == "GET" || r.Operation == "POST /v1/search/conversations" {
			continue
		}
		if m := conversationPath.FindStringSubmatch(r.Path); m != nil {
			require.Contains(o.t, o.inside, m[1]+m[2], "%s %s reached Dixa with %s", r.Method, r.Path, arguments)
		}
		if m := userPath.FindStringSubmatch(r.Path); m != nil {
			require.Contains(o.t, o.known, m[1], "%s %s reached Dixa", r.Method, r.Path)
		}
	}
	for secret, of := range o.secrets {
		if !strings.Contains(arguments, secret) && strings.Contains(a.Text, secret) {
			require.Fail(o.t, "something outside was told", "%q, which is of %s, by %s %s: %.600s", secret, of, tool.Name, arguments, a.Text)
		}
	}
	for _, id := range idsIn(a.Text) {
		require.NotContains(o.t, o.outside, id, "%s %s tells of a conversation outside: %.600s", tool.Name, arguments, a.Text)
	}
	o.sameAsMissing(tool, arguments, a.Text)
	o.follow()
}

// sameAsMissing compares the answer about something outside with that about what does not exist.
func (o *oracle) sameAsMissing(tool *tools.Tool, arguments, text string) {
	var in struct {
		ConversationID int64
		UserID         string
	}
	_ = json.Unmarshal([]byte(arguments), &in) // what is not there is zero
	other := ""
	switch {
	case tool.Operations[0].Scope == dixaclient.OneConversation && slices.Contains(o.outside, itoa(in.ConversationID)):
		other = strings.Replace(arguments, fmt.Sprintf(`"conversationId":%d`, in.ConversationID), fmt.Sprintf(`"conversationId":%d`, noSuch), 1)
	case tool.Operations[0].Scope == dixaclient.OneEndUser && slices.Contains(o.others, in.UserID):
		other = strings.Replace(arguments, in.UserID, nobody, 1)
	default:
		return
	}
	require.Equal(o.t, o.answer(tool.Name, other).Text, text, "%s %s", tool.Name, arguments)
}

// follow takes note of conversations that a write moved over the bound.
func (o *oracle) follow() {
	for _, r := range o.dixa.Requests() {
		m := conversationPath.FindStringSubmatch(r.Path)
		if m == nil || r.Method == "GET" || r.Status >= 300 {
			continue
		}
		var id int64
		_, err := fmt.Sscan(m[1]+m[2], &id)
		require.NoError(o.t, err)
		o.moved(id)
		c := o.truth.conversation(id)
		if !o.holds(c) && slices.Contains(o.inside, itoa(id)) {
			o.inside = slices.DeleteFunc(o.inside, func(s string) bool { return s == itoa(id) })
			o.outside = append(o.outside, itoa(id))
			o.forgetUser(string(c.RequesterID))
		}
	}
}

// forgetUser counts an end user whose last conversation inside has left as one outside.
func (o *oracle) forgetUser(user string) {
	for _, id := range o.truth.of[dixaclient.UUID(user)] {
		if slices.Contains(o.inside, itoa(id)) {
			return
		}
	}
	o.known = slices.DeleteFunc(o.known, func(s string) bool { return s == user })
	o.others = append(o.others, user)
}

var idField = regexp.MustCompile(`"(?:id|parentId|conversationId|csid|parent|child)":"?(\d{4,})"?[,}]`)

// idsIn are the ids of conversations in an answer.
func idsIn(text string) []string {
	var ids []string
	for _, m := range idField.FindAllStringSubmatch(text, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// arguments are valid ones of a tool, about something inside, outside, or that does not exist.
func (o *oracle) arguments(t *tools.Tool) string {
	values := map[string]any{}
	if more := further[t.Name]; more != "" {
		require.NoError(o.t, json.Unmarshal([]byte("{"+more+"}"), &values))
	}
	number := func() json.Number {
		id := o.pick(o.pick(o.inside...), o.pick(o.inside...), o.pick(o.outside...), itoa(noSuch))
		if id == nobody { // nothing is left inside
			id = itoa(noSuch)
		}
		return json.Number(id)
	}
	for _, p := range t.Schema().Properties() {
		switch _, given := values[p.Name]; {
		case p.Name == "conversationId" || p.Name == "parentId":
			values[p.Name] = number()
		case p.Name == "userId":
			values[p.Name] = o.pick(o.pick(o.known...), o.pick(o.known...), o.pick(o.others...), nobody)
		case p.Name == "queueId" && t.Name == "transfer_conversation":
			values[p.Name] = o.pick(billing, returns)
		case p.Name == "email" && t.Name == "list_end_users":
			values[p.Name] = o.truth.users[dixaclient.UUID(o.pick(o.pick(o.known...), o.pick(o.others...)))].Email + " "[:o.IntN(2)]
		case p.Name == "pageLimit" && o.IntN(2) == 0:
			values[p.Name] = 1 + o.IntN(5)
		case given || p.Name == "pageKey" || p.Name == "skip" || o.IntN(2) == 0:
		case t.Name == "search_conversations":
			o.filter(values, p)
		case p.Type == "boolean" && !p.Required:
			values[p.Name] = o.IntN(2) == 0
		}
	}
	raw, err := json.Marshal(values)
	require.NoError(o.t, err)
	return string(raw)
}

// filter gives an argument of a search.
func (o *oracle) filter(values map[string]any, p schemas.Property) {
	switch p.Name {
	case "query":
		values[p.Name] = o.pick("refund", "order", "e", "delivery", o.truth.conversation(1001+o.Int64N(2000)).Subject)
	case "status", "channel", "direction":
		values[p.Name] = []string{o.pick(p.Enum...)}
	case "contactId":
		values[p.Name] = []string{o.pick(o.pick(o.known...), o.pick(o.others...))}
	case "queueId":
		values[p.Name] = []string{o.pick(billing, returns)}
	case "strategy":
		values[p.Name] = o.pick("All", "All", "Any")
	case "conditions":
		values[p.Name] = []any{map[string]any{"field": "ConversationId", "operator": "IsOneOf", "values": []string{o.pick(o.inside...), o.pick(o.outside...)}}}
	}
}

func (o *oracle) pick(values ...string) string {
	if len(values) == 0 {
		return nobody
	}
	return values[o.IntN(len(values))]
}
