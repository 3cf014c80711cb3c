package offline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/wire"
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
	shift    int            // of a seeded Dixa agent: 1 more than its place among them
	attrs    map[string]any // values by attribute id
	held     *anonymization // the request that anonymizes this person, if any
}

// The people that the project's example file speaks of.
const (
	billingBotID = "c2a1d9e8-7b6a-4d5c-8e9f-001122334455"
	tokenOwner   = 0 // index of the Dixa agent whose token is used
)

func (w *world) seedUsers() {
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
		if u.Email != "" && w.rand("second address", int64(i)).Chance(12) {
			u.AdditionalEmails = []string{strings.Replace(u.Email, "@", ".work@", 1)}
		}
		w.users.add(u.ID, u)
	}
}

// seedUser makes an end user; inCulture counts those of each language.
func (w *world) seedUser(i int, inCulture map[string]int) *person {
	r := w.rand("user", int64(i))
	cu := w.cultureOfUser(r, i)
	first, last := fiction.Pick(r, cu.First), fiction.Pick(r, cu.Last)
	if i == 0 {
		first, last = "Emma", "Clarke" // the customer of conversation 1234
	}
	u := &person{
		ID: w.uuid("user", int64(i)), CreatedAt: wire.PlainTime(w.anchor.Add(-r.Between(61*24*time.Hour, 1500*24*time.Hour))),
		DisplayName: first + " " + last, FirstName: first, LastName: last, language: cu.Language, attrs: map[string]any{},
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

func (w *world) cultureOfUser(r *fiction.RNG, i int) *fiction.Culture {
	n := r.N(100)
	for k := range fiction.Cultures {
		if n < fiction.Cultures[k].Share && i != 0 {
			return &fiction.Cultures[k]
		}
		n -= fiction.Cultures[k].Share
	}
	return &fiction.Cultures[0]
}

// userInfo returns a person with custom attributes, which only the reading of one end user has.
func (w *world) userInfo(u *person) person {
	p := *u
	p.CustomAttributes = w.values(u.attrs)
	return p
}

// reaches reports whether an address or a number belongs to a person.
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
		return wire.Invalid("User is not agent/admin")
	default:
		return wire.Invalid("User not found")
	}
}

// owner returns the Dixa agent who issued the token, and who acts where a request names no Dixa agent.
func (w *world) owner() string { return w.agents.list[tokenOwner].ID }
