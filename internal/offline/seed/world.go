// Package seed makes a help desk up: the same one for the same seed, with people, opening hours, articles and two months of
// conversations. What it says is in package fiction, what it makes in package desk; only [New] is needed from it.
package seed

import (
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/hours"
)

// The size of the help desk.
const (
	seedUsers  = 600
	seedAgents = desk.BotSeat + 1
	seedDays   = 60 // over which the conversations were created, up to the anchor
)

// maker makes the data of a seed, and writes what its conversations hold when it is read.
type maker struct {
	*desk.World

	zone       *time.Location   // of Customer Care
	care, line hours.Calendar   // when Customer Care and the phone line are open
	arrivals   []int            // see seedArrivals
	seats      map[string]int   // places of Dixa agents by id, also of those who were deleted
	serving    map[string][]int // places of Dixa agents by queue
	inLanguage map[string]int   // how many conversations there are in each language
}

// New makes the data of a seed, which ends at an anchor.
func New(seed uint64, anchor time.Time) *desk.World { return makeWorld(seed, anchor).World }

func makeWorld(seed uint64, anchor time.Time) *maker {
	w := &maker{World: &desk.World{Seed: seed, Anchor: anchor, ByRequester: map[string][]*desk.Conversation{}}, inLanguage: map[string]int{}}
	w.Writer = w
	w.seedOrganization()
	w.seedAttributes()
	w.seedSchedules()
	w.seedAgents()
	w.seedTags()
	w.seedQueues()
	w.seedTeams()
	w.seedUsers()
	w.seedWebhooks()
	w.seedTemplates()
	w.seedKnowledge()
	w.seedArrivals()
	w.Conversations = make([]*desk.Conversation, 0, desk.SeededConversations+64)
	for i := range desk.SeededConversations {
		w.AddConversation(w.seedConversation(int64(desk.FirstConversation + i)))
	}
	return w
}

func (w *maker) seedOrganization() {
	w.Organization = desk.Organization{ID: w.UUID("organization", 0), Name: "Havbris", Subdomain: "havbris"}
	w.seedEndpoints()
}

// seededAttributes: each line of options is "value:Label", those below it follow after ">".
var seededAttributes = []struct {
	entity, identifier, label, description, placeholder string
	options                                             []string
}{
	{"Conversation", "order_number", "Order number", "The order that the conversation is about", "HB-123456", nil},
	{"Conversation", "contact_reason", "Contact reason", "Why the customer got in touch", "", []string{
		"payment:Payment>refund:Refund>double_charge:Double charge>invoice:Invoice",
		"delivery:Delivery>late:Late>lost:Lost",
		"account:Account>login:Login>membership:Membership",
		"product:Product>damaged:Damaged>return:Return>question:Question",
		"other:Other",
	}},
	{"Conversation", "parcel_id", "Parcel ID", "Tracking number of the carrier", "JJD01234567890", nil},
	{"Conversation", "old_reference", "Old reference", "Reference in the system before", "", nil},
	{"Contact", "customer_number", "Customer number", "Number in the shop", "20000", nil},
	{"Contact", "loyalty_tier", "Loyalty tier", "Membership of Havbris Plus", "", []string{"none:None", "silver:Silver", "gold:Gold"}},
	{"Contact", "location", "Location", "Where the customer lives", "", []string{
		"denmark:Denmark>copenhagen:Copenhagen>aarhus:Aarhus",
		"uk:United Kingdom>london:London>bristol:Bristol",
		"germany:Germany", "sweden:Sweden", "france:France", "spain:Spain",
	}},
}
