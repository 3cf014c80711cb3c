package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

// FindCustomerIn finds customers by one of the three ways in which Dixa can, or by a part of their name in the archive.
type FindCustomerIn struct {
	Email       string `json:"email,omitzero" contact:"email"`
	Phone       string `json:"phone,omitzero" contact:"phone"`
	ExternalID  string `json:"externalId,omitzero"`
	DisplayName string `json:"displayName,omitzero" check:"max=100" jsonschema_description:"a part; needs an archive"`
}

func (in *FindCustomerIn) misfit() (field, problem string) {
	given := 0
	for _, v := range []string{in.Email, in.Phone, in.ExternalID, strings.TrimSpace(in.DisplayName)} {
		if v != "" {
			given++
		}
	}
	if given != 1 {
		return "email", "must be given, or phone, externalId or displayName in its place, and only one of them"
	}
	return "", ""
}

const (
	// mostCustomers is how many customers of one address are shown with their conversations.
	mostCustomers = 3
	// mostOfCustomer is how many conversations of one customer are shown, and mostOpen how many if all of these are open.
	mostOfCustomer = 10
	mostOpen       = 25
	// customerPage is how many conversations of a customer are asked for at once.
	customerPage = 50
)

var findCustomer = task("find_customer", "looked up a customer",
	"Who a customer is, by email, phone or externalId, with their conversations, open ones first.",
	[]*d.Spec{d.ListEndUsers.Spec, d.ListEndUserConversations.Spec}, nil,
	func(ctx context.Context, r *Reads, in FindCustomerIn) (Output, error) {
		if _, err := r.RecordsLeft(); err != nil {
			return Output{}, err
		}
		f := &customerFinder{r, in}
		found, err := f.customers(ctx)
		if err != nil {
			return Output{}, err
		}
		if len(found) == 0 && in.DisplayName != "" {
			return Output{Parts: []view.Part{view.Sentence(NonePart, "The archive has no customer with this in the name whom Dixa still has. Try another spelling, a shorter part, or email or phone.")}}, nil
		}
		if len(found) == 0 {
			return Output{Parts: []view.Part{view.Sentence(NonePart, "No customer has this "+in.by()+". Dixa compares it whole and finds nobody by name; "+
				"try another of email, phone and externalId"+r.clause(", or words that they wrote with %s", "find_conversations")+".")}}, nil
		}
		customers := view.Part{Name: "customers", List: true}
		for n, user := range found {
			item, name := customerItem(&user), ""
			if len(found) == 1 {
				name = cmp.Or(in.Email, in.Phone)
			}
			if n < mostCustomers {
				if item, err = f.withConversations(ctx, item, user.ID, name); err != nil {
					return Output{}, err
				}
			}
			customers.Items = append(customers.Items, item)
		}
		if in.DisplayName == "" { // those of the archive were counted
			err = r.ShowRecords(len(found))
		}
		return Output{Parts: []view.Part{customers}}, err
	})

// mostNamed is how many customers of a name are looked up.
const mostNamed = 5

// customerFinder finds the customers that were asked for.
type customerFinder struct {
	reads *Reads
	in    FindCustomerIn
}

// customers finds customers at Dixa. Those of a name are found in the archive first: what is shown of them comes from Dixa, which shows a
// bounded agent only its own.
func (f *customerFinder) customers(ctx context.Context) ([]d.EndUser, error) {
	if f.in.DisplayName == "" {
		a, err := d.ListEndUsers.Do(ctx, f.reads.Client, d.ListEndUsersIn{Email: f.in.Email, Phone: f.in.Phone, ExternalID: f.in.ExternalID})
		return a.Value, err
	}
	if f.reads.Archive == nil {
		return nil, problem("find_customer", "displayName", errors.New("this server keeps no archive, and Dixa cannot find customers by name; give email, phone or externalId"))
	}
	left, err := f.reads.RowsLeft()
	if err != nil {
		return nil, err
	}
	if ctx, err = f.reads.judging(ctx, f.judged()); err != nil {
		return nil, err
	}
	named, err := f.reads.Archive.Customers(ctx, strings.TrimSpace(f.in.DisplayName), mostNamed)
	if err != nil {
		return nil, fmt.Errorf("the archive could not be searched: %w", err)
	}
	var all []d.EndUser
	known := map[d.UUID]bool{}
	for _, c := range named {
		by := d.ListEndUsersIn{Email: c.Email}
		if c.Email == "" {
			by.Phone = c.Phone
		}
		if by.Email+by.Phone == "" {
			continue
		}
		a, err := d.ListEndUsers.Do(ctx, f.reads.Client, by)
		if notGranted(err) { // of whom there is nothing to tell
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, u := range a.Value {
			if !known[u.ID] {
				known[u.ID] = true
				all = append(all, u)
			}
		}
	}
	if len(all) > left {
		all = all[:left]
		f.reads.leave("more customers", noMoreRows)
	}
	return all, f.reads.ShowRows(len(all))
}

// judged reports whether the agent gets only customers whom Dixa shows it now, one after the other.
func (f *customerFinder) judged() bool {
	return f.reads.Bounded || f.reads.Limited(d.ListEndUsers.Spec)
}

func (in *FindCustomerIn) by() string {
	switch {
	case in.Email != "":
		return "email"
	case in.Phone != "":
		return "phone"
	}
	return "externalId"
}

// withConversations adds to a customer what they wrote about. The call for the rest names them as given, or by a conversation.
func (f *customerFinder) withConversations(ctx context.Context, item view.Item, user d.UUID, name string) (view.Item, error) {
	list, err := d.ListEndUserConversations.Do(ctx, f.reads.Client, d.ListEndUserConversationsIn{EndUserRef: d.EndUserRef{UserID: user}, Page: d.Page{PageLimit: customerPage}})
	if notGranted(err) {
		f.reads.leave("conversations of some customers", notGrantedFor)
		return item, nil
	}
	if err != nil {
		return item, err
	}
	openFirst(list.Value)
	item.Facts = append(item.Facts, counted(list.Value, list.Next != ""))
	shown := 0
	for shown < len(list.Value) && (shown < mostOfCustomer || shown < mostOpen && list.Value[shown].State != "Closed") {
		item.Items = append(item.Items, f.reads.conversationItem(&list.Value[shown], ""))
		shown++
	}
	if shown == len(list.Value) && list.Next == "" {
		return item, nil
	}
	more := "More are not shown."
	if f.reads.clause("%s", findConversations.Name) != "" {
		name = cmp.Or(name, fmt.Sprintf("requester:%d", list.Value[0].ID))
		more = "More: " + called(findConversations.Name, FindConversationsIn{ConversationSearch: ConversationSearch{Customer: d.UUID(name)}})
	}
	item.Items = append(item.Items, view.Item{Facts: []view.Fact{{Key: "more", Value: more, Own: true}}})
	return item, nil
}
