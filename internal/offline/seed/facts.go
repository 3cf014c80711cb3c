package seed

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/fiction"
)

// facts are the numbers and names that one conversation is about. They are written out when a sentence needs them.
type facts struct {
	culture              *fiction.Culture
	topic                string
	order, invoice       int
	product              product
	tracking             uint64
	day, until           time.Time // before the conversation, and well after it
	created, before      time.Time // of the conversation, and of the one before about the same order
	at                   time.Time // of the message that is being written
	agent, queue         string
	membership, voucher  int // what they cost, in pence
	contact, first, last string
}

// The places of the first conversation in the numbers of orders and invoices, which grow with time.
const (
	firstOrder, ordersBetween     = 195_880, 37
	firstInvoice, invoicesBetween = 40_210, 11
)

func (w *maker) facts(c *desk.Conversation) facts {
	about := c
	if c.About != nil {
		about = c.About
	}
	r, n := w.Rand("facts", about.ID), int(about.ID-desk.FirstConversation)
	f := facts{
		culture: fiction.CultureOf(c.Language), topic: c.Topic, order: firstOrder + n*ordersBetween + r.N(ordersBetween),
		invoice: firstInvoice + n*invoicesBetween + r.N(invoicesBetween), product: fiction.Pick(r, productsOf(about.Topic)),
		tracking: 10_000_000_000 + r.Next()%90_000_000_000, day: about.Created.AddDate(0, 0, -3-r.N(12)),
		until: about.Created.AddDate(0, 0, 21+r.N(25)), created: c.Created, before: about.Created, at: c.Created,
		agent: "Havbris", queue: "support", membership: 4900, voucher: 2000,
	}
	if about.ID == demoConversation {
		f.order = 204518
	}
	if u := w.Users.ByID[c.Requester]; u != nil {
		f.first, f.last, f.contact = u.FirstName, u.LastName, u.Email
		if f.contact == "" {
			f.contact = u.PhoneNumber
		}
	}
	switch a := w.Agents.ByID[c.Agent]; {
	case c.Agent == billingBotID:
		f.agent = "Billing Bot"
	case a != nil:
		f.agent = a.FirstName
	}
	if q := w.Queues.ByID[c.Queue]; q != nil {
		f.queue = q.Name
	}
	return f
}

// orderNumber names what the conversation is about: an order, a membership, or the request of a customer who has not ordered yet.
func (f facts) orderNumber() string {
	switch f.topic {
	case "subscription":
		return fmt.Sprintf("HP-%06d", f.order)
	case "product":
		return fmt.Sprintf("RQ-%06d", f.order)
	default:
		return fmt.Sprintf("HB-%06d", f.order)
	}
}

func (f facts) invoiceNumber() string  { return fmt.Sprintf("INV-%d-%05d", f.day.Year(), f.invoice) }
func (f facts) trackingNumber() string { return fmt.Sprintf("JJD%011d", f.tracking) }

// value returns what replaces a name in braces.
func (f facts) value(name string) string {
	switch name {
	case "order":
		return f.orderNumber()
	case "invoice":
		return f.invoiceNumber()
	case "amount":
		if f.topic == "subscription" {
			return f.culture.Price(f.membership)
		}
		return f.culture.Price(f.product.price)
	case "voucher":
		return f.culture.Price(f.voucher)
	case "product":
		return f.product.in(f.culture.Language)
	case "tracking":
		return f.trackingNumber()
	case "date":
		return f.date(f.day)
	case "before":
		return f.date(f.before)
	case "sent":
		return f.date(desk.Latest(f.created, f.at.AddDate(0, 0, -1)))
	case "soon":
		return f.date(workday(f.at.AddDate(0, 0, 2)))
	case "until":
		return f.date(f.until)
	case "dayname":
		return f.culture.Days[f.at.In(f.culture.Zone()).Weekday()]
	case "first":
		return f.first
	case "last":
		return f.last
	case "contact":
		return f.contact
	case "agent":
		return f.agent
	case "queue":
		return f.queue
	default:
		return "{" + name + "}"
	}
}

func (f facts) date(t time.Time) string { return t.In(f.culture.Zone()).Format(f.culture.Date) }

// workday moves a day at the weekend to the Monday or Tuesday after it.
func workday(t time.Time) time.Time {
	if d := t.Weekday(); d == time.Saturday || d == time.Sunday {
		return t.AddDate(0, 0, 2)
	}
	return t
}

// fill puts the facts into a sentence.
func (f facts) fill(sentence string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(sentence, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(f.value(name))
		sentence = after
	}
}

// product is something that Havbris sells. Its price is in pence, its names are in the order of the cultures.
type product struct {
	price int
	wear  bool // has a size
	hard  bool // can break
	names string
}

var products = []product{
	{11900, true, false, "Fjell rain jacket|Fjell regnjakke|Fjell Regenjacke|veste de pluie Fjell|chaqueta de lluvia Fjell|Fjell regnjacka"},
	{8490, true, false, "Bris windbreaker|Bris vindjakke|Bris Windjacke|coupe-vent Bris|cortavientos Bris|Bris vindjacka"},
	{7950, true, false, "Vind wool sweater|Vind uldsweater|Vind Wollpullover|pull en laine Vind|jersey de lana Vind|Vind ylletröja"},
	{2950, true, false, "Myr rain hat|Myr regnhat|Myr Regenhut|chapeau de pluie Myr|gorro de lluvia Myr|Myr regnhatt"},
	{8490, false, true, "Skagen table lamp|Skagen bordlampe|Skagen Tischlampe|lampe de table Skagen|lámpara de mesa Skagen|Skagen bordslampa"},
	{14900, false, true, "Lund oak chair|Lund egetræsstol|Lund Eichenstuhl|chaise en chêne Lund|silla de roble Lund|Lund ekstol"},
	{6450, false, true, "Vik camping stove|Vik campingkomfur|Vik Campingkocher|réchaud de camping Vik|hornillo de camping Vik|Vik campingkök"},
	{3995, false, true, "Sund bread knife|Sund brødkniv|Sund Brotmesser|couteau à pain Sund|cuchillo de pan Sund|Sund brödkniv"},
	{5450, false, true, "Kyst picnic basket|Kyst madkurv|Kyst Picknickkorb|panier de pique-nique Kyst|cesta de pícnic Kyst|Kyst picknickkorg"},
	{12900, false, false, "Nordkap sleeping bag|Nordkap sovepose|Nordkap Schlafsack|sac de couchage Nordkap|saco de dormir Nordkap|Nordkap sovsäck"},
	{6990, false, false, "Aarhus wool blanket|Aarhus uldtæppe|Aarhus Wolldecke|plaid en laine Aarhus|manta de lana Aarhus|Aarhus yllefilt"},
}

var (
	wearables = slices.DeleteFunc(slices.Clone(products), func(p product) bool { return !p.wear })
	breakable = slices.DeleteFunc(slices.Clone(products), func(p product) bool { return !p.hard })
)

// productsOf returns the products that customers write about in a topic: what does not fit has a size, what is broken
// can break.
func productsOf(topic string) []product {
	switch topic {
	case "return":
		return wearables
	case "damaged":
		return breakable
	default:
		return products
	}
}

func (p product) in(language string) string {
	names := strings.Split(p.names, "|")
	for i := range fiction.Cultures {
		if fiction.Cultures[i].Language == language {
			return names[i]
		}
	}
	return names[0]
}
