package capability

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const valid = `version: 1
names:
  queue: {billing: 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11}
  tag: {refund: 77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f}
  dixa_agent: {billing-bot: c2a1d9e8-7b6a-4d5c-8e9f-001122334455}
  team: {night: 77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5a}
  contact_endpoint: {support: support@example.com, phone: "+4512345678"}
stdio: [triage, reader]
agents:
  reader:
    about: Reads.
    access: {"*": read}
  triage:
    acts_as: billing-bot
    access: {conversations: read, messages: send}
    allow:
      - transfer_conversation
    deny: [send_message]
  other:
    acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334456
`

func TestParse(t *testing.T) {
	r := mustParse(t, valid)
	require.Equal(t, "dir/f.yaml", r.Name())
	require.Regexp(t, `^sha256:[0-9a-f]{12}$`, r.Digest())

	var names []string
	for _, a := range r.Agents() {
		names = append(names, a.Name)
	}
	require.Equal(t, []string{"reader", "triage", "other"}, names)

	triage, err := r.Agent("triage")
	require.NoError(t, err)
	id, name, ok := triage.ActsAs()
	require.True(t, ok)
	require.Equal(t, "billing-bot", name)
	require.EqualValues(t, "c2a1d9e8-7b6a-4d5c-8e9f-001122334455", id)

	other, err := r.Agent("other")
	require.NoError(t, err)
	id, name, ok = other.ActsAs()
	require.True(t, ok)
	require.EqualValues(t, name, id)

	reader, err := r.Agent("reader")
	require.NoError(t, err)
	require.Equal(t, "Reads.", reader.About)
	_, _, ok = reader.ActsAs()
	require.False(t, ok)

	_, err = r.Agent("redaer")
	require.EqualError(t, err, `dir/f.yaml has no agent "redaer"; did you mean "reader"?; its agents are reader, triage, other`)
}

func TestParseTakesWindowsLines(t *testing.T) {
	r := mustParse(t, strings.ReplaceAll(valid, "\n", "\r\n"))
	require.Equal(t, 13, mustParse(t, valid).Agents()[1].agent.line)
	require.Equal(t, 13, r.Agents()[1].agent.line)
}

func TestStdio(t *testing.T) {
	r := mustParse(t, valid)
	for asked, want := range map[string]string{"": "triage", "triage": "triage", "reader": "reader"} {
		a, err := r.Stdio(asked)
		require.NoError(t, err)
		require.Equal(t, want, a.Name)
	}
	_, err := r.Stdio("other")
	require.EqualError(t, err, `agent "other" is not under stdio in dir/f.yaml; under stdio are triage, reader`)

	for _, none := range []string{"", "stdio: []\n"} {
		r = mustParse(t, "version: 1\n"+none+"agents:\n  a: {access: {tags: read}}\n")
		for _, asked := range []string{"", "a"} {
			_, err = r.Stdio(asked)
			require.EqualError(t, err, "dir/f.yaml has no agent for stdin and stdout; list agents under stdio, such as stdio: [a]")
		}
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "capabilities.yaml")
	_, err := Load(path)
	require.ErrorIs(t, err, os.ErrNotExist)

	require.NoError(t, os.WriteFile(path, []byte("version: 2\n"), 0o600))
	_, err = Load(path)
	var wrong *FileError
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, path, wrong.File)
	require.Len(t, wrong.Problems, 2)

	require.NoError(t, os.WriteFile(path, []byte("#"+strings.Repeat("x", maxFile)), 0o600))
	_, err = Load(path)
	require.EqualError(t, err, path+": is over 1 MiB")
}

// head is the beginning of the files in which only an agent matters; what follows it is line 4 and the agent's own.
const head = "version: 1\nagents:\n  a:\n"

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "f: is empty; it needs at least version and agents"},
		{"comments only", "# nothing\n", "f: is empty; it needs at least version and agents"},
		{"an empty document", "---\n", "f:2:1: must be a mapping, not nothing"},
		{"a list", "- a\n", "f:1:1: must be a mapping, not a list"},
		{"nothing required", "stdio: []\n", "f:1:1: version: is missing\nf:1:1: agents: is missing"},
		{"two documents", head + "    {}\n---\nversion: 1\n", "f:5: a second YAML document begins here; the file must be one"},
		{"something behind the document", head + "    {}\n...\n}\n", "f:6: invalid YAML on this line or in what begins on it: did not find expected <document start>"},
		{"bytes that are no text", "version: 1\n# \xff\n", "f:2: has bytes that are not UTF-8 text"},
		{"a control character", "version: 1\n\na: \x01\n", "f:3: has bytes that are not UTF-8 text"},
		{"a tab", head + "\tabout: x\n", "f:4:1: invalid YAML: a tab; YAML indents with spaces"},
		{"a tab after spaces", head + "    about: x\n  \tallow: []\n", "f:5:3: invalid YAML: a tab; YAML indents with spaces"},
		{"an open bracket", head + "    deny: []\n    allow: [a\n    about: x\n", "f:5: invalid YAML on this line or in what begins on it: did not find expected ',' or ']'"},
		{"two colons", "version: 1\nagents: a: b\n", "f:2: invalid YAML on this line or in what begins on it: mapping values are not allowed in this context"},
		{"the first line", "version: }\n", "f:1: invalid YAML on this line or in what begins on it: did not find expected node content"},
		{"an unknown anchor", head + "    about: *x\n", "f:4: invalid YAML: unknown anchor 'x' referenced; anchors and aliases are not allowed here"},

		{"version", "version: 2\nagents: {a: {}}\n", "f:1:10: version: must be the number 1, the only version there is"},
		{"version in quotes", "version: \"1\"\nagents: {a: {}}\n", "f:1:10: version: must be the number 1, the only version there is"},
		{"no agents", "version: 1\nagents: {}\n", "f:2:9: agents: must name at least one agent"},
		{"agents are nothing", "version: 1\nagents:\n", "f:2:8: agents: must be a mapping, not nothing"},
		{"an agent is nothing", head, "f:3:5: agents.a: must be a mapping, not nothing"},
		{"an agent's name", "version: 1\nagents:\n  Bot 1: {}\n", `f:3:3: agents."Bot 1": must be a letter, then up to 39 letters, digits, _ and -, all lower case`},
		{"an agent's long name", "version: 1\nagents:\n  a" + strings.Repeat("b", 40) + ": {}\n", "f:3:3: agents.a" + strings.Repeat("b", 40) + ": must be a letter, then up to 39 letters, digits, _ and -, all lower case"},

		{"an unknown key", head + "    acces: {tags: read}\n", `f:4:5: agents.a.acces: unknown key; did you mean "access"?`},
		{"an unknown key of the file", "version: 1\nstudio: []\nagents: {a: {}}\n", `f:2:1: studio: unknown key; did you mean "stdio"?`},
		{"an unknown key of names", "version: 1\nnames: {zebra: {}}\nagents: {a: {}}\n", "f:2:9: names.zebra: unknown key"},
		{"a key twice", head + "    allow: []\n    about: x\n    allow: []\n", "f:6:5: agents.a.allow: stands here a second time, first on line 4"},
		{"an agent twice", head + "    {}\n  a: {allow: 1}\n", "f:5:3: agents.a: stands here a second time, first on line 3"},
		{"a key that is a number", "version: 1\nagents: {1: {}}\n", "f:2:10: agents: must be text, not a number: put 1 in quotes"},
		{"a key that is a list", "version: 1\nagents: {a: {}}\n? [x]\n: y\n", "f:3:3: must be text, not a list"},

		{"an anchor", head + "    about: &x y\n", "f:4:12: agents.a.about: has a YAML anchor (&); anchors are not allowed"},
		{"an alias", head + "    about: &x y\n  b:\n    about: *x\n", "f:4:12: agents.a.about: has a YAML anchor (&); anchors are not allowed\nf:6:12: agents.b.about: is a YAML alias (*); write it out"},
		{"an anchor at a key", "version: 1\nagents: {&x a: {}}\n", "f:2:10: agents: has a YAML anchor (&); anchors are not allowed"},
		{"a merge key", head + "    <<: {about: x}\n", "f:4:5: agents.a: has a YAML merge key (<<); write the keys out"},
		{"a tag", head + "    about: !!str 5\n", "f:4:12: agents.a.about: has a YAML tag (!); tags are not allowed"},
		{"a tag on a mapping", head + "    access: !x {tags: read}\n", "f:4:13: agents.a.access: has a YAML tag (!); tags are not allowed"},

		{"text that is a number", head + "    about: 12\n", "f:4:12: agents.a.about: must be text, not a number: put 12 in quotes"},
		{"text that is a date", head + "    about: 2026-01-31\n", "f:4:12: agents.a.about: must be text, not a date: put 2026-01-31 in quotes"},
		{"text that is true", head + "    about: true\n", "f:4:12: agents.a.about: must be text, not true or false: put true in quotes"},
		{"text that is a list", head + "    about: [x]\n", "f:4:12: agents.a.about: must be text, not a list"},
		{"a list that is text", head + "    allow: list_tags\n", "f:4:12: agents.a.allow: must be a list such as [a, b], not text"},
		{"a list that is nothing", head + "    allow:\n", "f:4:11: agents.a.allow: must be a list such as [a, b], not nothing"},
		{"a mapping that is a list", head + "    access: [tags]\n", "f:4:13: agents.a.access: must be a mapping, not a list"},

		{"names in names", "version: 1\nnames:\n  queue: {billing: b}\n  contact_endpoint: {x: a/b}\nagents: {a: {}}\n",
			"f:3:20: names.queue.billing: \"b\" is not a UUID such as 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11\nf:4:25: names.contact_endpoint.x: \"a/b\" is not an id of ASCII characters without spaces and without / \\ % ? # ;"},
		{"a telephone number", "version: 1\nnames: {contact_endpoint: {x: +4512}}\nagents: {a: {}}\n", "f:2:31: names.contact_endpoint.x: must be text, not a number: put +4512 in quotes"},
		{"acts_as", "version: 1\nnames: {dixa_agent: {billing-bot: c2a1d9e8-7b6a-4d5c-8e9f-001122334455}}\nagents: {a: {acts_as: biling-bot}}\n", `f:3:23: agents.a.acts_as: "biling-bot" is neither a name under names.dixa_agent nor a UUID; did you mean "billing-bot"?`},
		{"stdio", "version: 1\nstdio: [a, raeder]\nagents: {a: {}, reader: {}}\n", `f:2:12: stdio: "raeder" is not under agents; did you mean "reader"?`},

		{"a level", head + "    access: {tags: raed}\n", `f:4:20: agents.a.access.tags: "raed" is not a level; did you mean "read"?; the levels are read, write, send, erase`},
		{"a level that is a number", head + "    access: {tags: 1}\n", "f:4:20: agents.a.access.tags: must be text, not a number: put 1 in quotes"},
		{"a group", head + "    access: {tag: read}\n", `f:4:14: agents.a.access.tag: there is no group "tag"; did you mean "tags"?; the groups are conversations, messages, tags, queues, knowledge, webhooks`},
		{"a group of named operations", head + "    access: {webhooks: read}\n", "f:4:14: agents.a.access.webhooks: grants nothing: no level covers the operations of webhooks; name those it may use under allow: list_webhooks, create_webhook"},
		{"an operation", head + "    allow: [list_tags, add_note, sent_message]\n    deny:\n      - list_tag\n", "f:4:34: agents.a.allow: there is no tool \"sent_message\"; did you mean \"send_message\"?\nf:6:9: agents.a.deny: there is no tool \"list_tag\"; did you mean \"list_tags\"?"},
		{"a tool of several operations", head + "    arguments: {conversation_overview.agentId: []}\n", "f:4:17: agents.a.arguments.conversation_overview.agentId: conversation_overview is made of several operations; name those: get_conversation, list_messages, list_tags"},
		{"the star is no operation", head + "    allow: [\"*\"]\n", `f:4:13: agents.a.allow: there is no tool "*"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse("f", []byte(c.text), testCatalog())
			require.Error(t, err)
			require.IsType(t, (*FileError)(nil), err)
			require.Equal(t, c.want, err.Error())
		})
	}
}
