package seed

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"dixa-mcp/internal/offline/desk"
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
func (w *maker) seedConversation(id int64) *desk.Conversation {
	r := w.Rand("conversation", id)
	c := &desk.Conversation{ID: id, Direction: "Inbound", Attributes: map[string]any{}, Created: w.seedMoment(r, id)}
	u := w.seedRequester(r, c)
	c.Requester, c.Language, c.Nth = u.ID, u.Language, w.inLanguage[u.Language]
	w.inLanguage[u.Language]++
	topic := w.chooseTopic(r, c)
	w.chooseChannel(r, c, u)
	w.chooseQueue(r, c, u, topic)
	w.chooseMood(r, c)
	agent := w.seedAssignee(r, c)
	w.chooseEndpoint(r, c)
	ended := w.seedBeats(r, c, agent)
	w.seedState(r, c, agent, ended)
	w.seedTagging(r, c, topic)
	if c.Channel.Mail() {
		c.Subject = w.voice(c).say(subjectOf(c), c.Created)
		if c.Misplaced == "" {
			c.Queued = c.Created.Add(r.Between(time.Second, 40*time.Second))
		}
	}
	if c.Channel.Shape == "ChatConversation" || c.Channel.Shape == "MessengerConversation" {
		c.Browser = seedBrowser(r)
	}
	w.seedLink(r, c)
	if id == demoConversation {
		w.demoState(c)
	}
	return c
}

// subjectOf returns the kind of a conversation's subject.
func subjectOf(c *desk.Conversation) string {
	if c.Direction == "Outbound" {
		return "ourSubject"
	}
	return "subject"
}

// seedMoment spreads the creation over the days as people write: much on Monday mornings, little at night.
func (w *maker) seedMoment(r *fiction.RNG, id int64) time.Time {
	total := w.arrivals[len(w.arrivals)-1]
	// Each conversation has a share of the total, and comes somewhere in it.
	place := (int(id-desk.FirstConversation)*1000 + r.N(1000)) * (total / 1000) / desk.SeededConversations
	hour := max(sort.SearchInts(w.arrivals, place+1)-1, 0)
	within := float64(place-w.arrivals[hour]) / float64(max(w.arrivals[hour+1]-w.arrivals[hour], 1))
	start := w.Anchor.Add(-seedDays * 24 * time.Hour).Add(time.Duration(hour) * time.Hour)
	return start.Add(time.Duration(within * float64(time.Hour))).Truncate(time.Second)
}

// emmas are the conversations of the customer of conversation 1234, beside those that fall to her.
var emmas = []int64{demoConversation, 1107, 1622, 2410}

// seedRequester chooses who wrote: some people write often, and some write again about the same order, in another channel even.
func (w *maker) seedRequester(r *fiction.RNG, c *desk.Conversation) *desk.Person {
	if slices.Contains(emmas, c.ID) {
		return w.Users.List[0]
	}
	if before := w.unsolved(r, c); before != nil {
		c.About = before
		before.Repeated = true
		return w.Users.ByID[before.Requester]
	}
	n := r.N(seedUsers)
	if r.Chance(25) {
		n = r.N(seedUsers / 10)
	}
	u := w.Users.List[n]
	for attackOf(c.ID) >= 0 && (u.Language != "en" || u.Email == "") { // attacks are English mails
		n = (n + 1) % seedUsers
		u = w.Users.List[n]
	}
	return u
}

// unsolved returns a recent conversation that did not end well, about which the customer writes again; mostly nil.
func (w *maker) unsolved(r *fiction.RNG, c *desk.Conversation) *desk.Conversation {
	if len(w.Conversations) < 200 || attackOf(c.ID) >= 0 || !r.Chance(9) {
		return nil
	}
	before := w.Conversations[len(w.Conversations)-20-r.N(160)]
	thanked := before.State == desk.StateClosed && !before.Beats[len(before.Beats)-1].Out
	if before.About != nil || before.Repeated || thanked || !hasOrder(before.Topic) || before.Channel.Spoken() || attackOf(before.ID) >= 0 ||
		slices.Contains(emmas, before.ID) || c.Created.Sub(before.Created) < 30*time.Hour || before.LastMessage.After(c.Created) {
		return nil
	}
	return before
}

func (w *maker) chooseTopic(r *fiction.RNG, c *desk.Conversation) int {
	n, i := r.N(100), 0
	for i < len(topics)-1 && n >= topics[i].share {
		n -= topics[i].share
		i++
	}
	switch {
	case c.ID == demoConversation:
		i = topicOf("double")
	case c.About != nil:
		i = topicOf(c.About.Topic)
	}
	c.Topic = topics[i].name
	return i
}

// chooseChannel takes one that the requester can use at that time: mail needs an address, calls and messages a number. Chats and calls
// are answered while it is open, the phone in English alone.
func (w *maker) chooseChannel(r *fiction.RNG, c *desk.Conversation, u *desk.Person) {
	n := r.N(1000)
	for _, ch := range desk.Channels {
		if c.Channel = ch; n < ch.Share {
			break
		}
		n -= ch.Share
	}
	if c.ID == demoConversation || attackOf(c.ID) >= 0 {
		c.Channel = desk.Channels[0]
		return
	}
	line, number := w.line.Until(c.Created), u.PhoneNumber != ""
	open := line.Sub(c.Created) > 15*time.Minute && c.About == nil // who writes again wants it in writing
	usable := true
	switch name := c.Channel.Name; {
	case c.Channel.Mail():
		usable = u.Email != ""
	case name == "Voicemail":
		usable = number && c.Language == "en" && line.IsZero()
	case c.Channel.Spoken():
		usable = number && c.Language == "en" && open
	case name == "Sms":
		usable = number && c.Language == "en"
	case name == "WhatsApp":
		usable = number
	case c.Channel.Live():
		care := w.care.Until(c.Created)
		usable = care.Sub(c.Created) > time.Hour
	}
	switch {
	case usable:
	case c.Channel.Spoken() && number && c.Language == "en" && line.IsZero() && r.Chance(40):
		c.Channel = desk.ChannelNamed("Voicemail")
	case u.Email != "" && c.Channel.Live():
		c.Channel = desk.ChannelNamed("ContactForm")
	case u.Email != "":
		c.Channel = desk.Channels[0]
	default:
		c.Channel = desk.ChannelNamed("WhatsApp")
	}
}

// chooseQueue routes a conversation by topic; calls and gold members have queues of their own. Some mails come to the
// wrong address.
func (w *maker) chooseQueue(r *fiction.RNG, c *desk.Conversation, u *desk.Person, topic int) {
	tier, _ := u.Attributes[w.AttributeNamed("loyalty_tier").ID].([]string)
	place := topics[topic].queue
	switch {
	case c.ID == demoConversation:
		place = 0
	case c.Channel.Spoken():
		place = phoneQueue
	case slices.Equal(tier, []string{"gold"}) && r.Chance(60):
		place = vipQueue
	case r.Chance(8):
		place = generalQueue
	case c.Channel.Mail() && attackOf(c.ID) < 0 && r.Chance(4):
		wrong := (place + 1 + r.N(6)) % 8
		c.Misplaced = w.Queues.List[wrong].ID
	}
	c.Queue, c.Queued = w.Queues.List[place].ID, c.Created.Add(r.Between(time.Second, 4*time.Second))
	if c.Misplaced == c.Queue {
		c.Misplaced = ""
	}
}

func (w *maker) chooseMood(r *fiction.RNG, c *desk.Conversation) {
	n := r.N(100)
	switch {
	case c.ID == demoConversation || c.Channel.Spoken() || attackOf(c.ID) >= 0:
	case n < 6 || (n < 40 && c.Topic == "complaint") || (n < 25 && c.About != nil):
		c.Mood = angry
	case n > 95:
		c.Mood = confused
	}
}

// seedAssignee chooses the Dixa agent who will have the conversation, by index. A chat that no Dixa agent is there for becomes a mail.
func (w *maker) seedAssignee(r *fiction.RNG, c *desk.Conversation) int {
	if c.Topic == "double" && c.Channel.Mail() && c.ID != demoConversation && c.Mood == "" && c.Language == "en" && r.Chance(20) && c.Queue == billingQueueID {
		return seedAgents - 1
	}
	if c.Misplaced != "" {
		if mover := w.chooseAgent(r, c.Misplaced, c.Language, time.Time{}); mover >= 0 {
			c.Mover = w.Agents.List[mover].ID
			c.Queued = w.atWork(r, mover, c.Created.Add(r.Between(5*time.Minute, 3*time.Hour))).Truncate(time.Second)
		}
	}
	now := time.Time{}
	if c.Channel.Live() || (c.Channel.Spoken() && c.Channel.Name != "Voicemail") {
		now = c.Created
	}
	agent := w.chooseAgent(r, c.Queue, c.Language, now)
	if agent < 0 && !now.IsZero() {
		c.Channel = desk.ChannelNamed("ContactForm")
		if w.Users.ByID[c.Requester].Email == "" {
			c.Channel = desk.ChannelNamed("WhatsApp")
		}
		if c.Queue == w.Queues.List[phoneQueue].ID {
			c.Queue = w.Queues.List[topics[topicOf(c.Topic)].queue].ID
		}
		agent = w.chooseAgent(r, c.Queue, c.Language, time.Time{})
	}
	if mail := c.Channel.Mail() || c.Channel.Name == "Sms"; mail && c.Misplaced == "" && c.About == nil && attackOf(c.ID) < 0 && r.Chance(12) {
		if s, on := w.onShift(agent, c.Created); on && c.Created.Sub(s.From) > 10*time.Minute {
			c.Direction = "Outbound"
		}
	}
	return agent
}

// seedLink makes follow-ups: of the conversation before about the same order, or of a closed one that the customer answered to with
// another matter.
func (w *maker) seedLink(r *fiction.RNG, c *desk.Conversation) {
	parent := c.About
	if before := w.ByRequester[c.Requester]; parent == nil && c.Channel.Mail() && c.Direction == "Inbound" && len(before) > 0 {
		if p := before[len(before)-1]; p.Channel.Mail() && p.State == desk.StateClosed && p.Closed.Before(c.Created) {
			parent = p
		}
	}
	if parent != nil && parent.Link == nil && r.Chance(40) {
		c.Link = &desk.Link{ParentID: parent.ID, Type: "FollowUp", At: c.Created}
	}
}

func seedBrowser(r *fiction.RNG) *desk.Browser {
	name := fiction.Pick(r, []string{"Chrome", "Safari", "Firefox", "Edge"})
	return &desk.Browser{Name: name, Version: fmt.Sprintf("%d.0.%d", 118+r.N(20), r.N(6000)), IPAddress: fmt.Sprintf("198.51.100.%d", 1+r.N(254)),
		OriginatingURL: "https://shop.example.com/" + fiction.Pick(r, []string{"", "account", "orders", "help", "checkout"})}
}
