package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/browser"
)

// company has a server, a provider and people.
type company struct {
	*place
	server, issuer string
	provider       *talking
	restart        func()           // ends the server and starts it again
	browser        *browser.Browser // nil: people have none
}

// newCompany starts a provider and a server. With page the provider shows a page to log in at; without, everybody is Anna.
func newCompany(t *testing.T, page bool) *company {
	t.Helper()
	c := &company{place: newPlace(t)}
	address := free(t)
	c.provider = begin(t, node(t), "js/provider.mjs", argument(t, map[string]any{"client": "dixa", "secret": "only for tests", "redirect": "http://" + address + "/oauth/callback", "page": page}))
	c.issuer = c.provider.line()
	require.NoError(t, os.WriteFile(filepath.Join(c.home, "capabilities.yaml"), fmt.Appendf(nil, peopleRules, c.issuer), 0o600))
	secret := filepath.Join(c.home, "secret")
	require.NoError(t, os.WriteFile(secret, []byte("only for tests"), 0o600))
	stop := func() {}
	c.restart = func() {
		stop()
		c.server, stop = c.start(must(t, program), "--http", address, "--public-url", "http://"+address, "--sign-in-client", "dixa", "--sign-in-secret-file", secret)
	}
	c.restart()
	return c
}

// logsIn opens a page of the server in a new tab, logs in at the provider, and returns the tab, which shows the consent page.
func (c *company) logsIn(t *testing.T, at string) context.Context {
	t.Helper()
	tab := c.browser.Tab(t)
	require.NoError(t, chromedp.Do(tab,
		chromedp.Navigate(at),
		chromedp.SendKeys(chromedp.CSS("#account"), "anna"),
		chromedp.Click(chromedp.CSS("#login")),
		chromedp.WaitVisible(chromedp.CSS("button.allow"))))
	shown, err := chromedp.Run(tab, chromedp.Location())
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(shown, c.server+"/oauth/consent?"), shown)
	return tab
}

// allows signs in and allows the client.
func (c *company) allows(t *testing.T, at string) {
	t.Helper()
	require.NoError(t, chromedp.Do(c.logsIn(t, at), chromedp.Click(chromedp.CSS("button.allow"))))
}

// answers is where a client of the person's machine receives its answer.
type answers struct {
	address string
	got     chan url.Values
}

func receive(t *testing.T) answers {
	t.Helper()
	got := make(chan url.Values, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/favicon.ico" {
			got <- r.URL.Query()
		}
		fmt.Fprint(w, `<p id="back">You can close this page.`)
	}))
	t.Cleanup(server.Close)
	return answers{server.URL + "/callback", got}
}

// registers registers a client, and returns where a person is asked about it.
func (c *company) registers(t *testing.T, redirect string) (id, authorize string) {
	t.Helper()
	answer, err := http.Post(c.server+"/oauth/register", "application/json", strings.NewReader(argument(t, map[string]any{"client_name": "Interop", "redirect_uris": []string{redirect}})))
	require.NoError(t, err)
	defer answer.Body.Close()
	var registered struct {
		ID string `json:"client_id"`
	}
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&registered))
	require.NotEmpty(t, registered.ID)
	return registered.ID, c.authorize(registered.ID, redirect)
}

// authorize returns where a person is asked about a client.
func (c *company) authorize(client, redirect string) string {
	return c.server + "/oauth/authorize?" + url.Values{"client_id": {client}, "redirect_uri": {redirect}, "response_type": {"code"}, "state": {"of the client"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"}, "resource": {c.server + "/mcp/helper"}}.Encode()
}

// People sign in with Chromium, for the TypeScript SDK, MCP Inspector, mcp-remote and the conformance suite's scenarios for
// authorization servers. They see what they allow, and no other page can have them allow it.
func TestSignInWithChromium(t *testing.T) {
	js := node(t)
	t.Parallel()
	c := newCompany(t, true)
	c.browser = browser.Start(t)

	t.Run("allow", func(t *testing.T) {
		back := receive(t)
		client := begin(t, js, "js/person1.mjs", argument(t, map[string]string{"url": c.server + "/mcp/helper", "redirect": back.address}))
		said := client.hears()
		require.NotEmpty(t, said.Authorize, said.Failed)
		tab := c.logsIn(t, said.Authorize)
		text, err := chromedp.Run(tab, chromedp.Text(chromedp.CSS("main")))
		require.NoError(t, err)
		redirect, err := url.Parse(back.address)
		require.NoError(t, err)
		for _, part := range []string{"Allow “Interop” to use Dixa as helper?", "anna.holm@example.com", redirect.Host, "read: find_conversations, get_conversation", "nobody has checked it"} {
			require.Contains(t, text, part)
		}
		require.NoError(t, chromedp.Do(tab, chromedp.Click(chromedp.CSS("button.allow")), chromedp.WaitVisible(chromedp.CSS("#back"))))
		client.say(back.address + "?" + (<-back.got).Encode())
		said = client.hears()
		require.NotZero(t, said.Tools, said.Failed)
	})
	t.Run("deny", func(t *testing.T) {
		back := receive(t)
		_, at := c.registers(t, back.address)
		require.NoError(t, chromedp.Do(c.logsIn(t, at), chromedp.Click(chromedp.CSS("button[value=deny]")), chromedp.WaitVisible(chromedp.CSS("#back"))))
		answer := <-back.got
		require.Equal(t, "access_denied", answer.Get("error"))
		require.Equal(t, "of the client", answer.Get("state"))
		require.Empty(t, answer.Get("code"))
	})
	t.Run("framed", c.framed)
	t.Run("inspector", c.inspector)
	t.Run("inspector in the browser", c.inspectorWeb)
	t.Run("mcp-remote", c.remote)
	t.Run("conformance suite", c.conformance)
	t.Run("open redirect", func(t *testing.T) {
		evil := receive(t)
		id, _ := c.registers(t, receive(t).address)
		tab := c.browser.Tab(t)
		for _, to := range []string{evil.address + "/x", strings.Replace(evil.address, "127.0.0.1", "localhost", 1), "https://client.example.com/callback", "javascript:alert(1)", strings.TrimPrefix(evil.address, "http:")} {
			require.NoError(t, chromedp.Do(tab, chromedp.Navigate(c.authorize(id, to))))
			text, err := chromedp.Run(tab, chromedp.Text(chromedp.CSS("main")))
			require.NoError(t, err)
			require.Contains(t, text, "Nothing was sent there", to)
		}
		require.Empty(t, evil.got)
	})
}

// framed shows the consent page in a frame of another page, where a person who is led to click would allow the client.
func (c *company) framed(t *testing.T) {
	back := receive(t)
	_, at := c.registers(t, back.address)
	tab := c.logsIn(t, at)
	consent, err := chromedp.Run(tab, chromedp.Location())
	require.NoError(t, err)
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<body style="margin:0"><iframe style="width:1200px;height:2000px" src="%s" onload="document.title='loaded'"></iframe>`, consent)
	}))
	defer evil.Close()
	require.NoError(t, chromedp.Do(tab, chromedp.EmulateViewport(1200, 2000), chromedp.Navigate(evil.URL)))
	_, err = chromedp.Run(tab, chromedp.Poll[bool](`document.title === "loaded"`))
	require.NoError(t, err)
	tree, err := chromedp.Call(tab, page.GetFrameTree, cdp.Empty{})
	require.NoError(t, err)
	require.Len(t, tree.FrameTree.ChildFrames, 1)
	frame := tree.FrameTree.ChildFrames[0].Frame
	require.Equal(t, consent, frame.UnreachableURL, "the browser shows %s", frame.URL)
	for y := 20.0; y < 2000; y += 20 { // wherever the button would be
		require.NoError(t, chromedp.Do(tab, chromedp.MouseClickXY(40, y)))
	}
	// The question is still open, in the same browser.
	require.NoError(t, chromedp.Do(tab, chromedp.Navigate(consent), chromedp.WaitVisible(chromedp.CSS("button.allow"))))
	require.Empty(t, back.got)
}
