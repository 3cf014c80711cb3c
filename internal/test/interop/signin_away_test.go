package interop

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// verifier is that of the challenge of [company.authorize]; both are from RFC 7636.
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

// granted is what the token endpoint answered.
type granted struct {
	status  int
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Error   string
	Why     string `json:"error_description"`
}

// token asks the token endpoint.
func (c *company) token(form url.Values) (g granted, err error) {
	answer, err := http.PostForm(c.server+"/oauth/token", form)
	if err != nil {
		return g, err
	}
	defer answer.Body.Close()
	g.status = answer.StatusCode
	return g, json.NewDecoder(answer.Body).Decode(&g)
}

// lists reports whether an access token is accepted.
func (c *company) lists(t *testing.T, access string) bool {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.server+"/mcp/helper", strings.NewReader(
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`))
	require.NoError(t, err)
	for name, value := range map[string]string{"Authorization": "Bearer " + access, "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list"} {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	if answer.StatusCode == http.StatusUnauthorized {
		return false
	}
	require.Contains(t, string(text), "get_conversation")
	return true
}

// While the provider hangs or is stopped nobody can sign in, and nobody is signed out, also when the server is restarted meanwhile.
// When the provider is back, clients go on with the refresh tokens that they have.
func TestSignInWithProviderAway(t *testing.T) {
	js := node(t)
	t.Parallel()
	c := newCompany(t, false)
	const back = "http://127.0.0.1:41235/callback"
	client, at := c.registers(t, back)
	signs := func() granted {
		returned, err := url.Parse(browse(t, at, back))
		require.NoError(t, err)
		got, err := c.token(url.Values{"grant_type": {"authorization_code"}, "code": {returned.Query().Get("code")}, "redirect_uri": {back}, "client_id": {client},
			"code_verifier": {verifier}, "resource": {c.server + "/mcp/helper"}})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, got.status, got.Why)
		return got
	}
	first := signs()
	refreshing := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.Refresh}, "client_id": {client}, "resource": {c.server + "/mcp/helper"}}
	var sdks []*talking
	for _, script := range []string{"js/person1.mjs", "js/person2.mjs"} {
		sdk := begin(t, js, script, argument(t, map[string]string{"url": c.server + "/mcp/helper", "redirect": back}))
		sdk.say(browse(t, sdk.hears().Authorize, back))
		said := sdk.hears()
		require.NotZero(t, said.Tools, said.Failed)
		sdks = append(sdks, sdk)
	}
	tell := func(command string) {
		c.provider.say(command)
		for c.provider.line() != command { // what oidc-provider notes
		}
	}
	away := func(got granted, err error) {
		t.Helper()
		require.NoError(t, err)
		require.Equal(t, []any{http.StatusServiceUnavailable, "temporarily_unavailable"}, []any{got.status, got.Error})
		require.Contains(t, got.Why, "the token is still valid, try again with the same one")
		require.True(t, c.lists(t, first.Access))
	}
	unavailable := func(answer *url.URL) {
		t.Helper()
		require.True(t, strings.HasPrefix(answer.String(), back), answer)
		require.Equal(t, []string{"temporarily_unavailable", "the company's provider cannot be reached; try again later", "of the client"},
			[]string{answer.Query().Get("error"), answer.Query().Get("error_description"), answer.Query().Get("state")})
	}

	// One person is at the provider when it begins to hang; the client of another refreshes then.
	person := surf(t, c.server+"/oauth/callback")
	callback := person.opens(t, at)
	tell("hang")
	var got granted
	var err error
	refreshed := make(chan struct{})
	go func() {
		got, err = c.token(refreshing)
		close(refreshed)
	}()
	require.True(t, c.lists(t, first.Access), "those who have access do not wait")
	person.stop = back
	unavailable(person.opens(t, callback.String()))
	<-refreshed
	away(got, err)

	tell("stop")
	away(c.token(refreshing))
	for _, sdk := range sdks {
		sdk.say("again")
		said := sdk.hears()
		require.Zero(t, said.Tools)
		t.Log(said.Failed, said.Authorize)
	}
	c.restart()
	require.True(t, c.lists(t, first.Access), "access goes on after a restart without the provider")
	away(c.token(refreshing))
	unavailable(surf(t, back).opens(t, at))

	tell("back")
	for _, sdk := range sdks {
		sdk.say("again")
		said := sdk.hears()
		require.NotZero(t, said.Tools, said.Failed)
	}
	got, err = c.token(refreshing)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, got.status, got.Why)
	require.True(t, c.lists(t, got.Access))
	require.True(t, c.lists(t, signs().Access))
	listed, _, _ := finish(t, c.command(t.Context(), must(t, program), "sessions", "list"))
	require.Equal(t, 4, strings.Count(listed, "anna.holm@example.com"), listed)
	shown, _, _ := finish(t, c.command(t.Context(), must(t, program), "audit", "show"))
	require.NotContains(t, shown, "ended")
	require.Equal(t, 2, strings.Count(shown, "the company's provider did not sign"), shown)
}
