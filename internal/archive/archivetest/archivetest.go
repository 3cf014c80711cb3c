// Package archivetest has the tests that every store of the archive passes.
package archivetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// Opened is one store that several processes use: open returns a further process's view of it.
type Opened struct {
	First archive.Store
	Open  func() archive.Store
	// Bytes returns all that the store has on disk.
	Bytes func(t *testing.T) []byte
}

// Run runs the tests. open returns an empty store.
func Run(t *testing.T, open func(t *testing.T) Opened) {
	for name, test := range map[string]func(*testing.T, Opened){
		"lease": lease, "reserve": reserve, "spans": spans, "origin": origin, "replace": replace, "search": search, "filters": filters,
		"erase": erase, "erased rows stay erased": erasedStay, "anonymized": anonymized, "purge": purge, "unread": unread, "unchecked": unchecked,
		"several processes": several, "query is no syntax": syntax, "passages": passages, "odd texts": odd, "facts": facts, "find": find, "ratings": ratings, "within": within, "loads": loads, "customers": customers, "person": person,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func at(minutes int) int64 { return noon.Add(time.Duration(minutes) * time.Minute).UnixMilli() }

func conversation(id int64, updated int) archive.Conversation {
	return archive.Conversation{
		ID: id, CreatedAt: at(updated), UpdatedAt: at(updated), LastMessageAt: at(updated), Channel: "email", Direction: "inbound", Status: "open", QueueID: "q1", QueueName: "Billing",
		AssigneeID: "a1", AssigneeName: "Signe Toft", RequesterID: fmt.Sprintf("customer%d", id), Tags: []string{"refund"},
		Rest: json.RawMessage(fmt.Sprintf(`{"requester_email":"anna%d@example.org","subject":"Geheimnis%d"}`, id, id)),
	}
}

func message(id string, conversation int64, minutes int, text string) archive.Message {
	return archive.Message{ID: id, Conversation: conversation, CreatedAt: at(minutes), Direction: "inbound", Text: text,
		Rest: json.RawMessage(`{"author_email":"` + id + `@example.org","author_name":"Anna ` + id + `"}`)}
}

func put(t *testing.T, s archive.Store, conversations []archive.Conversation, messages ...archive.Message) {
	t.Helper()
	require.NoError(t, s.Put(t.Context(), archive.Rows{Conversations: conversations, Messages: messages, At: noon}))
}

// Find returns the ids of the messages that a search finds.
func Find(t *testing.T, s archive.Store, text string, change ...func(*archive.Query)) (ids []string) {
	t.Helper()
	words, err := archive.Words(text)
	require.NoError(t, err)
	q := archive.Query{Words: words, Limit: 100000}
	for _, c := range change {
		c(&q)
	}
	hits, err := s.Search(t.Context(), q)
	require.NoError(t, err)
	for _, h := range hits {
		ids = append(ids, h.Message)
	}
	return ids
}

func status(t *testing.T, s archive.Store) archive.Status {
	t.Helper()
	st, err := s.Status(t.Context())
	require.NoError(t, err)
	return st
}

// Sound requires that a store finds nothing wrong with itself.
func Sound(t *testing.T, s archive.Store) {
	t.Helper()
	problems, err := s.Verify(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
}
