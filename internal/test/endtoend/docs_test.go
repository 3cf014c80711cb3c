package endtoend

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each test that a page names for what it says is there.
func TestDocsSecurity(t *testing.T) { testsNamed(t, "docs/security.md") }
func TestDocsHosting(t *testing.T)  { testsNamed(t, "docs/hosting.md") }

func testsNamed(t *testing.T, name string) {
	page, err := os.ReadFile("../../../" + name)
	require.NoError(t, err)
	folders := map[string]string{"main": "cmd/dixa-mcp", "dixaclient": "dixaclient", "tools": "tools", "schemas": "schemas"}
	named := regexp.MustCompile("`([a-z]+)\\.(Test\\w+)`").FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, named)
	for _, m := range named {
		folder, ok := folders[m[1]]
		if !ok {
			folder = "internal/" + m[1]
		}
		var files []string
		for _, place := range []string{folder, "internal/archive/" + m[1], "internal/base/" + m[1], "internal/clients/" + m[1], "internal/events/" + m[1], "internal/test/" + m[1]} {
			some, err := filepath.Glob("../../../" + place + "/*_test.go")
			require.NoError(t, err)
			files = append(files, some...)
		}
		found := false
		for _, file := range files {
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			found = found || strings.Contains(string(source), "func "+m[2]+"(t *testing.T)")
		}
		require.True(t, found, "%s names %s, and %s has no such test", name, m[0], folder)
	}
}
