package gate

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/directory"
	"dixa-mcp/tools"
)

// naming may do everything; lister may search, and list only queues; narrow only sees what is in Billing.
const namingRules = `version: 1
names:
  queue: {Money: ` + billingQueue + `, returns: ` + billingQueue + `}
agents:
  admin:
    access: {"*": erase}
    allow: [erase_customer, bulk_update, search_messages, query_archive, record_message, list_webhooks, get_webhook, get_webhook_status, list_webhook_deliveries, create_webhook, update_webhook, delete_webhook, export_conversations, import_conversation, replace_end_users, update_end_users, replace_agents, update_agents, create_agents, anonymize_entity]
    arguments: {send_message.agentId: ["*"], send_message.integrationEmail: ["*"], record_message.integrationEmail: ["*"], create_conversation.integrationEmail: ["*"], create_conversation.agentId: ["*"], create_conversation.direction: ["*"], anonymize_end_user.force: ["*"]}
  lister: {access: {conversations: write}, allow: [list_queues]}
  activetags: {access: {conversations: read, tags: write}, arguments: {list_tags.includeDeactivated: [false]}}
  chosen: {access: {conversations: write, queues: read}, arguments: {transfer_conversation.queueId: [Money, 5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02]}}
  narrow: {access: {conversations: write, messages: read, queues: read, end_users: read, tags: write}, only: {queue: [` + billingQueue + `]}}
`

// understood returns the arguments of a call as an agent's, with ids in place of names.
func (b *bench) understood(agent, tool, arguments string) (*call, *tools.Arguments, error) {
	b.t.Helper()
	c := b.begin(Request{Agent: agent, Tool: tool, Arguments: json.RawMessage(arguments)})
	var err error
	c.agent, err = b.Rules().Agent(agent)
	require.NoError(b.t, err)
	args, err := c.understand(c.context(b.t.Context()))
	return c, args, err
}

// entries lists what the organization has.
func (b *bench) entries(t dixaclient.Thing) []directory.Entry {
	b.t.Helper()
	c := b.begin(Request{Agent: "admin"})
	c.agent, _ = b.Rules().Agent("admin")
	l, ok := directory.Of(t)
	require.True(b.t, ok, t)
	all, said := c.values().list(c.context(b.t.Context()), l, func(directory.Entries) bool { return true })
	require.Empty(b.t, said)
	return all.Active()
}

// nameOf gives something of a kind that only one has by its name, and its id.
func (b *bench) nameOf(r dixaclient.Reference) (name, id string) {
	b.t.Helper()
	switch r.Thing {
	case dixaclient.EndUserThing:
		return b.customer()
	case dixaclient.MessageThing:
		return "#2", b.messages(1234)[1]
	}
	all := directory.Entries{All: b.entries(r.Thing), Whole: true}.Of(r.Thing)
	if r.Entity != "" {
		all = all.On(r.Entity)
	}
	for _, e := range all.All {
		if active, _ := all.Named(e.Names[0], false); len(active) == 1 && e.Names[0] != e.ID && !strings.EqualFold(e.Names[0], "returns") {
			return e.Names[0], e.ID
		}
	}
	require.Fail(b.t, "nothing has a name of its own", r.Thing)
	return "", ""
}

// customer returns an address that one end user has, and the end user's id.
func (b *bench) customer() (email, id string) {
	b.t.Helper()
	c := b.begin(Request{Agent: "admin"})
	c.agent, _ = b.Rules().Agent("admin")
	a, err := dixaclient.GetConversation.Do(c.context(b.t.Context()), b.lookups, dixaclient.GetConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: 1234}})
	require.NoError(b.t, err)
	u, err := dixaclient.GetEndUser.Do(c.context(b.t.Context()), b.lookups, dixaclient.EndUserRef{UserID: a.Value.RequesterID})
	require.NoError(b.t, err)
	require.NotEmpty(b.t, u.Value.Email)
	return u.Value.Email, string(u.Value.ID)
}

func (b *bench) messages(conversation int64) (ids []string) {
	b.t.Helper()
	c := b.begin(Request{Agent: "admin"})
	c.agent, _ = b.Rules().Agent("admin")
	a, err := dixaclient.ListMessages.Do(c.context(b.t.Context()), b.lookups, dixaclient.ListMessagesIn{ConversationRef: dixaclient.ConversationRef{ConversationID: conversation}})
	require.NoError(b.t, err)
	for _, m := range a.Value {
		ids = append(ids, string(m.ID))
	}
	return ids
}

// exampleOf returns arguments of a tool in which something stands for all that earlier calls gave.
func exampleOf(t *testing.T, tool *tools.Tool, examples map[string]struct{ Arguments json.RawMessage }) json.RawMessage {
	t.Helper()
	stands := regexp.MustCompile(`"\$[^"]*"`)
	for _, in := range []string{`"x"`, "1234"} {
		arguments := stands.ReplaceAll(examples[tool.Name].Arguments, []byte(in))
		if _, err := tool.Read(arguments); err == nil {
			return arguments
		}
	}
	require.Fail(t, "no example can be read", tool.Name)
	return nil
}

// A name works wherever the id of what it names is due, in every operation.
func TestNamesWorkWhereverAnIDIsDue(t *testing.T) {
	text, err := os.ReadFile("../../testdata/examples.json")
	require.NoError(t, err)
	var examples map[string]struct{ Arguments json.RawMessage }
	require.NoError(t, json.Unmarshal(text, &examples))
	for tool, more := range map[string]string{ // arguments that no example has
		"import_conversation":         `{"genericChannelName":"email","requesterId":"x","direction":"Inbound","createdAt":"2026-01-01","agentId":"x","emailIntegrationId":"x","assigneeId":"x","assignedAt":"2026-01-02","messages":[{"direction":"Inbound","createdAt":"2026-01-01","text":"x","authorId":"x"}]}`,
		"search_conversations":        `{"queueId":["x","x"],"agentId":["x"],"contactId":["x"],"tagIds":["x"],"conditions":[{"field":"Status","operator":"IsOneOf","values":["open"]},{"field":"CustomAttribute","operator":"IsEmpty","attributeId":"x"}]}`,
		"create_conversation":         `{"channel":"Callback","direction":"Inbound","requesterId":"x","contactEndpointId":"x","queueId":"x","agentId":"x","emailIntegrationId":"x","integrationEmail":"x"}`,
		"find_conversations":          `{"customer":"x","queue":"x","tag":"x","assignee":"x","attributes":[{"name":"x","value":"v"}]}`,
		"search_messages":             `{"words":"a","queue":"x","tag":"x","assignee":"x"}`,
		"overview":                    `{"team":"x"}`,
		"update_conversation":         `{"conversationId":1234,"tag":["x"],"untag":["x"],"queue":"x","assignee":"x","attributes":[{"id":"x","value":"v"}],"agentId":"x"}`,
		"wait_for":                    `{"conversationId":1234,"for":"assignment","assignee":"x"}`,
		"erase_customer":              `{"customer":"x"}`,
		"manage_members":              `{"queues":["x"],"teams":["x"],"add":["x"],"remove":["x"]}`,
		"bulk_update":                 `{"find":{"customer":"x","queue":"x","tag":"x","assignee":"x","attributes":[{"name":"x","value":"v"}]},"tag":["x"],"untag":["x"],"queue":"x","assignee":"x","attributes":[{"id":"x","value":"v"}],"agentId":"x"}`,
		"send_message":                `{"conversationId":1234,"text":"t","agentId":"x","integrationEmail":"x"}`,
		"record_message":              `{"conversationId":1234,"text":"t","integrationEmail":"x"}`,
		"update_article":              `{"articleId":"3fa85f64-5717-4562-b3fc-2c963f66afa6","ownedBy":"x"}`,
		"set_conversation_attributes": `{"conversationId":1234,"attributes":[{"id":"x","value":"v"},{"id":"x","value":"w"}]}`,
		"set_end_user_attributes":     `{"userId":"x","attributes":[{"id":"x","value":"v"}]}`,
	} {
		examples[tool] = struct{ Arguments json.RawMessage }{json.RawMessage(more)}
	}
	b := setUp(t, settings{file: namingRules})
	checked := 0
	for _, tool := range tools.All() {
		for argument, thing := range dixaclient.NamingArguments(tool.Name, tool.In()) {
			_, listed := directory.Of(thing)
			if !listed && thing != dixaclient.EndUserThing && thing != dixaclient.MessageThing || thing == dixaclient.MetricThing || thing == dixaclient.RecordThing {
				continue
			}
			t.Run(tool.Name+"."+argument, func(t *testing.T) {
				b.t = t
				example := exampleOf(t, tool, examples)
				args, err := tool.Read(example)
				require.NoError(t, err)
				names, ids := edits{}, edits{}
				for _, r := range tool.References(args) {
					if r.Value == "x" || r.Name == argument {
						name, id := b.nameOf(r)
						if ids[r.Argument] = id; r.Name == argument {
							names[r.Argument] = name
						} else {
							names[r.Argument] = id
						}
					}
				}
				require.NotEmpty(t, names, "testdata/examples.json has no example with this argument")
				withNames, err := names.apply(example)
				require.NoError(t, err)
				withIDs, err := ids.apply(example)
				require.NoError(t, err)
				_, want, err := b.understood("admin", tool.Name, string(withIDs))
				require.NoError(t, err, string(withIDs))
				_, got, err := b.understood("admin", tool.Name, string(withNames))
				require.NoError(t, err, string(withNames))
				require.JSONEq(t, string(want.JSON), string(got.JSON))
				require.Equal(t, want.In, got.In)
				checked++
			})
		}
	}
	require.Greater(t, checked, 70)
	require.Empty(t, b.dixa.Effects())
}

// The ways in which a thing can be named, and what becomes of them.
func TestWhatNamesMean(t *testing.T) {
	b := setUp(t, settings{file: namingRules})
	email, customer := b.customer()
	messages := b.messages(1234)
	ids := b.ids()
	const returns = "5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02"
	condition := func(field, value string) string {
		return fmt.Sprintf(`{"conditions":[{"field":%q,"operator":"IsOneOf","values":[%q]}]}`, field, value)
	}
	for _, c := range []struct{ agent, tool, arguments, want string }{
		{"admin", "search_conversations", `{"queueId":"Billing"}`, `{"queueId":["` + billingQueue + `"]}`},
		{"admin", "search_conversations", `{"queueId":"[\" BILLING \",\"` + returns + `\"]"}`, `{"queueId":["` + billingQueue + `","` + returns + `"]}`},
		{"admin", "search_conversations", `{"queueId":["bil"]}`, `{"queueId":["` + billingQueue + `"]}`},
		{"admin", "search_conversations", condition("QueueId", "billing"), condition("QueueId", billingQueue)},
		{"admin", "search_conversations", condition("ContactId", email), condition("ContactId", customer)},
		{"admin", "search_conversations", `{"agentId":["signe toft"]}`, `{"agentId":["` + b.agentNamed("Signe Toft") + `"]}`},
		{"admin", "search_conversations", `{"contactId":["` + strings.ToUpper(email) + `"]}`, `{"contactId":["` + customer + `"]}`},
		{"admin", "search_conversations", `{"contactId":["requester:1234"]}`, `{"contactId":["` + customer + `"]}`},
		{"admin", "search_conversations", `{"contactId":["Requester: 1234","` + email + `"]}`, `{"contactId":["` + customer + `","` + customer + `"]}`},
		{"admin", "search_conversations", `{"createdAfter":"2026-03-07","queueId":["Billing"]}`, `{"createdAfter":"2026-03-06T23:00:00Z","queueId":["` + billingQueue + `"]}`},
		{"admin", "get_end_user", `{"userId":"` + email + `"}`, `{"userId":"` + customer + `"}`},
		{"admin", "update_end_users", `{"items":[{"id":"mailto:` + email + `","firstName":"x"}]}`, `{"items":[{"id":"` + customer + `","firstName":"x"}]}`},
		{"admin", "anonymize_message", `{"conversationId":1234,"messageId":"#1"}`, `{"conversationId":1234,"messageId":"` + messages[0] + `"}`},
		{"admin", "anonymize_entity", `{"type":"User","entityId":"` + email + `"}`, `{"type":"User","entityId":"` + customer + `"}`},
		{"admin", "set_conversation_attributes", `{"conversationId":1234,"attributes":[{"id":"contact_reason","values":["payment"]}]}`, `{"conversationId":1234,"attributes":[{"id":"` + ids.reason + `","values":["payment"]}]}`},
		{"admin", "query_metric", `{"id":"csat","timezone":"UTC","filters":[{"attribute":"queue_id","values":["Billing"]}]}`, `{"id":"csat","timezone":"UTC","filters":[{"attribute":"queue_id","values":["` + billingQueue + `"]}]}`},
		{"admin", "activate_tag", `{"tagId":"` + b.tagNamed(ids.inactiveTag) + `"}`, `{"tagId":"` + ids.inactiveTag + `"}`},
		// the capability file
		{"admin", "transfer_conversation", `{"conversationId":1234,"queueId":"money"}`, `{"conversationId":1234,"queueId":"` + billingQueue + `"}`},
		{"admin", "transfer_conversation", `{"conversationId":1234,"queueId":"Returns"}`, `{"conversationId":1234,"queueId":"` + billingQueue + `"}`},
		{"chosen", "transfer_conversation", `{"conversationId":1234,"queueId":"MONEY"}`, `{"conversationId":1234,"queueId":"` + billingQueue + `"}`},
		{"lister", "search_conversations", `{"queueId":["Money"]}`, `{"queueId":["` + billingQueue + `"]}`},
		{"lister", "search_conversations", `{"queueId":["Billing"]}`, `{"queueId":["` + billingQueue + `"]}`},
		{"narrow", "search_conversations", `{"queueId":["Billing"]}`, `{"queueId":["` + billingQueue + `"]}`},
	} {
		_, args, err := b.understood(c.agent, c.tool, c.arguments)
		require.NoError(t, err, c.arguments)
		want, err := json.Marshal(json.RawMessage(c.want))
		require.NoError(t, err)
		if !strings.Contains(c.arguments, "createdAfter") { // which zone it is read in is tested elsewhere
			require.JSONEq(t, string(want), string(args.JSON))
		}
	}
}

func (b *bench) agentNamed(name string) string {
	for _, e := range b.entries(dixaclient.AgentThing) {
		if e.Name() == name {
			return e.ID
		}
	}
	return ""
}

func (b *bench) tagNamed(id string) string {
	b.t.Helper()
	c := b.begin(Request{Agent: "admin"})
	c.agent, _ = b.Rules().Agent("admin")
	a, err := dixaclient.GetTag.Do(c.context(b.t.Context()), b.lookups, dixaclient.TagRef{TagID: dixaclient.UUID(id)})
	require.NoError(b.t, err)
	return a.Value.Name
}

// Names that mean nothing, or more than one thing, or what may not be named, are refused before anything is sent.
func TestNamesThatMeanNothing(t *testing.T) {
	b := setUp(t, settings{file: namingRules})
	email, customer := b.customer()
	ids := b.ids()
	inactive := b.tagNamed(ids.inactiveTag)
	twins := b.twins()
	for _, c := range []struct{ agent, tool, arguments, says string }{
		// unknown
		{"admin", "search_conversations", `{"queueId":["Biling"]}`, `queueId[0]: got "Biling", want the name or id of a queue; there is no such queue; did you mean "Billing"`},
		{"admin", "search_conversations", `{"contactId":["nobody.at.all@example.com"]}`, "no end user is found by it"},
		{"admin", "search_conversations", `{"contactId":["Emma Hansen"]}`, "Dixa cannot find end users by name"},
		{"admin", "search_conversations", `{"contactId":["requester:99999999"]}`, "there is no conversation 99999999"},
		{"admin", "search_conversations", `{"contactId":["requester:x"]}`, "write requester: and the conversation's number"},
		{"admin", "anonymize_message", `{"conversationId":1234,"messageId":"#999"}`, "conversation 1234 has "},
		{"admin", "anonymize_message", `{"conversationId":1234,"messageId":"#0"}`, "counted from the oldest, such as #3"},
		{"admin", "list_messages", `{"conversationId":1234,"messageId":"#999"}`, "the conversation has "},
		{"admin", "anonymize_entity", `{"type":"Message","entityId":"#1"}`, "no argument names one; give the message's id"},
		// a write takes no beginnings, and names customers only by id, address and number
		{"admin", "transfer_conversation", `{"conversationId":1234,"queueId":"Bil"}`, `did you mean "Billing"`},
		{"admin", "anonymize_end_user", `{"userId":"requester:1234"}`, "a write takes no requester:; the customer of conversation 1234 has the id " + customer},
		// ambiguous
		{"admin", "search_conversations", `{"queueId":["twin"]}`, `it names 2: give one of "Twin A", "Twin B".`},
		{"admin", "transfer_conversation", `{"conversationId":1234,"queueId":"SAME"}`, `it names 2: give one of "Same" (` + twins[0]},
		// deactivated
		{"admin", "tag_conversation", `{"conversationId":1234,"tagId":"` + inactive + `"}`, `" (` + ids.inactiveTag + `) is deactivated`},
		{"admin", "search_conversations", `{"tagIds":["` + strings.ToUpper(inactive) + `"]}`, `is deactivated, and its name is not taken for it; give its id if it is meant`},
		// not granted
		{"lister", "search_conversations", `{"tagIds":["refund"]}`, "this agent may not look up valid values; give exactly the id that Dixa has"},
		{"lister", "search_conversations", `{"contactId":["` + email + `"]}`, "this agent may not look it up; give its id"},
		{"activetags", "search_conversations", `{"tagIds":["refund"]}`, "this agent may not look up valid values; give exactly the id that Dixa has"},
		// outside what the capability file allows
		{"chosen", "transfer_conversation", `{"conversationId":1234,"queueId":"Billing support"}`, `queueId: got "Billing support", want one of Money, ` + returnsQueue},
		{"chosen", "transfer_conversation", `{"conversationId":1234,"queueId":"Twin A"}`, `queueId: got "Twin A", want one of Money, ` + returnsQueue},
	} {
		t.Run(c.tool+" "+c.arguments, func(t *testing.T) {
			b.t = t
			before := len(b.dixa.Effects())
			a := b.call(c.agent, c.tool, c.arguments)
			require.True(t, a.Failed, a.Text)
			require.Contains(t, a.Text, c.says)
			require.Len(t, b.dixa.Effects(), before)
		})
	}
}

const returnsQueue = "5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02"

// twins makes queues whose names are alike, and gives the ids of those that have the same one.
func (b *bench) twins() (same []string) {
	b.t.Helper()
	c := b.begin(Request{Agent: "admin", Tool: "create_queue"})
	c.agent, _ = b.Rules().Agent("admin")
	for _, name := range []string{"Twin A", "Twin B", "Same", " same"} {
		in := dixaclient.CreateQueueIn{}
		require.NoError(b.t, json.Unmarshal([]byte(`{"name":"`+name+`"}`), &in))
		a, err := dixaclient.CreateQueue.Do(c.context(b.t.Context()), b.client, in)
		require.NoError(b.t, err)
		if strings.EqualFold(strings.TrimSpace(name), "same") {
			same = append(same, string(a.Value.ID))
		}
	}
	return same
}

// What is outside a bound is answered exactly like what does not exist, however it is named.
func TestNamesOutsideABound(t *testing.T) {
	b := setUp(t, settings{file: namingRules})
	inside, outside := b.conversationIn(billingQueue), b.conversationIn(returnsQueue)
	_, _, err := b.understood("narrow", "list_end_user_conversations", fmt.Sprintf(`{"userId":"requester:%d"}`, inside))
	require.NoError(t, err)
	say := func(tool, arguments string) string {
		a := b.call("narrow", tool, arguments)
		require.True(t, a.Failed, a.Text)
		return a.Text
	}
	same := func(a, b string, replace ...string) {
		t.Helper()
		require.Equal(t, strings.NewReplacer(replace...).Replace(a), b)
	}
	const missing = 999_999_999
	same(say("list_end_user_conversations", fmt.Sprintf(`{"userId":"requester:%d"}`, outside)),
		say("list_end_user_conversations", fmt.Sprintf(`{"userId":"requester:%d"}`, missing)), fmt.Sprint(outside), fmt.Sprint(missing))
	foreign := b.emailOf(outside)
	same(say("list_end_user_conversations", `{"userId":"`+foreign+`"}`), say("list_end_user_conversations", `{"userId":"nobody@example.org"}`), foreign, "nobody@example.org")
}

func (b *bench) conversationIn(queue string) int64 {
	b.t.Helper()
	c := b.begin(Request{Agent: "admin"})
	c.agent, _ = b.Rules().Agent("admin")
	in := dixaclient.SearchConversationsIn{QueueID: []dixaclient.UUID{dixaclient.UUID(queue)}, PageLimit: 1}
	a, err := dixaclient.SearchConversations.Do(c.context(b.t.Context()), b.lookups, in)
	require.NoError(b.t, err)
	return a.Value[0].ID
}

// emailOf returns the address of a conversation's customer who has none in the Billing queue.
func (b *bench) emailOf(conversation int64) string {
	b.t.Helper()
	c := b.begin(Request{Agent: "admin"})
	c.agent, _ = b.Rules().Agent("admin")
	ctx := c.context(b.t.Context())
	users, err := dixaclient.ListEndUsers.Do(ctx, b.lookups, dixaclient.ListEndUsersIn{})
	require.NoError(b.t, err)
	for _, u := range users.Value {
		in := dixaclient.SearchConversationsIn{QueueID: []dixaclient.UUID{billingQueue}, ContactID: []dixaclient.UUID{u.ID}, PageLimit: 1}
		found, err := dixaclient.SearchConversations.Do(ctx, b.lookups, in)
		require.NoError(b.t, err)
		if len(found.Value) == 0 && u.Email != "" {
			return u.Email
		}
	}
	return ""
}

// A list that one agent read is told to no agent that may not read it, and costs those that may nothing.
func TestListsAreSharedByThoseWhoMayReadThem(t *testing.T) {
	b := setUp(t, settings{file: namingRules})
	b.call("admin", "search_conversations", `{"tagIds":["refund"],"queueId":["Billing"]}`)
	before := len(b.dixa.Requests())
	a := b.call("lister", "search_conversations", `{"queueId":["Billing"]}`)
	require.False(t, a.Failed, a.Text)
	require.Len(t, b.dixa.Requests(), before+1)
	for _, agent := range []string{"lister", "activetags"} {
		a = b.call(agent, "search_conversations", `{"tagIds":["refnd"]}`)
		require.True(t, a.Failed)
		require.NotContains(t, a.Text, `"refund"`)
		require.NotContains(t, a.Text, "did you mean")
	}
}

// A name that is new at Dixa is found once its list is a minute old, and at once when a call of ours made it.
func TestNewNames(t *testing.T) {
	b := setUp(t, settings{file: namingRules})
	at := time.Now()
	b.directory = directory.New(func() time.Time { return at })
	search := func() bool { return !b.call("admin", "search_conversations", `{"tagIds":["brand new"]}`).Failed }
	require.False(t, search())
	require.False(t, b.call("admin", "create_tag", `{"name":"Brand New"}`).Failed)
	require.True(t, search(), "our own write drops the list")
	before := len(b.dixa.Requests())
	require.False(t, b.call("admin", "search_conversations", `{"tagIds":["other"]}`).Failed == false)
	require.Len(t, b.dixa.Requests(), before, "an unknown name reads the list at most once a minute")
	at = at.Add(time.Minute)
	b.call("admin", "search_conversations", `{"tagIds":["other"]}`)
	require.Len(t, b.dixa.Requests(), before+1)
}

// The look-up of a name is within the budget of the agent: one that is used up stops the call.
func TestNamesAreLookedUpWithinTheBudget(t *testing.T) {
	b := setUp(t, settings{file: "version: 1\nagents:\n  poor: {access: {conversations: read, queues: read}, budget: {requests_per_day: 1}}\n"})
	require.False(t, b.call("poor", "get_conversation", `{"conversationId":1234}`).Failed)
	a := b.call("poor", "search_conversations", `{"queueId":["Billing"]}`)
	require.Contains(t, a.Text, "has used up its budget")
}
