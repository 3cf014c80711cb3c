package tools

import (
	"context"
	"errors"
	"fmt"
	"time"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
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

// errNoArchive says that there is nothing to search.
var errNoArchive = errors.New("this server keeps no archive of messages: its operator can start it with --archive")

// archiveReader reads the archive for an agent, which may not see all that is in it.
type archiveReader struct{ reads *Reads }

// judged reports whether the agent gets only what Dixa shows it now, one conversation after the other.
func (a archiveReader) judged() bool {
	return a.reads.Bounded || a.reads.Limited(d.GetConversation.Spec) || a.reads.Limited(d.ListMessages.Spec)
}

// onlyJudged says how far a search goes for an agent that may not see all conversations, in the same words whatever it found.
func (a archiveReader) onlyJudged() string {
	if !a.judged() {
		return ""
	}
	return fmt.Sprintf(" One call asks Dixa about %d conversations at most; narrow it with queue, from and to.", mostJudged)
}

// limited says by what operations are held to some conversations; "" where nothing does.
func (a archiveReader) limited(ops ...*d.Spec) string {
	if a.reads.Bounded {
		return "only bounds it"
	}
	for _, op := range ops {
		if a.reads.Limited(op) {
			return "it has rules for the arguments of " + op.Name
		}
	}
	return ""
}

// tellsMessages reports whether the agent may read when messages were written, which tells who waits and since when.
func (a archiveReader) tellsMessages() bool {
	return a.reads.Granted(d.ListMessages.Spec) || a.reads.Granted(d.ListConversationActivity.Spec)
}

// fresh says how fresh the archive is.
func (a archiveReader) fresh(ctx context.Context) (view.Part, error) {
	until, err := archive.Until(ctx, a.reads.Archive)
	if err != nil {
		return view.Part{}, err
	}
	return freshness(until), nil
}

func freshness(until time.Time) view.Part {
	return view.Part{Name: "archive", Items: []view.Item{{Facts: []view.Fact{{Key: "until", Label: "Archive, everything until", Time: until}}}}}
}

// tag returns the name of a tag, by which the archive knows it.
func (a archiveReader) tag(tool string, id d.UUID) (name string, err error) {
	if id == "" {
		return "", nil
	}
	if name = a.reads.Name(d.TagThing, string(id)); name == "" {
		err = problem(tool, "tag", errors.New("the archive knows tags by name, and this agent may not list them; leave it out"))
	}
	return name, err
}
