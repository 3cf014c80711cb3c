package offline

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// person is an end user or a Dixa agent, as both are written on the wire.
type person struct {
	ID                     string           `json:"id"`
	CreatedAt              string           `json:"createdAt"`
	DisplayName            string           `json:"displayName,omitzero"`
	Email                  string           `json:"email,omitzero"`
	AvatarURL              string           `json:"avatarUrl,omitzero"`
	PhoneNumber            string           `json:"phoneNumber,omitzero"`
	AdditionalEmails       []string         `json:"additionalEmails"`
	AdditionalPhoneNumbers []string         `json:"additionalPhoneNumbers"`
	FirstName              string           `json:"firstName,omitzero"`
	LastName               string           `json:"lastName,omitzero"`
	MiddleNames            []string         `json:"middleNames"`
	ExternalID             string           `json:"externalId,omitzero"`       // end users
	Roles                  []string         `json:"roles,omitzero"`            // Dixa agents
	CustomAttributes       []attributeValue `json:"customAttributes,omitzero"` // end users, but not in lists

	language string
	attrs    map[string]any // values by attribute id
	held     *anonymization // the request that anonymizes this person, if any
}

// The people that the project's example file speaks of.
const (
	billingBotID = "c2a1d9e8-7b6a-4d5c-8e9f-001122334455"
	tokenOwner   = 0 // index of the Dixa agent whose token is used
)

// agentNames come from several countries, as they do in a helpdesk. The last is a bot.
var agentNames = strings.Split("Karen Holm,Thomas Berg,Priya Nair,Marco Rossi,Sofia Lund,Ben Carter,Nadia Haddad,Jens Krogh,Anna Kowalska,"+
	"Luis Ortega,Mette Dahl,Sam Okafor,Julie Roy,Peter Vogel,Linda Strand,Omar Farouk,Eva Novak,Kim Larsen,Tina Brandt,Alex Reid,"+
	"Maria Costa,Henrik Juhl,Yuki Tanaka,Paul Meier,Signe Toft,Diego Ramos,Ellen Friis,Nick Doyle,Sara Amiri,Ole Bak,Clara Weiss,"+
	"Ivan Petrov,Hanna Ek,David Cohen,Rosa Silva,Erik Falk,Fatima Zahra,Tom Baker,Lise Vinther,Billing Bot", ",")

func (w *world) seedAgents() {
	w.presence = map[string]*presence{}
	for i := range seedAgents {
		r := w.rand("agent", int64(i))
		first, last, _ := strings.Cut(agentNames[i], " ")
		a := &person{
			ID: w.uuid("agent", int64(i)), CreatedAt: plainTime(w.anchor.Add(-r.between(200*24*time.Hour, 900*24*time.Hour))),
			DisplayName: agentNames[i], FirstName: first, LastName: last, Roles: rolesOf(i),
			Email:            strings.ToLower(first+"."+last) + "@example.com",
			AdditionalEmails: []string{}, AdditionalPhoneNumbers: []string{}, MiddleNames: []string{},
		}
		if i == seedAgents-1 {
			a.ID, a.Email = billingBotID, "billing-bot@example.com"
		} else if i%3 == 0 {
			a.PhoneNumber = fmt.Sprintf("+442079460%03d", 200+i)
		}
		if i%4 == 1 {
			a.AvatarURL = filesURL + "/public/avatar/" + a.ID
		}
		w.agents.add(a.ID, a)
		w.presence[a.ID] = seedPresence(r, i)
	}
}

func rolesOf(i int) []string {
	switch {
	case i == tokenOwner:
		return []string{"SystemAdmin", "Admin", "Agent"}
	case i < 3:
		return []string{"Admin", "Agent"}
	case i < 9:
		return []string{"TeamLead", "Agent"}
	default:
		return []string{"Agent"}
	}
}

func (w *world) seedUsers() {
	for i := range seedUsers {
		w.users.add(w.uuid("user", int64(i)), w.seedUser(i))
	}
}

func (w *world) seedUser(i int) *person {
	r := w.rand("user", int64(i))
	cu := w.cultureOfUser(r, i)
	first, last := pick(r, strings.Fields(cu.first)), pick(r, strings.Fields(cu.last))
	if i == 0 {
		first, last = "Emma", "Clarke" // the customer of conversation 1234
	}
	u := &person{
		ID: w.uuid("user", int64(i)), CreatedAt: plainTime(w.anchor.Add(-r.between(61*24*time.Hour, 1500*24*time.Hour))),
		DisplayName: first + " " + last, FirstName: first, LastName: last, language: cu.language, attrs: map[string]any{},
		AdditionalEmails: []string{}, AdditionalPhoneNumbers: []string{}, MiddleNames: []string{},
	}
	if r.chance(94) || i == 0 {
		u.Email = mailbox(first, last, i)
	}
	if u.Email == "" || r.chance(45) {
		u.PhoneNumber = fmt.Sprintf(cu.phone, i)
	}
	if u.Email != "" && r.chance(12) {
		u.AdditionalEmails = []string{strings.Replace(u.Email, "@", ".work@", 1)}
	}
	if r.chance(40) || i == 0 {
		u.ExternalID = fmt.Sprintf("CUST-%05d", 20000+i*7)
	}
	if r.chance(35) || i == 0 {
		w.seedUserAttributes(r, u, i)
	}
	return u
}

func (w *world) cultureOfUser(r *rng, i int) culture {
	n := r.n(100)
	for _, cu := range cultures {
		if n < cu.share && i != 0 {
			return cu
		}
		n -= cu.share
	}
	return cultures[0]
}

// userInfo is a person with the custom attributes, as only the reading of one end user has them.
func (w *world) userInfo(u *person) person {
	p := *u
	p.CustomAttributes = w.values(u.attrs)
	return p
}

// reaches tells whether an address or a number belongs to a person.
func (p *person) reaches(email, phone string) bool {
	if email != "" {
		return strings.EqualFold(p.Email, email) || slices.ContainsFunc(p.AdditionalEmails, func(e string) bool {
			return strings.EqualFold(e, email)
		})
	}
	return phone != "" && (p.PhoneNumber == phone || slices.Contains(p.AdditionalPhoneNumbers, phone))
}

// isAgent refuses an id that is not a Dixa agent, in the words that the contract lists for it.
func (w *world) isAgent(id string) error {
	switch {
	case id == "" || w.agents.has(strings.ToLower(id)):
		return nil
	case w.users.has(strings.ToLower(id)):
		return invalid("User is not agent/admin")
	default:
		return invalid("User not found")
	}
}

// owner is the Dixa agent who issued the token: what is done without naming an agent is done by this one.
func (w *world) owner() string { return w.agents.list[tokenOwner].ID }
