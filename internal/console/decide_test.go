package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
)

// messages returns the messages of the conversation, as an agent reads them.
func (b *bed) messages() string {
	b.Helper()
	a := b.gate.Call(b.Context(), gate.Request{Agent: "reader", Tool: "list_messages", Arguments: []byte(`{"conversationId":1234}`)})
	return a.Text
}

// An approver changes the text and nothing else; the agent's call is carried out with it, and the agent is told.
func TestEditAndApprove(t *testing.T) {
	b := newBed(t)
	number := b.asks("reply", `{"conversationId":1234,"text":"Dear Emma,\n\nyour refund is on its way.\u200b"}`)
	page, approve := "/requests/"+number, "/requests/"+number+"/approve"
	v := b.signIn(annaKey)
	body := v.get(page).body
	editor := regexp.MustCompile(`(?s)<textarea id="text"[^>]*>\n(.*?)</textarea>`).FindStringSubmatch(body)
	require.Equal(t, "Dear Emma,\n\nyour refund is on its way.", editor[1], "what cannot be seen cannot be edited")
	require.Contains(t, body, "Characters that are not seen are removed here.")

	got := v.submits(page, approve, "text", "  ")
	require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	require.Contains(t, got.body, "the new text is empty")
	got = v.submits(page, approve, "text", "Dear Emma, I keep this text.", "reason", strings.Repeat("x", 1001))
	require.Contains(t, got.body, "Dear Emma, I keep this text.", "what was written is not lost")
	require.Equal(t, approval.Pending, b.state(number))

	require.Equal(t, http.StatusSeeOther, v.submits(page, approve, "text", "Dear Emma,\r\n\r\nwe sent it today.").StatusCode)
	require.Contains(t, v.get("/").text(), number+" is approved with your text.")
	require.Regexp(t, "The text of anna.holm To .* Dear Emma, we sent it today. The agent's text Dear Emma, your refund", v.get(page).text())
	record := b.recorded(audit.EventApproved)
	require.Len(t, record, 1)
	require.NotNil(t, record[0].Edited)
	said := b.gate.Call(t.Context(), gate.Request{Agent: "replies", Tool: "reply", Arguments: []byte(`{"conversationId":1234,"text":"Dear Emma,\n\nyour refund is on its way.\u200b"}`)})
	require.Contains(t, said.Text, "anna.holm")
	require.Equal(t, approval.Done, b.state(number))
	require.Contains(t, b.messages(), "we sent it today.")
	require.NotContains(t, b.messages(), "your refund is on its way.")
}

// Line breaks of a browser are no edit.
func TestUneditedTextStays(t *testing.T) {
	b := newBed(t)
	number := b.asks("reply", `{"conversationId":1234,"text":"Dear Emma,\n\nit is on its way."}`)
	b.signIn(annaKey).submits("/requests/"+number, "/requests/"+number+"/approve", "text", "Dear Emma,\r\n\r\nit is on its way.")
	r, err := b.store.Get(t.Context(), number)
	require.NoError(t, err)
	require.Equal(t, []any{approval.Approved, false}, []any{r.State, r.Edited})
}

// An approver has a call sent where the file says so: once, also if the agent repeats it.
func TestApproveAndSend(t *testing.T) {
	b := newBed(t)
	v := b.signIn(annaKey)
	waits := b.asks("reply", text)
	require.NotContains(t, v.get("/requests/"+waits).body, "Approve and send", "the file does not let the agent's calls be sent")
	got := v.submits("/requests/"+waits, "/requests/"+waits+"/approve", "send", "yes")
	require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	require.Equal(t, approval.Pending, b.state(waits))

	number := b.asksAs("desk", "reply", text)
	require.Contains(t, v.get("/requests/"+number).body, "Approve and send")
	require.Equal(t, "/", v.submits("/requests/"+number, "/requests/"+number+"/approve", "send", "yes").Header.Get("Location"))
	require.Contains(t, v.get("/").text(), number+" was carried out")
	require.Equal(t, 1, strings.Count(b.messages(), "your refund is on its way"))
	said := b.gate.Call(t.Context(), gate.Request{Agent: "desk", Tool: "reply", Arguments: []byte(text)})
	require.Contains(t, said.Text, "sent by anna.holm")
	require.Equal(t, 1, strings.Count(b.messages(), "your refund is on its way"))

	edited := b.asksAs("desk", "reply", `{"conversationId":1234,"text":"Second answer."}`)
	v.submits("/requests/"+edited, "/requests/"+edited+"/approve", "send", "yes", "text", "Better answer.")
	require.Contains(t, b.messages(), "Better answer.")
	require.NotContains(t, b.messages(), "Second answer.")
	require.Contains(t, v.get("/requests/"+edited).text(), "Approved with another text, for anna.holm, and carried out")
}

// What could not be sent stays approved, and can be sent later.
func TestApprovedAndNotSent(t *testing.T) {
	b := newBed(t)
	v := b.signIn(annaKey)
	number := b.asksAs("desk", "reply", text)
	token := v.token("/requests/"+number, "/requests/"+number+"/approve")
	require.NotEmpty(t, token)
	b.signIn(adminKey).submits("/agents/desk", "/freezes/desk")
	require.Equal(t, "/requests/"+number, v.submits("/requests/"+number, "/requests/"+number+"/approve", "send", "yes").Header.Get("Location"))
	require.Equal(t, approval.Approved, b.state(number))
	page := v.get("/requests/" + number)
	require.Contains(t, page.text(), "is approved, but was not carried out")
	require.Contains(t, page.body, "Send now")
	b.signIn(adminKey).submits("/agents/desk", "/thaws/desk")
	v.submits("/requests/"+number, "/requests/"+number+"/approve", "send", "yes")
	require.Equal(t, approval.Done, b.state(number))
	require.Contains(t, b.messages(), "your refund is on its way")
}

// A draft is listed apart, sent as it is or changed, and waits for nobody.
func TestDrafts(t *testing.T) {
	b := newBed(t)
	v := b.signIn(annaKey)
	b.gate.Call(t.Context(), gate.Request{Agent: "desk", Tool: "draft_reply", Arguments: []byte(`{"conversationId":1234,"text":"A draft for Emma."}`)})
	list, err := b.store.List(t.Context(), approval.Pending)
	require.NoError(t, err)
	require.Len(t, list, 1)
	number := list[0].Number
	body := v.get("/")
	require.Contains(t, body.text(), "Nothing waits.")
	require.Contains(t, body.text(), "Drafts that can be sent "+number)
	require.Contains(t, body.text(), "A draft for Emma.")
	require.NotContains(t, body.body, `class="count"`)
	page := v.get("/requests/" + number).text()
	require.Contains(t, page, "Send the draft")
	require.NotContains(t, page, "Approve this text")
	v.submits("/requests/"+number, "/requests/"+number+"/approve", "send", "yes")
	require.Equal(t, approval.Done, b.state(number), v.get("/requests/"+number).text())
}
