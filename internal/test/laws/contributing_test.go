package laws

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The files and functions along which CONTRIBUTING.md leads a reader exist. A file without a directory is in that of the one before.
func TestWayOfACallExists(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repository(t), "CONTRIBUTING.md"))
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(text), "\n## A call, from the client to Dixa\n")
	require.True(t, ok)
	way, _, _ := strings.Cut(rest, "\n## ")
	found := 0
	for _, row := range regexp.MustCompile(`(?m)^\| (.*?) \| `).FindAllStringSubmatch(way, -1) {
		var file, source string
		for _, word := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			name := word[1]
			if !strings.HasSuffix(name, ".go") {
				require.Regexp(t, `(?m)^func (\([^)]*\) )?`+name+`[\[(]`, source, "%s has no function %s: correct the table of CONTRIBUTING.md", file, name)
				found++
				continue
			}
			if !strings.Contains(name, "/") {
				name = path.Join(path.Dir(file), name)
			}
			code, err := os.ReadFile(filepath.Join(repository(t), name))
			require.NoError(t, err, "correct the table of CONTRIBUTING.md")
			file, source = name, string(code)
			found++
		}
	}
	require.Greater(t, found, 15)
}
