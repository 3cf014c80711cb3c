package console_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/console"
	"dixa-mcp/internal/freeze"
	"dixa-mcp/internal/gate"
)

const text = `{"conversationId":1234,"text":"Dear Emma, your refund is on its way."}`

// Everybody sees what their key allows, and nobody more.
func TestRoles(t *testing.T) {
	b := newBed(t)
	number := b.asks("reply", text)
	request := "/requests/" + number
	for _, c := range []struct {
		who, key string
		reads    bool // the text of calls
		decides  bool
		freezes  bool
	}{
		{"an approver", annaKey, true, true, false},
		{"an approver of another level", joeKey, true, false, false},
		{"the operator", adminKey, false, false, true},
		{"an auditor", evaKey, false, false, false},
	} {
		v := b.signIn(c.key)
		for _, page := range []string{"/", request, "/agents", "/agents/replies", "/agents/replies/messages", "/explain", "/health"} {
			got := v.get(page)
			require.Equal(t, http.StatusOK, got.StatusCode, "%s: %s", c.who, page)
			require.Equal(t, c.reads && (page == request || page == "/"), strings.Contains(got.body, "your refund"), "%s: %s", c.who, page)
			require.Equal(t, c.reads && page == request, strings.Contains(got.body, "emma.clarke@example.com"), "%s: %s", c.who, page)
			require.Equal(t, c.decides && page == request, strings.Contains(got.body, request+"/approve"), "%s: %s", c.who, page)
			require.Equal(t, c.freezes && page == "/agents/replies", strings.Contains(got.body, `action="/freezes/replies"`), "%s: %s", c.who, page)
			require.NotContains(t, got.body, c.key+`"`)
		}
		require.Equal(t, c.reads, strings.Contains(v.get(request).body, "Emma Clarke"), c.who)
	}
	require.Contains(t, b.signIn(joeKey).get(request).body, "joe.castel may not decide about "+number)
}

// A form is refused without the token of its page, with that of another form, of another session, or for another role.
func TestChangesNeedTheTokenOfTheirPage(t *testing.T) {
	b := newBed(t)
	number := b.asks("reply", text)
	page, approve, deny := "/requests/"+number, "/requests/"+number+"/approve", "/requests/"+number+"/deny"
	anna, other := b.signIn(annaKey), b.signIn(annaKey)
	for name, token := range map[string]string{
		"none": "", "of another form": anna.token(page, deny), "of another session": other.token(page, approve), "of sign-out": anna.token(page, "/sign-out"),
	} {
		require.Equal(t, http.StatusForbidden, anna.post(approve, url.Values{"token": {token}}).StatusCode, name)
	}
	// Whoever may not decide has no token, and is refused with any.
	for _, key := range []string{adminKey, evaKey} {
		v := b.signIn(key)
		for _, token := range []string{anna.token(page, approve), v.token("/", "/sign-out")} {
			require.Equal(t, http.StatusForbidden, v.post(approve, url.Values{"token": {token}}).StatusCode)
			require.Equal(t, http.StatusForbidden, v.post("/freezes/replies", url.Values{"token": {token}}).StatusCode)
		}
	}
	require.Equal(t, http.StatusUnauthorized, b.visitor().post(approve, url.Values{"token": {anna.token(page, approve)}}).StatusCode)
	require.Equal(t, approval.Pending, b.state(number))
	require.Empty(t, b.recorded(audit.EventApproved))
	require.Equal(t, http.StatusNotFound, anna.get(approve).StatusCode)
	require.Equal(t, http.StatusSeeOther, anna.submits(page, approve).StatusCode)
	require.Equal(t, approval.Approved, b.state(number))
}

// What another page makes a browser send is refused, whatever cookie and token come with it.
func TestOtherOriginsChangeNothing(t *testing.T) {
	b := newBed(t)
	number := b.asks("reply", text)
	page, approve := "/requests/"+number, "/requests/"+number+"/approve"
	v := b.signIn(annaKey)
	form := url.Values{"token": {v.token(page, approve)}}
	for name, header := range map[string]http.Header{
		"another origin":       {"Origin": {"https://evil.example"}},
		"a sandboxed frame":    {"Origin": {"null"}},
		"no origin":            {"Origin": nil},
		"another port":         {"Origin": {"http://127.0.0.1:1"}},
		"another site":         {"Sec-Fetch-Site": {"cross-site"}},
		"another host's":       {"Sec-Fetch-Site": {"same-site"}},
		"a name that was bent": {"Host": {"evil.example"}, "Origin": {"http://evil.example"}},
	} {
		v.header = header
		require.Equal(t, http.StatusForbidden, v.post(approve, form).StatusCode, name)
		require.Equal(t, http.StatusForbidden, v.post("/sign-in", url.Values{"key": {annaKey}}).StatusCode, name)
		if header.Get("Origin") != "" {
			require.Equal(t, http.StatusForbidden, v.get(page).StatusCode, name)
		}
	}
	require.Equal(t, approval.Pending, b.state(number))
	v.header = http.Header{}
	require.Equal(t, http.StatusSeeOther, v.post(approve, form).StatusCode)
}

// Every answer forbids frames, scripts in the page and what is elsewhere.
func TestHeaders(t *testing.T) {
	b := newBed(t)
	number := b.asks("reply", text)
	v := b.signIn(annaKey)
	for _, path := range []string{"/", "/requests/" + number, "/agents", "/explain", "/health", "/nothing", "/sign-in", "/static/style.css", "/static/script.js", "/static/icon.svg", "/link/x"} {
		for _, who := range []*visitor{v, b.visitor()} {
			h := who.get(path).Header
			for _, directive := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
				require.Contains(t, strings.Split(h.Get("Content-Security-Policy"), "; "), directive, path)
			}
			require.Equal(t, "DENY", h.Get("X-Frame-Options"), path)
			require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
			require.Equal(t, "no-store", h.Get("Cache-Control"), path)
			require.Equal(t, "same-origin", h.Get("Referrer-Policy"), path)
			require.Empty(t, h.Get("Access-Control-Allow-Origin"), path)
		}
	}
	body := v.get("/requests/" + number).body
	require.NotRegexp(t, `(?i)<script[^>]*>[^<]|<style| style=| on[a-z]+=|javascript:|//[a-z]`, regexp.MustCompile(`(?s)<div class="text".*?</div>`).ReplaceAllString(body, ""))
}

// Text of customers and agents is text, wherever it is shown.
func TestUntrustedTextIsText(t *testing.T) {
	const attack = `<script src=//evil.example></script>"'><img src=x onerror=alert(1)>`
	b := newBed(t)
	number := b.asks("reply", fmt.Sprintf(`{"conversationId":1234,"text":%q}`, attack))
	v := b.signIn(annaKey)
	body := v.get("/requests/" + number).body
	require.Contains(t, body, "&lt;script src=//evil.example&gt;")
	require.Equal(t, http.StatusSeeOther, v.submits("/requests/"+number, "/requests/"+number+"/deny", "reason", attack).StatusCode)
	op := b.signIn(adminKey)
	require.Equal(t, http.StatusSeeOther, op.submits("/agents/replies", "/freezes/replies", "reason", attack).StatusCode)
	bodies := []string{body, v.get("/").body, v.get("/requests/" + number).body, op.get("/agents/replies").body, op.get("/requests/" + url.PathEscape(attack)).body,
		op.get("/agents/" + url.PathEscape(attack)).body, op.get("/sign-in?next=" + url.QueryEscape(attack)).body, b.visitor().get("/sign-in?next=" + url.QueryEscape(attack)).body,
		op.get("/explain?agent=" + url.QueryEscape(attack) + "&tool=" + url.QueryEscape(attack)).body,
		op.submits("/explain", "/explain", "agent", attack, "tool", attack, "arguments", attack).body,
		op.submits("/explain", "/explain", "agent", "replies", "tool", "reply", "arguments", fmt.Sprintf(`{"conversationId":1234,"text":%q}`, attack)).body}
	for _, body := range bodies {
		require.NotContains(t, body, "<script src=//")
		require.NotContains(t, body, "<img src=x")
	}
}

// What cannot be seen is marked, where the text of a call is and elsewhere.
func TestInvisibleCharactersAreShown(t *testing.T) {
	b := newBed(t)
	number := b.asks("reply", `{"conversationId":1234,"text":"pay\u200bpal \u202egnp.exe\u2069 tags\udb40\udc41"}`)
	body := b.signIn(annaKey).get("/requests/" + number).body
	for _, code := range []string{"U+200B", "U+202E", "U+2069", "U+E0041"} {
		require.Contains(t, body, `<mark class="unseen" title="A character that is not seen">&lt;`+strings.Replace(code, "+", "&#43;", 1)+`&gt;</mark>`)
	}
	for _, r := range "\u200b\u202e\u2069\U000E0041" {
		require.NotContains(t, body, string(r))
	}
	require.Contains(t, body, "The text has characters that are not seen.")
}

// The list has what waits, oldest first; a decision is recorded, told once, and made once.
func TestDecide(t *testing.T) {
	b := newBed(t)
	first := b.asks("reply", text)
	second := b.asks("update_conversation", `{"conversationId":1235,"queue":"returns"}`)
	v := b.signIn(annaKey)
	list := v.get("/").body
	require.Regexp(t, `(?s)`+first+`.*`+second, list)
	require.Contains(t, v.get("/requests/"+second).text(), "queue Phone returns")

	other := b.signIn(annaKey)
	late := other.token("/requests/"+first, "/requests/"+first+"/deny")
	require.Equal(t, "/", v.submits("/requests/"+first, "/requests/"+first+"/approve").Header.Get("Location"))
	require.Contains(t, v.get("/").body, first+" is approved.")
	require.NotContains(t, v.get("/").body, first+" is approved.", "it is told once")
	approved := b.recorded(audit.EventApproved)
	require.Len(t, approved, 1)
	require.Equal(t, []string{"anna.holm", "2c26b46b", first}, []string{approved[0].Approver, approved[0].ApproverKey, approved[0].Approval})
	require.Equal(t, "/requests/"+first, other.post("/requests/"+first+"/deny", url.Values{"token": {late}}).Header.Get("Location"))
	require.Contains(t, other.get("/requests/"+first).body, "Nothing was changed: "+first+" was approved by anna.holm")

	require.Equal(t, http.StatusSeeOther, v.submits("/requests/"+second, "/requests/"+second+"/deny", "reason", "Billing keeps it.").StatusCode)
	require.Equal(t, approval.Denied, b.state(second))
	body := v.get("/requests/" + second).body
	require.Contains(t, body, "Billing keeps it.")
	require.Contains(t, body, "The text was deleted.")
	long := b.asks("update_conversation", `{"conversationId":1236,"queue":"returns"}`)
	require.Contains(t, v.submits("/requests/"+long, "/requests/"+long+"/deny", "reason", strings.Repeat("x", 1001)).body, "the reason is longer than 1,000 bytes")
	require.Equal(t, approval.Pending, b.state(long))
	require.Equal(t, http.StatusNotFound, v.get("/requests/A-NONE").StatusCode)
}

// What cannot be recorded is not decided.
func TestDecisionsThatCannotBeRecorded(t *testing.T) {
	b := newBed(t)
	number := b.asks("reply", text)
	v := b.signIn(annaKey)
	token := v.token("/requests/"+number, "/requests/"+number+"/approve")
	b.mu.Lock()
	b.refuse = errors.New("disk full")
	b.mu.Unlock()
	got := v.post("/requests/"+number+"/approve", url.Values{"token": {token}})
	require.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
	require.NotContains(t, got.body, "disk full")
	require.Equal(t, approval.Pending, b.state(number))
}

func TestFreeze(t *testing.T) {
	b := newBed(t)
	v := b.signIn(adminKey)
	require.Equal(t, "/agents/replies", v.submits("/agents/replies", "/freezes/replies", "reason", "it sends nonsense").Header.Get("Location"))
	page := v.get("/agents/replies").body
	require.Contains(t, page, "Agent replies is frozen: calls are refused from now on.")
	require.Contains(t, page, "it sends nonsense")
	reason, frozen := b.freezes.Frozen("replies")
	require.True(t, frozen)
	require.Equal(t, "it sends nonsense", reason)
	record := b.recorded(audit.EventFreeze)
	require.Len(t, record, 1)
	require.Equal(t, "admin froze agent replies", record[0].Text)
	require.Equal(t, http.StatusSeeOther, v.submits("/agents/replies", "/thaws/replies").StatusCode)
	_, frozen = b.freezes.Frozen("replies")
	require.False(t, frozen)

	require.Equal(t, http.StatusSeeOther, v.submits("/agents", "/freezes").StatusCode)
	_, frozen = b.freezes.Frozen("triage")
	require.True(t, frozen)
	require.Contains(t, v.get("/agents").body, "All agents are frozen")
	require.Equal(t, http.StatusSeeOther, v.submits("/agents", "/thaws").StatusCode)
	require.NoError(t, b.freezes.Set(t.Context(), "gone", freeze.Freeze{By: "someone", At: time.Now()}))
	require.Contains(t, v.get("/agents").text(), "agent gone, which is not in the file, is frozen.", "it can be thawed")
	require.Equal(t, http.StatusSeeOther, v.submits("/agents", "/thaws/gone").StatusCode)
	require.NotContains(t, b.signIn(evaKey).get("/agents").body, `action="/freezes`)
}

func TestMatrix(t *testing.T) {
	v := newBed(t).signIn(evaKey)
	body := v.get("/agents").body
	for _, cell := range []string{"replies, messages: some writes", "reader, messages: read", "reader, webhooks: off", "triage, tags: some writes"} {
		require.Contains(t, body, `aria-label="`+cell+`"`)
	}
	cell := v.get("/agents/replies/messages").text()
	require.Contains(t, cell, "agents.replies.access.messages, line 16")
	require.Contains(t, cell, "Waits for an approver (agents.replies.confirm.send, line 18)")
	require.Contains(t, v.get("/agents/replies/conversations").text(), "queueId must be billing or returns (agents.replies.arguments.transfer_conversation.queueId, line 19)")
	require.Contains(t, v.get("/agents/triage/conversations").text(), "only conversations with channel Email or Contact Form (agents.triage.only, line 28)")
	agent := v.get("/agents/replies").body
	for _, says := range []string{"billing-bot", "30 sends per hour", "replies-1", "an approver", "close conversations or postpone them"} {
		require.Contains(t, agent, says)
	}
	require.Equal(t, http.StatusNotFound, v.get("/agents/nobody").StatusCode)
	require.Equal(t, http.StatusNotFound, v.get("/agents/replies/nothing").StatusCode)
}

// What the console does not reach has no page, whoever asks.
func TestPagesOfWhatIsNotThere(t *testing.T) {
	b := newBed(t, func(c *console.Config) { c.Approvals, c.Explain, c.Health = nil, nil, nil })
	v := b.signIn(annaKey)
	require.Equal(t, "/agents", v.get("/").Header.Get("Location"))
	for _, path := range []string{"/requests/A-1234", "/explain", "/health", "/records"} {
		page := v.get(path)
		require.Equal(t, http.StatusNotFound, page.StatusCode, path)
		require.Contains(t, page.text(), "There is no such page.", path)
	}
}

func TestExplain(t *testing.T) {
	v := newBed(t).signIn(annaKey)
	ask := func(agent, tool, arguments string) answer {
		return v.submits("/explain", "/explain", "agent", agent, "tool", tool, "arguments", arguments)
	}
	got := ask("replies", "update_conversation", `{"conversationId":1235,"queue":"returns"}`)
	require.Equal(t, http.StatusOK, got.StatusCode)
	for _, says := range []string{"granted", "Would wait for approval", "queue: Phone → returns", "PUT /v1/conversations/1235/transfer/queue"} {
		require.Contains(t, got.text(), says)
	}
	require.Contains(t, ask("reader", "close_conversation", `{"conversationId":1235}`).text(), "access gives conversations only read")
	for _, wrong := range [][3]string{{"nobody", "reply", ""}, {"reader", "nothing", ""}, {"reader", "reply", "{"}, {"reader", "reply", `{"a":"` + strings.Repeat("x", 12<<10) + `"}`}} {
		require.Equal(t, http.StatusUnprocessableEntity, ask(wrong[0], wrong[1], wrong[2]).StatusCode, wrong[1])
	}
}

// An explanation that reads correspondence is for approvers: what would be sent may be a draft.
func TestExplainTellsAuditorsNoText(t *testing.T) {
	b := newBed(t)
	written := b.gate.Call(t.Context(), gate.Request{Agent: "desk", Tool: "draft_reply", Arguments: json.RawMessage(`{"conversationId":1235,"text":"Dear Anna, your secret refund."}`)})
	require.False(t, written.Failed, written.Text)
	number := regexp.MustCompile(`D-[0-9A-Z]{4}`).FindString(written.Text)
	for key, told := range map[string]bool{annaKey: true, evaKey: false} {
		page := b.signIn(key).submits("/explain", "/explain", "agent", "desk", "tool", "reply", "arguments", `{"conversationId":1235,"draft":"`+number+`"}`)
		require.Equal(t, http.StatusOK, page.StatusCode)
		require.Equal(t, told, strings.Contains(page.text(), "secret refund"), page.text())
	}
}

func TestHealth(t *testing.T) {
	b := newBed(t, func(c *console.Config) {
		c.Checks = nil
	})
	body := b.signIn(evaKey).get("/health").body
	require.Contains(t, body, "ready")
	require.Contains(t, body, "replies-1")
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	require.Equal(t, console.Check{What: "c", OK: true, Says: "valid until 1 March 2026"}, console.Certificate("c", now.AddDate(0, 2, 0), now))
	require.Equal(t, console.Check{What: "c", Says: "valid until 10 January 2026"}, console.Certificate("c", now.AddDate(0, 0, 9), now))
	require.Equal(t, console.Check{What: "c", Says: "expired on 31 December 2025"}, console.Certificate("c", now.AddDate(0, 0, -1), now))
}
