package gate

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

const optionRules = `version: 1
agents:
  admin: {access: {"*": erase}}
  text: {answers: text, access: {"*": write}}
  ids: {answers: ids, access: {"*": read}}
  poor: {answers: text, access: {conversations: write, messages: read}, allow: [set_conversation_attributes]}
  narrow: {access: {conversations: write, custom_attributes: write}, only: {queue: [` + billingQueue + `]}}
`

// reasons are options in which labels and values are what they can be: alike, deactivated, and one the value of another.
const reasons = `{"data":[{"id":"4fd06fa7-e3c9-4075-96a8-2881f0b929a1","entityType":"Conversation","identifier":"contact_reason","label":"Contact reason","inputDefinition":{"_type":"Select","options":[
  {"label":"Payment","value":"p1","nestedOptions":[{"label":"Double  Charge","value":"p1a"},{"label":"Old","value":"p1b","isDeactivated":true},{"label":"Twin","value":"t1"},{"label":"TWIN","value":"t2"}]},
  {"label":"p1","value":"shadow"},
  {"label":"Post","value":"p2","nestedOptions":[{"label":"Late","value":"l1"}]},
  {"label":"Gone","value":"g1","isDeactivated":true},
  {"label":"Back","value":"b2"},
  {"label":"Back","value":"b1","isDeactivated":true}]}}]}`

const reasonID = "4fd06fa7-e3c9-4075-96a8-2881f0b929a1"

// answering200 answers requests for a path with a body.
type answering200 struct {
	http.RoundTripper
	path, body string
}

func (f answering200) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != f.path {
		return f.RoundTripper.RoundTrip(r)
	}
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(f.body)), Request: r}, nil
}

// Options are named by labels from the root, in every argument that takes them; values mean what they did before.
func TestOptionsByLabel(t *testing.T) {
	b := setUp(t, settings{file: optionRules})
	b.wire.RoundTripper = answering200{b.wire.RoundTripper, "/v1/custom-attributes", reasons}
	set := func(attribute string, path ...string) string {
		values, err := json.Marshal(path)
		require.NoError(t, err)
		return `{"conversationId":1234,"attributes":[{"id":"` + attribute + `","values":` + string(values) + `}]}`
	}
	search := func(value string) string {
		return `{"conditions":[{"field":"CustomAttribute","operator":"IsOneOf","values":["` + value + `"],"attributeId":"Contact reason"}]}`
	}
	find := func(value string) string {
		return `{"attributes":[{"name":"contact reason","value":"` + value + `"}]}`
	}
	for _, c := range []struct{ agent, tool, arguments, want string }{
		{"admin", "set_conversation_attributes", set("Contact reason", "payment", "double charge"), `["p1","p1a"]`},
		{"narrow", "set_conversation_attributes", set("contact_reason", " PAYMENT ", "DoubleCharge"), `["p1","p1a"]`},
		{"admin", "set_conversation_attributes", set(reasonID, "p1", "Double Charge"), `["p1","p1a"]`},
		{"admin", "set_conversation_attributes", set(reasonID, "Payment", "p1a"), `["p1","p1a"]`},
		{"admin", "set_conversation_attributes", set(reasonID, "p1"), `["p1"]`},
		{"admin", "set_conversation_attributes", set(reasonID, "Payment", "TWIN"), `["p1","t2"]`}, // written exactly so
		{"admin", "set_conversation_attributes", set(reasonID, "back"), `["b2"]`},                 // the other is deactivated
		{"admin", "search_conversations", search("payment > double charge"), `["p1 > p1a"]`},
		{"admin", "search_conversations", search("Payment>Double charge"), `["p1 > p1a"]`},
		{"admin", "search_conversations", search("pay > dou"), `["p1 > p1a"]`},
		{"admin", "search_conversations", search("g1"), `["g1"]`}, // it can be searched for
		{"admin", "search_conversations", search("p1 > p1a"), `["p1 > p1a"]`},
		{"admin", "find_conversations", find("Payment"), `"p1"`},
		{"admin", "find_conversations", find("payment > late"), ``},
		{"admin", "find_conversations", find("post > late"), `"p2 > l1"`},
		// what cannot be looked up is left to Dixa
		{"poor", "set_conversation_attributes", set(reasonID, "Payment", "x"), `["Payment","x"]`},
		{"poor", "search_conversations", strings.Replace(search("Payment > x"), "Contact reason", reasonID, 1), `["Payment > x"]`},
	} {
		_, args, err := b.understood(c.agent, c.tool, c.arguments)
		if c.want == "" {
			require.ErrorContains(t, err, `there is no option "late" under "Payment"`)
			continue
		}
		require.NoError(t, err, c.arguments)
		require.Contains(t, string(args.JSON), c.want, c.arguments)
		require.Contains(t, string(args.JSON), reasonID)
	}
	for _, c := range []struct{ agent, arguments, says string }{
		{"admin", set(reasonID, "Paymnt"), `attributes[0].values: got "Paymnt", want the labels or values of options of the custom attribute, from the root; there is no option "Paymnt"; did you mean "Payment" (p1)?`},
		{"admin", set(reasonID, "Pay"), `there is no option "Pay"`},
		{"admin", set(reasonID, "zzzzzzz"), `there are "Payment" (p1), "p1" (shadow), "Post" (p2), "Back" (b2)`},
		{"admin", set(reasonID, "Payment", "twin"), `"twin" names more than one option under "Payment": give the value of one of "Twin" (t1), "TWIN" (t2)`},
		{"admin", set(reasonID, "GONE"), `the option "Gone" (g1) is deactivated; there are "Payment" (p1)`},
		{"admin", set(reasonID, "g1"), `the option "Gone" (g1) is deactivated`},
		{"admin", set(reasonID, "Payment", "Old"), `the option "Old" (p1b) under "Payment" is deactivated; there are "Double Charge" (p1a)`},
		{"admin", set(reasonID, "Double charge"), `give each option from the root: "Payment", "Double Charge"`},
		{"admin", set(reasonID, "Payment > Double charge"), `give each option from the root: "Payment", "Double Charge"`},
		{"admin", set(reasonID, "Back", "x"), `there are no options under "Back"`},
		{"narrow", set(reasonID, "nothing like it"), `there is no option "nothing like it"`},
		{"admin", set("No such attribute", "Payment"), `there is no such custom attribute`},
		{"poor", set("Contact reason", "Payment"), "this agent may not look up valid values"},
	} {
		a := b.call(c.agent, "set_conversation_attributes", c.arguments)
		require.True(t, a.Failed, a.Text)
		require.Contains(t, a.Text, c.says)
	}
	require.Empty(t, b.dixa.Effects())
	a := b.call("admin", "search_conversations", search("Gone"))
	require.Contains(t, a.Text, `the option "Gone" (g1) is deactivated, and its label is not taken for it; give its value if it is meant`)
	require.NotContains(t, b.call("poor", "set_conversation_attributes", set(reasonID, "zzzz")).Text, "Payment", "candidates are shown only to agents that may list them")
}

// A label costs one request in ten minutes, and none for an attribute that is a text. Records keep a digest of what was set.
func TestWhatOptionsCost(t *testing.T) {
	b := setUp(t, settings{file: optionRules})
	arguments := `{"conversationId":1234,"attributes":[{"id":"` + b.ids().reason + `","values":["Payment","Double charge"]}]}`
	for _, want := range []int{2, 1} {
		before := len(b.dixa.Requests())
		require.False(t, b.call("admin", "set_conversation_attributes", strings.Replace(arguments, "{", `{"again":true,`, 1)).Failed)
		require.Len(t, b.dixa.Requests(), before+want)
	}
	for _, e := range b.book.entries {
		text, err := json.Marshal(e)
		require.NoError(t, err)
		require.NotContains(t, string(text), "Payment")
		require.NotContains(t, string(text), "payment")
	}
	b = setUp(t, settings{file: optionRules})
	_, _, err := b.understood("admin", "set_conversation_attributes", `{"conversationId":1234,"attributes":[{"id":"`+reasonID+`","value":"x"}]}`)
	require.NoError(t, err)
	require.Empty(t, b.dixa.Requests())
	b.wire.RoundTripper = refusing{b.wire.RoundTripper, "/v1/custom-attributes"}
	require.False(t, b.call("admin", "set_conversation_attributes", strings.NewReplacer("Payment", "payment", "Double charge", "double_charge").Replace(arguments)).Failed,
		"values work where labels cannot be read")
}

// Answers show labels to agents that may list them, and values to all others and to programs.
func TestLabelsInAnswers(t *testing.T) {
	b := setUp(t, settings{file: optionRules})
	b.json = false
	get := `{"conversationId":1234}`
	require.Contains(t, b.call("text", "get_conversation", get).Text, "Contact reason Payment, Double charge")
	require.Contains(t, b.call("ids", "get_conversation", get).Text, `Contact reason Payment (payment), Double charge (double_charge)`)
	require.Contains(t, b.call("poor", "get_conversation", get).Text, "Contact reason payment, double_charge", "also where another agent has read the list")
	require.Contains(t, b.call("text", "read_conversation", get).Text, `"Contact reason: Payment > Double charge"`)
	require.Contains(t, b.call("poor", "read_conversation", get).Text, `"Contact reason: payment > double_charge"`)
	_, customer := b.customer()
	require.Contains(t, b.call("text", "get_end_user", `{"userId":"`+customer+`"}`).Text, "Loyalty tier None · Location United Kingdom, Bristol")
	set := `{"conversationId":1234,"attributes":[{"id":"` + b.ids().reason + `","values":["Delivery","Late"]}]}`
	require.Contains(t, b.call("text", "set_conversation_attributes", set).Text, `"Contact reason": "Payment > Double charge" → "Delivery > Late"`)
	a := b.call("text", "find_conversations", `{"attributes":[{"name":"contact_reason","value":"delivery > late"}],"limit":1}`)
	require.Contains(t, a.Text, `"attributes":[{"name":"Contact reason","value":"Delivery \u003e Late"}]`)
	b.json = true
	require.Contains(t, b.call("text", "get_conversation", get).Text, `"value":["delivery","late"]`)
}

// What a path means is found at each step by itself, whatever the options are.
func TestPathsOfOptions(t *testing.T) {
	var options []dixaclient.SelectOption
	require.NoError(t, json.Unmarshal([]byte(`[{"label":"","value":"bare","nestedOptions":[{"label":"a > b","value":"ab"}]},{"label":"A","value":"B"},{"label":"B","value":"A"}]`), &options))
	for _, c := range []struct {
		path, want []string
	}{{[]string{"bare", "a > b"}, []string{"bare", "ab"}}, {[]string{"A"}, []string{"A"}}, {[]string{"B"}, []string{"B"}}, {[]string{""}, nil}, {[]string{"bare", "ab", "more"}, nil}} {
		values, said := onPath(options, c.path, false, true)
		require.Equal(t, c.want, values, said)
		require.Equal(t, c.want == nil, said != "")
	}
}
