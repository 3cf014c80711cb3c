package seed

import (
	"fmt"
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/wire"
)

func (w *maker) seedUsers() {
	inCulture := map[string]int{}
	taken := map[string]bool{}
	for i := range seedUsers {
		u := w.seedUser(i, inCulture)
		for k := i; taken[u.Email]; k += len(fiction.Domains) * 67 {
			u.Email = fiction.Mailbox(u.FirstName, u.LastName, 200+k)
		}
		if u.Email != "" {
			taken[u.Email] = true
		}
		if u.Email != "" && w.Rand("second address", int64(i)).Chance(12) {
			u.AdditionalEmails = []string{strings.Replace(u.Email, "@", ".work@", 1)}
		}
		w.Users.Add(u.ID, u)
	}
}

// seedUser makes an end user; inCulture counts those of each language.
func (w *maker) seedUser(i int, inCulture map[string]int) *desk.Person {
	r := w.Rand("user", int64(i))
	cu := w.cultureOfUser(r, i)
	first, last := fiction.Pick(r, cu.First), fiction.Pick(r, cu.Last)
	if i == 0 {
		first, last = "Emma", "Clarke" // the customer of conversation 1234
	}
	u := &desk.Person{
		ID: w.UUID("user", int64(i)), CreatedAt: wire.PlainTime(w.Anchor.Add(-r.Between(61*24*time.Hour, 1500*24*time.Hour))),
		DisplayName: first + " " + last, FirstName: first, LastName: last, Language: cu.Language, Attributes: map[string]any{},
		AdditionalEmails: []string{}, AdditionalPhoneNumbers: []string{}, MiddleNames: []string{},
	}
	if r.Chance(94) || i == 0 {
		u.Email = fiction.Mailbox(first, last, i)
	}
	if u.Email == "" || r.Chance(45) {
		u.PhoneNumber = cu.Phone(inCulture[cu.Language])
	}
	inCulture[cu.Language]++
	if r.Chance(40) || i == 0 {
		u.ExternalID = fmt.Sprintf("CUST-%05d", 20000+i*7)
	}
	if r.Chance(35) || i == 0 {
		w.seedUserAttributes(r, u, i)
	}
	return u
}

func (w *maker) cultureOfUser(r *fiction.RNG, i int) *fiction.Culture {
	n := r.N(100)
	for k := range fiction.Cultures {
		if n < fiction.Cultures[k].Share && i != 0 {
			return &fiction.Cultures[k]
		}
		n -= fiction.Cultures[k].Share
	}
	return &fiction.Cultures[0]
}

func (w *maker) seedUserAttributes(r *fiction.RNG, u *desk.Person, i int) {
	u.Attributes[w.AttributeNamed("customer_number").ID] = fmt.Sprint(20000 + i*7)
	u.Attributes[w.AttributeNamed("loyalty_tier").ID] = []string{fiction.Pick(r, []string{"none", "silver", "gold"})}
	if r.Chance(50) {
		u.Attributes[w.AttributeNamed("location").ID] = fiction.Pick(r, fiction.CultureOf(u.Language).Location)
	}
}

func seedPresence(r *fiction.RNG, i int) *desk.Presence {
	p := &desk.Presence{Online: i%11 != 7, Working: i%8 != 6, Channels: map[string]bool{"Email": true}}
	p.Channels["InteractiveChat"] = r.Chance(60)
	p.Channels["Messaging"] = r.Chance(40)
	p.Channels["Speak"] = r.Chance(35)
	return p
}

// billingBotID is the bot that the project's example file speaks of.
const billingBotID = "c2a1d9e8-7b6a-4d5c-8e9f-001122334455"
