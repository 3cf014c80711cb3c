package tools

import (
	"context"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/events"
)

// Unread stands for the archive and the inbox of events where a call is only explained: nothing is read from them, since that takes rows of the
// agent's budget, is in no record, and could be told by an error. All that it answers is Err.
type Unread struct{ Err error }

var (
	_ Archive = Unread{}
	_ Events  = Unread{}
)

// Search implements [Archive].
func (u Unread) Search(context.Context, archive.Query) ([]archive.Hit, error) { return nil, u.Err }

// Find implements [Archive].
func (u Unread) Find(context.Context, archive.ConversationQuery) ([]archive.Found, error) {
	return nil, u.Err
}

// Loads implements [Archive].
func (u Unread) Loads(context.Context) (archive.Loads, error) { return nil, u.Err }

// Facts implements [Archive].
func (u Unread) Facts(context.Context, archive.Span, func(archive.Fact)) error { return u.Err }

// Customers implements [Archive].
func (u Unread) Customers(context.Context, string, int) ([]archive.Customer, error) {
	return nil, u.Err
}

// Covered implements [Archive].
func (u Unread) Covered(context.Context, archive.What) ([]archive.Span, error) { return nil, u.Err }

// Query implements [Archive].
func (u Unread) Query(context.Context, string, int) (archive.Table, error) {
	return archive.Table{}, u.Err
}

// List implements [Events].
func (u Unread) List(context.Context, events.Cursor, int) (events.Page, error) {
	return events.Page{}, u.Err
}

// End implements [Events].
func (u Unread) End(context.Context) (events.Cursor, error) { return "", u.Err }

// Wait implements [Events].
func (u Unread) Wait(context.Context, events.Cursor, func(context.Context, events.Event) (bool, error)) (events.Found, error) {
	return events.Found{}, u.Err
}
