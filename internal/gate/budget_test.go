package gate_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
)

// budgeted is a capability file with one agent and its budget.
func budgeted(budget, only string) string {
	if only != "" {
		only = "\n    only: " + only
	}
	return fmt.Sprintf(`version: 1
agents:
  a:
    acts_as: %s
    access: {"*": erase}%s
    budget: %s
`, bot, only, budget)
}

const (
	readOne = `{"conversationId":1234}`
	noteOne = `{"conversationId":1234,"message":"m"}`
	sendOne = `{"conversationId":1234,"text":"t"}`
)

func TestBudgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The clock begins at midnight UTC.
		for _, test := range []struct {
			budget, tool, arguments string
			most                    int
			period                  time.Duration
			says                    string
		}{
			{"{requests_per_day: 3}", "list_messages", readOne, 3, 24 * time.Hour, "3 requests per UTC day"},
			{"{writes_per_hour: 2}", "add_note", noteOne, 2, time.Hour, "2 writes per UTC hour"},
			{"{writes_per_day: 2}", "add_note", noteOne, 2, 24 * time.Hour, "2 writes per UTC day"},
			{"{writes_per_hour: 2}", "send_message", sendOne, 2, time.Hour, "2 writes per UTC hour"},
			{"{sends_per_hour: 2}", "send_message", sendOne, 2, time.Hour, "2 sends per UTC hour"},
			{"{sends_per_day: 2}", "send_message", sendOne, 2, 24 * time.Hour, "2 sends per UTC day"},
			{"{erases_per_hour: 1}", "anonymize_message", `{"conversationId":1234,"messageId":"` + nobody + `"}`, 1, time.Hour, "1 erases per UTC hour"},
			{"{erases_per_day: 1}", "anonymize_message", `{"conversationId":1234,"messageId":"` + nobody + `"}`, 1, 24 * time.Hour, "1 erases per UTC day"},
			{"{sends_per_day: 5, writes_per_hour: 1}", "send_message", sendOne, 1, time.Hour, "1 writes per UTC hour"},
		} {
			if test.tool != "list_messages" {
				test.arguments = insisting(test.arguments)
			}
			b := newBed(t, budgeted(test.budget, ""))
			for range 2 { // windows
				for i := range test.most {
					require.NotContains(t, b.call("a", test.tool, test.arguments).Text, "has used", "%s: call %d", test.says, i)
				}
				sent := len(b.dixa.Requests())
				a := b.call("a", test.tool, test.arguments)
				require.True(t, a.Failed)
				end := time.Now().UTC().Truncate(test.period).Add(test.period)
				require.Contains(t, a.Text, "agent a has used up its budget: "+test.says)
				require.Contains(t, a.Text, "It resets at "+end.Format("15:04 UTC on 2 January"))
				require.Len(t, b.dixa.Requests(), sent, "over the budget nothing is sent")
				r := b.records.last()
				require.Equal(t, audit.OutcomeRefused, r.Outcome)
				require.Equal(t, "its budget is used up", r.Reason)
				require.Empty(t, r.Operations)
				time.Sleep(time.Until(end) - time.Nanosecond)
				require.Contains(t, b.call("a", test.tool, test.arguments).Text, "has used", "a moment too early")
				time.Sleep(time.Nanosecond)
			}
		}
	})
}

// What bounds need to look up counts, and what is read does not count as a write.
func TestLookupsCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, budgeted("{requests_per_day: 6, writes_per_hour: 1}", "{queue: ["+billing+"]}"))
		require.False(t, b.call("a", "add_note", noteOne).Failed) // looked up and written: 2
		require.False(t, b.call("a", "list_notes", readOne).Failed)
		require.Len(t, b.dixa.Requests(), 4, "a write makes the facts be looked up again")
		require.False(t, b.call("a", "list_notes", readOne).Failed)
		require.Len(t, b.dixa.Requests(), 5, "the facts are remembered")
		a := b.call("a", "add_note", noteOne)
		require.Contains(t, a.Text, "1 writes per UTC hour")
		require.Len(t, b.dixa.Requests(), 5, "nothing is looked up for what cannot be sent")
		time.Sleep(11 * time.Second)
		a = b.call("a", "list_notes", readOne)
		require.Contains(t, a.Text, "6 requests per UTC day", "the last request went to the look-up")
		require.Len(t, b.dixa.Requests(), 6)
		require.Len(t, b.records.last().Operations, 1)
	})
}

// Whether a conversation outside exists shows neither in what is left nor in when it is used up.
func TestBudgetsDoNotTellWhatExists(t *testing.T) {
	outside, rest := seeded(t).split(outsideOfAll)
	stranger := string(seeded(t).strangers(rest)[0])
	for _, only := range bounds[:4] {
		for _, asked := range [][2]string{
			{"list_messages", `{"conversationId":%s}`}, {"get_conversation", `{"conversationId":%s}`}, {"get_end_user", `{"userId":"%s"}`},
		} {
			var told [2]string
			for i, id := range [2]string{itoa(outside[0].ID), itoa(noSuch)} {
				if asked[0] == "get_end_user" {
					id = [2]string{stranger, nobody}[i]
				}
				b := newBed(t, budgeted("{requests_per_day: 7}", only))
				for range 9 {
					a := b.call("a", asked[0], fmt.Sprintf(asked[1], id))
					told[i] += a.Text + fmt.Sprintln(len(b.dixa.Requests()))
				}
			}
			require.Equal(t, told[1], told[0], "%s under %s", asked[0], only)
		}
	}
}

func TestNearTheEndOfABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, budgeted("{requests_per_day: 20}", ""))
		time.Sleep(90 * time.Minute)
		for i := 1; i <= 20; i++ {
			a := b.call("a", "get_organization", `{}`)
			require.False(t, a.Failed)
			if left := 20 - i; left > 2 {
				require.NotContains(t, a.Text, "budget")
			} else {
				require.Contains(t, a.Text, fmt.Sprintf(`"budget":"%d left of 20 requests per UTC day, until 00:00 UTC"}`, left))
			}
		}
	})
}

// Changed rules keep what was counted.
func TestReloadKeepsWhatWasUsed(t *testing.T) {
	b := newBed(t, budgeted("{writes_per_day: 2}", ""))
	require.False(t, b.call("a", "add_note", insisting(noteOne)).Failed)
	require.False(t, b.call("a", "add_note", insisting(noteOne)).Failed)
	b.gate.Reload(context.Background(), parse(t, budgeted("{writes_per_day: 3}", "")))
	require.False(t, b.call("a", "add_note", insisting(noteOne)).Failed)
	require.True(t, b.call("a", "add_note", insisting(noteOne)).Failed)
	b.gate.Reload(context.Background(), parse(t, budgeted("{writes_per_day: 2}", "")))
	require.True(t, b.call("a", "add_note", insisting(noteOne)).Failed)
}

// An agent's own rate limit makes its calls wait, at once and in a row, and lets all of them through.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, budgeted("{requests_per_second: 2}", ""))
		start := time.Now()
		var wait sync.WaitGroup
		for range 22 {
			wait.Go(func() { require.False(t, b.call("a", "get_organization", `{}`).Failed) })
		}
		wait.Wait()
		require.Equal(t, 10*time.Second, time.Since(start), "two at once, then two a second")
		require.Len(t, b.dixa.Requests(), 22)
	})
}

// A call whose turn comes too late says so at once, and one that is given up leaves its place to the next.
func TestPaceThatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, budgeted("{requests_per_second: 0.1}", ""))
		for range 2 {
			require.False(t, b.call("a", "get_organization", `{}`).Failed)
		}
		start := time.Now()
		for range 4 {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			a := b.gate.Call(ctx, gate.Request{Agent: "a", Tool: "get_organization"})
			cancel()
			require.True(t, a.Failed)
			require.Contains(t, a.Text, "Try again in")
			require.Zero(t, time.Since(start))
		}
		require.False(t, b.call("a", "get_organization", `{}`).Failed)
		require.Equal(t, 10*time.Second, time.Since(start))
	})
}

// Many calls of one agent at once never take more than there is, also while the rules change.
func TestBudgetHoldsForCallsAtOnce(t *testing.T) {
	b := newBed(t, budgeted("{writes_per_day: 7}", "{queue: ["+billing+"]}"))
	var wait sync.WaitGroup
	for i := range 40 {
		wait.Go(func() {
			if i%10 == 0 {
				b.gate.Reload(context.Background(), parse(t, budgeted(fmt.Sprintf("{writes_per_day: 7, requests_per_second: %d}", 8+i%2), "{queue: ["+billing+"]}")))
			}
			b.call("a", "add_note", insisting(noteOne))
		})
	}
	wait.Wait()
	require.Len(t, b.dixa.Effects(), 7)
}
