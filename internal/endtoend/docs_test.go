package endtoend

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each test that docs/security.md names for a promise is there.
func TestDocsSecurity(t *testing.T) {
	page, err := os.ReadFile("../../docs/security.md")
	require.NoError(t, err)
	folders := map[string]string{"main": "cmd/dixa-mcp", "dixaclient": "dixaclient"}
	named := regexp.MustCompile("`([a-z]+)\\.(Test\\w+)`").FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, named)
	for _, m := range named {
		folder, ok := folders[m[1]]
		if !ok {
			folder = "internal/" + m[1]
		}
		files, err := filepath.Glob("../../" + folder + "/*_test.go")
		require.NoError(t, err)
		found := false
		for _, file := range files {
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			found = found || strings.Contains(string(source), "func "+m[2]+"(t *testing.T)")
		}
		require.True(t, found, "docs/security.md names %s, and %s has no such test", m[0], folder)
	}
}
