package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/tools"
)

// mistakes are wrong command lines, with the exit code and the beginning of the message: what is wrong, and what to do.
var mistakes = []struct {
	line string
	code int
	says string
}{
	{"serve --agent", exitUsage, "--agent requires a value; nothing was done; see dixa-mcp serve --help"},
	{"serve --agent ''", exitFailed, "no Dixa API token: run dixa-mcp login, or set DIXA_API_TOKEN or DIXA_API_TOKEN_FILE (an administrator makes one in Dixa under Settings > Integrations"},
	{"serve --nonsense", exitUsage, "unknown flag --nonsense; nothing was done; see dixa-mcp serve --help"},
	{"serve now", exitUsage, "unexpected argument now; nothing was done; see dixa-mcp serve --help"},
	{"serve --offline --capabilities dir", exitFailed, "capability file: read dir: is a directory"},
	{"serve --offline --capabilities empty", exitFailed, "empty: is empty; it needs at least version and agents"},
	{"serve --offline --capabilities binary", exitFailed, "binary:1: has bytes that are not UTF-8 text"},
	{"serve --offline --capabilities part.yaml", exitFailed, "part.yaml:1:1: agents: is missing"},
	{"serve --offline --http 127.0.0.1", exitUsage, `--http must be an address to listen at such as 127.0.0.1:8080, not "127.0.0.1"`},
	{"serve --offline --http 99999 --demo-keys", exitUsage, `--http must be an address to listen at such as 127.0.0.1:8080, not "99999"`},
	{"serve --offline --http 127.0.0.1:99999 --demo-keys", exitUsage, `--http must be an address to listen at such as 127.0.0.1:8080, not "127.0.0.1:99999"`},
	{"serve --offline --redis localhost:6379", exitFailed, "--redis: the address of the Redis cannot be read: it must look like redis://user:password@host:6379, or rediss:// with TLS"},
	{"serve --offline --redis http://localhost", exitFailed, "--redis: the address of the Redis cannot be read: it must look like redis://user:password@host:6379, or rediss:// with TLS"},
	{"serve --offline --log-format xml", exitUsage, `--log-format must be text or json, not "xml"; nothing was done; see dixa-mcp serve --help`},
	{"serve --offline --timeout -1s", exitUsage, "--timeout requires a value; write --timeout=-1s if that is the value; nothing was done; see dixa-mcp serve --help"},
	{"serve --offline --timeout 45", exitUsage, `--timeout must be a time such as 45s or 2m, not "45"; nothing was done; see dixa-mcp serve --help`},
	{"serve --offline --rate -1", exitUsage, "--rate requires a value; write --rate=-1 if that is the value; nothing was done; see dixa-mcp serve --help"},
	{"serve --offline --rate ten", exitUsage, `--rate must be a number, not "ten"; nothing was done; see dixa-mcp serve --help`},
	{"serve --offline --audit token", exitFailed, "the directory of records cannot be used, so nothing was started; check --audit: make the audit directory: mkdir token: not a directory"},
	{"serve --offline --audit-anchor dir", exitFailed, "--audit-anchor: open dir: is a directory"},
	{"serve --offline --audit-anchor nodir/x", exitNotFound, "--audit-anchor: open nodir/x: no such file or directory"},
	{"serve --offline --http 0 --demo-keys --max-body x", exitUsage, `--max-body must be a whole number, not "x"; nothing was done; see dixa-mcp serve --help`},
	{"serve --offline --http 0 --demo-keys --max-body -1", exitUsage, "--max-body requires a value; write --max-body=-1 if that is the value; nothing was done; see dixa-mcp serve --help"},
	{"serve --offline --http 0 --demo-keys --tls-cert token --tls-key token", exitFailed, "--tls-cert, --tls-key: tls: failed to find any PEM data in certificate input"},
	{"serve --offline --http 0 --demo-keys --tls-cert dir --tls-key dir", exitFailed, "--tls-cert, --tls-key: dir is not a regular file"},
	{"serve --offline --http 0 --demo-keys --admin 0.0.0.0:0 --admin-key-file empty", exitFailed, "--admin-key-file: the admin key in empty has fewer than 32 characters: make one with dixa-mcp key new --admin"},
	{"serve --offline --http 0 --demo-keys --public-url ftp://x", exitUsage, `--public-url must be a scheme and a host such as https://mcp.example.com, or with a path such as https://example.com/dixa, not "ftp://x"`},
	{"serve --offline --api-version v2", exitUsage, `--api-version must be v1 or beta, not "v2"; nothing was done; see dixa-mcp serve --help`},
	{"call", exitUsage, "missing argument: <tool>; nothing was done; see dixa-mcp call --help"},
	{"call get_conversation", exitFailed, "no Dixa API token: run dixa-mcp login, or set DIXA_API_TOKEN or DIXA_API_TOKEN_FILE (an administrator makes one in Dixa under Settings > Integrations"},
	{`call get_conversation '{"conversationId":1234' --offline`, exitUsage, `the arguments are not valid JSON; give one object such as '{"conversationId":1234}'. Nothing was sent to Dixa.`},
	{`call get_conversation '"x"' --offline`, exitUsage, `the arguments must be one JSON object such as '{"conversationId":1234}', not "\"x\"". Nothing was sent to Dixa.`},
	{"call get_conversation null --offline", exitUsage, `the arguments must be one JSON object such as '{"conversationId":1234}', not "null". Nothing was sent to Dixa.`},
	{"call get_conversation '{}' --offline", exitUsage, "get_conversation: conversationId: got nothing, want an integer; it is required. Nothing was sent to Dixa."},
	{`call get_conversation '{"conversationId":1234}{}' --offline`, exitUsage, `the arguments are not valid JSON; give one object such as '{"conversationId":1234}'. Nothing was sent to Dixa.`},
	{`call get_conversation '{"id":1234}' --offline`, exitUsage, "get_conversation: id: got an unknown argument, want one of conversationId, offset"},
	{`call get_conversation '{" conversationId":1234}' --offline`, exitUsage, `get_conversation: " conversationId": got an unknown argument, want one of conversationId, offset; write conversationId without spaces around it`},
	{`call GET_CONVERSATION '{"conversationId":1234}' --offline`, exitNotFound, `there is no tool "GET_CONVERSATION"; did you mean get_conversation?`},
	{"call '' --offline", exitNotFound, `there is no tool ""; dixa-mcp tools lists all COUNT`},
	{"call get_conversation - --offline", exitUsage, "get_conversation: conversationId: got nothing, want an integer; it is required. Nothing was sent to Dixa."},
	{`call get_conversation '{"conversationId":1234}' --agent --offline`, exitUsage, "--agent requires a value; write --agent=--offline if that is the value; nothing was done; see dixa-mcp call --help"},
	{`call get_conversation '{"conversationId":1234}' --offline --agent nobody`, exitNotFound, `--agent: built-in capabilities.yaml has no agent "nobody"; its agents are reader, triage, support, team_lead, knowledge_editor, privacy_officer, analyst, admin`},
	{`call get_conversation '{"conversationId":1234}' --offline --state token`, exitFailed, "offline Dixa: state: mkdir token: not a directory"},
	{`call get_conversation '{"conversationId":1234}' --offline --state /proc/x`, exitNotFound, "offline Dixa: state: mkdir /proc/x: no such file or directory"},
	{"explain", exitUsage, "missing argument: <tool>; nothing was done; see dixa-mcp explain --help"},
	{"explain nothing", exitNotFound, `there is no tool "nothing"; dixa-mcp tools lists all COUNT`},
	{"explain get_conversation nonsense", exitUsage, `the arguments are not valid JSON; give one object such as '{"conversationId":1234}'. Nothing was sent to Dixa.`},
	{"explain get_conversation '{}'", exitUsage, "these arguments of get_conversation are invalid, so the call would be refused; nothing was sent"},
	{"explain get_conversation --agent nobody", exitNotFound, `--agent: built-in capabilities.yaml has no agent "nobody"; its agents are reader, triage, support, team_lead, knowledge_editor, privacy_officer, analyst, admin`},
	{"check none.yaml", exitNotFound, "capability file: open none.yaml: no such file or directory"},
	{"check dir", exitFailed, "capability file: read dir: is a directory"},
	{"check empty", exitFailed, "empty: is empty; it needs at least version and agents"},
	{"check binary", exitFailed, "binary:1: has bytes that are not UTF-8 text"},
	{"check part.yaml", exitFailed, "part.yaml:1:1: agents: is missing"},
	{"check good.yaml good.yaml", exitUsage, "unexpected argument good.yaml; nothing was done; see dixa-mcp check --help"},
	{"check --online", exitFailed, "no Dixa API token: run dixa-mcp login, or set DIXA_API_TOKEN or DIXA_API_TOKEN_FILE (an administrator makes one in Dixa under Settings > Integrations"},
	{"diff", exitUsage, "diff needs two files, or --against RELEASE"},
	{"diff good.yaml", exitUsage, "diff needs two files, or --against RELEASE"},
	{"diff good.yaml none.yaml", exitNotFound, "capability file: open none.yaml: no such file or directory"},
	{"diff good.yaml empty", exitFailed, "empty: is empty; it needs at least version and agents"},
	{"diff good.yaml dir", exitFailed, "capability file: read dir: is a directory"},
	{"tools --agent nobody", exitNotFound, `--agent: built-in capabilities.yaml has no agent "nobody"; its agents are reader, triage, support, team_lead, knowledge_editor, privacy_officer, analyst, admin`},
	{"tools --matrix", exitUsage, "--matrix requires --agent"},
	{"tools --matrix --denied --agent reader", exitUsage, "--matrix cannot be combined with --denied or --json; tools --agent NAME --json lists each tool with its group and level"},
	{"tools --matrix --agent reader --json", exitUsage, "--matrix cannot be combined with --denied or --json; tools --agent NAME --json lists each tool with its group and level"},
	{"tools x", exitUsage, "unexpected argument x; nothing was done; see dixa-mcp tools --help"},
	{"config", exitUsage, "missing argument: <client>; nothing was done; see dixa-mcp config --help"},
	{"config emacs", exitUsage, `<client> must be claude-code, claude-desktop, vscode, cursor, windsurf, zed, gemini-cli, codex, opencode, goose, librechat, n8n or jetbrains, not "emacs"; nothing was done; see dixa-mcp config --help`},
	{"config cursor --url ftp://x", exitUsage, `--url must be the address of a server such as https://mcp.example.com/mcp, not "ftp://x"`},
	{"config cursor --url https://", exitUsage, `--url must be the address of a server such as https://mcp.example.com/mcp, not "https://"`},
	{"config cursor --capabilities none.yaml", exitNotFound, "capability file: open none.yaml: no such file or directory"},
	{"audit", exitUsage, `a command is missing; it is one of "show", "tail", "verify", "prune"; nothing was done; see dixa-mcp audit --help`},
	{"audit show --since soon", exitUsage, `--since: "soon" is not a time ago such as 30m, 12h, 2d or 1w, today, yesterday, a date such as 2026-01-31, or a time such as 2026-01-31T09:30:00Z;`},
	{"audit show --since -2h", exitUsage, "--since requires a value; write --since=-2h if that is the value; nothing was done; see dixa-mcp audit show --help"},
	{"audit show --since 2030-01-01", exitUsage, "--since 2030-01-01 is in the future; nothing was read"},
	{"audit show --since 2026-02-30", exitUsage, `--since: "2026-02-30" is not a time ago such as 30m, 12h, 2d or 1w, today, yesterday, a date such as 2026-01-31, or a time such as`},
	{"audit show --audit none", exitNotFound, "no records yet: stat none: no such file or directory (see --audit)"},
	{"audit show --audit token", exitFailed, "audit records could not all be read: token:1: invalid character 'P' looking for beginning of value"},
	{"audit show --conversation abc", exitUsage, `--conversation must be the number of a conversation, not "abc"; nothing was read`},
	{"audit tail -n x", exitUsage, `--lines must be a whole number, not "x"; nothing was done; see dixa-mcp audit tail --help`},
	{"audit tail -n -3", exitUsage, "--lines requires a value; write --lines=-3 if that is the value; nothing was done; see dixa-mcp audit tail --help"},
	{"audit tail -n=-3", exitUsage, `--lines must be a whole number, not "=-3"; nothing was done; see dixa-mcp audit tail --help`},
	{"audit tail --after x", exitUsage, `--after must be the seq of a record, such as 41, or RUN:SEQ`},
	{"audit prune", exitUsage, "--keep is missing, and ~/config/dixa-mcp/capabilities.yaml has no records.keep: records are kept without end; nothing was removed"},
	{"audit prune --keep 0d", exitUsage, `--keep must be a number of days from 1d to 3650d, such as 90d, not "0d"; nothing was removed`},
	{"audit prune --keep 90", exitUsage, `--keep must be a number of days from 1d to 3650d, such as 90d, not "90"; nothing was removed`},
	{"audit verify --head x", exitUsage, `--head must be a record's number, a colon and its hash, not "x"`},
	{"audit verify --head 1:", exitUsage, `--head must be a record's number, a colon and its hash, not "1:"`},
	{"audit verify --head 1:abc", exitFailed, "the records are not as they were written: a line was altered, removed or reordered"},
	{"audit nonsense", exitUsage, "unexpected argument nonsense; nothing was done; see dixa-mcp audit --help"},
	{"approvals", exitUsage, `a command is missing; it is one of "list", "drafts", "show", "approve", "deny"; nothing was done; see dixa-mcp approvals --help`},
	{"approvals list", exitUsage, "missing flags: --key-file=FILE; nothing was done; see dixa-mcp approvals list --help"},
	{"approvals list --key-file none", exitNotFound, "--key-file: open none: no such file or directory"},
	{"approvals list --key-file dir", exitFailed, "--key-file: read dir: is a directory"},
	{"approvals list --key-file empty", exitFailed, "--key-file: empty must hold one key and nothing else"},
	{"approvals list --key-file token", exitRefused, "nothing can be approved: the built-in capability file has no approvers; add one with dixa-mcp key new --approver NAME"},
	{"approvals show --key-file token", exitUsage, "missing argument: <number>; nothing was done; see dixa-mcp approvals show --help"},
	{"approvals list --key-file token --url x", exitUsage, `--url must be the address of an admin port such as http://127.0.0.1:9090, not "x"`},
	{"approvals list --key-file token --url http://127.0.0.1:1", exitFailed, `the admin port does not answer: Get "http://127.0.0.1:1/approvals": dial tcp 127.0.0.1:1: connect: connection refused; check --url, and that the`},
	{"approvals approve --key-file token", exitUsage, "missing argument: <number>; nothing was done; see dixa-mcp approvals approve --help"},
	{"key", exitUsage, `a command is missing; it is one of "new", "list", "revoke"; nothing was done; see dixa-mcp key --help`},
	{"key new", exitUsage, "missing flags: --agent=NAME or --approver=NAME or --auditor=NAME or --admin or --metrics; nothing was done; see dixa-mcp key new --help"},
	{"key new --agent nobody", exitNotFound, `--agent: built-in capabilities.yaml has no agent "nobody"; its agents are reader, triage, support, team_lead, knowledge_editor, privacy_officer, analyst, admin; no key was made`},
	{"key new --agent reader --days 0", exitUsage, "--days must be 1 to 3650, not 0; no key was made"},
	{"key new --agent reader --days x", exitUsage, `--days must be a whole number, not "x"; nothing was done; see dixa-mcp key new --help`},
	{"key new --agent reader --expires tomorrow", exitUsage, `--expires must be a day such as 2027-02-01, not "tomorrow"; no key was made`},
	{"key new --agent reader --expires 2020-01-01", exitUsage, "--expires 2020-01-01 is in the past or has begun, so the key would never be valid; no key was made"},
	{"key new --agent reader --admin", exitUsage, "--agent and --admin can't be used together; nothing was done; see dixa-mcp key new --help"},
	{"key new --admin --days 3", exitUsage, "--id, --expires and --days require --agent; no key was made"},
	{"key new --approver 'Anna Holm'", exitUsage, "--approver must be a letter, then up to 39 letters, digits, ., _ and -, all lower case; no key was made"},
	{"key new --agent reader --id 'a b'", exitUsage, "--id must be a letter, then up to 39 letters, digits, ., _ and -, all lower case; no key was made"},
	{"freeze --agent nobody", exitNotFound, `--agent: built-in capabilities.yaml has no agent "nobody"; its agents are reader, triage, support, team_lead, knowledge_editor, privacy_officer, analyst, admin; nothing was changed`},
	{"freeze --agent ../x", exitUsage, `--agent: "../x" is not the name of an agent; nothing was changed`},
	{"freeze all", exitUsage, "unexpected argument all; nothing was done; see dixa-mcp freeze --help"},
	{"freeze --url http://127.0.0.1:1", exitUsage, "--url requires --key-file FILE (or DIXA_MCP_ADMIN_KEY_FILE) with the admin key; nothing was changed"},
	{"freeze --url x --key-file token", exitUsage, `--url must be the address of an admin port such as http://127.0.0.1:9090, not "x"`},
	{"freeze --url http://127.0.0.1:1 --key-file token", exitFailed, `the admin port does not answer: Put "http://127.0.0.1:1/freezes": dial tcp 127.0.0.1:1: connect: connection refused; check --url, and that the server`},
	{"freeze --url http://127.0.0.1:1 --key-file none", exitNotFound, "--key-file: open none: no such file or directory"},
	{"thaw", exitNotFound, "there is no freeze of all agents in the state directory ~/state/dixa-mcp; nothing was changed"},
	{"thaw --agent reader", exitNotFound, "there is no freeze of agent reader in the state directory ~/state/dixa-mcp; nothing was changed"},
	{"thaw --agent Reader", exitUsage, `--agent: "Reader" is not the name of an agent; nothing was changed`},
	{"offline --listen x", exitUsage, `--listen must be an address to listen at such as 127.0.0.1:8080, not "x"; nothing was started`},
	{"offline --listen 127.0.0.1:99999", exitUsage, `--listen must be an address to listen at such as 127.0.0.1:8080, not "127.0.0.1:99999"; nothing was started`},
	{"offline --faults x", exitUsage, `--faults must be a number, not "x"; nothing was done; see dixa-mcp offline --help`},
	{"offline --faults=-1", exitUsage, "--faults must be from 0 to 1, not -1; nothing was started"},
	{"offline --rate=-1", exitUsage, "--rate must be 0 or more, not -1; nothing was started"},
	{"offline --seed=-1", exitUsage, `--seed must be a whole number of at least 0, not "-1"; nothing was done; see dixa-mcp offline --help`},
	{"offline --latency=-1s", exitUsage, "--latency must be 0s or more, not -1s; nothing was started"},
	{"archive search refund", exitNotFound, "there is no archive at ~/state/dixa-mcp/archive.db; make one with dixa-mcp archive sync"},
	{"archive search '*'", exitUsage, `"*" has no word to search for: give words, a "phrase", or the beginning of a word with *, such as refund*; nothing was searched`},
	{"archive search refund --channel fax", exitUsage, "--channel must be one of Email, Contact Form, Chat"},
	{"archive search refund --limit 0", exitUsage, "--limit must be from 1 to 1000, not 0; nothing was searched"},
	{"archive search refund --since 2d --until 3d", exitUsage, "--until must be later than --since; nothing was searched"},
	{"archive sync --offline", exitUsage, "--offline requires --state DIR: invented conversations must not be in the archive of real ones; nothing was fetched"},
	{"archive sync --since 2020-01-01", exitUsage, "--since 2020-01-01 is further back than the archive keeps (90 days); raise archive.keep in the capability file; nothing was fetched"},
	{"archive sync --since 2030-01-01", exitUsage, "--since 2030-01-01 is in the future; nothing was fetched"},
	{"archive status", exitNotFound, "there is no archive at ~/state/dixa-mcp"},
	{"archive status --archive redis://host/0", exitUsage, "--archive: it is not an address of a PostgreSQL database, such as"},
	{"archive status --archive missing", exitNotFound, "--archive must be an address such as postgres://host/database, or a file that holds one: "},
	{"export", exitUsage, `a command is missing; it is one of "conversations", "messages"; nothing was done; see dixa-mcp export --help`},
	{"export messages", exitUsage, "missing flags: --out=FILE; nothing was done; see dixa-mcp export messages --help"},
	{"export messages --out a.csv", exitUsage, "say which messages: --created-after, such as 2026-01-31; nothing was sent to Dixa"},
	{"export messages --out a.txt --created-after 2026-01-01 --offline", exitUsage, "--out a.txt: the name must end in .jsonl (one row a line, as Dixa sends it) or .csv; nothing was sent to Dixa"},
	{"export messages --out nodir/a.csv --created-after 2026-01-01 --offline", exitNotFound, "--out nodir/a.csv: stat nodir: no such file or directory; make the directory, or choose another file"},
	{"export messages --out token/a.csv --created-after 2026-01-01 --offline", exitFailed, "--out token/a.csv: token is not a directory"},
	{"export messages --out dir --created-after 2026-01-01 --offline", exitUsage, "--out dir: the name must end in .jsonl"},
	{"export messages --out '' --created-after 2026-01-01 --offline", exitUsage, "--out : the name must end in .jsonl (one row a line, as Dixa sends it) or .csv"},
	{"export messages --out a.csv --created-after soon --offline", exitUsage, `--created-after: "soon": it is not a date; write a date and time such as 2026-01-31T09:30:00Z`},
	{"export messages --out a.csv --created-after 2026-13-01 --offline", exitUsage, `--created-after: "2026-13-01": it is not a date; write`},
	{"export messages --out a.csv --created-after 2026-02-30 --offline", exitUsage, `--created-after: "2026-02-30": there is no day 2026-02-30; nothing was done`},
	{"export messages --out a.csv --created-after 2026-01-01 --timezone Copenhagen --offline", exitUsage, `--timezone: "Copenhagen" is not a time zone; write an IANA name such as Europe/Copenhagen or UTC; nothing was sent to Dixa`},
	{"export messages --out a.csv --created-after '2026-03-29 02:30' --timezone Europe/Copenhagen --offline", exitUsage, "--created-after: 2026-03-29 02:30:00 does not exist in Europe/Copenhagen"},
	{"export messages --out a.csv --created-after 2026-02-01 --created-before 2026-01-01 --offline", exitUsage, "--created-before must be later than --created-after; nothing was sent to Dixa"},
	{"export messages --out a.csv --created-after 2030-01-01 --offline", exitUsage, "--created-after lies in the future; nothing was sent to Dixa"},
	{"export conversations --out a.csv --offline", exitUsage, "say which conversations: --updated-after, such as 2026-01-31; nothing was sent to Dixa"},
	{"export conversations --out a.csv --csids x --offline", exitUsage, `--csids must be a whole number, not "x"; nothing was done; see dixa-mcp export conversations --help`},
	{"export conversations --out a.csv --csids 1 --created-after 2026-01-01 --offline", exitUsage, "--csids and --created-after exclude each other; nothing was sent to Dixa"},
	{"export conversations --out a.csv --created-before 2026-01-01 --offline", exitUsage, "--created-before needs --created-after; nothing was sent to Dixa"},
	{"export messages --out a.csv --created-after 2026-01-01", exitFailed, "no Dixa API token: run dixa-mcp login, or set DIXA_API_TOKEN or DIXA_API_TOKEN_FILE (an administrator makes one in Dixa under Settings > Integrations"},
	{"demo x", exitUsage, "unexpected argument x; nothing was done; see dixa-mcp demo --help"},
	{"version x", exitUsage, "unexpected argument x; nothing was done; see dixa-mcp version --help"},
	{"completion", exitUsage, "missing argument: <shell>; nothing was done; see dixa-mcp completion --help"},
	{"completion tcsh", exitUsage, `<shell> must be bash, zsh or fish, not "tcsh"; nothing was done; see dixa-mcp completion --help`},
	{"login x", exitUsage, "unexpected argument x; nothing was done; see dixa-mcp login --help"},
	{"login", exitUsage, "no token was given, and nothing was stored; paste it when asked, or pipe it: dixa-mcp login < FILE"},
	{"trust none.yaml", exitNotFound, "open none.yaml: no such file or directory"},
	{"trust dir", exitFailed, "read dir: is a directory"},
	{"trust empty", exitFailed, "empty: is empty; it needs at least version and agents"},
	{"trust --remove", exitUsage, "--remove requires the path of a trusted file; dixa-mcp trust lists them"},
	{"trust --remove good.yaml", exitNotFound, "good.yaml is not trusted; nothing was changed"},
	{"logout x", exitUsage, "unexpected argument x; nothing was done; see dixa-mcp logout --help"},
	{"doctor x", exitUsage, "unexpected argument x; nothing was done; see dixa-mcp doctor --help"},
	{"--nonsense", exitUsage, "unknown flag --nonsense; nothing was done; see dixa-mcp --help"},
	{"''", exitUsage, "unexpected empty argument; nothing was done; see dixa-mcp --help"},
	{"help nonsense", exitUsage, "unexpected argument nonsense; nothing was done; see dixa-mcp --help"},
	{"-v", exitUsage, `unknown flag -v, did you mean "-h"?; nothing was done; see dixa-mcp --help`},
}

// A wrong command line ends with a message that says what is wrong, in the words of the command line, and with the exit
// code of its kind. Nothing is printed for another program to read.
func TestWrongCommandLines(t *testing.T) {
	insides := regexp.MustCompile(`EOL|\((?:short|long) flag\)|\(string\)|\d bit|goroutine|%!|<nil>|\.part\b`)
	words := regexp.MustCompile(`'[^']*'|\S+`)
	for _, m := range mistakes {
		t.Run(m.line, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			p.write("token", token+"\n")
			p.write("empty", "")
			p.write("part.yaml", "version: 1\n")
			p.write("binary", "\x00\x01\xff")
			p.write("dir/file", "")
			p.write("good.yaml", approvers)
			if strings.HasPrefix(m.line, "audit ") {
				p.good("call", "get_organization", "--offline")
			}
			if strings.HasPrefix(m.line, "approvals ") || strings.Contains(m.line, "--agent nobody") {
				p.builtIn()
			}
			args := words.FindAllString(m.line, -1)
			for i := range args {
				args[i] = strings.Trim(args[i], "'")
			}
			o := p.run(args...)
			require.Equal(t, m.code, o.code, o.stderr)
			require.Contains(t, o.stderr, "dixa-mcp: "+strings.NewReplacer("~", p.home, "COUNT", strconv.Itoa(len(tools.All()))).Replace(m.says))
			require.NotRegexp(t, insides, o.stderr)
			require.NotContains(t, o.stderr, token)
			if m.code == exitUsage && args[0] != "explain" {
				require.Empty(t, o.stdout)
			}
		})
	}
}
