package console_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/test/browser"
)

// tab is a tab of a real browser.
type tab struct {
	*bed
	ctx context.Context

	mu    sync.Mutex
	asked []string // addresses that the browser asked for
}

func (b *bed) tab(chrome *browser.Browser) *tab {
	b.Helper()
	t := &tab{bed: b, ctx: chrome.Tab(b)}
	require.NoError(b, chromedp.Listen(t.ctx, func(ev any) {
		if sent, ok := ev.(*network.EventRequestWillBeSent); ok {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.asked = append(t.asked, sent.Request.URL)
		}
	}))
	return t
}

// browse signs in with a key in a tab, by the keyboard alone.
func (b *bed) browse(chrome *browser.Browser, key string) *tab {
	b.Helper()
	t := b.tab(chrome)
	t.do(chromedp.Navigate(b.URL+"/"), chromedp.WaitVisible(chromedp.CSS("#key")), chromedp.KeyEvent(key+kb.Enter), chromedp.WaitVisible(chromedp.CSS("nav")))
	return t
}

func (t *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(t.ctx, steps...))
}

// page opens a page of the console.
func (t *tab) page(path string) {
	t.Helper()
	t.do(chromedp.Navigate(t.URL+path), chromedp.WaitVisible(chromedp.CSS("h1")))
}

func evaluate[T any](t *tab, script string) T {
	t.Helper()
	v, err := chromedp.Run(t.ctx, chromedp.Evaluate[T](script))
	require.NoError(t, err)
	return v
}

// text returns the text of the page.
func (t *tab) text() string {
	t.Helper()
	return evaluate[string](t, "document.querySelector('main').innerText")
}

// reach presses Tab until the element that matches has the focus.
func (t *tab) reach(selector string) {
	t.Helper()
	for range 80 {
		t.do(chromedp.KeyEvent(kb.Tab))
		if evaluate[bool](t, "document.activeElement.matches("+quote(selector)+")") {
			require.NotEqual(t, "none", evaluate[string](t, "getComputedStyle(document.activeElement).outlineStyle"), "the focus on %s is seen", selector)
			return
		}
	}
	require.Fail(t, "the keyboard does not reach "+selector)
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// themed makes a tab prefer a colour scheme.
func (t *tab) themed(theme string) {
	t.Helper()
	_, err := chromedp.Call(t.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
	require.NoError(t, err)
}

// People sign in, approve, deny and freeze by the keyboard alone, and the browser asks no other host for anything.
func TestBrowser(t *testing.T) {
	chrome := browser.Start(t)
	b := newBed(t)
	first, second := b.asks("reply", text), b.asks("update_conversation", `{"conversationId":1235,"queue":"returns"}`)

	anna := b.browse(chrome, annaKey)
	anna.reach(`a[href="/requests/` + first + `"]`)
	anna.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS(".proposed")))
	require.Contains(t, anna.text(), "Dear Emma, your refund is on its way.")
	anna.reach(`form[action$="/approve"] button`)
	anna.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("[role=status]")))
	require.Contains(t, anna.text(), first+" is approved.")
	require.Equal(t, approval.Approved, b.state(first))

	anna.reach(`a[href="/requests/` + second + `"]`)
	anna.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS(".decide")))
	anna.reach("summary.button")
	anna.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("#reason")))
	anna.reach("#reason")
	anna.do(chromedp.KeyEvent("Billing keeps it."))
	anna.reach("button.danger")
	anna.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("[role=status]")))
	denied, err := b.store.Get(t.Context(), second)
	require.NoError(t, err)
	require.Equal(t, []any{approval.Denied, "Billing keeps it."}, []any{denied.State, denied.Reason})

	third := b.asksAs("desk", "reply", text)
	anna.page("/requests/" + third)
	anna.reach("summary.button")
	anna.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("#text")))
	anna.reach("#text")
	evaluate[bool](anna, `document.activeElement.setSelectionRange(0, 10000), true`)
	anna.do(chromedp.KeyEvent("Dear Emma, it was sent today."))
	anna.reach("form.edit button[name=send]")
	anna.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("[role=status]")))
	require.Contains(t, anna.text(), third+" was carried out with your text")
	require.Equal(t, 1, strings.Count(b.messages(), "it was sent today"))

	operator := b.browse(chrome, adminKey)
	operator.page("/agents/replies")
	operator.reach("summary.button")
	operator.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("#reason")), chromedp.SendKeys(chromedp.CSS("#reason"), "nonsense"), chromedp.Click(chromedp.CSS("button.danger")), chromedp.WaitVisible(chromedp.CSS("[role=status]")))
	_, frozen := b.freezes.Frozen("replies")
	require.True(t, frozen)
	operator.page("/explain?agent=reader&tool=list_tags")
	operator.do(chromedp.Click(chromedp.CSS("button.primary")), chromedp.WaitVisible(chromedp.CSS(".answer")))
	require.Contains(t, operator.text(), "agents.reader.access.tags")

	for _, used := range []*tab{anna, operator} {
		used.mu.Lock()
		for _, address := range used.asked {
			require.True(t, strings.HasPrefix(address, b.URL+"/") || strings.HasPrefix(address, "about:"), address)
		}
		require.Greater(t, len(used.asked), 5)
		used.mu.Unlock()
	}
}

// Everything that is there can be read and decided without a script.
func TestBrowserWithoutScript(t *testing.T) {
	chrome := browser.Start(t)
	b := newBed(t)
	number := b.asks("reply", text)
	anna := b.tab(chrome)
	_, err := chromedp.Call(anna.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(t, err)
	anna.do(chromedp.Navigate(b.URL+"/requests/"+number), chromedp.WaitVisible(chromedp.CSS("#key")), chromedp.KeyEvent(annaKey+kb.Enter), chromedp.WaitVisible(chromedp.CSS(".proposed")),
		chromedp.Click(chromedp.CSS("details:has(button.danger) > summary")), chromedp.WaitVisible(chromedp.CSS("#reason")), chromedp.KeyEvent(kb.Tab+"no"), chromedp.Click(chromedp.CSS("button.danger")), chromedp.WaitVisible(chromedp.CSS("[role=status]")))
	require.Equal(t, approval.Denied, b.state(number))
}

// A script in a customer's text, name or address, in the name of a file, a tag or a queue, or in an agent's text does nothing.
func TestBrowserRunsNoForeignScript(t *testing.T) {
	const attack = `<img src=x onerror=window.pwned=1><script>window.pwned=1</script><svg onload=window.pwned=1>`
	encoded, err := json.Marshal(attack)
	require.NoError(t, err)
	in := strings.Trim(string(encoded), `"`)
	chrome := browser.Start(t)
	b := newBed(t)
	b.plant = strings.NewReplacer("Emma Clarke", in, "Double charge", in, "Thank you for the quick answer", in, `"prettyName":"`, `"prettyName":"`+in, "Billing", in, "Luis Ortega", in)
	number := b.asks("reply", `{"conversationId":1234,"text":"`+in+`"}`)
	anna := b.browse(chrome, annaKey)
	for _, path := range []string{"/", "/requests/" + number, "/explain?agent=" + url.QueryEscape(attack) + "&tool=" + url.QueryEscape(attack), "/agents/" + url.PathEscape(attack)} {
		anna.page(path)
		require.Nil(t, evaluate[any](anna, "window.pwned ?? null"), path)
		require.Zero(t, evaluate[int](anna, "document.querySelectorAll('main img, main svg, main script').length"), path)
	}
	anna.page("/requests/" + number)
	require.GreaterOrEqual(t, strings.Count(anna.text(), "onerror=window.pwned=1"), 4, "it is shown as text: %s", anna.text())
}

// axe is the script of axe-core, which finds barriers.
func axe(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile("../test/interop/js/node_modules/axe-core/axe.min.js")
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") == "" {
		t.Skip("axe-core is not installed: run npm ci in internal/test/interop/js")
	}
	require.NoError(t, err)
	return string(script)
}

// No page has a serious barrier, or is wider than the screen, in either theme, on a telephone or a desk.
func TestBrowserAccessibility(t *testing.T) {
	script := axe(t)
	chrome := browser.Start(t)
	b, _ := withRecords(t)
	b.calls()
	number := b.asks("reply", `{"conversationId":1234,"text":"Dear Emma,\u200b\n\nyour refund is on its way."}`)
	other := b.asks("update_conversation", `{"conversationId":1235,"queue":"returns"}`)
	v := b.signIn(annaKey)
	v.submits("/requests/"+other, "/requests/"+other+"/deny", "reason", "No.")
	b.signIn(adminKey).submits("/agents/triage", "/freezes/triage", "reason", "it sends nonsense")
	for who, pages := range map[string][]string{
		annaKey:  {"/", "/requests/" + number, "/requests/" + other, "/agents/replies/conversations", "/explain?agent=triage", "/health", "/charts", "/sample", "/nothing"},
		adminKey: {"/agents", "/agents/triage", "/agents/replies"},
		"":       {"/sign-in"},
	} {
		used := b.tab(chrome)
		if who != "" {
			used = b.browse(chrome, who)
		}
		for _, path := range pages {
			used.hasNoBarriers(path, script)
		}
	}
}

// hasNoBarriers opens a page in both themes and three widths.
func (t *tab) hasNoBarriers(path, script string) {
	t.Helper()
	t.page(path)
	for _, theme := range []string{"light", "dark"} {
		t.themed(theme)
		for _, width := range []int64{360, 768, 1280} {
			t.do(chromedp.EmulateViewport(width, 800))
			require.LessOrEqual(t, evaluate[int64](t, "document.documentElement.scrollWidth"), width, "%s at %d", path, width)
			if theme+strconv.FormatInt(width, 10) != "light1280" && theme+strconv.FormatInt(width, 10) != "dark360" {
				continue // colours differ by theme, and what is there by width
			}
			evaluate[bool](t, script+";true")
			found, err := chromedp.Run(t.ctx, chromedp.Evaluate[string](`axe.run().then(r => r.violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => v.id + ": " + v.help + " " + v.nodes.map(n => n.html + " " + n.failureSummary).join("\n")).join("\n"))`, chromedp.EvalAwaitPromise))
			require.NoError(t, err)
			require.Empty(t, found, "%s, %s, %d", path, theme, width)
		}
	}
}
