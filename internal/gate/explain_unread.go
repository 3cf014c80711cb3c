package gate

import (
	"context"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/events"
)

// unreadArchive and unreadEvents stand for the archive and the inbox where a call is explained: nothing is read from them, since that takes rows of
// the agent's budget, is in no record, and could be told by an error.
type (
	unreadArchive struct{}
	unreadEvents  struct{}
)

// Search implements [tools.Archive].
func (unreadArchive) Search(context.Context, archive.Query) ([]archive.Hit, error) {
	return nil, errRehearsed
}

// Find implements [tools.Archive].
func (unreadArchive) Find(context.Context, archive.ConversationQuery) ([]archive.Found, error) {
	return nil, errRehearsed
}

// Loads implements [tools.Archive].
func (unreadArchive) Loads(context.Context) (archive.Loads, error) { return nil, errRehearsed }

// Facts implements [tools.Archive].
func (unreadArchive) Facts(context.Context, archive.Span, func(archive.Fact)) error {
	return errRehearsed
}

// Customers implements [tools.Archive].
func (unreadArchive) Customers(context.Context, string, int) ([]archive.Customer, error) {
	return nil, errRehearsed
}

// Covered implements [tools.Archive].
func (unreadArchive) Covered(context.Context, archive.What) ([]archive.Span, error) {
	return nil, errRehearsed
}

// Query implements [tools.Archive].
func (unreadArchive) Query(context.Context, string, int) (archive.Table, error) {
	return archive.Table{}, errRehearsed
}

// List implements [tools.Events].
func (unreadEvents) List(context.Context, events.Cursor, int) (events.Page, error) {
	return events.Page{}, errRehearsed
}

// End implements [tools.Events].
func (unreadEvents) End(context.Context) (events.Cursor, error) { return "", errRehearsed }

// Wait implements [tools.Events].
func (unreadEvents) Wait(context.Context, events.Cursor, func(context.Context, events.Event) (bool, error)) (events.Found, error) {
	return events.Found{}, errRehearsed
}
