package laws

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each capability file to start from is in the list of docs/capabilities.md.
func TestSampleFilesAreListed(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repository(t), "docs/capabilities.md"))
	require.NoError(t, err)
	for _, file := range samples(t) {
		require.Contains(t, string(text), "(../"+file+")", "add it to the list at the beginning of docs/capabilities.md")
	}
}

// Nobody can sign in or approve with a word that others know too, where a sample was copied as it is.
func TestSamplesHoldNoKnownKey(t *testing.T) {
	known := map[string]string{}
	for _, word := range []string{"", "foo", "bar", "baz", "qux", "key", "secret", "password", "test", "token", "admin", "anna", "anna.holm", "joe.castel", "eva.lind"} {
		for _, end := range []string{"", "\n"} {
			sum := sha256.Sum256([]byte(word + end))
			known[hex.EncodeToString(sum[:])] = word
		}
	}
	digest := regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	pages := append(slices.DeleteFunc(files(t), func(file string) bool {
		return !strings.HasSuffix(file, ".md") && !strings.HasPrefix(file, "deploy/")
	}), samples(t)...)
	found := 0
	for _, file := range pages {
		text, err := os.ReadFile(filepath.Join(repository(t), file))
		require.NoError(t, err)
		for _, sum := range digest.FindAllString(string(text), -1) {
			word, is := known[sum]
			require.False(t, is, "%s has the digest of %q: write one of which nobody knows the key, such as 000…1", file, word)
			found++
		}
	}
	require.NotZero(t, found)
}

// samples lists the capability files to start from, by their paths from the root.
func samples(t *testing.T) (list []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(repository(t), "testdata/capabilities/*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for _, file := range all {
		list = append(list, "testdata/capabilities/"+filepath.Base(file))
	}
	return list
}
