package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/view"
)

// ofArchive names an argument that only the archive can answer; "" where none is given.
func (in *FindConversationsIn) ofArchive() string {
	switch {
	case in.CustomerName != "":
		return "customerName"
	case in.Rating != "":
		return "rating"
	case in.Waiting:
		return "waiting"
	case in.Sort != "":
		return "sort"
	}
	return ""
}

func (in *FindConversationsIn) misfit() (field, problem string) {
	if in.ofArchive() == "" {
		return in.ConversationSearch.misfit()
	}
	for _, other := range []struct {
		field string
		given bool
	}{{"words", in.Words != ""}, {"attributes", len(in.Attributes) > 0}, {"pageKey", in.PageKey != ""}} {
		if other.given {
			return other.field, "cannot be given together with customerName, waiting, rating or sort, which are found in the archive"
		}
	}
	return in.ConversationSearch.misfit()
}

// findArchived finds conversations in the archive by what Dixa cannot search for. What is shown of each comes from Dixa, which shows a
// bounded agent only its own; whether there are more is not said to it.
func (r *Reads) findArchived(ctx context.Context, in FindConversationsIn) (Output, error) {
	if err := r.archivedFindable(in); err != nil {
		return Output{}, err
	}
	left, err := r.RowsLeft()
	if err != nil {
		return Output{}, err
	}
	fresh, err := r.archivedUntil(ctx)
	if err != nil {
		return Output{}, err
	}
	q := archive.ConversationQuery{
		Filter:       archive.Filter{Queue: string(in.Queue), Agent: string(in.Assignee)},
		CustomerName: in.CustomerName, Customer: string(in.Customer), Unassigned: in.Unassigned, Status: string(in.State), Rating: archive.Rating(in.Rating),
		Since: in.From.Time, Until: in.To.Time, Waiting: in.Waiting || in.Sort == longestWaiting, Order: archive.Order(in.Sort),
	}
	if q.Tag, err = r.archivedTag("find_conversations", in.Tag); err != nil {
		return Output{}, err
	}
	if in.Channel != "" {
		q.Channel, _ = archive.Channel(string(in.Channel))
	}
	each := 1 // request for each conversation
	if in.Rating != "" {
		each = 2
	}
	looks := min(mostJudged, max((r.Left()-searchAndNames)/each, 1))
	in.Limit = min(in.Limit, left, looks)
	list, more, err := r.conversations(ctx, q, in.Limit, looks)
	if err != nil {
		return Output{}, err
	}
	if len(list.Items) == 0 {
		return Output{Parts: []view.Part{view.Sentence(NonePart, "The archive has no conversation with all of these filters. Leave one out, or try a shorter part of the name."+r.onlyJudged()), fresh}}, nil
	}
	if err := r.ShowRows(len(list.Items)); err != nil {
		return Output{}, err
	}
	for i, item := range list.Items {
		list.Items[i] = in.without(item)
	}
	parts := []view.Part{list, fresh}
	if more {
		parts = append(parts, view.Sentence("more", "There are more: narrow the search, or raise limit."))
	}
	return Output{Parts: parts}, nil
}

// archivedFindable says why a search cannot be answered from the archive; nil where it can.
func (r *Reads) archivedFindable(in FindConversationsIn) error {
	field := in.ofArchive()
	switch {
	case r.Archive == nil && field == "sort":
		return problem("find_conversations", field, errors.New("this server keeps no archive, and Dixa sorts nothing; leave it out, and narrow the search with from and to"))
	case r.Archive == nil && field == "rating":
		return problem("find_conversations", field, errors.New("this server keeps no archive, and Dixa cannot search for it; leave it out"+r.clause(", or see csat with comments in %s", "report")))
	case r.Archive == nil:
		return problem("find_conversations", field, errors.New("this server keeps no archive, and Dixa cannot search for it; leave it out"))
	case r.Limited(d.SearchConversations.Spec):
		return errors.New("find_conversations cannot apply this agent's rules for the arguments of search_conversations to the archive; leave out customerName, waiting, rating and sort")
	case in.Rating != "" && !r.Granted(d.ListRatings.Spec):
		return problem("find_conversations", "rating", errors.New("this agent may not read ratings, which needs list_ratings; leave it out"))
	}
	return nil
}

// foundItem is a conversation that was found, as it is shown.
type foundItem struct {
	archive.Found
	item view.Item
}

// conversations returns up to limit conversations that the archive has for a query and Dixa shows now, and whether there are more. It looks at
// so many in Dixa.
func (r *Reads) conversations(ctx context.Context, q archive.ConversationQuery, limit, looks int) (list view.Part, more bool, err error) {
	list = view.Part{Name: "conversations", List: true}
	q.Limit = limit + 1
	if r.judged() || q.Rating != "" { // some of them are not shown
		q.Limit = 2 * mostJudged
	}
	picked := picked[foundItem]{limit: limit, compare: orderOf(q)}
	customers := customers{reads: r, known: map[d.UUID][]view.Fact{}}
	looked := map[int64]bool{}
	for _, filter := range r.narrowed(q.Filter) {
		q.Filter = filter
		found, err := r.Archive.Find(ctx, q)
		if err != nil {
			return list, false, fmt.Errorf("the archive could not be searched: %w", err)
		}
		for _, f := range found {
			if looked[f.ID] {
				continue
			}
			if more = len(looked) == looks || picked.full(foundItem{Found: f}); more {
				break
			}
			looked[f.ID] = true
			item, ok, err := r.archivedHit(ctx, f, q, &customers)
			if err != nil {
				return list, false, err
			}
			if ok {
				picked.add(foundItem{f, item})
			}
			r.tell("read %d conversations", len(looked))
		}
	}
	for _, p := range picked.shown[:min(limit, len(picked.shown))] {
		list.Items = append(list.Items, p.item)
	}
	return list, more && !r.judged(), nil
}

// orderOf compares conversations by the order of a query.
func orderOf(q archive.ConversationQuery) func(a, b foundItem) int {
	switch {
	case q.Order == archive.Oldest:
		return func(a, b foundItem) int { return cmp.Compare(a.ID, b.ID) }
	case q.Waiting && q.Order != archive.Newest:
		return func(a, b foundItem) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID)) }
	}
	return func(a, b foundItem) int { return cmp.Compare(b.ID, a.ID) }
}

// archivedHit returns a conversation that the archive has, as Dixa shows it now; ok is false for one that it does not show, or not with the rating.
func (r *Reads) archivedHit(ctx context.Context, f archive.Found, q archive.ConversationQuery, who *customers) (item view.Item, ok bool, err error) {
	item, ok, err = r.hit(ctx, d.SearchHit{ID: f.ID}, who, false)
	if err != nil || !ok {
		return item, false, err
	}
	item.Facts = append(item.Facts, view.Fact{Key: "waitingSince", Label: "waiting since", Time: f.Since})
	if q.Rating == "" {
		return item, true, nil
	}
	a, err := d.ListRatings.Do(ctx, r.Client, d.ConversationRef{ConversationID: f.ID})
	if ok, err := r.showable(err); !ok {
		return item, false, err
	}
	ok = false
	for _, rating := range a.Value {
		if rating.Score == nil {
			continue
		}
		ok = ok || rated(rating, q.Rating)
		item.Facts = append(item.Facts, view.Fact{Key: "rating", Label: "rated", Value: string(rating.Type) + " " + strconv.Itoa(*rating.Score)})
		item.Text = cmp.Or(item.Text, rating.Comment)
	}
	return item, ok, nil
}

// rated reports whether a customer gave such a rating.
func rated(r d.ConversationRating, as archive.Rating) bool {
	bad, good := 0, 1 // of thumbs
	switch r.Type {
	case "Csat":
		bad, good = 2, 4
	case "Nps":
		bad, good = 6, 9
	}
	if as == archive.Bad {
		return *r.Score <= bad
	}
	return *r.Score >= good
}

// archivedTag returns the name of a tag, by which the archive knows it.
func (r *Reads) archivedTag(tool string, id d.UUID) (name string, err error) {
	if id == "" {
		return "", nil
	}
	if name = r.Name(d.TagThing, string(id)); name == "" {
		err = problem(tool, "tag", errors.New("the archive knows tags by name, and this agent may not list them; leave it out"))
	}
	return name, err
}
