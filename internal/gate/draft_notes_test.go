package gate_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/gate"
)

// A copy of a draft's note would look new, so that the draft could be sent twice. No tool of an agent writes one, and an agent that cannot see what
// was sent sends no draft.
func TestDraftsAreSentOnce(t *testing.T) {
	b, _ := newReplies(t, gate.Config{})
	number := b.draft("triage", textOf(t, 1234, greeting))
	notes := do(b.bed, dixaclient.ListNotes, dixaclient.ListNotesIn{ConversationRef: ref(1234)})
	note := notes[len(notes)-1].Message
	require.False(t, b.call("support", "reply", `{"conversationId":1234,"draft":"`+number+`"}`).Failed)
	escaped := func(text string) string {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		return string(quoted)
	}
	for _, text := range []string{escaped(note), escaped("\n" + strings.ReplaceAll(note, "\n", " \r\n")), strings.Replace(escaped(note), "Draft", `\u0044raft`, 1), escaped("See:\n" + note)} {
		for tool, arguments := range map[string]string{
			"add_note":            `{"conversationId":1234,"message":` + text + `}`,
			"add_notes":           `{"conversationId":1234,"items":[{"message":"x"},{"message":` + text + `}]}`,
			"update_conversation": `{"conversationId":1234,"note":` + text + `}`,
		} {
			a := b.call("triage", tool, arguments)
			require.True(t, a.Failed, "%s %s", tool, text)
			require.Contains(t, a.Text, "has the note of a draft with its seal, which only draft_reply writes")
		}
	}
	require.Len(t, do(b.bed, dixaclient.ListNotes, dixaclient.ListNotesIn{ConversationRef: ref(1234)}), len(notes))
	require.False(t, b.call("triage", "add_note", `{"conversationId":1234,"message":"Draft `+number+` was sent."}`).Failed)
	require.Len(t, b.sentTexts(), 1)

	written := b.call("unseeing", "draft_reply", textOf(t, 1235, greeting)).Text
	require.NotContains(t, written, "To send it", "it cannot")
	require.Contains(t, b.call("support", "draft_reply", textOf(t, 1236, greeting)).Text, "To send it: reply")
	number = draftNumber.FindString(written)
	a := b.call("unseeing", "reply", `{"conversationId":1235,"draft":"`+number+`"}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "draft needs list_messages, which is not granted")
	require.Len(t, b.sentTexts(), 1)
}

// A draft that another server sends while this one waits is not sent twice.
func TestDraftIsSentMeanwhile(t *testing.T) {
	b, e := newReplies(t, gate.Config{})
	number := b.draft("triage", textOf(t, 1234, greeting))
	next, sent := e.Handler, false
	e.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/messages") && !sent {
			sent = true
			next.ServeHTTP(httptest.NewRecorder(), r) // another server's
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
	before := len(b.dixa.Effects())
	a := b.call("support", "reply", `{"conversationId":1234,"draft":"`+number+`"}`)
	require.True(t, a.Failed, a.Text)
	require.Len(t, b.dixa.Effects(), before+1)
}
