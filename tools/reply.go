package tools

import (
	"context"
	"encoding/json"
	"strings"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

const (
	draftReplyName = "draft_reply"
	replyName      = "reply"
)

// DraftReplyIn is a reply that is written and not sent.
type DraftReplyIn struct {
	d.ConversationRef
	Text     string        `json:"text,omitzero" edit:"template" of:"add_note.message" jsonschema_description:"text or template"`
	Template d.UUID        `json:"template,omitzero" names:"template" of:"list_templates" jsonschema_description:"quick response"`
	AgentID  d.ActingAgent `json:"agentId,omitzero" of:"*.agentId" jsonschema_description:"Dixa agent who acts; default: the API token's user"`
}

func (in *DraftReplyIn) misfit() (field, problem string) {
	return oneText(map[string]string{"text": in.Text, "template": string(in.Template)}, "text", "template")
}

// ReplyIn is a message to the customer, and what becomes of the conversation then.
type ReplyIn struct {
	d.ConversationRef
	Text        string         `json:"text,omitzero" edit:"template draft" of:"send_message.text" jsonschema_description:"text, template or draft"`
	Format      d.TextFormat   `json:"format,omitzero" of:"send_message.format" jsonschema_description:"of text; default Text"`
	Template    d.UUID         `json:"template,omitzero" names:"template" of:"list_templates" jsonschema_description:"quick response"`
	Answers     string         `json:"answers,omitzero" of:"list_messages" jsonschema_description:"the customer's message, #n or id: sent only while it is the newest"`
	Draft       string         `json:"draft,omitzero" of:"list_notes" jsonschema_description:"number, such as D-7K2Q"`
	AgentID     d.ActingAgent  `json:"agentId" of:"send_message.agentId" jsonschema_description:"Dixa agent who writes"`
	Close       bool           `json:"close,omitzero" of:"close_conversation" jsonschema_description:"afterwards"`
	FollowUp    d.Time         `json:"followUp,omitzero" of:"set_followup.timestamp" time:"future" jsonschema_description:"set it aside until then"`
	Attachments []d.Attachment `json:"attachments,omitzero" of:"send_message.attachments"`
	Cc          []string       `json:"cc,omitzero" contact:"email" of:"send_message.cc"`
	Bcc         []string       `json:"bcc,omitzero" contact:"email" of:"send_message.bcc"`
}

func (in *ReplyIn) misfit() (field, problem string) {
	switch {
	case in.Format != "" && in.Text == "":
		return "format", "is only for text: templates and drafts are sent as plain text"
	case in.Close && !in.FollowUp.IsZero():
		return "close", "cannot be given together with followUp: what is closed does not come back"
	}
	return oneText(map[string]string{"text": in.Text, "template": string(in.Template), "draft": in.Draft}, "text", "template", "draft")
}

// oneText refuses a call that says in none or several of its arguments what is to be written.
func oneText(given map[string]string, names ...string) (field, problem string) {
	var with []string
	for _, name := range names {
		if given[name] != "" {
			with = append(with, name)
		}
	}
	switch len(with) {
	case 0:
		return names[0], "must be given, or " + strings.Join(names[1:], " or ")
	case 1:
		return "", ""
	}
	return with[1], "cannot be given together with " + with[0] + ": give one of them"
}

var (
	// what is read to fill in a quick response
	fillingIn = []*d.Spec{d.ListTemplates.Spec, d.GetConversation.Spec, d.GetEndUser.Spec, d.GetAgent.Spec, d.ListAgents.Spec}

	draftReply = planned(draftReplyName, "drafted a reply in conversation {conversationId}",
		"Write a reply without sending it: it is left as an internal note that says so. Gives its number.", d.Write,
		[]*d.Spec{d.AddNote.Spec}, append([]*d.Spec{d.ListNotes.Spec}, fillingIn...), planDraft)

	reply = planned(replyName, "replied in conversation {conversationId}",
		"Send the customer a reply: a text, a quick response, or a draft that is unchanged.", d.Send,
		[]*d.Spec{d.SendMessage.Spec}, append([]*d.Spec{d.CloseConversation.Spec, d.SetFollowup.Spec, d.ListNotes.Spec, d.ListMessages.Spec}, fillingIn...), planReply)
)

// planDraft leaves a note, unless the same draft is there, waits to be sent and can be read.
func planDraft(ctx context.Context, r *Reads, in DraftReplyIn) ([]Step, error) {
	box := &draftBox{r, in.ConversationRef}
	w := &draft{agent: r.Agent, by: box.author(), text: canonical(in.Text)}
	var details []view.Fact
	if in.Template != "" {
		q, err := (&templateReader{r, draftReplyName, in.ConversationRef, in.AgentID}).quickResponse(ctx, in.Template)
		if err != nil {
			return nil, err
		}
		w.text, w.language, details = q.text, q.language, q.facts()
	}
	if w.text == "" {
		return nil, &d.InputError{Operation: draftReplyName, Field: "text", Problem: "has nothing but spaces"}
	}
	note, err := box.seal(w)
	if err != nil {
		return nil, err
	}
	there, err := box.same(ctx, w)
	if err != nil {
		return nil, err
	}
	if there != nil {
		w.number = there.number
	}
	s := step(d.AddNote, d.AddNoteIn{ConversationRef: in.ConversationRef, Message: note, AgentID: in.AgentID}, "draft "+w.number)
	s.Key, s.After, s.Once, s.Text, s.Details = "draft", "note added, nothing sent", true, w.text, details
	s.Draft = &DraftUse{DraftWritten, r.Agent, w.number}
	if there != nil {
		s.Same, s.After, s.Draft = true, "it is there already", nil
	}
	s.Next = "An agent with reply can send it, or a colleague copies it from the note in Dixa."
	if r.clause("%s", replyName) != "" && r.Granted(d.ListNotes.Spec) && r.Granted(d.ListMessages.Spec) { // see [draftBox.find]
		arguments, err := json.Marshal(sendingDraft{in.ConversationRef, w.number, ""})
		if err != nil {
			return nil, err
		}
		s.Next = "To send it: " + replyName + " " + string(arguments)
	}
	return []Step{s}, nil
}

// sendingDraft are the arguments of [reply] that send a draft.
type sendingDraft struct {
	d.ConversationRef
	Draft   string        `json:"draft"`
	AgentID d.ActingAgent `json:"agentId,omitzero"`
}

// SendingDraft returns the tool and the arguments that send a draft which a step of [draftReply] left; ok is false for another
// step.
func SendingDraft(s *Step) (tool string, arguments json.RawMessage, ok bool) {
	note, isNote := s.In.(*d.AddNoteIn)
	if !isNote || s.Draft == nil || s.Draft.Outcome != DraftWritten {
		return "", nil, false
	}
	arguments, err := json.Marshal(sendingDraft{note.ConversationRef, s.Draft.Number, note.AgentID})
	return replyName, arguments, err == nil
}

// planReply sends a message. It cannot be repeated, and comes first all the same: a conversation is closed or set aside after it.
func planReply(ctx context.Context, r *Reads, in ReplyIn) ([]Step, error) {
	once, err := readAnswering(ctx, r.Client, in)
	if err != nil {
		return nil, err
	}
	if once != nil && once.over != "" {
		return []Step{once.notSent()}, nil
	}
	p := &updatePlan{reads: r, was: &conversationState{}, in: UpdateConversationIn{ConversationRef: in.ConversationRef, ConversationChange: ConversationChange{Close: in.Close, FollowUp: in.FollowUp}}}
	if (in.Close || !in.FollowUp.IsZero()) && r.Granted(d.GetConversation.Spec) {
		was, err := readState(ctx, r, in.ConversationRef, false)
		if err != nil {
			return nil, err
		}
		p.was = was
	}
	if p.was.State == "Closed" && !in.FollowUp.IsZero() {
		return nil, &d.InputError{Operation: replyName, Field: "followUp", Problem: "needs an open conversation, and this one is closed"}
	}
	sent, err := replyMessage(ctx, r, in)
	if err != nil {
		return nil, err
	}
	once.hold(sent)
	actor := func(op *d.Spec, request any) d.ActingAgent { // in whose name the operation is done: the reply's, where the agent may say so
		if r.May(op, request) {
			return in.AgentID
		}
		return ""
	}
	if in.Close {
		p.in.AgentID = actor(d.CloseConversation.Spec, d.CloseConversationIn{ConversationRef: in.ConversationRef, AgentID: in.AgentID})
		p.close()
	}
	p.in.AgentID = actor(d.SetFollowup.Spec, d.SetFollowupIn{ConversationRef: in.ConversationRef, Timestamp: in.FollowUp, AgentID: in.AgentID})
	if err := p.followUp(); err != nil {
		return nil, err
	}
	for i := range p.steps { // the message may have changed what they change
		p.steps[i].Same, p.steps[i].Holds = false, nil
	}
	return append([]Step{*sent}, p.steps...), nil
}

// replyMessage returns the step that sends the message.
func replyMessage(ctx context.Context, r *Reads, in ReplyIn) (*Step, error) {
	out := d.SendMessageIn{ConversationRef: in.ConversationRef, MessageText: d.MessageText{Text: in.Text, Format: in.Format}, AgentID: in.AgentID,
		MessageExtras: d.MessageExtras{Attachments: in.Attachments}, Cc: in.Cc, Bcc: in.Bcc}
	var from Step
	box := &draftBox{r, in.ConversationRef}
	switch {
	case in.Draft != "":
		w, err := box.find(ctx, draftGiven(in.Draft))
		if err != nil {
			return nil, err
		}
		out.Text, from.State, from.Holds = w.text, string(w.note.ID), box.holds(w)
		from.Draft = &DraftUse{Outcome: DraftSent, Agent: w.agent}
		from.Details = []view.Fact{
			{Key: "draft", Value: "draft " + w.number + " by " + w.agent, Own: true},
			{Key: "language", Label: "in", Value: w.language},
		}
		from.Next = "The note with the draft stays in Dixa."
	case in.Template != "":
		q, err := (&templateReader{r, replyName, in.ConversationRef, in.AgentID}).quickResponse(ctx, in.Template)
		if err != nil {
			return nil, err
		}
		out.Text, from.Details = q.text, q.facts()
	}
	if from.Draft == nil {
		use, err := box.edited(ctx, out.Text)
		if err != nil {
			return nil, err
		}
		from.Draft = use
	}
	s := step(d.SendMessage, out, "message")
	s.After, s.Once, s.Text = "sent", true, out.Text
	s.State, s.Holds, s.Draft, s.Details, s.Next = from.State, from.Holds, from.Draft, from.Details, from.Next
	return &s, nil
}

// facts says which quick response a text is, and in which language.
func (q *quickResponse) facts() []view.Fact {
	facts := []view.Fact{{Key: "template", Label: "template", Value: q.name}}
	switch {
	case q.language != "":
		facts = append(facts, view.Fact{Key: "language", Label: "in", Value: q.language})
	case q.wanted != "":
		facts = append(facts, view.Fact{Key: "language", Value: "in its default language (no translation into " + view.Value(q.wanted, true) + ")", Own: true})
	default:
		facts = append(facts, view.Fact{Key: "language", Value: "in its default language", Own: true})
	}
	return facts
}
