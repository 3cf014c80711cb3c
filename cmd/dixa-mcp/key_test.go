package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/admin"
	"dixa-mcp/internal/capability"
)

var newYear = time.Date(2027, 1, 1, 23, 30, 0, 0, time.FixedZone("", -3600)) // the 2nd of January in UTC

func TestKeyNew(t *testing.T) {
	var key, other, about bytes.Buffer
	require.NoError(t, (&keyNewCmd{Approver: "anna.holm"}).run(&key, &about, newYear))
	require.Regexp(t, `^dixa-mcp-approver-[A-Za-z0-9_-]{43}\n$`, key.String())
	sum := sha256.Sum256(bytes.TrimSpace(key.Bytes()))
	require.Contains(t, about.String(), "\n  anna.holm: {key_sha256: "+hex.EncodeToString(sum[:])+", may: [send]}\n")
	require.NotContains(t, about.String(), strings.TrimSpace(key.String()))
	require.NoError(t, (&keyNewCmd{Approver: "anna.holm"}).run(&other, &about, newYear))
	require.NotEqual(t, key.String(), other.String())
	require.ErrorContains(t, (&keyNewCmd{Approver: "Anna Holm"}).run(&key, &about, newYear), "--approver must be a letter")
}

func TestKeyNewAdmin(t *testing.T) {
	var key, about bytes.Buffer
	require.NoError(t, (&keyNewCmd{Admin: true}).run(&key, &about, newYear))
	require.Regexp(t, `^dixa-mcp-admin-[A-Za-z0-9_-]{43}\n$`, key.String())
	require.Contains(t, about.String(), "--admin-key-file")
	require.NotContains(t, about.String(), strings.TrimSpace(key.String()))
}

const keyed = `version: 1
agents:
  triage:
    access: {tags: read}
  support:
    access: {tags: read}
    keys:
      - {id: triage-20270102, sha256: 7c222fb2927d828af22f592134e8932480637c0d2a2f7f6e4bd0e6a1f0a3c2b9}
  an-agent-with-a-name-as-long-as-possible:
    access: {tags: read}
`

// With the printed line in the file, the key authenticates the agent until the printed day.
func TestKeyNewAgent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "capabilities.yaml")
	require.NoError(t, os.WriteFile(path, []byte(keyed), 0o600))
	n := func(days int) *int { return &days }
	day := func(text string) time.Time {
		d, err := time.Parse(time.DateOnly, text)
		require.NoError(t, err)
		return d
	}
	for _, c := range []struct {
		cmd     keyNewCmd
		id, end string
		error   string
	}{
		{keyNewCmd{Agent: "support"}, "support-20270102", "2027-04-02", ""},
		{keyNewCmd{Agent: "triage"}, "triage-20270102-2", "2027-04-02", ""},
		{keyNewCmd{Agent: "an-agent-with-a-name-as-long-as-possible"}, "an-agent-with-a-name-as-long-as-20270102", "2027-04-02", ""},
		{keyNewCmd{Agent: "triage", ID: "triage.1", Expires: "2027-02-01"}, "triage.1", "2027-02-01", ""},
		{keyNewCmd{Agent: "triage", Days: n(1)}, "triage-20270102-2", "2027-01-03", ""},
		{keyNewCmd{Agent: "tirage"}, "", "", `--agent: ` + path + ` has no agent "tirage"; did you mean "triage"?; its agents are triage, support, an-agent-with-a-name-as-long-as-possible`},
		{keyNewCmd{Agent: "triage", ID: "Triage 1"}, "", "", "--id must be a letter"},
		{keyNewCmd{Agent: "triage", ID: "oidc"}, "", "", "--id is what records say for tokens"},
		{keyNewCmd{Agent: "triage", ID: "triage-20270102"}, "", "", "--id: triage-20270102 is already the id of a key of support"},
		{keyNewCmd{Agent: "triage", Expires: "next year"}, "", "", `--expires must be a day such as 2027-02-01, not "next year"`},
		{keyNewCmd{Agent: "triage", Expires: "2027-01-02"}, "", "", "--expires 2027-01-02 is in the past or has begun"},
		{keyNewCmd{Agent: "triage", Days: n(0)}, "", "", "--days must be 1 to 3650, not 0"},
		{keyNewCmd{Agent: "triage", Days: n(3651)}, "", "", "--days must be 1 to 3650, not 3651"},
		{keyNewCmd{Approver: "anna", Days: n(3)}, "", "", "--id, --expires and --days require --agent"},
		{keyNewCmd{Admin: true, ID: "a"}, "", "", "--id, --expires and --days require --agent"},
	} {
		c.cmd.Capabilities = path
		var key, about bytes.Buffer
		err := c.cmd.run(&key, &about, newYear)
		if c.error != "" {
			require.ErrorContains(t, err, c.error)
			require.Empty(t, key.String()+about.String(), "no key that nobody can use")
			continue
		}
		require.NoError(t, err)
		require.Regexp(t, `^dixa-mcp-agent-[A-Za-z0-9_-]{43}\n$`, key.String())
		require.NotContains(t, about.String(), strings.TrimSpace(key.String()))
		line := regexp.MustCompile(`\{id:.*\}`).FindString(about.String())
		text := strings.Replace(keyed, "  "+c.cmd.Agent+":\n", "  "+c.cmd.Agent+":\n    keys: ["+line+"]\n", 1)
		text = strings.Replace(text, "      - {id: triage-20270102, ", "      - {id: before, ", 1)
		if c.cmd.Agent == "support" {
			text, _, _ = strings.Cut(text, "    keys:\n")
		}
		rules, err := capability.Parse("f", []byte(text))
		require.NoError(t, err, text)
		sum := sha256.Sum256(bytes.TrimSpace(key.Bytes()))
		k, ok := rules.Key(sum, newYear)
		require.True(t, ok)
		require.Equal(t, capability.Key{Agent: c.cmd.Agent, ID: c.id, Expires: day(c.end)}, k)
		require.Contains(t, about.String(), path)
	}
}

func TestKeyNewCommandLine(t *testing.T) {
	parse := func(args ...string) (keyNewCmd, error) {
		var c cli
		parser, err := kong.New(&c, clientNames())
		require.NoError(t, err)
		_, err = parser.Parse(append([]string{"key", "new"}, args...))
		return c.Key.New, err
	}
	c, err := parse("--agent", "triage", "--id", "triage-1", "--days", "30")
	require.NoError(t, err)
	require.Equal(t, 30, *c.Days)
	require.Equal(t, "triage-1", c.ID)
	for _, args := range [][]string{
		{}, {"--agent", "a", "--approver", "b"}, {"--agent", "a", "--admin"}, {"--admin", "--approver", "b"},
		{"--agent", "a", "--days", "3", "--expires", "2027-02-01"},
	} {
		_, err := parse(args...)
		require.Error(t, err, args)
	}
}

func TestKeyNewForPeopleAndMonitoring(t *testing.T) {
	var key, about bytes.Buffer
	require.NoError(t, (&keyNewCmd{Auditor: "eva.lind"}).run(&key, &about, newYear))
	require.Regexp(t, `^dixa-mcp-auditor-[A-Za-z0-9_-]{43}\n$`, key.String())
	_, line, ok := strings.Cut(about.String(), "auditors:\n")
	require.True(t, ok)
	rules, err := capability.Parse("f", []byte("version: 1\nauditors:\n"+line+"agents: {a: {}}\n"))
	require.NoError(t, err)
	name, _, ok := rules.Auditor(sha256.Sum256(bytes.TrimSpace(key.Bytes())))
	require.True(t, ok)
	require.Equal(t, "eva.lind", name)
	require.ErrorContains(t, (&keyNewCmd{Auditor: "Eva"}).run(&key, &about, newYear), "--auditor must be a letter")

	key.Reset()
	require.NoError(t, (&keyNewCmd{Metrics: true}).run(&key, &about, newYear))
	require.Regexp(t, `^dixa-mcp-metrics-[A-Za-z0-9_-]{43}\n$`, key.String())
	file := filepath.Join(t.TempDir(), "metrics.key")
	require.NoError(t, os.WriteFile(file, key.Bytes(), 0o600))
	read, err := admin.ReadKey("metrics", file)
	require.NoError(t, err)
	require.True(t, read.Opens(strings.TrimSpace(key.String())))
	_, err = admin.ReadKey("admin", file)
	require.ErrorContains(t, err, "holds the key of the metrics, which must not open the admin port as well")
}
