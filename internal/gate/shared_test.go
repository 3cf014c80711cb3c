package gate_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/gate"
)

// pageKey is the key of the second page of a bounded search.
func pageKey(t *testing.T, b *bed) string {
	t.Helper()
	a := b.call("asks_within", "search_conversations", `{"pageLimit":1}`)
	require.False(t, a.Failed, a.Text)
	var page struct{ NextPageKey string }
	require.NoError(t, json.Unmarshal([]byte(a.Text), &page))
	require.NotEmpty(t, page.NextPageKey, a.Text)
	return page.NextPageKey
}

// What one server asked and sealed, another with the same secret takes, once in all; one with another secret does not.
func TestSharedSecret(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	shared := gate.Config{Secret: secret, Once: gate.NewOnce()}
	first, second, stranger := newBed(t, confirming), newBed(t, confirming), newBed(t, confirming)
	first.stand(confirming, shared)
	second.stand(confirming, shared)

	q := first.ask("asks", "add_note", note)
	stranger.refused(stranger.answer("asks", "add_note", note, q.State, true), "was not made here")
	require.False(t, second.answer("asks", "add_note", note, q.State, true).Failed)
	first.refused(first.answer("asks", "add_note", note, q.State, true), "was used already")

	next := `{"pageLimit":1,"pageKey":"` + pageKey(t, first) + `"}`
	require.False(t, second.call("asks_within", "search_conversations", next).Failed)
	require.Contains(t, stranger.call("asks_within", "search_conversations", next).Text, "pageKey does not belong to this search")
}

// broken is a store that cannot be reached.
type broken struct{}

func (broken) Use(context.Context, string, time.Time, time.Time) error {
	return errors.New("no connection to secret-host")
}

// A confirmation that might have been used before is not used.
func TestConfirmationFailsClosed(t *testing.T) {
	b := newBed(t, confirming)
	b.stand(confirming, gate.Config{Once: broken{}})
	q := b.ask("asks", "add_note", note)
	a := b.answer("asks", "add_note", note, q.State, true)
	r := b.refused(a, "add_note: whether this confirmation was used already cannot be told at the moment, so it was not accepted. Call again without it, to ask the person again. Nothing was sent to Dixa.")
	require.Equal(t, "whether its confirmation was used cannot be told", r.Reason)
	require.NotContains(t, a.Text, "secret-host")
}

func TestBudgetLeft(t *testing.T) {
	b := newBed(t, budgeted("{requests_per_day: 9, sends_per_hour: 5, erases_per_day: 3}", ""))
	require.False(t, b.call("a", "send_message", sendOne).Failed)
	agent, err := b.gate.Rules().Agent("a")
	require.NoError(t, err)
	left, err := b.gate.BudgetLeft(t.Context(), agent)
	require.NoError(t, err)
	told := map[string]int{}
	for _, c := range left {
		told[c.Allowance.String()] = c.Left
	}
	require.Equal(t, map[string]int{"9 requests per UTC day": 8, "5 sends per UTC hour": 4, "3 erases per UTC day": 3}, told)
}
