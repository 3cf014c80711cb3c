package archive

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Person is a customer by all that is known of them: ids at Dixa, in lower case, and e-mail addresses and phone numbers.
type Person struct {
	Customers []string
	Addresses []string
}

// About is what an archive has about a person, the oldest first. Conversations of theirs have all their messages; of others there are
// those that name an address of theirs.
type About struct {
	Person
	Names         []string
	Conversations []Conversation
	Messages      []Message
}

// requester are the fields of a conversation that say who wrote.
type requester struct {
	Name   string   `json:"requester_name"`
	Email  string   `json:"requester_email"`
	Emails []string `json:"requester_additional_emails"`
	Phone  string   `json:"requester_phone_number"`
	Phones []string `json:"requester_additional_phone_numbers"`
}

func requesterOf(c Conversation) (r requester) {
	_ = json.Unmarshal(c.Rest, &r) // a field of another type is as one that is missing
	return r
}

func (r requester) addresses() []string {
	return slices.DeleteFunc(slices.Concat([]string{r.Email, r.Phone}, r.Emails, r.Phones), func(a string) bool { return a == "" })
}

// has reports whether a requester has an address.
func (r requester) has(address string) bool {
	return slices.ContainsFunc(r.addresses(), func(a string) bool { return strings.EqualFold(a, address) })
}

// FindAbout returns what a store has about a person: what is of a customer with one of the ids or addresses, and what names one of the
// addresses that are given or are those of these customers. Conversations are further ones that are about the person.
func FindAbout(ctx context.Context, s Store, p Person, conversations ...int64) (About, error) {
	found := About{Person: Person{Customers: slices.Clone(p.Customers), Addresses: slices.Clone(p.Addresses)}}
	all := collected{conversations: map[int64]Conversation{}, messages: map[string]Message{}}
	for _, address := range p.Addresses {
		rows, err := s.Naming(ctx, address)
		if err != nil {
			return About{}, err
		}
		for _, c := range rows.Conversations {
			if c.RequesterID != "" && requesterOf(c).has(address) {
				found.Customers = append(found.Customers, c.RequesterID)
			}
		}
		all.add(rows, address)
	}
	found.Customers = unique(found.Customers)
	rows, err := s.Of(ctx, found.Customers, conversations)
	if err != nil {
		return About{}, err
	}
	all.add(rows, "")
	for _, c := range rows.Conversations {
		if !slices.Contains(found.Customers, c.RequesterID) {
			continue
		}
		r := requesterOf(c)
		if r.Name != "" {
			found.Names = append(found.Names, r.Name)
		}
		for _, address := range r.addresses() {
			if slices.ContainsFunc(found.Addresses, func(a string) bool { return strings.EqualFold(a, address) }) {
				continue
			}
			found.Addresses = append(found.Addresses, address)
			rows, err := s.Naming(ctx, address)
			if err != nil {
				return About{}, err
			}
			all.add(rows, address)
		}
	}
	found.Names = unique(found.Names)
	for _, c := range all.conversations {
		found.Conversations = append(found.Conversations, c)
	}
	for _, m := range all.messages {
		found.Messages = append(found.Messages, m)
	}
	slices.SortFunc(found.Conversations, func(a, b Conversation) int {
		return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(found.Messages, func(a, b Message) int {
		return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return found, nil
}

// EraseAbout erases what was found about a person, for good: rows that come later lose their texts too. It returns how many rows had some.
func EraseAbout(ctx context.Context, s Store, found About, at time.Time) (rows int64, err error) {
	var all []Erasure
	for _, id := range found.Customers {
		all = append(all, Erasure{Customer: id})
	}
	whole := map[int64]bool{}
	for _, c := range found.Conversations {
		whole[c.ID] = true
		all = append(all, Erasure{Conversation: c.ID})
	}
	for _, m := range found.Messages {
		if !whole[m.Conversation] {
			all = append(all, Erasure{Message: m.ID})
		}
	}
	for _, e := range all {
		n, err := s.Erase(ctx, e, at)
		rows += n
		if err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// collected are rows that were found, each once.
type collected struct {
	conversations map[int64]Conversation
	messages      map[string]Message
}

// add adds rows, of which only those that name an address if one is given.
func (all collected) add(rows Rows, address string) {
	for _, c := range rows.Conversations {
		if address == "" || FieldsName(c.Rest, address) {
			all.conversations[c.ID] = c
		}
	}
	for _, m := range rows.Messages {
		if address == "" || NamesAddress(m.Text, address) || FieldsName(m.Rest, address) {
			all.messages[m.ID] = m
		}
	}
}

// NamesAddress reports whether a text has an e-mail address or phone number in it, and not a longer one, in either case.
func NamesAddress(text, address string) bool {
	text, address = strings.ToLower(text), strings.ToLower(address)
	if address == "" {
		return false
	}
	part := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("+_%", r) }
	for from := 0; ; {
		at := strings.Index(text[from:], address)
		if at < 0 {
			return false
		}
		at += from
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, size := utf8.DecodeRuneInString(text[at+len(address):])
		next, _ := utf8.DecodeRuneInString(text[at+len(address)+size:])
		longer := part(before) || (before == '.' || before == '-') && strings.Contains(address, "@") && at > 1 && part(rune(text[at-2])) ||
			part(after) || (after == '.' || after == '-') && strings.Contains(address, "@") && part(next)
		if !longer {
			return true
		}
		from = at + 1
	}
}

// FieldsName reports whether one of the texts within a JSON value names an address, as [NamesAddress] does.
func FieldsName(fields json.RawMessage, address string) bool {
	var value any
	if json.Unmarshal(fields, &value) != nil {
		return false
	}
	return slices.ContainsFunc(leaves(value), func(text string) bool { return NamesAddress(text, address) })
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
