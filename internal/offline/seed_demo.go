package offline

import (
	"fmt"
	"time"
)

// demoConversation is the one that the documentation uses: open, in Billing, about a double charge, with an answer missing.
const demoConversation = 1234

// demoWords is what is said in it, and by which side.
var demoWords = []struct {
	out  bool
	said []string
}{
	{false, []string{"I have just checked my account and there is a double charge for order HB-204518.",
		"There are two payments of £84.90, both dated the same day. I only placed one order.",
		"Please refund one of the two payments as soon as possible."}},
	{true, []string{"Thanks for reaching out, and I am sorry for the trouble.",
		"I can see two captures of £84.90 on order HB-204518, and I have asked our finance team to reverse the second one. " +
			"It takes three to five working days."}},
	{false, []string{"Thank you for the quick answer. I will keep an eye on my account."}},
	{true, []string{"Just to let you know that finance has confirmed the reversal. The reference for your bank is INV-204518-R."}},
	{false, []string{"I am afraid that the £84.90 never arrived, and my bank cannot find the reference INV-204518-R either.",
		"Could you please look into this again and tell me when I get my money back?"}},
}

// demoState puts the demo conversation where the documentation says it is.
func (w *world) demoState(c *conversation) {
	c.language, c.direction, c.browser, c.link, c.anonymized = "en", "Inbound", nil, nil, time.Time{}
	c.subject, c.endpoint = "Double charge on order HB-204518, please refund", "billing@email.dixa.io"
	c.agent, c.assigned = w.agents.list[9].ID, c.created.Add(35*time.Minute)
	c.beats = nil
	for i, d := range demoWords {
		at := c.created.Add(time.Duration(i) * 50 * time.Minute)
		if i == len(demoWords)-1 {
			at = w.anchor.Add(-26 * time.Hour)
		}
		c.beats = append(c.beats, beat{at, d.out})
	}
	c.lastMessage = c.beats[len(c.beats)-1].at
	c.enter(stateOpen, c.lastMessage)
	c.touched = c.lastMessage
	c.tags = []string{refundTagID, w.tagNamed("double-charge").id}
	c.attrs = map[string]any{
		w.attributeNamed("order_number").id:   "HB-204518",
		w.attributeNamed("contact_reason").id: []string{"payment", "double_charge"},
	}
}

// demoMail writes a message of the demo conversation: HTML with a quote, a signature and a tracking pixel.
func (t *threadMaker) demoMail(m *message, i int) {
	said := demoWords[i].said
	t.mail(m, 0, said)
	m.attrs.Attachments, m.attrs.Cc = []file{}, []contact{}
	hello, bye := "Dear Havbris team,", "Kind regards<br>Emma Clarke"
	tail := ""
	if m.out {
		hello, bye = "Hi Emma,", "Best regards"
		tail = fmt.Sprintf(signature, escape(t.agent.DisplayName)) + fmt.Sprintf(tracker, m.id)
	} else {
		tail = `<p style="font-size:11px">-- <br>Emma Clarke &middot; 14 Harbour Road &middot; Bristol</p>` + disclaimer
	}
	if i > 0 {
		before := t.messages[i-1]
		tail += fmt.Sprintf(gmailQuote, before.at.Format("Mon, 2 Jan 2006 at 15:04"), "Havbris &amp; Emma Clarke", "<p>"+escape(before.text)+"</p>")
	}
	m.attrs.EmailContent = regular(html("<html><body>" + htmlBody(hello, said, bye) + tail + "</body></html>"))
}
