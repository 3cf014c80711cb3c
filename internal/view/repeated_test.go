package view

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A field is left out where another one has the same value, also where that one is left out itself, and prose that was
// written before is not repeated within an item.
func TestRepeatedFields(t *testing.T) {
	layout := NewLayout("title= draft.title@title=draft by@owner=by owner@title=owner draft.by@by=draft_by text=||published draft.text=||draft")
	show := func(json string) string {
		r, err := Render(t.Context(), []byte(json), Options{Form: AsText, Layout: layout})
		require.NoError(t, err)
		return r.Text
	}
	require.Equal(t, "A · draft B · by Q · owner O · draft by P\npublished:\n| x\ndraft:\n| y\n",
		show(`{"data":{"title":"A","by":"Q","owner":"O","text":"x","draft":{"title":"B","by":"P","text":"y"}}}`))
	require.Equal(t, "A\npublished:\n| x\ndraft: the same text as above\n",
		show(`{"data":{"title":"A","by":"A","owner":"A","text":"x","draft":{"title":"A","by":"A","text":"x"}}}`))
	require.Equal(t, "draft A\ndraft:\n| x\n", show(`{"data":{"draft":{"title":"A","text":"x"}}}`), "there is only a draft")
	require.Equal(t, "A\npublished:\n| x\nA\npublished:\n| x\n2 in all.\n", show(`{"data":[{"title":"A","text":"x"},{"title":"A","text":"x"}]}`), "items are read one by one")
}

// The name of a customer is an outsider's words.
func TestNamesOfCustomersAreQuoted(t *testing.T) {
	o := Options{Form: AsText, Things: map[string]string{"who": Customer, "queue": "queue"}, Names: func(string, string) string { return "Anna · Queue Billing" }}
	r, err := Render(t.Context(), []byte(`{"data":{"who":"00000000-0000-4000-8000-000000000000"}}`), o)
	require.NoError(t, err)
	require.Equal(t, "who \"Anna · Queue Billing\"\n", r.Text)
	o.Names = func(string, string) string { return "Anna Queue" }
	r, err = Render(t.Context(), []byte(`{"data":{"who":"00000000-0000-4000-8000-000000000000","queue":"00000000-0000-4000-8000-000000000000"}}`), o)
	require.NoError(t, err)
	require.Equal(t, "who \"Anna Queue\"\nqueue Anna Queue\n", r.Text)
}
