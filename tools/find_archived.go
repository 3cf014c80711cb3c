package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/base/vocabulary"
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

// archivedFinder is one search for conversations in the archive.
type archivedFinder struct {
	reads   *Reads
	archive archiveReader
	shown   *conversationFinder
	in      FindConversationsIn
}

// find finds conversations in the archive by what Dixa cannot search for. What is shown of each comes from Dixa, which shows a
// bounded agent only its own; whether there are more is not said to it.
func (f *archivedFinder) find(ctx context.Context) (Output, error) {
	in := f.in
	if err := f.findable(); err != nil {
		return Output{}, err
	}
	left, err := f.reads.RowsLeft()
	if err != nil {
		return Output{}, err
	}
	fresh, err := f.archive.fresh(ctx)
	if err != nil {
		return Output{}, err
	}
	q := archive.ConversationQuery{
		Filter:       archive.Filter{Queue: string(in.Queue), Agent: string(in.Assignee)},
		CustomerName: in.CustomerName, Customer: string(in.Customer), Unassigned: in.Unassigned, Status: string(in.State), Rating: archive.Rating(in.Rating),
		Since: in.From.Time, Until: in.To.Time, Waiting: in.Waiting || in.Sort == longestWaiting, Order: archive.Order(in.Sort),
	}
	if q.Tag, err = f.archive.tag("find_conversations", in.Tag); err != nil {
		return Output{}, err
	}
	if in.Channel != "" {
		q.Channel, _ = archive.Channel(string(in.Channel))
	}
	each := 1 // request for each conversation
	if in.Rating != "" {
		each = 2
	}
	judged, looks := f.archive.judged(), mostJudged
	if !judged {
		looks = min(looks, max((f.reads.Left()-searchAndNames)/each, 1))
	}
	in.Limit = min(in.Limit, left, looks)
	if ctx, err = f.reads.judging(ctx, judged); err != nil {
		return Output{}, err
	}
	list, more, err := f.conversations(ctx, q, in.Limit, looks)
	if err != nil {
		return Output{}, err
	}
	if len(list.Items) == 0 {
		return Output{Parts: []view.Part{view.Sentence(NonePart, "The archive has no conversation with all of these filters. Leave one out, or try a shorter part of the name."+f.archive.onlyJudged()), fresh}}, nil
	}
	if err := f.reads.ShowRows(len(list.Items)); err != nil {
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

// findable says why a search cannot be answered from the archive; nil where it can.
func (f *archivedFinder) findable() error {
	field := f.in.ofArchive()
	switch {
	case f.reads.Archive == nil && field == "sort":
		return problem("find_conversations", field, errors.New("this server keeps no archive, and Dixa sorts nothing; leave it out, and narrow the search with from and to"))
	case f.reads.Archive == nil && field == "rating":
		return problem("find_conversations", field, errors.New("this server keeps no archive, and Dixa cannot search for it; leave it out"+f.reads.clause(", or see csat with comments in %s", "report")))
	case f.reads.Archive == nil:
		return problem("find_conversations", field, errors.New("this server keeps no archive, and Dixa cannot search for it; leave it out"))
	case f.reads.Limited(d.SearchConversations.Spec):
		return errors.New("find_conversations cannot apply this agent's rules for the arguments of search_conversations to the archive; leave out customerName, waiting, rating and sort")
	case f.in.CustomerName != "" && !f.reads.Granted(d.GetEndUser.Spec) && !f.reads.Granted(d.ListEndUsers.Spec): // which conversations it finds tells names
		return problem("find_conversations", "customerName", errors.New("this agent may not read customers, which needs get_end_user or list_end_users; leave it out"))
	case (f.in.Waiting || f.in.Sort == longestWaiting) && !f.archive.tellsMessages():
		if field = "sort"; f.in.Waiting {
			field = "waiting"
		}
		return problem("find_conversations", field, errors.New("this agent may not read when messages were written, which needs list_messages or list_conversation_activity; leave it out"))
	case f.in.Rating != "" && !f.reads.Granted(d.ListRatings.Spec):
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
func (f *archivedFinder) conversations(ctx context.Context, q archive.ConversationQuery, limit, looks int) (list view.Part, more bool, err error) {
	list = view.Part{Name: "conversations", List: true}
	q.Limit = limit + 1
	if f.archive.judged() || q.Rating != "" { // some of them are not shown
		q.Limit = 2 * mostJudged
	}
	picked := picked[foundItem]{limit: limit, compare: orderOf(q)}
	looked := map[int64]bool{}
	for _, filter := range f.archive.narrowed(q.Filter) {
		q.Filter = filter
		found, err := f.reads.Archive.Find(ctx, q)
		if err != nil {
			return list, false, fmt.Errorf("the archive could not be searched: %w", err)
		}
		for _, one := range found {
			if looked[one.ID] {
				continue
			}
			if more = len(looked) == looks || picked.full(foundItem{Found: one}); more {
				break
			}
			looked[one.ID] = true
			item, ok, err := f.hit(ctx, one)
			if err != nil {
				return list, false, err
			}
			if ok {
				picked.add(foundItem{one, item})
			}
			if !f.archive.judged() {
				f.reads.tell("read %d conversations", len(looked))
			}
		}
	}
	for _, p := range picked.shown[:min(limit, len(picked.shown))] {
		list.Items = append(list.Items, p.item)
	}
	return list, more && !f.archive.judged(), nil
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

// hit returns a conversation that the archive has, as Dixa shows it now; ok is false for one that it does not show, or not with the rating.
func (f *archivedFinder) hit(ctx context.Context, found archive.Found) (item view.Item, ok bool, err error) {
	item, ok, err = f.shown.hit(ctx, d.SearchHit{ID: found.ID})
	if err != nil || !ok {
		return item, false, err
	}
	item.Facts = append(item.Facts, view.Fact{Key: "waitingSince", Label: "waiting since", Time: found.Since})
	if f.in.Rating == "" {
		return item, true, nil
	}
	a, err := d.ListRatings.Do(ctx, f.reads.Client, d.ConversationRef{ConversationID: found.ID})
	if ok, err := f.shown.showable(err); !ok {
		return item, false, err
	}
	ok = false
	for _, rating := range a.Value {
		if rating.Score == nil {
			continue
		}
		ok = ok || rated(rating, archive.Rating(f.in.Rating))
		item.Facts = append(item.Facts, view.Fact{Key: "rating", Label: "rated", Value: string(rating.Type) + " " + strconv.Itoa(*rating.Score),
			Word: vocabulary.Kinds.Word(string(rating.Type)) + " " + strconv.Itoa(*rating.Score)})
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
