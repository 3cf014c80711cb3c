package gate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
)

const erasers = `  a: {access: {"*": read}, allow: [close_conversation, anonymize_conversation, anonymize_end_user, erase_customer]}
  unnamed: {access: {"*": erase}}
  careful: {access: {"*": read}, allow: [anonymize_conversation, anonymize_end_user, erase_customer]}
  forced: {access: {"*": read}, allow: [anonymize_end_user, erase_customer], arguments: {anonymize_end_user.force: ["*"]}}
  poor: {access: {"*": read}, allow: [close_conversation, anonymize_conversation, anonymize_end_user, erase_customer], budget: {erases_per_day: 3}}
`

const emmaClarke = "2ebb7a64-403d-4a3a-a9df-8a9cdbcef43f"

// What is open blocks an erasure by its number. With close, everything is closed and erased in one call, once, and Dixa confirms it.
func TestEraseCustomer(t *testing.T) {
	w := waitingIn(t, erasers)
	before := len(w.dixa.Requests())
	a := w.call("a", "erase_customer", `{"customer":"emma.clarke@example.com"}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "2887")
	require.Contains(t, a.Text, "1234")
	require.Contains(t, a.Text, "nothing was erased or closed; with close, they are closed first")
	require.Empty(t, w.writesSince(before))

	w.book.all()
	a = w.call("a", "erase_customer", `{"customer":"emma.clarke@example.com","close":true}`)
	require.False(t, a.Failed, a.Text)
	require.Contains(t, a.Text, "conversations 2887, 1234: Open → Closed · conversations 2887, 2885, 2866, 2685: erasure requested, confirmation not looked up · conversations 2679, ")
	require.Contains(t, a.Text, ", 1234, ")
	require.Contains(t, a.Text, "customer: erased, as Dixa confirms")
	require.Equal(t, 2, strings.Count(a.Text, "as Dixa confirms"), "what is the same is said once")
	require.Equal(t, 2+24+1, len(w.writesSince(before)))
	intents := 0
	for _, r := range w.book.all() {
		if r.Event == audit.EventIntent {
			intents++
		}
	}
	require.Equal(t, 27, intents)
	who, err := dixaclient.GetEndUser.Do(t.Context(), w.beside, dixaclient.EndUserRef{UserID: emmaClarke})
	require.NoError(t, err)
	require.Empty(t, who.Value.Email)

	before = len(w.dixa.Requests())
	w.call("a", "erase_customer", fmt.Sprintf(`{"customer":%q,"close":true,"again":true}`, emmaClarke))
	require.LessOrEqual(t, len(w.writesSince(before)), 1, "nothing is erased twice")
}

// Only an agent whose file names it has it; what is open is closed only with a grant for that; force must be named; and nothing is
// begun for which the budget is too small.
func TestEraseCustomerFollowsGrants(t *testing.T) {
	w := waitingIn(t, erasers)
	for _, c := range []struct{ agent, arguments, want string }{
		{"unnamed", `{"customer":"emma.clarke@example.com","close":true}`, "needs to be named"},
		{"careful", `{"customer":"emma.clarke@example.com","close":true}`, "close"},
		{"careful", `{"customer":"emma.clarke@example.com","force":true}`, "force"},
		{"careful", `{"customer":"emma.clarke@example.com"}`, "they must be closed first"},
		{"poor", `{"customer":"emma.clarke@example.com","close":true}`, "erases per UTC day"},
	} {
		before := len(w.dixa.Requests())
		a := w.call(c.agent, "erase_customer", c.arguments)
		require.True(t, a.Failed, "%s: %s", c.agent, a.Text)
		require.Contains(t, a.Text, c.want)
		require.Empty(t, w.writesSince(before), c.agent)
	}
	a := w.call("forced", "erase_customer", `{"customer":"emma.clarke@example.com","force":true}`)
	require.False(t, a.Failed, a.Text)
	require.Contains(t, a.Text, "not asked for one by one")
	require.Contains(t, a.Text, "customer: erased, as Dixa confirms")
}

// A customer who writes while the erasure goes on is not erased by it.
func TestEraseCustomerStopsForNews(t *testing.T) {
	w := waitingIn(t, erasers)
	done := false
	w.around = func(op *dixaclient.Call) error {
		if op.Op.Name == "anonymize_conversation" && !done {
			done = true
			in := dixaclient.ReopenConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: 2885}}
			_, err := dixaclient.ReopenConversation.Do(t.Context(), w.beside, in)
			require.NoError(t, err)
		}
		return errAsk
	}
	before := len(w.dixa.Requests())
	a := w.call("a", "erase_customer", `{"customer":"emma.clarke@example.com","close":true}`)
	require.True(t, a.Failed, a.Text)
	require.Contains(t, a.Text, "For the rest: erase_customer")
	require.NotContains(t, strings.Join(w.writesSince(before), " "), "PATCH /v1/endusers/{userId}/anonymize")
}
