package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/credential"
)

const organizationAnswer = `{"data":{"id":"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11","name":"Havbris","subdomain":"havbris","status":"Active"}}`

// host is a server in place of Dixa, which notes what it is sent as a token.
type host struct {
	*httptest.Server
	mu     sync.Mutex
	tokens []string
}

// newHost answers everything with a status and a body; a status 3xx leads to the body as an address.
func newHost(t *testing.T, status int, body string) *host {
	h := &host{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.tokens = append(h.tokens, r.Header.Get("Authorization"))
		h.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if status/100 == 3 {
			w.Header().Set("Location", body)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *host) got() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string{}, h.tokens...)
}

// login stores a token with a host, from standard input.
func (p *place) login(input string, args ...string) outcome {
	p.t.Helper()
	c := p.command(nil, append([]string{"login"}, args...)...)
	c.Stdin = strings.NewReader(input)
	return finish(p.t, c)
}

func (p *place) tokenPath() string { return filepath.Join(p.home, "config", "dixa-mcp", "token") }

func TestLogin(t *testing.T) {
	dixa := newHost(t, 200, organizationAnswer)
	p := newPlace(t)
	o := p.login("Bearer "+token+"\n", "--base-url", dixa.URL)
	require.Zero(t, o.code, o.stderr)
	require.Equal(t, "Stored the token of Havbris (havbris, Active) for "+dixa.URL+" in "+p.tokenPath()+". Only this user can read it.\n", o.stdout)
	require.Empty(t, o.stderr)
	require.Equal(t, []string{token}, dixa.got())
	info, err := os.Stat(p.tokenPath())
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	from := "dixa-mcp login (" + p.tokenPath() + ", for " + dixa.URL + ")"
	require.Contains(t, p.good("call", "get_organization", "--base-url", dixa.URL), "Havbris")
	require.Contains(t, p.good("check", "--base-url", dixa.URL), "\nToken:    "+from+"\n")
	require.Contains(t, p.good("doctor", "--base-url", dixa.URL), "✓ token            "+from)
	s := open(t, p.command([]string{"DIXA_MCP_BASE_URL=" + dixa.URL}, "serve"))
	s.initialize()
	s.end(0)
	require.Contains(t, s.stderr.String(), `token="`+from+`"`)
	o = finish(t, p.command([]string{"DIXA_API_TOKEN_FILE=" + p.tokenPath()}, "call", "get_organization", "--base-url", dixa.URL))
	require.Zero(t, o.code, "%s", o.stderr)

	o = finish(t, p.command([]string{"DIXA_API_TOKEN=other"}, "login", "--json", "--base-url", dixa.URL))
	require.Equal(t, exitUsage, o.code, "without input")
	require.Contains(t, o.stderr, "no token was given, and nothing was stored")
	require.FileExists(t, p.tokenPath(), "what was there stays")

	require.Contains(t, p.good("logout"), "Deleted the stored token in "+p.tokenPath()+". It is still valid: delete it in Dixa")
	require.NoFileExists(t, p.tokenPath())
	require.Contains(t, p.good("logout"), "No token is stored")
	o = p.run("call", "get_organization", "--base-url", dixa.URL)
	require.Contains(t, o.stderr, "no Dixa API token: run dixa-mcp login, or set DIXA_API_TOKEN")
}

// A token that Dixa does not accept, or does not answer, is not stored, and the error explains the answer.
func TestLoginRefused(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, says string
		code       int
	}{
		{401, `{"message":"Unauthorized"}`, "Dixa does not accept the token (401: Unauthorized). It was copied incompletely, was deleted, or was made for a version other than \"Dixa API\", such as the old Integrations API", exitRefused},
		{401, `{"message":"The user who issued the access token is not authorized"}`, "Dixa knows the token, but the user who made it is not authorized", exitRefused},
		{403, `{"message":"Forbidden"}`, "It must be made by an administrator, with the version \"Dixa API\"", exitRefused},
		{200, `{}`, "the server that answered is not Dixa", exitFailed},
		{200, `{"id":"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11","name":"Havbris"}`, "the server that answered is not Dixa", exitFailed},
		{200, `{"data":{}}`, "the server that answered is not Dixa", exitFailed},
		{200, `{"data":[]}`, "the server that answered is not Dixa", exitFailed},
		{200, `[]`, "not JSON of the documented form", exitFailed},
		{200, `<html>Welcome</html>`, "not JSON of the documented form", exitFailed},
		{404, `{"message":"Not Found"}`, "Dixa answered 404", exitNotFound},
		{302, `REDIRECT`, "Redirects are not followed", exitFailed},
	} {
		t.Run(fmt.Sprint(c.status, c.body), func(t *testing.T) {
			t.Parallel()
			elsewhere := newHost(t, 200, organizationAnswer)
			p := newPlace(t)
			dixa := newHost(t, c.status, strings.Replace(c.body, "REDIRECT", elsewhere.URL+"/v1/organization", 1))
			o := p.login(token, "--base-url", dixa.URL)
			require.Equal(t, c.code, o.code, o.stderr)
			require.Contains(t, o.stderr, "the token was not stored: ")
			require.Contains(t, o.stderr, c.says)
			require.Empty(t, o.stdout)
			require.NotContains(t, o.stderr, token)
			require.NoFileExists(t, p.tokenPath())
			require.NotEmpty(t, dixa.got())
			require.Empty(t, elsewhere.got())
		})
	}
}

// Wrong input and wrong addresses are refused before anything is sent.
func TestLoginInput(t *testing.T) {
	for _, c := range []struct {
		input string
		args  []string
		says  string
	}{
		{"", nil, "no token was given"},
		{" \n\n", nil, "no token was given"},
		{"Bearer ", nil, "the Dixa API token is empty; nothing was stored"},
		{"two words", nil, "characters that no token has"},
		{"one\ntwo\n", nil, "characters that no token has"},
		{`"` + token + `"`, nil, "characters that no token has"},
		{token, []string{"--base-url", "https://integrations.dixa.io"}, "is the old Integrations API, which needs other tokens"},
		{token, []string{"--base-url", "https://api.dixa.io/v1"}, "is not Dixa's API"},
		{token, []string{"--base-url", "https://exports.dixa.io"}, "is the Exports API"},
		{token, []string{"--base-url", "http://dixa.example"}, "would send the token unencrypted"},
		{token, []string{"--base-url", "dev.dixa.io"}, "is not an address such as https://dev.dixa.io"},
		{token, []string{"--base-url", "https://u:p@dev.dixa.io"}, "is not an address such as"},
	} {
		p := newPlace(t)
		o := p.login(c.input, c.args...)
		require.Equal(t, exitUsage, o.code, "%q %v: %s", c.input, c.args, o.stderr)
		require.Contains(t, o.stderr, c.says)
		require.NotContains(t, o.stderr, token)
		require.NoFileExists(t, p.tokenPath())
	}
}

// The stored token goes to the host that it was verified for, and to no other: not to another --base-url, not to
// another --exports-url, and not along a redirect.
func TestStoredTokenStaysWithItsHost(t *testing.T) {
	dixa, elsewhere := newHost(t, 200, organizationAnswer), newHost(t, 200, organizationAnswer)
	p := newPlace(t)
	o := p.login(token, "--base-url", dixa.URL)
	require.Zero(t, o.code, o.stderr)
	sent := len(dixa.got())
	for _, args := range [][]string{
		{"call", "get_organization", "--base-url", elsewhere.URL},
		{"call", "get_organization", "--base-url", dixa.URL, "--exports-url", elsewhere.URL},
		{"export", "messages", "--created-after", "2026-01-01", "--out", "~/a.csv", "--base-url", dixa.URL, "--exports-url", elsewhere.URL},
		{"export", "messages", "--created-after", "2026-01-01", "--out", "~/a.csv", "--base-url", elsewhere.URL},
		{"check", "--online", "--base-url", elsewhere.URL},
		{"doctor", "--base-url", elsewhere.URL},
		{"serve", "--base-url", elsewhere.URL},
		{"call", "get_organization"}, // Dixa itself
	} {
		for _, env := range [][]string{nil, {"DIXA_API_TOKEN_FILE=" + p.tokenPath()}} {
			o := finish(t, p.command(env, args...))
			require.NotZero(t, o.code, "%v", args)
			require.Contains(t, o.stdout+o.stderr, "the stored token is for "+dixa.URL+", and --", "%v", args)
			require.Contains(t, o.stdout+o.stderr, "it was not sent", "%v", args)
		}
	}
	require.Empty(t, elsewhere.got())
	require.Len(t, dixa.got(), sent)

	copied := p.write("copy", read(t, p.tokenPath()))
	o = finish(t, p.command([]string{"DIXA_API_TOKEN_FILE=" + copied}, "call", "get_organization", "--base-url", elsewhere.URL))
	require.Contains(t, o.stderr, "is used only at its original place")
	require.Empty(t, elsewhere.got())

	back := newHost(t, 302, elsewhere.URL)
	p = newPlace(t)
	require.NoError(t, credential.Dir(filepath.Dir(p.tokenPath())).Store(credential.Token{Host: back.URL, Token: token}))
	o = p.run("call", "get_organization", "--base-url", back.URL)
	require.Contains(t, o.stderr, "Redirects are not followed")
	require.Equal(t, []string{token}, back.got())
	require.Empty(t, elsewhere.got())
}

// A token file that others can use, that is a link, or that is half written is refused, and nothing is sent.
func TestStoredTokenThatIsNotSafe(t *testing.T) {
	dixa := newHost(t, 200, organizationAnswer)
	for says, spoil := range map[string]func(path string) error{
		"others on this machine may use it": func(path string) error { return os.Chmod(path, 0o640) },
		"not a symbolic link": func(path string) error {
			return errors.Join(os.Rename(path, path+"-moved"), os.Symlink(path+"-moved", path))
		},
		"is damaged or not complete":       func(path string) error { return os.Truncate(path, 40) },
		"others on this machine can write": func(path string) error { return os.Chmod(filepath.Dir(path), 0o777) },
	} {
		p := newPlace(t)
		require.NoError(t, credential.Dir(filepath.Dir(p.tokenPath())).Store(credential.Token{Host: dixa.URL, Token: token}))
		require.NoError(t, spoil(p.tokenPath()))
		o := p.run("call", "get_organization", "--base-url", dixa.URL)
		require.Equal(t, exitFailed, o.code, o.stderr)
		require.Contains(t, o.stderr, says)
		require.NotContains(t, o.stderr, token)
		o = p.run("doctor", "--base-url", dixa.URL)
		require.Contains(t, o.stdout, says)
	}
	require.Empty(t, dixa.got())
}

// A capability file outside the configuration directory uses the stored token only as long as it is what was trusted.
func TestTrust(t *testing.T) {
	dixa := newHost(t, 200, organizationAnswer)
	p := newPlace(t)
	require.NoError(t, credential.Dir(filepath.Dir(p.tokenPath())).Store(credential.Token{Host: dixa.URL, Token: token}))
	const grants = "{version: 1, stdio: [me], agents: {me: {about: A test., allow: [get_organization]}}}"
	file := p.write("project/capabilities.yaml", grants)
	call := func(env ...string) outcome {
		return finish(t, p.command(env, "call", "get_organization", "--base-url", dixa.URL, "--capabilities", file))
	}
	o := call()
	require.Equal(t, exitRefused, o.code, o.stderr)
	require.Contains(t, o.stderr, "lies outside the configuration directory and is not trusted, so it may not use the stored token. Read it, then run: dixa-mcp trust "+file)
	require.Contains(t, finish(t, p.command([]string{"DIXA_MCP_CAPABILITIES=" + file, "DIXA_MCP_BASE_URL=" + dixa.URL}, "serve")).stderr, "is not trusted")
	require.Empty(t, dixa.got())
	require.Zero(t, call("DIXA_API_TOKEN="+token).code, "a token that is given for this run is for any file")

	said := p.good("trust", file)
	require.Contains(t, said, "Trusted: "+file+" may use the stored token until its content changes.")
	require.Contains(t, said, "  me  1 read  A test.")
	require.Zero(t, call().code)
	require.Contains(t, p.good("trust"), "  "+file+"\n")

	p.write("project/capabilities.yaml", grants+"\n")
	require.Contains(t, call().stderr, "was changed since it was trusted")
	p.good("trust", file)
	require.Zero(t, call().code)
	require.Contains(t, p.good("trust", "--remove", file), "can no longer use the stored token")
	require.Equal(t, exitRefused, call().code)

	for says, args := range map[string][]string{
		"no such file":                {"trust", "~/none.yaml"},
		"is not trusted":              {"trust", "--remove", file},
		"--remove requires the path":  {"trust", "--remove"},
		"version: must be the number": {"trust", p.write("broken.yaml", "version: 2\n")},
		"is a directory":              {"trust", "~/project"},
	} {
		o := p.run(args...)
		require.NotZero(t, o.code)
		require.Contains(t, o.stderr, says)
	}
}

// A server notices that its trusted file was changed, and keeps the rules from before.
func TestTrustWhileServing(t *testing.T) {
	dir := credential.Dir(t.TempDir())
	file := filepath.Join(t.TempDir(), "capabilities.yaml")
	const grants = "{version: 1, agents: {me: {allow: [get_organization]}}}"
	require.NoError(t, os.WriteFile(file, []byte(grants), 0o600))
	_, err := dir.Trust(file, []byte(grants))
	require.NoError(t, err)
	f := fileFlag{Capabilities: file, trust: dir.Check}
	_, _, err = f.load()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(grants, "get_organization", "delete_tag", 1)), 0o600))
	_, _, err = f.load()
	require.ErrorContains(t, err, "was changed since it was trusted")
}

// check says which file is in force, where one belongs, and which are not in force.
func TestCheckSaysWhatIsInForce(t *testing.T) {
	p := newPlace(t)
	target := filepath.Join(p.home, "config", "dixa-mcp", "capabilities.yaml")
	p.builtIn()
	require.Contains(t, p.good("check"), "In force: the built-in capability file (write your own with: mkdir -p "+filepath.Dir(target)+" && dixa-mcp check --print > "+target+")\n")
	here := p.write("capabilities.yaml", "{version: 1, agents: {me: {allow: [get_organization]}}}")
	note := here + " is not in force: name it with --capabilities, or move it to " + target
	require.Contains(t, p.good("check"), note)
	require.Contains(t, p.good("check", "capabilities.yaml"), note)
	require.NotContains(t, p.good("check", p.write("other.yaml", read(t, here))), note, "the file that was named is another")
	var found struct{ Notes []string }
	require.NoError(t, json.Unmarshal([]byte(p.good("check", "--json")), &found))
	require.Contains(t, found.Notes, note)
	require.NotContains(t, p.good("check", "--capabilities", "capabilities.yaml"), "is not in force")
	p.write("config/dixa-mcp/capabilities.yaml", read(t, here))
	require.Contains(t, p.good("check"), "In force: "+target)
	require.Contains(t, p.good("check"), note, "the same content, and another file")
}

// explain needs no token if the capability file alone decides the call, and says so if it does not.
func TestExplainWithoutToken(t *testing.T) {
	p := newPlace(t)
	require.Contains(t, p.good("explain", "get_conversation", `{"conversationId":1234}`), "would send: GET /v1/conversations/1234")
	o := p.run("explain", "close_conversation", `{"conversationId":1234}`)
	require.Equal(t, exitRefused, o.code)
	require.Contains(t, o.stdout, "refused: ")
	p.write("config/dixa-mcp/capabilities.yaml", `{version: 1, stdio: [me], agents: {me: {access: {conversations: write}, only: {channel: [email]}}}}`)
	o = p.run("explain", "close_conversation", `{"conversationId":1234}`)
	require.Equal(t, exitFailed, o.code, o.stderr)
	require.Contains(t, o.stderr, "this call cannot be decided by the capability file alone: it needs a look-up in Dixa, and there is no Dixa API token: run dixa-mcp login")
	require.NoDirExists(t, filepath.Join(p.home, "state"), "nothing is recorded")
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}
