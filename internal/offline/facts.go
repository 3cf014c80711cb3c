package offline

import (
	"fmt"
	"strings"
	"time"
)

// facts are the numbers and names that one conversation is about. They are written out when a sentence needs them.
type facts struct {
	culture                  culture
	order, invoice           int
	units, cents             int
	product                  string
	tracking                 uint64
	day, soon, until         time.Time // before the conversation, and after it
	customer, agent, inQueue string
}

func (w *world) facts(c *conversation) facts {
	r := w.rand("facts", c.id)
	f := facts{
		culture: cultureOf(c.language), order: 100000 + r.n(800000), invoice: 1000 + r.n(90000), units: 12 + r.n(480),
		cents: pick(r, []int{0, 50, 90, 95}), product: pick(r, products), tracking: r.next() % 100_000_000_000,
		day: c.created.AddDate(0, 0, -3-r.n(12)), soon: c.created.AddDate(0, 0, 2), until: c.created.AddDate(0, 0, 5+r.n(20)),
		agent: "Havbris", inQueue: "support",
	}
	if u := w.users.byID[c.requester]; u != nil {
		f.customer = u.FirstName
	}
	if a := w.agents.byID[c.agent]; a != nil {
		f.agent = a.FirstName
	}
	if q := w.queues.byID[c.queue]; q != nil {
		f.inQueue = strings.ToLower(q.Name)
	}
	return f
}

func (f facts) orderNumber() string    { return fmt.Sprintf("HB-%06d", f.order) }
func (f facts) invoiceNumber() string  { return fmt.Sprintf("INV-%d-%05d", f.day.Year(), f.invoice) }
func (f facts) trackingNumber() string { return fmt.Sprintf("JJD%011d", f.tracking) }

// value is what stands for a name in braces.
func (f facts) value(name string) string {
	switch name {
	case "order":
		return f.orderNumber()
	case "invoice":
		return f.invoiceNumber()
	case "amount":
		return fmt.Sprintf(f.culture.money, f.units, f.cents)
	case "product":
		return f.product
	case "tracking":
		return f.trackingNumber()
	case "date":
		return f.day.Format(f.culture.date)
	case "soon":
		return f.soon.Format(f.culture.date)
	case "until":
		return f.until.Format(f.culture.date)
	case "first":
		return f.customer
	case "agent":
		return f.agent
	case "queue":
		return f.inQueue
	default:
		return "{" + name + "}"
	}
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

// voice gives the sentences of a conversation. Every use begins at the same place, so the subject is the first thing it says.
func (w *world) voice(c *conversation) voice {
	all := phrases()
	return voice{r: w.rand("voice", c.id), language: all[c.language], english: all["en"], topic: c.topic, facts: w.facts(c)}
}
