package view

import (
	"maps"
	"slices"
	"strings"

	"dixa-mcp/internal/base/jsonscan"
)

// parties are the addresses of the two sides of a conversation, as a reader was told them last.
type parties struct {
	ours, theirs []string        // addresses alone
	names        map[string]bool // contacts as they were written: "Name <address>"
}

func (p *parties) clone() parties {
	return parties{slices.Clone(p.ours), slices.Clone(p.theirs), maps.Clone(p.names)}
}

// Contact returns how messages name a contact: with the name, and by the address alone.
func Contact(name, address string) []string {
	return []string{oneLine(name) + " <" + oneLine(address) + ">", oneLine(address)}
}

// news reports whether a reader was not told this field of a message before, by this writer or, for what a customer wrote to
// and the organization answers from, by the other side.
func (th *thread) news(author, who, key string, value []byte) bool {
	if th.said[who+"\x00"+key] == string(value) {
		return false
	}
	side := &th.sides.theirs
	switch {
	case author != "customer" && author != "agent", key != "from" && key != "to":
		side = nil
	case (author == "customer") != (key == "from"):
		side = &th.sides.ours
	}
	if side != nil && !th.sides.told(side, contactsIn(value)) {
		return false
	}
	if th.said == nil {
		th.said = map[string]string{}
	}
	th.said[who+"\x00"+key] = string(value)
	return true
}

// told notes the contacts of a side, and reports whether any of them is new.
func (p *parties) told(side *[]string, contacts []string) (news bool) {
	if p.names == nil {
		p.names = map[string]bool{}
	}
	addresses := make([]string, len(contacts))
	for i, c := range contacts {
		addresses[i] = addressOf(c)
		news = news || addresses[i] != c && !p.names[c]
		p.names[c] = true
	}
	news = news || !slices.Equal(addresses, *side)
	*side = addresses
	return news
}

// know notes how a reader was told of a customer.
func (p *parties) know(contacts []string) {
	if len(contacts) == 0 || addressOf(contacts[0]) == "" {
		return
	}
	p.told(&p.theirs, contacts)
	p.theirs = p.theirs[:1]
}

// contactsIn returns the contacts of a field, which has one or a list of them.
func contactsIn(value []byte) (all []string) {
	if len(value) > 0 && value[0] == '[' {
		for one := range jsonscan.Elements(value) {
			all = append(all, contactsIn(one)...)
		}
		return all
	}
	if isString(value) {
		return []string{unquote(value)}
	}
	return []string{string(value)}
}

// addressOf returns the address of a contact as [contactOf] writes it.
func addressOf(contact string) string {
	if open := strings.LastIndexByte(contact, '<'); open >= 0 && strings.HasSuffix(contact, ">") {
		return strings.ToLower(contact[open+1 : len(contact)-1])
	}
	return strings.ToLower(contact)
}
