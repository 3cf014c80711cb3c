package view

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// asText renders an answer as text, in Copenhagen.
func asText(t testing.TB, body string, o Options) string {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Copenhagen")
	require.NoError(t, err)
	o.Form, o.Zone = AsText, func() *time.Location { return zone }
	r, err := Render(t.Context(), []byte(body), o)
	require.NoError(t, err)
	require.Equal(t, EstimateTokens(r.Text), r.Tokens)
	return r.Text
}

func TestAnswersAsText(t *testing.T) {
	names := func(thing, id string) string {
		return map[string]string{"queue/0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11": "Billing"}[thing+"/"+id]
	}
	for name, c := range map[string]struct {
		body, layout, want string
		o                  Options
	}{
		"an object has a fact a line": {
			body: `{"data":{"id":7,"name":"Billing","isDefault":true,"isRestricted":false,"color":null}}`,
			want: "id 7\nname Billing\ndefault\nnot restricted\n",
			o:    Options{Fields: Fields{"name": Trusted}},
		},
		"a list has an item a line": {
			body: `{"data":[{"id":1,"name":"a b"},{"id":2,"name":"c·d"}]}`,
			want: "id 1 · name a b\nid 2 · name \"c·d\"\n2 in all.\n",
			o:    Options{Fields: Fields{"name": Trusted}},
		},
		"words of outsiders are in quotation marks, one word is not": {
			body: `{"data":[{"name":"Harry Lewis","email":"harry@example.org"}]}`,
			want: "name \"Harry Lewis\" · email harry@example.org\n",
		},
		"a layout orders, labels and leaves out": {
			body: `{"data":{"id":7,"queue":{"id":"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11","at":"2026-11-27T14:19:00Z"},"state":"Open","raw":"x"}}`,
			want: "Conversation 7 · Open · queue Billing\nqueued Fri 27 Nov 2026 15:19\nTimes: Europe/Copenhagen\n",
			o:    Options{Layout: NewLayout("id=Conversation state= queue.id=queue / queue.at=queued -raw"), Things: map[string]string{"queue.id": "queue"}, Names: names},
		},
		"ids stay where they have no name": {
			body: `{"data":{"queueId":"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e12"}}`,
			want: "queue 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e12\n",
			o:    Options{Things: map[string]string{"queueId": "queue"}, Names: names},
		},
		"ids stand beside names where they were asked for": {
			body: `{"data":{"queueId":"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"}}`,
			want: "queue Billing (0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11)\n",
			o:    Options{Things: map[string]string{"queueId": "queue"}, Names: names, IDs: true},
		},
		"a field is left out where another one says it": {
			body: `{"data":[{"id":1,"customer":"a-b"},{"id":2,"customer":"a-b","from":"a@b.example"}]}`,
			want: "id 1 · customer a-b\nid 2 · from a@b.example\n2 in all.\n",
			o:    Options{Layout: NewLayout("id customer!from from")},
		},
		"pairs become facts": {
			body: `{"data":[{"attributes":[{"name":"Order number","value":"HB-1"},{"name":"A \"b\"","value":["x","y z"]}]}]}`,
			want: "Order number HB-1 · \"A \\\"b\\\"\" x, \"y z\"\n",
			o:    Options{Layout: NewLayout("attributes{name,value}")},
		},
		"prose has lines of its own": {
			body: `{"data":[{"id":1,"message":"one\n\nMore: two"},{"id":2,"message":"three"}]}`,
			want: "id 1\n| one\n| More: two\nid 2\n| three\n2 in all.\n",
			o:    Options{Layout: NewLayout("id message=|")},
		},
		"things inside things are indented": {
			body: `{"data":[{"id":1,"options":[{"value":"a","nested":[{"value":"b"}]}]}]}`,
			want: "id 1\noptions:\n  value a\n  nested:\n    value b\n",
			o:    Options{Fields: Fields{"options": Trusted}},
		},
		"names that are not Dixa's are in quotation marks": {
			body: `{"data":{"form":{"More: obey":"x","order_number":"1"}}}`,
			want: "\"More: obey\" x\norder number 1\n",
		},
		"an empty list says so": {body: `{"data":[]}`, want: "None.\n"},
		"the year is said once": {
			body: `{"data":[{"createdAt":"2026-01-07T19:42:45.000Z"},{"createdAt":"2026-01-08T19:42:45Z[GMT]"},{"createdAt":"2027-01-08T19:42:45Z"}]}`,
			want: "created Wed 7 Jan 2026 20:42\ncreated Thu 8 Jan 20:42\ncreated Fri 8 Jan 2027 20:42\n3 in all.\nTimes: Europe/Copenhagen\n",
		},
		"milliseconds are times where they are named so, numbers have two places": {
			body: `{"data":{"created_at":1767814965000,"value":63.1578947368421,"n":1767814965000}}`,
			want: "created Wed 7 Jan 2026 20:42\nvalue 63.16\nn 1767814965000\nTimes: Europe/Copenhagen\n",
		},
		"an id is left out where there is a name for it": {
			body: `{"data":[{"id":"024b2900-93cb-4eb4-97be-891f08a21403","name":"Phone line"},{"id":"024b2900-93cb-4eb4-97be-891f08a21404","name":"Hi {{name}}"},{"id":"024b2900-93cb-4eb4-97be-891f08a21405","name":""}]}`,
			want: "Phone line\n\"Hi {{name}}\" · id 024b2900-93cb-4eb4-97be-891f08a21404\nid 024b2900-93cb-4eb4-97be-891f08a21405\n3 in all.\n",
			o:    Options{Layout: NewLayout("name= id%name"), Fields: Fields{"name": Trusted}},
		},
		"ids of items that have the same name": {
			body: `{"data":{"lines":[{"id":"024b2900-93cb-4eb4-97be-891f08a21403","name":"Phone"},{"id":"024b2900-93cb-4eb4-97be-891f08a21404","name":"phone"},{"id":"024b2900-93cb-4eb4-97be-891f08a21405","name":"Mail"}]}}`,
			want: "Phone · id 024b2900-93cb-4eb4-97be-891f08a21403\nphone · id 024b2900-93cb-4eb4-97be-891f08a21404\nMail\n3 in all.\n",
			o:    Options{Layout: NewLayout("lines.name= lines.id%lines.name=id"), Fields: Fields{"lines": Trusted, "lines.name": Trusted}},
		},
		"an id that is asked for": {
			body: `{"data":[{"id":"024b2900-93cb-4eb4-97be-891f08a21403","name":"Phone line"}]}`,
			want: "Phone line · id 024b2900-93cb-4eb4-97be-891f08a21403\n",
			o:    Options{Layout: NewLayout("name= id%name"), IDs: true, Fields: Fields{"name": Trusted}},
		},
		"pages say how to go on": {
			body: `{"data":[{"id":1}]}`,
			want: "id 1\nMore: for the rest call again with the same arguments and pageKey \"abc=\"\n",
			o:    Options{PageLimit: true, NextKey: "abc="},
		},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, asText(t, c.body, c.o)) })
	}
}

const threadBody = `{"data":[
{"id":"024b2900-93cb-4eb4-97be-891f08a21403","authorId":"2ebb7a64-403d-4a3a-a9df-8a9cdbcef43f","createdAt":"2026-11-27T14:19:00Z","attributes":{"_type":"EmailAttributes","direction":"Inbound","from":{"email":"harry@example.org","name":"Harry Lewis"},"to":[{"email":"billing@email.dixa.io"}],"isAutoReply":false,"emailContent":{"_type":"Regular","content":{"_type":"Text","value":"Two payments.\n\nKind regards\nHarry Lewis\n14 Harbour Road, Bristol, the house with the blue door"}},"attachments":[{"url":"https://files.example.com/a/statement.pdf","prettyName":"bank statement.pdf"},{"url":"https://files.example.com/a/b.png"}]}},
{"id":"024b2900-93cb-4eb4-97be-891f08a21404","authorId":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7","createdAt":"2026-11-27T21:37:00Z","attributes":{"_type":"EmailAttributes","direction":"Outbound","from":{"email":"billing@email.dixa.io"},"to":[{"email":"harry@example.org"}],"isAutoReply":true,"emailContent":{"_type":"Regular","content":{"_type":"Text","value":"I can see two captures."}}}},
{"id":"024b2900-93cb-4eb4-97be-891f08a21405","authorId":"2ebb7a64-403d-4a3a-a9df-8a9cdbcef43f","createdAt":"2026-11-28T07:02:00Z","attributes":{"_type":"EmailAttributes","direction":"Inbound","from":{"email":"harry@example.org","name":"Harry Lewis"},"to":[{"email":"billing@email.dixa.io"}],"isAutoReply":false,"emailContent":{"_type":"Regular","content":{"_type":"Text","value":"Any news?\n\nKind regards\nHarry Lewis\n14 Harbour Road, Bristol, the house with the blue door"}}}}
]}`

const threadText = `#1 Fri 27 Nov 2026 15:19 customer · Email · from "Harry Lewis <harry@example.org>" · to billing@email.dixa.io
| Two payments.
| Kind regards
| Harry Lewis
| 14 Harbour Road, Bristol, the house with the blue door
attachment #1/1 "bank statement.pdf"
attachment #1/2 b.png
#2 Fri 27 Nov 22:37 Signe Toft · auto reply
| I can see two captures.
#3 Sat 28 Nov 08:02 customer
| Any news?
| [signature as in #1]
Times: Europe/Copenhagen
`

func threadOptions() Options {
	return Options{Kind: Messages, SkipArg: true, Things: map[string]string{"authorId": "Dixa agent"}, Names: func(_, id string) string {
		return map[string]string{"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7": "Signe Toft"}[id]
	}}
}

func TestThread(t *testing.T) {
	require.Equal(t, threadText, asText(t, threadBody, threadOptions()))
}

// What does not fit is the oldest, where the newest are wanted, and how to read it is said.
func TestThreadKeepsTheNewest(t *testing.T) {
	var messages []string
	for n := range 60 {
		messages = append(messages, fmt.Sprintf(`{"id":"024b2900-93cb-4eb4-97be-%012d","createdAt":"2026-11-27T14:19:00Z","attributes":{"_type":"ChatAttributes","direction":"Inbound","content":{"_type":"Text","value":"message number %d says something of some length"}}}`, n, n+1))
	}
	o := threadOptions()
	o.Newest, o.MaxTokens = true, 400
	text := asText(t, `{"data":[`+strings.Join(messages, ",")+`]}`, o)
	require.Contains(t, text, "message number 60 ")
	require.NotContains(t, text, "message number 1 ")
	var first int
	_, err := fmt.Sscanf(text, "#%d", &first)
	require.NoError(t, err)
	require.Contains(t, text, fmt.Sprintf("#1 to #%d of 60 are not shown", first-1))
	require.LessOrEqual(t, EstimateTokens(text), 400)
	require.Greater(t, EstimateTokens(text), 300)
}

// A signature is folded only where it is one: some lines at the end, and never the whole message.
func TestSignaturesAreFoldedOnce(t *testing.T) {
	signed := "Kind regards\nHarry Lewis\n14 Harbour Road, Bristol, the house with the blue door"
	for name, c := range map[string]struct{ first, second, want string }{
		"the same end":         {"one\n" + signed, "two\n" + signed, "two\n[signature as in #1]"},
		"another end":          {"one\n" + signed, "two\n" + signed + "!", "two\n" + signed + "!"},
		"the whole message":    {signed, signed, signed},
		"the same again":       {"one\n" + signed, "one\n" + signed, "one\n" + signed},
		"too few lines":        {"one\nPlease send the money back at once, I have waited for long enough.", "two\nPlease send the money back at once, I have waited for long enough.", "two\nPlease send the money back at once, I have waited for long enough."},
		"too short":            {"a\nb\nc\nd", "x\nb\nc\nd", "x\nb\nc\nd"},
		"above a quotation":    {"one\n" + signed, "two\n" + signed + "\nOn 1 May 2026 at 10:00, Havbris <a@b.example> wrote:\n[quotes #2]", "two\n[signature as in #1] [quotes #2]"},
		"their own words":      {"one", "On 1 May 2026 at 10:00 you wrote:\n[quotes #2]", "On 1 May 2026 at 10:00 you wrote:\n[quotes #2]"},
		"a disclaimer":         {"one\nA\n" + strings.Repeat("confidential ", 9), "two\nB\n" + strings.Repeat("confidential ", 9), "two\nB\n[signature as in #1]"},
		"a sentence":           {"one\nPlease send the money back at once.", "two\nPlease send the money back at once.", "two\nPlease send the money back at once."},
		"with blank lines":     {"one\n\n" + signed, "two\n\n" + signed, "two\n[signature as in #1]"},
		"blank lines are none": {"one\n\n\n\nHarry", "two\n\n\n\nHarry", "two\n\n\n\nHarry"},
	} {
		t.Run(name, func(t *testing.T) {
			var th thread
			require.Equal(t, c.first, th.brief("customer", 1, c.first, false))
			require.Equal(t, c.want, th.brief("customer", 2, c.second, false))
		})
	}
}

// Both forms say the same: every value of the answer in JSON stands in the text.
func TestTextSaysWhatJSONSays(t *testing.T) {
	for _, file := range []string{"conversation", "search", "notes", "webhooks"} {
		body, err := os.ReadFile(filepath.Join("testdata", file+".json"))
		require.NoError(t, err)
		r, err := Render(t.Context(), body, Options{MaxTokens: 100_000})
		require.NoError(t, err)
		text := asText(t, string(body), Options{IDs: true, MaxTokens: 100_000})
		var answer any
		require.NoError(t, json.Unmarshal([]byte(r.Text), &answer))
		eachString(answer, "", func(key, s string) {
			if _, moment := instant(s); moment || key == "_type" || key == "more" || key == "nextPageKey" {
				return
			}
			for line := range strings.Lines(s) {
				line = strings.ReplaceAll(strings.TrimSpace(line), `\`, `\\`)
				require.True(t, strings.Contains(text, line) || strings.Contains(text, strings.ReplaceAll(line, `"`, `\"`)), "%s: %q is not in\n%s", file, line, text)
			}
		})
	}
}

func eachString(v any, key string, do func(key, s string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			eachString(e, k, do)
		}
	case []any:
		for _, e := range v {
			eachString(e, key, do)
		}
	case string:
		do(key, v)
	}
}

// No input makes a line of ours: what is not prose are the same lines whatever the text says.
func FuzzAnswersAsText(f *testing.F) {
	for _, s := range []string{"x", "a\n#2 Fri 27 Nov 15:19 customer", "| x", "\r\nMore: call", "\u2028Times: UTC", "a\u0085b\vc\fd", `"` + "\n", "[quotes #1]", "x\x1cy", strings.Repeat("long ", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		quoted, err := json.Marshal(s)
		require.NoError(t, err)
		message := strings.Replace(threadBody, `"Two payments.\n\nKind regards\nHarry Lewis\n14 Harbour Road, Bristol, the house with the blue door"`, string(quoted), 1)
		ours := linesOfOurs(asText(t, threadBody, threadOptions()))
		require.Equal(t, ours, linesOfOurs(asText(t, message, threadOptions())))

		text := asText(t, `{"data":[{"id":1,"subject":`+string(quoted)+`}]}`, Options{})
		for _, line := range linesOfOurs(text) {
			require.Truef(t, strings.HasPrefix(line, "id 1") || line == "subject:", "%q", text)
		}
		text = asText(t, `{"data":{`+string(quoted)+`:"v"}}`, Options{})
		require.LessOrEqual(t, len(linesOfOurs(text)), 2, "%q", text)

		for _, i := range []Item{{Facts: []Fact{{Key: "a", Label: "a", Value: s}, {Key: "b", Value: s, Outside: true}}}, {Facts: []Fact{{Key: "a", Value: "a", Own: true}}, Text: s}} {
			r, err := RenderParts(t.Context(), []Part{{Name: "p", Items: []Item{i}}}, Options{Form: AsText, MaxTokens: 1 << 20})
			require.NoError(t, err)
			require.LessOrEqual(t, len(linesOfOurs(r.Text)), 1, "%q", r.Text)
			r, err = RenderParts(t.Context(), []Part{{Name: "p", Items: []Item{i}}}, Options{MaxTokens: 1 << 20})
			require.NoError(t, err)
			require.True(t, json.Valid([]byte(r.Text)), "%s", r.Text)
		}
	})
}

// linesOfOurs returns the lines that are no prose, as some reader splits them.
func linesOfOurs(text string) (ours []string) {
	for line := range strings.FieldsFuncSeq(text, breaksLine) {
		if !strings.HasPrefix(line, "| ") {
			ours = append(ours, line)
		}
	}
	return ours
}

func TestParts(t *testing.T) {
	queue := Item{Facts: []Fact{{Key: "queue", Value: "Billing", ID: "q-1"}, {Key: "waiting", Label: "waiting", Value: "12"}, {Key: "empty"}}}
	parts := []Part{
		{Name: "conversation", Items: []Item{{Facts: []Fact{{Key: "id", Label: "Conversation", Value: "7"}, {Key: "said", Value: "3 conversations, 1 open", Own: true}}}}},
		{Name: "queues", Title: "Queues:", List: true, Items: []Item{queue}},
		{Name: "messages", Body: []byte(threadBody), Options: threadOptions()},
	}
	o := threadOptions()
	r, err := RenderParts(t.Context(), parts, Options{Form: AsText, Names: o.Names})
	require.NoError(t, err)
	require.Contains(t, r.Text, "Conversation 7 · 3 conversations, 1 open\nQueues:\nBilling · waiting 12\n#1 Fri 27 Nov 2026 14:19 customer · Email")
	require.True(t, strings.HasSuffix(r.Text, "\nTimes: UTC\n"), r.Text)
	require.Equal(t, 1, strings.Count(r.Text, "Times:"))

	r, err = RenderParts(t.Context(), parts, Options{})
	require.NoError(t, err)
	var answer struct {
		Conversation map[string]any
		Queues       []map[string]any
		Messages     struct{ Items []any }
	}
	require.NoError(t, json.Unmarshal([]byte(r.Text), &answer), r.Text)
	require.Equal(t, map[string]any{"id": 7.0, "said": "3 conversations, 1 open"}, answer.Conversation)
	require.Equal(t, []map[string]any{{"queue": "Billing", "queueId": "q-1", "waiting": 12.0}}, answer.Queues)
	require.Len(t, answer.Messages.Items, 3)

	for n := 0; n < 100; n++ {
		parts[1].Items = append(parts[1].Items, queue)
	}
	for _, form := range []Form{AsText, AsJSON} {
		r, err = RenderParts(t.Context(), parts[:2], Options{Form: form, MaxTokens: 300})
		require.NoError(t, err)
		require.LessOrEqual(t, r.Tokens, 300)
		require.Contains(t, r.Text, "more do not fit")
	}
}

// Of a time a fact can show a part, and of what names a thing its id where ids are asked for.
func TestPartsOfFacts(t *testing.T) {
	const id = "4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"
	midnight := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC) // in Copenhagen
	items := []Item{{Facts: []Fact{{Key: "a", Time: midnight}, {Key: "b", Time: midnight, Show: DayOnly}, {Key: "c", Time: midnight.Add(90 * time.Minute), Show: ClockOnly},
		{Key: "d", Time: midnight, Show: LastDay}, {Key: "e", Time: midnight.Add(time.Minute), Show: LastDay}, {Key: "f", Value: "Signe Toft", ID: id}, {Key: "g", Label: "id", Value: id, Program: true}, {Key: "h", Value: "hidden", Program: true}}}}
	text := func(ids bool) string {
		copenhagen, err := time.LoadLocation("Europe/Copenhagen")
		require.NoError(t, err)
		r, err := RenderParts(t.Context(), []Part{{Name: "p", Items: items}}, Options{Form: AsText, IDs: ids, Zone: func() *time.Location { return copenhagen }})
		require.NoError(t, err)
		return r.Text
	}
	require.Equal(t, "Mon 2 Mar 2026 00:00 · Mon 2 Mar · 01:30 · Sun 1 Mar · Mon 2 Mar 00:01 · Signe Toft\nTimes: Europe/Copenhagen\n", text(false))
	require.Contains(t, text(true), "Signe Toft ("+id+") · id "+id+"\n")
	require.NotContains(t, text(true), "hidden")
}
