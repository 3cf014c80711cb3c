package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const token = "PLANTED-token-0123456789"

// Common mistakes: one clear line on standard error, a non-zero exit code, nothing on standard output, nothing done.
func TestMistakes(t *testing.T) {
	const get, id = "get_conversation", `{"conversationId":1234}`
	for _, c := range []struct {
		name string
		args []string
		env  []string
		says string
	}{
		{"no token", []string{"serve"}, nil, "no Dixa API token: run dixa-mcp login, or set DIXA_API_TOKEN or DIXA_API_TOKEN_FILE (an administrator makes one in Dixa under Settings > Integrations > API Tokens, version \"Dixa API\"), or add --offline to try it without a token"},
		{"no token for a call", []string{"call", get, id}, nil, "no Dixa API token"},
		{"two tokens", []string{"serve"}, []string{"DIXA_API_TOKEN=" + token, "DIXA_API_TOKEN_FILE=~/token"}, "DIXA_API_TOKEN and DIXA_API_TOKEN_FILE are both set; set only one"},
		{"a token of quotation marks", []string{"serve"}, []string{`DIXA_API_TOKEN="` + token + `"`}, "DIXA_API_TOKEN: the Dixa API token has characters that no token has"},
		{"a blank token", []string{"serve"}, []string{"DIXA_API_TOKEN=  "}, "DIXA_API_TOKEN: the Dixa API token is empty"},
		{"an empty token file", []string{"serve"}, []string{"DIXA_API_TOKEN_FILE=~/empty"}, "DIXA_API_TOKEN_FILE: the Dixa API token is empty"},
		{"a missing token file", []string{"serve"}, []string{"DIXA_API_TOKEN_FILE=~/none"}, "DIXA_API_TOKEN_FILE: open ~/none: no such file"},
		{"a folder as token file", []string{"serve"}, []string{"DIXA_API_TOKEN_FILE=~"}, "DIXA_API_TOKEN_FILE: read ~: is a directory"},
		{"a token and a list of them", []string{"serve"}, []string{"DIXA_API_TOKEN_FILE=~/token", "DIXA_API_TOKENS=" + token}, "DIXA_API_TOKEN_FILE and DIXA_API_TOKENS are both set; set only one"},
		{"a list of tokens, and a file", []string{"serve"}, []string{"DIXA_API_TOKENS=" + token, "DIXA_API_TOKENS_FILE=~/token"}, "DIXA_API_TOKENS and DIXA_API_TOKENS_FILE are both set; set only one"},
		{"the same token twice", []string{"serve"}, []string{"DIXA_API_TOKENS=" + token + "1,x, Bearer " + token + "1"}, "DIXA_API_TOKENS: token 1 and token 3 are the same; remove one, since a token has one limit in Dixa"},
		{"a broken token in a list", []string{"call", get, id}, []string{"DIXA_API_TOKENS=" + token + "\n'" + token + "'"}, "DIXA_API_TOKENS: token 2 of 2: the Dixa API token has characters"},
		{"a list without a token", []string{"serve"}, []string{"DIXA_API_TOKENS= , "}, "DIXA_API_TOKENS: it contains no token"},
		{"a file of tokens without one", []string{"serve"}, []string{"DIXA_API_TOKENS_FILE=~/empty"}, "DIXA_API_TOKENS_FILE: it contains no token"},
		{"a missing file of tokens", []string{"serve"}, []string{"DIXA_API_TOKENS_FILE=~/none"}, "DIXA_API_TOKENS_FILE: open ~/none: no such file"},
		{"a rate in words", []string{"serve", "--offline"}, []string{"DIXA_MCP_RATE=fast"}, `--rate must be a number, not "fast" (from DIXA_MCP_RATE)`},
		{"offline, perhaps", []string{"serve"}, []string{"DIXA_MCP_OFFLINE=maybe"}, `--offline must be true or false, not "maybe" (from DIXA_MCP_OFFLINE)`},
		{"a format that is none", []string{"serve", "--offline"}, []string{"DIXA_MCP_LOG_FORMAT=xml"}, `--log-format must be text or json, not "xml" (from DIXA_MCP_LOG_FORMAT)`},
		{"one on the command line", []string{"serve", "--offline", "--log-format=yaml"}, []string{"DIXA_MCP_LOG_FORMAT=xml"}, `--log-format must be text or json, not "yaml"; nothing was done`},
		{"no rate", []string{"serve", "--offline", "--rate", "0"}, nil, "--rate must be greater than 0 and at most 1000000, not 0"},
		{"a rate that is none", []string{"serve", "--offline", "--rate", "NaN"}, nil, "--rate must be greater than 0 and at most 1000000, not NaN"},
		{"a missing capability file", []string{"serve", "--offline", "--capabilities", "~/none.yaml"}, nil, "capability file: open ~/none.yaml: no such file"},
		{"one named by the environment", []string{"serve", "--offline"}, []string{"DIXA_MCP_CAPABILITIES=~/none.yaml"}, "capability file: open ~/none.yaml"},
		{"a broken capability file", []string{"check", "~/broken.yaml"}, nil, "~/broken.yaml:3:"},
		{"a misspelt agent", []string{"serve", "--offline", "--agent", "tirage"}, nil, `agent "tirage" is not under stdio in built-in capabilities.yaml; did you mean "triage"?`},
		{"a misspelt agent for a call", []string{"call", get, id, "--offline", "--agent", "redaer"}, nil, `did you mean "reader"?`},
		{"a misspelt agent for config", []string{"config", "cursor", "--agent", "redaer"}, nil, `did you mean "reader"?`},
		{"a misspelt agent for tools", []string{"tools", "--agent", "redaer"}, nil, `did you mean "reader"?`},
		{"a misspelt tool", []string{"call", "get_conversatoin", id, "--offline"}, nil, `there is no tool "get_conversatoin"; did you mean get_conversation?`},
		{"a tool that is none", []string{"call", "frobnicate", "--offline"}, nil, `there is no tool "frobnicate"; dixa-mcp tools lists all`},
		{"a misspelt flag", []string{"serve", "--ofline"}, nil, "unknown flag --ofline, did you mean"},
		{"a misspelt command", []string{"srve"}, nil, "unexpected argument srve"},
		{"an unknown client", []string{"config", "claude"}, nil, `must be claude-code, claude-desktop, vscode, cursor, windsurf, zed, gemini-cli, codex, opencode, goose, librechat, n8n or jetbrains, not "claude"`},
		{"a text for a number", []string{"call", get, `{"conversationId":"last"}`, "--offline"}, nil, `get_conversation: conversationId: got "last", want an integer. Nothing was sent to Dixa.`},
		{"a path for a number", []string{"call", get, `{"conversationId":"../agents"}`, "--offline"}, nil, `conversationId: got "../agents", want an integer.`},
		{"a path for an id", []string{"call", "get_queue", `{"queueId":"../agents"}`, "--offline", "--agent", "admin"}, nil, `queueId: got "../agents", want the name or id of a queue.`},
		{"arguments that are no object", []string{"call", get, `[1234]`, "--offline"}, nil, "the arguments must be one JSON object such as"},
		{"arguments that are no JSON", []string{"call", get, `conversationId=1234`, "--offline"}, nil, "the arguments are not valid JSON; give one object such as"},
		{"an argument too many", []string{"call", get, id, "x", "--offline"}, nil, "unexpected argument x"},
		{"HTTP, and no agent that could connect", []string{"serve", "--offline", "--http", "127.0.0.1:0"}, nil, "no agent could connect: no agent in ~/config/dixa-mcp/capabilities.yaml has a valid key"},
		{"HTTP in the open", []string{"serve", "--offline", "--http", ":0", "--capabilities", "~/keyed.yaml"}, nil, "at :0 keys would cross the network unencrypted: set --tls-cert and --tls-key, or --behind-proxy"},
		{"demo keys in the open", []string{"serve", "--offline", "--http", "0.0.0.0:0", "--demo-keys"}, nil, "--demo-keys is for this machine only: listen at 127.0.0.1, not at 0.0.0.0:0"},
		{"demo keys for a real Dixa", []string{"serve", "--http", "127.0.0.1:0", "--demo-keys"}, []string{"DIXA_API_TOKEN=" + token}, "--demo-keys requires --offline"},
		{"flags of HTTP without it", []string{"serve", "--offline", "--sse"}, nil, "flags or variables for HTTP are set, but no address; add --http ADDRESS (or DIXA_MCP_HTTP)"},
		{"an agent for HTTP", []string{"serve", "--offline", "--http", "127.0.0.1:0", "--agent", "reader"}, nil, "--agent and --http cannot be combined: over HTTP the key of a request identifies the agent"},
		{"half a certificate", []string{"serve", "--offline", "--http", "127.0.0.1:0", "--demo-keys", "--tls-cert", "~/none"}, nil, "--tls-cert and --tls-key require each other"},
		{"a missing certificate", []string{"serve", "--offline", "--http", "127.0.0.1:0", "--demo-keys", "--tls-cert", "~/none", "--tls-key", "~/none"}, nil, "--tls-cert, --tls-key: stat ~/none: no such file"},
		{"a public address that is none", []string{"serve", "--offline", "--http", "127.0.0.1:0", "--demo-keys", "--public-url", "mcp.example.com"}, nil, `--public-url must be a scheme and a host such as https://mcp.example.com, or with a path such as https://example.com/dixa, not "mcp.example.com"`},
		{"a public address with /mcp", []string{"serve", "--offline", "--http", "127.0.0.1:0", "--demo-keys", "--public-url", "https://example.com/dixa/mcp/"}, nil, "--public-url must not end in /mcp, which the server adds: use https://example.com/dixa"},
		{"a public address with dots", []string{"serve", "--offline", "--http", "127.0.0.1:0", "--demo-keys", "--public-url", "https://example.com/a/../b"}, nil, "--public-url must be a scheme and a host"},
		{"a public address with escapes", []string{"serve", "--offline", "--http", "127.0.0.1:0", "--demo-keys", "--public-url", "https://example.com/%7Bx%7D"}, nil, "--public-url must be a scheme and a host"},
		{"sign-in without a client", []string{"serve", "--offline", "--http", "0", "--demo-keys", "--sign-in-scopes", "email"}, nil, "require --sign-in-client"},
		{"sign-in without a public address", []string{"serve", "--offline", "--http", "0", "--demo-keys", "--sign-in-client", "dixa"}, nil, "--sign-in-client requires --public-url with the https:// address"},
		{"sign-in over an open line", []string{"serve", "--offline", "--http", "0", "--demo-keys", "--sign-in-client", "dixa", "--public-url", "http://mcp.example.com"}, nil, "--sign-in-client requires --public-url with the https:// address"},
		{"sign-in for nobody", []string{"serve", "--offline", "--http", "0", "--demo-keys", "--sign-in-client", "dixa", "--public-url", "https://mcp.example.com"}, nil, "sign-in needs more: the capability file"},
		{"sign-in without a secret", []string{"serve", "--offline", "--http", "0", "--capabilities", "~/people.yaml", "--sign-in-client", "dixa", "--public-url", "https://mcp.example.com", "--sign-in-secret-file", "~/empty"}, nil, "--sign-in-secret-file: ~/empty is empty"},
		{"clients that are none", []string{"serve", "--offline", "--http", "0", "--capabilities", "~/people.yaml", "--sign-in-client", "dixa", "--public-url", "https://mcp.example.com", "--sign-in-clients", "~/token"}, nil, "--sign-in-clients: ~/token must be a JSON list of clients"},
		{"no session to end", []string{"sessions", "end"}, nil, "name one of: a session, --person EMAIL, --all; no session was ended"},
		{"an unknown session", []string{"sessions", "end", "abc"}, nil, "there is no such session"},
		{"an address that is none", []string{"serve", "--offline", "--http", "nonsense", "--capabilities", "~/keyed.yaml", "--behind-proxy"}, nil, `--http must be an address to listen at such as 127.0.0.1:8080, not "nonsense"`},
		{"a URL for an address", []string{"serve", "--offline", "--http", "http://127.0.0.1:8080", "--demo-keys"}, nil, `--http must be an address to listen at such as 127.0.0.1:8080, not "http://127.0.0.1:8080"`},
		{"an admin address that is none", []string{"serve", "--offline", "--http", "0", "--demo-keys", "--admin", "nonsense"}, nil, `--admin must be an address to listen at such as 127.0.0.1:8080, not "nonsense"`},
		{"an admin key and no admin port", []string{"serve", "--offline", "--http", "0", "--demo-keys", "--admin-key-file", "~/token"}, nil, "--admin-key-file requires --admin ADDRESS"},
		{"an approver's key as the admin's", []string{"serve", "--offline", "--http", "0", "--demo-keys", "--admin", "0", "--admin-key-file", "~/anna.key"}, nil, "holds the key of an approver"},
		{"an admin port in the open", []string{"serve", "--offline", "--http", "127.0.0.1:0", "--demo-keys", "--admin", "0.0.0.0:0"}, nil, "can be reached from other machines and requires --admin-key-file"},
		{"a missing admin key", []string{"serve", "--offline", "--http", "127.0.0.1:0", "--demo-keys", "--admin", "0", "--admin-key-file", "~/none"}, nil, "--admin-key-file: open ~/none"},
		{"a Redis that is not there", []string{"serve", "--offline", "--http", "127.0.0.1:0", "--demo-keys", "--redis", "redis://:secret@127.0.0.1:1"}, nil, "Redis"},
		{"a negative grace", []string{"serve", "--offline", "--http", "127.0.0.1:0", "--demo-keys", "--grace=-1s"}, nil, "--session-idle, --drain and --grace must not be negative"},
		{"a hosted server and an offline Dixa", []string{"config", "vscode", "--url", "https://mcp.example.com/mcp", "--offline"}, nil, "--url cannot be combined with --offline or --agent"},
		{"a client that starts no programs", []string{"config", "n8n"}, nil, "n8n starts no programs: host a server (dixa-mcp serve --http) and give its address with --url"},
		{"a client without a file", []string{"config", "jetbrains", "--offline", "--write"}, nil, "JetBrains AI Assistant documents no configuration file; omit --write for a snippet to paste in Settings"},
		{"a client of steps without a file", []string{"config", "n8n", "--url", "https://mcp.example.com", "--write"}, nil, "n8n has no configuration file; omit --write for what to enter"},
		{"a file, and nothing to write", []string{"config", "cursor", "--file", "~/x"}, nil, "--file and --yes require --write"},
		{"a link and a file", []string{"config", "cursor", "--link", "--write"}, nil, "--link and --write cannot be combined"},
		{"a client without links", []string{"config", "zed", "--offline", "--link"}, nil, "Zed has no documented install link; omit --link for the snippet"},
		{"a broken file of a client", []string{"config", "cursor", "--offline", "--write", "--yes", "--file", "~/broken.yaml"}, nil, "nothing was changed: ~/broken.yaml: line 1, column 1: invalid JSON: "},
		{"a folder as a client's file", []string{"config", "cursor", "--offline", "--write", "--yes", "--file", "~"}, nil, "nothing was changed: ~ is not a regular file"},
		{"a key in the address", []string{"config", "cursor", "--url", "https://mcp.example.com/mcp?key=x"}, nil, "--url must not hold a name, password, ? or #"},
		{"a hosted server that is none", []string{"config", "vscode", "--url", "mcp.example.com"}, nil, "--url must be the address of a server"},
		{"what is not granted", []string{"call", "close_conversation", id, "--offline"}, nil, "close_conversation is not granted to agent reader: access gives conversations only read"},
		{"what is not there", []string{"call", get, `{"conversationId":99999999}`, "--offline"}, nil, "Dixa answered 404"},
		{"two Dixas", []string{"serve", "--offline", "--base-url", "https://dixa.example"}, nil, "--offline cannot be combined with --base-url"},
		{"an address without encryption", []string{"serve", "--base-url", "http://dixa.example"}, []string{"DIXA_API_TOKEN=" + token}, `address "http://dixa.example" would send the token unencrypted: use https://`},
		{"an address that is none", []string{"serve", "--base-url", "dixa"}, []string{"DIXA_API_TOKEN=" + token}, "is not a URL like it"},
		{"no time", []string{"serve", "--offline", "--timeout", "0"}, nil, "--timeout must be greater than 0, not 0s"},
		{"a time that is none", []string{"serve", "--offline", "--timeout", "soon"}, nil, `--timeout must be a time such as 45s or 2m, not "soon"`},
		{"a state folder that cannot be made", []string{"call", get, id, "--offline", "--state", "~/token/state"}, nil, "~/token: not a directory"},
		{"--denied alone", []string{"tools", "--denied"}, nil, "--denied requires --agent"},
		{"more faults than requests", []string{"offline", "--faults", "2"}, nil, "--faults must be from 0 to 1, not 2"},
		{"an address that is taken", []string{"offline", "--listen", "256.0.0.1:1"}, nil, "--listen: offline Dixa: listen tcp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t)
			p.write("token", token)
			p.write("empty", "\n")
			p.write("anna.key", newKey("approver"))
			p.write("keyed.yaml", "{version: 1, agents: {me: {allow: [get_organization], keys: [{id: me-1, sha256: "+strings.Repeat("0123456789abcdef", 4)+"}]}}}")
			p.write("people.yaml", "{version: 1, oidc: {issuer: 'https://login.example.com', audience: a}, people: [{groups: [g], agents: [me]}], agents: {me: {allow: [get_organization]}}}")
			p.write("broken.yaml", "version: 1\nagents:\n  a: {acces: {}}\n")
			if c.name == "a misspelt agent" {
				p.builtIn()
			}
			o := finish(t, p.command(c.env, c.args...))
			require.Contains(t, []int{exitFailed, exitUsage, exitRefused, exitNotFound}, o.code, o.stderr)
			require.Empty(t, o.stdout)
			require.Contains(t, o.stderr, strings.ReplaceAll(c.says, "~", p.home))
			require.Equal(t, "dixa-mcp: ", o.stderr[:10])
			if lines := strings.Count(o.stderr, "\n"); c.name != "what is not there" { // whose likely causes have lines of their own
				require.Equal(t, 1, lines, o.stderr)
			}
			require.NotContains(t, o.stderr, token)
			require.NotContains(t, o.stderr, "goroutine")
		})
	}
}

// A file in the user's configuration directory is in force without a flag, and an invalid one stops every command before
// anything is created.
func TestBrokenFileOfTheUser(t *testing.T) {
	p := newPlace(t)
	path := p.write("config/dixa-mcp/capabilities.yaml", "version: 2\n")
	for _, args := range [][]string{{"serve", "--offline"}, {"call", "get_organization", "--offline"}, {"check"}, {"tools", "--agent", "reader"}, {"config", "cursor"}} {
		o := p.run(args...)
		require.Equal(t, 1, o.code)
		require.Empty(t, o.stdout)
		require.Contains(t, o.stderr, path+":1:10: version: must be the number 1")
		require.Contains(t, o.stderr, "agents: is missing", "every problem at once")
	}
	_, err := os.Stat(filepath.Join(p.home, "state"))
	require.ErrorIs(t, err, os.ErrNotExist)

	p.write("config/dixa-mcp/capabilities.yaml", "{version: 1, stdio: [me], agents: {me: {allow: [get_organization]}}}")
	require.Contains(t, p.good("check"), "In force: "+path)
	require.Contains(t, p.good("call", "get_organization", "--offline"), "Havbris")
}

// Help goes to standard output, and is also printed without arguments. A command's own flags come before those that many have.
func TestHelp(t *testing.T) {
	p := newPlace(t)
	for _, args := range [][]string{{}, {"--help"}, {"help"}, {"serve", "--help"}, {"help", "audit", "show"}} {
		o := p.run(args...)
		require.Zero(t, o.code, o.stderr)
		require.Contains(t, o.stdout, "Usage: dixa-mcp")
		require.Empty(t, o.stderr)
	}
	require.Equal(t, p.good("call", "--help"), p.good("help", "call"))
	require.Regexp(t, `(?s)--agent=NAME.*\nRules, records and Dixa\n.*--capabilities=FILE`, p.good("help", "call"))
	require.NotContains(t, p.good("help", "call"), "--version")
	require.Contains(t, p.good("help", "export", "conversations"), "--csids=ID,... ")
	require.Contains(t, p.good("help", "key", "new"), "Usage: dixa-mcp key new [flags]\n")
	require.Regexp(t, `^dixa-mcp \S+ \(go1\.\S+, \w+/\w+\)\n$`, p.good("version"))
}
