package seed

import (
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/fiction"
)

func (w *maker) seedTeams() {
	for i, name := range teamNames {
		t := &desk.Team{ID: w.UUID("team", int64(i)), Name: name}
		for k, a := range w.Agents.List {
			if inTeam(k, i) {
				t.Members = append(t.Members, a.ID)
			}
		}
		w.Teams.Add(t.ID, t)
	}
}

func (w *maker) seedQueues() {
	w.serving = map[string][]int{}
	for i, s := range seededQueues {
		q := &desk.Queue{
			ID: s.id, Name: s.name, IsDefault: i == len(seededQueues)-1, OrganizationID: w.Organization.ID,
			QueueThresholds:      map[string]int32{"SlaTimeLimit": 3600, "SlaPercentage": 80, "WaitingConversations": 20},
			SLACalculationMethod: "AbandonedIgnored", OfferTimeout: new(int32(20)), OfferingAlgorithm: "LongestIdle", MemberListType: "Default",
			WrapupTimeout: new(int32(30)), Priority: new(int32(1 + i%3)), OfferAbandonedConversations: new(false),
			DoNotOfferTimeouts: map[string]int32{"WidgetChat": 60}, IsDoNotOfferEnabled: i%2 == 0, IsPreferredAgentEnabled: new(i%4 == 0),
			PreferredAgentTimeouts: map[string]int32{"Email": 43200, "WidgetChat": 300}, PreferredAgentOfflineTimeout: new(int32(600)),
			PersonalAgentOfflineTimeout: new(int32(600)), IsRestricted: new(s.name == "VIP"),
		}
		if q.ID == "" {
			q.ID = w.UUID("queue", int64(i))
		}
		q.Usages = &desk.QueueUsages{QueueID: q.ID, Usages: map[string][]string{}}
		if s.mailbox != "" {
			q.Usages.Usages["Email"] = []string{s.mailbox + "@email.dixa.io"}
		}
		if s.phone != "" {
			q.Usages.Usages["PstnPhone"] = []string{s.phone}
		}
		w.serving[q.ID] = w.seedMembers(s.teams, i == vipQueue)
		for _, k := range w.serving[q.ID] {
			q.Members = append(q.Members, w.Agents.List[k].ID)
		}
		w.Queues.Add(q.ID, q)
	}
}

// seededQueues: topics point at their places, and they at the teams that serve them. The last is the default queue.
var seededQueues = []struct {
	name, id, mailbox, phone string
	teams                    []int
}{
	{"Billing", billingQueueID, "billing", "", []int{1}},
	{"Returns", returnsQueueID, "returns", "", []int{2}},
	{"Technical Support", "", "tech", "", []int{3}},
	{"VIP", "", "vip", "", nil},
	{"Sales", "", "sales", "+442079460102", []int{4}},
	{"Delivery", "", "delivery", "", []int{2}},
	{"Subscriptions", "", "plus", "", []int{1}},
	{"Complaints", "", "complaints", "", []int{0}},
	{"Phone", "", "", "+442079460100", []int{0}},
	{"General Support", "", "support", "", []int{0}},
}

const (
	billingQueueID = "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"
	returnsQueueID = "5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02"
)

// The places of queues that are more than where a topic goes.
const (
	vipQueue     = 3
	phoneQueue   = 8
	generalQueue = 9
)

func (w *maker) seedEndpoints() {
	for _, q := range seededQueues {
		if q.mailbox != "" {
			w.Endpoints = append(w.Endpoints, desk.Endpoint{Address: q.mailbox + "@email.dixa.io", SenderOverride: q.mailbox + "@example.com",
				Name: q.name, Type: "EmailEndpoint"})
		}
		if q.phone != "" {
			w.Endpoints = append(w.Endpoints, desk.Endpoint{Number: q.phone, Functionality: []string{"VoiceInbound", "VoiceOutbound"},
				Name: q.name + " line", Type: "TelephonyEndpoint"})
		}
	}
	w.Endpoints = append(w.Endpoints,
		desk.Endpoint{Address: "nordic@email.dixa.io", Name: "Nordic support", Type: "EmailEndpoint"},
		desk.Endpoint{Number: smsNumber, Functionality: []string{"Sms"}, Name: "UK SMS", Type: "TelephonyEndpoint"})
}

// chooseEndpoint says where a seeded conversation came to.
func (w *maker) chooseEndpoint(r *fiction.RNG, c *desk.Conversation) {
	switch {
	case c.Misplaced != "":
		c.Endpoint = w.Queues.ByID[c.Misplaced].Usages.Usages["Email"][0]
	case c.Channel.Mail() && (c.Language == "da" || c.Language == "sv") && r.Chance(60):
		c.Endpoint = "nordic@email.dixa.io"
	case c.Channel.Mail():
		c.Endpoint = "support@email.dixa.io"
		if u := w.Queues.ByID[c.Queue].Usages.Usages["Email"]; len(u) > 0 {
			c.Endpoint = u[0]
		}
	case c.Channel.Spoken():
		c.Endpoint = "+442079460100"
	case c.Channel.Name == "Sms":
		c.Endpoint = smsNumber
	}
}

const smsNumber = "+442079460101"
