package merge

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/clients"
)

var (
	entry   = clients.Object{{Key: "command", Value: "/bin/dixa-mcp"}, {Key: "args", Value: []string{"serve"}}}
	servers = clients.Edit{Path: []string{"servers", "dixa"}, Value: entry}
	inputs  = clients.Edit{Path: []string{"inputs"}, ListKey: "id", Value: clients.Object{{Key: "id", Value: "token"}, {Key: "password", Value: true}}}
)

// What is in a file stays as it is, and the entry fits its style.
func TestApply(t *testing.T) {
	for _, c := range []struct {
		name         string
		format       clients.Format
		before, want string
		edits        []clients.Edit
	}{
		{"an empty file", clients.JSON, "", "{\n  \"servers\": {\n    \"dixa\": {\n      \"command\": \"/bin/dixa-mcp\",\n      \"args\": [\"serve\"]\n    }\n  }\n}\n", nil},
		{"an empty object", clients.JSON, "{}\n", "{\n  \"servers\": {\n    \"dixa\": {\n      \"command\": \"/bin/dixa-mcp\",\n      \"args\": [\"serve\"]\n    }\n  }\n}\n", nil},
		{
			"comments, tabs and a trailing comma", clients.JSON,
			"// mine\n{\n\t\"theme\": \"dark\", // at night\n\t\"servers\": {\n\t\t\"other\": {\"url\": 1}, // the other\n\t\t/* the end */\n\t},\n}",
			"// mine\n{\n\t\"theme\": \"dark\", // at night\n\t\"servers\": {\n\t\t\"other\": {\"url\": 1}, // the other\n\t\t/* the end */\n\t\t\"dixa\": {\n\t\t\t\"command\": \"/bin/dixa-mcp\",\n\t\t\t\"args\": [\"serve\"]\n\t\t},\n\t},\n}", nil,
		},
		{
			"no trailing comma, and a comment behind the last", clients.JSON,
			"{\n    \"servers\": {\n        \"other\": {} // the other\n    }\n}\n",
			"{\n    \"servers\": {\n        \"other\": {}, // the other\n        \"dixa\": {\n            \"command\": \"/bin/dixa-mcp\",\n            \"args\": [\"serve\"]\n        }\n    }\n}\n", nil,
		},
		{
			"all in one line", clients.JSON, `{"a":1,"servers":{"b":{}}}`,
			"{\"a\":1,\"servers\":{\"b\":{},\n  \"dixa\": {\n    \"command\": \"/bin/dixa-mcp\",\n    \"args\": [\"serve\"]\n  }\n}}", nil,
		},
		{
			"an entry of ours in the middle", clients.JSON,
			"{\"servers\": {\n  \"a\": 1,\n  \"dixa\": {\"command\": \"old\", /* gone */ \"x\": 1}, // stays\n  \"z\": 2\n}}\n",
			"{\"servers\": {\n  \"a\": 1,\n  \"dixa\": {\n    \"command\": \"/bin/dixa-mcp\",\n    \"args\": [\"serve\"]\n  }, // stays\n  \"z\": 2\n}}\n", nil,
		},
		{
			"a byte order mark and Windows line ends", clients.JSON, "\ufeff{\r\n  \"servers\": {}\r\n}\r\n",
			"\ufeff{\r\n  \"servers\": {\r\n    \"dixa\": {\r\n      \"command\": \"/bin/dixa-mcp\",\r\n      \"args\": [\"serve\"]\r\n    }\r\n  }\r\n}\r\n", nil,
		},
		{
			"a list beside the entries", clients.JSON, "{\n  \"inputs\": [\n    {\"id\": \"a\"}\n  ],\n  \"servers\": {\"dixa\": {\"args\": [\"serve\"], \"command\": \"/bin/dixa-mcp\"}}\n}\n",
			"{\n  \"inputs\": [\n    {\"id\": \"a\"},\n    {\n      \"id\": \"token\",\n      \"password\": true\n    }\n  ],\n  \"servers\": {\"dixa\": {\"args\": [\"serve\"], \"command\": \"/bin/dixa-mcp\"}}\n}\n",
			[]clients.Edit{servers, inputs},
		},
		{
			"an item of ours in the list", clients.JSON, "{\"inputs\": [{\"id\": \"token\", \"x\": 1}, {\"id\": \"b\"}]}",
			"{\"inputs\": [{\n  \"id\": \"token\",\n  \"password\": true\n}, {\"id\": \"b\"}]}",
			[]clients.Edit{inputs},
		},
		{"a newer form of the file", clients.JSON, "{\"mcp\": {\"servers\": {}}}", "{\"mcp\": {\"servers\": {\n  \"dixa\": {\n    \"command\": \"/bin/dixa-mcp\",\n    \"args\": [\"serve\"]\n  }\n}}}", []clients.Edit{{Path: []string{"mcp", "dixa"}, NewPath: []string{"mcp", "servers", "dixa"}, Value: entry}}},
		{"an empty TOML file", clients.TOML, "", "[servers.dixa]\ncommand = \"/bin/dixa-mcp\"\nargs = [\"serve\"]\n", nil},
		{
			"tables and comments", clients.TOML, "# mine\nmodel = \"x\"  # the model\n\n[servers.other]\nurl = \"y\"",
			"# mine\nmodel = \"x\"  # the model\n\n[servers.other]\nurl = \"y\"\n\n[servers.dixa]\ncommand = \"/bin/dixa-mcp\"\nargs = [\"serve\"]\n", nil,
		},
		{
			"a table of ours with another in it", clients.TOML, "[servers.dixa] # ours\ncommand = \"old\"\ntext = '''\n[x]\n'''\n\n# of the next\n[servers.dixa.env]\nA = \"1\"\n\n[z]\nb = 1\n",
			"[servers.dixa]\ncommand = \"/bin/dixa-mcp\"\nargs = [\"serve\"]\n\n# of the next\n\n[z]\nb = 1\n", nil,
		},
		{
			"dotted keys", clients.TOML, "[servers]\nother.command = \"o\"\ndixa.command = \"old\"\n\"dixa\".args = []\n[z]\n",
			"[servers]\nother.command = \"o\"\n[z]\n\n[servers.dixa]\ncommand = \"/bin/dixa-mcp\"\nargs = [\"serve\"]\n", nil,
		},
		{"an empty YAML file", clients.YAML, "", "servers:\n  dixa:\n    command: \"/bin/dixa-mcp\"\n    args: [\"serve\"]\n", nil},
		{"only comments", clients.YAML, "# mine\n", "# mine\nservers:\n  dixa:\n    command: \"/bin/dixa-mcp\"\n    args: [\"serve\"]\n", nil},
		{
			"block style with comments", clients.YAML, "a: 1 # one\nservers:\n    # the other\n    other:\n        url: x\n        list:\n        - 1\n\n# behind\nz: {b: 1}\n",
			"a: 1 # one\nservers:\n    # the other\n    other:\n        url: x\n        list:\n        - 1\n    dixa:\n      command: \"/bin/dixa-mcp\"\n      args: [\"serve\"]\n\n# behind\nz: {b: 1}\n", nil,
		},
		{"nothing under the key", clients.YAML, "servers:\nz: 1\n", "servers:\n  dixa:\n    command: \"/bin/dixa-mcp\"\n    args: [\"serve\"]\nz: 1\n", nil},
		{"empty braces", clients.YAML, "servers: {}\nz: 1", "servers:\n  dixa:\n    command: \"/bin/dixa-mcp\"\n    args: [\"serve\"]\nz: 1\n", nil},
		{
			"an entry of ours in YAML", clients.YAML, "servers:\n  dixa: {command: old, args: [\n    x]}\n  # next\n  z: &anchor\n    b: |\n      text\n\n      # no comment\n",
			"servers:\n  dixa:\n    command: \"/bin/dixa-mcp\"\n    args: [\"serve\"]\n  # next\n  z: &anchor\n    b: |\n      text\n\n      # no comment\n", nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			edits := c.edits
			if edits == nil {
				edits = []clients.Edit{servers}
			}
			got, err := Apply(c.format, []byte(c.before), edits)
			require.NoError(t, err)
			require.Equal(t, c.want, string(got))
			again, err := Apply(c.format, got, edits)
			require.NoError(t, err)
			require.Equal(t, string(got), string(again), "a second time changes nothing")
		})
	}
}

// A file that cannot be read, or not changed safely, is refused with the place.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		format clients.Format
		text   string
		says   string
	}{
		{clients.JSON, "{\n  \"a\": 1\n  \"b\": 2\n}", "line 3, column 3: invalid JSON: "},
		{clients.JSON, "// nothing", "line 2, column 1: invalid JSON: "},
		{clients.JSON, "[1]", "line 1, column 1: the file must hold an object in braces"},
		{clients.JSON, "{\n \"servers\": null}", "line 2, column 13: servers must be an object in braces"},
		{clients.JSON, "{\"servers\": {}} x", "line 1, column 17: invalid JSON: "},
		{clients.JSON, "{\"a\": \"\xff\"}", "the file is not UTF-8 text"},
		{clients.TOML, "a = 1\nb = \n", "line 2, column 5: invalid TOML: "},
		{clients.TOML, "a = 1\na = 2\n", "line 2, column 1: invalid TOML: "},
		{clients.TOML, "\nservers = {other = {}}\n", "line 2, column 1: servers is a table in one line; write it as [servers.NAME] first"},
		{clients.TOML, "[[servers]]\na = 1\n", "cannot be changed safely at servers.dixa"},
		{clients.YAML, "a: 1\nb: [\n", "line 2: invalid YAML: "},
		{clients.YAML, "a: 1\na: 2\n", "line 2: invalid YAML: "},
		{clients.YAML, "- a\n", "line 1, column 1: the file must hold keys with values"},
		{clients.YAML, "a: 1\n---\nb: 1\n", "the file holds more than one document"},
		{clients.YAML, "servers: {other: {url: x}}\n", "line 1, column 10: servers must be written as lines of keys"},
		{clients.YAML, "{a: 1}\n", "line 1, column 1:  must be written as lines of keys"},
		{clients.YAML, "x: &x {a: 1}\nservers: *x\n", "line 2, column 10: servers must be written as lines of keys"},
		{clients.YAML, "servers: text\n", "line 1, column 10: servers must be written as lines of keys"},
	} {
		_, err := Apply(c.format, []byte(c.text), []clients.Edit{servers})
		require.ErrorContains(t, err, c.says, "%q", c.text)
	}
	_, err := Apply(clients.JSON, []byte(`{"inputs": {}}`), []clients.Edit{inputs})
	require.EqualError(t, err, "line 1, column 12: inputs must be a list in square brackets")
}

// A key that a person wrote in place of the placeholder is kept, also where other fields change.
func TestPlaceholder(t *testing.T) {
	at := func(url string) []clients.Edit {
		return []clients.Edit{{Path: servers.Path, Value: clients.Object{{Key: "url", Value: url}, {Key: "headers", Value: clients.Object{{Key: "Authorization", Value: "Bearer " + clients.Placeholder}}}}}}
	}
	for _, format := range []clients.Format{clients.JSON, clients.TOML, clients.YAML} {
		doc, err := Apply(format, nil, at("https://one/mcp"))
		require.NoError(t, err)
		require.Contains(t, string(doc), clients.Placeholder)
		mine := strings.ReplaceAll(string(doc), clients.Placeholder, "KEY-1")
		same, err := Apply(format, []byte(mine), at("https://one/mcp"))
		require.NoError(t, err)
		require.Equal(t, mine, string(same))
		moved, err := Apply(format, []byte(mine), at("https://two/mcp"))
		require.NoError(t, err)
		require.Equal(t, strings.ReplaceAll(mine, "one", "two"), string(moved))
	}
}
