package view

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mail is a message of an e-mail thread.
func mail(n int, at, direction, from, to, text string) string {
	return fmt.Sprintf(`{"id":"024b2900-93cb-4eb4-97be-%012d","createdAt":"%s","attributes":{"_type":"EmailAttributes","direction":"%s","from":%s,"to":[%s],"emailContent":{"_type":"Regular","content":{"_type":"Text","value":%q}}}}`, n, at, direction, from, to, text)
}

const (
	harry   = `{"email":"harry@example.org","name":"Harry Lewis"}`
	renamed = `{"email":"harry@example.org","name":"Havbris Billing"}`
	other   = `{"email":"ann@example.org","name":"Ann"}`
	ours    = `{"email":"billing@email.dixa.io"}`
	signed  = "\nKind regards\nHarry Lewis\n14 Harbour Road, Bristol, the house with the blue door"
)

// heads renders mails and returns the lines of the messages, without their numbers and times.
func heads(t *testing.T, o Options, mails ...string) (lines []string) {
	t.Helper()
	for line := range strings.Lines(asText(t, `{"data":[`+strings.Join(mails, ",")+`]}`, o)) {
		if strings.HasPrefix(line, "#") {
			_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
			lines = append(lines, rest[3:])
		}
	}
	return lines
}

// From and to are told once, from both sides, and again where an address or a name is another.
func TestAddressesAreToldOnce(t *testing.T) {
	const at = "2026-11-27T14:19:00Z"
	in := func(from, to string) string { return mail(1, at, "Inbound", from, to, "x") }
	out := func(from, to string) string { return mail(2, at, "Outbound", from, to, "x") }
	for name, c := range map[string]struct {
		mails []string
		want  []string
	}{
		"answered":            {[]string{in(harry, ours), out(ours, harry), in(harry, ours)}, []string{`customer · Email · from "Harry Lewis <harry@example.org>" · to billing@email.dixa.io`, "agent", "customer"}},
		"to somebody else":    {[]string{in(harry, ours), out(ours, other), out(ours, harry)}, []string{`customer · Email · from "Harry Lewis <harry@example.org>" · to billing@email.dixa.io`, "agent · to ann@example.org", "agent · to harry@example.org"}},
		"to one more":         {[]string{in(harry, ours), out(ours, harry+","+other)}, []string{`customer · Email · from "Harry Lewis <harry@example.org>" · to billing@email.dixa.io`, "agent · to harry@example.org, ann@example.org"}},
		"back to the first":   {[]string{in(harry, ours), out(ours, harry), in(other, ours), out(ours, harry)}, []string{`customer · Email · from "Harry Lewis <harry@example.org>" · to billing@email.dixa.io`, "agent", `customer · from "Ann <ann@example.org>"`, "agent · to harry@example.org"}},
		"another name":        {[]string{in(harry, ours), in(renamed, ours)}, []string{`customer · Email · from "Harry Lewis <harry@example.org>" · to billing@email.dixa.io`, `customer · from "Havbris Billing <harry@example.org>"`}},
		"another writer":      {[]string{in(harry, ours), in(other, ours), out(ours, harry)}, []string{`customer · Email · from "Harry Lewis <harry@example.org>" · to billing@email.dixa.io`, `customer · from "Ann <ann@example.org>"`, "agent · to harry@example.org"}},
		"begun by the agent":  {[]string{out(ours, harry), in(harry, ours)}, []string{"agent · Email · from billing@email.dixa.io · to harry@example.org", `customer · from "Harry Lewis <harry@example.org>"`}},
		"another own address": {[]string{in(harry, ours), out(`{"email":"sales@email.dixa.io"}`, harry)}, []string{`customer · Email · from "Harry Lewis <harry@example.org>" · to billing@email.dixa.io`, "agent · from sales@email.dixa.io"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := threadOptions()
			require.Equal(t, c.want, heads(t, o, c.mails...))
		})
	}
	o := threadOptions()
	o.Party = Contact("Harry Lewis", "harry@example.org")
	require.Equal(t, []string{"customer · Email · to billing@email.dixa.io", "agent"}, heads(t, o, in(harry, ours), out(ours, harry)), "the customer as told above")
	require.Equal(t, []string{`customer · Email · from "Havbris Billing <harry@example.org>" · to billing@email.dixa.io`}, heads(t, o, in(renamed, ours)))
	o.Party = []string{""}
	require.Equal(t, `customer · Email · from "Harry Lewis <harry@example.org>" · to billing@email.dixa.io`, heads(t, o, in(harry, ours))[0])
}

// Of messages that are left out, a signature is known by its number; addresses are, where the reader has read them.
func TestMessagesThatAreLeftOut(t *testing.T) {
	mails := []string{mail(1, "2026-11-27T14:19:00Z", "Inbound", harry, ours, "one"+signed), mail(2, "2026-11-28T14:19:00Z", "Inbound", harry, ours, "two"+signed)}
	body := `{"data":[` + strings.Join(mails, ",") + `]}`
	o := threadOptions()
	o.Skip = 1
	require.Equal(t, "#2 Sat 28 Nov 2026 15:19 customer · Email · from \"Harry Lewis <harry@example.org>\" · to billing@email.dixa.io\n| two\n| [signature as in #1]\nTimes: Europe/Copenhagen\n", asText(t, body, o))
	o.Read = true
	require.Equal(t, "#2 Sat 28 Nov 2026 15:19 customer\n| two\n| [signature as in #1]\nTimes: Europe/Copenhagen\n", asText(t, body, o))
}

// The first message that is shown says its year, unless it was told before the messages.
func TestYearOfTheFirstShown(t *testing.T) {
	var mails []string
	for n := range 60 {
		mails = append(mails, mail(n, fmt.Sprintf("2026-01-%02dT10:00:00Z", 1+n/2), "Inbound", harry, ours, fmt.Sprintf("message %d says something of some length", n)))
	}
	o := threadOptions()
	o.Newest, o.MaxTokens = true, 400
	for told, want := range map[int]string{0: `^#\d+ \w+ \d+ Jan 2026 11:00 customer`, 2025: `^#\d+ \w+ \d+ Jan 2026 11:00 customer`, 2026: `^#\d+ \w+ \d+ Jan 11:00 customer`} {
		o.year = told
		text := asText(t, `{"data":[`+strings.Join(mails, ",")+`]}`, o)
		require.Regexp(t, want, text)
		require.LessOrEqual(t, EstimateTokens(text), 400)
	}
}

// A form is said once: the text of the message has its fields, and a field that the text lacks stands in the line.
func TestFormsAreSaidOnce(t *testing.T) {
	long := strings.Repeat("It is broken. ", 30) + "End."
	body := `{"data":[{"id":"024b2900-93cb-4eb4-97be-891f08a21403","createdAt":"2026-11-27T14:19:00Z","attributes":{"_type":"MessengerFormAttributes","direction":"Inbound","formSubmission":{"values":{"Name":"Adam Smith","Order":"HB-1","Message":"` + long + `","Topic":["Damaged item"],"Size":"42"}},"content":{"_type":"Text","value":"Name\nAdam Smith\nOrder\nHB-1\nMessage\n` + long + `"}}}]}`
	require.Equal(t, "#1 Fri 27 Nov 2026 15:19 customer · MessengerForm · topic \"Damaged item\" · size 42\n| Name\n| Adam Smith\n| Order\n| HB-1\n| Message\n| "+long+"\nTimes: Europe/Copenhagen\n", asText(t, body, threadOptions()))
}
