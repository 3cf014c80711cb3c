package gate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"path"
	"slices"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/internal/base/vocabulary"
	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

// conversation reads the subject, the channel, the queue and the state.
func (v *review) conversation(ctx context.Context) error {
	if !v.may("the conversation", dixaclient.GetConversation.Spec) {
		return nil
	}
	a, err := dixaclient.GetConversation.Do(ctx, v.call.gate.client, dixaclient.GetConversationIn{ConversationRef: v.ref})
	if ok, err := v.done("the conversation", err); !ok {
		return err
	}
	was := &a.Value
	v.Subject, v.requester = safetext.Show(was.Subject), was.RequesterID
	v.Channel, v.State = vocabulary.Channels.Word(was.Channel), vocabulary.States.Word(was.State)
	if was.Queue != nil {
		v.Queue = cmp.Or(v.call.names.lookUp(ctx)(string(dixaclient.QueueThing), string(was.Queue.ID)), string(was.Queue.ID))
	}
	v.To = safetext.Show(tools.CustomerAddress(a.Raw))
	return nil
}

// customer reads who gets what is sent.
func (v *review) customer(ctx context.Context) error {
	if v.requester.Check() != nil || !v.may("the customer", dixaclient.GetEndUser.Spec) {
		return nil
	}
	a, err := dixaclient.GetEndUser.Do(ctx, v.call.gate.client, dixaclient.EndUserRef{UserID: v.requester})
	if ok, err := v.done("the customer", err); !ok {
		return err
	}
	v.Customer = approval.Customer{Name: safetext.Show(a.Value.DisplayName), Email: safetext.Show(a.Value.Email), Phone: safetext.Show(a.Value.PhoneNumber)}
	v.To = cmp.Or(v.To, v.Customer.Email, v.Customer.Phone)
	return nil
}

// messages reads the last messages.
func (v *review) messages(ctx context.Context) error {
	if !v.may("the messages", dixaclient.ListMessages.Spec) {
		return nil
	}
	a, err := dixaclient.ListMessages.Do(ctx, v.call.gate.client, dixaclient.ListMessagesIn{ConversationRef: v.ref})
	if ok, err := v.done("the messages", err); !ok {
		return err
	}
	v.listed = true
	if n := len(a.Value); n > 0 {
		v.newest = string(a.Value[n-1].ID)
	}
	v.Earlier = max(0, len(a.Value)-reviewed)
	o := tools.Thread()
	o.Newest = true
	if !v.sent.IsZero() {
		at := v.sentAt(a.Value)
		if at < 0 {
			v.any = false
			return errors.New("the conversation has no message to the customer from that time any more")
		}
		v.Earlier, o.Newest = max(0, at-1), false
		defer func() { v.Messages = v.Messages[:min(len(v.Messages), at-v.Earlier+1)] }()
	}
	o.Skip, o.Form = v.Earlier, view.AsText
	o.Again = func(int, int) string { return "the conversation in Dixa" }
	o.Names = v.call.names.lookUp(ctx)
	o.Zone = func() *time.Location { return v.call.times.shownIn(ctx) }
	text, err := view.Render(ctx, a.Raw, o)
	if err != nil {
		return err
	}
	v.Thread = safetext.Lines(text.Text)
	o.Form = view.AsJSON
	data, err := view.Render(ctx, a.Raw, o)
	if err != nil {
		return err
	}
	return v.asData(ctx, data.Text, a.Value)
}

// sentWithin is how far the time of a message at Dixa may be from that of the record.
const sentWithin = 5 * time.Minute

// sentAt returns the place of the message to the customer that is nearest to the time of the record, -1 for none.
func (v *review) sentAt(all []dixaclient.Message) int {
	found, nearest := -1, sentWithin
	for i, m := range all {
		if away := m.CreatedAt.Sub(v.sent).Abs(); m.Attributes.Direction == "Outbound" && away <= nearest {
			found, nearest = i, away
		}
	}
	return found
}

// asData fills in the messages as data. The oldest of them may have been left out for length.
func (v *review) asData(ctx context.Context, text string, all []dixaclient.Message) error {
	var shown struct {
		Items []struct {
			ID          dixaclient.UUID
			Author      string
			Untrusted   bool
			Text        string
			Attachments []struct{ PrettyName, URL string }
		}
	}
	if err := json.Unmarshal([]byte(text), &shown); err != nil {
		return errors.New("the messages of the conversation cannot be read")
	}
	names := v.call.names.lookUp(ctx)
	for _, said := range shown.Items {
		at := slices.IndexFunc(all, func(m dixaclient.Message) bool { return m.ID == said.ID })
		if at < 0 { // what is said about the list
			continue
		}
		m := approval.Message{Number: at + 1, At: all[at].CreatedAt.Time, Author: said.Author, Untrusted: said.Untrusted, Text: safetext.Lines(said.Text)}
		switch said.Author {
		case "customer":
		case "agent":
			m.Author = safetext.Show(cmp.Or(names(string(dixaclient.AgentThing), string(all[at].AuthorID)), said.Author))
		default:
			m.Author = "unknown author"
		}
		for _, f := range said.Attachments {
			m.Attachments = append(m.Attachments, safetext.Show(cmp.Or(f.PrettyName, path.Base(f.URL))))
		}
		v.Messages = append(v.Messages, m)
	}
	if len(v.Messages) > 0 {
		v.Earlier = v.Messages[0].Number - 1
	}
	return nil
}
