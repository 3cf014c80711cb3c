package offline

import (
	"fmt"
	"time"
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

var products = []string{"Fjell rain jacket", "Skagen table lamp", "Nordkap sleeping bag", "Lund oak chair", "Vik camping stove",
	"Aarhus wool blanket", "Sund bread knife", "Tind hiking boots", "Kyst picnic basket", "Bris wind breaker", "Myr rubber boots"}

// seedConversation makes a conversation, in all but its texts. The ids grow with the time of creation, over the working hours of
// the days before the anchor.
func (w *world) seedConversation(id int64) *conversation {
	r := w.rand("conversation", id)
	u := w.seedRequester(r, id)
	c := &conversation{id: id, requester: u.ID, language: u.language, direction: "Inbound", attrs: map[string]any{}}
	topic := w.chooseTopic(r, c)
	w.chooseChannel(r, c, u)
	c.created = w.seedMoment(r, id)
	c.queue, c.queued = w.queues.list[w.chooseQueue(r, c, topic)].ID, c.created.Add(r.between(time.Second, 40*time.Second))
	if (c.channel.mail() || c.channel.name == "Sms") && r.chance(7) && attackOf(id) < 0 {
		c.direction = "Outbound"
	}
	w.chooseEndpoint(r, c)
	w.seedBeats(r, c)
	w.seedState(r, c)
	w.seedTagging(r, c, topic)
	if c.channel.mail() {
		c.subject = w.voice(c).say("subject")
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

// seedRequester chooses who wrote: a few people write often.
func (w *world) seedRequester(r *rng, id int64) *person {
	n := r.n(seedUsers) * r.n(seedUsers) / seedUsers
	if id == demoConversation || id == 1107 || id == 1622 || id == 2410 {
		n = 0
	}
	return w.users.list[n]
}

func (w *world) chooseTopic(r *rng, c *conversation) int {
	n, i := r.n(100), 0
	for i < len(topics)-1 && n >= topics[i].share {
		n -= topics[i].share
		i++
	}
	if c.id == demoConversation {
		i = 1
	}
	c.topic = topics[i].name
	return i
}

// chooseChannel takes one that the requester can use: mail needs an address, calls and messages a number.
func (w *world) chooseChannel(r *rng, c *conversation, u *person) {
	n := r.n(1000)
	for _, ch := range channels {
		if c.channel = ch; n < ch.share {
			break
		}
		n -= ch.share
	}
	numbered := c.channel.spoken() || c.channel.name == "Sms" || c.channel.name == "WhatsApp"
	switch {
	case c.id == demoConversation || (numbered && u.PhoneNumber == "") || attackOf(c.id) >= 0:
		c.channel = channels[0]
	}
	if c.channel.mail() && u.Email == "" {
		c.channel = channelOf("PstnPhoneConversation")
	}
}

func (w *world) chooseQueue(r *rng, c *conversation, topic int) int {
	switch {
	case c.id == demoConversation:
		return 0
	case r.chance(4):
		return 3 // VIP
	case c.channel.spoken() && r.chance(60):
		return 8 // Phone
	case r.chance(8):
		return 9 // the default queue
	default:
		return topics[topic].queue
	}
}

// seedMoment spreads the creation over the days and, within a day, from 7 to 21 o'clock.
func (w *world) seedMoment(r *rng, id int64) time.Time {
	place := (float64(id-firstConversation) + float64(r.n(1000))/1000) / seedConversations * seedDays
	day := int(place)
	hours := 7 + 14*(place-float64(day))
	start := w.anchor.Truncate(24*time.Hour).AddDate(0, 0, day-seedDays)
	return start.Add(time.Duration(hours * float64(time.Hour))).Truncate(time.Second)
}

// seedBeats chooses how many messages a conversation has, when they came and from which side.
func (w *world) seedBeats(r *rng, c *conversation) {
	n := 2 + r.n(7)
	switch k := r.n(100); {
	case k < 8:
		n = 1
	case k >= 98:
		n = 21 + r.n(40)
	case k >= 90:
		n = 9 + r.n(12)
	}
	least, most := 20*time.Minute, 20*time.Hour
	switch {
	case c.channel.spoken():
		n, least, most = 2+r.n(9), 4*time.Second, 40*time.Second
	case !c.channel.mail():
		least, most = 15*time.Second, 8*time.Minute
	}
	at, out := c.created, c.direction == "Outbound"
	for range n {
		c.beats = append(c.beats, beat{at, out})
		at = at.Add(r.between(least, most).Truncate(time.Millisecond))
		if r.chance(85) {
			out = !out
		}
	}
	c.squeeze(w.anchor.Add(-r.between(time.Minute, 2*time.Hour)))
	c.lastMessage = c.beats[len(c.beats)-1].at
}

// squeeze moves the messages closer: none comes after the newest moment of the data, and no conversation lasts for weeks.
func (c *conversation) squeeze(end time.Time) {
	if days := c.created.AddDate(0, 0, 12); days.Before(end) {
		end = days
	}
	last := c.beats[len(c.beats)-1].at
	if !last.After(end) {
		return
	}
	factor := float64(end.Sub(c.created)) / float64(last.Sub(c.created))
	for i := range c.beats {
		c.beats[i].at = c.created.Add(time.Duration(float64(c.beats[i].at.Sub(c.created)) * factor)).Truncate(time.Millisecond)
	}
}

// seedState decides how a conversation stands: nearly all of the older ones are closed.
func (w *world) seedState(r *rng, c *conversation) {
	c.state, c.stateChanged, c.touched = stateOpen, c.created, c.lastMessage
	for _, b := range c.beats {
		if b.out {
			c.agent = w.agents.list[r.n(seedAgents-1)].ID
			if c.topic == "double" && r.chance(20) {
				c.agent = billingBotID
			}
			c.assigned = c.created.Add(b.at.Sub(c.created) / 2).Truncate(time.Second)
			break
		}
	}
	closable := 96
	if w.anchor.Sub(c.created) < 10*24*time.Hour {
		closable = 45
	}
	after := c.lastMessage.Add(time.Minute * time.Duration(1+r.n(50)))
	if after.After(w.anchor) {
		after = c.lastMessage
	}
	switch {
	case r.chance(closable):
		c.enter(stateClosed, after)
		c.closed, c.closedBy = after, c.agent
		if w.anchor.Sub(c.created) > 20*24*time.Hour && r.chance(2) {
			c.anonymized = after.AddDate(0, 0, 14)
		}
	case c.agent != "" && r.chance(40):
		c.enter(statePending, after)
		c.followup = w.anchor.AddDate(0, 0, 1+r.n(6)).Add(9 * time.Hour)
	case c.agent != "" && r.chance(12):
		c.enter(stateAwaitingPending, after)
	}
	c.touched = latest(c.touched, c.stateChanged, c.assigned, c.anonymized)
}

func latest(times ...time.Time) time.Time {
	var t time.Time
	for _, u := range times {
		if u.After(t) {
			t = u
		}
	}
	return t
}

func (w *world) seedTagging(r *rng, c *conversation, topic int) {
	for i, name := range topics[topic].tags {
		if r.chance(55 - 20*i) {
			c.tags = append(c.tags, w.tagNamed(name).id)
		}
	}
	if r.chance(12) {
		if t := w.tags.list[r.n(len(w.tags.list))]; !c.hasTag(t.id) {
			c.tags = append(c.tags, t.id)
		}
	}
	if r.chance(45) {
		c.attrs[w.attributeNamed("order_number").id] = w.facts(c).orderNumber()
	}
	if r.chance(35) {
		c.attrs[w.attributeNamed("contact_reason").id] = topics[topic].reason
	}
	if c.topic == "delivery" && r.chance(50) {
		c.attrs[w.attributeNamed("parcel_id").id] = w.facts(c).trackingNumber()
	}
}

// seedLink makes a few conversations the follow-up of the requester's one before.
func (w *world) seedLink(r *rng, c *conversation) {
	before := w.byRequester[c.requester]
	if len(before) == 0 || !r.chance(4) {
		return
	}
	parent := before[len(before)-1]
	if parent.link == nil {
		c.link = &link{ParentID: parent.id, Type: pick(r, []string{"FollowUp", "FollowUp", "SideConversation", "EmailForward"}), at: c.created}
	}
}

func seedBrowser(r *rng) *browser {
	name := pick(r, []string{"Chrome", "Safari", "Firefox", "Edge"})
	return &browser{Name: name, Version: fmt.Sprintf("%d.0.%d", 118+r.n(20), r.n(6000)), IPAddress: fmt.Sprintf("198.51.100.%d", 1+r.n(254)),
		OriginatingURL: "https://shop.example.com/" + pick(r, []string{"", "account", "orders", "help", "checkout"})}
}
