package seed

import (
	"fmt"
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/fiction"
)

// WriteMessages writes the messages of a conversation, oldest first.
func (w *maker) WriteMessages(c *desk.Conversation) []*desk.Message {
	t := w.newThread(c)
	for i := range c.Beats {
		t.add(i)
	}
	if !c.Anonymized.IsZero() {
		for _, m := range t.messages {
			m.Redact()
		}
	}
	return t.messages
}

// WriteWords writes the words of a conversation's messages alone, which costs much less than the messages.
func (w *maker) WriteWords(c *desk.Conversation) []string {
	var all []string
	t := w.newThread(c)
	for i := range c.Beats {
		all = append(all, t.text(i, t.script.line(i)))
	}
	return all
}

func (w *maker) newThread(c *desk.Conversation) *threadMaker {
	t := &threadMaker{w: w, c: c, r: w.Rand("thread", c.ID), user: w.Users.ByID[c.Requester], agent: w.PersonByID(c.Agent),
		script: script{c: c, v: w.voice(c)}, manners: w.Rand("manners", c.ID)}
	return t
}

// threadMaker writes the messages of one conversation.
type threadMaker struct {
	w        *maker
	c        *desk.Conversation
	script   script       // what is said
	manners  *fiction.RNG // how it is opened and closed
	r        *fiction.RNG // how it looks
	user     *desk.Person
	agent    *desk.Person
	messages []*desk.Message
	written  []written // what a reader sees of each mail
}

func (t *threadMaker) add(i int) {
	b := t.c.Beats[i]
	m := &desk.Message{ID: t.w.UUID("message", t.c.ID*1000+int64(i)), Author: t.user.ID, At: b.At, Out: b.Out}
	if b.Out {
		m.Author = t.agent.ID
	}
	if t.r.Chance(25) {
		m.External = fmt.Sprintf("%d", 10_000_000+t.c.ID*100+int64(i))
	}
	l := t.script.line(i)
	if t.c.ID == demoConversation {
		l.said = demoWords[i].said
	}
	m.Text = t.text(i, l)
	switch {
	case t.c.ID == demoConversation:
		t.demoMail(m, i)
	case t.c.Channel.Mail():
		t.mail(m, i, l)
	case t.c.Channel.Spoken():
		t.call(m, i)
	case t.c.Channel.Shape == "MessengerConversation" && i == 0 && t.c.Language == "en" && t.r.Chance(60):
		t.form(m)
	default:
		t.chat(m, l)
	}
	t.messages = append(t.messages, m)
}

// text returns the text of a message for search.
func (t *threadMaker) text(i int, l line) string {
	switch attack := attackOf(t.c.ID); {
	case t.c.ID == demoConversation:
		return strings.Join(demoWords[i].said, " ")
	case attack >= 0 && i == 0 && attacks[attack].text != "":
		return l.text() + " " + attacks[attack].text
	default:
		return l.text()
	}
}

// files returns the files that are sent with a line.
func (t *threadMaker) files(m *desk.Message, l line) []desk.File {
	files := []desk.File{}
	for _, kind := range l.files {
		name := map[string]string{
			"invoice": t.script.v.facts.invoiceNumber() + ".pdf", "label": "return-label-" + t.script.v.facts.orderNumber() + ".pdf",
			"photo": "IMG_" + m.At.Format("20060102_1504") + ".jpg",
		}[kind]
		files = append(files, desk.File{URL: desk.PrivateFile("attachment/" + kind + "-" + m.ID + "/" + name), PrettyName: name})
	}
	return files
}

// chat makes a message of a channel with plain messages.
func (t *threadMaker) chat(m *desk.Message, l line) {
	m.Attributes = desk.MessageAttributes{Content: desk.TextContent(m.Text), Direction: desk.Side(m.Out), Attachments: t.files(m, l), Type: t.c.Channel.AttributesType}
	if t.c.Channel.AttributesType == "ChatAttributes" {
		m.Attributes.IsAutomated = new(m.Out && t.agent.ID == billingBotID)
	}
}

// topicLabels are what customers choose from in a form.
var topicLabels = map[string]string{"refund": "Refund", "double": "Payment", "delivery": "Delivery", "invoice": "Invoice", "login": "My account",
	"damaged": "Damaged item", "subscription": "Havbris Plus", "complaint": "Complaint", "return": "Return", "product": "Products"}

// form makes the first message of a messenger conversation that began with a form.
func (t *threadMaker) form(m *desk.Message) {
	values := map[string]any{"Name": t.user.DisplayName, "Message": m.Text, "Topic": []string{topicLabels[t.c.Topic]}}
	fields := []string{"Name", "Message"}
	if hasOrder(t.c.Topic) {
		values["Order"] = t.script.v.facts.orderNumber()
		fields = []string{"Name", "Order", "Message"}
	}
	var b strings.Builder
	b.WriteString(`<form class="dixa-custom-form-submission"><fieldset>`)
	for _, field := range fields {
		fmt.Fprintf(&b, `<div class="dixa-custom-form-field"><label>%s</label><div class="dixa-custom-form-field-value">%s</div></div>`,
			field, escape(values[field].(string)))
	}
	b.WriteString(`</fieldset></form>`)
	m.Attributes = desk.MessageAttributes{FormSubmission: &desk.FormSubmission{Values: values}, Direction: desk.Side(m.Out), Content: desk.HTMLContent(b.String()),
		Type: "MessengerFormAttributes"}
}

// call makes a part of a phone conversation: the call, then the transcript, one utterance a message, and the recording.
func (t *threadMaker) call(m *desk.Message, i int) {
	c := t.c
	length := int(c.LastMessage.Sub(c.Created) / time.Second)
	switch {
	case i == 0 && c.Channel.Name != "Voicemail":
		m.Attributes = desk.MessageAttributes{From: t.user.PhoneNumber, To: c.Endpoint, Direction: c.Direction, Duration: length, Type: "PhoneAttributes"}
	case wordless(c, i):
		if c.Channel.Name == "Voicemail" { // as long as what is said in it
			length += 14 + t.r.N(9)
		}
		m.Attributes = desk.MessageAttributes{Duration: length, Recording: desk.PrivateFile("recording/" + m.ID), Type: "CallRecordingAttributes"}
	default:
		from := m.At.Sub(c.Created).Milliseconds()
		until := from + int64(55*len(m.Text))
		if i+1 < len(c.Beats) {
			until = min(until, c.Beats[i+1].At.Sub(c.Created).Milliseconds()-150)
		}
		m.Attributes = desk.MessageAttributes{Content: desk.TextContent(m.Text), UtteranceStart: &from, UtteranceEnd: &until, Type: "TranscriptAttributes"}
	}
}
