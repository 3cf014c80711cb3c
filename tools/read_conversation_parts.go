package tools

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/vocabulary"
	"dixa-mcp/internal/view"
)

// conversationReader reads what belongs to a conversation, besides its messages.
type conversationReader struct {
	reads        *Reads
	conversation *d.Conversation
	address      string   // the customer's, where the conversation has one
	told         []string // how the answer names the customer
}

const (
	// mostEarlier is how many earlier conversations of the customer are shown.
	mostEarlier = 5
	// mostNotes is how many notes are shown, the newest.
	mostNotes = 10
	// longestNotes is how many tokens they may have together.
	longestNotes = 1500
)

func (c *conversationReader) ref() d.ConversationRef {
	return d.ConversationRef{ConversationID: c.conversation.ID}
}

// around gives the parts before the messages.
func (c *conversationReader) around(ctx context.Context) ([]view.Part, error) {
	head, err := c.head(ctx)
	if err != nil {
		return nil, err
	}
	customer, earlier, err := c.customer(ctx)
	if err != nil {
		return nil, err
	}
	about, err := c.about(ctx)
	if err != nil {
		return nil, err
	}
	parts := []view.Part{{Name: "conversation", Items: []view.Item{head}}, {Name: "customer", Items: []view.Item{customer}}, {Name: "about", Items: []view.Item{about}}}
	for _, read := range []func(context.Context) (view.Part, error){c.links, c.ratings, c.notes} {
		part, err := read(ctx)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	parts = append(parts, view.Part{Name: "earlier", Items: earlier, List: true})
	if next := c.next(); next != "" {
		parts = append(parts, view.Sentence("next", "Possible next: "+next))
	}
	return slices.DeleteFunc(parts, func(p view.Part) bool { return len(p.Items) == 0 }), nil
}

// head returns the first line.
func (c *conversationReader) head(ctx context.Context) (view.Item, error) {
	v := c.conversation
	facts := c.reads.conversationFacts(v, "Conversation")
	if v.State == "Pending" {
		facts = append(facts, view.Fact{Key: "pendingSince", Label: "pending since", Time: v.StateUpdatedAt.Time},
			view.Fact{Key: "followup", Value: "Dixa does not tell when the follow-up is due", Own: true})
	}
	if v.State == "Closed" {
		facts = append(facts, view.Fact{Key: "closed", Label: "closed", Time: v.StateUpdatedAt.Time})
	}
	facts = append(facts, view.Fact{Key: "anonymized", Label: "anonymized", Time: v.AnonymizedAt.Time})
	if v.State != "Open" || v.Assignment != nil || v.Queue == nil { // it waits in no queue
		return view.Item{Facts: facts}, nil
	}
	position, ok, err := optional(ctx, c.reads, "queue position", d.GetQueuePosition, d.GetQueuePositionIn{ConversationID: v.ID})
	if ok {
		facts = append(facts, view.Fact{Key: "queuePosition", Label: "position in queue", Value: strconv.Itoa(position.Value.Position)})
	}
	return view.Item{Facts: facts}, err
}

// customer says who wrote, and what they wrote about before.
func (c *conversationReader) customer(ctx context.Context) (item view.Item, earlier []view.Item, err error) {
	user := d.EndUserRef{UserID: c.conversation.RequesterID}
	if user.UserID.Check() != nil {
		return view.Item{}, nil, nil
	}
	who, ok, err := optional(ctx, c.reads, "customer", d.GetEndUser, user)
	if err != nil {
		return view.Item{}, nil, err
	}
	item, c.told = view.Item{Facts: []view.Fact{{Key: "email", Label: "Customer", Value: c.address, Outside: true}}}, []string{c.address}
	if ok {
		item, c.told = customerItem(&who.Value), view.Contact(who.Value.DisplayName, cmp.Or(who.Value.Email, who.Value.PhoneNumber))
		item.Facts = append(item.Facts, c.reads.attributeFacts(who.Value.CustomAttributes)...)
	}
	list, ok, err := optional(ctx, c.reads, "earlier conversations", d.ListEndUserConversations, d.ListEndUserConversationsIn{EndUserRef: user, Page: d.Page{PageLimit: customerPage}})
	if err != nil || !ok {
		return item, nil, err
	}
	item.Facts = append(item.Facts, counted(list.Value, list.Next != ""))
	openFirst(list.Value)
	others := slices.DeleteFunc(list.Value, func(o d.Conversation) bool { return o.ID == c.conversation.ID })
	for i := range others[:min(len(others), mostEarlier)] {
		earlier = append(earlier, c.earlierItem(&others[i]))
	}
	return item, earlier, nil
}

// earlierItem describes another conversation of the customer: the day it began, and who has it while it is open.
func (c *conversationReader) earlierItem(other *d.Conversation) view.Item {
	item := c.reads.conversationItem(other, "Also")
	for i := range item.Facts {
		f := &item.Facts[i]
		if f.Key == "created" {
			f.Show = view.DayOnly
		}
		f.Program = f.Key == "assignedTo" && !isOpen(other)
	}
	return item
}

// about returns the line of the subject, the tags and the custom attributes.
func (c *conversationReader) about(ctx context.Context) (view.Item, error) {
	facts := []view.Fact{{Key: "subject", Label: "Subject", Value: c.conversation.Subject, Outside: true}}
	tags, _, err := optional(ctx, c.reads, "tags", d.ListConversationTags, c.ref())
	for _, tag := range tags.Value {
		facts = append(facts, view.Fact{Key: "tags", Label: "tag", Value: tag.Name})
	}
	return view.Item{Facts: append(facts, c.reads.attributeFacts(c.conversation.CustomAttribute)...)}, err
}

// links returns the conversations that this one belongs to, and those that belong to it.
func (c *conversationReader) links(ctx context.Context) (view.Part, error) {
	part := view.Part{Name: "links", List: true}
	if link := c.conversation.Link; link != nil {
		part.Items = append(part.Items, view.Item{Facts: []view.Fact{{Key: "parent", Label: "Linked to", Value: strconv.FormatInt(link.ParentID, 10)}, {Key: "type", Value: link.Type, Word: vocabulary.Kinds.Word(link.Type)}}})
	}
	linked, _, err := optional(ctx, c.reads, "links", d.ListLinkedConversations, c.ref())
	for i := range linked.Value {
		part.Items = append(part.Items, c.reads.conversationItem(&linked.Value[i], "Linked from"))
	}
	return part, err
}

// ratings returns what the customer thought of it.
func (c *conversationReader) ratings(ctx context.Context) (view.Part, error) {
	part := view.Part{Name: "ratings", List: true}
	list, _, err := optional(ctx, c.reads, "rating", d.ListRatings, c.ref())
	for _, rating := range list.Value {
		facts := []view.Fact{{Key: "type", Label: "Rating", Value: string(rating.Type), Word: vocabulary.Kinds.Word(string(rating.Type))}, {Key: "status", Value: rating.Status}}
		if rating.Score != nil {
			facts[1] = view.Fact{Key: "score", Value: strconv.Itoa(*rating.Score)}
		}
		facts = append(facts, c.reads.named("agent", "of", d.AgentThing, string(rating.AgentID)))
		if at, err := d.ParseTime(rating.Timestamps["rated_at"]); err == nil {
			facts = append(facts, view.Fact{Key: "rated", Label: "on", Time: at.Time})
		}
		part.Items = append(part.Items, view.Item{Facts: facts, Text: rating.Comment})
	}
	return part, err
}

// notes returns the newest internal notes, oldest first.
func (c *conversationReader) notes(ctx context.Context) (view.Part, error) {
	part := view.Part{Name: "notes", List: true}
	list, _, err := optional(ctx, c.reads, "notes", d.ListNotes, d.ListNotesIn{ConversationRef: c.ref()})
	slices.SortStableFunc(list.Value, func(a, b d.Note) int { return b.CreatedAt.Compare(a.CreatedAt.Time) })
	room := longestNotes
	for i := range list.Value {
		note := &list.Value[i]
		if room -= view.EstimateTokens(note.Message) + 12; i >= mostNotes || room < 0 && i > 0 {
			rest := fmt.Sprintf("%d older notes: %s", len(list.Value)-i, called(d.ListNotes.Spec.Name, c.ref()))
			part.Items = append(part.Items, view.Item{Facts: []view.Fact{{Key: "more", Value: rest, Own: true}}})
			break
		}
		facts := []view.Fact{{Key: "created", Label: "Note", Time: note.CreatedAt.Time}, c.reads.named("author", "by", d.AgentThing, string(note.AuthorID))}
		part.Items = append(part.Items, view.Item{Facts: facts, Text: note.Message})
	}
	slices.Reverse(part.Items)
	return part, err
}

// possible is something to do about a conversation, and the argument with which update_conversation does it.
type possible struct {
	op       *d.Spec
	argument string
}

// next lists what the agent may do about a conversation in this state, with the tools that it has.
func (c *conversationReader) next() string {
	after := []possible{{d.SendMessage.Spec, ""}, {d.AddNote.Spec, "note"}, {d.TagConversation.Spec, "tag"}, {d.ClaimConversation.Spec, "assignee"}, {d.TransferConversation.Spec, "queue"}, {d.SetFollowup.Spec, "followUp"}, {d.CloseConversation.Spec, "close"}}
	switch {
	case !c.conversation.AnonymizedAt.IsZero():
		return ""
	case !isOpen(c.conversation):
		after = []possible{{d.ReopenConversation.Spec, "reopen"}, {d.AddNote.Spec, "note"}, {d.TagConversation.Spec, "tag"}}
	}
	var names, changes []string
	for _, p := range after {
		with, _, _ := strings.Cut(c.reads.clause("%s", p.op.Name), " or ")
		switch {
		case !c.reads.Granted(p.op) || with == "":
		case with != p.op.Name && p.argument != "" && c.reads.clause("%s", updateConversation.Name) == updateConversation.Name:
			changes = append(changes, p.argument)
		case !slices.Contains(names, with):
			names = append(names, with)
		}
	}
	if len(changes) > 0 {
		names = append(names, updateConversation.Name+" ("+strings.Join(changes, ", ")+")")
	}
	return strings.Join(names, ", ")
}
