package offline

import (
	"fmt"
	"strings"
	"time"

	"dixa-mcp/internal/offline/fiction"
)

// thread returns the messages of a conversation, oldest first: its own when it has been written to, otherwise made from the seed.
func (w *world) thread(c *conversation) []*message {
	if c.own {
		return c.messages
	}
	t := w.newThread(c)
	for i := range c.beats {
		t.add(i)
	}
	if !c.anonymized.IsZero() {
		for _, m := range t.messages {
			m.redact()
		}
	}
	return t.messages
}

// said returns the words of a conversation's messages alone, which costs much less than the messages.
func (w *world) said(c *conversation) []string {
	var all []string
	if c.own {
		for _, m := range c.messages {
			all = append(all, m.text)
		}
		return all
	}
	t := w.newThread(c)
	for i := range c.beats {
		all = append(all, t.text(i, t.script.line(i)))
	}
	return all
}

func (w *world) newThread(c *conversation) *threadMaker {
	t := &threadMaker{w: w, c: c, r: w.rand("thread", c.id), user: w.users.byID[c.requester], agent: w.personByID(c.agent),
		script: script{c: c, v: w.voice(c)}, manners: w.rand("manners", c.id)}
	return t
}

// threadMaker writes the messages of one conversation.
type threadMaker struct {
	w        *world
	c        *conversation
	script   script       // what is said
	manners  *fiction.RNG // how it is opened and closed
	r        *fiction.RNG // how it looks
	user     *person
	agent    *person
	messages []*message
	written  []written // what a reader sees of each mail
}

func (t *threadMaker) add(i int) {
	b := t.c.beats[i]
	m := &message{id: t.w.uuid("message", t.c.id*1000+int64(i)), author: t.user.ID, at: b.at, out: b.out}
	if b.out {
		m.author = t.agent.ID
	}
	if t.r.Chance(25) {
		m.external = fmt.Sprintf("%d", 10_000_000+t.c.id*100+int64(i))
	}
	l := t.script.line(i)
	if t.c.id == demoConversation {
		l.said = demoWords[i].said
	}
	m.text = t.text(i, l)
	switch {
	case t.c.id == demoConversation:
		t.demoMail(m, i)
	case t.c.channel.mail():
		t.mail(m, i, l)
	case t.c.channel.spoken():
		t.call(m, i)
	case t.c.channel.shape == "MessengerConversation" && i == 0 && t.c.language == "en" && t.r.Chance(60):
		t.form(m)
	default:
		t.chat(m, l)
	}
	t.messages = append(t.messages, m)
}

// text returns the text of a message for search.
func (t *threadMaker) text(i int, l line) string {
	switch attack := attackOf(t.c.id); {
	case t.c.id == demoConversation:
		return strings.Join(demoWords[i].said, " ")
	case attack >= 0 && i == 0 && attacks[attack].text != "":
		return l.text() + " " + attacks[attack].text
	default:
		return l.text()
	}
}

// files returns the files that are sent with a line.
func (t *threadMaker) files(m *message, l line) []file {
	files := []file{}
	for _, kind := range l.files {
		name := map[string]string{
			"invoice": t.script.v.facts.invoiceNumber() + ".pdf", "label": "return-label-" + t.script.v.facts.orderNumber() + ".pdf",
			"photo": "IMG_" + m.at.Format("20060102_1504") + ".jpg",
		}[kind]
		files = append(files, file{privateFile("attachment/" + kind + "-" + m.id + "/" + name), name})
	}
	return files
}

// chat makes a message of a channel with plain messages.
func (t *threadMaker) chat(m *message, l line) {
	m.attrs = attributes{Content: text(m.text), Direction: side(m.out), Attachments: t.files(m, l), Type: t.c.channel.attrs}
	if t.c.channel.attrs == "ChatAttributes" {
		m.attrs.IsAutomated = flagged(m.out && t.agent.ID == billingBotID)
	}
}

// topicLabels are what customers choose from in a form.
var topicLabels = map[string]string{"refund": "Refund", "double": "Payment", "delivery": "Delivery", "invoice": "Invoice", "login": "My account",
	"damaged": "Damaged item", "subscription": "Havbris Plus", "complaint": "Complaint", "return": "Return", "product": "Products"}

// form makes the first message of a messenger conversation that began with a form.
func (t *threadMaker) form(m *message) {
	values := map[string]any{"Name": t.user.DisplayName, "Message": m.text, "Topic": []string{topicLabels[t.c.topic]}}
	fields := []string{"Name", "Message"}
	if hasOrder(t.c.topic) {
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
	m.attrs = attributes{FormSubmission: &formSubmission{values}, Direction: side(m.out), Content: html(b.String()),
		Type: "MessengerFormAttributes"}
}

// call makes a part of a phone conversation: the call, then the transcript, one utterance a message, and the recording.
func (t *threadMaker) call(m *message, i int) {
	c := t.c
	length := int(c.lastMessage.Sub(c.created) / time.Second)
	switch {
	case i == 0 && c.channel.name != "Voicemail":
		m.attrs = attributes{From: t.user.PhoneNumber, To: c.endpoint, Direction: c.direction, Duration: length, Type: "PhoneAttributes"}
	case c.wordless(i):
		if c.channel.name == "Voicemail" { // as long as what is said in it
			length += 14 + t.r.N(9)
		}
		m.attrs = attributes{Duration: length, Recording: privateFile("recording/" + m.id), Type: "CallRecordingAttributes"}
	default:
		from := m.at.Sub(c.created).Milliseconds()
		until := from + int64(55*len(m.text))
		if i+1 < len(c.beats) {
			until = min(until, c.beats[i+1].at.Sub(c.created).Milliseconds()-150)
		}
		m.attrs = attributes{Content: text(m.text), UtteranceStart: &from, UtteranceEnd: &until, Type: "TranscriptAttributes"}
	}
}
