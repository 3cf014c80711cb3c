package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/base/vocabulary"
	"dixa-mcp/internal/view"
)

// SearchMessagesIn is a search for the texts of messages.
type SearchMessagesIn struct {
	Words    string          `json:"words" jsonschema_description:"all must be there; a \"phrase\"; a beginning*"`
	Queue    d.UUID          `json:"queue,omitzero" names:"queue"`
	Tag      d.UUID          `json:"tag,omitzero" names:"tag"`
	Assignee d.UUID          `json:"assignee,omitzero" names:"Dixa agent"`
	Channel  d.SearchChannel `json:"channel,omitzero"`
	From     d.Time          `json:"from,omitzero" jsonschema_description:"written"`
	To       d.Time          `json:"to,omitzero" time:"end"`
	Limit    int             `json:"limit,omitzero" check:"min=1,max=25" jsonschema_description:"default 10"`
}

func (in *SearchMessagesIn) misfit() (field, problem string) {
	if _, err := archive.Words(in.Words); err != nil {
		return "words", err.Error()
	}
	return "", ""
}

const (
	// mostJudged is how many conversations one search asks Dixa about, for an agent that may not see all of them.
	mostJudged = 25
	// candidates is how many messages such a search considers.
	candidates = 200
	// sameMoment is how many messages of the same millisecond as the last one are shown beyond the limit.
	sameMoment = 25
)

var searchMessages = aside(onlyNamed(task("search_messages", "searched the archive's messages",
	"Full-text search in the archive's messages, newest first.",
	[]*d.Spec{d.GetConversation.Spec, d.ListMessages.Spec},
	[]*d.Spec{d.ListQueues.Spec, d.ListTags.Spec, d.ListAgents.Spec},
	func(ctx context.Context, r *Reads, in SearchMessagesIn) (Output, error) {
		if r.Archive == nil {
			return Output{}, errNoArchive
		}
		if r.Limited(d.SearchConversations.Spec) {
			return Output{}, errors.New("search_messages cannot apply this agent's rules for the arguments of search_conversations; bound the agent with only instead")
		}
		in.Limit = cmp.Or(in.Limit, hitsByDefault)
		left, err := r.limitRows(r.RowsLeft, &in.Limit, "more messages")
		if err != nil {
			return Output{}, err
		}
		s := &messageSearch{r, archiveReader{r}, in}
		fresh, err := s.archive.fresh(ctx)
		if err != nil {
			return Output{}, err
		}
		q, err := s.query()
		if err != nil {
			return Output{}, err
		}
		hits, more, err := s.hits(ctx, q)
		if err != nil {
			return Output{}, err
		}
		if len(hits) == 0 {
			return Output{Parts: []view.Part{view.Sentence(NonePart, "No message has all of these words and filters. Try fewer words, the beginning of one with *, or a longer time."+s.archive.onlyJudged()), fresh}}, nil
		}
		if len(hits) > left { // those of the same moment as the last
			hits = hits[:left]
			r.leave("more messages", noMoreRows)
		}
		if err := r.ShowRows(len(hits)); err != nil {
			return Output{}, err
		}
		list := view.Part{Name: "messages", List: true}
		for _, h := range hits {
			list.Items = append(list.Items, r.archived(h))
		}
		parts := []view.Part{list, fresh}
		if more {
			parts = append(parts, view.Sentence("more", "More: "+called("search_messages", s.next(hits[len(hits)-1].At))))
		} else if note := s.archive.onlyJudged(); note != "" {
			parts = append(parts, view.Sentence("more", strings.TrimSpace(note)))
		}
		return Output{Parts: parts}, nil
	})))

// messageSearch is one search for messages.
type messageSearch struct {
	reads   *Reads
	archive archiveReader
	in      SearchMessagesIn
}

// query makes the archive's query of an agent's.
func (s *messageSearch) query() (q archive.Query, err error) {
	q = archive.Query{Filter: archive.Filter{Queue: string(s.in.Queue), Agent: string(s.in.Assignee)}, Since: s.in.From.Time, Until: s.in.To.Time}
	if q.Words, err = archive.Words(s.in.Words); err != nil {
		return q, err
	}
	if s.in.Channel != "" {
		q.Channel, _ = archive.Channel(string(s.in.Channel))
	}
	q.Tag, err = s.archive.tag("search_messages", s.in.Tag)
	return q, err
}

// hits returns up to the limit of messages, those of the same moment as the last too, and whether there are more. An agent that may not see all
// conversations gets those of conversations that Dixa shows it now; whether there are more is not said, since that would tell of the others.
func (s *messageSearch) hits(ctx context.Context, q archive.Query) (hits []archive.Hit, more bool, err error) {
	limit, byOne := s.in.Limit, s.archive.judged()
	q.Limit = limit + sameMoment
	if byOne {
		q.Limit = candidates
	}
	if ctx, err = s.reads.judging(ctx, byOne); err != nil {
		return nil, false, err
	}
	picked := picked[archive.Hit]{limit: limit, compare: func(a, b archive.Hit) int { return b.At.Compare(a.At) }}
	seen, judged := map[string]bool{}, map[int64]bool{}
	for _, filter := range s.archive.narrowed(q.Filter) {
		q.Filter = filter
		found, err := s.reads.Archive.Search(ctx, q)
		if err != nil {
			return nil, false, fmt.Errorf("the archive could not be searched: %w", err)
		}
		for _, h := range found {
			if seen[h.Message] {
				continue
			}
			seen[h.Message] = true
			if more = picked.full(h); more {
				break
			}
			shown, known := judged[h.Conversation]
			switch {
			case !byOne:
				shown = true
			case !known && len(judged) == mostJudged:
				continue
			case !known:
				if shown, err = s.shows(ctx, h.Conversation); err != nil {
					return nil, false, err
				}
				judged[h.Conversation] = shown
			}
			if shown {
				picked.add(h)
			}
		}
	}
	hits = picked.shown
	if end := min(limit, len(hits)); end > 0 {
		for end < len(hits) && hits[end].At.Equal(hits[end-1].At) {
			end++
		}
		hits = hits[:end]
	}
	return hits, more && !byOne, nil
}

// shows reports whether the agent may read the messages of a conversation now.
func (s *messageSearch) shows(ctx context.Context, conversation int64) (bool, error) {
	ref := d.ConversationRef{ConversationID: conversation}
	if !s.reads.May(d.ListMessages.Spec, d.ListMessagesIn{ConversationRef: ref}) {
		return false, nil
	}
	return s.reads.has(ctx, ref)
}

// archived describes a message that was found.
func (r *Reads) archived(h archive.Hit) view.Item {
	if !r.Granted(d.ListQueues.Spec) { // messages and conversations have ids
		h.Queue = ""
	}
	if !r.Granted(d.ListAgents.Spec) {
		h.Assignee, h.Author = "", ""
	}
	if !r.Granted(d.GetEndUser.Spec) && !r.Granted(d.ListEndUsers.Spec) { // a customer may have written it
		h.Author = ""
	}
	i := view.Item{Text: strings.Join(strings.Fields(h.Passage), " "), Facts: []view.Fact{
		{Key: "conversation", Value: strconv.FormatInt(h.Conversation, 10)},
		{Key: "written", Time: h.At},
		{Key: "author", Label: "by", Value: h.Author, Outside: true},
		{Key: "channel", Value: vocabulary.Channels.Word(h.Channel)},
		{Key: "queue", Label: "queue", Value: h.Queue},
		{Key: "assignedTo", Label: "assigned to", Value: h.Assignee},
	}}
	if h.Automated {
		i.Facts[2] = view.Fact{Key: "automatic", Value: "automatic", Own: true}
	}
	return i
}

// next returns the search for what was written until a time, as its caller wrote it.
func (s *messageSearch) next(until time.Time) SearchMessagesIn {
	in := s.in
	in.To = d.Time{Time: until}
	in.Channel = d.SearchChannel(vocabulary.Channels.Word(string(in.Channel)))
	s.reads.name(&in.Queue, d.QueueThing)
	s.reads.name(&in.Tag, d.TagThing)
	s.reads.name(&in.Assignee, d.AgentThing)
	return in
}
