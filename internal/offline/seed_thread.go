package offline

import (
	"fmt"
	"strings"
	"time"
)

// thread gives the messages of a conversation, oldest first: its own when it has been written to, otherwise made from the seed.
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

// said gives the words of a conversation's messages alone, which costs much less than the messages.
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
		_, text := t.speak(i)
		all = append(all, text)
	}
	return all
}

func (w *world) newThread(c *conversation) *threadMaker {
	t := &threadMaker{w: w, c: c, v: w.voice(c), r: w.rand("thread", c.id), user: w.users.byID[c.requester], agent: w.personByID(c.agent)}
	t.manners = t.v
	t.manners.r = w.rand("manners", c.id)
	if t.agent == nil {
		t.agent = w.personByID(w.uuid("agent", int64(3+t.r.n(20)))) // answered once and given back to the queue
	}
	t.v.say("subject") // the voice begins with it; see seedConversation
	return t
}

// threadMaker writes the messages of one conversation.
type threadMaker struct {
	w        *world
	c        *conversation
	v        voice // what is said
	manners  voice // how it is opened and closed
	r        *rng  // how it looks
	user     *person
	agent    *person
	in, out  int // messages so far by side
	messages []*message
}

func (t *threadMaker) add(i int) {
	b := t.c.beats[i]
	m := &message{id: t.w.uuid("message", t.c.id*1000+int64(i)), author: t.user.ID, at: b.at, out: b.out}
	if b.out {
		m.author = t.agent.ID
	}
	if t.r.chance(25) {
		m.external = fmt.Sprintf("%d", 10_000_000+t.c.id*100+int64(i))
	}
	var said []string
	said, m.text = t.speak(i)
	switch {
	case t.c.id == demoConversation:
		t.demoMail(m, i)
	case t.c.channel.mail():
		t.mail(m, i, said)
	case t.c.channel.spoken():
		t.call(m, i)
	case t.c.channel.name == "Messenger" && t.c.channel.shape == "MessengerConversation" && i == 0 && t.r.chance(30):
		t.form(m)
	default:
		t.chat(m)
	}
	t.messages = append(t.messages, m)
}

// speak gives the sentences of the i-th message, and its text for search: a call and its recording have none.
func (t *threadMaker) speak(i int) (said []string, text string) {
	if t.c.id == demoConversation {
		return demoWords[i].said, strings.Join(demoWords[i].said, " ")
	}
	out := t.c.beats[i].out
	said = t.sentences(i, out)
	if out {
		t.out++
	} else {
		t.in++
	}
	switch attack := attackOf(t.c.id); {
	case t.wordless(i):
		return said, ""
	case attack >= 0 && i == 0:
		return said, strings.Join(said, " ") + " " + attacks[attack].text
	default:
		return said, strings.Join(said, " ")
	}
}

// wordless tells the parts of a phone conversation that are not its transcript: the call and the recording.
func (t *threadMaker) wordless(i int) bool {
	return t.c.channel.spoken() && (i == 0 || i == 1 && t.c.channel.name != "Voicemail")
}

// sentences is what is said in the i-th message: the matter first, then a more detailed answer and question, then it drags on.
func (t *threadMaker) sentences(i int, out bool) []string {
	v, last := t.v, i == len(t.c.beats)-1
	if t.c.channel.spoken() {
		return t.spoken(i, out)
	}
	short := !t.c.channel.mail()
	switch {
	case out && t.out == 0:
		if short {
			return []string{v.say("reply")}
		}
		return []string{v.common("open"), v.say("reply")}
	case out && (t.out == 1 || last):
		return []string{v.say("fix")}
	case out:
		return []string{v.common("hold")}
	case t.in == 0:
		if short {
			return []string{v.say("open"), v.say("ask")}
		}
		return []string{v.say("open"), v.say("detail"), v.say("ask")}
	case last && t.c.state == stateClosed:
		return []string{v.common("thanks")}
	case t.in == 1:
		return []string{v.say("more")}
	default:
		return []string{v.common("chase")}
	}
}

func (t *threadMaker) spoken(i int, out bool) []string {
	switch {
	case i == 0 && t.c.channel.name != "Voicemail":
		return []string{t.v.common("call")}
	case t.in == 0 && !out:
		return []string{t.v.say("open"), t.v.say("ask")}
	case out:
		return []string{pick(t.r, []string{t.v.say("reply"), t.v.common("call")})}
	default:
		return []string{t.v.common("answer")}
	}
}

// chat is a message of a channel with plain messages.
func (t *threadMaker) chat(m *message) {
	m.attrs = attributes{Content: text(m.text), Direction: side(m.out), Attachments: []file{}, Type: t.c.channel.attrs}
	if t.c.channel.attrs == "ChatAttributes" {
		m.attrs.IsAutomated = flagged(m.out && t.agent.ID == billingBotID)
	}
	if !m.out && t.r.chance(6) {
		m.attrs.Attachments = []file{{privateFile("chat/" + m.id), "IMG_" + t.c.created.Format("0102") + ".jpg"}}
	}
}

// form is the first message of a messenger conversation that began with a form.
func (t *threadMaker) form(m *message) {
	f := t.v.facts
	values := map[string]any{"Name": t.user.DisplayName, "Order": f.orderNumber(), "Message": m.text, "Topic": []string{t.c.topic}}
	var b strings.Builder
	b.WriteString(`<form class="dixa-custom-form-submission"><fieldset>`)
	for _, field := range []string{"Name", "Order", "Message"} {
		fmt.Fprintf(&b, `<div class="dixa-custom-form-field"><label>%s</label><div class="dixa-custom-form-field-value">%s</div></div>`,
			field, escape(values[field].(string)))
	}
	b.WriteString(`</fieldset></form>`)
	m.attrs = attributes{FormSubmission: &formSubmission{values}, Direction: side(m.out), Content: html(b.String()),
		Type: "MessengerFormAttributes"}
}

// call is a part of a phone conversation: the call, its recording, then the transcript, one utterance a message.
func (t *threadMaker) call(m *message, i int) {
	c := t.c
	length := int(c.lastMessage.Sub(c.created)/time.Second) + 20
	switch {
	case i == 0 && c.channel.name != "Voicemail":
		m.attrs = attributes{From: t.user.PhoneNumber, To: c.endpoint, Direction: c.direction, Duration: length, Type: "PhoneAttributes"}
		if m.attrs.From == "" {
			m.attrs.From = "+447700909999" // withheld numbers come with a number of the carrier
		}
	case t.wordless(i):
		m.attrs = attributes{Duration: length, Recording: privateFile("recording/" + m.id), Type: "CallRecordingAttributes"}
	default:
		from := m.at.Sub(c.created).Milliseconds()
		until := from + int64(60*len(m.text))
		m.attrs = attributes{Content: text(m.text), UtteranceStart: &from, UtteranceEnd: &until, Type: "TranscriptAttributes"}
	}
}
