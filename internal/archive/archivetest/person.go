package archivetest

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

// person finds and erases what is kept about one customer, whatever of them is given.
func person(t *testing.T, o Opened) {
	s := o.First
	anna := conversation(1, 5)
	anna.Tags = []string{"refund", "vip"}
	anna.Rest = json.RawMessage(`{"requester_name":"Anna Berg","requester_email":"Anna1@example.org","requester_additional_phone_numbers":["+4511112222"]}`)
	again := conversation(4, 6)
	again.RequesterID, again.Rest = "customer1", json.RawMessage(`{"requester_email":"other@example.org","subject":"Geheimnis4"}`)
	put(t, s, []archive.Conversation{anna, conversation(2, 5), conversation(3, 5), again}, message("aaa", 1, 5, "einzigartig1"), message("bbb", 4, 6, "einzigartig2"),
		message("ccc", 2, 7, "einzigartig3, says ANNA1@example.org."), message("ddd", 2, 8, "einzigartig4 of johanna1@example.org"),
		message("eee", 3, 9, "einzigartig5, call +4511112222"), message("fff", 3, 9, "einzigartig6"))
	for name, who := range map[string]archive.Person{
		"id": {Customers: []string{"customer1"}}, "address": {Addresses: []string{"anna1@example.org"}}, "other address": {Addresses: []string{"other@example.org"}},
		"number": {Addresses: []string{"+4511112222"}},
	} {
		found, err := archive.FindAbout(t.Context(), s, who)
		require.NoError(t, err, name)
		require.Equal(t, []string{"customer1"}, found.Customers, name)
		require.Subset(t, []string{"Anna1@example.org", "anna1@example.org", "+4511112222", "other@example.org"}, found.Addresses, name)
		require.Len(t, found.Addresses, 3, name)
		require.Equal(t, []string{"Anna Berg"}, found.Names, name)
		require.Len(t, found.Conversations, 2, name)
		require.Equal(t, anna.Tags, found.Conversations[0].Tags)
		require.JSONEq(t, string(anna.Rest), string(found.Conversations[0].Rest))
		require.Equal(t, again.ID, found.Conversations[1].ID)
		var ids []string
		for _, m := range found.Messages {
			ids = append(ids, m.ID)
		}
		require.Equal(t, []string{"aaa", "bbb", "ccc", "eee"}, ids, name)
		require.Equal(t, "einzigartig1", found.Messages[0].Text)
	}
	other, err := archive.FindAbout(t.Context(), s, archive.Person{Customers: []string{"nobody"}, Addresses: []string{"nobody@example.org"}}, 3)
	require.NoError(t, err)
	require.Len(t, other.Conversations, 1)
	require.Len(t, other.Messages, 2)
	require.Empty(t, other.Names, "the conversation is another customer's")

	found, err := archive.FindAbout(t.Context(), s, archive.Person{Addresses: []string{"anna1@example.org"}})
	require.NoError(t, err)
	rows, err := archive.EraseAbout(t.Context(), s, found, noon)
	require.NoError(t, err)
	require.EqualValues(t, 6, rows)
	Sound(t, s)
	gone(t, o, "einzigartig1", "einzigartig2", "einzigartig3", "einzigartig5", "Anna1@", " ANNA1@", `"anna1@`, "+4511112222", "Anna Berg", "Geheimnis4", "other@")
	require.Equal(t, []string{"fff", "ddd"}, Find(t, s, "einzigartig*"))
	put(t, s, []archive.Conversation{anna}, message("aaa", 1, 5, "einzigartig1"), message("ccc", 2, 7, "einzigartig3"))
	gone(t, o, "einzigartig1", "einzigartig3", "Anna Berg")
	found, err = archive.FindAbout(t.Context(), s, archive.Person{Customers: []string{"customer1"}})
	require.NoError(t, err)
	require.Len(t, found.Conversations, 2, "numbers, times and the id stay")
	require.Empty(t, found.Addresses)
	require.Nil(t, found.Conversations[0].Rest)
	require.Empty(t, found.Messages[0].Text)
}
