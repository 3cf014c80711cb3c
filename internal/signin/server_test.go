package signin

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A person signs in, calls, refreshes and signs out.
func TestSignIn(t *testing.T) {
	b := newBed(t)
	br := b.browser()
	asked := br.signIn("anna", asks()).at(t, issuer+consentPath)
	shown := br.get(issuer + consentPath + "?" + asked.Encode())
	for _, text := range []string{"“Claude”", "client.example.com", documentID, "triage", "anna@example.com", "read conversations as triage"} {
		require.Contains(t, shown.text, text)
	}
	require.Equal(t, "DENY", shown.Header.Get("X-Frame-Options"))
	policy := shown.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self' https://client.example.com;"} {
		require.Contains(t, policy, part)
	}
	require.NotContains(t, policy, "unsafe")
	answer := br.do(http.MethodPost, issuer+consentPath, url.Values{"state": asked["state"], "answer": {"allow"}}).at(t, documentBack)
	require.Equal(t, "client state", answer.Get("state"))
	require.Equal(t, issuer, answer.Get("iss"))

	got := b.post(tokenPath, exchange(answer.Get("code")))
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "Bearer", got.Type)
	require.Equal(t, 600, got.Expires)
	require.True(t, b.valid(got.Access))
	next := b.post(tokenPath, refreshing(got.Refresh))
	require.Equal(t, http.StatusOK, next.status, next.Why)
	require.True(t, b.valid(next.Access))
	b.clock.Advance(AccessFor)
	require.False(t, b.valid(next.Access))

	last := b.tokens("anna")
	gone := b.browser().do(http.MethodPost, issuer+revokePath, url.Values{"token": {last.Access}, "client_id": {documentID}})
	require.Equal(t, http.StatusOK, gone.StatusCode, gone.text)
	require.False(t, b.valid(last.Access))
	require.Equal(t, "invalid_grant", b.post(tokenPath, refreshing(last.Refresh)).Error)
	require.NotContains(t, b.log.String(), "PLANTED")
	require.NotContains(t, b.log.String(), "dixa-mcp-access-")
}

// Requests that are not as they must be are refused, before the person is sent anywhere; where the redirect URI is not the
// client's own, nothing is sent to it.
func TestAuthorizeRefuses(t *testing.T) {
	b := newBed(t)
	for name, q := range map[string]url.Values{
		"no client":         asks("client_id", ""),
		"an unknown client": asks("client_id", "unknown"),
		"no redirect URI":   asks("redirect_uri", ""),
		"a longer path":     asks("redirect_uri", documentBack+"/x"),
		"a query":           asks("redirect_uri", documentBack+"?x=1"),
		"a fragment":        asks("redirect_uri", documentBack+"#x"),
		"another case":      asks("redirect_uri", "https://client.example.com/Callback"),
		"another host":      asks("redirect_uri", "https://client.example.com.evil.example/callback"),
		"a user":            asks("redirect_uri", "https://client.example.com@evil.example/callback"),
		"a port":            asks("redirect_uri", "https://client.example.com:444/callback"),
		"the default port":  asks("redirect_uri", "https://client.example.com:443/callback"),
		"http":              asks("redirect_uri", "http://client.example.com/callback"),
		"dots":              asks("redirect_uri", "https://client.example.com/x/../callback"),
		"a backslash":       asks("redirect_uri", `https://client.example.com\@evil.example/callback`),
		"an encoded path":   asks("redirect_uri", "https://client.example.com/%63allback"),
		"a script":          asks("redirect_uri", "javascript:alert(1)"),
		"a line break":      asks("redirect_uri", documentBack+"\r\nSet-Cookie: a=b"),
		"two redirect URIs": func() url.Values { q := asks(); q.Add("redirect_uri", "https://evil.example"); return q }(),
		"two clients":       func() url.Values { q := asks(); q.Add("client_id", documentID); return q }(),
	} {
		p := b.browser().get(authorizeAt(q))
		require.Equal(t, http.StatusBadRequest, p.StatusCode, name)
		require.Empty(t, p.Header.Get("Location"), name)
		require.Contains(t, p.Header.Get("Content-Security-Policy"), "form-action 'none'; frame-ancestors 'none'", name)
	}
	for name, c := range map[string]struct {
		q     url.Values
		error string
	}{
		"no PKCE":                  {asks("code_challenge", "", "code_challenge_method", ""), "invalid_request"},
		"PKCE without a method":    {asks("code_challenge_method", ""), "invalid_request"},
		"plain PKCE":               {asks("code_challenge_method", "plain"), "invalid_request"},
		"a short challenge":        {asks("code_challenge", "abc"), "invalid_request"},
		"no resource":              {asks("resource", ""), "invalid_target"},
		"another resource":         {asks("resource", "https://mcp.example.com/mcp"), "invalid_target"},
		"a resource of that start": {asks("resource", issuer+"/mcpx"), "invalid_target"},
		"a resource below":         {asks("resource", issuer+"/mcp/triage/x"), "invalid_target"},
		"a resource with a query":  {asks("resource", issuer+"/mcp/triage?x"), "invalid_target"},
		"a token":                  {asks("response_type", "token"), "unsupported_response_type"},
		"a code and a token":       {asks("response_type", "code token"), "unsupported_response_type"},
		"a request object":         {asks("request", "x"), "request_not_supported"},
		"a fragment as mode":       {asks("response_mode", "fragment"), "invalid_request"},
		"nobody there":             {asks("prompt", "none"), "interaction_required"},
		"a long state":             {asks("state", strings.Repeat("x", maxState+1)), "invalid_request"},
	} {
		answer := b.browser().get(authorizeAt(c.q)).at(t, documentBack+"?")
		require.Equal(t, c.error, answer.Get("error"), name)
		require.Equal(t, issuer, answer.Get("iss"), name)
		require.Empty(t, answer.Get("code"), name)
	}
}

// The sign-in goes on only in the browser that began it, once, and in time.
func TestBoundToTheBrowser(t *testing.T) {
	b := newBed(t)
	victim, attacker := b.browser(), b.browser()
	to := attacker.get(authorizeAt(asks())).at(t, b.provider.URL)
	back := issuer + callbackPath + "?" + b.provider.signIn("mallory", to).Encode()
	require.Equal(t, http.StatusBadRequest, victim.get(back).StatusCode, "the attacker's sign-in in the victim's browser")

	asked := victim.signIn("anna", asks()).at(t, issuer+consentPath)
	for name, c := range map[string]struct {
		browser *browser
		state   string
		origin  string
		status  int
	}{
		"another browser":    {attacker, asked.Get("state"), issuer, http.StatusBadRequest},
		"another state":      {victim, "x", issuer, http.StatusBadRequest},
		"no state":           {victim, "", issuer, http.StatusBadRequest},
		"another web page":   {victim, asked.Get("state"), "https://evil.example", http.StatusForbidden},
		"a page without one": {victim, asked.Get("state"), "null", http.StatusForbidden},
	} {
		p := c.browser.do(http.MethodPost, issuer+consentPath, url.Values{"state": {c.state}, "answer": {"allow"}}, "Origin", c.origin)
		require.Equal(t, c.status, p.StatusCode, name)
		require.Empty(t, p.Header.Get("Location"), name)
	}
	require.Equal(t, http.StatusBadRequest, attacker.get(issuer+consentPath+"?"+asked.Encode()).StatusCode)
	form := url.Values{"state": asked["state"], "answer": {"allow"}}
	victim.do(http.MethodPost, issuer+consentPath, form).at(t, documentBack)
	require.Equal(t, http.StatusBadRequest, victim.do(http.MethodPost, issuer+consentPath, form).StatusCode, "twice")

	late := b.browser()
	to = late.get(authorizeAt(asks())).at(t, b.provider.URL)
	b.clock.Advance(signInFor)
	require.Equal(t, http.StatusBadRequest, late.get(issuer+callbackPath+"?"+b.provider.signIn("anna", to).Encode()).StatusCode)
}

// A browser keeps the latest sign-ins that it began, however many a page begins.
func TestFewCookies(t *testing.T) {
	b := newBed(t)
	br := b.browser()
	var to url.Values
	for range 30 {
		to = br.get(authorizeAt(asks())).at(t, b.provider.URL)
	}
	at, err := url.Parse(issuer)
	require.NoError(t, err)
	require.LessOrEqual(t, len(br.jar.Cookies(at)), maxSignIns)
	br.get(issuer+callbackPath+"?"+b.provider.signIn("anna", to).Encode()).at(t, issuer+consentPath)
}

// Codes are good for what they were made for; a code that comes a second time ends what the first got.
func TestCodes(t *testing.T) {
	b := newBed(t)
	for name, c := range map[string]struct {
		changed []string
		status  int
		error   string
	}{
		"another client":       {[]string{"client_id", "https://evil.example/oauth.json"}, 400, "invalid_grant"},
		"another redirect URI": {[]string{"redirect_uri", documentBack + "/"}, 400, "invalid_grant"},
		"another verifier":     {[]string{"code_verifier", verifier + "x"}, 400, "invalid_grant"},
		"no verifier":          {[]string{"code_verifier", ""}, 400, "invalid_grant"},
		"another resource":     {[]string{"resource", issuer + "/mcp/reply"}, 400, "invalid_grant"},
		"no redirect URI":      {[]string{"redirect_uri", ""}, 400, "invalid_request"},
		"no client":            {[]string{"client_id", ""}, 400, "invalid_request"},
		"an unknown client":    {[]string{"client_id", "unknown"}, 401, "invalid_client"},
		"a secret":             {[]string{"client_secret", "x"}, 401, "invalid_client"},
		"an assertion":         {[]string{"client_assertion", "x", "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, 401, "invalid_client"},
		"no grant type":        {[]string{"grant_type", ""}, 400, "invalid_request"},
		"client credentials":   {[]string{"grant_type", "client_credentials"}, 400, "unauthorized_client"},
		"a token exchange":     {[]string{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"}, 400, "unauthorized_client"},
		"a device":             {[]string{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"}, 400, "unauthorized_client"},
		"an assertion grant":   {[]string{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", "x"}, 400, "unsupported_grant_type"},
		"a password":           {[]string{"grant_type", "password"}, 400, "unsupported_grant_type"},
	} {
		got := b.post(tokenPath, exchange(b.browser().code("anna", asks("state", name)), c.changed...))
		require.Equal(t, c.status, got.status, name)
		require.Equal(t, c.error, got.Error, name)
		require.Empty(t, got.Access, name)
	}
	code := b.browser().code("anna", asks())
	twice := exchange(code)
	twice.Add("resource", issuer+"/mcp/reply")
	require.Equal(t, "invalid_request", b.post(tokenPath, twice).Error, "two resources")
	require.Equal(t, "invalid_request", b.post(tokenPath+"?"+exchange(code).Encode(), url.Values{}).Error, "in the address")
	require.Equal(t, "invalid_request", b.post(tokenPath, url.Values{"x": {strings.Repeat("x", maxForm)}}).Error, "a large form")
	got := b.post(tokenPath, exchange(code))
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "invalid_grant", b.post(tokenPath, exchange(code)).Error)
	require.False(t, b.valid(got.Access), "the code was stolen, before or after")
}

// A person who lost access at the provider, or the agent in the capability file, loses it here.
func TestPersonIsRemoved(t *testing.T) {
	b := newBed(t)
	got := b.tokens("anna")
	b.allow("anna", "reply")
	require.False(t, b.valid(got.Access), "the capability file decides at every call")
	b.allow("anna", "triage")
	require.True(t, b.valid(got.Access))

	b.provider.turn(func() { clear(b.provider.refresh) })
	require.Equal(t, "invalid_grant", b.post(tokenPath, refreshing(got.Refresh)).Error)
	require.False(t, b.valid(got.Access))

	got = b.tokens("anna")
	b.allow("anna", "reply")
	require.Equal(t, "invalid_grant", b.post(tokenPath, refreshing(got.Refresh)).Error)
	b.allow("anna", "triage")
	require.False(t, b.valid(got.Access))
	require.Equal(t, "access_denied", b.browser().signIn("bo", asks()).at(t, documentBack).Get("error"), "nobody's agent")

	got = b.tokens("anna")
	b.allow("bo", "triage")
	b.provider.turn(func() { b.provider.claims = map[string]any{"sub": "bo"} })
	require.Equal(t, "invalid_grant", b.post(tokenPath, refreshing(got.Refresh)).Error, "the token of another person")
	require.False(t, b.valid(got.Access))
}

// While the provider is unavailable nobody is signed out, and the same refresh token stays valid.
func TestProviderAway(t *testing.T) {
	b := newBed(t)
	got := b.tokens("anna")
	b.provider.turn(func() { b.provider.down = true })
	for range 3 {
		answer := b.post(tokenPath, refreshing(got.Refresh))
		require.Equal(t, http.StatusServiceUnavailable, answer.status)
		require.Equal(t, "temporarily_unavailable", answer.Error)
		require.True(t, b.valid(got.Access))
	}
	b.clock.Advance(discoveredFor)
	require.Equal(t, "temporarily_unavailable", b.browser().get(authorizeAt(asks())).at(t, documentBack).Get("error"))
	b.provider.turn(func() { b.provider.down = false })
	got = b.post(tokenPath, refreshing(got.Refresh))
	require.Equal(t, http.StatusOK, got.status, got.Why)
	require.True(t, b.valid(got.Access))
	require.NotContains(t, b.log.String(), "PLANTED")
}

// A refresh token that comes a second time ends the sign-in.
func TestRefreshReuse(t *testing.T) {
	b := newBed(t)
	first := b.tokens("anna")
	second := b.post(tokenPath, refreshing(first.Refresh))
	require.Equal(t, http.StatusOK, second.status)
	require.Equal(t, "invalid_grant", b.post(tokenPath, refreshing(first.Refresh)).Error)
	require.False(t, b.valid(second.Access))
	require.Equal(t, "invalid_grant", b.post(tokenPath, refreshing(second.Refresh)).Error)
}

// Who knows the id of a sign-in, which records and logs have, cannot end it with an invented refresh token.
func TestInventedRefresh(t *testing.T) {
	b := newBed(t)
	got := b.tokens("anna")
	known := refreshPrefix + strings.TrimPrefix(got.Refresh, refreshPrefix)[:idLength]
	proof := got.Refresh[len(got.Refresh)-secretLength:]
	for _, invented := range []string{
		known + rand.Text() + rand.Text(), known + rand.Text() + proof, known, known + rand.Text(), got.Refresh + "A", got.Refresh[:len(got.Refresh)-1] + "1",
	} {
		require.Equal(t, "invalid_grant", b.post(tokenPath, refreshing(invented)).Error)
		require.True(t, b.valid(got.Access), invented)
	}
	require.Equal(t, http.StatusOK, b.post(tokenPath, refreshing(got.Refresh)).status)
}

// What the provider must not answer signs nobody in.
func TestProviderAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		claims map[string]any
		change func(map[string]any)
	}{
		"another nonce":     {claims: map[string]any{"nonce": "other"}},
		"no nonce":          {claims: map[string]any{"nonce": ""}},
		"another audience":  {claims: map[string]any{"aud": "other"}},
		"another issuer":    {claims: map[string]any{"iss": "https://evil.example"}},
		"expired":           {claims: map[string]any{"exp": 1}},
		"nobody":            {claims: map[string]any{"sub": ""}},
		"no ID token":       {change: func(a map[string]any) { delete(a, "id_token") }},
		"a forged ID token": {change: func(a map[string]any) { a["id_token"] = a["id_token"].(string) + "x" }},
		"no signature":      {change: func(a map[string]any) { a["id_token"] = "eyJhbGciOiJub25lIn0.e30." }},
		"no refresh token":  {change: func(a map[string]any) { delete(a, "refresh_token") }},
	} {
		b := newBed(t)
		b.provider.claims, b.provider.change = c.claims, c.change
		require.Equal(t, "server_error", b.browser().signIn("anna", asks()).at(t, documentBack).Get("error"), name)
		require.NotContains(t, b.log.String(), "PLANTED", name)
	}
}

// A consent is remembered for the same client, redirect URI and agent, and for 30 days.
func TestConsentIsRemembered(t *testing.T) {
	b := newBed(t)
	b.documents[documentID] = serveClient(documentID, documentBack, documentBack+"2", "http://127.0.0.1/callback")
	require.NotEmpty(t, b.browser().code("anna", asks()))
	signsIn := func(q url.Values) bool {
		p := b.browser().signIn("anna", q)
		return strings.HasPrefix(p.Header.Get("Location"), q.Get("redirect_uri"))
	}
	require.True(t, signsIn(asks()))
	require.False(t, signsIn(asks("redirect_uri", documentBack+"2")))
	require.False(t, signsIn(asks("resource", issuer+"/mcp/reply")))
	b.clock.Advance(consentFor)
	require.False(t, signsIn(asks()))

	local := asks("redirect_uri", "http://127.0.0.1:41234/callback")
	require.NotEmpty(t, b.browser().code("anna", local))
	require.False(t, signsIn(local), "any program could listen there")
	registered := asks("client_id", b.registeredID(t), "redirect_uri", "https://a.example/")
	require.NotEmpty(t, b.browser().code("anna", registered))
	require.False(t, signsIn(registered), "it may claim to be any other")
	require.Equal(t, "access_denied", b.browser().consent("anna", "deny", asks("redirect_uri", documentBack+"2")).at(t, documentBack+"2").Get("error"))
}

// The resource without an agent is the first that the person may use.
func TestDefaultAgent(t *testing.T) {
	b := newBed(t)
	got := b.post(tokenPath, exchange(b.browser().code("anna", asks("resource", issuer+"/mcp/")), "resource", issuer+"/mcp"))
	require.Equal(t, http.StatusOK, got.status, got.Why)
	all, err := b.Sessions.List(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, "triage", all[0].Agent)
	require.Equal(t, issuer+"/mcp", all[0].Resource)
	require.WithinDuration(t, b.clock.Now(), all[0].Began, time.Second)
}
