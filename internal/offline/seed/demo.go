package seed

import (
	"fmt"
	"time"

	"dixa-mcp/internal/offline/desk"
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
func (w *maker) demoState(c *desk.Conversation) {
	r := w.Rand("demo", c.ID)
	const luis = 9
	c.Language, c.Direction, c.Browser, c.Link, c.Anonymized = "en", "Inbound", nil, nil, time.Time{}
	c.Subject, c.Endpoint = "Double charge on order HB-204518, please refund", "billing@email.dixa.io"
	c.Agent, c.Mover, c.Misplaced = w.Agents.List[luis].ID, "", ""
	c.Beats = nil
	at := c.Created
	for i, d := range demoWords {
		switch {
		case i == len(demoWords)-1:
			at = w.awake(r, w.Anchor.Add(-26*time.Hour))
		case d.out:
			at = w.atWork(r, luis, at.Add(50*time.Minute))
		case i > 0:
			at = w.awake(r, at.Add(50*time.Minute))
		}
		c.Beats = append(c.Beats, desk.Beat{At: at, Out: d.out})
	}
	c.Assigned = w.sinceShift(luis, c.Beats[1].At, 15*time.Minute, c.Created)
	c.LastMessage = c.Beats[len(c.Beats)-1].At
	c.Enter(desk.StateOpen, c.LastMessage)
	c.Touched = c.LastMessage
	c.Tags = []string{refundTagID, w.TagNamed("double-charge").ID}
	c.Attributes = map[string]any{
		w.AttributeNamed("order_number").ID:   "HB-204518",
		w.AttributeNamed("contact_reason").ID: []string{"payment", "double_charge"},
	}
}

// demoMail writes a message of the demo conversation: HTML with a quote, a signature and a tracking pixel.
func (t *threadMaker) demoMail(m *desk.Message, i int) {
	said := demoWords[i].said
	t.mail(m, i, line{said: said})
	m.Attributes.Attachments, m.Attributes.Cc = []desk.File{}, []desk.Contact{}
	lines := append(append(written{"Dear Havbris team,"}, said...), "Kind regards", "Emma Clarke")
	tail := `<p style="font-size:11px">-- <br>Emma Clarke &middot; 14 Harbour Road &middot; Bristol</p>` + fmt.Sprintf(disclaimer, escape(t.phrase("small")))
	if m.Out {
		lines = append(append(written{"Hi Emma,"}, said...), "Best regards", t.agent.FirstName)
		tail = fmt.Sprintf(signature, escape(t.agent.DisplayName)) + fmt.Sprintf(tracker, m.ID)
	}
	if i > 0 {
		tail += fmt.Sprintf(gmailQuote, escape(t.attribution(i)), t.written[i-1].html())
	}
	t.written[i] = lines
	m.Attributes.EmailContent = desk.RegularContent(desk.HTMLContent("<html><body>" + lines.html() + tail + "</body></html>"))
}
