package capability

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

const (
	digestA = "baa5a0964d3320fbc0c6a922140453c8513ea24ab8fd0577034804a967248096"
	digestB = "7c222fb2927d828af22f592134e8932480637c0d2a2f7f6e4bd0e6a1f0a3c2b9"
)

func TestKeys(t *testing.T) {
	agent := func(name, keys string) string {
		return "  " + name + ":\n    access: {tags: read}\n    keys:\n" + keys
	}
	key := func(id, digest, rest string) string {
		return "      - {id: " + id + ", sha256: " + digest + rest + "}\n"
	}
	for name, c := range map[string]struct{ agents, want string }{
		"good":                   {agent("a", key("a-1", digestA, ", expires: 2027-02-01")+key("a-2", digestB, "")), ""},
		"no digest":              {agent("a", "      - {id: a-1}\n"), "agents.a.keys.sha256: is missing"},
		"odd digest":             {agent("a", key("a-1", "abc", "")), "must be the SHA-256 of a key"},
		"odd id":                 {agent("a", key("A 1", digestA, "")), "keys.id: must be a letter"},
		"odd day":                {agent("a", key("a-1", digestA, ", expires: 2027-02-30")), `must be a day such as 2027-02-01, not "2027-02-30"`},
		"a time":                 {agent("a", key("a-1", digestA, ", expires: 2027-02-01T00:00:00Z")), "must be a day"},
		"the same id":            {agent("a", key("k", digestA, "")) + agent("b", key("k", digestB, "")), `"k" is the id of a key of a, too`},
		"the same key":           {agent("a", key("a-1", digestA, "")) + agent("b", key("b-1", strings.ToUpper(digestA), "")), "is the key of a, too"},
		"an id that tokens have": {agent("a", key("oidc", digestA, "")), "keys.id: is what records say for tokens"},
		"an unknown field":       {agent("a", key("a-1", digestA, ", expire: 2027-02-01")), `did you mean "expires"?`},
		"no list":                {"  a:\n    keys: x\n", "must be a list"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f", []byte("version: 1\nstdio: [a]\nagents:\n"+c.agents))
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestNotesOnKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where it is the beginning of the year 2000
		r, err := Parse("f", []byte("version: 1\nstdio: [a]\nagents:\n  a:\n    access: {tags: read}\n    keys:\n"+
			"      - {id: old, sha256: "+digestA+", expires: 2000-01-01}\n"+
			"      - {id: soon, sha256: "+digestB+", expires: 2000-01-15}\n"+
			"      - {id: later, sha256: "+strings.Repeat("0a", 32)+", expires: 2000-02-01}\n"+
			"      - {id: never, sha256: "+strings.Repeat("1b", 32)+"}\n"))
		require.NoError(t, err)
		var notes []string
		for _, n := range r.Notes() {
			notes = append(notes, n.String())
		}
		text := strings.Join(notes, "\n")
		require.Contains(t, text, "line 7: agents.a.keys.expires: the key old has expired")
		require.Contains(t, text, "line 8: agents.a.keys.expires: the key soon expires in 14 days")
		require.Contains(t, text, "line 10: agents.a.keys.id: the key never never expires")
		require.NotContains(t, text, "the key later")
	})
}

// A sample that was copied with its digests is told apart: nobody could use its keys, or everybody.
func TestNotesOfDigests(t *testing.T) {
	const zeros = "000000000000000000000000000000000000000000000000000000000000000"
	r := mustParse(t, `version: 1
approvers: {anna: {key_sha256: "`+zeros+`1", may: [send]}}
auditors: {eva: {key_sha256: "`+zeros+`2"}}
agents:
  a:
    access: {conversations: read}
    keys: [{id: a-1, sha256: "`+zeros+`3", expires: 2999-01-01}, {id: a-2, sha256: FCDE2B2EDBA56BF408601FB721FE9B5C338D10EE429EA04FAE5511B68FBF8FB9, expires: 2999-01-01}]
`)
	var got []string
	for _, n := range r.Notes() {
		if strings.Contains(n.Text, "digest") {
			got = append(got, fmt.Sprintf("%d %s: %s", n.Line, n.Key, n.Text))
		}
	}
	require.Equal(t, []string{
		"2 approvers.anna: the digest is that of an example, and nobody has its key: make one with dixa-mcp key new --approver anna",
		"3 auditors.eva: the digest is that of an example, and nobody has its key: make one with dixa-mcp key new --auditor eva",
		"7 agents.a.keys.sha256: the digest is that of an example, and nobody has its key: make one with dixa-mcp key new --agent a",
		`7 agents.a.keys.sha256: the digest is that of the key "bar", which anybody can guess: make another one with dixa-mcp key new --agent a`,
	}, got)
}
