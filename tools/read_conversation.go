package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

// ReadConversationIn names a conversation, and which of its messages are wanted.
type ReadConversationIn struct {
	d.ConversationRef
	Messages   string `json:"messages,omitzero" jsonschema_description:"only these, such as 5-9 or 12-"`
	Message    int    `json:"message,omitzero" check:"min=1" jsonschema_description:"only this, whole"`
	Attachment string `json:"attachment,omitzero" jsonschema_description:"only this file, such as #3/1"`
	Offset     int    `json:"offset,omitzero" check:"min=0" jsonschema_description:"where in it to go on"`
}

func (in *ReadConversationIn) misfit() (field, problem string) {
	_, _, ok := span(in.Messages)
	_, _, isFile := attachmentNumber(in.Attachment)
	switch {
	case in.Attachment != "" && (in.Messages != "" || in.Message > 0):
		return "attachment", "must be given alone, without messages and message"
	case in.Attachment != "" && !isFile:
		return "attachment", "must be the number of a message and of a file in it, such as #3/1; the conversation's messages name them"
	case in.Messages != "" && in.Message > 0:
		return "message", "cannot be given together with messages"
	case !ok:
		return "messages", "must be a number or a range, such as 5, 5-9 or 12-"
	case in.Offset > 0 && in.Message == 0 && in.Messages == "" && in.Attachment == "":
		return "offset", "needs message, messages or attachment"
	}
	return "", ""
}

// span reads a range of messages, counted from 1; to is 0 where it has no end.
func span(s string) (from, to int, ok bool) {
	if s = strings.ReplaceAll(s, "#", ""); s == "" {
		return 0, 0, true
	}
	first, last, isRange := strings.Cut(s, "-")
	from, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || from < 1 {
		return 0, 0, false
	}
	switch last = strings.TrimSpace(last); {
	case !isRange:
		return from, from, true
	case last == "":
		return from, 0, true
	}
	to, err = strconv.Atoi(last)
	return from, to, err == nil && to >= from
}

var readConversation = task("read_conversation", "read conversation {conversationId}",
	"Everything about a conversation: state, customer, tags, notes, rating, earlier conversations, messages.",
	[]*d.Spec{d.GetConversation.Spec, d.ListMessages.Spec},
	[]*d.Spec{d.GetEndUser.Spec, d.ListEndUserConversations.Spec, d.ListConversationTags.Spec, d.ListNotes.Spec, d.ListRatings.Spec, d.ListLinkedConversations.Spec, d.GetQueuePosition.Spec},
	func(ctx context.Context, r *Reads, in ReadConversationIn) (Output, error) {
		return r.asRecord(ctx, func(ctx context.Context) (Output, error) { return in.read(ctx, r) })
	})

// read answers with the attachment, the messages or the whole conversation, as it was asked.
func (in ReadConversationIn) read(ctx context.Context, r *Reads) (Output, error) {
	if in.Attachment != "" {
		return readAttachment(ctx, r.Client, in)
	}
	if in.Messages != "" || in.Message > 0 {
		return someMessages(ctx, r.Client, in)
	}
	conversation, err := d.GetConversation.Do(ctx, r.Client, d.GetConversationIn{ConversationRef: in.ConversationRef})
	if err != nil {
		return Output{}, err
	}
	messages, err := d.ListMessages.Do(ctx, r.Client, d.ListMessagesIn{ConversationRef: in.ConversationRef})
	if err != nil {
		return Output{}, err
	}
	reader := conversationReader{reads: r, conversation: &conversation.Value, address: CustomerAddress(conversation.Raw)}
	parts, err := reader.around(ctx)
	if err != nil {
		return Output{}, err
	}
	o := Thread()
	o.Newest, o.Party = true, reader.told
	o.Again = func(skip, offset int) string { // what does not fit is older
		return called("read_conversation", ReadConversationIn{ConversationRef: in.ConversationRef, Messages: fmt.Sprintf("%d-", skip+1), Offset: offset})
	}
	return Output{Parts: append(parts, view.Part{Name: "messages", Body: messages.Raw, Options: o})}, nil
}

// Thread says how messages are shown.
func Thread() view.Options {
	o := listMessages.View
	o.Layout = listMessages.Layout()
	return o
}

// someMessages answers with some messages of a conversation, and nothing else: it goes on where an answer was cut.
func someMessages(ctx context.Context, c *d.Client, in ReadConversationIn) (Output, error) {
	messages, err := d.ListMessages.Do(ctx, c, d.ListMessagesIn{ConversationRef: in.ConversationRef})
	if err != nil {
		return Output{}, err
	}
	var answer struct{ Data []json.RawMessage }
	if err := json.Unmarshal(messages.Raw, &answer); err != nil {
		return Output{}, errors.New("read_conversation: Dixa's answer is no list of messages; try again later, and tell the user if it happens again")
	}
	from, to, _ := span(in.Messages) // it fits, as was checked
	if in.Message > 0 {
		from, to = in.Message, in.Message
	}
	all := len(answer.Data)
	if from > all {
		return Output{}, fmt.Errorf("read_conversation: there is no message #%d: %s", from, numbered(all))
	}
	if to == 0 || to > all {
		to = all
	}
	o := Thread()
	o.Skip, o.Offset, o.Number = from-1, in.Offset, in.Message
	o.Again = func(skip, offset int) string {
		next := ReadConversationIn{ConversationRef: in.ConversationRef, Offset: offset}
		if in.Message > 0 {
			next.Message = in.Message
		} else {
			next.Messages = fmt.Sprintf("%d-%d", skip+1, to)
		}
		return called("read_conversation", next)
	}
	body := []byte(answer.Data[from-1])
	which := fmt.Sprintf("message #%d of %d", from, all)
	if in.Message == 0 {
		if body, err = json.Marshal(answer.Data[:to]); err != nil { // those before are compared with, where they are quoted
			return Output{}, err
		}
		which = spanned(from, to, all)
	}
	head := view.Item{Facts: []view.Fact{{Key: "id", Label: "Conversation", Value: strconv.FormatInt(in.ConversationID, 10)}, {Key: "shown", Value: which, Own: true}}}
	return Output{Parts: []view.Part{{Name: "conversation", Items: []view.Item{head}}, {Name: "messages", Body: body, Options: o}}}, nil
}

// spanned says which messages of a conversation are shown.
func spanned(from, to, all int) string {
	if from == to {
		return fmt.Sprintf("message #%d of %d", from, all)
	}
	return fmt.Sprintf("messages #%d to #%d of %d", from, to, all)
}

// numbered says which messages a conversation has.
func numbered(all int) string {
	if all == 0 {
		return "the conversation has no messages"
	}
	return fmt.Sprintf("the conversation has %d, #1 to #%[1]d", all)
}
