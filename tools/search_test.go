package tools

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shareFound is the share of the frozen phrasings for which the right tool must be among the first five.
const shareFound = 0.95

// For an agent that is granted everything, the right tool is among the first five for nearly all frozen ways to ask for it.
func TestSearchFindsTheRightTool(t *testing.T) {
	found, asked := 0, 0
	for _, file := range []string{"phrasings-a.tsv", "phrasings-b.tsv"} {
		text, err := os.ReadFile("../testdata/discover/" + file)
		require.NoError(t, err)
		here, all := 0, 0
		for line := range strings.Lines(string(text)) {
			phrase, names, ok := strings.Cut(strings.TrimSpace(line), "\t")
			if strings.HasPrefix(line, "#") || !ok {
				continue
			}
			all++
			got := names5(phrase)
			if slices.ContainsFunc(strings.Split(names, "|"), func(name string) bool { return slices.Contains(got, name) }) {
				here++
				continue
			}
			t.Logf("%s: %q, want %s, got %s", file, phrase, names, strings.Join(got, " "))
		}
		require.Equal(t, 100, all, file)
		t.Logf("%s: %d of %d", file, here, all)
		found, asked = found+here, asked+all
	}
	require.GreaterOrEqual(t, float64(found)/float64(asked), shareFound, "add words to tools/synonyms.txt")
}

func names5(phrase string) []string {
	var names []string
	for _, t := range Search(All(), phrase, 5) {
		names = append(names, t.Name)
	}
	return names
}
