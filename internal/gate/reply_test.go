package gate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
	"dixa-mcp/tools"
)

const replying = `version: 1
names: {dixa_agent: {bot: ` + bot + `, luis: 4715b3c3-35e3-4a7b-9443-3ecaf99a14d7}}
approvers:
  anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [write, send, erase]}
agents:
  support: {acts_as: luis, access: {"*": send}}
  triage: {acts_as: luis, access: {conversations: read, messages: write}}
  parks: {acts_as: luis, access: {"*": send}, confirm: {send: approver}}
  asks: {acts_as: luis, access: {"*": send}, confirm: {send: client}}
  writes_asking: {acts_as: luis, access: {"*": send}, confirm: {write: approver}}
  blind: {acts_as: luis, allow: [send_message, add_note]}
  unseeing: {acts_as: luis, allow: [send_message, add_note, list_notes]}
  nameless: {acts_as: luis, access: {conversations: read, messages: send, templates: read, agents: read}}
  chooses: {access: {"*": send}, arguments: {send_message.agentId: ["*"]}}
  sends: {access: {conversations: write, messages: send}, acts_as: luis, arguments: {send_message.cc: ["*"]}}
`

// edited is a Dixa in which the answers of some requests are changed, as if a person had changed what they show.
type edited struct {
	http.Handler
	path string // the end of the requests' path
	edit func(string) string
	sent []string // texts of messages
}

func (e *edited) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/messages") {
		whole, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		var body struct{ Content struct{ Value string } }
		if err := json.Unmarshal(whole, &body); err != nil {
			panic(err)
		}
		e.sent = append(e.sent, body.Content.Value)
		r.Body = io.NopCloser(bytes.NewReader(whole))
	}
	if e.edit == nil || r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, e.path) {
		e.Handler.ServeHTTP(w, r)
		return
	}
	seen := httptest.NewRecorder()
	e.Handler.ServeHTTP(seen, r)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(seen.Code)
	_, _ = w.Write([]byte(e.edit(seen.Body.String())))
}

// replies is a bed whose answers can be changed.
type replies struct {
	*bed
	edited *edited
}

func newReplies(t *testing.T, c gate.Config) (*replies, *edited) {
	b := newBed(t, replying)
	e := &edited{Handler: b.dixa}
	var err error
	b.client, err = dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, Rate: 1e6, Burst: 1e6, Transport: direct{e}})
	require.NoError(t, err)
	b.stand(replying, c)
	return &replies{b, e}, e
}

var draftNumber = regexp.MustCompile(`D-[0-9A-Z]{4}`)

const greeting = "Hi Emma,  \r\n\r\nit is paid.\n| Lines: #1 \"quoted\" \u00e9\n"

// draft leaves a draft, and gives its number.
func (b *bed) draft(agent, arguments string) string {
	b.t.Helper()
	a := b.call(agent, "draft_reply", arguments)
	require.False(b.t, a.Failed, a.Text)
	return draftNumber.FindString(a.Text)
}

func textOf(t *testing.T, conversation int64, text string) string {
	arguments, err := json.Marshal(map[string]any{"conversationId": conversation, "text": text})
	require.NoError(t, err)
	return string(arguments)
}

// sentTexts are the messages to customers that were sent, whole.
func (b *replies) sentTexts() []string { return b.edited.sent }

// A draft is a note that says so, and it is sent as it was written.
func TestDraftThenReply(t *testing.T) {
	b, _ := newReplies(t, gate.Config{})
	number := b.draft("triage", textOf(t, 1234, greeting))
	require.Contains(t, b.records.last().Text, "triage drafted a reply in conversation 1234: allowed by agents.triage")
	notes := do(b.bed, dixaclient.ListNotes, dixaclient.ListNotesIn{ConversationRef: ref(1234)})
	note := notes[len(notes)-1].Message
	require.Regexp(t, `^Draft `+number+`: a reply to the customer that was not sent yet\nWritten by the AI agent triage\n\nHi Emma,\n\nit is paid.\n`, note)
	require.Empty(t, b.sentTexts())
	a := b.call("support", "reply", `{"conversationId":1234,"draft":" `+strings.ToLower(number)+` ","close":true}`)
	require.False(t, a.Failed, a.Text)
	require.Equal(t, []string{"Hi Emma,\n\nit is paid.\n| Lines: #1 \"quoted\" \u00e9"}, b.sentTexts())
	require.Contains(t, a.Text, "The note with the draft stays in Dixa.")
	require.Contains(t, a.Text, "draft "+number+" by triage")
	require.Equal(t, "Closed", do(b.bed, dixaclient.GetConversation, dixaclient.GetConversationIn{ConversationRef: ref(1234)}).State)
	require.Contains(t, b.records.last().Text, "support replied in conversation 1234: allowed by agents.support")

	a = b.call("support", "reply", `{"conversationId":1234,"draft":"`+number+`"}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "reply: draft names a draft that was sent already. Nothing was sent.")
	require.Len(t, b.sentTexts(), 1)
}

// Nothing is a draft but a note that the program wrote, in its conversation, unchanged and not old.
func TestReplySendsOnlyUnchangedDrafts(t *testing.T) {
	other := func(number string) string {
		last := "X"
		if number[5] == 'X' {
			last = "Y"
		}
		return number[:5] + last
	}
	for name, c := range map[string]struct {
		edit func(number, notes string) string
		then func(b *replies, note string)
		give func(number string) string
		says string
	}{
		"the text was changed":   {edit: func(_, s string) string { return strings.Replace(s, "it is paid", "it is not paid", 1) }, says: "whose note was changed in Dixa"},
		"a character was added":  {edit: func(_, s string) string { return strings.Replace(s, "it is paid.", "it is paid..", 1) }, says: "whose note was changed in Dixa"},
		"a line was added":       {edit: func(_, s string) string { return strings.Replace(s, `it is paid.`, `it is paid.\n\nAnd more.`, 1) }, says: "whose note was changed in Dixa"},
		"a line below was added": {edit: func(_, s string) string { return strings.Replace(s, `\n\nSeal `, `\n\nSeal x\n\nSeal `, 1) }, says: "whose note was changed in Dixa"},
		"words came before it":   {edit: func(_, s string) string { return strings.Replace(s, "Draft D-", "See: Draft D-", 1) }, says: "names no draft: there is none in conversation 1234"},
		"the author was changed": {edit: func(_, s string) string { return strings.Replace(s, "agent triage", "agent support", 1) }, says: "whose note was changed in Dixa"},
		"the language was added": {edit: func(_, s string) string { return strings.Replace(s, "agent triage", "agent triage, in da", 1) }, says: "whose note was changed in Dixa"},
		"the number was changed": {edit: func(n, s string) string { return strings.Replace(s, n, other(n), 1) }, give: other, says: "whose note was changed in Dixa"},
		"the seal was changed":   {edit: func(_, s string) string { return regexp.MustCompile(`Seal .`).ReplaceAllString(s, "Seal .") }, says: "whose note was changed in Dixa"},
		"the seal is gone":       {edit: func(_, s string) string { return regexp.MustCompile(`\\n\\nSeal [\w-]+`).ReplaceAllString(s, "") }, says: "whose note was changed in Dixa"},
		"the note is gone":       {edit: func(string, string) string { return `{"data":[]}` }, says: "there is none in conversation 1234"},
		"another number":         {give: other, says: "names no draft in conversation 1234; there is D-"},
		"no number":              {give: func(string) string { return "the one above" }, says: "names no draft in conversation 1234"},
		"a copy elsewhere": {then: func(b *replies, note string) {
			do(b.bed, dixaclient.AddNote, dixaclient.AddNoteIn{ConversationRef: ref(1235), Message: note})
		}, says: ""},
		"only spaces where lines end": {edit: func(_, s string) string { return strings.ReplaceAll(s, `it is paid.\n`, `it is paid. \r\n`) }, says: ""},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := newReplies(t, gate.Config{})
			number := b.draft("triage", textOf(t, 1234, greeting))
			notes := do(b.bed, dixaclient.ListNotes, dixaclient.ListNotesIn{ConversationRef: ref(1234)})
			given, conversation := number, int64(1234)
			if c.then != nil {
				c.then(b, notes[len(notes)-1].Message)
				conversation, c.says = 1235, "whose note was changed in Dixa"
			} else if c.give != nil {
				given = c.give(number)
			}
			if c.edit != nil {
				e.path, e.edit = "/notes", func(s string) string { return c.edit(number, s) }
			}
			arguments, err := json.Marshal(map[string]any{"conversationId": conversation, "draft": given})
			require.NoError(t, err)
			a := b.call("support", "reply", string(arguments))
			require.Equal(t, c.says != "", a.Failed, a.Text)
			require.Contains(t, a.Text, c.says)
			require.Equal(t, c.says == "", len(b.sentTexts()) == 1)
		})
	}
}

// A server with another token of Dixa wrote the note, or the draft is older than a week.
func TestReplyRefusesForeignAndOldDrafts(t *testing.T) {
	now := time.Now()
	b, _ := newReplies(t, gate.Config{Now: func() time.Time { return now }})
	number := b.draft("support", textOf(t, 1234, greeting))
	ours := b.client
	theirs, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("another"), URL: offline.URL, Transport: direct{b.dixa}})
	require.NoError(t, err)
	b.client = theirs
	b.stand(replying, gate.Config{})
	arguments := `{"conversationId":1234,"draft":"` + number + `"}`
	require.Contains(t, b.call("support", "reply", arguments).Text, "whose note was changed in Dixa")
	b.client = ours
	b.stand(replying, gate.Config{Now: func() time.Time { return now.Add(7*24*time.Hour + time.Minute) }})
	require.Contains(t, b.call("support", "reply", arguments).Text, "drafts can be sent for 7 days")
	require.Empty(t, b.sentTexts())
	b.stand(replying, gate.Config{Now: func() time.Time { return now.Add(7*24*time.Hour - time.Hour) }})
	require.False(t, b.call("support", "reply", arguments).Failed, "another process with the same token sends it")
}

// Quick responses are sent in the conversation's language, with what Dixa fills in; what cannot be filled in is refused.
func TestReplyWithATemplate(t *testing.T) {
	template := func(content, translations string) func(string) string {
		return func(string) string {
			return `{"data":[{"_type":"QuickResponse","id":"11111111-2222-4333-8444-555555555555","name":"Thanks","content":"` + content + `","translations":[` + translations + `]}]}`
		}
	}
	const da = `{"locale":"da","content":"Hej {{requester_firstname}}","isDeactivated":false}`
	for name, c := range map[string]struct{ content, translations, language, agent, sends, says string }{
		"in its language":               {"Hi", da, "da", "support", "Hej Emma", `"language":"da"`},
		"in a country's":                {"Hi", da, "da-DK", "support", "Hej Emma", `"language":"da"`},
		"written otherwise":             {"Hi", strings.Replace(da, `"da"`, `"DA_dk"`, 1), "da-DK", "support", "Hej Emma", `"language":"DA_dk"`},
		"the only one of any country":   {"Hi", strings.Replace(da, `"da"`, `"da-DK"`, 1), "da", "support", "Hej Emma", `"language":"da-DK"`},
		"of another country":            {"Hi", strings.Replace(da, `"da"`, `"da-GL"`, 1), "da-DK", "support", "Hi", `no translation into da-DK`},
		"of several countries":          {"Hi", strings.Replace(da, `"da"`, `"da-GL"`, 1) + "," + strings.Replace(da, `"da"`, `"da-DK"`, 1), "da", "support", "Hi", "no translation into da"},
		"deactivated":                   {"Hi", strings.Replace(da, "false", "true", 1), "da", "support", "Hi", "no translation into da"},
		"in another":                    {"Hi", da, "de", "support", "Hi", "no translation into de"},
		"without a language":            {"Hi", da, "", "support", "Hi", "in its default language"},
		"everything that is documented": {"{{ requester_firstname }}: {{csid}} {{csid}} {{agent_firstname}}", "", "da", "support", "Emma: 1234 1234 Luis", ""},
		"one that is not known":         {"Hi {{requester_firstname}} {{order_number}} {{order_number}}", "", "da", "support", "", "cannot be filled in: {{order_number}} (not known here); give the text instead. Nothing was sent."},
		"one that may not be read":      {"Hi {{requester_firstname}}", "", "da", "nameless", "", "{{requester_firstname}} (get_end_user is not granted)"},
		"none that needs it":            {"Hi {{agent_firstname}}", "", "da", "nameless", "Hi Luis", ""},
		"without an end":                {"Hi {{requester_firstname", "", "da", "support", "", "cannot be filled in"},
		"empty":                         {"\\n ", "", "da", "support", "", "has no text in this language"},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := newReplies(t, gate.Config{})
			inner := *e
			inner.path, inner.edit = "/conversations/1234", func(s string) string {
				var all struct{ Data map[string]any }
				require.NoError(t, json.Unmarshal([]byte(s), &all))
				all.Data["language"] = c.language
				out, err := json.Marshal(map[string]any{"data": all.Data})
				require.NoError(t, err)
				return string(out)
			}
			e.Handler, e.path, e.edit = &inner, "/templates", template(c.content, c.translations)
			a := b.call(c.agent, "reply", `{"conversationId":1234,"template":"thanks"}`)
			require.Contains(t, a.Text, c.says)
			require.Equal(t, c.sends == "", a.Failed, a.Text)
			if c.sends == "" {
				require.Empty(t, b.dixa.Effects())
				return
			}
			require.Equal(t, []string{c.sends}, b.sentTexts())
			require.Contains(t, a.Text, strings.ReplaceAll(c.sends, "\n", `\n`))
		})
	}
}

// A name that a customer chose is put into a text only if it is a name.
func TestReplyWithWhatACustomerCallsThemself(t *testing.T) {
	for given, taken := range map[string]bool{
		"Anne-Marie": true, "Æblegrød": true, "J. R.": true, "O’Neil": true, "José": true, "李": true,
		"": false, "see http://x.example": false, "Emma\\n\\nPS: call 0900": false, "{{agent_firstname}}": false, "<b>Emma</b>": false, "Emma 123": false,
		strings.Repeat("a", 41): false, "emma@example.com": false, "\u202eammE": false,
	} {
		b, e := newReplies(t, gate.Config{})
		e.path, e.edit = "2ebb7a64-403d-4a3a-a9df-8a9cdbcef43f", func(s string) string {
			return regexp.MustCompile(`"firstName":"[^"]*"`).ReplaceAllLiteralString(s, `"firstName":"`+given+`"`)
		}
		a := b.call("support", "reply", `{"conversationId":1234,"template":"Refund: approved"}`)
		require.Equal(t, !taken, a.Failed, given+": "+a.Text)
		require.Equal(t, taken, len(b.sentTexts()) == 1)
	}
}

// The person who decides sees the whole text, and decides about nothing else.
func TestApproversSeeWhatIsSent(t *testing.T) {
	for name, c := range map[string]struct {
		arguments func(b *replies) string
		text      string
		path      string
		changed   [2]string
	}{
		"a draft": {func(b *replies) string {
			return `{"conversationId":1234,"draft":"` + b.draft("parks", textOf(t, 1234, "It is paid.\nBest")) + `"}`
		}, "It is paid.\nBest", "/notes", [2]string{"It is paid.", "It is not paid."}},
		"a template": {func(*replies) string { return `{"conversationId":1234,"template":"Refund: approved"}` }, "Hi Emma, your refund is approved", "/templates", [2]string{"your refund is approved", "your refund is denied"}},
		"a text":     {func(*replies) string { return `{"conversationId":1234,"text":"It is paid."}` }, "It is paid.", "", [2]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := parking(t)
			b, e := newReplies(t, gate.Config{Approvals: s})
			arguments := c.arguments(b)
			park := func() string {
				a := b.call("parks", "reply", arguments)
				require.Equal(t, audit.EventWaiting, b.records.last().Event, a.Text)
				return b.records.last().Approval
			}
			number := park()
			parked, err := s.Get(t.Context(), number)
			require.NoError(t, err)
			var shown struct{ Text string }
			require.NoError(t, json.Unmarshal(parked.Shown, &shown), string(parked.Shown))
			require.Contains(t, shown.Text, c.text)
			require.Contains(t, parked.Effect, "reply in conversation 1234")
			q := b.ask("asks", "reply", arguments)
			require.Contains(t, q.Text, strings.ReplaceAll(c.text, "\n", "\n  | "))
			s.approve(number)
			if c.path != "" {
				e.path, e.edit = c.path, func(all string) string { return strings.ReplaceAll(all, c.changed[0], c.changed[1]) }
				a := b.call("parks", "reply", arguments)
				require.True(t, a.Failed || b.records.last().Event == audit.EventWaiting && b.records.last().Approval != number, a.Text)
				require.True(t, b.answer("asks", "reply", arguments, q.State, true).Failed)
				require.Empty(t, b.sentTexts())
				e.edit = nil
			}
			require.False(t, b.call("parks", "reply", arguments).Failed)
			require.Len(t, b.sentTexts(), 1)
			require.Contains(t, b.sentTexts()[0], c.text)
			require.NotEqual(t, approval.Approved, must(s.Get(t.Context(), number)).State)
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// An approved draft is the one that the person saw: the note is the same each time.
func TestDraftsThemselvesAreApproved(t *testing.T) {
	s := parking(t)
	b, _ := newReplies(t, gate.Config{Approvals: s})
	arguments := textOf(t, 1234, greeting)
	b.call("writes_asking", "draft_reply", arguments)
	number := b.records.last().Approval
	require.NotEmpty(t, number)
	s.approve(number)
	a := b.call("writes_asking", "draft_reply", arguments)
	require.False(t, a.Failed, a.Text)
	require.Equal(t, number, b.records.last().Approval)
	require.Regexp(t, `"D-|draft D-`, a.Text)
}

// A message that was sent is not sent again because what follows it fails.
func TestReplyThenWhatFails(t *testing.T) {
	for _, kind := range []offline.FaultKind{offline.Forbidden, offline.ServerErrorAfter} {
		b, _ := newReplies(t, gate.Config{})
		b.dixa.Inject(offline.Fault{Match: routeNamed("close_conversation"), Kind: kind, Times: 3})
		a := b.call("sends", "reply", `{"conversationId":1234,"text":"It is paid.","close":true}`)
		require.True(t, a.Failed)
		require.Regexp(t, `(?s)^Done: message: sent\.\n(Not done|Not known whether done): state: Open → Closed\..*\nDo not make the same call again, which would do twice what is done\. For the rest: close_conversation \(state\)\.$`, a.Text)
		require.Len(t, b.sentTexts(), 1)
	}
	b, _ := newReplies(t, gate.Config{})
	b.dixa.Inject(offline.Fault{Match: routeNamed("send_message"), Kind: offline.Forbidden, Times: 3})
	a := b.call("sends", "reply", `{"conversationId":1234,"text":"It is paid.","close":true}`)
	require.True(t, a.Failed)
	require.Equal(t, "Open", do(b.bed, dixaclient.GetConversation, dixaclient.GetConversationIn{ConversationRef: ref(1234)}).State, "it is not closed without an answer")
	a = b.call("support", "reply", `{"conversationId":2885,"text":"It is paid.","followUp":"2099-01-02T10:00:00Z"}`)
	require.Contains(t, a.Text, "followUp needs an open conversation")
	require.Empty(t, b.dixa.Effects())
}

// What a tool takes follows from the grants of its operations.
func TestArgumentsOfReplies(t *testing.T) {
	b, _ := newReplies(t, gate.Config{})
	for agent, want := range map[string]map[string]string{
		"triage":  {"draft_reply": "conversationId text"},
		"support": {"draft_reply": "conversationId text template", "reply": "conversationId text format template answers draft close followUp"},
		"blind":   {"draft_reply": "conversationId text", "reply": "conversationId text format"},
		"chooses": {"draft_reply": "conversationId text template agentId", "reply": "conversationId text format template answers draft agentId close followUp"},
		"sends":   {"draft_reply": "conversationId text", "reply": "conversationId text format answers draft close followUp cc"},
	} {
		rules, err := b.gate.Rules().Agent(agent)
		require.NoError(t, err)
		for _, name := range []string{"draft_reply", "reply"} {
			tool, _ := tools.ByName(name)
			require.Equal(t, want[name] != "", rules.Sees(name), agent+" "+name)
			if want[name] == "" {
				continue
			}
			var has []string
			for _, p := range rules.Shape(tool).Schema().Properties() {
				if p.Name != "again" {
					has = append(has, p.Name)
				}
			}
			require.ElementsMatch(t, strings.Fields(want[name]), has, agent+" "+name)
		}
	}
	a := b.call("chooses", "reply", `{"conversationId":1234,"text":"x","agentId":"`+bot+`","close":true}`)
	require.False(t, a.Failed, "it may say who writes, and not who closes: "+a.Text)
	for arguments, says := range map[string]string{
		`{"conversationId":1234}`:                                                                  "text must be given, or template or draft",
		`{"conversationId":1234,"text":"x","draft":"D-7K2Q"}`:                                      "draft cannot be given together with text",
		`{"conversationId":1234,"template":"Refund: approved","draft":"D-7K2Q"}`:                   "draft cannot be given together with template",
		`{"conversationId":1234,"draft":"D-7K2Q","format":"Html"}`:                                 "format is only for text",
		`{"conversationId":1234,"text":"x","close":true,"followUp":"2099-01-02T10:00:00Z"}`:        "close cannot be given together with followUp",
		`{"conversationId":1234,"template":"Out of hours"}`:                                        "names an automatic reply",
		`{"conversationId":1234,"template":"00000000-0000-4000-8000-000000000000"}`:                "names no template that there is",
		`{"conversationId":1234,"template":"Refund approved"}`:                                     `did you mean "Refund: approved"`,
		`{"conversationId":1234,"text":"[cut: 3 more] x"}`:                                         "must not be written",
		`{"conversationId":999999999,"draft":"D-7K2Q"}`:                                            "could not be found",
		`{"conversationId":1234,"text":"x","cc":["a@example.com"]}`:                                "cc: got an unknown argument",
		`{"conversationId":1234,"text":"x","attachments":[{"url":"https://files.example.com/a"}]}`: "attachments: got an unknown argument",
	} {
		a := b.call("support", "reply", arguments)
		require.True(t, a.Failed, a.Text)
		require.Contains(t, a.Text, says)
	}
	require.Len(t, b.sentTexts(), 1)
}

// heard hears of drafts.
type heard struct{ said *[]string }

func (h heard) Call(ctx context.Context, _ gate.CallInfo) (context.Context, func(gate.CallEnd)) {
	return ctx, func(gate.CallEnd) {}
}

func (h heard) Operation(ctx context.Context, _ gate.CallInfo, _ *dixaclient.Spec) (context.Context, func(gate.OperationEnd)) {
	return ctx, func(gate.OperationEnd) {}
}

func (h heard) Draft(agent string, outcome tools.DraftOutcome) {
	*h.said = append(*h.said, agent+" "+string(outcome))
}

// Drafts are counted for the agent that wrote them, each once.
func TestFiguresOfDrafts(t *testing.T) {
	var said []string
	s := parking(t)
	b, _ := newReplies(t, gate.Config{Observer: gate.Observers(heard{&said}, nil, heard{new([]string)}), Approvals: s})
	hears := func(want ...string) {
		t.Helper()
		require.Equal(t, want, said)
		said = nil
	}
	number := b.draft("triage", textOf(t, 1234, "One."))
	hears("triage written")
	b.call("support", "reply", `{"conversationId":1234,"draft":"`+number+`"}`)
	hears("triage sent")
	b.call("support", "reply", textOf(t, 1234, "Something else."))
	require.Empty(t, said, "the draft was another agent's")

	b.draft("support", textOf(t, 2951, "Two."))
	b.call("support", "reply", textOf(t, 2951, "Two, and more."))
	b.call("support", "reply", textOf(t, 2951, "Three."))
	hears("support written", "support edited")
	b.draft("support", textOf(t, 2954, "Two."))
	b.call("support", "reply", textOf(t, 2954, "Two."))
	hears("support written", "support sent")

	arguments := `{"conversationId":2962,"draft":"` + b.draft("parks", textOf(t, 2962, "Four.")) + `"}`
	b.call("parks", "reply", arguments)
	s.decide(b.records.last().Approval, false, "no")
	for range 3 {
		require.True(t, b.call("parks", "reply", arguments).Failed)
	}
	q := b.ask("asks", "reply", arguments)
	b.answer("asks", "reply", arguments, q.State, false)
	hears("parks written", "parks denied", "parks denied")
	require.False(t, slices.Contains(b.sentTexts(), "Four."))
}

// The same draft is left once, whichever key of the agent it comes with, as long as it waits to be sent and the agent may read notes.
func TestSameDraftIsLeftOnce(t *testing.T) {
	b, _ := newReplies(t, gate.Config{})
	draft := func(agent, key, text string) string {
		r := request(agent, "draft_reply", textOf(t, 1234, text))
		r.Key = key
		a := b.gate.Call(t.Context(), r)
		require.False(t, a.Failed, a.Text)
		return a.Text
	}
	left := func() (n int) {
		for _, note := range do(b.bed, dixaclient.ListNotes, dixaclient.ListNotesIn{ConversationRef: ref(1234)}) {
			if draftNumber.MatchString(note.Message) {
				n++
			}
		}
		return n
	}
	number := draftNumber.FindString(draft("support", "k1", "Hi Emma, it is paid."))
	require.Equal(t, 1, left())
	draft("support", "k2", "Hi Emma,  it is paid.  \n")
	require.Equal(t, 2, left(), "another text")
	again := draft("support", "k2", "Hi Emma, it is paid.  \n")
	require.Equal(t, 2, left())
	require.Contains(t, again, number)
	require.Contains(t, again, "it is there already")
	draft("triage", "k3", "Hi Emma, it is paid.")
	require.Equal(t, 3, left(), "another agent's")

	a := b.call("support", "reply", `{"conversationId":1234,"draft":"`+number+`"}`)
	require.False(t, a.Failed, a.Text)
	draft("support", "k4", "Hi Emma, it is paid.")
	require.Equal(t, 4, left(), "it was sent")
	draft("blind", "k1", "Hi Emma, it is paid.")
	draft("blind", "k2", "Hi Emma, it is paid.")
	require.Equal(t, 6, left(), "an agent that may not read notes")
}
