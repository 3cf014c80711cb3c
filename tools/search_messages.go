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

// Archive is the copy of conversations and messages, for tools that search it.
type Archive interface {
	Search(context.Context, archive.Query) ([]archive.Hit, error)
	Find(context.Context, archive.ConversationQuery) ([]archive.Found, error)
	Loads(context.Context) (archive.Loads, error)
	Facts(ctx context.Context, span archive.Span, each func(archive.Fact)) error
	Customers(ctx context.Context, name string, most int) ([]archive.Customer, error)
	Covered(context.Context, archive.What) ([]archive.Span, error)
	Query(ctx context.Context, sql string, most int) (archive.Table, error)
}

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

// errNoArchive says that there is nothing to search.
var errNoArchive = errors.New("this server keeps no archive of messages: its operator can start it with --archive")

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
		if left, err := r.RowsLeft(); err != nil {
			return Output{}, err
		} else if left < in.Limit {
			in.Limit = left
			r.leave("more messages", "the agent's budget allows no more rows")
		}
		fresh, err := r.archivedUntil(ctx)
		if err != nil {
			return Output{}, err
		}
		q, err := r.query(in)
		if err != nil {
			return Output{}, err
		}
		hits, more, err := r.messages(ctx, q, in.Limit)
		if err != nil {
			return Output{}, err
		}
		if len(hits) == 0 {
			return Output{Parts: []view.Part{view.Sentence(NonePart, "No message has all of these words and filters. Try fewer words, the beginning of one with *, or a longer time."+r.onlyJudged()), fresh}}, nil
		}
		if err := r.ShowRows(len(hits)); err != nil {
			return Output{}, err
		}
		list := view.Part{Name: "messages", List: true}
		for _, h := range hits {
			list.Items = append(list.Items, archived(h))
		}
		parts := []view.Part{list, fresh}
		if more {
			in.To = d.Time{Time: hits[len(hits)-1].At}
			parts = append(parts, view.Sentence("more", "More: "+called("search_messages", r.searchWithNames(in))))
		} else if note := r.onlyJudged(); note != "" {
			parts = append(parts, view.Sentence("more", strings.TrimSpace(note)))
		}
		return Output{Parts: parts}, nil
	})))

// query makes the archive's query of an agent's.
func (r *Reads) query(in SearchMessagesIn) (q archive.Query, err error) {
	q = archive.Query{Filter: archive.Filter{Queue: string(in.Queue), Agent: string(in.Assignee)}, Since: in.From.Time, Until: in.To.Time}
	if q.Words, err = archive.Words(in.Words); err != nil {
		return q, err
	}
	if in.Channel != "" {
		q.Channel, _ = archive.Channel(string(in.Channel))
	}
	q.Tag, err = r.archivedTag("search_messages", in.Tag)
	return q, err
}

// messages returns up to limit messages, those of the same moment as the last too, and whether there are more. An agent that may not see all
// conversations gets those of conversations that Dixa shows it now; whether there are more is not said, since that would tell of the others.
func (r *Reads) messages(ctx context.Context, q archive.Query, limit int) (hits []archive.Hit, more bool, err error) {
	q.Limit = limit + sameMoment
	byOne := r.judged()
	if byOne {
		q.Limit = candidates
	}
	picked := picked[archive.Hit]{limit: limit, compare: func(a, b archive.Hit) int { return b.At.Compare(a.At) }}
	seen, judged := map[string]bool{}, map[int64]bool{}
	for _, filter := range r.narrowed(q.Filter) {
		q.Filter = filter
		found, err := r.Archive.Search(ctx, q)
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
				if shown, err = r.shows(ctx, h.Conversation); err != nil {
					return nil, false, err
				}
				judged[h.Conversation] = shown
				r.tell("looked at %d conversations", len(judged))
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

// judged reports whether the agent gets only what Dixa shows it now, one conversation after the other.
func (r *Reads) judged() bool {
	return r.Bounded || r.Limited(d.GetConversation.Spec) || r.Limited(d.ListMessages.Spec)
}

// shows reports whether the agent may read the messages of a conversation now.
func (r *Reads) shows(ctx context.Context, conversation int64) (bool, error) {
	ref := d.ConversationRef{ConversationID: conversation}
	if !r.May(d.ListMessages.Spec, d.ListMessagesIn{ConversationRef: ref}) {
		return false, nil
	}
	_, err := d.GetConversation.Do(ctx, r.Client, d.GetConversationIn{ConversationRef: ref})
	if d.IsNotFound(err) || notGranted(err) {
		return false, nil
	}
	return err == nil, err
}

// onlyJudged says how far a search goes for an agent that may not see all conversations, in the same words whatever it found.
func (r *Reads) onlyJudged() string {
	if !r.judged() {
		return ""
	}
	return fmt.Sprintf(" One call asks Dixa about %d conversations at most; narrow it with queue, from and to.", mostJudged)
}

// archivedUntil says how fresh the archive is.
func (r *Reads) archivedUntil(ctx context.Context) (view.Part, error) {
	until, err := archive.Until(ctx, r.Archive)
	if err != nil {
		return view.Part{}, err
	}
	return freshness(until), nil
}

func freshness(until time.Time) view.Part {
	return view.Part{Name: "archive", Items: []view.Item{{Facts: []view.Fact{{Key: "until", Label: "Archive, everything until", Time: until}}}}}
}

// archived describes a message that was found.
func archived(h archive.Hit) view.Item {
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

// searchWithNames returns a search as its caller wrote it, for the next page.
func (r *Reads) searchWithNames(in SearchMessagesIn) SearchMessagesIn {
	in.Channel = d.SearchChannel(vocabulary.Channels.Word(string(in.Channel)))
	r.name(&in.Queue, d.QueueThing)
	r.name(&in.Tag, d.TagThing)
	r.name(&in.Assignee, d.AgentThing)
	return in
}
