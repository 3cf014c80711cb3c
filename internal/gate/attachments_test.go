package gate

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/offline"
)

// withFile finds a conversation of the bench with a file of a kind, and the name by which a caller asks for it.
func withFile(t *testing.T, b *bench, kind string) (conversation int64, number string) {
	t.Helper()
	for id := int64(2999); id > 2700; id-- {
		a := b.call("a", "read_conversation", fmt.Sprintf(`{"conversationId":%d}`, id))
		if a.Failed || !strings.Contains(a.Text, offline.FilesURL+"/private/attachment/"+kind) {
			continue
		}
		text := b.asText("a", "read_conversation", fmt.Sprintf(`{"conversationId":%d}`, id)).Text
		for line := range strings.SplitSeq(text, "\n") {
			if name, is := strings.CutPrefix(line, "attachment #"); is && strings.HasSuffix(line, map[string]string{"invoice": ".pdf", "photo": ".jpg"}[kind]) {
				number, _, _ = strings.Cut(name, " ")
				return id, "#" + number
			}
		}
	}
	t.Fatal("no conversation has such a file")
	return 0, ""
}

// A file of a message is read on request: the text of a PDF as untrusted text, an image beside the answer. The record names
// what was read and where, and the fetch counts like any other request.
func TestAttachments(t *testing.T) {
	b := taskBench(t, "  a: {access: {\"*\": read}}\n  few: {allow: [get_conversation, list_messages], budget: {requests_per_day: 10}}\n")
	id, number := withFile(t, b, "invoice")
	b.book.all()
	a := b.call("few", "read_conversation", fmt.Sprintf(`{"conversationId":%d,"attachment":%q}`, id, number))
	require.False(t, a.Failed, a.Text)
	require.Contains(t, a.Text, "Total, VAT included")
	require.Contains(t, a.Text, `"untrusted":true`)
	require.Nil(t, a.Image)
	text := b.asText("few", "read_conversation", fmt.Sprintf(`{"conversationId":%d,"attachment":%q}`, id, number)).Text
	require.Regexp(t, `^Conversation \d+ · attachment #\d/\d · .*pdf · application/pdf · \d+ bytes\n(\| .*\n)+$`, text)

	record := only(t, b.book.all())
	require.Equal(t, audit.EventRead, record.Event)
	require.Equal(t, []string{"list_messages", "read_attachment"}, []string{record.Operations[0].Operation, record.Operations[1].Operation})
	read := record.Operations[1]
	require.Equal(t, number, read.Attachment)
	require.NotEmpty(t, read.Message)
	require.Equal(t, "files.dixa.invalid", read.Host)
	require.Positive(t, read.Bytes)
	require.Contains(t, record.Arguments.String(), fmt.Sprint(id))
	require.NotContains(t, fmt.Sprintf("%+v", record), "Total")
	agent, err := b.Rules().Agent("few")
	require.NoError(t, err)
	counts, err := b.BudgetLeft(t.Context(), agent)
	require.NoError(t, err)
	require.Equal(t, 4, counts[0].Used, "two calls of two requests each")

	id, number = withFile(t, b, "photo")
	a = b.call("a", "read_conversation", fmt.Sprintf(`{"conversationId":%d,"attachment":%q}`, id, number))
	require.False(t, a.Failed, a.Text)
	require.Contains(t, a.Text, "640 × 480 pixels")
	require.Equal(t, "image/jpeg", a.Image.Type)
	_, _, err = image.DecodeConfig(bytes.NewReader(a.Image.Data))
	require.NoError(t, err)
}

// A name of a file that there is not is refused in words, and nothing is fetched.
func TestAttachmentsThatAreNotThere(t *testing.T) {
	b := taskBench(t, readsAll)
	for arguments, problem := range map[string]string{
		`{"conversationId":1234,"attachment":"#1/1"}`:                "there is no attachment #1/1; the conversation has no files",
		`{"conversationId":1234,"attachment":"#99/1"}`:               "there is no message #99: the conversation has 5",
		`{"conversationId":1234,"attachment":"3"}`:                   "such as #3/1",
		`{"conversationId":1234,"attachment":"#0/1"}`:                "such as #3/1",
		`{"conversationId":1234,"attachment":"#1/-1"}`:               "such as #3/1",
		`{"conversationId":1234,"attachment":"a/b"}`:                 "such as #3/1",
		`{"conversationId":1234,"attachment":"#1/1","message":1}`:    "attachment must be given alone",
		`{"conversationId":1234,"attachment":"#1/1","messages":"1"}`: "attachment must be given alone",
	} {
		a := b.call("a", "read_conversation", arguments)
		require.True(t, a.Failed, arguments)
		require.Contains(t, a.Text, problem, arguments)
	}
	for _, r := range b.dixa.Requests() {
		require.NotContains(t, r.Path, "/private/")
	}
}

// Whoever may not read the messages of a conversation does not get their files: for want of the grant, by a rule for arguments,
// or because the conversation is outside the bound.
func TestAttachmentsNeedTheGrantOfMessages(t *testing.T) {
	b := taskBench(t, readsAll+`  without: {allow: [get_conversation], access: {knowledge: read}}
  bounded: {access: {"*": read}, only: {queue: [00000000-0000-4000-8000-000000000001]}}
  ruled: {access: {"*": read}, arguments: {list_messages.conversationId: [1234]}}
`)
	id, number := withFile(t, b, "invoice")
	before := len(b.dixa.Requests())
	for _, agent := range []string{"without", "bounded", "ruled"} {
		a := b.call(agent, "read_conversation", fmt.Sprintf(`{"conversationId":%d,"attachment":%q}`, id, number))
		require.True(t, a.Failed, agent)
	}
	for _, r := range b.dixa.Requests()[before:] {
		require.NotContains(t, r.Path, "/private/")
	}
	in := dixaclient.AttachmentIn{ConversationRef: dixaclient.ConversationRef{ConversationID: id}, URL: offline.FilesURL + "/private/attachment/photo-1/a.png"}
	for _, agent := range []string{"without", "bounded", "ruled"} { // not even if a tool asked for the file alone
		c := b.begin(Request{Agent: agent, Tool: "read_conversation"})
		var err error
		c.agent, err = c.rules.Agent(agent)
		require.NoError(t, err)
		_, err = b.client.ReadAttachment(c.context(t.Context()), in)
		require.Error(t, err, agent)
	}
	_, err := b.client.ReadAttachment(t.Context(), in)
	require.ErrorContains(t, err, "does not belong to a call of an agent")
	for _, r := range b.dixa.Requests()[before:] {
		require.NotContains(t, r.Path, "/private/")
	}
}

// rewriting is a transport that puts one text in place of another in answers.
type rewriting struct {
	http.RoundTripper
	from, to string
}

// RoundTrip sends the request on.
func (w rewriting) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	body = bytes.ReplaceAll(body, []byte(w.from), []byte(w.to))
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return res, nil
}

// A message that names a file of another host is answered with a sentence, and the host hears nothing.
func TestAttachmentsOfOtherHosts(t *testing.T) {
	b := taskBench(t, readsAll)
	id, number := withFile(t, b, "invoice")
	for _, to := range []string{"http://files.dixa.invalid", "https://evil.example", "https://127.0.0.1", "https://files.dixa.invalid:1", "https://files.dixa.invalid@evil.example"} {
		plain := b.wire.RoundTripper
		b.wire.RoundTripper = rewriting{plain, offline.FilesURL + "/", to + "/"}
		before := len(b.dixa.Requests())
		b.book.all()
		a := b.call("a", "read_conversation", fmt.Sprintf(`{"conversationId":%d,"attachment":%q}`, id, number))
		b.wire.RoundTripper = plain
		require.False(t, a.Failed, a.Text)
		require.Contains(t, a.Text, "The file was not fetched", to)
		require.Nil(t, a.Image)
		require.Len(t, b.dixa.Requests(), before+1)
		read := last(t, b.book.all()).Operations[1]
		require.Equal(t, audit.OutcomeNotDone, read.Outcome)
		require.Empty(t, read.Host)
	}
}
