package gate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

// letters is a Dixa that has one conversation, of mails.
type letters struct {
	t     *testing.T
	mails []map[string]any
}

func (l *letters) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	var data any
	switch {
	case r.URL.Path == "/v1/conversations/7":
		data = map[string]any{"_type": "EmailConversation", "id": 7, "requesterId": letterCustomer, "channel": "Email", "state": "Open", "direction": "Inbound", "subject": "Order 1", "createdAt": "2026-03-01T08:00:00.000Z",
			"fromEmail": "emma@example.com", "toEmail": "support@email.dixa.io", "integrationEmail": "support@email.dixa.io"}
	case strings.HasSuffix(r.URL.Path, "/messages"):
		data = l.mails
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"The requested resource could not be found"}`)
		return w.Result(), nil
	}
	require.NoError(l.t, json.NewEncoder(w).Encode(map[string]any{"data": data}))
	return w.Result(), nil
}

const (
	letterCustomer = "2ebb7a64-403d-4a3a-a9df-8a9cdbcef43f"
	letterAgent    = "4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"
)

// add adds a mail, in turns by the customer and a Dixa agent.
func (l *letters) add(kind, content string) {
	n := len(l.mails)
	direction, author := "Inbound", letterCustomer
	if n%2 == 1 {
		direction, author = "Outbound", letterAgent
	}
	l.mails = append(l.mails, map[string]any{
		"id": fmt.Sprintf("00000000-0000-4000-8000-%012d", n), "authorId": author, "createdAt": time.Date(2026, 3, 1, 8+n, 0, 0, 0, time.UTC).Format(time.RFC3339),
		"attributes": map[string]any{"_type": "EmailAttributes", "direction": direction, "emailContent": map[string]any{"_type": "Regular", "content": map[string]any{"_type": kind, "value": content}},
			"from": map[string]any{"email": "a@example.com", "name": "A"}, "to": []any{map[string]any{"email": "b@example.com", "name": "B"}}, "cc": []any{}, "bcc": []any{}, "isAutoReply": false, "attachments": []any{}, "inlineImages": []any{}},
	})
}

func lettersBench(t *testing.T, l *letters) *bench {
	l.t = t
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("t"), URL: "http://localhost", Transport: l, Rate: 1e6, Burst: 1000})
	require.NoError(t, err)
	b := taskBench(t, "  a: {access: {conversations: read, messages: read, tags: read, end_users: read}}\n")
	b.client = client.With(authorize, restrict, depart)
	b.lookups = client.With(depart)
	return b
}

// A thread of 59 HTML mails, each of which quotes the one before it, has at most 3,200 tokens, with every sentence that the
// customer wrote.
func TestLongThread(t *testing.T) {
	l, history := &letters{}, ""
	var said []string
	for n := range 59 {
		sentence := fmt.Sprintf("Parcel %d has still not arrived at my door, please look again.", n+1)
		sign := "Emma Clarke"
		if n%2 == 1 {
			sentence, sign = fmt.Sprintf("We asked the carrier about parcel %d and they will call you.", n+1), "Luis Ortega, Havbris Customer Care"
		}
		said = append(said, sentence)
		body := "<div><p>Hello,</p><p>" + sentence + "</p><p>" + sign + "</p></div>"
		l.add("Html", body+history)
		history = "<div class=\"gmail_quote\"><div>On Sun, 1 Mar 2026 at 08:00 A &lt;a@example.com&gt; wrote:</div><blockquote>" + body + "</blockquote></div>"
	}
	b := lettersBench(t, l)
	r := b.asText("a", "read_conversation", `{"conversationId":7}`)
	for n, sentence := range said {
		require.Contains(t, r.Text, sentence, "#%d", n+1)
	}
	t.Logf("%d tokens", r.Tokens)
	require.LessOrEqual(t, r.Tokens, 3200)
}

// 25 mails of 600 characters have at most 4,400 tokens, and all of them are shown.
func TestTwentyFiveMails(t *testing.T) {
	l := &letters{}
	words := strings.Fields("order parcel refund card bank delivery address invoice payment customer account shipment label return warehouse carrier message answer question Monday Tuesday amount total price")
	for n := range 25 {
		var text strings.Builder
		for i := 0; text.Len() < 590; i++ {
			fmt.Fprintf(&text, "%s ", words[(n*7+i*(n+3))%len(words)])
		}
		l.add("Text", strings.TrimSpace(text.String())[:580]+fmt.Sprintf(" end of mail %d", n+1))
	}
	b := lettersBench(t, l)
	r := b.asText("a", "read_conversation", `{"conversationId":7}`)
	for n := range 25 {
		require.Contains(t, r.Text, fmt.Sprintf("end of mail %d\n", n+1))
	}
	t.Logf("%d tokens", r.Tokens)
	require.LessOrEqual(t, r.Tokens, 4400)
}

// Of a thread that does not fit the newest messages are kept, and the calls that the answers name give all the others, of
// long ones too.
func TestEveryMessageCanBeReached(t *testing.T) {
	l := &letters{}
	for n := range 60 {
		l.add("Text", strings.Repeat(fmt.Sprintf("message %d has words. ", n+1), 60)+fmt.Sprintf("end of mail %d", n+1))
	}
	l.add("Text", strings.Repeat("the longest of them all. ", 4000)+"end of mail 61")
	b := lettersBench(t, l)
	seen := map[int]bool{}
	next, asked := []string{`{"conversationId":7}`}, map[string]bool{}
	for len(next) > 0 {
		require.Less(t, len(asked), 40)
		asked[next[0]] = true
		r := b.asText("a", "read_conversation", next[0])
		require.LessOrEqual(t, r.Tokens, 8000)
		for n := range 61 {
			if strings.Contains(r.Text, fmt.Sprintf("end of mail %d\n", n+1)) {
				seen[n+1] = true
			}
		}
		next = next[1:]
		for _, call := range strings.Split(r.Text, "read_conversation {")[1:] {
			if call = "{" + call[:strings.IndexByte(call, '}')+1]; !asked[call] {
				next = append(next, call)
			}
		}
	}
	require.Len(t, seen, 61)
}
