package tools

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/base/vocabulary"
	"dixa-mcp/internal/view"
)

// ConversationSearch is a search in the words of people.
type ConversationSearch struct {
	Words      string           `json:"words,omitzero" gives:"query"`
	Customer   d.UUID           `json:"customer,omitzero" names:"end user" gives:"contactId"`
	Queue      d.UUID           `json:"queue,omitzero" names:"queue" gives:"queueId"`
	Tag        d.UUID           `json:"tag,omitzero" names:"tag" gives:"tagIds"`
	State      d.SearchStatus   `json:"state,omitzero" gives:"status"`
	Assignee   d.UUID           `json:"assignee,omitzero" names:"Dixa agent" gives:"agentId"`
	Unassigned bool             `json:"unassigned,omitzero" gives:"conditions"`
	Channel    d.SearchChannel  `json:"channel,omitzero"`
	From       d.Time           `json:"from,omitzero" jsonschema_description:"created" gives:"createdAfter"`
	To         d.Time           `json:"to,omitzero" time:"end" gives:"createdBefore"`
	Attributes []AttributeValue `json:"attributes,omitzero" check:"max=5" gives:"conditions"`
}

// FindConversationsIn is a search, and how much of what it finds is wanted.
type FindConversationsIn struct {
	ConversationSearch
	CustomerName string `json:"customerName,omitzero" check:"max=100" jsonschema_description:"a part"`
	Waiting      bool   `json:"waiting,omitzero" jsonschema_description:"longest unanswered first"`
	Rating       Rating `json:"rating,omitzero"`
	Sort         Sort   `json:"sort,omitzero"`
	Limit        int    `json:"limit,omitzero" check:"min=1,max=25" jsonschema_description:"default 10" gives:"pageLimit"`
	PageKey      string `json:"pageKey,omitzero"`
}

// Rating is what customers said of how they were helped.
type Rating string

// Values returns what a search can be for.
func (Rating) Values() []string { return []string{string(archive.Good), string(archive.Bad)} }

// Sort is an order of conversations.
type Sort string

// Values returns the orders.
func (Sort) Values() []string {
	return []string{string(archive.Newest), string(archive.Oldest), longestWaiting}
}

// longestWaiting is the order by which those that wait are found, as with [FindConversationsIn].Waiting.
const longestWaiting = "waiting"

// AttributeValue is a value that a custom attribute must have.
type AttributeValue struct {
	Name  d.UUID `json:"name" names:"custom attribute"`
	Value string `json:"value"`
}

// Refer completes a reference: the value is an option of the attribute, or a text.
func (a AttributeValue) Refer(r *d.Reference) {
	if strings.HasSuffix(r.Name, ".value") {
		r.Option(a.Name)
	}
}

func (in *ConversationSearch) misfit() (field, problem string) {
	switch {
	case in.Unassigned && in.Assignee != "":
		return "unassigned", "cannot be given together with assignee"
	case !in.From.IsZero() && !in.To.IsZero() && !in.From.Before(in.To.Time):
		return "to", "must be later than from"
	}
	return "", ""
}

// hitsByDefault is how many conversations are shown where no limit is given: each costs a request.
const hitsByDefault = 10

// searchAndNames is how many requests a search takes besides one for each conversation: itself, and the names of queues and
// Dixa agents.
const searchAndNames = 4

var findConversations = beside(task("find_conversations", "searched conversations",
	"Find conversations, one line each. customerName, waiting, rating, sort need an archive.",
	[]*d.Spec{d.SearchConversations.Spec, d.GetConversation.Spec},
	[]*d.Spec{d.GetEndUser.Spec, d.ListEndUsers.Spec, d.ListQueues.Spec, d.ListTags.Spec, d.ListAgents.Spec, d.ListCustomAttributes.Spec, d.ListRatings.Spec},
	func(ctx context.Context, r *Reads, in FindConversationsIn) (Output, error) {
		if in.Limit == 0 {
			in.Limit = hitsByDefault
		}
		f := &conversationFinder{r, in.ConversationSearch, customers{reads: r, known: map[d.UUID][]view.Fact{}}}
		if in.ofArchive() != "" {
			return (&archivedFinder{r, archiveReader{r}, f, in}).find(ctx)
		}
		search := in.search()
		if left := r.Left() - searchAndNames; left < in.Limit {
			in.Limit = max(left, 1)
			r.leave("more conversations", "the agent's budget allows no more requests")
		}
		if _, err := r.limitRows(r.RecordsLeft, &in.Limit, "more conversations"); err != nil {
			return Output{}, err
		}
		search.PageLimit, search.PageKey = in.Limit, in.PageKey
		found, err := d.SearchConversations.Do(ctx, r.Client, search)
		if err != nil {
			return Output{}, err
		}
		if len(found.Value) == 0 {
			return Output{Parts: []view.Part{view.Sentence(NonePart, "No conversation was found that meets all of: "+in.given()+
				". Leave one out, or try fewer or other words: Dixa finds the beginnings of words in subjects and messages.")}}, nil
		}
		hits := found.Value[:min(len(found.Value), in.Limit)]
		r.tell("reading %d conversations, a request each", len(hits))
		list := view.Part{Name: "conversations", List: true}
		for i, hit := range hits {
			item, ok, err := f.hit(ctx, hit)
			if err != nil {
				return Output{}, err
			}
			if ok {
				list.Items = append(list.Items, in.without(item))
			}
			r.tell("read %d of %d conversations", i+1, len(hits))
		}
		if err := r.ShowRecords(len(list.Items)); err != nil {
			return Output{}, err
		}
		end := fmt.Sprintf("%d found.", len(list.Items))
		switch {
		case found.Next != "":
			if in.Customer != "" {
				in.Customer = d.UUID(fmt.Sprintf("requester:%d", hits[0].ID))
			}
			end = "Unsorted, without a total. More: " + called("find_conversations", f.withNames(in, found.Next))
		case in.PageKey != "":
			end = "These are the last."
		case len(list.Items) > 1:
			end = fmt.Sprintf("%d found, unsorted.", len(list.Items))
		}
		return Output{Parts: []view.Part{list, view.Sentence("more", end)}}, nil
	}), d.ListRatings.Spec)

// conversationFinder reads the conversations that a search found.
type conversationFinder struct {
	reads     *Reads
	search    ConversationSearch
	customers customers
}

// hit returns one conversation that was found. One that is not there any more is left out.
func (f *conversationFinder) hit(ctx context.Context, hit d.SearchHit) (item view.Item, ok bool, err error) {
	a, err := d.GetConversation.Do(ctx, f.reads.Client, d.GetConversationIn{ConversationRef: d.ConversationRef{ConversationID: hit.ID}})
	if ok, err := f.showable(err); !ok {
		return item, false, err
	}
	item = f.reads.conversationItem(&a.Value, "")
	customer, err := f.customers.of(ctx, a.Value.RequesterID, CustomerAddress(a.Raw))
	if err != nil {
		return item, false, err
	}
	item.Facts = append(item.Facts, customer...)
	if f.search.Words != "" {
		item.Text = snippet(hit)
	}
	return item, true, nil
}

// without leaves out of a line, in text, what the caller asked for: it is the same in all of them. What Dixa tells now and the
// search did not know yet is shown.
func (in *ConversationSearch) without(item view.Item) view.Item {
	asked := map[string]string{"state": vocabulary.States.Word(string(in.State)), "channel": vocabulary.Channels.Word(string(in.Channel)), "queue": string(in.Queue), "assignedTo": string(in.Assignee)}
	for i := range item.Facts {
		f := &item.Facts[i]
		f.Program = asked[f.Key] != "" && strings.EqualFold(asked[f.Key], cmp.Or(f.ID, f.Value)) || in.Customer != "" && isCustomer(f)
	}
	return item
}

func isCustomer(f *view.Fact) bool {
	return f.Key == "customer" || f.Key == "email" || f.Key == "phone"
}

// showable tells by the error of a read whether what was found is shown. One that is gone is left out, and one that the agent may not read
// as well, which is said.
func (f *conversationFinder) showable(err error) (bool, error) {
	switch {
	case d.IsNotFound(err):
		return false, nil
	case notGranted(err):
		f.reads.leave("some conversations", notGrantedFor)
		return false, nil
	}
	return err == nil, err
}

// longestSnippet is how many bytes of the text around the words are shown.
const longestSnippet = 160

// snippet returns where the words were found in a message; those in the subject are in the line.
func snippet(hit d.SearchHit) string {
	found := hit.Highlights["text"]
	if len(found) == 0 {
		return ""
	}
	plain := strings.Join(strings.Fields(view.Text(found[0])), " ")
	if len(plain) > longestSnippet {
		plain = strings.ToValidUTF8(plain[:longestSnippet], "") + "…"
	}
	return plain
}

// search makes Dixa's search of a person's.
func (in *ConversationSearch) search() d.SearchConversationsIn {
	s := d.SearchConversationsIn{Query: in.Words, CreatedAfter: in.From, CreatedBefore: in.To}
	if in.State != "" {
		s.Status = []d.SearchStatus{in.State}
	}
	if in.Channel != "" {
		s.Channel = []d.SearchChannel{in.Channel}
	}
	for to, id := range map[*[]d.UUID]d.UUID{&s.ContactID: in.Customer, &s.QueueID: in.Queue, &s.TagIDs: in.Tag, &s.AgentID: in.Assignee} {
		if id != "" {
			*to = []d.UUID{id}
		}
	}
	if in.Unassigned {
		s.Conditions = append(s.Conditions, d.SearchCondition{Field: "AgentId", Operator: "IsEmpty"})
	}
	for _, a := range in.Attributes {
		s.Conditions = append(s.Conditions, d.SearchCondition{Field: "CustomAttribute", Operator: "IsOneOf", Values: []string{a.Value}, AttributeID: a.Name})
	}
	return s
}

// withNames returns a search as its caller wrote it, for the next page.
func (f *conversationFinder) withNames(in FindConversationsIn, pageKey string) FindConversationsIn {
	in.PageKey = pageKey
	in.Channel = d.SearchChannel(vocabulary.Channels.Word(string(in.Channel)))
	in.State = d.SearchStatus(vocabulary.States.Word(string(in.State)))
	f.reads.name(&in.Queue, d.QueueThing)
	f.reads.name(&in.Tag, d.TagThing)
	f.reads.name(&in.Assignee, d.AgentThing)
	in.Attributes = slices.Clone(in.Attributes)
	for i := range in.Attributes {
		a := &in.Attributes[i]
		a.Value = f.reads.path(string(a.Name), strings.Split(a.Value, d.PathSeparator)...)
		f.reads.name(&a.Name, d.AttributeThing)
	}
	return in
}

// name puts a name in the place of an id, if there is an id and the agent may read its name.
func (r *Reads) name(id *d.UUID, thing d.Thing) {
	if *id == "" {
		return
	}
	if name := r.Name(thing, string(*id)); name != "" {
		*id = d.UUID(name)
	}
}

// noFilter is what [ConversationSearch.given] says where there is none.
const noFilter = "no filter"

// given names the arguments of a search.
func (in *ConversationSearch) given() string {
	var names []string
	for _, a := range []struct {
		name string
		is   bool
	}{{"words", in.Words != ""}, {"customer", in.Customer != ""}, {"queue", in.Queue != ""}, {"tag", in.Tag != ""}, {"state", in.State != ""}, {"assignee", in.Assignee != ""}, {"unassigned", in.Unassigned},
		{"channel", in.Channel != ""}, {"from", !in.From.IsZero()}, {"to", !in.To.IsZero()}, {"attributes", len(in.Attributes) > 0}} {
		if a.is {
			names = append(names, a.name)
		}
	}
	if len(names) == 0 {
		return noFilter
	}
	return strings.Join(names, ", ")
}
