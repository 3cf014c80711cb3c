package capability

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAsking(t *testing.T) {
	of := func(confirm string) Asking {
		a, err := mustParse(t, people+"    confirm: "+confirm+"\n").Agent("a")
		require.NoError(t, err)
		return a.Asking("send")
	}
	const never = -1
	for _, c := range []struct {
		confirm   string
		anna, joe time.Duration // from when each may decide
		expires   time.Duration
		says      string
	}{
		{"{send: approver}", 0, 0, 0, ""},
		{"{erase: {approvers: [anna.holm]}, send: approver}", 0, 0, 0, ""},
		{"{erase: {approvers: [anna.holm]}}", 0, never, 0, "anna.holm"}, // an entry that is gone
		{"{send: {}}", 0, 0, 0, "every approver of the level"},
		{"{send: {approvers: [anna.holm]}}", 0, never, 0, "anna.holm"},
		{"{send: {approvers: [anna.holm], after: 2h, to: [joe], expires: 3d}}", 0, 2 * time.Hour, 72 * time.Hour, "anna.holm, and after 2h also joe, for 3d"},
		{"{send: {after: 90m, to: [joe]}}", 0, 90 * time.Minute, 0, "every approver of the level but joe, and these after 90m"},
	} {
		asking := of(c.confirm)
		for name, want := range map[string]time.Duration{"anna.holm": c.anna, "joe": c.joe} {
			after, ok := asking.Asks(name)
			require.Equal(t, want != never, ok, "%s under %s", name, c.confirm)
			require.Equal(t, max(want, 0), after, "%s under %s", name, c.confirm)
		}
		require.Equal(t, c.expires, asking.Expires(), c.confirm)
		require.Equal(t, c.says, asking.String(), c.confirm)
	}
	after, to := of("{send: {approvers: [anna.holm], after: 2h, to: [joe]}}").Escalates()
	require.Equal(t, []any{2 * time.Hour, []string{"joe"}}, []any{after, to})
}

func TestAskingRefused(t *testing.T) {
	for confirm, want := range map[string]string{
		"{send: {approvers: [bob]}}":                                          `"bob" is not under approvers`,
		"{send: {approvers: [ana.holm]}}":                                     `did you mean "anna.holm"?`,
		"{erase: {approvers: [joe]}}":                                         "joe may not decide about erase; see may of approvers.joe",
		"{send: {approvers: []}}":                                             "must name at least one approver",
		"{send: {after: 2h}}":                                                 "after and to need each other",
		"{send: {to: [joe]}}":                                                 "after and to need each other",
		"{send: {after: 2h, to: [joe, anna.holm]}}":                           "names everybody who may decide about send",
		"{send: {approvers: [joe], after: 2h, to: [joe]}}":                    "joe is under approvers of this entry already",
		"{send: {approvers: [anna.holm], after: 2h, to: [joe], expires: 2h}}": "must be shorter than expires (2h)",
		"{send: {expires: 8d}}":                                               "must be a time from 1m to 7d, such as 30m, 2h or 3d",
		"{send: {expires: 0h}}":                                               "must be a time from 1m to 7d",
		"{send: {expires: 1.5h}}":                                             "must be a time from 1m to 7d",
		"{send: {expires: \"\"}}":                                             "must be a time from 1m to 7d",
		"{send: {expires: h}}":                                                "must be a time from 1m to 7d",
		"{send: {approver: anna.holm}}":                                       `unknown key; did you mean "approvers"?`,
	} {
		_, err := parse("f", []byte(people+"    confirm: "+confirm+"\n"), testCatalog())
		require.ErrorContains(t, err, want, confirm)
	}
}

// Until a changed file is in force, only those are asked whom both versions ask, and each as late as the later of the two says.
func TestAskingOfBoth(t *testing.T) {
	old := mustParse(t, people+"    confirm: {send: {approvers: [anna.holm, joe], expires: 3d}}\n")
	new := mustParse(t, people+"    confirm: {send: {approvers: [anna.holm], after: 2h, to: [joe]}}\n")
	for _, both := range []*Rules{Both(old, new), Both(new, old)} {
		a, err := both.Agent("a")
		require.NoError(t, err)
		asking := a.Asking("send_message")
		after, ok := asking.Asks("joe")
		require.Equal(t, []any{2 * time.Hour, true, 72 * time.Hour}, []any{after, ok, asking.Expires()})
		_, ok = asking.Asks("bob")
		require.False(t, ok)
	}
	require.Equal(t, []Change{{Text: "a: who may approve anonymize_conversation, send_message: anna.holm, joe, for 3d → anna.holm, and after 2h also joe", Widens: true, Narrows: true}}, Compare(old, new))
	require.Empty(t, Compare(old, old))
	every := mustParse(t, people+"    confirm: {send: approver}\n")
	require.Equal(t, "a: who may approve anonymize_conversation, send_message: every approver of the level → anna.holm, joe, for 3d", Diff(every, old)[0])
}
