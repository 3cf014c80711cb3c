package console_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (v *visitor) status(path string) int { v.Helper(); return v.get(path).StatusCode }

// The cookie is for this site alone, no script reads it, and over https only this host can have set it.
func TestCookie(t *testing.T) {
	b := newBed(t)
	cookie := func(change func(*http.Request)) *http.Cookie {
		r := httptest.NewRequest(http.MethodPost, b.URL+"/sign-in", strings.NewReader(url.Values{"key": {annaKey}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.URL)
		change(r)
		w := httptest.NewRecorder()
		b.Config.Handler.ServeHTTP(w, r)
		require.Equal(t, http.StatusSeeOther, w.Code)
		return w.Result().Cookies()[0]
	}
	plain := cookie(func(*http.Request) {})
	require.Equal(t, []any{"dixa-mcp-console", "/", true, false, http.SameSiteStrictMode, 12 * 3600}, []any{plain.Name, plain.Path, plain.HttpOnly, plain.Secure, plain.SameSite, plain.MaxAge})
	require.Empty(t, plain.Domain)
	for name, change := range map[string]func(*http.Request){
		"TLS":            func(r *http.Request) { r.TLS = &tls.ConnectionState{}; r.Header.Set("Origin", "https://"+r.Host) },
		"behind a proxy": func(r *http.Request) { r.Header.Set("Origin", "https://"+r.Host) },
	} {
		c := cookie(change)
		require.Equal(t, []any{"__Host-dixa-mcp-console", "/", true, true, http.SameSiteStrictMode}, []any{c.Name, c.Path, c.HttpOnly, c.Secure, c.SameSite}, name)
		require.Empty(t, c.Domain, name)
		v := b.visitor()
		v.cookies = []*http.Cookie{{Name: "dixa-mcp-console", Value: c.Value}}
		require.Equal(t, http.StatusUnauthorized, v.status("/"), "a session of https is no session under the other name")
	}
}

// A session id that somebody put into a browser beforehand is of no use after the sign-in.
func TestSessionFixation(t *testing.T) {
	b := newBed(t)
	attacker := b.signIn(evaKey)
	victim := b.visitor()
	victim.cookies = append(victim.cookies, attacker.cookies...)
	before := attacker.cookies[0].Value
	require.Equal(t, http.StatusSeeOther, victim.post("/sign-in", url.Values{"key": {annaKey}}).StatusCode)
	require.NotEqual(t, before, victim.cookies[0].Value)
	require.Equal(t, http.StatusUnauthorized, attacker.status("/"), "the session that the browser had has ended")
	require.Contains(t, victim.get("/").body, `anna.holm<span class="role">, approver</span>`)

	made := b.visitor()
	made.cookies = []*http.Cookie{{Name: "dixa-mcp-console", Value: "chosen-by-an-attacker"}}
	made.post("/sign-in", url.Values{"key": {annaKey}})
	require.NotEqual(t, "chosen-by-an-attacker", made.cookies[0].Value)
}

// A session ends when nobody uses it, after half a day in any case, with the key, and with sign-out.
func TestSessionsEnd(t *testing.T) {
	b := newBed(t)
	v := b.signIn(annaKey)
	for range 25 {
		b.pass(29 * time.Minute)
		if v.status("/") != http.StatusOK {
			break
		}
	}
	require.Equal(t, http.StatusUnauthorized, v.status("/"))
	require.Empty(t, v.cookies)

	v = b.signIn(annaKey)
	b.pass(29 * time.Minute)
	v.header = http.Header{"X-Console-Refresh": {"1"}}
	require.Equal(t, http.StatusOK, v.status("/"), "a page that keeps itself up to date")
	v.header = http.Header{}
	b.pass(2 * time.Minute)
	require.Equal(t, http.StatusUnauthorized, v.status("/"), "does not keep its session alive")

	for _, key := range []string{annaKey, evaKey} {
		v = b.signIn(key)
		was := b.inForce()
		b.govern(strings.NewReplacer("2c26b46b", "3c26b46b", "21f58d27", "31f58d27", "EXPIRES", "2099-01-01").Replace(file))
		require.Contains(t, v.get("/").body, "Your key is no longer in the capability file")
		b.mu.Lock()
		b.rules = was
		b.mu.Unlock()
		require.Equal(t, http.StatusUnauthorized, v.status("/"), "it has ended for good")
	}

	v = b.signIn(annaKey)
	old := v.cookies
	require.Equal(t, http.StatusForbidden, v.post("/sign-out", nil).StatusCode)
	require.Equal(t, "/sign-in", v.submits("/", "/sign-out").Header.Get("Location"))
	require.Empty(t, v.cookies)
	v.cookies = old
	require.Equal(t, http.StatusUnauthorized, v.status("/"))
}

// Sessions are bounded: the one that was used least recently ends.
func TestSessionsAreBounded(t *testing.T) {
	b := newBed(t)
	first, second := b.signIn(annaKey), b.signIn(annaKey)
	b.pass(time.Second)
	require.Equal(t, http.StatusOK, first.status("/agents"))
	for range 999 {
		b.signIn(evaKey)
	}
	require.Equal(t, http.StatusOK, first.status("/agents"))
	require.Equal(t, http.StatusUnauthorized, second.status("/agents"))
}

// A link works once and for an hour, and lets nobody decide: an agent with a shell on this machine could open it.
func TestLinkIsForLookingOnly(t *testing.T) {
	b := newBed(t)
	number := b.asks("reply", text)
	link := b.console.Link()
	agent := b.visitor()
	got := agent.get(link)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, `http-equiv="refresh"`)
	body := agent.get("/requests/" + number).body
	require.Contains(t, body, `by a link<span class="role">, auditor</span>`)
	require.NotContains(t, body, "your refund")
	require.NotContains(t, body, "/approve")
	token := agent.token("/", "/sign-out")
	for _, path := range []string{"/requests/" + number + "/approve", "/requests/" + number + "/deny", "/freezes", "/freezes/replies", "/thaws"} {
		require.Equal(t, http.StatusForbidden, agent.post(path, url.Values{"token": {token}}).StatusCode, path)
	}
	require.Empty(t, b.recorded("approved"))

	require.Equal(t, http.StatusForbidden, b.visitor().status(link), "it works once")
	late := b.console.Link()
	b.pass(time.Hour)
	require.Equal(t, http.StatusForbidden, b.visitor().status(late))
	require.Equal(t, http.StatusForbidden, b.visitor().status("/link/guess"))
}

// Wrong keys are counted by address; the right one is always accepted.
func TestWrongKeys(t *testing.T) {
	b := newBed(t)
	v := b.visitor()
	for i := range 12 {
		for _, key := range []string{"", "wrong", "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", "baz"} {
			got := v.post("/sign-in", url.Values{"key": {key}})
			require.Contains(t, []int{http.StatusUnauthorized, http.StatusTooManyRequests}, got.StatusCode)
			require.Empty(t, v.cookies)
			if i > 2 {
				require.Equal(t, http.StatusTooManyRequests, got.StatusCode)
			}
			if key != "" && key != "baz" {
				require.NotContains(t, got.body, key)
			}
		}
	}
	require.Equal(t, http.StatusSeeOther, v.post("/sign-in", url.Values{"key": {" " + annaKey + "\n"}}).StatusCode)
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Equal(t, 1, strings.Count(b.log.String(), "many invalid keys at the console"))
	require.NotContains(t, b.log.String(), "wrong")
}

// After the sign-in a page of the console follows, and none of elsewhere.
func TestNextPage(t *testing.T) {
	b := newBed(t)
	for next, want := range map[string]string{
		"/agents/replies": "/agents/replies", "/explain?agent=a&tool=b": "/explain?agent=a&tool=b", "": "/",
		"https://evil.example/": "/", "//evil.example/": "/", `/\evil.example`: "/", "/\t/evil.example": "/", "javascript:alert(1)": "/", "evil": "/", "/../x": "/", "/%2f/evil.example": "/",
	} {
		got := b.visitor().post("/sign-in", url.Values{"key": {annaKey}, "next": {next}})
		require.Equal(t, want, got.Header.Get("Location"), next)
	}
}
