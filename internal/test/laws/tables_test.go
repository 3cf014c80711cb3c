package laws

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mostOfCell is how many characters a cell of a table has at most: more is a paragraph.
const mostOfCell = 200

// Cells of tables in the documentation are short.
func TestTables(t *testing.T) {
	root := repository(t)
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "deploy/README.md"} {
		pages = append(pages, filepath.Join(root, name))
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		fenced := false
		for i, line := range strings.Split(string(text), "\n") {
			fenced = fenced != strings.HasPrefix(strings.TrimSpace(line), "```")
			if fenced || !strings.HasPrefix(line, "|") {
				continue
			}
			for cell := range strings.SplitSeq(strings.ReplaceAll(line, `\|`, ""), "|") {
				if cell = strings.TrimSpace(cell); len([]rune(cell)) > mostOfCell {
					t.Errorf("%s:%d: a cell of %d characters, more than %d, begins %.60q: make it a paragraph or a list", filepath.Base(page), i+1, len([]rune(cell)), mostOfCell, cell)
				}
			}
		}
	}
}
