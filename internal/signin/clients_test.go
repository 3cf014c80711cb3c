package signin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/test/double"
)

// Only addresses of the public internet are connected to, however they are written.
func TestIsPublic(t *testing.T) {
	for _, ip := range []string{"1.1.1.1", "93.184.215.14", "172.32.0.1", "192.169.0.1", "2606:4700::1111", "2a00:1450:4001::1"} {
		require.True(t, address.IsPublic(netip.MustParseAddr(ip)), ip)
	}
	for _, ip := range []string{"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:1.1.1.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
		"2002:7f00:1::1", "2002:a00:1::", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"} {
		require.False(t, address.IsPublic(netip.MustParseAddr(ip)), ip)
	}
	require.False(t, address.IsPublic(netip.Addr{}))
}

// The address is checked at the connection, after the name was resolved, so that a name that resolves to another address the
// second time gains nothing.
func TestDocumentsAtPrivateAddresses(t *testing.T) {
	reached := false
	private := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer private.Close()
	c := publicClient(nil)
	for _, at := range []string{private.URL + "/oauth.json", "https://localhost/oauth.json", "https://127.0.0.1/oauth.json", "https://[::1]/oauth.json", "https://[::ffff:127.0.0.1]/oauth.json"} {
		_, err := c.Get(at)
		require.ErrorIs(t, err, address.ErrNotPublic, at)
	}
	require.False(t, reached)
	for _, to := range []string{"1.1.1.1:80", "1.1.1.1:8443", "10.0.0.1:443", "[::ffff:1.1.1.1]:443", "name:443", ""} {
		require.ErrorIs(t, address.PublicOnly("tcp", to, nil), address.ErrNotPublic, to)
	}
	require.NoError(t, address.PublicOnly("tcp", "1.1.1.1:443", nil))
	require.NotNil(t, c.Transport.(*http.Transport).DialContext)
	require.Nil(t, c.Transport.(*http.Transport).Proxy, "a proxy resolves names itself")
}

// slowBody sends a byte and then nothing, until its request ends.
type slowBody struct{ until <-chan struct{} }

func (s slowBody) Read([]byte) (int, error) { <-s.until; return 0, io.ErrUnexpectedEOF }
func (s slowBody) Close() error             { return nil }

// Documents that are not what they must be are refused.
func TestDocuments(t *testing.T) {
	b := newBed(t)
	good := serveClient(documentID, documentBack)
	text := func(kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, body)
		}
	}
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	metadata := func(change func(map[string]any)) http.HandlerFunc {
		m := map[string]any{"client_id": documentID, "redirect_uris": []string{documentBack}}
		change(m)
		body, err := json.Marshal(m)
		require.NoError(t, err)
		return text("application/json", string(body))
	}
	b.documents["https://evil.example/oauth.json"] = good
	b.documents["https://client.example.com/moved.json"] = good
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		error  string
	}{
		"good":                       {good, ""},
		"of another type":            {text("application/vnd.oauth+json", `{"client_id":"`+documentID+`","redirect_uris":["`+documentBack+`"],"later":{}}`), ""},
		"moved on the same host":     {redirect("/moved.json"), ""},
		"moved to another host":      {redirect("https://evil.example/oauth.json"), "not followed"},
		"moved to http":              {redirect("http://client.example.com/moved.json"), "not followed"},
		"moved to a private address": {redirect("https://169.254.169.254/latest"), "not followed"},
		"moved to another port":      {redirect("https://client.example.com:8443/moved.json"), "not followed"},
		"moved again and again":      {redirect(documentID), "not followed"},
		"not there":                  {http.NotFound, "answered 404"},
		"a web page":                 {text("text/html", `{}`), "not JSON"},
		"no type":                    {text("", `{}`), "not JSON"},
		"huge":                       {text("application/json", `{"x":"`+strings.Repeat("x", maxDocument)+`"}`), "over 64 KiB"},
		"no JSON":                    {text("application/json", "<html>"), "not a JSON object"},
		"a list":                     {text("application/json", "[]"), "not a JSON object"},
		"null":                       {text("application/json", "null"), "redirect_uris must have"},
		"another id":                 {metadata(func(m map[string]any) { m["client_id"] = documentID + "2" }), "another client_id"},
		"no id":                      {metadata(func(m map[string]any) { delete(m, "client_id") }), "another client_id"},
		"a secret":                   {metadata(func(m map[string]any) { m["client_secret"] = "x" }), "client_secret"},
		"a client with a secret":     {metadata(func(m map[string]any) { m["token_endpoint_auth_method"] = "client_secret_basic" }), "public clients"},
		"no redirect URIs":           {metadata(func(m map[string]any) { m["redirect_uris"] = []string{} }), "redirect_uris must have"},
		"a script as redirect URI":   {metadata(func(m map[string]any) { m["redirect_uris"] = []string{"javascript:alert(1)"} }), "invalid redirect URI"},
		"http as redirect URI":       {metadata(func(m map[string]any) { m["redirect_uris"] = []string{"http://client.example.com/x"} }), "invalid redirect URI"},
		"another program's scheme":   {metadata(func(m map[string]any) { m["redirect_uris"] = []string{"ms-msdt:/id"} }), "invalid redirect URI"},
		"other grants only":          {metadata(func(m map[string]any) { m["grant_types"] = []string{"password"} }), "authorization_code"},
		"other response types only":  {metadata(func(m map[string]any) { m["response_types"] = []string{"token"} }), "response_types"},
	} {
		b.documents[documentID] = c.answer
		b.clock.Advance(documentFor)
		_, err := b.client(t.Context(), documentID)
		if c.error == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, c.error, name)
	}
	slow := documentClient(double.Transport(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: slowBody{r.Context().Done()}, Request: r}, nil
	}))
	slow.Timeout = time.Millisecond
	_, err := newDocuments(slow, b.clock.Now).client(t.Context(), documentID)
	require.ErrorContains(t, err, "whole in time")
}

func TestDocumentAddresses(t *testing.T) {
	for _, id := range []string{documentID, "https://client.example.com/a/b", "https://CLIENT.example.com/x", "https://xn--bcher-kva.example/x"} {
		require.NoError(t, checkDocumentAddress(id), id)
	}
	for _, id := range []string{"", "https://", "https:///x", "https://client.example.com", "https://client.example.com/", "http://client.example.com/x", "https://client.example.com/x#y",
		"https://client.example.com/x#", "https://user@client.example.com/x", "https://client.example.com:443/x", "https://client.example.com:/x", "https://client.example.com/x?y", "https://client.example.com/x?",
		"https://client.example.com/a/../x", "https://client.example.com/./x", "https://127.0.0.1/x", "https://[::1]/x", "https://localhost/x", "https://localhost./x", "https://intranet/x",
		"https://client.example.com/ x", "https://client.example.com/\u00fc", "https://client.example.com/" + strings.Repeat("x", maxClientID)} {
		require.Error(t, checkDocumentAddress(id), id)
	}
}

// Documents are read once in ten minutes, and not too many of them, whoever asks.
func TestDocumentsAreCached(t *testing.T) {
	b := newBed(t)
	for range 10 {
		_, err := b.client(t.Context(), documentID)
		require.NoError(t, err)
	}
	require.Equal(t, 1, b.asked[documentID])
	b.clock.Advance(documentFor)
	_, err := b.client(t.Context(), documentID)
	require.NoError(t, err)
	require.Equal(t, 2, b.asked[documentID])
	b.clock.Advance(time.Hour)
	for i := range 10_000 {
		_, err = b.client(t.Context(), fmt.Sprintf("https://evil.example/%d", i))
		require.Error(t, err)
	}
	require.ErrorIs(t, err, errBusyDocuments)
	require.LessOrEqual(t, len(b.asked), 1+documentsAtOnce)
	for i := range 2 * maxDocuments {
		b.clock.Advance(time.Second)
		_, err = b.client(t.Context(), fmt.Sprintf("https://evil.example/again/%d", i))
		require.ErrorContains(t, err, "404")
	}
	require.LessOrEqual(t, len(b.Server.documents.known), maxDocuments)
}

func TestRedirectURIs(t *testing.T) {
	c := &Client{RedirectURIs: []string{"https://a.example/cb?x=1", "http://127.0.0.1/cb", "http://localhost:3000/cb", "http://[::1]/cb", "cursor://anysphere.cursor-mcp/oauth/callback", "com.example.app:/cb"}}
	require.NoError(t, c.checkRedirectURIs())
	for _, uri := range []string{"https://a.example/cb?x=1", "http://127.0.0.1/cb", "http://127.0.0.1:41234/cb", "http://localhost/cb", "http://localhost:1/cb", "http://[::1]:8080/cb", "cursor://anysphere.cursor-mcp/oauth/callback", "com.example.app:/cb"} {
		require.True(t, c.allows(uri), uri)
	}
	for _, uri := range []string{"", "https://a.example/cb", "https://a.example:444/cb?x=1", "https://a.example/cb?x=1&y=2", "http://127.0.0.1/cb/", "http://127.0.0.1/cb#f", "http://127.0.0.1/cb?x", "http://127.0.0.2/cb",
		"http://localhost/other", "http://localhost.evil.example/cb", "http://user@localhost/cb", "https://127.0.0.1/cb", "http://127.0.0.1:41234/../cb", "http://[::ffff:127.0.0.1]/cb", "http://127.0.0.1:/cb",
		"cursor://other/oauth/callback", "com.example.app:/cb2", "http://127.1/cb", "HTTP://127.0.0.1/cb2", "//127.0.0.1/cb"} {
		require.False(t, c.allows(uri), uri)
	}
	for _, uri := range []string{"https:cb", "https:///cb", "https://*.example/cb", "data:text/html,x", "file:///etc/passwd", "search-ms:query", "mailto:a@b.example", "blob:https://a.example/x", "https://a.example/\"><script>", "https://a.example/;x", "/cb", "https://[fe80::1%25eth0]/cb"} {
		_, err := parseRedirect(uri)
		require.Error(t, err, uri)
	}
}

// Registrations cost no memory, expire, and cannot be forged.
func TestRegistration(t *testing.T) {
	b := newBed(t)
	register := func(body string) (int, map[string]any) {
		r := httptest.NewRequest(http.MethodPost, issuer+registerPath, strings.NewReader(body))
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		var answer map[string]any
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
		return w.Code, answer
	}
	const metadata = `{"client_name":"Claude\u202e evil\nDixa","redirect_uris":["http://localhost/callback"],"token_endpoint_auth_method":"client_secret_post"}`
	var id string
	for range 10_000 {
		status, answer := register(metadata)
		require.Equal(t, http.StatusCreated, status, answer)
		require.Equal(t, "none", answer["token_endpoint_auth_method"])
		require.NotContains(t, answer, "client_secret")
		id = answer["client_id"].(string)
	}
	kept, err := b.Sessions.shelf.List(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, kept)
	require.Empty(t, b.Server.documents.known)

	q := asks("client_id", id, "redirect_uri", "http://localhost:41234/callback")
	br := b.browser()
	asked := br.signIn("anna", q).at(t, issuer+consentPath)
	shown := br.get(issuer + consentPath + "?" + asked.Encode()).text
	require.Contains(t, shown, "“Claude evil Dixa”")
	require.Contains(t, shown, "localhost:41234")
	require.Contains(t, shown, "nobody has checked it")
	for range 2 {
		back := b.browser().signIn("anna", q)
		require.True(t, strings.HasPrefix(back.Header.Get("Location"), issuer+consentPath), "asked each time")
		got := b.post(tokenPath, exchange(b.browser().code("anna", q), "client_id", id, "redirect_uri", q.Get("redirect_uri")))
		require.Equal(t, http.StatusOK, got.status, got.Why)
	}
	for name, bad := range map[string]string{"altered": id[:len(id)-1] + "x", "a prefix": registeredPrefix, "another server's": newBed(t, func(c *Config) { c.Secret = []byte("other") }).registeredID(t)} {
		_, err := b.client(t.Context(), bad)
		require.Error(t, err, name)
	}
	b.clock.Advance(registeredFor)
	_, err = b.client(t.Context(), id)
	require.ErrorContains(t, err, "has expired")

	for name, c := range map[string]struct{ body, error string }{
		"no JSON":                {"<", "invalid_client_metadata"},
		"a list":                 {"[]", "invalid_client_metadata"},
		"no redirect URIs":       {"{}", "invalid_redirect_uri"},
		"a bad redirect URI":     {`{"redirect_uris":["http://evil.example/"]}`, "invalid_redirect_uri"},
		"a key":                  {`{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"private_key_jwt"}`, "invalid_client_metadata"},
		"long redirect URIs":     {`{"redirect_uris":["https://a.example/` + strings.Repeat("x", 480) + `","https://a.example/` + strings.Repeat("y", 480) + `"]}`, "invalid_redirect_uri"},
		"a very long one":        {`{"redirect_uris":["https://a.example/` + strings.Repeat("x", 600) + `"]}`, "invalid_redirect_uri"},
		"many redirect URIs":     {`{"redirect_uris":["https://a.example/"` + strings.Repeat(`,"https://a.example/"`, 20) + `]}`, "invalid_redirect_uri"},
		"more than is ever read": {`{"x":"` + strings.Repeat("x", maxRegistration) + `"}`, "invalid_client_metadata"},
	} {
		status, answer := register(c.body)
		require.Equal(t, http.StatusBadRequest, status, name)
		require.Equal(t, c.error, answer["error"], name)
	}
}

func (b *bed) registeredID(t *testing.T) string {
	w := httptest.NewRecorder()
	b.ServeHTTP(w, httptest.NewRequest(http.MethodPost, issuer+registerPath, strings.NewReader(`{"redirect_uris":["https://a.example/"]}`)))
	var answer struct {
		ID string `json:"client_id"`
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	return answer.ID
}

// A configured client authenticates with its secret, of which the file has the hash.
func TestConfiguredClients(t *testing.T) {
	const secret = "copilot"
	clients, err := ParseClients([]byte(`[{"client_id":"copilot","client_name":"Copilot","redirect_uris":["https://copilot.example/cb"],"client_secret_sha256":"` +
		fmt.Sprintf("%x", []byte(hashOf(secret))) + `"},{"client_id":"public","redirect_uris":["https://public.example/cb"]}]`))
	require.NoError(t, err)
	b := newBed(t, func(c *Config) { c.Clients = clients })
	q := asks("client_id", "copilot", "redirect_uri", "https://copilot.example/cb")
	form := func(changed ...string) url.Values {
		return exchange(b.browser().code("anna", q), append([]string{"client_id", "copilot", "redirect_uri", "https://copilot.example/cb"}, changed...)...)
	}
	require.Equal(t, http.StatusOK, b.post(tokenPath, form("client_secret", secret)).status)
	basic := form("client_id", "")
	r := httptest.NewRequest(http.MethodPost, issuer, nil)
	r.SetBasicAuth("copilot", secret)
	require.Equal(t, http.StatusOK, b.post(tokenPath, basic, "Authorization", r.Header.Get("Authorization")).status)
	for name, c := range map[string]url.Values{"no secret": form(), "another secret": form("client_secret", "x"), "the hash": form("client_secret", clients[0].Secret)} {
		require.Equal(t, "invalid_client", b.post(tokenPath, c).Error, name)
	}
	both := form("client_secret", secret)
	require.Equal(t, "invalid_request", b.post(tokenPath, both, "Authorization", r.Header.Get("Authorization")).Error)

	for text, why := range map[string]string{
		"{":    "must be a JSON list",
		"[{}]": "client_id of client 1",
		`[{"client_id":"a","redirect_uris":["https://a.example/"]},{"client_id":"a","redirect_uris":["https://a.example/"]}]`: "two clients",
		`[{"client_id":"https://a.example/x","redirect_uris":["https://a.example/"]}]`:                                        "other kinds",
		`[{"client_id":"a","redirect_uris":["https://a.example/"],"client_secret":"x"}]`:                                      "client_secret",
		`[{"client_id":"a","redirect_uris":["https://a.example/"],"client_secret_sha256":"x"}]`:                               "64 lower-case",
		`[{"client_id":"a"}]`: "redirect_uris",
	} {
		_, err := ParseClients([]byte(text))
		require.ErrorContains(t, err, why, text)
	}
}

// The library's lines, which anybody can cause, are not in the log; others are.
func TestQuiet(t *testing.T) {
	before := slog.Default()
	defer slog.SetDefault(before)
	var log bytes.Buffer
	slog.SetDefault(slog.New(Quiet(slog.NewTextHandler(&log, nil))).With("a", "b").WithGroup("c"))
	b := newBed(t)
	require.Equal(t, "unsupported_grant_type", b.post(tokenPath, url.Values{"grant_type": {"x"}}).Error)
	require.Empty(t, log.String())
	slog.Info("kept")
	require.Contains(t, log.String(), "kept")
}

func FuzzClient(f *testing.F) {
	for _, seed := range []string{"", "{}", "[]", `{"client_id":"https://a.example/x","client_name":"A","redirect_uris":["https://a.example/cb","http://127.0.0.1/cb"]}`, `{"redirect_uris":["cursor://x/y"]}`, `{"redirect_uris":["http://[::1]:1/"]}`} {
		f.Add([]byte(seed), "https://a.example/cb")
	}
	f.Fuzz(func(t *testing.T, text []byte, uri string) {
		c, err := parseClient(registering(text))
		if err != nil {
			return
		}
		require.LessOrEqual(t, len([]rune(c.Name)), maxClientName+1)
		require.NotContains(t, c.Name, "\n")
		for _, own := range c.RedirectURIs {
			require.True(t, c.allows(own))
		}
		if !c.allows(uri) {
			return
		}
		u, err := url.Parse(uri)
		require.NoError(t, err)
		require.Empty(t, u.Fragment)
		require.Nil(t, u.User)
		if u.Scheme == "http" {
			host := u.Hostname()
			require.True(t, host == "localhost" || net.ParseIP(host).IsLoopback(), host)
		}
	})
}

func FuzzDocumentAddress(f *testing.F) {
	for _, seed := range []string{documentID, "https://a.example/%2e%2e/x", "https://a.example\\@b.example/x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if checkDocumentAddress(id) != nil {
			return
		}
		u, err := url.Parse(id)
		require.NoError(t, err)
		require.Equal(t, id, u.String())
		require.Equal(t, "https", u.Scheme)
	})
}
