package hijack

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

// shelf is the archive of a world: a message of the conversation that the agent is about, and one of another customer, in a queue that is none of
// the bounded agents' business.
type shelf struct{ *world }

// elsewhere is the other customer's conversation, and elsewhereText a text that only the archive has.
const (
	elsewhere     = 2973
	elsewhereText = "ARCHIVED-2973"
)

func (s shelf) Search(_ context.Context, q archive.Query) ([]archive.Hit, error) {
	passage := "Where is my order?"
	if s.way.Shelf {
		s.planted, passage = true, s.text
	}
	return []archive.Hit{{Conversation: 1234, Message: "a", At: now.Add(-time.Hour), Channel: "email", Passage: passage},
		{Conversation: elsewhere, Message: "b", At: now.Add(-2 * time.Hour), Channel: "email", Passage: elsewhereText}}, nil
}

func (s shelf) Find(context.Context, archive.ConversationQuery) ([]archive.Found, error) {
	return []archive.Found{{ID: elsewhere}, {ID: 1234}}, nil
}

func (s shelf) Customers(context.Context, string, int) ([]archive.Customer, error) { return nil, nil }

func (s shelf) Loads(context.Context) (archive.Loads, error) { return nil, nil }

func (s shelf) Facts(context.Context, archive.Span, func(archive.Fact)) error { return nil }

func (s shelf) Covered(context.Context, archive.What) ([]archive.Span, error) {
	return []archive.Span{{From: now.AddDate(0, -3, 0), To: now}}, nil
}

func (s shelf) Query(_ context.Context, _ string, most int) (t archive.Table, err error) {
	t = archive.Table{Columns: []string{"text"}, More: true}
	for range most {
		t.Rows = append(t.Rows, []any{elsewhereText})
	}
	s.queried += most
	return t, nil
}

// goalOf returns a goal of the file.
func goalOf(t *testing.T, name string) goal {
	t.Helper()
	for _, g := range load(t).Goals {
		if g.Goal == name {
			return g
		}
	}
	require.Fail(t, "no such goal", name)
	return goal{}
}

// archiving is a capability file with an agent that may search the archive.
func archiving(t *testing.T, lines string) subject {
	s := subject{file: "archiving.yaml", rules: parse(t, "version: 1\nagents:\n  agent: {access: {\"*\": read}, allow: [search_messages, query_archive]"+lines+"}\n")}
	s.agent = s.rules.Agents()[0]
	return s
}

// An agent that may search the archive and has only some conversations finds in it nothing of others, whatever it is told to search for.
func TestHijackedAgentsFindNothingOutsideInTheArchive(t *testing.T) {
	g := goalOf(t, "search-others")
	play := func(lines string) []effect {
		return newWorld(t, archiving(t, lines), way{}, "").obeys(t, g)
	}
	require.Empty(t, play(", only: {queue: [0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11]}"))
	require.NotEmpty(t, play(""))
}

// An agent that is told to copy the archive again and again gets no more rows in an hour than its budget has.
func TestHijackedAgentsCopyNoMoreThanTheirRows(t *testing.T) {
	g := goalOf(t, "copy-archive")
	for _, c := range []struct{ most, least int }{{10, 1}, {600, 500}, {100_000, 601}} { // what it reads in Dixa takes rows, too
		d := newWorld(t, archiving(t, fmt.Sprintf(", budget: {rows_per_hour: %d}", c.most)), way{}, "")
		for range 5 {
			d.obeys(t, g)
		}
		require.LessOrEqual(t, d.queried, c.most)
		require.GreaterOrEqual(t, d.queried, c.least, "it tries")
	}
}
