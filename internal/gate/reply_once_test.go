package gate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/test/clock"
)

// customerWrites lets the customer write, and gives the message's id.
func (b *replies) customerWrites(text string) string {
	b.t.Helper()
	return string(do(b.bed, dixaclient.RecordMessage, dixaclient.RecordMessageIn{ConversationRef: ref(1234), MessageText: dixaclient.MessageText{Text: text}}).MessageID)
}

// replyTo calls reply as a run of a program does, each with a key of its own that is bound to the conversation.
func (b *replies) replyTo(message, text string) gate.Answer {
	arguments, err := json.Marshal(map[string]any{"conversationId": 1234, "text": text, "answers": message})
	require.NoError(b.t, err)
	r := request("support", "reply", string(arguments))
	r.Conversation, r.Key = 1234, "bound-"+text
	return b.gate.Call(b.t.Context(), r)
}

// A reply to a message is sent once, whatever it says, and only while nothing newer is in the conversation.
func TestReplyToAMessageOnce(t *testing.T) {
	b, e := newReplies(t, gate.Config{})
	first := b.customerWrites("Where is it?")
	e.sent = nil
	a := b.replyTo(first, "It is on its way.")
	require.False(t, a.Failed, a.Text)
	require.Equal(t, []string{"It is on its way."}, b.sentTexts())

	a = b.replyTo(first, "On its way, Emma!")
	require.False(t, a.Failed, a.Text)
	require.Contains(t, a.Text, "the same call was carried out", "a moment later")
	b.stand(replying, gate.Config{})
	a = b.replyTo(first, "On its way, Emma!")
	require.False(t, a.Failed, a.Text)
	require.Regexp(t, `not sent, since #\d+ is newer`, a.Text, "when nobody remembers it")
	require.Len(t, b.sentTexts(), 1)

	second, third := b.customerWrites("Hello?"), b.customerWrites("Are you there?")
	e.sent = nil
	require.Contains(t, b.replyTo(second, "a").Text, "is newer", "the reply to the newer one answers it too")
	require.Empty(t, b.sentTexts())
	require.False(t, b.replyTo(strings.ToUpper(third), "b").Failed)
	require.Equal(t, []string{"b"}, b.sentTexts())

	n := len(do(b.bed, dixaclient.ListMessages, dixaclient.ListMessagesIn{ConversationRef: ref(1234)}))
	require.Contains(t, b.replyTo(fmt.Sprintf("#%d", n), "c").Text, "the message is not the customer's")
	b.customerWrites("Thanks")
	e.sent = nil
	require.False(t, b.replyTo(fmt.Sprintf("#%d", n+1), "d").Failed, "by its number")
	require.Equal(t, []string{"d"}, b.sentTexts())
	for _, none := range []string{"00000000-0000-4000-8000-000000000000", "#0", "#999"} {
		a := b.replyTo(none, "e")
		require.True(t, a.Failed)
		require.Contains(t, a.Text, "answers is no message of conversation 1234")
	}
	require.Len(t, b.sentTexts(), 1)
}

// Of several programs that answer a message at once, one does.
func TestRepliesToAMessageAtOnce(t *testing.T) {
	b, e := newReplies(t, gate.Config{})
	message := b.customerWrites("Where is it?")
	e.sent = nil
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() { b.replyTo(message, fmt.Sprintf("Text %d", n)) })
	}
	wg.Wait()
	require.Len(t, b.sentTexts(), 1)
}

// interruptedJournal is a journal in which a process that is gone had begun the same call as the first one.
type interruptedJournal struct {
	journal.Store
	clock *clock.Clock
	once  sync.Once
	told  sync.WaitGroup // of the interrupted one, all who ask at once
}

func (j *interruptedJournal) Begin(ctx context.Context, e journal.Entry, again bool) (same *journal.Entry, err error) {
	j.once.Do(func() {
		gone := e
		gone.Call, gone.Steps = "gone", []journal.Step{{Operation: "send_message", State: journal.Sent}}
		_, err = j.Store.Begin(ctx, gone, false)
		err = errors.Join(err, j.Save(ctx, gone))
		j.clock.Advance(e.Within + time.Second)
	})
	if err != nil {
		return nil, err
	}
	same, err = j.Store.Begin(ctx, e, again)
	if same != nil && same.Interrupted {
		j.told.Done()
		j.told.Wait()
	}
	return same, err
}

// Of several programs that answer at once what another one was interrupted at, one does.
func TestRepliesAtOnceAfterAnInterruptedOne(t *testing.T) {
	now := &clock.Clock{}
	j := &interruptedJournal{Store: journal.NewMemory(now.Now), clock: now}
	b, e := newReplies(t, gate.Config{Journal: j})
	message := b.customerWrites("Where is it?")
	e.sent = nil
	const programs = 4
	j.told.Add(programs)
	var wg sync.WaitGroup
	for n := range programs {
		wg.Go(func() { b.replyTo(message, fmt.Sprintf("Text %d", n)) })
	}
	wg.Wait()
	require.Len(t, b.sentTexts(), 1)
}

// A message that comes while a reply waits to be sent stops it.
func TestReplyToAMessageIsOvertaken(t *testing.T) {
	b, e := newReplies(t, gate.Config{})
	message := b.customerWrites("Where is it?")
	e.path = "/messages"
	e.edit = func(seen string) string {
		e.edit = nil
		b.customerWrites("It came!")
		e.sent = nil
		time.Sleep(300 * time.Millisecond) // longer than what was read is believed
		return seen
	}
	a := b.replyTo(message, "It is on its way.")
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "changed it in the meantime")
	require.Empty(t, b.sentTexts())
}
