package tools

import (
	"context"
	"errors"
	"fmt"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/view"
)

func (in *FindConversationsIn) misfit() (field, problem string) {
	if in.CustomerName == "" && !in.Waiting {
		return in.ConversationSearch.misfit()
	}
	for _, other := range []struct {
		field string
		given bool
	}{{"words", in.Words != ""}, {"customer", in.Customer != ""}, {"attributes", len(in.Attributes) > 0}, {"pageKey", in.PageKey != ""}} {
		if other.given {
			return other.field, "cannot be given together with customerName or waiting, which are found in the archive"
		}
	}
	return in.ConversationSearch.misfit()
}

// findArchived finds conversations in the archive by what Dixa cannot search for. What is shown of each comes from Dixa, which shows a
// bounded agent only its own; whether there are more is not said to it.
func (r *Reads) findArchived(ctx context.Context, in FindConversationsIn) (Output, error) {
	switch {
	case r.Archive == nil:
		field := "waiting"
		if in.CustomerName != "" {
			field = "customerName"
		}
		return Output{}, problem("find_conversations", field, errors.New("this server keeps no archive, and Dixa cannot search for it; leave it out"))
	case r.Limited(d.SearchConversations.Spec):
		return Output{}, errors.New("find_conversations cannot apply this agent's rules for the arguments of search_conversations to the archive; leave out customerName and waiting")
	}
	left, err := r.RowsLeft()
	if err != nil {
		return Output{}, err
	}
	in.Limit = min(in.Limit, left, max(r.Left()-searchAndNames, 1))
	fresh, err := r.archivedUntil(ctx)
	if err != nil {
		return Output{}, err
	}
	q := archive.ConversationQuery{CustomerName: in.CustomerName, Queue: string(in.Queue), Agent: string(in.Assignee), Unassigned: in.Unassigned, Status: string(in.State),
		Since: in.From.Time, Until: in.To.Time, Waiting: in.Waiting, Limit: in.Limit + 1}
	if q.Tag, err = r.archivedTag("find_conversations", in.Tag); err != nil {
		return Output{}, err
	}
	if in.Channel != "" {
		q.Channel, _ = archive.Channel(string(in.Channel))
	}
	byOne := r.judged()
	if byOne {
		q.Limit = mostJudged
	}
	found, err := r.Archive.Find(ctx, q)
	if err != nil {
		return Output{}, fmt.Errorf("the archive could not be searched: %w", err)
	}
	more := !byOne && len(found) > in.Limit
	list := view.Part{Name: "conversations", List: true}
	customers := customers{reads: r, known: map[d.UUID][]view.Fact{}}
	for i, f := range found {
		if len(list.Items) == in.Limit {
			break
		}
		item, ok, err := r.hit(ctx, d.SearchHit{ID: f.ID}, &customers, false)
		if err != nil {
			return Output{}, err
		}
		if ok {
			item.Facts = append(item.Facts, view.Fact{Key: "waitingSince", Label: "waiting since", Time: f.Since})
			list.Items = append(list.Items, item)
		}
		r.tell("read %d conversations", i+1)
	}
	if len(list.Items) == 0 {
		return Output{Parts: []view.Part{view.Sentence(NonePart, "The archive has no conversation with all of these filters. Leave one out, or try a shorter part of the name."+r.onlyJudged()), fresh}}, nil
	}
	if err := r.ShowRows(len(list.Items)); err != nil {
		return Output{}, err
	}
	parts := []view.Part{list, fresh}
	if more {
		parts = append(parts, view.Sentence("more", "There are more: narrow the search, or raise limit."))
	}
	return Output{Parts: parts}, nil
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
