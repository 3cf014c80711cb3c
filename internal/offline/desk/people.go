package desk

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/wire"
)

// Person is an end user or a Dixa agent, as both are written on the wire.
type Person struct {
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
	CustomAttributes       []AttributeValue `json:"customAttributes,omitzero"` // end users, but not in lists

	Language   string         `json:"-"`
	Shift      int            `json:"-"` // of a seeded Dixa agent: 1 more than its place among them
	Attributes map[string]any `json:"-"` // values by attribute id
	Held       *Anonymization `json:"-"` // the request that anonymizes this person, if any
}

// TokenOwner is the place of the Dixa agent whose token is used.
const TokenOwner = 0

// Reaches reports whether an address or a number belongs to a person.
func (p *Person) Reaches(email, phone string) bool {
	if email != "" {
		return strings.EqualFold(p.Email, email) || slices.ContainsFunc(p.AdditionalEmails, func(e string) bool {
			return strings.EqualFold(e, email)
		})
	}
	return phone != "" && (p.PhoneNumber == phone || slices.Contains(p.AdditionalPhoneNumbers, phone))
}

// IsAgent refuses an id that is not a Dixa agent, in the words that the contract lists for it.
func (w *World) IsAgent(id string) error {
	switch {
	case id == "" || w.Agents.Has(strings.ToLower(id)):
		return nil
	case w.Users.Has(strings.ToLower(id)):
		return wire.Invalid("User is not agent/admin")
	default:
		return wire.Invalid("User not found")
	}
}

// Owner returns the Dixa agent who issued the token, and who acts where a request names no Dixa agent.
func (w *World) Owner() string { return w.Agents.List[TokenOwner].ID }

// Clash reports whether another person has an address, a number or an external id of a person.
func (w *World) Clash(p *Person, among []*Person) string {
	for _, other := range among {
		if other.ID == p.ID {
			continue
		}
		for _, e := range append([]string{p.Email}, p.AdditionalEmails...) {
			if other.Reaches(e, "") {
				return "EmailExists"
			}
		}
		for _, n := range append([]string{p.PhoneNumber}, p.AdditionalPhoneNumbers...) {
			if other.Reaches("", n) {
				return "PhoneNumberExists"
			}
		}
		if p.ExternalID != "" && p.ExternalID == other.ExternalID {
			return "ExternalIdExists"
		}
	}
	return ""
}

// PersonByID finds an end user or a Dixa agent.
func (w *World) PersonByID(id string) *Person {
	if a := w.Agents.ByID[id]; a != nil {
		return a
	}
	return w.Users.ByID[id]
}

// NameOf returns what an end user or a Dixa agent is called, "" for nobody.
func (w *World) NameOf(id string) string {
	if p := w.PersonByID(id); p != nil {
		return p.DisplayName
	}
	return ""
}

// AuthorOf returns an end user or a Dixa agent as the activity log has it, nil for nobody.
func (w *World) AuthorOf(id string) *Author {
	p := w.PersonByID(id)
	if p == nil {
		return nil
	}
	return &Author{p.ID, p.DisplayName, p.Email, p.PhoneNumber}
}

// Author is a person in the activity log.
type Author struct {
	ID          string `json:"id"`
	Name        string `json:"name,omitzero"`
	Email       string `json:"email,omitzero"`
	PhoneNumber string `json:"phoneNumber,omitzero"`
}
