package endtoend

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

// What is planted. No secret may come out anywhere. What is said of people may be in answers, since they are what the
// agent asks for, and nowhere else.
const (
	plantedToken    = "planted-token-Zq7Lx2Vw9"
	plantedKey      = "planted-approver-key-Hb3Nn8Rt"
	plantedPassword = "planted-password-Jd5Ks1Pf"
	plantedBearer   = "planted-bearer-Ty6Gm4Wc"
	plantedHeader   = "planted-header-Ux9Bv2Qe"

	plantedText   = "Plantedtext about a lost parcel"
	plantedWords  = "plantedsearch wombat"
	plantedEmail  = "planted.person@example.com"
	plantedPhone  = "+4570998877"
	plantedName   = "Plantedname Quist"
	plantedDenied = "Plantedtext that nobody wants"
)

var (
	secrets  = []string{plantedToken, plantedKey, plantedPassword, plantedBearer, plantedHeader}
	personal = []string{plantedText, plantedWords, "wombat", plantedEmail, plantedPhone, plantedName, plantedDenied, "4570998877"}
)

const clerkFile = `version: 1
stdio: [clerk]
approvers:
  anna.holm: {key_sha256: %s, may: [send]}
agents:
  clerk:
    access: {"*": write, messages: send}
    allow: [list_webhooks, get_webhook, create_webhook, update_webhook]
    deny: [create_team]
    arguments: {create_webhook.url: ["*"], send_message.agentId: ["*"]}
    confirm: {send_message: approver}
`

// office is a Dixa that knows one token, and the folder of a program that works on it.
type office struct {
	*testing.T
	dixa    *offline.Dixa
	url     string
	home    string
	state   string
	env     []string
	id      int
	answers strings.Builder // all that an agent got
	told    strings.Builder // all that an operator got: stderr, and what other commands print
	hidden  []string        // secrets
}

func newOffice(t *testing.T) *office {
	o := &office{T: t, dixa: offline.New(offline.Options{Token: plantedToken}), home: t.TempDir(), hidden: secrets}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/conversations/4001": // a Dixa that repeats what it was asked
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"message":"nothing is known of %s or %s"}`, plantedEmail, plantedName)
		case "/v1/conversations/4002": // and one that sends elsewhere
			http.Redirect(w, r, "https://dixa.example/?token="+r.Header.Get("Authorization"), http.StatusTemporaryRedirect)
		default:
			o.dixa.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	o.url, o.state = s.URL, filepath.Join(o.home, "state")
	sum := sha256.Sum256([]byte(plantedKey))
	o.write("clerk.yaml", fmt.Sprintf(clerkFile, hex.EncodeToString(sum[:])))
	o.write("approver.key", plantedKey+"\n")
	o.env = []string{"DIXA_MCP_BASE_URL=" + s.URL, "DIXA_MCP_STATE=" + o.state, "DIXA_MCP_CAPABILITIES=" + filepath.Join(o.home, "clerk.yaml"),
		"DIXA_MCP_APPROVER_KEY_FILE=" + filepath.Join(o.home, "approver.key")}
	o.webhookSecrets()
	return o
}

func (o *office) write(name, content string) string {
	path := filepath.Join(o.home, name)
	require.NoError(o, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// webhookSecrets adds what Dixa shows in clear to whoever has the token.
func (o *office) webhookSecrets() {
	r, err := http.NewRequestWithContext(o.Context(), http.MethodGet, o.url+"/v1/webhooks", nil)
	require.NoError(o, err)
	r.Header.Set("Authorization", plantedToken)
	res, err := http.DefaultClient.Do(r)
	require.NoError(o, err)
	defer res.Body.Close()
	var all struct {
		Data []struct {
			SecretKey string
			Headers   map[string]string
		}
	}
	require.NoError(o, json.NewDecoder(res.Body).Decode(&all))
	require.NotEmpty(o, all.Data)
	for _, w := range all.Data {
		o.hidden = append(o.hidden, w.SecretKey, strings.TrimPrefix(w.Headers["Authorization"], "Bearer "))
	}
}

// call makes a call over stdio and waits for its answer.
func (o *office) call(s *server, tool string, arguments any) string {
	o.Helper()
	o.id++
	s.send(toolCall(o.id, tool, arguments))
	line, ok := <-s.lines
	require.True(o, ok, "the server ended")
	o.answers.WriteString(line)
	require.Contains(o, line, fmt.Sprintf(`"id":%d`, o.id))
	return line
}

func (o *office) works(s *server, tool string, arguments any) string {
	o.Helper()
	line := o.call(s, tool, arguments)
	require.NotContains(o, line, `"isError":true`)
	return line
}

func (o *office) fails(s *server, tool string, arguments any, why string) {
	o.Helper()
	line := o.call(s, tool, arguments)
	require.Contains(o, line, why)
	require.Regexp(o, `"isError":true|"error"`, line)
}

// operate runs another command. Its output is the operator's, but that of those who decide, who must see the text.
func (o *office) operate(env []string, args ...string) string {
	o.Helper()
	out, stderr, code := run(o.T, o.home, append(o.env, env...), args...)
	if args[0] == "approvals" {
		o.answers.WriteString(out)
	} else {
		o.told.WriteString(out)
	}
	o.told.WriteString(stderr)
	require.Zero(o, code, "%s%s", out, stderr)
	return out
}

// clean looks through everything that came out.
func (o *office) clean() {
	o.Helper()
	for _, s := range o.hidden {
		for _, form := range []string{s, url.QueryEscape(s), base64.StdEncoding.EncodeToString([]byte(s))} {
			require.NotContains(o, o.answers.String(), form)
		}
	}
	o.absent("stderr or an operator's command", o.told.String())
	files := 0
	require.NoError(o, filepath.WalkDir(o.state, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		files++
		o.absent(path, d.Name()+string(content))
		return err
	}))
	require.Greater(o, files, 1)
}

func (o *office) absent(where, content string) {
	o.Helper()
	for _, s := range append(o.hidden, personal...) {
		for _, form := range []string{s, url.QueryEscape(s), base64.StdEncoding.EncodeToString([]byte(s))} {
			require.NotContains(o, content, form, where)
		}
	}
}

// A whole session with secrets in everything that the program is given leaves none of them anywhere.
func TestNothingPlantedComesOut(t *testing.T) {
	o := newOffice(t)
	token := o.write("token", plantedToken+"\n")
	for name, env := range map[string]string{"in the environment": "DIXA_API_TOKEN=" + plantedToken, "in a file": "DIXA_API_TOKEN_FILE=" + token} {
		s := serve(t, o.home, append(o.env, env))
		require.Contains(t, <-s.lines, `"serverInfo"`, name)
		o.reads(s)
		o.writes(s)
		o.approved(s, ", token "+name)
		o.webhooks(s)
		o.wrong(s)
		o.trouble(s)
		o.answers.WriteString(s.end(t))
		o.told.WriteString(s.stderr.String())
	}
	o.operate([]string{"DIXA_API_TOKEN=" + plantedToken}, "doctor")
	require.Contains(t, o.operate(nil, "audit", "show"), "clerk added a note to conversation 1234")
	o.operate(nil, "audit", "show", "--json")
	require.Contains(t, o.operate(nil, "audit", "verify"), "No record was altered")
	o.clean()
	require.Contains(t, o.answers.String(), plantedText, "the session is about what was planted")
}

func (o *office) reads(s *server) {
	o.works(s, "get_conversation", map[string]any{"conversationId": 1234})
	o.works(s, "list_messages", map[string]any{"conversationId": 1234})
	o.works(s, "search_conversations", map[string]any{"query": plantedWords})
	o.works(s, "list_end_users", map[string]any{"email": plantedEmail})
	o.works(s, "list_end_users", map[string]any{"phone": plantedPhone})
	o.fails(s, "get_conversation", map[string]any{"conversationId": 99999999}, "404")
}

func (o *office) writes(s *server) {
	o.works(s, "add_note", map[string]any{"conversationId": 1234, "message": plantedText})
	o.call(s, "create_end_user", map[string]any{"displayName": plantedName, "email": plantedEmail, "phoneNumber": plantedPhone})
	o.fails(s, "create_end_user", map[string]any{"displayName": plantedName, "email": plantedEmail}, "Nothing was changed") // it exists
	o.call(s, "create_tag", map[string]any{"name": plantedName})
}

var parked = regexp.MustCompile(`A-[2-9A-Z]{4,8}`)

// approved has one message approved and sent, and another denied.
func (o *office) approved(s *server, variant string) {
	o.Helper()
	message := func(text string) map[string]any {
		return map[string]any{"conversationId": 1234, "text": text, "agentId": "4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"}
	}
	yes := parked.FindString(o.works(s, "send_message", message(plantedText+variant)))
	no := parked.FindString(o.works(s, "send_message", message(plantedDenied+variant)))
	require.NotEmpty(o, yes)
	require.NotEmpty(o, no)
	require.Contains(o, o.operate(nil, "approvals", "show", yes), plantedText)
	o.operate(nil, "approvals", "approve", yes)
	o.operate(nil, "approvals", "deny", no)
	sent := len(o.dixa.Effects())
	o.works(s, "send_message", message(plantedText+variant))
	require.Len(o, o.dixa.Effects(), sent+1)
	o.call(s, "send_message", message(plantedDenied+variant))
	require.Len(o, o.dixa.Effects(), sent+1)
	for _, r := range parked.FindAllString(o.operate(nil, "approvals", "list"), -1) { // asked anew, since the conversation went on
		o.operate(nil, "approvals", "deny", r)
	}
}

func (o *office) webhooks(s *server) {
	hook := map[string]any{"name": "planted", "url": "https://hooks.example.com/x", "events": []string{"ConversationClosed"}, "enabled": true,
		"customHeaders": []any{map[string]any{"name": "X-Key", "value": plantedHeader}}}
	with := func(more map[string]any) map[string]any {
		all := map[string]any{}
		for _, m := range []map[string]any{hook, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	o.works(s, "create_webhook", with(map[string]any{"authorization": "TokenAuth", "token": plantedBearer}))
	o.works(s, "create_webhook", with(map[string]any{"authorization": "BasicAuth", "username": "dixa", "password": plantedPassword}))
	all := o.works(s, "list_webhooks", map[string]any{})
	id := regexp.MustCompile(`· id ([0-9a-f-]{36})`).FindStringSubmatch(all)
	require.NotNil(o, id)
	o.works(s, "get_webhook", map[string]any{"webhookSubscriptionId": id[1]})
	o.works(s, "update_webhook", map[string]any{"webhookSubscriptionId": id[1], "authorization": "TokenAuth", "token": plantedBearer})
	o.fails(s, "update_webhook", map[string]any{"webhookSubscriptionId": id[1], "token": plantedBearer}, "Nothing was sent")
	o.fails(s, "create_webhook", with(map[string]any{"authorization": "BasicAuth", "password": plantedPassword}), "Nothing was sent")
	o.fails(s, "create_webhook", with(map[string]any{"authorization": "TokenAuth", "token": []string{plantedBearer}}), "Nothing was sent")
}

// wrong makes calls that are refused here, with what was planted in every wrong place.
func (o *office) wrong(s *server) {
	refused := len(o.dixa.Requests())
	o.fails(s, "close_conversation", map[string]any{"conversationId": plantedText}, "Nothing was sent")
	o.fails(s, "close_conversation", map[string]any{"conversationId": 1234, plantedEmail: plantedText}, "Nothing was sent")
	o.fails(s, "get_conversation", map[string]any{"conversationId": plantedPhone}, "Nothing was sent")
	o.fails(s, "list_end_users", map[string]any{"email": []string{plantedEmail}, "phone": json.Number("4570998877")}, "Nothing was sent")
	o.fails(s, "search_conversations", map[string]any{"status": []string{plantedWords}}, "Nothing was sent")
	o.fails(s, "create_team", map[string]any{"name": plantedName}, "Nothing was sent")
	o.fails(s, "delete_agent", map[string]any{"agentId": plantedEmail}, "Nothing was sent")
	o.call(s, plantedText, map[string]any{"to": plantedEmail})
	require.Len(o, o.dixa.Requests(), refused)
	s.send(`{"jsonrpc":"2.0","id":"broken","method":"` + plantedText)
	o.answers.WriteString(<-s.lines)
}

// trouble is all that can go wrong at Dixa's end.
func (o *office) trouble(s *server) {
	for _, f := range []struct {
		kind offline.FaultKind
		says string
	}{
		{offline.Unauthorized, "401"}, {offline.Forbidden, "403"}, {offline.ServerErrorAfter, "500"}, {offline.HTML, "200"}, {offline.Reset, "no answer"}, {offline.CutBody, "Dixa answered"},
	} {
		o.dixa.Inject(offline.Fault{Match: "POST /v1/endusers", Kind: f.kind, Times: 1})
		o.fails(s, "create_end_user", map[string]any{"displayName": plantedName, "email": plantedEmail, "phoneNumber": plantedPhone, "again": true}, f.says)
	}
	o.fails(s, "get_conversation", map[string]any{"conversationId": 4001}, "nothing is known of")
	o.fails(s, "get_conversation", map[string]any{"conversationId": 4002}, "Redirects are not followed")
}

// What is wrong with a token or an address is said without it.
func TestStartsThatFailTellNoSecret(t *testing.T) {
	o := newOffice(t)
	for name, env := range map[string][]string{
		"two tokens":           {"DIXA_API_TOKEN=" + plantedToken, "DIXA_API_TOKEN_FILE=" + o.write("token", plantedToken)},
		"two lines":            {"DIXA_API_TOKEN_FILE=" + o.write("lines", plantedToken+"\n"+plantedBearer)},
		"a token for a file":   {"DIXA_API_TOKEN=" + plantedToken + " " + plantedBearer},
		"a user in an address": {"DIXA_API_TOKEN=" + plantedToken, "DIXA_MCP_BASE_URL=https://user:" + plantedPassword + "@dev.dixa.io"},
		"a query in it":        {"DIXA_API_TOKEN=" + plantedToken, "DIXA_MCP_BASE_URL=https://dev.dixa.io?key=" + plantedPassword},
		"a wrong token":        {"DIXA_API_TOKEN=" + plantedToken + "x"},
	} {
		for _, args := range [][]string{{"call", "get_organization", "{}", "--agent", "admin"}, {"doctor"}} {
			out, stderr, code := run(t, o.home, append(o.env, env...), args...)
			require.NotZero(t, code, "%s: %s", name, out)
			o.absent(name, out+stderr)
		}
	}
}

// A token file that is replaced is read again for the next request, and a broken one is not repeated.
func TestTokenFileIsReadAgain(t *testing.T) {
	o := newOffice(t)
	token := o.write("token", plantedToken)
	s := serve(t, o.home, append(o.env, "DIXA_API_TOKEN_FILE="+token))
	require.Contains(t, <-s.lines, `"serverInfo"`)
	ask := map[string]any{"conversationId": 1234}
	o.works(s, "get_conversation", ask)
	o.write("token", "another-"+plantedBearer)
	o.fails(s, "get_conversation", ask, "401")
	o.write("token", plantedToken+" "+plantedBearer)
	o.fails(s, "get_conversation", ask, "has characters that no token has")
	require.NoError(t, os.Remove(token))
	o.fails(s, "get_conversation", ask, "the token cannot be read")
	o.write("token", plantedToken)
	o.works(s, "get_conversation", ask)
	o.answers.WriteString(s.end(t))
	o.told.WriteString(s.stderr.String())
	o.clean()
}
