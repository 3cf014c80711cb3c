package interop

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/replicas/redistest"
)

// peopleRules let people of the provider use an agent.
const peopleRules = `version: 1
oidc: {issuer: %q, audience: dixa-mcp}
people:
  - {groups: [support], agents: [helper]}
agents:
  helper:
    access: {conversations: read}
`

// talking is a process that says a line and hears one.
type talking struct {
	t   *testing.T
	in  io.WriteCloser
	out *bufio.Scanner
}

// begin starts a process that ends with its standard input.
func begin(t *testing.T, name string, arguments ...string) *talking {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, arguments...)
	var errs strings.Builder
	c.Stderr = &errs
	in, err := c.StdinPipe()
	require.NoError(t, err)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = c.Wait()
		if t.Failed() {
			t.Logf("%s said: %s", arguments, errs.String())
		}
	})
	return &talking{t, in, bufio.NewScanner(out)}
}

func (p *talking) line() string {
	p.t.Helper()
	require.True(p.t, p.out.Scan(), "the process ended")
	return p.out.Text()
}

// heard is what a person's client says.
type heard struct {
	Authorize string
	Tools     int
	Failed    string
}

func (p *talking) hears() (h heard) {
	p.t.Helper()
	line := p.line()
	require.NoError(p.t, json.Unmarshal([]byte(line), &h), line)
	return h
}

func (p *talking) say(line string) {
	p.t.Helper()
	_, err := io.WriteString(p.in, line+"\n")
	require.NoError(p.t, err)
}

func argument(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

var hidden = regexp.MustCompile(`name="state" value="([^"]+)"`)

// surfer is a person's browser. It stops where it is sent to an address that begins with stop.
type surfer struct {
	http.Client
	stop, stopped string
}

func surf(t *testing.T, stop string) *surfer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	s := &surfer{stop: stop}
	s.Client = http.Client{Jar: jar, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), s.stop) {
			s.stopped = r.URL.String()
			return http.ErrUseLastResponse
		}
		if len(via) > 20 {
			return fmt.Errorf("redirected again and again, to %s", r.URL)
		}
		return nil
	}}
	return s
}

// opens opens an address, and returns where the browser was stopped.
func (s *surfer) opens(t *testing.T, at string) *url.URL {
	t.Helper()
	s.stopped = ""
	page, err := s.Get(at)
	require.NoError(t, err)
	require.NoError(t, page.Body.Close())
	require.NotEmpty(t, s.stopped, page.Request.URL.String())
	u, err := url.Parse(s.stopped)
	require.NoError(t, err)
	return u
}

// browse does what a person's browser does: it signs in at the provider, allows the client, and returns where it is sent back.
func browse(t *testing.T, at, back string) string {
	t.Helper()
	browser := surf(t, back)
	page, err := browser.Get(at)
	require.NoError(t, err)
	text, err := io.ReadAll(page.Body)
	require.NoError(t, err)
	require.NoError(t, page.Body.Close())
	state := hidden.FindStringSubmatch(string(text))
	require.NotNil(t, state, "%s\n%s", page.Request.URL, text)
	require.Contains(t, string(text), "anna.holm@example.com")
	answer, err := browser.PostForm(page.Request.URL.String(), url.Values{"state": {html.UnescapeString(state[1])}, "answer": {"allow"}})
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.NotEmpty(t, browser.stopped, "the browser was not sent back")
	return browser.stopped
}

// free returns the address of a port that was free.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// People sign in with the clients of others' making, at a provider of others' making, and stay signed in whichever of two
// servers a request reaches, until the provider does not know them any more.
func TestPeopleSignIn(t *testing.T) {
	js := node(t)
	shared := []string{"--redis", "redis://" + redistest.Start(t).Addr}
	sdk1, sdk2, official := []string{js, "js/person1.mjs"}, []string{js, "js/person2.mjs"}, []string{must(t, goClient)}
	for _, c := range []struct {
		name    string
		flags   []string
		next    func(requests, agains uint64) uint64 // the server for a request
		clients [][]string
	}{
		{"one server after another, with the same state directory", nil, func(_, agains uint64) uint64 { return agains }, [][]string{sdk1, sdk2}},
		{"two servers at the same time, with Redis", shared, func(requests, _ uint64) uint64 { return requests }, [][]string{sdk1, sdk2, official}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t)
			var requests, agains atomic.Uint64
			servers := []*url.URL{{Scheme: "http", Host: free(t)}, {Scheme: "http", Host: free(t)}}
			front := fronted(t, func(r *httputil.ProxyRequest) {
				r.SetURL(servers[c.next(requests.Add(1), agains.Load())%2])
			})
			provider := begin(t, js, "js/provider.mjs", argument(t, map[string]string{"client": "dixa", "secret": "only for tests", "redirect": front + "/oauth/callback"}))
			issuer := provider.line()
			require.NoError(t, os.WriteFile(filepath.Join(p.home, "capabilities.yaml"), fmt.Appendf(nil, peopleRules, issuer), 0o600))
			secret := filepath.Join(p.home, "secret")
			require.NoError(t, os.WriteFile(secret, []byte("only for tests"), 0o600))
			for _, s := range servers {
				p.serve(must(t, program), append([]string{"--http", s.Host, "--public-url", front, "--sign-in-client", "dixa", "--sign-in-secret-file", secret}, c.flags...)...)
			}
			var clients []*talking
			tools := 0
			for _, command := range c.clients {
				const back = "http://127.0.0.1:41234/callback"
				c := begin(t, command[0], append(command[1:], argument(t, map[string]string{"url": front + "/mcp/helper", "redirect": back, "era": "person"}))...)
				said := c.hears()
				require.NotEmpty(t, said.Authorize, said.Failed)
				c.say(browse(t, said.Authorize, back))
				said = c.hears()
				require.NotZero(t, said.Tools, said.Failed)
				tools = said.Tools
				clients = append(clients, c)
			}
			for range 2 {
				agains.Add(1)
				for _, c := range clients {
					c.say("again")
					said := c.hears()
					require.Equal(t, tools, said.Tools, said.Failed)
				}
			}
			listed, _, code := finish(t, p.command(t.Context(), must(t, program), append([]string{"sessions", "list"}, c.flags...)...))
			require.Zero(t, code)
			require.Equal(t, len(clients), strings.Count(listed, "anna.holm@example.com"), listed)
			gone, err := http.Post(issuer+"/remove", "", nil)
			require.NoError(t, err)
			require.NoError(t, gone.Body.Close())
			for _, c := range clients {
				c.say("again")
				said := c.hears()
				require.Zero(t, said.Tools, "the provider does not know the person any more")
			}
			listed, _, _ = finish(t, p.command(t.Context(), must(t, program), append([]string{"sessions", "list"}, c.flags...)...))
			require.Equal(t, "nobody is signed in\n", listed)
			shown, _, _ := finish(t, p.command(t.Context(), must(t, program), "audit", "show", "--person", "anna.holm@example.com"))
			require.Equal(t, len(clients), strings.Count(shown, "anna.holm@example.com signed in to helper with "), shown)
			require.Equal(t, len(clients), strings.Count(shown, "ended: the person has no access any more"), shown)
		})
	}
}
