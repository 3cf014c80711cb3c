package capability

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const auditing1 = "auditors: {eva: {key_sha256: baa5a0964d3320fbc0c6a922140453c8513ea24ab8fd0577034804a967248096}}\n" // the key is baz

func withAuditors(auditors string) string {
	return strings.Replace(people+waits, "agents:\n", auditors+"agents:\n", 1)
}

func TestAuditor(t *testing.T) {
	r := mustParse(t, withAuditors(auditing1))
	require.Equal(t, []string{"eva"}, r.AuditorNames())
	name, id, ok := r.Auditor(sha256.Sum256([]byte("baz")))
	require.True(t, ok)
	require.Equal(t, []string{"eva", "baa5a096"}, []string{name, id})
	for _, key := range []string{"", "foo", "baz\n"} {
		_, _, ok = r.Auditor(sha256.Sum256([]byte(key)))
		require.False(t, ok, key)
	}
	_, _, ok = r.Approver([]byte("baz"))
	require.False(t, ok, "an auditor decides nothing")
	require.False(t, r.StillDecides("eva", "baa5a096", 2, nil))
	_, ok = r.Key(sha256.Sum256([]byte("baz")), time.Now())
	require.False(t, ok, "an auditor's key is no agent's")
}

func TestParseRefusesAuditors(t *testing.T) {
	const own = "baa5a0964d3320fbc0c6a922140453c8513ea24ab8fd0577034804a967248096"
	for auditors, want := range map[string]string{
		"{eva: {}}":                                     "auditors.eva.key_sha256: is missing",
		"{eva: {key_sha256: x}}":                        "auditors.eva.key_sha256: must be the SHA-256 of a key, 64 hex digits; `dixa-mcp key new --auditor eva` makes a key and the line for it",
		"{Eva: {key_sha256: " + own + "}}":              "auditors.Eva: must be a letter, then up to 39 letters",
		"{a: {key_sha256: " + own + "}}":                "auditors.a: is an agent, too (line 8): an agent cannot audit",
		"{eva: {key_sha256: " + own + ", may: [send]}}": "may",
		"{eva: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae}}":       "auditors.eva.key_sha256: is the key of anna.holm, too: each needs a key of their own",
		"{anna.holm: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae}}": "auditors.anna.holm.key_sha256: is the key of anna.holm, too: each needs a key of their own",
	} {
		_, err := parse("f", []byte(withAuditors("auditors: "+auditors+"\n")), testCatalog())
		require.ErrorContains(t, err, want, auditors)
	}
}

func TestDiffOfAuditors(t *testing.T) {
	none, eva := withAuditors(""), withAuditors(auditing1)
	other := strings.Replace(eva, "baa5", "baa6", 1)
	for _, c := range []struct {
		old, new string
		want     []string
	}{
		{eva, eva, nil},
		{eva, "# another line\n" + eva, nil},
		{none, eva, []string{"new auditor eva may see the console"}},
		{eva, none, []string{"auditor eva is gone"}},
		{eva, other, []string{"auditor eva has another key"}},
	} {
		old, new := mustParse(t, c.old), mustParse(t, c.new)
		require.Equal(t, c.want, Diff(old, new))
		both := Both(old, new).AuditorNames()
		require.Equal(t, c.old == eva && strings.HasSuffix(c.new, eva), len(both) == 1, "while a changed file waits, only an auditor of both with the same key is one")
	}
}
