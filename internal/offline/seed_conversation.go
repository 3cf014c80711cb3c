package offline

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"dixa-mcp/internal/offline/fiction"
)

// topics is what people write about, where it goes, and what it is tagged with.
var topics = []struct {
	name   string
	queue  int // index into the queues
	tags   []string
	reason []string // path in the attribute contact_reason
	share  int      // of a hundred
}{
	{"refund", 0, []string{"refund", "refund-pending"}, []string{"payment", "refund"}, 13},
	{"double", 0, []string{"double-charge", "refund", "payment"}, []string{"payment", "double_charge"}, 6},
	{"delivery", 5, []string{"late-delivery", "lost-parcel"}, []string{"delivery", "late"}, 21},
	{"invoice", 0, []string{"invoice", "b2b"}, []string{"payment", "invoice"}, 10},
	{"login", 2, []string{"login", "password-reset", "app"}, []string{"account", "login"}, 11},
	{"damaged", 1, []string{"damaged", "warranty"}, []string{"product", "damaged"}, 10},
	{"subscription", 6, []string{"subscription", "cancellation"}, []string{"account", "membership"}, 8},
	{"complaint", 7, []string{"complaint", "escalated"}, []string{"other"}, 5},
	{"return", 1, []string{"return", "exchange", "wrong-item"}, []string{"product", "return"}, 11},
	{"product", 4, []string{"presale", "stock"}, []string{"product", "question"}, 5},
}

// topicOf returns the index of a topic.
func topicOf(name string) int {
	for i := range topics {
		if topics[i].name == name {
			return i
		}
	}
	return 0
}

// hasOrder reports whether people who write about a topic have an order.
func hasOrder(topic string) bool {
	return topic != "product" && topic != "subscription" && topic != "login"
}

// The moods of customers that show in what they write.
const (
	angry    = "angry"
	confused = "confused"
)

// seedConversation makes a conversation, in all but its texts. The ids grow with the time of creation.
func (w *world) seedConversation(id int64) *conversation {
	r := w.rand("conversation", id)
	c := &conversation{id: id, direction: "Inbound", attrs: map[string]any{}, created: w.seedMoment(r, id)}
	u := w.seedRequester(r, c)
	c.requester, c.language, c.nth = u.ID, u.language, w.inLanguage[u.language]
	w.inLanguage[u.language]++
	topic := w.chooseTopic(r, c)
	w.chooseChannel(r, c, u)
	w.chooseQueue(r, c, u, topic)
	w.chooseMood(r, c)
	agent := w.seedAssignee(r, c)
	w.chooseEndpoint(r, c)
	ended := w.seedBeats(r, c, agent)
	w.seedState(r, c, agent, ended)
	w.seedTagging(r, c, topic)
	if c.channel.mail() {
		c.subject = w.voice(c).say(subjectOf(c), c.created)
		if c.misplaced == "" {
			c.queued = c.created.Add(r.Between(time.Second, 40*time.Second))
		}
	}
	if c.channel.shape == "ChatConversation" || c.channel.shape == "MessengerConversation" {
		c.browser = seedBrowser(r)
	}
	w.seedLink(r, c)
	if id == demoConversation {
		w.demoState(c)
	}
	return c
}

// subjectOf returns the kind of a conversation's subject.
func subjectOf(c *conversation) string {
	if c.direction == "Outbound" {
		return "ourSubject"
	}
	return "subject"
}

// seedMoment spreads the creation over the days as people write: much on Monday mornings, little at night.
func (w *world) seedMoment(r *fiction.RNG, id int64) time.Time {
	total := w.arrivals[len(w.arrivals)-1]
	// Each conversation has a share of the total, and comes somewhere in it.
	place := (int(id-firstConversation)*1000 + r.N(1000)) * (total / 1000) / seedConversations
	hour := max(sort.SearchInts(w.arrivals, place+1)-1, 0)
	within := float64(place-w.arrivals[hour]) / float64(max(w.arrivals[hour+1]-w.arrivals[hour], 1))
	start := w.anchor.Add(-seedDays * 24 * time.Hour).Add(time.Duration(hour) * time.Hour)
	return start.Add(time.Duration(within * float64(time.Hour))).Truncate(time.Second)
}

// emmas are the conversations of the customer of conversation 1234, beside those that fall to her.
var emmas = []int64{demoConversation, 1107, 1622, 2410}

// seedRequester chooses who wrote: some people write often, and some write again about the same order, in another channel even.
func (w *world) seedRequester(r *fiction.RNG, c *conversation) *person {
	if slices.Contains(emmas, c.id) {
		return w.users.list[0]
	}
	if before := w.unsolved(r, c); before != nil {
		c.about = before
		before.repeated = true
		return w.users.byID[before.requester]
	}
	n := r.N(seedUsers)
	if r.Chance(25) {
		n = r.N(seedUsers / 10)
	}
	u := w.users.list[n]
	for attackOf(c.id) >= 0 && (u.language != "en" || u.Email == "") { // attacks are English mails
		n = (n + 1) % seedUsers
		u = w.users.list[n]
	}
	return u
}

// unsolved returns a recent conversation that did not end well, about which the customer writes again; mostly nil.
func (w *world) unsolved(r *fiction.RNG, c *conversation) *conversation {
	if len(w.conversations) < 200 || attackOf(c.id) >= 0 || !r.Chance(9) {
		return nil
	}
	before := w.conversations[len(w.conversations)-20-r.N(160)]
	thanked := before.state == stateClosed && !before.beats[len(before.beats)-1].out
	if before.about != nil || before.repeated || thanked || !hasOrder(before.topic) || before.channel.spoken() || attackOf(before.id) >= 0 ||
		slices.Contains(emmas, before.id) || c.created.Sub(before.created) < 30*time.Hour || before.lastMessage.After(c.created) {
		return nil
	}
	return before
}

func (w *world) chooseTopic(r *fiction.RNG, c *conversation) int {
	n, i := r.N(100), 0
	for i < len(topics)-1 && n >= topics[i].share {
		n -= topics[i].share
		i++
	}
	switch {
	case c.id == demoConversation:
		i = topicOf("double")
	case c.about != nil:
		i = topicOf(c.about.topic)
	}
	c.topic = topics[i].name
	return i
}

// chooseChannel takes one that the requester can use at that time: mail needs an address, calls and messages a number. Chats and calls
// are answered while it is open, the phone in English alone.
func (w *world) chooseChannel(r *fiction.RNG, c *conversation, u *person) {
	n := r.N(1000)
	for _, ch := range channels {
		if c.channel = ch; n < ch.share {
			break
		}
		n -= ch.share
	}
	if c.id == demoConversation || attackOf(c.id) >= 0 {
		c.channel = channels[0]
		return
	}
	line, number := w.line.Until(c.created), u.PhoneNumber != ""
	open := line.Sub(c.created) > 15*time.Minute && c.about == nil // who writes again wants it in writing
	usable := true
	switch name := c.channel.name; {
	case c.channel.mail():
		usable = u.Email != ""
	case name == "Voicemail":
		usable = number && c.language == "en" && line.IsZero()
	case c.channel.spoken():
		usable = number && c.language == "en" && open
	case name == "Sms":
		usable = number && c.language == "en"
	case name == "WhatsApp":
		usable = number
	case c.channel.live():
		care := w.care.Until(c.created)
		usable = care.Sub(c.created) > time.Hour
	}
	switch {
	case usable:
	case c.channel.spoken() && number && c.language == "en" && line.IsZero() && r.Chance(40):
		c.channel = channelNamed("Voicemail")
	case u.Email != "" && c.channel.live():
		c.channel = channelNamed("ContactForm")
	case u.Email != "":
		c.channel = channels[0]
	default:
		c.channel = channelNamed("WhatsApp")
	}
}

// chooseQueue routes a conversation by topic; calls and gold members have queues of their own. Some mails come to the
// wrong address.
func (w *world) chooseQueue(r *fiction.RNG, c *conversation, u *person, topic int) {
	tier, _ := u.attrs[w.attributeNamed("loyalty_tier").id].([]string)
	place := topics[topic].queue
	switch {
	case c.id == demoConversation:
		place = 0
	case c.channel.spoken():
		place = phoneQueue
	case slices.Equal(tier, []string{"gold"}) && r.Chance(60):
		place = vipQueue
	case r.Chance(8):
		place = generalQueue
	case c.channel.mail() && attackOf(c.id) < 0 && r.Chance(4):
		wrong := (place + 1 + r.N(6)) % 8
		c.misplaced = w.queues.list[wrong].ID
	}
	c.queue, c.queued = w.queues.list[place].ID, c.created.Add(r.Between(time.Second, 4*time.Second))
	if c.misplaced == c.queue {
		c.misplaced = ""
	}
}

func (w *world) chooseMood(r *fiction.RNG, c *conversation) {
	n := r.N(100)
	switch {
	case c.id == demoConversation || c.channel.spoken() || attackOf(c.id) >= 0:
	case n < 6 || (n < 40 && c.topic == "complaint") || (n < 25 && c.about != nil):
		c.mood = angry
	case n > 95:
		c.mood = confused
	}
}

// seedAssignee chooses the Dixa agent who will have the conversation, by index. A chat that no Dixa agent is there for becomes a mail.
func (w *world) seedAssignee(r *fiction.RNG, c *conversation) int {
	if c.topic == "double" && c.channel.mail() && c.id != demoConversation && c.mood == "" && c.language == "en" && r.Chance(20) && c.queue == billingQueueID {
		return seedAgents - 1
	}
	if c.misplaced != "" {
		if mover := w.chooseAgent(r, c.misplaced, c.language, time.Time{}); mover >= 0 {
			c.mover = w.agents.list[mover].ID
			c.queued = w.atWork(r, mover, c.created.Add(r.Between(5*time.Minute, 3*time.Hour))).Truncate(time.Second)
		}
	}
	now := time.Time{}
	if c.channel.live() || (c.channel.spoken() && c.channel.name != "Voicemail") {
		now = c.created
	}
	agent := w.chooseAgent(r, c.queue, c.language, now)
	if agent < 0 && !now.IsZero() {
		c.channel = channelNamed("ContactForm")
		if w.users.byID[c.requester].Email == "" {
			c.channel = channelNamed("WhatsApp")
		}
		if c.queue == w.queues.list[phoneQueue].ID {
			c.queue = w.queues.list[topics[topicOf(c.topic)].queue].ID
		}
		agent = w.chooseAgent(r, c.queue, c.language, time.Time{})
	}
	if mail := c.channel.mail() || c.channel.name == "Sms"; mail && c.misplaced == "" && c.about == nil && attackOf(c.id) < 0 && r.Chance(12) {
		if s, on := w.onShift(agent, c.created); on && c.created.Sub(s.From) > 10*time.Minute {
			c.direction = "Outbound"
		}
	}
	return agent
}

// seedLink makes follow-ups: of the conversation before about the same order, or of a closed one that the customer answered to with
// another matter.
func (w *world) seedLink(r *fiction.RNG, c *conversation) {
	parent := c.about
	if before := w.byRequester[c.requester]; parent == nil && c.channel.mail() && c.direction == "Inbound" && len(before) > 0 {
		if p := before[len(before)-1]; p.channel.mail() && p.state == stateClosed && p.closed.Before(c.created) {
			parent = p
		}
	}
	if parent != nil && parent.link == nil && r.Chance(40) {
		c.link = &link{ParentID: parent.id, Type: "FollowUp", at: c.created}
	}
}

func seedBrowser(r *fiction.RNG) *browser {
	name := fiction.Pick(r, []string{"Chrome", "Safari", "Firefox", "Edge"})
	return &browser{Name: name, Version: fmt.Sprintf("%d.0.%d", 118+r.N(20), r.N(6000)), IPAddress: fmt.Sprintf("198.51.100.%d", 1+r.N(254)),
		OriginatingURL: "https://shop.example.com/" + fiction.Pick(r, []string{"", "account", "orders", "help", "checkout"})}
}
